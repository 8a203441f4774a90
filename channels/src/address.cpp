// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include "encoded_text.hpp"

#include <acta/channels/errc.hpp>
#include <acta/domain/mail_address.hpp>

#include <arpa/inet.h>
#include <strings.h>

namespace acta::channels {

namespace {

constexpr std::size_t name_bytes_max = 200;

error bad_content(std::string what) { return error(channel_errc::bad_content, std::move(what)); }

} // namespace

result<void> check_address(std::string_view address) {
  if (address.empty()) return bad_content("the address is empty");
  if (const auto mistake = mistake_in_mail_address(address); !mistake.empty())
    return bad_content("'" + printable(address) + "' " + std::string(mistake));
  return {};
}

result<sender> parse_sender(std::string_view text) {
  sender parsed;
  if (const auto open = text.rfind('<'); open != std::string_view::npos && text.ends_with('>')) {
    auto name = text.substr(0, open);
    while (name.ends_with(' ')) name.remove_suffix(1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    if (name.size() > name_bytes_max) return bad_content("the name is longer than 200 bytes");
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
