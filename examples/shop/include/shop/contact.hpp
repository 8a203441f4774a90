// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a customer is addressed: what may be a name, and an e-mail address.
#pragma once

#include <acta/domain/mail_address.hpp>

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace shop {

inline constexpr std::size_t line_bytes_max = 200;

/// 1 to 200 bytes without control characters: a name, or a reason, that stands in one line.
[[nodiscard]] constexpr bool is_line(std::string_view text) {
  return !text.empty() && text.size() <= line_bytes_max &&
         std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

/// What the mail channels send to, and nothing else: an address that only the door took would be a
/// dead letter with every order.
[[nodiscard]] inline bool is_email(std::string_view text) {
  return acta::mistake_in_mail_address(text).empty();
}

} // namespace shop
