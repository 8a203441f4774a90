// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An aggregate type as one partition stores it: the durable ids of its names.
#pragma once

#include <acta/domain/aggregate_type.hpp>
#include <acta/persistence/partition.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace acta::detail {

struct binding {
  std::shared_ptr<const aggregate_type> type;
  persistence::partition* partition = nullptr;
  std::uint32_t name_id = 0;
  std::vector<std::uint32_t> event_ids; ///< by index in versions, so in type->events first
  std::vector<event_versions> versions;

  /// What the program knows under a name; null if it is none of this aggregate's events.
  [[nodiscard]] const event_versions* find_versions(std::uint32_t name_id_of_event) const noexcept {
    const auto at = std::ranges::find(event_ids, name_id_of_event);
    return at == event_ids.end() ? nullptr
                                 : &versions[static_cast<std::size_t>(at - event_ids.begin())];
  }
};

} // namespace acta::detail
