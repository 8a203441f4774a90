// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "retry_after.hpp"

#include <algorithm>
#include <string>

#include <curl/curl.h>

namespace acta::channels {

namespace {

constexpr std::chrono::seconds most = std::chrono::hours{24};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

} // namespace

std::chrono::seconds parse_retry_after(std::string_view text, time_point now) {
  if (text.empty()) return {};
  if (std::all_of(text.begin(), text.end(), is_digit)) {
    std::chrono::seconds pause{};
    for (const char c : text) pause = std::min(pause * 10 + std::chrono::seconds{c - '0'}, most);
    return pause;
  }
  // `Sun, 06 Nov 1994 08:49:37 GMT`; curl_getdate would take `5 apples`, too.
  if (text.find(':') == std::string_view::npos) return {};
  const auto date = ::curl_getdate(std::string(text).c_str(), nullptr);
  if (date < 0) return {};
  const auto pause = std::chrono::sys_seconds{std::chrono::seconds{date}} -
                     std::chrono::floor<std::chrono::seconds>(now);
  return std::clamp<std::chrono::seconds>(pause, {}, most);
}

} // namespace acta::channels
