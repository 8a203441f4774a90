// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "hosts.hpp"

#include "parameters.hpp"

#include <acta/core/printable.hpp>
#include <acta/gateway/errc.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>

namespace acta::http {

namespace {

constexpr std::size_t host_bytes_max = 253; // RFC 1035, without the dot at the end

/// Of a name in the DNS, or an IPv4 address. Percent escapes, which RFC 3986 allows, name no host.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= host_bytes_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

std::optional<std::string> parse_address(std::string_view text) {
  boost::system::error_code failed;
  const auto address = boost::asio::ip::make_address(std::string(text), failed);
  if (failed) return std::nullopt;
  return address.to_string();
}

std::optional<std::string> parse_host(std::string_view text) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return std::nullopt;
    text = text.substr(1, text.size() - 2);
    return text.find(':') == std::string_view::npos ? std::nullopt : parse_address(text);
  }
  std::string host(text);
  std::ranges::transform(host, host.begin(), lower);
  if (host.size() > 1 && host.ends_with('.')) host.pop_back();
  if (!is_name(host)) return std::nullopt;
  return host;
}

/// `https://shop.example.org:8443` -> the authority. Nothing for what is not a page of the web,
/// such as a browser's extension: it is called as it likes.
std::optional<authority> authority_of_origin(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (same_ignoring_case(origin.substr(0, scheme.size()), scheme))
      return authority::parse(origin.substr(scheme.size()));
  return std::nullopt;
}

std::string in_quotes(std::string_view text) {
  return '\'' + printable(text.substr(0, 100)) + '\'';
}

} // namespace

std::optional<authority> authority::parse(std::string_view text) {
  authority a;
  const auto bracket = text.rfind(']');
  const auto colon = text.rfind(':');
  auto host = text;
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
    host = text.substr(0, colon);
    // An empty port is the scheme's own.
    if (const auto digits = text.substr(colon + 1); !digits.empty()) {
      const auto port = parse_number(digits);
      if (!port || *port > 65535) return std::nullopt;
      a.port = static_cast<std::uint16_t>(*port);
    }
  }
  auto parsed = parse_host(host);
  if (!parsed) return std::nullopt;
  a.host = std::move(*parsed);
  return a;
}

known_hosts::known_hosts(std::string_view listen_address, const std::vector<std::string>& further)
    : own_{"localhost", "127.0.0.1", "::1"} {
  if (auto own = parse_address(listen_address)) own_.push_back(std::move(*own));
  for (const auto& entry : further)
    if (auto a = authority::parse(entry)) further_.push_back(std::move(*a));
}

result<void> known_hosts::check_entry(std::string_view entry) {
  if (authority::parse(entry)) return {};
  return error(gateway_errc::bad_options,
               "allowed_hosts: " + in_quotes(entry) +
                   " must be a host's name or address, with or without a port, such as "
                   "shop.example.org or [fd00::7]:8080");
}

bool known_hosts::has(const authority& a) const {
  return std::ranges::find(own_, a.host) != own_.end() || is_further(a);
}

bool known_hosts::is_further(const authority& a) const {
  return std::ranges::any_of(further_, [&](const authority& one) {
    return one.host == a.host && (!one.port || one.port == a.port);
  });
}

std::optional<problem> check_host(const request& r, const target& t, const known_hosts& known) {
  // RFC 9112, 3.2.2: the host of an absolute target counts, whatever the header says.
  const std::string_view asked = t.is_absolute ? std::string_view(t.authority) : r.host.text;
  // HTTP/1.0 has no header Host, and no browser speaks it.
  if (!t.is_absolute && r.version == 10 && !r.host.present() && !r.origin.present())
    return std::nullopt;
  const auto host = authority::parse(asked);
  if (!host)
    return problem{.status = 400,
                   .code = "bad_request",
                   .detail = "the host " + in_quotes(asked) +
                             " must be a name or an address, with or without a port"};
  if (!known.has(*host))
    return problem{.status = 421,
                   .code = "unknown_host",
                   .detail = "this node is not called " + in_quotes(asked) +
                             "; http.allowed_hosts of its config lists what else it is called"};
  if (!r.origin.present() || r.how != method::post) return std::nullopt;
  const auto origin = authority_of_origin(r.origin.text);
  if (r.origin.count == 1 && origin && (*origin == *host || known.is_further(*origin)))
    return std::nullopt;
  return problem{.status = 403,
                 .code = "cross_origin",
                 .detail = "a page of another origin, " + in_quotes(r.origin.text) +
                           ", must not send requests here"};
}

} // namespace acta::http
