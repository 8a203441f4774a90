// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "store_watch.hpp"

#include <string>

namespace acta::detail {

namespace {

/// The indexer tries again every second or so; one that has not failed for this long is well.
constexpr std::chrono::seconds index_is_well_after{60};

std::string seconds(std::chrono::microseconds time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

} // namespace

store_watch::store_watch(const persistence::store& store, log_sink log)
    : store_(store), log_(std::move(log)), seen_(store.partitions().size()) {}

void store_watch::look() {
  if (!log_) return;
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const auto now = store_.partitions()[i]->figures();
    auto& before = seen_[i];
    look_at_index(now, before, i);
    if (now.index_damages > before.index_damages)
      say(i, log_level::error,
          "derived data is not what was written (" + std::to_string(now.index_damages) +
              " answers refused so far); start again, which makes it anew");
    if (now.clock_jumps > before.clock_jumps)
      say(i, log_level::warning,
          "the clock has jumped by " + seconds(now.last_clock_jump) + " between two commits (" +
              std::to_string(now.clock_jumps) + " jumps so far)");
    const bool is_ahead = now.ahead_of_clock > persistence::clock_jump_min;
    if (is_ahead && !before.is_ahead)
      say(i, log_level::warning,
          "the last commit's time is " + seconds(now.ahead_of_clock) +
              " ahead of the clock; times only rise, so commits carry such a time until the clock "
              "has caught up");
    before.index_damages = now.index_damages;
    before.clock_jumps = now.clock_jumps;
    before.is_ahead = is_ahead;
  }
}

void store_watch::look_at_index(const persistence::partition_figures& now, seen& before,
                                std::size_t partition) {
  const auto time = std::chrono::steady_clock::now();
  if (now.index_failures > before.index_failures) {
    if (!before.index_failed_at)
      say(partition, log_level::error,
          "index and snapshots cannot be written; commands go on until as many commits wait for "
          "the index as may");
    before.index_failed_at = time;
  } else if (before.index_failed_at && time - *before.index_failed_at >= index_is_well_after) {
    say(partition, log_level::info, "index and snapshots are written again");
    before.index_failed_at.reset();
  }
  before.index_failures = now.index_failures;
}

void store_watch::say(std::size_t partition, log_level level, const std::string& what) const {
  try {
    log_(level, "partition " + std::to_string(partition) + ": " + what);
  } catch (...) { // a line that cannot be written is not worth a crash
  }
}

} // namespace acta::detail
