// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/gateway/gateway.hpp>

#include "read_call.hpp"
#include "worker.hpp"

#include <acta/core/descriptors.hpp>
#include <acta/core/printable.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

namespace acta {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds accept_pause{100};
/// In which what has nothing more to do ends, even if the deadline has passed.
constexpr std::chrono::milliseconds wind_up_time{500};

/// Asio opens sockets that a program started by the host would inherit, and keep open.
void close_on_exec(int socket) noexcept { ::fcntl(socket, F_SETFD, FD_CLOEXEC); }

result<asio::ip::address> parse_address(const std::string& text) {
  error_code failed;
  auto address = asio::ip::make_address(text, failed);
  if (failed)
    return error(gateway_errc::bad_options, "address: '" + text + "' is not a numeric IP address");
  if (!address.is_loopback())
    return error(
        gateway_errc::address_not_allowed,
        "address: " + text +
            " can be reached by others, and there is no authentication and no TLS yet; use "
            "127.0.0.1 or ::1 (put a proxy that has both in front)");
  return address;
}

std::string address_text(const tcp::endpoint& at) {
  const auto host = at.address().to_string();
  return (at.address().is_v6() ? '[' + host + ']' : host) + ':' + std::to_string(at.port());
}

error socket_error(const tcp::endpoint& at, const error_code& failed) {
  return error(failed == asio::error::address_in_use ? gateway_errc::address_in_use
                                                     : gateway_errc::io,
               address_text(at) + ": " + failed.message());
}

} // namespace

class gateway::server {
public:
  server(acta::runtime& serving, gateway_options options)
      : state_(std::make_shared<http::shared_state>(serving, std::move(options))),
        workers_(make_workers(state_)) {}
  ~server() {
    stop(std::chrono::milliseconds{0});
    for (const auto& w : workers_) w->join();
    state_->readers.join();
  }

  /// Takes over a socket that is bound.
  result<void> start(int socket) {
    const tcp::endpoint at(asio::ip::make_address(state_->options.address), state_->options.port);
    error_code failed;
    acceptor_.assign(at.protocol(), socket, failed);
    if (failed) ::close(socket);
    if (!failed) endpoint_ = acceptor_.local_endpoint(failed);
    if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
    if (failed) return socket_error(endpoint_.port() == 0 ? at : endpoint_, failed);
    for (const auto& type : state_->runtime.model().aggregates())
      if (http::is_reserved(type->name))
        state_->log(log_level::warning, "gateway: aggregate '" + type->name +
                                            "' cannot be reached: /v1/" + type->name +
                                            " is the gateway's own");
    for (const auto& w : workers_) {
      const bool accepts = w == workers_.front();
      w->start([this, accepts] {
        if (accepts) accept_anew();
      });
    }
    asio::post(workers_.front()->context(), [this] { accept(); });
    return {};
  }

