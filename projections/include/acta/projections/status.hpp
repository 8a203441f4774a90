// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a view is doing.
#pragma once

#include <acta/core/error.hpp>
#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>
#include <acta/persistence/view_store.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace acta {

using persistence::dead_letter;

/// An error as a dead letter keeps it: at most 1 KiB.
[[nodiscard]] std::string reason_of(const error& e);

enum class view_state : std::uint8_t {
  running,
  retrying, ///< the last event, or the disk, made trouble; it is tried again after a pause
  stopped,  ///< the last attempt failed, and the policy is to stop: alert
  paused,   ///< by an operator
  frozen,   ///< of an older definition: it serves until the new one is built
};
[[nodiscard]] std::string_view to_string(view_state s) noexcept;

/// One generation of a view: the one that serves, or the one being built.
struct generation_status {
  std::uint32_t number = 0;
  view_state state = view_state::running;
  std::vector<position> scanned; ///< per partition, the last position taken in or passed over
  std::uint64_t behind = 0;      ///< events in the journals after those
  std::uint64_t rows = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t events = 0;       ///< taken in since the runtime opened
  std::uint64_t transactions = 0; ///< since then
  std::uint64_t failures = 0;     ///< attempts that failed, since then
  std::uint64_t dead_letters = 0; ///< parked now
  double events_per_second = 0;   ///< scanned, over the last seconds
  /// Until it has caught up at this speed; absent while nobody can tell.
  std::optional<std::chrono::seconds> time_left{};
  std::optional<error> trouble{}; ///< why it is retrying or stopped
  std::optional<position> trouble_at{};
};

struct view_status {
  std::string view;
  /// Absent while the view has never caught up: it does not answer yet.
  std::optional<generation_status> serving{};
  /// Present while one is being built.
  std::optional<generation_status> building{};
};

/// Figures of the whole read side; counters since open unless said otherwise.
struct projection_figures {
  std::uint64_t views = 0;         ///< now
  std::uint64_t stopped = 0;       ///< views that stand still now: alert when not 0
  std::uint64_t building = 0;      ///< now
  std::uint64_t dead_letters = 0;  ///< parked now: alert when it rises
  std::uint64_t failures = 0;      ///< attempts of events or transactions that failed
  std::uint64_t damaged = 0;       ///< generations whose file was damaged, made anew: alert
  std::uint64_t behind_max = 0;    ///< events, of the view that is furthest behind, now
  std::uint64_t events = 0;        ///< taken in by views
  std::uint64_t transactions = 0;  ///< of views
  std::uint64_t queries = 0;       ///< answered, by typed queries
  std::uint64_t cache_hits = 0;    ///< of them, from the cache
  std::uint64_t cache_entries = 0; ///< now
  std::uint64_t cache_bytes = 0;   ///< now
  std::uint64_t pictures = 0;      ///< open now
  std::uint64_t pictures_expired = 0;
  std::uint64_t subscriptions = 0; ///< now
  std::chrono::milliseconds oldest_picture{0};
};

} // namespace acta
