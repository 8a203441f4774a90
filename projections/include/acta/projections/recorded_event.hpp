// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An event as it was stored, with everything known about it.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/aggregate_type.hpp>
#include <acta/domain/metadata.hpp>

#include <memory>
#include <optional>
#include <string>

namespace acta {

/// A value; decoding happens when asked for.
struct recorded_event {
  std::string type; ///< `account.credited`
  std::uint16_t schema = 1;
  acta::metadata metadata;
  byte_buffer payload;
  /// The type in this program's model; null if it has none of that name and schema.
  std::shared_ptr<const event_type> known_as;

  /// The event as `E`, or nothing if it is of another type or cannot be decoded.
  template <class E> [[nodiscard]] std::optional<E> get() const {
    if (!known_as || *known_as->type != typeid(E)) return std::nullopt;
    auto decoded = known_as->decode(payload);
    if (!decoded) return std::nullopt;
    return *static_cast<const E*>(decoded->get());
  }
  /// The event's data as JSON. Errors: `unknown_event`, `decode_failed`.
  [[nodiscard]] result<std::string> to_json() const;
};

} // namespace acta
