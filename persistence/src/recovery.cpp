// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "recovery.hpp"

#include "damage.hpp"

#include <algorithm>
#include <unordered_set>

namespace acta::persistence {

namespace {

struct log_end {
  std::uint64_t position = 0; ///< of the last event
  time_point recorded_at{};
};

/// A damaged last commit ends where the index says, or else where its header says.
result<log_end> end_of(std::uint32_t partition, log_reader& reader, const derived_head& head,
                       const name_table& names) {
  log_end end;
  for (auto position = ~std::uint64_t{0}; position > 0;) {
    log_record record;
    auto found = reader.seek_holding(position, record);
    if (!found) return std::move(found).error();
    if (!*found) break;
    auto view = commit_view::parse(partition, record.position, record.bytes);
    if (end.position == 0)
      end.position = view ? view->last_position()
                     : head.indexed_up_to >= record.position
                         ? head.indexed_up_to
                         : describe_damage(record, names).last_position();
    if (view) {
      end.recorded_at = view->recorded_at();
      break;
    }
    position = record.position - 1; // its time is in doubt: that of the one before
  }
  return end;
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
  if (load_le<std::uint64_t>(record.bytes.data()) != head.checksum) return false;
  const auto view = commit_view::parse(0, record.position, record.bytes);
  if (view) return view->last_position() == head.indexed_up_to;
  // It is damaged, but it was this one. Where it ends is seen in where the next one begins.
  auto next = (*reader)->next(record);
  if (!next) return std::move(next).error();
  return !*next || record.position == head.indexed_up_to + 1;
}

result<void> recovery_run::run(recovery_report& report) {
  auto head = derived.head();
  if (!head) return std::move(head).error();
  index.resume(*head);

  auto reader = log.read();
  if (!reader) return std::move(reader).error();
  auto end = end_of(partition, **reader, *head, names);
  if (!end) return std::move(end).error();
  journal.resume(end->position, end->recorded_at);
  report.events = end->position;
  report.streams = head->streams;

  const auto corrupt = [&](std::uint64_t position, const std::string& what) {
    return error(errc::corrupt_commit, what, acta::position{partition, position}.to_string());
  };
  std::vector<std::shared_ptr<lane_impl>> lanes_with_tail;
  std::size_t unwritten = 0;
  lost_commits lost;
  bool unsettled = false; ///< the stream of a damaged commit is not known
  const auto lane_of = [&](const stream_key& stream) {
    return lanes.find_or_make(stream, [&]() -> result<version_number> {
      auto last = derived.last_of(stream);
      if (!last) return std::move(last).error();
      return *last ? (*last)->first_version + (*last)->events - 1 : version_number{0};
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
  // A damaged commit stands in the index of its stream, so that reading that stream meets it.
  const auto push_damaged = [&](lane_impl& lane, const damaged_commit& d, std::uint32_t events) {
    push({&lane, {{lane.next_version(), d.position, events}, end->recorded_at, uuid{}}});
  };
  const auto settle_last = [&]() -> result<void> {
    const auto named = lost.last().stream;
    if (!named) return {};
    auto lane = lane_of(*named);
    if (!lane) return std::move(lane).error();
    if (const auto d = lost.take_last_if(*named, (*lane)->next_version()))
      push_damaged(**lane, *d, static_cast<std::uint32_t>(d->events));
    return {};
  };
  const auto settle_rest = [&]() -> result<void> {
    for (const auto& d : lost.take_rest()) {
      auto lane = lane_of(nobodys_stream());
      if (!lane) return std::move(lane).error();
      push_damaged(**lane, d, 1);
      unsettled = true;
    }
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
        return corrupt(lost.last().position + commit_events_max,
                       "there is no commit at this position");
      if (auto settled = settle_last(); !settled) return settled;
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
    while (header.first_version > (*lane)->next_version()) {
      const auto d =
          lost.take_between(stream, (*lane)->next_version(), header.first_version, record.position);
      if (!d) break;
      push_damaged(**lane, *d, static_cast<std::uint32_t>(d->events));
    }
    if (header.first_version != (*lane)->next_version())
      return corrupt(expected, stream.text() + " goes on with version " +
                                   std::to_string(header.first_version) + " after " +
                                   std::to_string((*lane)->durable_version()));
    push({lane->get(),
          {{header.first_version, record.position, view->event_count()},
           view->recorded_at(),
           header.command_id}});
    expected = view->last_position() + 1;
    if (unwritten >= std::max<std::size_t>(options.index_commits_max, 1)) {
      // Before the index goes past them: the next start does not see them again.
      if (auto settled = settle_rest(); !settled) return settled;
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
  if (expected == next_key) {
    expected = end->position + 1;
    if (auto settled = settle_last(); !settled) return settled;
  }
  if (auto settled = settle_rest(); !settled) return settled;
  if (unwritten > 0) index.note(lanes_with_tail, unwritten, expected - 1, end->recorded_at);
  // Lanes that were made on the way do not know that their end is in doubt.
  if (unsettled && unwritten > 0) return index.write_now();
  return {};
}

} // namespace acta::persistence
