// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "recovery.hpp"

#include <algorithm>

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

/// The same, of those that can be read: what is damaged is passed over backward, as its time is in
/// doubt.
result<log_place> readable_at(std::uint32_t partition, log_reader& reader, std::uint64_t position) {
  for (;;) {
    log_record record;
    auto found = reader.seek_holding(position, record);
    if (!found) return std::move(found).error();
    if (!*found) return log_place{};
    if (auto view = commit_view::parse(partition, record.position, record.bytes))
      return log_place{record.position, view->last_position(), view->recorded_at()};
    if (record.position <= 1) return log_place{};
    position = record.position - 1;
  }
}

/// The last commit. If it is damaged it ends where the index says, or else where its header says,
/// and its time is that of the one before.
result<log_place> end_of(std::uint32_t partition, log_reader& reader, const derived_head& head,
                         const name_table& names) {
  auto readable = readable_at(partition, reader, ~std::uint64_t{0});
  if (!readable) return readable;
  log_record last;
  auto found = reader.seek_holding(~std::uint64_t{0}, last);
  if (!found) return std::move(found).error();
  if (!*found || last.position == readable->first) return readable;
  return log_place{last.position,
                   head.indexed_up_to >= last.position
                       ? head.indexed_up_to
                       : describe_damage(last, names).last_position(),
                   readable->recorded_at};
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

/// Does the derived data know the command of the last commit before `position` that can be read, at
/// that commit's place? No other history has it there; one that is forgotten proves nothing.
result<bool> knows_commit_before(std::uint32_t partition, log_store& log, derived_store& derived,
                                 std::uint64_t position) {
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  const auto place = readable_at(partition, **reader, position - 1);
  if (!place) return place.error();
  log_record record;
  auto found = (*reader)->seek_holding(place->first, record);
  if (!found) return std::move(found).error();
  if (place->first == 0 || !*found) return false;
  const auto view = commit_view::parse(partition, record.position, record.bytes);
  if (!view) return false;
  name_table names(log);
  if (auto loaded = names.load(); !loaded) return std::move(loaded).error();
  const stream_key stream{names.name_of(view->header().aggregate_name),
                          std::string(view->header().stream_id)};
  const auto known = derived.find_command(stream, view->header().command_id);
  return known && *known == record.position; // what it cannot tell makes it anew
}

} // namespace

result<bool> is_derived_from(std::uint32_t partition, log_store& log, derived_store& derived,
                             const derived_head& head) {
  if (head.indexed_up_to == 0) return true;
  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  log_record record;
  auto found = (*reader)->seek_holding(head.indexed_up_to, record);
  if (!found) return std::move(found).error();
  if (!*found) return false;
  // The checksum covers position and time, so another history never has the same; that it ends here
  // is seen in its length.
  const bool is_same = record.checksum() == head.checksum;
  const auto view = commit_view::parse(0, record.position, record.bytes);
  if (view && !is_same) return false;
  // Its checksum is damaged with it, so it cannot tell whose it was.
  if (!is_same)
    if (auto ours = knows_commit_before(partition, log, derived, record.position); !ours || !*ours)
      return ours;
  if (view) return view->last_position() == head.indexed_up_to;
  // It is damaged, but it was this one. Where it ends is seen in where the next one begins.
  auto next = (*reader)->next(record);
  if (!next) return std::move(next).error();
  return !*next || record.position == head.indexed_up_to + 1;
}

