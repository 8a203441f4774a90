// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Waiting until nothing goes on any more: what runs by itself (processes, and whoever else takes
/// part) is asked whether it is at rest, and says when that may have changed.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace acta::detail {

/// Threads: any, but add() before the others.
class settling {
public:
  /// @param at_rest  must see everything that was committed before the call. @param look  asks it
  ///   to look at the clock, and at what else nobody tells it.
  void add(std::function<bool()> at_rest, std::function<void()> look) {
    parts_.push_back({std::move(at_rest), std::move(look)});
  }

  /// One of them may be at rest now. Cost: one atomic read, unless somebody waits.
  void changed() noexcept {
    if (waiting_.load() == 0) return;
    const std::lock_guard lock(mutex_);
    wake_.notify_all();
  }
  [[nodiscard]] bool anybody_waits() const noexcept { return waiting_.load() != 0; }

  /// False at the deadline.
  bool wait(std::chrono::steady_clock::time_point deadline) {
    waiting_.fetch_add(1);
    for (const auto& p : parts_) p.look();
    std::unique_lock lock(mutex_);
    const auto settled = wake_.wait_until(lock, deadline, [this] { return is_at_rest(); });
    waiting_.fetch_sub(1);
    return settled;
  }
  [[nodiscard]] bool is_at_rest() const {
    for (const auto& p : parts_)
      if (!p.at_rest()) return false;
    return true;
  }

private:
  struct part {
    std::function<bool()> at_rest;
    std::function<void()> look;
  };
  std::vector<part> parts_;
  std::atomic<int> waiting_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

} // namespace acta::detail
