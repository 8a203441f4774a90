// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "damage.hpp"

#include "record.hpp"

#include <acta/core/ids.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

namespace acta::persistence {

namespace {

/// Among more lost commits than this nobody counts in how many ways they add up.
constexpr std::size_t choices_max = 64;

/// What stands before the metadata at most.
constexpr std::size_t turned_bits_within =
    record::header_bytes + 3 * sizeof(uuid) + stream_id_bytes_max;

/// If one bit of the header has turned: turns it back. A disk's most common damage would else give
/// the commit to a stream that never was.
void mend_header(std::uint64_t position, byte_buffer& bytes) {
  const auto size = std::min<std::size_t>(bytes.size(), turned_bits_within);
  for (std::size_t at = record::covered_at; at < size; ++at)
    for (int bit = 0; bit < 8; ++bit) {
      bytes.data()[at] ^= std::byte(1u << bit);
      if (commit_view::parse(0, position, bytes.view())) return;
      bytes.data()[at] ^= std::byte(1u << bit);
    }
}

} // namespace

damaged_commit describe_damage(const log_record& record, const name_table& names) {
  damaged_commit d;
  d.position = record.position;
  d.events = commit_events_max;
  d.checksum = record.checksum();
  byte_buffer bytes;
  bytes.append(record.bytes);
  mend_header(record.position, bytes);
  const auto view = commit_view::parse(0, record.position, bytes.view(), checksum::trust);
  if (!view) return d;
  d.events = view->event_count();
  d.first_version = view->first_version();
  const auto aggregate = names.name_of(view->header().aggregate_name);
  if (!aggregate.empty() && check_stream_id(view->header().stream_id))
    d.stream.emplace(aggregate, view->header().stream_id);
  return d;
}

const stream_key& nobodys_stream() {
  static const stream_key key("?", "damaged");
  return key;
}

bool lost_commits::end_last_at(std::uint64_t position) {
  auto& last = all_.back();
  last.events = position - last.position;
  return last.events >= 1 && last.events <= commit_events_max;
}

result<std::vector<damaged_commit>> lost_commits::fill(const version_gap& gap) {
  if (auto judged = judge_headers(); !judged) return std::move(judged).error();
  const auto missing = gap.until - gap.next;
  lost_set between;
  lost_set left;
  for (auto& one : all_) {
    if (one.position <= gap.after || one.position >= gap.before) continue;
    between.push_back(&one);
    if (!one.is_settled) left.push_back(&one);
  }
  if (events_of(between) < missing) return std::vector<damaged_commit>{};
  if (const auto chosen = choose_by_headers(gap, left); chosen.count == ways::one)
    return take(chosen.commits);
  const auto chosen = choose(left, missing);
  if (chosen.count == ways::one) return take(chosen.commits);
  if (chosen.count == ways::many) {
    for (auto* one : left) one->wanted = true;
    missed_ += missing;
    return stop(gap, left);
  }
  // Then a header was believed that was wrong, and the commit that it was on may be anybody's.
  for (auto* one : between) one->is_settled = false;
  adds_up_ = false;
  return stop(gap, between);
}

result<std::vector<settled_commit>> lost_commits::settle() {
  if (auto judged = judge_headers(); !judged) return std::move(judged).error();
  std::vector<settled_commit> all;
  for (auto& one : all_)
    if (!one.is_settled && one.fits) {
      one.is_settled = true;
      all.push_back({one});
    }
  const bool is_explained = all_wanted_are_missed();
  auto nobodys = stand_(nobodys_stream());
  if (!nobodys) return std::move(nobodys).error();
  for (auto& one : all_) {
    if (one.is_settled || (one.wanted && is_explained)) continue;
    // The last of them stands for those before it.
    if (one.position > nobodys->position) all.push_back({one, true});
  }
  return all;
}

/// In the order of positions, so that headers which follow one another are believed together.
result<void> lost_commits::judge_headers() {
  std::unordered_map<std::string, stream_stand> stands;
  for (auto& one : all_) {
    one.fits = false;
    if (one.is_settled || !one.stream) continue;
    const auto [at, is_new] = stands.try_emplace(one.stream->text());
    if (is_new) {
      auto stand = stand_(*one.stream);
      if (!stand) return std::move(stand).error();
      at->second = *stand;
    }
    auto& stand = at->second;
    one.fits = one.first_version == stand.next && one.position > stand.position;
    if (one.fits) stand = {stand.next + one.events, one.position};
  }
  return {};
}

std::uint64_t lost_commits::events_of(const lost_set& commits) {
  std::uint64_t events = 0;
  for (const auto* one : commits) events += one->events;
  return events;
}

lost_commits::choice lost_commits::choose(const lost_set& from, std::uint64_t events) {
  const auto all = events_of(from);
  if (all < events) return {};
  if (all == events) return {ways::one, from};
  if (from.size() > choices_max) return {ways::many, {}};
  // In how many ways (2: or more) do the first i of them have n events?
  std::vector<std::vector<std::uint8_t>> counts(from.size() + 1,
                                                std::vector<std::uint8_t>(events + 1));
  counts[0][0] = 1;
  for (std::size_t i = 0; i < from.size(); ++i)
    for (std::uint64_t n = 0; n <= events; ++n) {
      const int with = n >= from[i]->events ? counts[i][n - from[i]->events] : 0;
      counts[i + 1][n] = static_cast<std::uint8_t>(std::min(counts[i][n] + with, 2));
    }
  if (counts.back()[events] != 1) return {counts.back()[events] == 0 ? ways::none : ways::many, {}};
  choice only{ways::one, {}};
  for (auto i = from.size(); i-- > 0;) {
    if (counts[i][events] != 0) continue;
    only.commits.push_back(from[i]);
    events -= from[i]->events;
  }
  std::ranges::reverse(only.commits);
  return only;
}

/// Headers that name the stream, and versions from the gap's edges on, are believed; what they
/// leave must be filled by the rest.
lost_commits::choice lost_commits::choose_by_headers(const version_gap& gap, const lost_set& from) {
  auto inner = gap;
  lost_set front;
  for (auto* one : from) {
    if (one->stream != gap.stream || one->first_version != inner.next ||
        inner.next + one->events > inner.until)
      continue;
    front.push_back(one);
    inner.next += one->events;
    inner.after = one->position;
  }
  lost_set back;
  for (auto at = from.rbegin(); at != from.rend() && (*at)->position > inner.after; ++at) {
    const auto* one = *at;
    if (one->stream != gap.stream || one->first_version < inner.next ||
        one->first_version + one->events != inner.until)
      continue;
    back.push_back(*at);
    inner.until = one->first_version;
    inner.before = one->position;
  }
  auto rest = from; // also what names another stream: that one may contradict it yet
  std::erase_if(rest, [&](const lost* one) {
    return one->position <= inner.after || one->position >= inner.before;
  });
  auto middle = choose(rest, inner.until - inner.next);
  if (middle.count != ways::one) return middle;
  front.insert(front.end(), middle.commits.begin(), middle.commits.end());
  front.insert(front.end(), back.rbegin(), back.rend());
  return {ways::one, std::move(front)};
}

std::vector<damaged_commit> lost_commits::take(const lost_set& commits) {
  std::vector<damaged_commit> all;
  for (auto* one : commits) {
    one->is_settled = true;
    all.push_back(*one);
  }
  return all;
}

/// One of the candidates stands for all that the stream lacks, so that it is stopped there.
std::vector<damaged_commit> lost_commits::stop(const version_gap& gap, const lost_set& candidates) {
  auto best = std::ranges::find_if(
      candidates, [&](const lost* one) { return !one->used && one->stream == gap.stream; });
  if (best == candidates.end())
    best =
        std::ranges::find_if(candidates, [](const lost* one) { return !one->used && !one->fits; });
  if (best == candidates.end()) best = candidates.begin();
  (*best)->used = true;
  std::vector<damaged_commit> pieces;
  for (auto left = gap.until - gap.next; left > 0; left -= pieces.back().events) {
    pieces.push_back(**best);
    pieces.back().events = std::min<std::uint64_t>(left, commit_events_max);
  }
  return pieces;
}

/// As many versions are missed as those have that may be them: then each is one of them.
bool lost_commits::all_wanted_are_missed() const {
  std::uint64_t events = 0;
  for (const auto& one : all_)
    if (!one.is_settled && one.wanted) events += one.events;
  return adds_up_ && events == missed_;
}

} // namespace acta::persistence
