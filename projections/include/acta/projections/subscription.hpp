// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Following the events of a store, from any position on, live after catch-up.
///
///   auto events = runtime.subscribe({.from = {{0, 1}}, .filter = {.types = {"cart.item_added"}}});
///   while (auto page = events->next(100, 1s)) { …; remember(page->scanned); }
///
/// Nobody pushes: events are read when they are asked for, so a slow reader costs no memory and
/// slows nobody down.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/projections/recorded_event.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace acta {

namespace detail {
class follower;
}

/// Which events; what is empty does not restrict.
struct event_filter {
  std::string stream{};                  ///< `cart/42`
  std::vector<std::string> aggregates{}; ///< `cart`
  std::vector<std::string> types{};      ///< `cart.item_added`
};

struct subscription_options {
  /// First position wanted of a partition; of one that is not named, 1. At most one after the last
  /// event, else `unknown_position`: what remembers more than the journal has was made from
  /// another.
  std::vector<position> from{};
  event_filter filter{};
};

/// Bytes of events' data after which a page ends early.
inline constexpr std::size_t event_page_bytes_max = std::size_t{4} << 20;

struct event_page {
  std::vector<recorded_event> events; ///< in order, within each partition
  /// Up to where each partition has been looked through, whether or not anything matched: the
  /// checkpoint to keep. Go on from one after each.
  std::vector<position> scanned;
};

/// A value that can be moved. Threads: one at a time. After its runtime's stop() next() answers
/// `stopped`.
class subscription {
public:
  explicit subscription(std::shared_ptr<detail::follower> f) noexcept;
  subscription(subscription&&) noexcept;
  subscription& operator=(subscription&&) noexcept;
  ~subscription();

  /// At most `max` events, and none after those that reach `bytes_max` together. With none to give
  /// it waits; what comes back empty has looked through a stretch without a match, or has waited in
  /// vain. Errors: `stopped`, `corrupt_commit`, `io`; none is skipped by one, and what can be read
  /// of other partitions goes on coming.
  result<event_page> next(std::size_t max = 100, std::chrono::nanoseconds wait = {},
                          std::size_t bytes_max = event_page_bytes_max);
  /// Calls `f` once, when next() may have more to give; at once if it has. `f` must not block, and
  /// must not call this object. A later call replaces `f`.
  void notify(std::function<void()> f);
  /// After `corrupt_commit`: passes over the damaged commit, so that next() goes on behind it. What
  /// it held is lost to this reader. @returns its first position. Errors: `not_possible` if the
  /// next commit of every partition can be read; `io`.
  result<position> skip();
  [[nodiscard]] std::vector<position> scanned() const;
  /// Events committed and not yet looked at; 0 after the stop.
  [[nodiscard]] std::uint64_t behind() const;

private:
  std::shared_ptr<detail::follower> follower_;
};

} // namespace acta
