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
  std::vector<std::uint32_t> event_ids; ///< by index in type->events

  /// Null for an event this program has no type for, or only one of another schema version.
  [[nodiscard]] const event_type* find_event(std::uint32_t name_id_of_event,
                                             std::uint16_t schema) const noexcept {
    const auto at = std::ranges::find(event_ids, name_id_of_event);
    if (at == event_ids.end()) return nullptr;
    const auto& event = type->events[static_cast<std::size_t>(at - event_ids.begin())];
    return event.schema == schema ? &event : nullptr;
  }
};

} // namespace acta::detail
