// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a customer is addressed: what may be a name, and an e-mail address.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace shop {

inline constexpr std::size_t line_bytes_max = 200;
inline constexpr std::size_t email_bytes_max = 254;
inline constexpr std::size_t email_local_bytes_max = 64;

/// 1 to 200 bytes without control characters: a name, or a reason, that stands in one line.
[[nodiscard]] constexpr bool is_line(std::string_view text) {
  return !text.empty() && text.size() <= line_bytes_max &&
         std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

/// One @ between a local part of 1 to 64 characters and a host name; printable ASCII, at most 254
/// bytes; no spaces, quotes, commas or brackets. Less than RFC 5321 allows: what is refused here is
/// rather a mistake, or somebody who wants to write to two, than an address.
[[nodiscard]] constexpr bool is_email(std::string_view text) {
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > email_local_bytes_max ||
      text.size() > email_bytes_max)
    return false;
  const auto host = text.substr(at + 1);
  const auto is_host_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
  };
  const auto is_local_character = [](char c) {
    constexpr std::string_view special = R"("(),:;<>[\])";
    return c > ' ' && c < '\x7F' && special.find(c) == std::string_view::npos;
  };
  return !host.empty() && host.front() != '.' && host.back() != '.' &&
         host.find("..") == std::string_view::npos &&
         std::ranges::all_of(host, is_host_character) &&
         std::ranges::all_of(text.substr(0, at), is_local_character);
}

} // namespace shop
