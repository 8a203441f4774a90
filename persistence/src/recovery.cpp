// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "recovery.hpp"

#include <algorithm>
#include <unordered_set>

namespace acta::persistence {

namespace {

struct log_end {
  std::uint64_t position = 0; ///< of the last event
  time_point recorded_at{};
};

result<log_end> end_of(std::uint32_t partition, log_reader& reader) {
  log_record record;
  auto found = reader.seek_holding(~std::uint64_t{0}, record);
  if (!found) return std::move(found).error();
  if (!*found) return log_end{};
  auto view = commit_view::parse(partition, record.position, record.bytes);
  if (!view) return std::move(view).error();
  return log_end{view->last_position(), view->recorded_at()};
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
  index.resume(*head);

  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  auto end = end_of(partition, **reader);
  if (!end) return std::move(end).error();
  journal.resume(end->position, end->recorded_at);
  report.events = end->position;
  report.streams = head->streams;

  const auto corrupt = [&](std::uint64_t position, const std::string& what) {
    return error(errc::corrupt_commit, what, acta::position{partition, position}.to_string());
  };
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
      return *last ? (*last)->first_version + (*last)->events - 1 : version_number{0};
    });
    if (!lane) return std::move(lane).error();
    if (header.first_version != (*lane)->next_version())
      return corrupt(expected, stream.text() + " goes on with version " +
                                   std::to_string(header.first_version) + " after " +
                                   std::to_string((*lane)->durable_version()));
    (*lane)->expect(view->last_version() + 1);
    const lane_commit commit{lane->get(),
                             {{header.first_version, record.position, view->event_count()},
                              view->recorded_at(),
                              header.command_id}};
    const auto tails = lanes_with_tail.size();
    lanes.push(std::span(&commit, 1), lanes_with_tail);
    report.tail_streams += lanes_with_tail.size() - tails;
    report.streams += header.first_version == 1 ? 1 : 0;
    ++report.tail_commits;
    expected = view->last_position() + 1;
    if (++unwritten >= std::max<std::size_t>(options.index_commits_max, 1)) {
      // Command ids are kept by their age at the end of the log, not at this chunk's.
      index.note(lanes_with_tail, unwritten, expected - 1, end->recorded_at);
      unwritten = 0;
      lane->reset();
      if (auto written = index.write_now(); !written) return written;
      if (progress)
        progress("indexing partition " + std::to_string(partition),
                 static_cast<double>(expected - 1) / static_cast<double>(end->position));
    }
  }
  if (!more) return std::move(more).error();
  if (unwritten > 0) index.note(lanes_with_tail, unwritten, expected - 1, end->recorded_at);
  return {};
}

} // namespace acta::persistence
