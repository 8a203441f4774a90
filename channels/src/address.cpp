// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include "encoded_text.hpp"

#include <acta/channels/errc.hpp>

#include <arpa/inet.h>
#include <strings.h>

namespace acta::channels {

namespace {

constexpr std::size_t address_bytes_max = 254;
constexpr std::size_t name_bytes_max = 200;

bool is_alphanumeric(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Parts between dots, none of them empty, each of characters that `takes` takes.
template <class F> bool is_dotted(std::string_view text, std::size_t part_bytes_max, F&& takes) {
  std::size_t part = 0;
  for (const char c : text) {
    if (c == '.') {
      if (part == 0) return false;
      part = 0;
    } else if (!takes(c) || ++part > part_bytes_max) {
      return false;
    }
  }
  return part != 0;
}

bool is_local_part(std::string_view text) {
  return text.size() <= 64 && is_dotted(text, 64, [](char c) {
           return is_alphanumeric(c) ||
                  std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
         });
}

bool is_domain(std::string_view text) {
  return !text.starts_with('-') && !text.ends_with('-') &&
         text.find("-.") == std::string_view::npos && text.find(".-") == std::string_view::npos &&
         is_dotted(text, 63, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

error bad(std::string what) { return error(channel_errc::bad_content, std::move(what)); }

} // namespace

result<void> check_address(std::string_view address) {
  if (address.empty()) return bad("the address is empty");
  if (address.size() > address_bytes_max) return bad("the address is longer than 254 bytes");
  const auto at = address.rfind('@');
  if (at == std::string_view::npos || !is_local_part(address.substr(0, at)) ||
      !is_domain(address.substr(at + 1)))
    return bad("'" + printable(address) + "' is no address of the form local@domain, in ASCII");
  return {};
}

result<sender> parse_sender(std::string_view text) {
  sender parsed;
  if (const auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>')) {
    auto name = text.substr(0, open);
    while (name.ends_with(' ')) name.remove_suffix(1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    if (name.size() > name_bytes_max) return bad("the name is longer than 200 bytes");
    if (auto ok = check_line("the name", name); !ok) return std::move(ok).error();
    parsed.name = name;
    text = text.substr(open + 1, text.size() - open - 2);
  }
  if (auto ok = check_address(text); !ok) return std::move(ok).error();
  parsed.address = text;
  return parsed;
}

bool is_loopback(const std::string& host) {
  if (::strcasecmp(host.c_str(), "localhost") == 0) return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  auto bare = host;
  if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
  in6_addr v6{};
  return ::inet_pton(AF_INET6, bare.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

} // namespace acta::channels
