// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Group commit: everything that waits becomes one synced transaction, and goes back to the
/// submitters as one batch.
#pragma once

#include "append_queue.hpp"
#include "indexer.hpp"
#include "lane.hpp"
#include "log_store.hpp"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace acta::persistence {

/// Threads: run_batch() and what it calls on the journal's; figures and positions from any; the
/// rest before start() or after stop().
class journal_thread {
public:
  journal_thread(log_store& log, append_queue& queue, lane_registry& lanes, indexer& index,
                 const partition_options& options)
      : log_(log), queue_(queue), registry_(lanes), indexer_(index), options_(options) {}
  ~journal_thread() { stop(); }

  /// Where the log stands, and the age (derived_head::age) of its end. Pre: before start().
  void resume(std::uint64_t last_position, time_point last_recorded_at, std::uint64_t age);
  void start(batch_sink sink);
  /// Commits what is queued, ends the thread. Idempotent.
  void stop();
  /// Waits until the first `count` entries ever pushed are answered.
  void wait_for_answers(std::uint64_t count);

  [[nodiscard]] std::uint64_t last_position() const noexcept {
    return last_position_.load(std::memory_order_acquire);
  }
  /// The clock against the monotonic one, as partition_figures has it.
  struct clock_figures {
    std::uint64_t jumps = 0;
    std::chrono::microseconds last_jump{0}, ahead{0};
  };
  [[nodiscard]] clock_figures clock() const noexcept;
  [[nodiscard]] std::uint64_t commits() const noexcept {
    return commits_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t events() const noexcept {
    return events_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t batches() const noexcept {
    return batches_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t failed_batches() const noexcept {
    return failed_batches_.load(std::memory_order_relaxed);
  }

private:
  using entries = std::span<append_entry* const>;

  void run();
  void commit(entries batch);
  /// Answers what needs no disk; what must be written goes to admitted_.
  void admit(entries batch);
  void admit(append_entry& entry);
  /// One transaction.
  result<void> store(entries admitted);
  void acknowledge(entries stored);
  /// @param refused  the rest of admitted_.
  void refuse(entries batch, entries refused, const error& why);
  [[nodiscard]] std::optional<error> closed_by() const;
  /// The clock's time; counts it if it has jumped since the last look.
  time_point look_at_clock(std::chrono::microseconds monotonic);

  log_store& log_;
  append_queue& queue_;
  lane_registry& registry_;
  indexer& indexer_;
  const partition_options& options_;
  batch_sink sink_;

  std::vector<append_entry*> admitted_;
  std::vector<lane_commit> commits_of_batch_;
  std::vector<std::shared_ptr<lane_impl>> lanes_with_tail_;
  time_point last_recorded_at_{};
  std::uint64_t last_age_ = 0;              ///< of the last commit on disk
  std::uint64_t age_of_batch_ = 0;          ///< of the first commit in the open transaction
  std::uint64_t age_at_start_ = 0;          ///< when the monotonic clock stood at started_at_
  std::chrono::microseconds started_at_{0}; ///< so
  std::optional<std::pair<time_point, std::chrono::microseconds>> last_look_;
  std::optional<error>
      broken_; ///< the outcome of a transaction is unknown: nothing more is written

  std::atomic<std::uint64_t> last_position_{0};
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::uint64_t> events_{0};
  std::atomic<std::uint64_t> batches_{0};
  std::atomic<std::uint64_t> failed_batches_{0};
  std::atomic<std::uint64_t> clock_jumps_{0};
  std::atomic<std::int64_t> last_jump_{0}; ///< microseconds
  std::atomic<std::int64_t> ahead_{0};     ///< microseconds

  std::mutex answered_mutex_;
  std::condition_variable answered_changed_;
  std::uint64_t answered_ = 0;
  std::thread thread_;
};

} // namespace acta::persistence
