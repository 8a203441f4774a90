// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "timer_wheel.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace acta::detail {

bool timer_wheel::schedule(clock::time_point due, std::function<void()> action) {
  // Rounded up: a timer may be late, never early.
  const auto distance = std::max(due - start_, clock::duration::zero());
  const auto ticks =
      static_cast<std::uint64_t>(distance / tick) + (distance % tick != distance.zero() ? 1 : 0);
  const std::lock_guard lock(mutex_);
  const auto due_tick = std::max(ticks, done_tick_ + 1);
  wheel_[due_tick % slots].push_back({due_tick, std::move(action)});
  return ++count_ == 1;
}

void timer_wheel::advance(clock::time_point now) {
  if (now < start_) return;
  const auto now_tick = static_cast<std::uint64_t>((now - start_) / tick);
  std::vector<timer> due;
  {
    const std::lock_guard lock(mutex_);
    if (now_tick <= done_tick_) return;
    // After a long pause each slot needs one look, not one per missed turn.
    const auto looks = std::min<std::uint64_t>(now_tick - done_tick_, slots);
    for (std::uint64_t i = 1; i <= looks && count_ > 0; ++i) {
      auto& slot = wheel_[(done_tick_ + i) % slots];
      const auto later = std::partition(slot.begin(), slot.end(),
                                        [&](const timer& t) { return t.due_tick > now_tick; });
      std::move(later, slot.end(), std::back_inserter(due));
      count_ -= static_cast<std::size_t>(slot.end() - later);
      slot.erase(later, slot.end());
    }
    done_tick_ = now_tick;
  }
  std::ranges::stable_sort(due, {}, &timer::due_tick);
  for (auto& t : due) t.action();
}

bool timer_wheel::empty() const {
  const std::lock_guard lock(mutex_);
  return count_ == 0;
}

} // namespace acta::detail
