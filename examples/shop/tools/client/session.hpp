// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A client of a node that does not mind when the node dies and comes back.
#pragma once

#include "address.hpp"
#include "request.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <functional>
#include <random>

namespace shop::tools {

namespace asio = boost::asio;

struct patience {
  /// For one request with all its attempts; then the answer says that there is none.
  std::chrono::milliseconds all = std::chrono::seconds{60};
  /// For one attempt, connecting included. Longer than a node's own deadline for a command.
  std::chrono::milliseconds attempt = std::chrono::seconds{12};
  /// Between two attempts: doubled each time up to the maximum, and shortened by chance by up to
  /// half, so that the clients of a node that comes back do not come all at once.
  std::chrono::milliseconds pause_min{10};
  std::chrono::milliseconds pause_max{500};
};

/// One connection, kept alive, and opened again when it breaks.
///
/// A request is repeated, a command with the same Idempotency-Key, if the connection is refused or
/// breaks, if no answer comes, and after the answers 429, 503 and 504: so a command has one effect,
/// and its answer is the first one, whichever attempt got it.
///
/// Threads: that of its executor. Bounds: one request at a time; an answer of 16 MiB.
class session {
public:
  using observer = std::function<void(const request&, const answer&)>;

  /// @param seen  called with each request that is through with its attempts.
  session(asio::any_io_executor executor, address to, patience limits = {}, observer seen = {});

  /// `r` must live until the answer is there.
  asio::awaitable<answer> send(const request& r);

private:
  asio::awaitable<answer> attempt(const request& r, std::chrono::steady_clock::time_point until);

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  address to_;
  patience limits_;
  observer seen_;
  std::minstd_rand chance_;
  bool open_ = false;
};

/// Suspends the coroutine.
asio::awaitable<void> pause_for(std::chrono::milliseconds time);

} // namespace shop::tools
