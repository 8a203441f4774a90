// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Where a node listens, as its URL tells.
#pragma once

#include <acta/core/result.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <string_view>

namespace shop::tools {

struct address {
  boost::asio::ip::tcp::endpoint endpoint;
  std::string host; ///< with its port, for the header of that name
  std::string url;  ///< without a slash at its end
};

/// Takes `http://127.0.0.1:8080`, `http://[::1]:8080`, `http://localhost:8080`. Errors:
/// `invalid_argument`; also for every host that is not this machine itself: these programs flood
/// what they are pointed at, and nobody shall do that to a stranger by a slip.
acta::result<address> parse_address(std::string_view url);

} // namespace shop::tools
