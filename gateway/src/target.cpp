// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include "parameters.hpp"

#include <algorithm>

namespace acta::http {

namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

problem bad_escape(std::string_view text) {
  return {.status = 400,
          .code = "bad_target",
          .detail = "bad percent escape in '" + std::string(text.substr(0, 100)) + "'"};
}

std::optional<problem> parse_query(std::string_view text, std::vector<parameter>& into) {
  while (!text.empty()) {
    const auto pair = take_until(text, '&');
    if (pair.empty()) continue;
    if (into.size() == target_parameters_max)
      return problem{.status = 400, .code = "bad_target", .detail = "too many query parameters"};
    auto value = pair;
    const auto name = take_until(value, '=');
    auto& p = into.emplace_back();
    if (!percent_decode(name, p.name) || !percent_decode(value, p.value)) return bad_escape(pair);
  }
  return std::nullopt;
}

/// Takes `http://host:port` off the front of `text`; false if it has none. `https` is refused:
/// there was no TLS (RFC 9110, 7.4).
bool take_authority(std::string_view& text, std::string& into) {
  constexpr std::string_view scheme = "http://";
  if (!same_ignoring_case(text.substr(0, scheme.size()), scheme)) return false;
  text.remove_prefix(scheme.size());
  const auto path = std::min(text.find_first_of("/?"), text.size());
  into = text.substr(0, path);
  text.remove_prefix(path);
  return true;
}

} // namespace

std::string_view take_until(std::string_view& text, char at) noexcept {
  const auto end = text.find(at);
  const auto part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return false;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

std::optional<problem> parse_target(std::string_view text, target& into) {
  into.count = 0;
  into.query.clear();
  into.authority.clear();
  into.is_absolute = take_authority(text, into.authority);
  auto path = take_until(text, '?');
  if (into.is_absolute && path.empty()) path = "/";
  if (!path.starts_with('/'))
    return problem{.status = 400, .code = "bad_target", .detail = "the target must start with '/'"};
  path.remove_prefix(1);
  for (bool more = true; more;) {
    if (into.count == target_segments_max) return unknown_route();
    more = path.find('/') != std::string_view::npos;
    const auto part = take_until(path, '/');
    if (!percent_decode(part, into.segments[into.count++])) return bad_escape(part);
  }
  return parse_query(text, into.query);
}

} // namespace acta::http
