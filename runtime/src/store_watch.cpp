// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "store_watch.hpp"

#include <string>

namespace acta::detail {

namespace {

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
    const auto say = [&](log_level level, const std::string& what) {
      log_(level, "partition " + std::to_string(i) + ": " + what);
    };
    if (now.index_damages > before.index_damages)
      say(log_level::error, "derived data is not what was written (" +
                                std::to_string(now.index_damages) +
                                " answers refused so far); start again, which makes it anew");
    if (now.clock_jumps > before.clock_jumps)
      say(log_level::warning, "the clock has jumped by " + seconds(now.last_clock_jump) +
                                  " between two commits (" + std::to_string(now.clock_jumps) +
                                  " jumps so far)");
    const bool is_ahead = now.ahead_of_clock > persistence::clock_jump_min;
    if (is_ahead && !before.is_ahead)
      say(log_level::warning, "the last commit's time is " + seconds(now.ahead_of_clock) +
                                  " ahead of the clock; times only rise, so commits carry such a "
                                  "time until the clock has caught up");
    before = {now.index_damages, now.clock_jumps, is_ahead};
  }
}

} // namespace acta::detail
