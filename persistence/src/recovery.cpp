// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "recovery.hpp"

#include <algorithm>
#include <unordered_set>

namespace acta::persistence {

namespace {

using std::chrono::microseconds;

struct log_place {
  std::uint64_t first = 0;    ///< position of a commit; 0: there is none
  std::uint64_t position = 0; ///< of its last event
  time_point recorded_at{};
};

/// The last commit that begins at or before `position`.
result<log_place> place_at(std::uint32_t partition, log_reader& reader, std::uint64_t position) {
  log_record record;
  auto found = reader.seek_holding(position, record);
  if (!found) return std::move(found).error();
  if (!*found) return log_place{};
  auto view = commit_view::parse(partition, record.position, record.bytes);
  if (!view) return std::move(view).error();
  return log_place{record.position, view->last_position(), view->recorded_at()};
}

/// What a gap between two commits adds to the age of command ids, at most, when only the journal is
/// left to tell: in a longer one the clock may have jumped, or nothing may have run.
microseconds gap_max(const partition_options& options) {
  constexpr int gaps_within_keep = 168; // an hour of a week
  return std::max<microseconds>(std::chrono::hours(1), options.dedupe_keep / gaps_within_keep);
}

/// The last commit recorded at or before `time`, which begins before `before`.
result<log_place> last_until(std::uint32_t partition, log_reader& reader, time_point time,
                             std::uint64_t before) {
  log_place found;
  std::uint64_t low = 1; // times rise with positions
  while (low < before) {
    auto middle = place_at(partition, reader, low + (before - low) / 2);
    if (!middle) return middle;
    if (middle->first < low) break; // `low` is inside the commit found
    if (middle->recorded_at <= time) {
      found = *middle;
      low = middle->position + 1;
    } else {
      before = middle->first;
    }
  }
  return found;
}

/// The position up to which command ids are older than `dedupe_keep`, by the journal alone: steps
/// back from its end, each at least gap_max long and counted as that. A damaged commit on the way
/// forgets nothing.
result<std::uint64_t> forgotten_by(std::uint32_t partition, log_reader& reader, log_place end,
                                   const partition_options& options) {
  const auto step = gap_max(options);
  for (microseconds age{0}; end.first > 0 && age < options.dedupe_keep; age += step) {
    auto before = last_until(partition, reader, end.recorded_at - step, end.first);
    if (!before && before.error().code() == errc::corrupt_commit) return std::uint64_t{0};
    if (!before) return std::move(before).error();
    end = *before;
  }
  return end.position;
}

} // namespace

result<bool> is_derived_from(log_store& log, const derived_head& head) {
  if (head.indexed_up_to == 0) return true;
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  log_record record;
  auto found = (*reader)->seek_holding(head.indexed_up_to, record);
  if (!found) return std::move(found).error();
  if (!*found || record.bytes.size() < sizeof head.checksum) return false;
  // The checksum covers position and time, so another history never has the same; that it ends here
  // is seen in its length.
  auto view = commit_view::parse(0, record.position, record.bytes);
  return view && view->last_position() == head.indexed_up_to &&
         load_le<std::uint64_t>(record.bytes.data()) == head.checksum;
}

result<void> recovery_run::run(recovery_report& report) {
  auto head = derived.head();
  if (!head) return std::move(head).error();

  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  auto end = place_at(partition, **reader, ~std::uint64_t{0});
  if (!end) return std::move(end).error();
  report.events = end->position;
  report.streams = head->streams;

  const auto corrupt = [&](std::uint64_t position, const std::string& what) {
    return error(errc::corrupt_commit, what, acta::position{partition, position}.to_string());
  };
  const std::size_t chunk = std::max<std::size_t>(options.index_commits_max, 1);
  if (end->position > head->indexed_up_to && end->position - head->indexed_up_to > chunk) {
    // A long way behind: ids that are old at the end are not even written.
    auto old = forgotten_by(partition, **reader, *end, options);
    if (!old) return std::move(old).error();
    head->forgotten_up_to = std::max(head->forgotten_up_to, *old);
  }
  index.resume(*head);
  auto age = head->age;
  auto before = place_at(partition, **reader, head->indexed_up_to);
  if (!before) return std::move(before).error();

  std::vector<std::shared_ptr<lane_impl>> lanes_with_tail;
  std::size_t unwritten = 0;
  auto expected = head->indexed_up_to + 1;
  log_record record;
  result<bool> more = false;
  if (expected <= end->position) more = (*reader)->seek(expected, record);
  if (more && !*more && expected <= end->position)
    return corrupt(expected, "there is no commit at this position");
  for (; more && *more; more = (*reader)->next(record)) {
    if (record.position != expected)
      return corrupt(expected, "there is no commit at this position");
    auto view = commit_view::parse(partition, record.position, record.bytes);
    if (!view) return std::move(view).error();
    const auto& header = view->header();
    const auto aggregate = names.name_of(header.aggregate_name);
    if (aggregate.empty()) return corrupt(expected, "the name of its aggregate is unknown");
    const stream_key stream(aggregate, header.stream_id);
    auto lane = lanes.find_or_make(stream, [&]() -> result<version_number> {
      auto last = derived.last_of(stream);
      if (!last) return std::move(last).error();
      return *last ? (*last)->version : version_number{0};
    });
    if (!lane) return std::move(lane).error();
    if (header.first_version != (*lane)->next_version()) {
      const auto what = stream.text() + " goes on with version " +
                        std::to_string(header.first_version) + " after " +
                        std::to_string((*lane)->durable_version());
      // Only without the help of derived data is the journal itself found guilty.
      return head->indexed_up_to > 0 ? error(errc::damaged_index, what, stream.text())
                                     : corrupt(expected, what);
    }
    if (before->first > 0)
      age += static_cast<std::uint64_t>(
          std::clamp<microseconds>(view->recorded_at() - before->recorded_at, microseconds(1),
                                   gap_max(options))
              .count());
    else
      ++age;
    *before = {record.position, view->last_position(), view->recorded_at()};
    (*lane)->expect(view->last_version() + 1);
    const lane_commit commit{
        lane->get(),
        {{header.first_version, record.position, view->event_count()},
         load_le<std::uint64_t>(record.bytes.data()),
         age,
         record.position > head->forgotten_up_to ? header.command_id : uuid{}}};
    const auto tails = lanes_with_tail.size();
    lanes.push(std::span(&commit, 1), lanes_with_tail);
    report.tail_streams += lanes_with_tail.size() - tails;
    report.streams += header.first_version == 1 ? 1 : 0;
    ++report.tail_commits;
    expected = view->last_position() + 1;
    if (++unwritten >= chunk) {
      index.note(lanes_with_tail, unwritten, expected - 1, age);
      unwritten = 0;
      lane->reset();
      if (auto written = index.write_now(); !written) return written;
      if (progress)
        progress("indexing partition " + std::to_string(partition),
                 static_cast<double>(expected - 1) / static_cast<double>(end->position));
    }
  }
  if (!more) return std::move(more).error();
  if (unwritten > 0) index.note(lanes_with_tail, unwritten, expected - 1, age);
  journal.resume(end->position, end->recorded_at, age);
  return {};
}

} // namespace acta::persistence
