// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Whether commits are being stored, and if not, why: told once in the log, and as long as it lasts
/// in the figures.
#pragma once

#include <acta/core/error.hpp>
#include <acta/core/log.hpp>
#include <acta/persistence/journal.hpp>
#include <acta/persistence/partition.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>

namespace acta::detail {

/// A partition is sound until a commit of it fails for the disk's sake, and again when one is
/// stored. Each change, and each change of the reason, is a line of the log.
///
/// Threads: all members from any.
class store_health {
public:
  explicit store_health(log_sink log) : log_(std::move(log)) {}

  /// A batch that the journal has answered. Cost: one look at each entry, while all is well.
  void note(std::uint32_t partition, std::span<persistence::append_entry* const> batch) noexcept;
  /// A snapshot of `stream` was not taken. Cost: at most one line of the log a second.
  void note_dropped_snapshot(const std::string& stream, const persistence::snapshot& s) noexcept;

  struct failure {
    std::string what;                 ///< `partition 0: store_full: …`; empty: none fails
    bool is_for_good = false;         ///< it ends only with a restart
    std::chrono::milliseconds age{0}; ///< of the last commit that failed, wherever
  };
  [[nodiscard]] failure last_failure() const;

private:
  void failed(std::uint32_t partition, const error& why);
  void stored(std::uint32_t partition);
  void log(log_level level, const std::string& line) const noexcept;

  using clock = std::chrono::steady_clock;
  struct failed_commit {
    error why;
    clock::time_point at;
  };

  const log_sink log_;
  std::atomic<std::size_t> failing_{0}; ///< size of failures_
  mutable std::mutex mutex_;
  std::map<std::uint32_t, failed_commit> failures_; ///< the last, by partition
  clock::time_point tell_of_snapshots_{};           ///< not before
};

} // namespace acta::detail
