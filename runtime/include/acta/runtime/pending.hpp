// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The answer to a command, before it is there.
#pragma once

#include <acta/core/result.hpp>
#include <acta/domain/receipt.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>

namespace acta {

namespace detail {
/// `from + pause`, or the last moment there is: a caller may mean "for ever" by a maximum.
template <class Pause>
std::chrono::steady_clock::time_point later(std::chrono::steady_clock::time_point from,
                                            Pause pause) noexcept {
  using clock = std::chrono::steady_clock;
  const auto left = clock::time_point::max() - from;
  if (pause >= std::chrono::duration_cast<Pause>(left)) return clock::time_point::max();
  return from + std::max(pause, Pause{0});
}

/// Where an answer arrives; implemented by the engine.
class reply {
public:
  virtual ~reply() = default;
  [[nodiscard]] virtual bool ready() const noexcept = 0;
  /// Null if the answer did not come in time.
  virtual result<receipt> wait_until(std::chrono::steady_clock::time_point deadline) = 0;
  /// Calls `callback` once with the answer, never before notify() may return on another thread.
  /// @param may_wait  false: takes no part in keeping down how many callbacks wait.
  virtual void notify(std::function<void(result<receipt>)> callback, bool may_wait) = 0;
  /// Whether the calling thread is in a callback of this runtime's.
  [[nodiscard]] virtual bool in_callback() const noexcept = 0;
  virtual result<receipt> take() = 0;
};

/// A coroutine that waits; shared by its awaiter, which goes with the coroutine, and the callback
/// that resumes it, whichever comes first. Threads: any.
class sleeper {
public:
  explicit sleeper(std::coroutine_handle<> waiting) noexcept : waiting_(waiting.address()) {}
  /// Resumes it, unless it is destroyed.
  void resume() {
    if (void* const waiting = waiting_.exchange(nullptr))
      std::coroutine_handle<>::from_address(waiting).resume();
  }
  /// It is about to be destroyed.
  void withdraw() noexcept { waiting_.store(nullptr); }

private:
  std::atomic<void*> waiting_; ///< null when it must not be resumed any more
};

class receipt_awaiter {
public:
  explicit receipt_awaiter(std::shared_ptr<reply> r) noexcept : reply_(std::move(r)) {}
  ~receipt_awaiter() {
    if (sleeper_) sleeper_->withdraw();
  }
  receipt_awaiter(const receipt_awaiter&) = delete;
  receipt_awaiter& operator=(const receipt_awaiter&) = delete;

  [[nodiscard]] bool await_ready() const noexcept {
    return reply_->ready() && reply_->in_callback();
  }
  void await_suspend(std::coroutine_handle<> waiting) {
    // The coroutine, and this with it, may end before notify() does.
    const auto kept = reply_;
    const auto shared = std::make_shared<sleeper>(waiting);
    sleeper_ = shared;
    kept->notify([shared](const result<receipt>&) { shared->resume(); }, true);
  }
  result<receipt> await_resume() { return reply_->take(); }

private:
  std::shared_ptr<reply> reply_;
  std::shared_ptr<sleeper> sleeper_;
};
} // namespace detail

/// A pending reply. Use one of wait_for, then and co_await, once. Dropping it does not withdraw the
/// command.
///
/// Threads: as a value type. Errors in the result: the domain's rejection (`errc::rejected`),
/// `version_conflict`, `overloaded`, `quarantined`, `stopped`, `store_full`, `io`, `timeout`,
/// `decide_threw`, `evolve_threw`.
class [[nodiscard]] pending {
public:
  explicit pending(std::shared_ptr<detail::reply> r) noexcept : reply_(std::move(r)) {}

  /// Waits at most `time`; then `timeout`: the command may still be stored, so retry it with the
  /// same command id. Blocking: yes; never call it inside decide, evolve or a callback of then().
  result<receipt> wait_for(std::chrono::nanoseconds time) {
    return reply_->wait_until(detail::later(std::chrono::steady_clock::now(), time));
  }
  /// Waits without limit; the runtime answers every command, at the latest when it stops.
  result<receipt> wait() {
    return reply_->wait_until(std::chrono::steady_clock::time_point::max());
  }

  /// Calls `callback` once with the answer, on the runtime's reply thread, also if the answer is
  /// already there. It must not block; an exception from it is logged and dropped. Inside it one
  /// may ask again, as often as need be, but not for ever: stop() waits for callbacks, and they are
  /// answered `stopped` then. After stop() the thread is gone, and the callback runs on the thread
  /// that calls then(), or on another one that is calling a callback just then.
  /// Blocking: only outside of callbacks and if the answer is already there, while more than twice
  /// runtime_options::outstanding_max of them wait; once the runtime stops, 10 ms at most.
  void then(std::function<void(result<receipt>)> callback) {
    const auto kept = reply_;
    kept->notify(std::move(callback), true);
  }
  /// As then(), but never waits for others: for threads that must not, as those of an event loop.
  /// Such a host bounds by itself how many callbacks may wait, for each takes memory.
  void then_without_waiting(std::function<void(result<receipt>)> callback) {
    const auto kept = reply_;
    kept->notify(std::move(callback), false);
  }
  /// Whether the answer is there, as it is at once if the command was refused at the door; then
  /// wait() does not wait.
  [[nodiscard]] bool is_ready() const noexcept { return reply_->ready(); }

  /// Resumes the coroutine on the runtime's reply thread, as then() calls its callback. If it is
  /// there already, and the answer too, it simply goes on. A coroutine that waits may be destroyed
  /// instead: then it is not resumed. Its owner must not do that on one thread while the answer
  /// resumes it on the reply thread, as with any coroutine: destroy it before it can be answered,
  /// on the reply thread, or under a lock of its own that the coroutine takes as it goes on.
  auto operator co_await() noexcept { return detail::receipt_awaiter(reply_); }

private:
  std::shared_ptr<detail::reply> reply_;
};

} // namespace acta
