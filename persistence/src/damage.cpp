// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "damage.hpp"

#include <acta/core/ids.hpp>

#include <algorithm>

namespace acta::persistence {

damaged_commit describe_damage(const log_record& record, const name_table& names) {
  damaged_commit d;
  d.position = record.position;
  d.events = commit_events_max;
  if (record.bytes.size() >= sizeof d.checksum)
    d.checksum = load_le<std::uint64_t>(record.bytes.data());
  const auto view = commit_view::parse(0, record.position, record.bytes, checksum::trust);
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

std::optional<damaged_commit> lost_commits::take_between(const stream_key& stream,
                                                         version_number next, version_number until,
                                                         std::uint64_t position) {
  const auto fits = [&](const damaged_commit& d) {
    return d.position < position && d.events == until - next;
  };
  const auto is_ours = [&](const damaged_commit& d) {
    return d.position < position && d.events <= until - next && d.stream && *d.stream == stream &&
           d.first_version == next;
  };
  auto found = std::ranges::find_if(all_, is_ours);
  if (found == all_.end()) found = std::ranges::find_if(all_, fits); // its header is damaged
  if (found != all_.end()) {
    settled_.push_back(*found);
    all_.erase(found);
    return settled_.back();
  }
  const auto wrongly = std::ranges::find_if(settled_, fits);
  if (wrongly == settled_.end()) return std::nullopt;
  return *wrongly;
}

std::optional<damaged_commit> lost_commits::take_last_if(const stream_key& stream,
                                                         version_number next) {
  const auto& last = all_.back();
  if (!last.stream || *last.stream != stream || last.first_version != next) return std::nullopt;
  settled_.push_back(last);
  all_.pop_back();
  return settled_.back();
}

std::vector<damaged_commit> lost_commits::take_rest() {
  settled_.insert(settled_.end(), all_.begin(), all_.end());
  return std::exchange(all_, {});
}

} // namespace acta::persistence
