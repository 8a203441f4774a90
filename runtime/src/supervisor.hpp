// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The supervisor's thread: time-outs, restarts after a pause, passivation sweeps, and permits for
/// long replays. Threads: all members from any.
#pragma once

#include "aggregate.hpp"
#include "timer_wheel.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace acta::detail {

class supervisor {
public:
  /// @param sweep  called every `sweep_every` on the supervisor's thread; must not throw.
  supervisor(std::size_t permits, std::chrono::milliseconds sweep_every,
             std::function<void()> sweep);
  ~supervisor() { stop(); }
  supervisor(const supervisor&) = delete;
  supervisor& operator=(const supervisor&) = delete;

  /// Calls `action` once, never early. After stop() it is dropped.
  void after(std::chrono::steady_clock::duration pause, std::function<void()> action);

  /// A permit to hold a half-way replay. False: none is free; the aggregate stands in a queue, and
  /// is given one later, together with the signal `permit`. It asks once, until that has come.
  bool take_permit(aggregate& a);
  /// Hands the permit to the first in the queue, whatever that aggregate will do with it: a permit
  /// that nobody needs is given back, never left lying while others wait.
  void give_permit_back();
  /// Nobody waits any more: aggregates are about to be told to leave. Idempotent.
  void close_permits();

  void stop();

private:
  void run();

  const std::chrono::milliseconds sweep_every_;
  std::function<void()> sweep_;
  timer_wheel timers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::mutex permits_mutex_;
  std::size_t permits_; ///< free; not while somebody waits
  bool permits_closed_ = false;
  std::deque<aggregate_ptr> waiting_;
  std::thread thread_;
};

} // namespace acta::detail
