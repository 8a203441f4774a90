// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What an id may look like that one aggregate keeps of another: of a customer, an order, a
/// payment. Commands are sent to it and rows are kept under it, so it is refused where it comes in:
/// later nobody could say no any more.
#pragma once

#include <acta/core/ids.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace shop {

inline constexpr std::size_t id_bytes_max = 64;
inline constexpr std::size_t reference_bytes_max = 128;

/// 1 to 64 bytes of UTF-8 without control characters.
[[nodiscard]] inline bool is_id(std::string_view text) {
  return text.size() <= id_bytes_max && acta::check_stream_id(text).has_value();
}

/// What the provider calls a payment that was made: 1 to 128 letters, digits, `-`, `_` and `:`.
/// With a dot before it, it is part of ids, so it has no dot of its own.
[[nodiscard]] inline bool is_reference(std::string_view text) {
  return !text.empty() && text.size() <= reference_bytes_max &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == ':';
         });
}

} // namespace shop
