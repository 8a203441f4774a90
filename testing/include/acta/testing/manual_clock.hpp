// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A clock that stands still until a test moves it.
///
///   acta::manual_clock clock;
///   auto runtime = acta::runtime::in_memory(std::move(model), {.clock = clock.source()});
///   …
///   clock.advance(15min);
///   runtime->settle();   // what was due by then has happened
#pragma once

#include <acta/core/time.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

namespace acta {

/// Copies are the same clock, and what source() gave may outlive them all. Threads: any.
class manual_clock {
public:
  /// @param start  by default 2026-01-01, which is no time to rely on.
  explicit manual_clock(time_point start = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1})
      : time_(std::make_shared<std::atomic<time_point::rep>>(start.time_since_epoch().count())) {}

  [[nodiscard]] time_point now() const noexcept { return read(*time_); }
  /// For runtime_options::clock.
  [[nodiscard]] std::function<time_point()> source() const {
    return [time = time_] { return read(*time); };
  }
  /// Backward too: clocks do that.
  void advance(std::chrono::microseconds by) noexcept { time_->fetch_add(by.count()); }
  void set(time_point to) noexcept { time_->store(to.time_since_epoch().count()); }

private:
  static time_point read(const std::atomic<time_point::rep>& time) noexcept {
    return time_point{std::chrono::microseconds{time.load()}};
  }
  std::shared_ptr<std::atomic<time_point::rep>> time_;
};

} // namespace acta
