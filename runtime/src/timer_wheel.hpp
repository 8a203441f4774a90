// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Many short timers at constant cost: a wheel of slots, one tick apart. Never early, late by at
/// most one tick (plus the thread's own delay). Not durable.
///
/// Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 6.
/// Threads: schedule from any; advance from one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace acta::detail {

class timer_wheel {
public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds tick{10};

  explicit timer_wheel(clock::time_point start) : start_(start) {}

  /// Calls `action` from advance(), once, at or after `due`. Returns true if this is now the only
  /// timer: a sleeping driver must be woken.
  bool schedule(clock::time_point due, std::function<void()> action);
  /// Runs everything due at `now`.
  void advance(clock::time_point now);
  [[nodiscard]] bool empty() const;

private:
  struct timer {
    std::uint64_t due_tick;
    std::function<void()> action;
  };
  static constexpr std::size_t slots = 512;

  const clock::time_point start_;
  mutable std::mutex mutex_;
  std::array<std::vector<timer>, slots> wheel_;
  std::uint64_t done_tick_ = 0; ///< every tick up to here has run
  std::size_t count_ = 0;
};

} // namespace acta::detail
