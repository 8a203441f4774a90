// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Well-formed UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace acta {

/// Length in bytes, 1..4, of the well-formed sequence at the front; 0 if there is none.
/// Pre: `text` is not empty. Source: Unicode 15, table 3-7.
[[nodiscard]] std::size_t utf8_sequence(std::string_view text) noexcept;
/// Whether all of `text`, which may be empty, is well-formed.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

} // namespace acta
