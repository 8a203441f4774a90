// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Durations and sizes as people write them in configs and requests: a whole number and a unit,
/// `10ms`, `64MiB`.
#pragma once

#include <acta/core/result.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace acta {

/// Errors: `invalid_argument`, naming the units there are.
result<std::chrono::microseconds> parse_duration(std::string_view text);
result<std::uint64_t> parse_size(std::string_view text);

/// With the largest unit that leaves a whole number.
[[nodiscard]] std::string format_duration(std::chrono::microseconds value);
[[nodiscard]] std::string format_size(std::uint64_t bytes);

} // namespace acta
