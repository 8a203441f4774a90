// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A request's target, taken apart and decoded.
#pragma once

#include "problem.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acta::http {

inline constexpr std::size_t target_segments_max = 8;
inline constexpr std::size_t target_parameters_max = 16;

struct parameter {
  std::string name;
  std::string value;
};

struct target {
  std::array<std::string, target_segments_max>
      segments; ///< decoded; used again for the next request
  std::size_t count = 0;
  std::vector<parameter> query;
  bool is_absolute = false;
  std::string authority; ///< of the absolute form

  [[nodiscard]] std::string_view segment(std::size_t i) const noexcept {
    return i < count ? std::string_view(segments[i]) : std::string_view{};
  }
};

/// Splits at `/`, `?`, `&` and `=`, then decodes: an encoded slash is part of its segment. A plus
/// sign is a plus sign, so that a time's offset can stand in a query as it is. Also takes the
/// absolute form (`http://host/path`).
std::optional<problem> parse_target(std::string_view text, target& into);

/// Takes the part before `at` off the front of `text`, and `at` with it.
[[nodiscard]] std::string_view take_until(std::string_view& text, char at) noexcept;

/// Replaces `out` by the decoded text; false at a bad escape.
[[nodiscard]] bool percent_decode(std::string_view text, std::string& out);

} // namespace acta::http
