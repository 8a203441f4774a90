// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "supervisor.hpp"

namespace acta::detail {

supervisor::supervisor(std::size_t permits, std::chrono::milliseconds sweep_every,
                       std::function<void()> sweep)
    : sweep_every_(sweep_every), sweep_(std::move(sweep)), timers_(timer_wheel::clock::now()),
      permits_(permits), thread_([this] { run(); }) {}

void supervisor::after(std::chrono::steady_clock::duration pause, std::function<void()> action) {
  if (timers_.schedule(later(timer_wheel::clock::now(), pause), std::move(action))) {
    const std::lock_guard lock(
        mutex_); // so that the thread is either before its look at the wheel or asleep
    wake_.notify_one();
  }
}

bool supervisor::take_permit(aggregate& a) {
  const std::lock_guard lock(permits_mutex_);
  if (permits_ > 0) return --permits_, true;
  if (!permits_closed_) waiting_.emplace_back(&a);
  return false;
}

void supervisor::give_permit_back() {
  aggregate_ptr next;
  {
    const std::lock_guard lock(permits_mutex_);
    if (waiting_.empty()) {
      ++permits_;
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next->signal(aggregate::permit);
}

void supervisor::close_permits() {
  std::deque<aggregate_ptr> waited;
  const std::lock_guard lock(permits_mutex_);
  permits_closed_ = true;
  waited.swap(waiting_);
}

void supervisor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  close_permits();
}

void supervisor::run() {
  auto next_sweep = timer_wheel::clock::now() + sweep_every_;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    // Ticks only while there is something to tick for; else one wake-up a sweep.
    const auto next_tick = timer_wheel::clock::now() + timer_wheel::tick;
    wake_.wait_until(lock, timers_.empty() ? next_sweep : std::min(next_sweep, next_tick));
    if (stopping_) return;
    lock.unlock();
    const auto now = timer_wheel::clock::now();
    timers_.advance(now);
    if (now >= next_sweep) {
      sweep_();
      next_sweep = now + sweep_every_;
    }
    lock.lock();
  }
}

} // namespace acta::detail
