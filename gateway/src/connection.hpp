// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One client: reads a request, has it answered, writes the answer, and again. What a client sends
/// ahead waits in the socket: answers go out in order because there is one request at a time.
#pragma once

#include "call.hpp"
#include "event_stream.hpp"
#include "request_reader.hpp"
#include "response.hpp"
#include "worker.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace acta::http {

/// Threads: its worker's, but for answered() and abandon(). While a command or a read is under way
/// the connection keeps itself alive, and whoever works for it may use `request`, `call_` and
/// `response_`.
class connection : public std::enable_shared_from_this<connection> {
public:
  /// @param admitted  false: there are too many; say so and close.
  connection(std::shared_ptr<worker> owner, socket_type socket, std::size_t index, bool admitted);

  /// Runs a handler. An exception (lack of memory, mostly) ends this connection and no other, with
  /// a 500 if a request waits for its answer. Pre: the caller holds the connection.
  template <class F> void safely(F f) noexcept {
    try {
      f();
    } catch (...) { give_up(); }
  }

  void start();
  /// The answer is there.
  void finish();
  /// Acts on a deadline that has passed.
  void check(std::chrono::steady_clock::time_point now);
  /// The gateway stops: closes unless a request is being served or has begun to arrive.
  void wind_down();
  void close() noexcept;
  /// The answer has come too late for anybody. Threads: any, once the worker is closed.
  void abandon() noexcept { self_.reset(); }

  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] bool admitted() const noexcept { return admitted_; }
  void move_to(std::size_t index) noexcept { index_ = index; }

  connection* next_answered = nullptr; ///< its worker's

private:
  enum class phase : std::uint8_t {
    idle,
    reading,
    serving,
    waiting, ///< for a view, without a thread
    writing,
    streaming,
    draining,
    closed,
  };
  /// Of a stream: at each moment one of these, so nothing is read before all before it is written.
  enum class stream_step : std::uint8_t {
    reading, ///< a page, on a reading thread
    writing, ///< it
    waiting, ///< for events
    ending,  ///< writing the end
  };

  void advance();
  void read_more();
  void on_read(std::size_t bytes);
  /// Whether the response is ready.
  bool serve();
  bool ask();
  /// Lets a reading thread do it.
  template <class F> void on_reader(F f);
  bool read_store();
  /// Whether a view will be waited for.
  bool wait_for_view();
  void view_came(std::uint64_t wait, const result<void>& came);
  bool open_stream();
  void read_page();
  void page_read();
  void begin_stream();
  void go_on_streaming();
  void write_page();
  void write_rest();
  void on_written(std::size_t bytes);
  void page_written();
  void beat();
  void wait_for_events();
  void end_stream();
  void hang_up();
  static std::chrono::steady_clock::time_point end_by();
  /// Answers a request that has not wholly arrived, and closes.
  void turn_away(problem why);
  void answered(result<receipt> answer);
  void answer(const result<receipt>& answer);
  /// Whether it has been sent and the next request may be read.
  bool send();
  bool sent();
  void refuse(const problem& p);
  /// Pre: in a catch block.
  void give_up() noexcept;
  void drain();
  void set(phase p, std::chrono::milliseconds at_most);
  [[nodiscard]] const gateway_options& options() const noexcept { return state_.options; }

  std::shared_ptr<worker> worker_;
  shared_state& state_;
  socket_type socket_;
  std::size_t index_;
  const bool admitted_;
  phase phase_ = phase::idle;
  bool keep_alive_ = true;
  bool request_done_ = false; ///< read to its end
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();

  std::vector<char> buffer_;
  std::size_t begin_ = 0; ///< of what is read and not parsed
  std::size_t end_ = 0;
  std::size_t drained_ = 0;
  request_reader reader_;
  target target_;
  call call_;
  response response_;
  std::string head_;
  std::optional<result<receipt>> answer_;
  std::exception_ptr failure_; ///< of the reading thread

  std::string late_view_; ///< the read under way has found
  std::chrono::steady_clock::time_point wait_until_{};
  std::uint64_t wait_ = 0; ///< whoever calls with another number is late

  std::unique_ptr<event_stream> stream_;
  stream_step step_ = stream_step::reading;
  bool chunked_ = false;
  result<void> page_;
  std::array<std::string_view, 3> to_write_; ///< what is left of head, text and end
  std::chrono::steady_clock::time_point last_sign_{};

  std::shared_ptr<connection> self_; ///< while serving
};

} // namespace acta::http
