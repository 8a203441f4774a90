// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Writes a log line when a partition's figures say what an operator must know: derived data that
/// is damaged, and a clock that jumps.
#pragma once

#include <acta/core/log.hpp>
#include <acta/persistence/store.hpp>

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
    std::uint64_t index_damages = 0;
    std::uint64_t clock_jumps = 0;
    bool is_ahead = false; ///< of the clock
  };
  const persistence::store& store_;
  log_sink log_;
  std::vector<seen> seen_; ///< by partition
};

} // namespace acta::detail
