// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Time as Acta stores and prints it: microseconds, UTC.
#pragma once

#include <acta/core/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace acta {

/// A moment, in microseconds since 1970-01-01T00:00:00Z without leap seconds.
using time_point = std::chrono::sys_time<std::chrono::microseconds>;

/// The system's clock, rounded down to microseconds. It may jump; what must not run backward uses
/// its own guard.
time_point system_now();
/// The monotonic clock: neither jumps nor runs backward; stands still while the machine sleeps. Its
/// beginning means nothing.
std::chrono::microseconds monotonic_now();

/// RFC 3339 in UTC with six digits: `2026-11-22T10:00:00.000000Z`. A year beyond 0..9999 has a sign
/// and six digits, as in ECMAScript: `+010000-01-01T00:00:00.000000Z`.
std::string to_rfc3339(time_point t);
/// Reads what to_rfc3339 writes, with `Z` or a numeric offset and up to nine digits of a second
/// (rounded down to microseconds). Errors: `invalid_argument`: another form, or a time that 64 bits
/// of microseconds do not reach.
result<time_point> parse_rfc3339(std::string_view text);

} // namespace acta
