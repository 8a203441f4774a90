// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Behind a subscription: where it is, what it wants, and how it is told that there is more.
#pragma once

#include "feed.hpp"

#include <acta/projections/subscription.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

namespace acta::detail {

class follower;

/// Those who wait for the next commit. Outlives the runtime, with the last follower. Threads: any.
class waiting_room {
public:
  explicit waiting_room(log_sink log) : log_(std::move(log)) {}
  [[nodiscard]] const log_sink& log() const noexcept { return log_; }
  void enter(const std::shared_ptr<follower>& f);
  /// There is more: everybody who waits is told, and leaves.
  void call();
  /// When it returns nobody reads the journals any more.
  void close();
  /// Held while the journals are used; holds nothing once closed.
  [[nodiscard]] std::shared_lock<std::shared_mutex> reading();
  [[nodiscard]] bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }
  /// Subscriptions there are, waiting or not.
  std::atomic<std::size_t> subscriptions{0};

private:
  const log_sink log_;
  std::shared_mutex journals_; ///< never locked under another lock
  std::mutex mutex_;
  std::vector<std::weak_ptr<follower>> waiting_;
  std::atomic<bool> anybody_{false};
  std::atomic<bool> closed_{false};
};

/// Threads: tell() from any; the rest one at a time.
class follower : public std::enable_shared_from_this<follower> {
public:
  /// Errors: `unknown_position`, `invalid_argument` for a stream that cannot be,
  /// `unknown_aggregate`, `unknown_event`.
  static result<std::shared_ptr<follower>> make(surroundings& around,
                                                std::shared_ptr<waiting_room> room,
                                                const subscription_options& options);
  ~follower();

  result<event_page> next(std::size_t max, std::chrono::nanoseconds wait, std::size_t bytes_max);
  result<position> skip();
  void notify(std::function<void()> f);
  [[nodiscard]] std::vector<position> scanned() const;
  [[nodiscard]] std::uint64_t behind() const;
  void tell();

  std::atomic<bool> in_room{false}; ///< the waiting room's

private:
  struct part {
    feed* from;
    std::uint64_t scanned = 0;
    /// Name ids wanted; empty: all.
    std::vector<std::uint32_t> aggregates, types;
  };
  /// A page and the room that is left in it.
  struct filling {
    event_page page;
    std::size_t events_left;
    std::size_t bytes_left;
    [[nodiscard]] bool is_full() const { return events_left == 0 || bytes_left == 0; }
    void add(recorded_event e) {
      --events_left;
      bytes_left -= std::min(bytes_left, e.payload.size());
      page.events.push_back(std::move(e));
    }
  };
  follower(std::shared_ptr<waiting_room> room) : room_(std::move(room)) {}
  result<void> collect(part& p, filling& to);
  /// Also if there is nothing more to come.
  [[nodiscard]] bool has_more() const;

  std::shared_ptr<waiting_room> room_;
  std::vector<part> parts_;
  std::string stream_id_; ///< with one aggregate in each part; empty: all streams
  std::size_t first_part_ = 0;
  metadata metadata_;

  std::mutex mutex_;
  std::condition_variable told_;
  bool has_been_told_ = false;
  std::function<void()> callback_;
};

} // namespace acta::detail
