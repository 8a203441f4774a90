// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a subscriber is doing, and what can be done to it.
#pragma once

#include <acta/core/error.hpp>
#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/projections/status.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acta {

namespace detail {
class subscriber_runner;
}

enum class subscriber_state : std::uint8_t {
  running,
  retrying, ///< something made trouble, an event or the disk; it is tried again after a pause
  paused,   ///< by an operator
};
[[nodiscard]] std::string_view to_string(subscriber_state s) noexcept;

struct subscriber_status {
  std::string subscriber;
  subscriber_state state = subscriber_state::running;
  /// Per partition, the position up to which every event is done or parked, and that is on disk.
  std::vector<position> done;
  std::uint64_t behind = 0;       ///< events in the journals after those, of any type
  std::uint64_t waiting = 0;      ///< events in memory that are not done, now
  std::uint64_t handling = 0;     ///< of them, under way
  std::uint64_t retrying = 0;     ///< of them, waiting for another attempt
  std::uint64_t delivered = 0;    ///< handled with success, since the runtime opened
  std::uint64_t failures = 0;     ///< attempts that failed, since then
  std::uint64_t dead_letters = 0; ///< parked now
  std::optional<error> trouble{}; ///< the last failure, while something is retrying
  std::optional<position> trouble_at{};
};

/// Figures of all subscribers; counters since open unless said otherwise.
struct subscriber_figures {
  std::uint64_t subscribers = 0;  ///< now
  std::uint64_t paused = 0;       ///< now
  std::uint64_t delivered = 0;    ///< events handled with success
  std::uint64_t failures = 0;     ///< attempts that failed
  std::uint64_t waiting = 0;      ///< events in memory that are not done, now
  std::uint64_t retrying = 0;     ///< of them, waiting for another attempt, now
  std::uint64_t dead_letters = 0; ///< parked now: alert when it rises
  std::uint64_t behind_max = 0;   ///< events, of the subscriber that is furthest behind, now
};

/// What can be done to one subscriber. A cheap handle; valid as long as its runtime. Threads: any.
/// Blocking: up to a transaction.
class subscriber_handle {
public:
  explicit subscriber_handle(detail::subscriber_runner& runner) noexcept : runner_(&runner) {}

  [[nodiscard]] subscriber_status status() const;

  /// Hands out no more events until resume(), also after a restart. What is under way goes on.
  result<void> pause();
  result<void> resume();

  /// Events that were given up, in order of position, at most `limit`. @param from  first wanted
  [[nodiscard]] result<std::vector<dead_letter>> dead_letters(std::size_t limit = 1000,
                                                              position from = {}) const;
  /// Reads the event from the journal again and hands it out once, as soon as no other event of its
  /// stream is under way. The letter stays until that has succeeded; a failure is one more attempt
  /// in it. Does not wait for it, and does not outlive the runtime.
  /// Errors: `not_found`, `busy` if that is going on already or what came of it is not noted yet,
  /// `overloaded` with too many at once, `stopped`.
  result<void> retry(position where);
  /// The same for all letters there are now, as many at a time as there is room for; returns their
  /// number.
  result<std::uint64_t> retry_all();
  /// Forgets one. Errors: `not_found`.
  result<void> drop(position where);

private:
  detail::subscriber_runner* runner_;
};

} // namespace acta
