// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the node is called. A page whose own name has been pointed at this machine (DNS rebinding)
/// reaches the port from a user's browser, and is told from others by nothing but the name it asks
/// for.
#pragma once

#include "problem.hpp"
#include "request.hpp"
#include "target.hpp"

#include <acta/core/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acta::http {

/// `shop.example.org:8080`, `127.0.0.1` or `[::1]:80`, taken apart.
struct authority {
  std::string
      host; ///< in lower case, without a dot at its end; an address as it is written shortest
  std::optional<std::uint16_t> port;

  /// Nothing if the text is not a host with or without a port (RFC 3986, 3.2.2 and 3.2.3).
  static std::optional<authority> parse(std::string_view text);
  friend bool operator==(const authority&, const authority&) = default;
};

/// The names a request may ask for: localhost, 127.0.0.1, ::1, the address listened on, and those
/// of the config. Threads: any, once made.
class known_hosts {
public:
  /// Pre: each of `further` passed check_entry().
  known_hosts(std::string_view listen_address, const std::vector<std::string>& further);

  /// Errors: `bad_options`, naming what is wrong with it.
  static result<void> check_entry(std::string_view entry);

  /// Whatever the port: it says how the client came here, and the name alone whom it wanted.
  [[nodiscard]] bool has(const authority& a) const;
  /// Of the config; an entry with a port wants that port.
  [[nodiscard]] bool is_further(const authority& a) const;

private:
  std::vector<std::string> own_;
  std::vector<authority> further_;
};

/// Refuses what asks for another host, and what a page of another site sends: it can send simple
/// requests here, and nothing but the header `Origin` tells them apart. Authorities are compared,
/// not schemes: TLS may end at a proxy.
std::optional<problem> check_host(const request& r, const target& t, const known_hosts& known);

} // namespace acta::http
