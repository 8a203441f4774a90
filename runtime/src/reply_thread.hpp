// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The thread on which callbacks of pending::then run and coroutines resume, so that no user code
/// ever holds up the journal. Threads: push from any.
#pragma once

#include "ticket.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace acta::detail {

class reply_thread {
public:
  /// @param on_exception  told what a callback threw; must not throw. It may be called until the
  /// callback that destroyed this object returns.
  explicit reply_thread(std::function<void(std::string)> on_exception);
  ~reply_thread();
  reply_thread(const reply_thread&) = delete;
  reply_thread& operator=(const reply_thread&) = delete;

  void push(ticket_ptr t, std::function<void(result<receipt>)> callback);
  /// Runs what is queued and ends the thread; what is pushed later runs on the pushing thread.
  /// Idempotent. In a callback it does not wait for that callback, after which the thread ends.
  void stop();
  /// Callbacks queued. Cost: one atomic read.
  [[nodiscard]] std::size_t waiting() const noexcept {
    return inside_->waiting.load(std::memory_order_relaxed);
  }

private:
  struct item {
    ticket_ptr t;
    std::function<void(result<receipt>)> callback;
  };
  /// Shared with the thread, because a callback may hold the last reference to the runtime.
  struct inside {
    std::function<void(std::string)> on_exception;
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<item> queue;
    bool stopping = false;
    std::atomic<std::size_t> waiting{0};
    std::vector<item> batch; ///< the thread's alone
    std::size_t next = 0;    ///< in batch

    void run();
    /// Pre: on the thread; also from within a callback.
    void run_queued();
    void call(item i) noexcept;
  };
  std::shared_ptr<inside> inside_;
  std::thread thread_;
};

} // namespace acta::detail
