// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How long a server asks to be left alone.
#pragma once

#include <acta/core/time.hpp>

#include <chrono>
#include <string_view>

namespace acta::channels {

/// The header Retry-After: seconds, or a date in any of the three forms of HTTP. Nothing of another
/// form, or of a date that has passed, is 0; what is longer than a day is a day.
/// Source: RFC 9110, sections 10.2.3 and 5.6.7.
[[nodiscard]] std::chrono::seconds parse_retry_after(std::string_view text, time_point now);

} // namespace acta::channels
