// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One event loop and its thread. A connection belongs to one worker for life, so nothing in it
/// needs a lock or a strand; answers from the runtime's threads come in through a mailbox, many for
/// one wake-up.
#pragma once

#include "shared_state.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace acta::http {

class connection;

using socket_type =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// Threads: the worker's own, but where something else is said.
class worker : public std::enable_shared_from_this<worker> {
public:
  explicit worker(std::shared_ptr<shared_state> state);
  ~worker();

  /// @param go_on  restarts what an exception may have ended of what others run here.
  /// May throw std::system_error.
  void start(std::function<void()> go_on);

  boost::asio::io_context& context() noexcept { return context_; }
  shared_state& state() noexcept { return *state_; }
  /// The time for the Date header, made once a second.
  std::string_view date();

  /// Takes a socket that was accepted for context(). Threads: any.
  void take(socket_type socket);
  void remove(connection& c);

  /// The answer of `c` has come. Threads: any; even after the worker has ended.
  void answered(connection* c) noexcept;

  /// Runs `f` here, if the worker has not ended by then. `f` must not own the worker. Threads: any;
  /// even after the worker has ended. Blocking: no.
  template <class F> void post(F f) {
    const std::lock_guard lock(mailbox_);
    if (!closed_) boost::asio::post(context_, std::move(f));
  }

  /// Closes idle connections, and the others as they finish. Threads: any.
  void wind_down();
  /// Closes all connections and lets the thread end. Threads: any.
  void close();
  /// Threads: the one that ends the gateway.
  void join();

private:
  void run(const std::function<void()>& go_on);
  void sweep();
  [[nodiscard]] connection* take_answered() noexcept;
  void take_answers();
  /// Calls `f` with each connection; it may close that one, and no other.
  template <class F> void for_each(F f);

  std::shared_ptr<shared_state> state_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
  boost::asio::steady_timer sweeper_{context_};
  std::chrono::milliseconds sweep_every_;
  std::vector<std::shared_ptr<connection>> connections_;
  std::string date_;
  std::int64_t date_of_ = -1;
  std::thread thread_;

  std::mutex mailbox_;
  connection* answered_ = nullptr; ///< the last to come; the others hang on it
  bool closed_ = false;
};

} // namespace acta::http