  bool stop(std::chrono::milliseconds deadline) {
    if (state_->stopping.exchange(true)) return in_time_;
    const auto until =
        std::chrono::steady_clock::now() + std::max(deadline, std::chrono::milliseconds{0});
    asio::post(workers_.front()->context(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    for (const auto& w : workers_) w->wind_down();
    in_time_ = state_->wait_for_connections(until);
    state_->late = !in_time_;
    for (const auto& w : workers_) w->close();
    // Loops end at once, unless they are in code of the model's.
    in_time_ =
        state_->wait_for_work(std::max(until, std::chrono::steady_clock::now() + wind_up_time)) &&
        in_time_;
    return in_time_;
  }

  [[nodiscard]] const tcp::endpoint& endpoint() const noexcept { return endpoint_; }

private:
  using workers = std::vector<std::shared_ptr<http::worker>>;

  static workers make_workers(const std::shared_ptr<http::shared_state>& state) {
    workers all(state->options.threads);
    for (auto& w : all) w = std::make_shared<http::worker>(state);
    return all;
  }

  void accept() {
    auto& w = *workers_[next_worker_++ % workers_.size()];
    acceptor_.async_accept(
        w.context().get_executor(), [this, &w](const error_code& failed, http::socket_type socket) {
          if (!acceptor_.is_open() || failed == asio::error::operation_aborted) return;
          if (!failed && took(w, std::move(socket))) return accept();
          // Out of descriptors or memory, most likely: the kernel keeps the client waiting, and
          // trying at once would spin.
          if (failed) state_->log(log_level::warning, "gateway: accept: " + failed.message());
          pause_.expires_after(accept_pause);
          pause_.async_wait([this](const error_code& cancelled) {
            if (!cancelled && acceptor_.is_open()) accept();
          });
        });
  }

  /// Whether or not it is waiting for somebody just now.
  void accept_anew() {
    error_code ignored;
    pause_.cancel();
    acceptor_.cancel(ignored);
    if (acceptor_.is_open()) accept();
  }

  bool took(http::worker& w, http::socket_type socket) {
    try {
      close_on_exec(socket.native_handle());
      w.take(std::move(socket));
      return true;
    } catch (...) {
      state_->log_failure("gateway: accept");
      return false;
    }
  }

  std::shared_ptr<http::shared_state> state_;
  workers workers_;
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_{
      workers_.front()->context()};
  asio::steady_timer pause_{workers_.front()->context()};
  tcp::endpoint endpoint_;
  std::size_t next_worker_ = 0;
  bool in_time_ = true;
};

gateway::gateway(std::unique_ptr<server> s) noexcept : server_(std::move(s)) {}
gateway::~gateway() { stop(std::chrono::milliseconds{0}); }

result<void> gateway::check(const gateway_options& o) {
  const auto within = [](std::size_t value, std::size_t low, std::size_t high) {
    return value >= low && value <= high;
  };
  const auto bad = [](std::string what) {
    return error(gateway_errc::bad_options, std::move(what));
  };
  if (auto address = parse_address(o.address); !address) return std::move(address).error();
  if (o.allowed_hosts.size() > 64) return bad("allowed_hosts must be at most 64");
  for (const auto& host : o.allowed_hosts)
    if (auto ok = http::known_hosts::check_entry(host); !ok) return ok;
  if (!within(o.threads, 1, 64)) return bad("threads must be 1..64");
  if (!within(o.read_threads, 1, 64)) return bad("read_threads must be 1..64");
  if (!within(o.body_bytes_max, 1, std::size_t{64} << 20))
    return bad("body_bytes_max must be 1 B..64 MiB");
  if (!within(o.header_bytes_max, 256, std::size_t{64} << 10))
    return bad("header_bytes_max must be 256 B..64 KiB");
  if (!within(o.connections_max, 1, 1'000'000)) return bad("connections_max must be 1..1000000");
  if (o.streams_max > 1'000'000) return bad("streams_max must be 0..1000000");
  for (const auto timeout : {o.idle_timeout, o.read_timeout, o.write_timeout, o.request_timeout,
                             o.view_timeout, o.view_timeout_max, o.stream_heartbeat})
    if (timeout < std::chrono::milliseconds{1} || timeout > std::chrono::hours{24})
      return bad("time-outs must be 1 ms..24 h");
  if (o.view_timeout > o.view_timeout_max)
    return bad("view_timeout must not exceed view_timeout_max");
  return {};
}

reserved_address::~reserved_address() {
  if (socket_ >= 0) ::close(socket_);
}

result<reserved_address> reserved_address::reserve(const gateway_options& options) {
  if (auto ok = gateway::check(options); !ok) return std::move(ok).error();
  if (auto held = hold_standard_descriptors(); !held)
    return error(gateway_errc::io, std::string(held.error().detail()));
  const tcp::endpoint at(asio::ip::make_address(options.address), options.port);
  try {
    asio::io_context context;
    tcp::acceptor bound(context);
    error_code failed;
    bound.open(at.protocol(), failed);
    if (!failed) close_on_exec(bound.native_handle());
    if (!failed) bound.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) bound.bind(at, failed);
    const auto taken = failed ? at : bound.local_endpoint(failed);
    if (failed) return socket_error(at, failed);
    return reserved_address(bound.release(), taken.port());
  } catch (const std::exception& e) { return error(gateway_errc::io, e.what()); }
}

result<std::unique_ptr<gateway>> gateway::open(acta::runtime& r, gateway_options options) {
  auto at = reserved_address::reserve(options);
  if (!at) return std::move(at).error();
  return open(r, std::move(options), std::move(*at));
}

result<std::unique_ptr<gateway>> gateway::open(acta::runtime& r, gateway_options options,
                                               reserved_address at) {
  if (auto ok = check(options); !ok) return std::move(ok).error();
  options.log = printable_lines(std::move(options.log)); // ids and texts in it are clients'
  try {
    auto s = std::make_unique<server>(r, std::move(options));
    if (auto started = s->start(std::exchange(at.socket_, -1)); !started)
      return std::move(started).error();
    return std::unique_ptr<gateway>(new gateway(std::move(s)));
  } catch (const std::exception& e) { return error(gateway_errc::io, e.what()); }
}

std::uint16_t gateway::port() const noexcept { return server_->endpoint().port(); }
std::string gateway::url() const { return "http://" + address_text(server_->endpoint()); }
bool gateway::stop(std::chrono::milliseconds deadline) { return server_->stop(deadline); }

} // namespace acta
