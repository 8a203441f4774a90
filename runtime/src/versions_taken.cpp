// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "versions_taken.hpp"

#include <algorithm>
#include <utility>

namespace acta::detail {

std::string version_text(std::string_view event, std::uint16_t schema) {
  return std::string(event) + ' ' + std::to_string(schema);
}

std::uint64_t versions_taken::begin(const std::vector<std::string>& now,
                                    const std::vector<std::string>& unreadable,
                                    std::uint64_t checkpoint, std::uint64_t checksum) {
  const auto is_in = [](const std::vector<std::string>& all, const std::string& version) {
    return std::ranges::binary_search(all, version);
  };
  std::erase_if(taken, [&](const auto& one) { return one.second <= checkpoint; });
  const auto reached_by = [&](const std::string& version) {
    const auto known = taken.find(version);
    return known == taken.end() ? checkpoint : known->second;
  };
  for (const auto& version : unreadable) {
    unread.try_emplace(version, reached_by(version));
    taken.erase(version);
  }
  marks back;
  for (const auto& [version, at] : unread)
    if (!is_in(unreadable, version) && is_in(now, version)) back.emplace(version, at);
  std::erase_if(unread, [&](const auto& one) { return !is_in(unreadable, one.first); });
  auto start = checkpoint;
  for (const auto& [version, at] : back) start = std::min(start, at);
  if (start < checkpoint) {
    if (taken.empty()) {
      reached = checkpoint;
      reached_checksum = checksum;
    }
    for (const auto& version : now) taken.try_emplace(version, checkpoint);
    for (const auto& [version, at] : back)
      if (at > start)
        taken[version] = at;
      else
        taken.erase(version);
  }
  if (taken.empty()) reached = reached_checksum = 0;
  return start;
}

void versions_taken::forget_beyond(std::uint64_t position) {
  for (auto& [version, at] : unread) at = std::min(at, position);
  taken.clear();
  reached = reached_checksum = 0;
}

bool versions_taken::has_taken(std::string_view event, std::uint16_t schema,
                               std::uint64_t at) const {
  if (taken.empty()) return false;
  const auto known = taken.find(version_text(event, schema));
  return known != taken.end() && at <= known->second;
}

std::optional<std::uint64_t> versions_taken::first_unread() const {
  std::optional<std::uint64_t> first;
  for (const auto& [version, at] : unread) first = std::min(first.value_or(at), at);
  return first;
}

std::vector<std::string> versions_with(const model& of,
                                       const std::function<bool(const std::type_info&)>& takes) {
  std::vector<std::string> all;
  for (const auto& a : of.aggregates()) {
    for (const auto& e : a->events)
      if (takes(*e.type)) all.push_back(version_text(e.name, e.schema));
    for (const auto& e : a->earlier)
      for (std::size_t i = 0; i < e.may_be.size(); ++i)
        if (e.may_be[i] && takes(*a->events[i].type)) {
          all.push_back(version_text(e.name, e.schema));
          break;
        }
  }
  std::ranges::sort(all);
  return all;
}

} // namespace acta::detail
