// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One generation of a view: an environment with rows, and the projectors that fill it.
#pragma once

#include "feed.hpp"
#include "projector.hpp"

#include <acta/persistence/view_store.hpp>
#include <acta/projections/status.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acta {

/// A folder of this name is no generation any more, whatever is left in it.
inline constexpr std::string_view given_up_suffix = ".gone";
std::filesystem::path given_up_folder(const std::filesystem::path& generation);

/// Lifecycle: held by its view, by its projectors until leave(), and by whoever reads it; closed
/// with the last of them. Threads: any.
class generation : public std::enable_shared_from_this<generation> {
public:
  /// @param after_turn  called after each turn of a projector, on its thread, without locks.
  generation(const view_type& type, surroundings& around, std::uint32_t number,
             std::unique_ptr<persistence::view_store> rows, const persistence::view_head& head,
             std::function<void(generation&)> after_turn);
  ~generation();

  /// Reads the checkpoints and makes the projectors, asleep. Errors: `io`, `corrupt_commit`.
  result<void> start();

  [[nodiscard]] const view_type& type() const noexcept { return type_; }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  [[nodiscard]] persistence::view_store& rows() const noexcept { return *rows_; }
  [[nodiscard]] surroundings& around() const noexcept { return around_; }
  /// Its rows are those that this program would make.
  [[nodiscard]] bool is_current() const noexcept { return is_current_; }
  /// Its rows are of the shape this program reads, whatever they mean.
  [[nodiscard]] bool can_be_read() const noexcept { return can_be_read_; }
  [[nodiscard]] bool is_built() const noexcept { return built_.load(std::memory_order_acquire); }
  /// Records, synced, that it has caught up once. Errors: `store_full`, `io`.
  result<void> set_built();
  result<void> set_paused(bool paused);
  /// Whether the journals hold what it had scanned when it was opened. Errors: as
  /// partition::holds.
  [[nodiscard]] result<bool> belongs_here() const;

  /// Whether projectors may take turns. Forbidding returns when none is in one. Pre: not from a
  /// projector of this generation.
  void advance(bool allowed);
  [[nodiscard]] bool advancing() const noexcept {
    return advancing_.load(std::memory_order_acquire);
  }
  void wake(std::uint32_t partition) noexcept;
  void wake_all() noexcept;
  void resume();
  bool skip();

  [[nodiscard]] std::uint64_t scanned(std::uint32_t partition) const noexcept {
    return projectors_[partition]->scanned();
  }
  [[nodiscard]] std::vector<position> scanned() const;
  /// Why it does not come any further in a partition until somebody does something: its projector
  /// has stopped.
  [[nodiscard]] std::optional<error> why_stopped(std::uint32_t partition) const {
    return projectors_[partition]->why_stopped();
  }
  /// A projector has stopped.
  [[nodiscard]] bool has_stopped() const noexcept;
  /// A projector has stopped, or waits to try again.
  [[nodiscard]] bool stands_still() const noexcept;
  /// Transactions that changed a row: equal numbers, equal rows. Counts one before anybody can see
  /// its rows.
  [[nodiscard]] std::uint64_t changes() const noexcept {
    return changes_.load(std::memory_order_acquire);
  }
  [[nodiscard]] generation_status status() const;
  /// The same, without what the file would have to be asked: rows, dead letters, sizes.
  [[nodiscard]] generation_status progress() const;

  /// Folds one parked event again; it is parked no more if that succeeds. Errors: `not_found`; the
  /// event's.
  result<void> retry(position where);
  result<void> drop(position where);

  /// What a transaction of its rows has failed with. If its file is damaged, trying again is of no
  /// use.
  void note_failure(const error& why);
  /// Why its file must be made anew, if it must.
  [[nodiscard]] std::optional<error> damage() const;

  /// Ends the projectors; each lets go of this at its next turn.
  void leave() noexcept;
  /// leave(), and the folder goes with the last user; for a restart it is gone at once.
  void discard() noexcept;

private:
  friend class projector;

  result<void> write(const std::function<result<void>(persistence::view_writing&)>& f);
  [[nodiscard]] error no_dead_letter(position where) const;
  /// Held during a write transaction.
  std::unique_lock<std::mutex> lock_writing() { return std::unique_lock(writing_); }
  /// Commits and counts. Pre: lock_writing().
  result<void> commit(persistence::view_writing& txn, bool rows_changed);
  [[nodiscard]] bool leaving() const noexcept { return leaving_.load(std::memory_order_acquire); }
  void after_turn() { after_turn_(*this); }

  const view_type& type_;
  surroundings& around_;
  const std::uint32_t number_;
  std::unique_ptr<persistence::view_store> rows_;
  const bool is_current_;
  const bool can_be_read_;
  std::function<void(generation&)> after_turn_;
  std::atomic<bool> built_;
  std::atomic<bool> advancing_{false};
  std::atomic<bool> leaving_{false};
  std::atomic<bool> discarded_{false};
  std::atomic<std::uint64_t> changes_;
  std::atomic<bool> is_damaged_{false};
  mutable std::mutex damage_mutex_;
  std::optional<error> damage_; ///< the first one
  std::mutex writing_;
  std::vector<projector_ptr> projectors_;         ///< by partition
  std::vector<persistence::checkpoint> begun_at_; ///< by partition
};

using generation_ptr = std::shared_ptr<generation>;

} // namespace acta
