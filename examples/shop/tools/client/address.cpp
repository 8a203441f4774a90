// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <acta/core/error.hpp>

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <cstdint>

namespace shop::tools {

namespace {

acta::error invalid(std::string_view url, const std::string& why) {
  return {acta::errc::invalid_argument, "'" + std::string(url) + "': " + why};
}

} // namespace

acta::result<address> parse_address(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  auto rest = url;
  if (!rest.starts_with(scheme)) return invalid(url, "a node's URL begins with http://");
  rest.remove_prefix(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);

  const auto colon = rest.rfind(':');
  std::uint16_t port = 0;
  if (colon == std::string_view::npos) return invalid(url, "there is no port");
  const auto digits = rest.substr(colon + 1);
  const auto* const end = digits.data() + digits.size();
  if (const auto [stop, failed] = std::from_chars(digits.data(), end, port);
      failed != std::errc{} || stop != end || port == 0)
    return invalid(url, "the port is no number from 1 to 65535");

  auto host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code failed;
  // Not asked of a resolver, which may say what it likes.
  const auto ip = host == "localhost" ? boost::asio::ip::make_address("127.0.0.1")
                                      : boost::asio::ip::make_address(std::string(host), failed);
  if (failed || !ip.is_loopback())
    return invalid(url, "only a node on this machine is talked to: localhost, 127.0.0.1 or [::1]");
  return address{{ip, port}, std::string(rest), std::string(scheme) + std::string(rest)};
}

} // namespace shop::tools
