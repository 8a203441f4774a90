// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How long a page of an answer may be.
#pragma once

#include <acta/core/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace shop {

/// Errors: `invalid_argument` unless it is within 1..max.
[[nodiscard]] inline acta::result<std::size_t> page_limit(std::optional<std::uint32_t> wanted,
                                                          std::size_t otherwise, std::size_t max) {
  const std::size_t limit = wanted ? *wanted : otherwise;
  if (limit >= 1 && limit <= max) return limit;
  return acta::error(acta::errc::invalid_argument,
                     "limit is " + std::to_string(limit) + ", expected 1 to " + std::to_string(max),
                     "/limit");
}

} // namespace shop
