// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Writes a log line when a partition's figures say what an operator must know: derived data that
/// is damaged or cannot be written, and a clock that jumps. What the journal answers is told by
/// store_health.
#pragma once

#include <acta/core/log.hpp>
#include <acta/persistence/store.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace acta::detail {

/// Threads: one at a time.
class store_watch {
public:
  store_watch(const persistence::store& store, log_sink log);
  /// Logs what has changed since the last look.
  void look();

private:
  struct seen {
    std::uint64_t index_failures = 0;
    /// The last time that the index could not be written, until it is well again.
    std::optional<std::chrono::steady_clock::time_point> index_failed_at;
    std::uint64_t index_damages = 0;
    std::uint64_t clock_jumps = 0;
    bool is_ahead = false; ///< of the clock
  };
  void look_at_index(const persistence::partition_figures& now, seen& before,
                     std::size_t partition);
  void say(std::size_t partition, log_level level, const std::string& what) const;

  const persistence::store& store_;
  log_sink log_;
  std::vector<seen> seen_; ///< by partition
};

} // namespace acta::detail
