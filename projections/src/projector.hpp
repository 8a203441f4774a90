// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A projection actor: follows one partition for one generation of a view, a batch a turn.
///
/// The order of a turn, and what a crash does at each step, is in docs/views.md.
#pragma once

#include "fold.hpp"

#include <acta/actors/host.hpp>
#include <acta/projections/status.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace acta {

class generation;
struct feed;

/// Threads: run() from its actor; quiesce() from any but that; the rest from any.
class projector final : public actors::body {
public:
  projector(std::shared_ptr<generation> of, feed& from, std::uint64_t scanned);
  ~projector() override;

  actors::turn run() noexcept override;
  void wake() noexcept;
  /// Returns when no turn is going on. Blocking: for the rest of a batch.
  void quiesce() { const std::lock_guard wait(busy_); }

  /// Last position taken in or passed over, as committed.
  [[nodiscard]] std::uint64_t scanned() const noexcept {
    return scanned_.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }
  [[nodiscard]] bool stands_still() const noexcept {
    return stopped() || pausing_.load(std::memory_order_acquire);
  }
  /// What it has stopped at and why, if it has.
  [[nodiscard]] std::optional<error> why_stopped() const;
  /// Adds this partition's part.
  void describe(generation_status& s) const;

  /// Forgets its trouble and tries again.
  void resume();
  /// Parks the event at which it has stopped and goes on. False if it has not stopped at one.
  bool skip();

private:
  struct outcome;

  bool step();
  /// Folds what follows up to a position and commits it, with what is to be parked.
  outcome transact(std::uint64_t to);
  /// Reads and folds, until there is enough for a transaction.
  void fold(std::uint64_t to, row_session& session, outcome& o);
  /// Passes over a commit that cannot be read, if that is what it is parked for.
  void step_over_damage(outcome& o);
  /// The event of the next commit for which the commit cannot be written: the rest of it could be,
  /// or all before it could be and nothing from it on. By folding alone, in transactions that are
  /// given up. Nothing if the commit can be written after all.
  result<std::optional<std::uint64_t>> find_guilty();
  /// Whether some of the next commit's events can be folded and written.
  bool can_write(const persistence::commit_view& c, std::uint64_t last,
                 std::span<const dead_letter> but);
  void adopt(const outcome& o);
  /// Trouble that is not an event's fault: again after a pause, for ever.
  bool try_again_later(const error& why);
  /// An event that could not be taken: again, or what the view's policy says. True: go on at once.
  bool refuse(const fold_failure& f);
  [[nodiscard]] position place(std::uint64_t number) const;
  void pause_for(unsigned attempt);
  void note_trouble(std::optional<error> why, std::optional<position> at);
  void measure_speed();

  std::shared_ptr<generation> of_; ///< null once the actor is to end
  feed& from_;
  view_fold fold_;
  std::atomic<std::uint64_t> scanned_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> pausing_{false};

  std::mutex busy_;                            ///< held during a turn
  unsigned troubles_ = 0;                      ///< in a row, that were no event's fault
  std::map<std::uint64_t, unsigned> refusals_; ///< of events of the next commit, by position
  std::uint64_t careful_until_ = 0;  ///< a batch up to here failed as a whole: commit by commit
  std::vector<dead_letter> passing_; ///< of the next commit, to be parked with it

  mutable std::mutex status_mutex_;
  std::optional<error> trouble_;
  std::optional<position> trouble_at_;
  std::uint64_t events_ = 0, transactions_ = 0, failures_ = 0;
  std::chrono::steady_clock::time_point measured_at_ = std::chrono::steady_clock::now();
  std::uint64_t measured_scanned_;
  double events_per_second_ = 0;

  // Made by spawn(), so before the first turn.
  friend class generation;
  std::shared_ptr<actors::host> host_;
  actors::handle actor_ = nullptr;
};

using projector_ptr = boost::intrusive_ptr<projector>;

} // namespace acta
