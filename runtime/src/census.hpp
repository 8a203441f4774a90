// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Counts stored events of one name and schema, in a store that is open or is looked at.
#pragma once

#include "contract.hpp"

#include <acta/persistence/commit.hpp>
#include <acta/persistence/errc.hpp>

#include <cstdint>
#include <map>
#include <string_view>

namespace acta::detail {

/// Reads the journals from their beginning. Commits that are damaged are stepped over: nobody can
/// read those anyhow.
/// @tparam Partitions  a range of pointers to persistence::partition or partition_look
template <class Partitions>
result<stored_events> count_events(const Partitions& partitions, std::string_view name,
                                   std::uint16_t schema) {
  stored_events found;
  for (const auto& p : partitions) {
    std::map<std::uint32_t, bool> is_it; // by name id
    std::uint64_t from = 1;
    const auto take = [&](const persistence::commit_view& commit) {
      commit.for_each_event([&](const persistence::event_view& e) {
        if (e.schema != schema) return;
        const auto [at, is_new] = is_it.try_emplace(e.name, false);
        if (is_new) at->second = p->name_of(e.name) == name;
        if (at->second && found.count++ == 0) found.first = {p->number(), e.position};
      });
      from = commit.last_position() + 1;
      return true;
    };
    auto read = p->read_log(from, take);
    while (!read && read.error().code() == persistence::errc::corrupt_commit &&
           from <= p->last_position()) {
      auto next = p->next_commit(from);
      if (!next) return std::move(next).error();
      from = *next;
      read = p->read_log(from, take);
    }
    if (!read && read.error().code() != persistence::errc::corrupt_commit)
      return std::move(read).error();
  }
  return found;
}

} // namespace acta::detail