result<void> recovery_run::run(recovery_report& report) {
  auto head = derived.head();
  if (!head) return std::move(head).error();

  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  auto end = end_of(partition, **reader, *head, names);
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
  auto before = readable_at(partition, **reader, head->indexed_up_to);
  if (!before) return std::move(before).error();

  std::vector<std::shared_ptr<lane_impl>> lanes_with_tail;
  std::size_t unwritten = 0;
  bool unsettled = false;     ///< the stream of a damaged commit is not known
  bool is_unfinished = false; ///< the index has gone past one that is not settled
  const auto lane_of = [&](const stream_key& stream) {
    return lanes.find_or_make(stream, [&]() -> result<version_number> {
      auto last = derived.last_of(stream);
      if (!last) return std::move(last).error();
      return *last ? (*last)->version : version_number{0};
    });
  };
  const auto push = [&](const lane_commit& commit) {
    const auto& entry = commit.commit.entry;
    commit.lane->expect(entry.first_version + entry.events);
    const auto tails = lanes_with_tail.size();
    lanes.push(std::span(&commit, 1), lanes_with_tail);
    report.tail_streams += lanes_with_tail.size() - tails;
    report.streams += entry.first_version == 1 ? 1 : 0;
    ++report.tail_commits;
    ++unwritten;
  };
  lost_commits lost([&](const stream_key& stream) -> result<stream_stand> {
    auto lane = lane_of(stream);
    if (!lane) return std::move(lane).error();
    const auto next = (*lane)->next_version();
    std::vector<index_entry> tail;
    lanes.tail_from(**lane, next - 1, tail);
    if (!tail.empty()) return stream_stand{next, tail.back().position};
    auto last = derived.last_of(stream);
    if (!last) return std::move(last).error();
    return stream_stand{next, *last ? (*last)->position : 0};
  });
  // A damaged commit stands in the index of its stream, so that reading that stream meets it.
  const auto push_damaged = [&](lane_impl& lane, const damaged_commit& d, std::uint64_t events) {
    push({&lane,
          {{lane.next_version(), d.position, static_cast<std::uint32_t>(events)},
           d.checksum,
           age,
           uuid{}}});
  };
  const auto settle = [&]() -> result<void> {
    auto settled = lost.settle();
    if (!settled) return std::move(settled).error();
    for (const auto& [commit, is_nobodys] : *settled) {
      auto lane = lane_of(is_nobodys ? nobodys_stream() : *commit.stream);
      if (!lane) return std::move(lane).error();
      push_damaged(**lane, commit, is_nobodys ? 1 : commit.events);
      unsettled = unsettled || is_nobodys;
    }
    return {};
  };
  const auto fill_gap = [&](lane_impl& lane, const commit_view& until) -> result<void> {
    auto stand = lost.stand_of(lane.stream());
    if (!stand) return std::move(stand).error();
    auto commits = lost.fill(
        {lane.stream(), stand->next, until.first_version(), stand->position, until.position()});
    if (!commits) return std::move(commits).error();
    for (const auto& d : *commits) push_damaged(lane, d, d.events);
    return {};
  };
  constexpr std::uint64_t next_key = 0; // where a damaged commit ends, the next key tells
  auto expected = head->indexed_up_to + 1;
  log_record record;
  result<bool> more = false;
  if (expected <= end->position) more = (*reader)->seek(expected, record);
  if (more && !*more && expected <= end->position)
    return corrupt(expected, "there is no commit at this position");
  for (; more && *more; more = (*reader)->next(record)) {
    if (expected == next_key) {
      if (!lost.end_last_at(record.position))
        return corrupt(lost.last_position() + commit_events_max,
                       "there is no commit at this position");
      expected = record.position;
    }
    if (record.position != expected)
      return corrupt(expected, "there is no commit at this position");
    auto view = commit_view::parse(partition, record.position, record.bytes);
    const auto aggregate = view ? names.name_of(view->header().aggregate_name) : std::string();
    if (aggregate.empty()) {
      lost.add(describe_damage(record, names));
      report.damaged.push_back(record.position);
      expected = next_key;
      continue;
    }
    const auto& header = view->header();
    const stream_key stream(aggregate, header.stream_id);
    auto lane = lane_of(stream);
    if (!lane) return std::move(lane).error();
    if (header.first_version > (*lane)->next_version())
      if (auto filled = fill_gap(**lane, *view); !filled) return filled;
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
    push({lane->get(),
          {{header.first_version, record.position, view->event_count()},
           view->record_checksum(),
           age,
           record.position > head->forgotten_up_to ? header.command_id : uuid{}}});
    expected = view->last_position() + 1;
    if (unwritten >= chunk) {
      // What comes may still tell whose they were; but the next start would not see them again.
      if (!is_unfinished && lost.any()) {
        if (auto begun = derived.begin_unfinished(); !begun) return begun;
        is_unfinished = true;
      }
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
  if (expected == next_key) expected = end->position + 1;
  if (auto settled = settle(); !settled) return settled;
  if (unwritten > 0) index.note(lanes_with_tail, unwritten, expected - 1, age);
  journal.resume(end->position, end->recorded_at, age);
  // Lanes that were made on the way do not know that their end is in doubt.
  if (unsettled || is_unfinished)
    if (auto written = index.write_now(); !written) return written;
  if (is_unfinished) return derived.end_unfinished();
  return {};
}

} // namespace acta::persistence
