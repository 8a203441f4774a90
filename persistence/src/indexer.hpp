// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Brings the derived store up to the journal: index, dedupe records, snapshots, in large sorted
/// transactions.
#pragma once

#include "lane.hpp"
#include "log_store.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace acta::persistence {

/// Commits that may wait for the index at most, in multiples of index_commits_max: beyond them the
/// partition takes no more
/// (`store_full` if the derived store cannot be written, `overloaded` if it is only slow). 150
/// bytes of memory each.
inline constexpr std::size_t index_backlog_factor = 16;

/// Threads: note() from the journal's; offer(), flush() and the figures from any; the rest before
/// start() or after stop().
class indexer {
public:
  indexer(log_store& log, derived_store& derived, lane_registry& lanes,
          const partition_options& options, std::uint32_t partition);
  ~indexer() { stop(); }

  /// Where the derived store stands. Pre: before start().
  void resume(const derived_head& head);
  void start();
  /// Writes what is left, ends the thread. Idempotent.
  void stop();

  /// `lanes` have got their first tail commit, `commits` have been added, and everything up to
  /// `position`, of age `age`, is on disk and in tails. `lanes` is emptied.
  void note(std::vector<std::shared_ptr<lane_impl>>& lanes, std::size_t commits,
            std::uint64_t position, std::uint64_t age);
  /// False if the backlog is full.
  bool offer(const stream_key& stream, snapshot s);
  /// Waits until everything noted and offered before is written, or could not be. Pre: started.
  result<void> flush();
  /// One transaction on the caller's thread. Pre: not started.
  result<void> write_now() { return pass(); }

  [[nodiscard]] std::uint64_t indexed_up_to() const noexcept {
    return indexed_up_to_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::uint64_t streams() const noexcept {
    return streams_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t waiting() const noexcept {
    return waiting_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t failures() const noexcept {
    return failures_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t damages() const noexcept {
    return damages_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t snapshots_dropped() const noexcept {
    return snapshots_dropped_.load(std::memory_order_relaxed);
  }
  /// No more commits fit the backlog.
  [[nodiscard]] bool is_full() const noexcept { return waiting() >= waiting_max_; }
  /// The same, while the derived store can be written: only a matter of time.
  [[nodiscard]] bool is_late() const noexcept {
    return is_full() && !troubled_.load(std::memory_order_relaxed);
  }
  /// Derived data was found to be damaged: counts it, and has the next open make it anew. Threads:
  /// any.
  void condemn(const error& why) noexcept;
  /// Why the last transaction failed, if it did.
  [[nodiscard]] std::optional<error> trouble() const;

private:
  struct work {
    std::vector<std::shared_ptr<lane_impl>> lanes;
    std::vector<snapshot_item> snapshots;
    std::size_t commits = 0;
    std::uint64_t position = 0;
    std::uint64_t age = 0;
  };

  void run();
  result<void> pass();
  [[nodiscard]] work take_work();
  result<void> write(work& todo, std::vector<index_item>& items);
  void give_back(work& todo);
  [[nodiscard]] bool has_work() const noexcept { return !lanes_.empty() || !snapshots_.empty(); }

  log_store& log_;
  derived_store& derived_;
  lane_registry& registry_;
  const partition_options& options_;
  const std::uint32_t partition_;
  const std::uint64_t waiting_max_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable passed_;
  std::vector<std::shared_ptr<lane_impl>> lanes_; ///< with a tail
  std::vector<snapshot_item> snapshots_;
  std::size_t snapshot_bytes_ = 0;
  std::size_t commits_ = 0; ///< noted and not taken
  std::uint64_t position_ = 0;
  std::uint64_t age_ = 0;
  std::uint64_t flushes_wanted_ = 0;
  std::uint64_t flushes_done_ = 0;
  std::optional<error> trouble_;
  bool stopping_ = false;

  derived_head head_; ///< of the thread that passes
  std::atomic<std::uint64_t> indexed_up_to_{0};
  std::atomic<std::uint64_t> streams_{0};
  std::atomic<std::uint64_t> damages_{0};
  std::atomic<std::uint64_t> waiting_{0};
  std::atomic<bool> troubled_{false};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> snapshots_dropped_{0};
  std::thread thread_;
};

} // namespace acta::persistence
