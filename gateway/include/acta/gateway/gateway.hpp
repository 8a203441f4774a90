// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The gateway: a runtime's commands, states, views, queries and events over HTTP/1.1 and JSON.
/// Routes, headers and problem codes are listed in docs/http.md.
#pragma once

#include <acta/core/result.hpp>
#include <acta/gateway/errc.hpp>
#include <acta/runtime/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace acta {

class runtime;

/// Every field has a default, a unit and a cost.
struct gateway_options {
  /// Numeric IPv4 or IPv6 address. Only loopback ones are accepted: who reaches the port may do
  /// everything.
  std::string address = "127.0.0.1";
  /// What the node is called besides localhost, 127.0.0.1, [::1] and `address`, by those who come
  /// through a proxy: names or addresses, with or without a port, at most 64. A request for another
  /// host is refused with 421: a page whose name was pointed at this machine must not command it.
  std::vector<std::string> allowed_hosts;
  /// 0 takes a free one; see gateway::port().
  std::uint16_t port = 0;
  /// Threads that read requests, decode commands and write answers, 1..64. Cost: one event loop
  /// each.
  std::size_t threads = 1;
  /// Threads that read states, views and events, 1..64: a read replays a stream and may wait for
  /// the disk, which would hold up every connection of an event loop.
  std::size_t read_threads = 1;

  /// A longer body is refused with 413, 1 B..64 MiB. Cost: that much memory for each connection
  /// that sends one.
  std::size_t body_bytes_max = std::size_t{1} << 20;
  /// A longer request line and header section are refused with 431, 256 B..64 KiB. Cost: as above.
  std::size_t header_bytes_max = 8192;
  /// Further ones are answered 503 and closed, 1..1000000. Cost: about 8 KB and a file descriptor
  /// each.
  std::size_t connections_max = 4096;

  /// A connection without a request is closed after this time.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds{30};
  /// From the first byte of a request to its last, however steadily it drips; then 408.
  std::chrono::milliseconds read_timeout = std::chrono::seconds{30};
  /// For a client to take an answer, of an event stream some of what it is sent; then the
  /// connection is closed.
  std::chrono::milliseconds write_timeout = std::chrono::seconds{30};
  /// For the runtime to answer a command; then 504, and the command may still be stored.
  std::chrono::milliseconds request_timeout = std::chrono::seconds{10};

  /// How long a read waits for a view to show its `at_least`, unless it says; then 504 `view_late`.
  std::chrono::milliseconds view_timeout = std::chrono::seconds{1};
  /// The longest that a read may ask for. Cost: a connection that waits, and no thread.
  std::chrono::milliseconds view_timeout_max = std::chrono::seconds{30};
  /// Event streams at once; further ones are answered 503, 0..1000000. Cost: a connection each, up
  /// to about 1 MB while it is sent a page, and a look at each commit by the read threads.
  std::size_t streams_max = 256;
  /// An event stream on which nothing happens sends a comment this often.
  std::chrono::milliseconds stream_heartbeat = std::chrono::seconds{15};

  /// Where log lines go; nowhere by default.
  log_sink log;
};

/// An address and port held for a gateway that is opened later: a program whose port is in use
/// should learn so before it makes or opens a store. Nobody can connect before gateway::open() has
/// taken it over; another program that holds it in this way too is met only there.
///
/// Lifecycle: reserve(), then gateway::open(); given back by the destructor. Threads: one at a
/// time.
class reserved_address {
public:
  /// Errors: as those of gateway::open().
  static result<reserved_address> reserve(const gateway_options& options);

  reserved_address(reserved_address&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), port_(other.port_) {}
  reserved_address& operator=(reserved_address&&) = delete;
  ~reserved_address();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
  friend class gateway;
  reserved_address(int socket, std::uint16_t port) noexcept : socket_(socket), port_(port) {}
  int socket_; ///< bound, not listening
  std::uint16_t port_;
};

/// Serves one runtime.
///
/// Lifecycle: open() listens and serves at once; stop() or the destructor ends it in order. The
/// runtime must live longer, and should be stopped after the gateway, so that commands in flight
/// are answered. Threads: every member from any thread, but stop() and destruction not concurrently
/// with each other.
class gateway {
public:
  /// Errors: `bad_options`, `address_not_allowed`, `address_in_use`, `io`.
  static result<std::unique_ptr<gateway>> open(acta::runtime& r, gateway_options options = {});
  /// The same at an address that was reserved with these options before. Errors: the same.
  static result<std::unique_ptr<gateway>> open(acta::runtime& r, gateway_options options,
                                               reserved_address at);
  /// What open() would refuse before it touches the network. Errors: `bad_options`,
  /// `address_not_allowed`.
  static result<void> check(const gateway_options& options);

  gateway(const gateway&) = delete;
  gateway& operator=(const gateway&) = delete;
  ~gateway();

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// `http://127.0.0.1:8080`
  [[nodiscard]] std::string url() const;

  /// Ends in order: takes no more connections, closes idle ones, answers the requests that have
  /// begun to arrive, and closes the others' connections at the deadline. Returns whether all were
  /// answered in time, and nothing goes on. A query, or other code of the model's, that has not
  /// returned half a second after the deadline goes on, and the destructor waits for it without
  /// limit. Idempotent. Blocking: yes.
  bool stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

private:
  class server;
  explicit gateway(std::unique_ptr<server> s) noexcept;
  std::unique_ptr<server> server_;
};

} // namespace acta
