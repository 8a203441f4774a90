// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The thread on which callbacks of pending::then run and coroutines resume, so that no user code
/// ever holds up the journal, nor runs where it was not expected.
#pragma once

#include "ticket.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace acta::detail {

/// Callbacks in the order in which their answers came, one at a time. Each is called once, and what
/// it throws goes no further than on_exception.
///
/// On the reply thread, as long as there is one. When it has ended, on the thread that pushes; if a
/// callback is running on another one just then, that one calls what was pushed meanwhile as well.
/// In no case inside another callback, so one that asks again at once needs no deeper stack.
///
/// Threads: all members from any, but run().
class reply_queue {
public:
  struct events {
    std::function<void(std::string)> threw; ///< what; must not throw
    std::function<void()> at_rest;          ///< the last one has returned; must not throw
  };
  /// @param most_waiting  wait_for_room() waits while this many are queued.
  reply_queue(events told, std::size_t most_waiting);

  /// Never waits: the journal's thread pushes too, and a callback may be waiting for the journal.
  void push(ticket_ptr t, std::function<void(result<receipt>)> callback);
  void push(std::function<void()> callback);
  /// Slows down a caller that is never told to, because it looks at no answer: it must not fill
  /// memory. Callbacks do not wait. Blocking: until callbacks have returned; after
  /// hurry_callers() for a moment at most. Threads: callers' only. Those of the runtime never
  /// wait here, for stop() waits for them; each bounds by itself how much it asks.
  void wait_for_room();
  /// The runtime stops, and perhaps a callback never returns. A caller that goes on asking is still
  /// slowed down.
  void hurry_callers();
  /// Callbacks that have not returned. Cost: one atomic read.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return waiting_.load(std::memory_order_relaxed);
  }
  /// Nothing waits or runs, but for the callbacks that the calling thread is in.
  [[nodiscard]] bool is_at_rest() const noexcept;
  /// Callbacks that have ever been pushed.
  [[nodiscard]] std::uint64_t pushed() const noexcept { return pushed_.load(); }
  /// Whether the caller is a callback.
  [[nodiscard]] bool is_in_callback() const noexcept;

  /// The thread: until stop() and then until nothing waits.
  void run();
  void stop();
  /// False if run() has not returned by then.
  bool wait_for_end(std::chrono::steady_clock::time_point deadline);
  /// In a callback: calls what waits, now. False if not all had been called by the deadline.
  bool run_queued(std::chrono::steady_clock::time_point deadline);

private:
  struct item {
    ticket_ptr t;
    std::function<void(result<receipt>)> callback;
    std::function<void()> other; ///< instead of them: of no command
  };
  void push(item i);
  void run_queued() { run_queued(std::chrono::steady_clock::time_point::max()); }
  void call(item i) noexcept;

  const events told_;
  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable room_; ///< or the end of run()
  std::vector<item> queue_;
  bool hurried_ = false; ///< nobody waits for room for long
  bool stopping_ = false;
  bool ended_ = false;    ///< run() has returned
  bool draining_ = false; ///< after the end: some pushing thread calls what is queued
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> pushed_{0};
  std::vector<item> batch_; ///< of the thread that calls
  std::size_t next_ = 0;    ///< in batch_
};

/// The queue's thread. Threads: as its members say.
class reply_thread {
public:
  reply_thread(reply_queue::events told, std::size_t most_waiting);
  ~reply_thread();
  reply_thread(const reply_thread&) = delete;
  reply_thread& operator=(const reply_thread&) = delete;

  /// Runs what is queued and ends the thread; false if a callback has not returned by the deadline,
  /// or they never come to an end. Idempotent. In a callback it does not wait for that callback,
  /// after which the thread ends, nor for what comes later than the deadline. Threads: one at a
  /// time.
  bool stop(std::chrono::steady_clock::time_point deadline);
  /// Shared with tickets, which may outlive the runtime.
  [[nodiscard]] const std::shared_ptr<reply_queue>& queue() const noexcept { return queue_; }

private:
  std::shared_ptr<reply_queue> queue_;
  std::thread thread_;
};

} // namespace acta::detail
