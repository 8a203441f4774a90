// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "versions_taken.hpp"

#include <algorithm>
#include <utility>

namespace acta::detail {

std::string version_text(std::string_view event, std::uint16_t schema) {
  return std::string(event) + ' ' + std::to_string(schema);
}

std::uint64_t versions_taken::begin(std::vector<std::string> now, std::uint64_t checkpoint,
                                    std::uint64_t last) {
  auto reached = std::move(up_to);
  for (const auto& version : by_last) {
    auto& at = reached[version];
    at = std::max(at, checkpoint);
  }
  auto start = checkpoint;
  for (const auto& version : now)
    start = std::min(start, reached.try_emplace(version, checkpoint).first->second);
  for (auto& [version, at] : reached) at = std::min(at, last);
  // The checkpoint speaks for what this release takes, but for no other.
  std::erase_if(reached, [&](const auto& one) {
    return one.second <= start && std::ranges::binary_search(now, one.first);
  });
  up_to = std::move(reached);
  by_last = std::move(now);
  return start;
}

bool versions_taken::has_taken(std::string_view event, std::uint16_t schema,
                               std::uint64_t at) const {
  if (up_to.empty()) return false;
  const auto known = up_to.find(version_text(event, schema));
  return known != up_to.end() && at <= known->second;
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
