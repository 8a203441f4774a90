// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One view of a runtime: its generations, and everything that can be done to it.
///
/// Of several operations at once all but one answer `busy` or wait their turn; a generation that is
/// being built takes the serving one's place only when the latter stands still and the former has
/// come as far. So no operation races another, and what was visible stays visible.
#pragma once

#include "generation.hpp"
#include "waiting.hpp"

#include <acta/projections/errc.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <span>

namespace acta {

/// Lifecycle: open() before use, close() before destruction, which waits for an operation that is
/// going on. Threads: any.
class view_unit {
public:
  view_unit(std::shared_ptr<const view_type> type, surroundings& around);
  ~view_unit() { const std::lock_guard last(operations_); }
  view_unit(const view_unit&) = delete;
  view_unit& operator=(const view_unit&) = delete;

  /// Finds what an earlier runtime left, throws away what is of no use, builds what is missing.
  /// Errors: `io`, `store_full`.
  result<void> open();
  /// Ends the projectors and answers those who wait. Waits for nobody: an operation may be waiting
  /// for code of the view that does not return.
  void close();

  [[nodiscard]] const view_type& type() const noexcept { return *type_; }
  [[nodiscard]] const std::shared_ptr<const view_type>& shared_type() const noexcept {
    return type_;
  }
  /// The generation to read. Errors: `view_building`.
  [[nodiscard]] result<generation_ptr> serving() const;
  /// Calls `f` when rows show `until`, or at the deadline with `view_late`. At once if they do.
  void when_visible(position until, std::chrono::steady_clock::time_point deadline,
                    waiting::callback f);
  void wake(std::uint32_t partition) noexcept;

  result<void> pause();
  result<void> resume();
  /// Empties the view, and fills it again from the first events.
  result<void> reset();
  /// Builds another generation beside the serving one, from the given positions (0:1 each unless
  /// named), and swaps. Errors: `busy`.
  result<void> rebuild(std::span<const position> from);
  /// Errors: `not_possible` without a rebuild, or if nothing else serves.
  result<void> cancel_rebuild();
  result<void> skip();
  result<std::vector<dead_letter>> dead_letters(std::size_t limit) const;
  result<void> retry(position where);
  result<void> drop(position where);

  /// `totals=stopped`, if the serving generation does not follow the journal now; else empty.
  [[nodiscard]] std::string standing() const;
  [[nodiscard]] view_status status() const;
  void add_to(projection_figures& f) const;
  [[nodiscard]] error late(position until) const;
  /// What `late` would say now, if waiting is of no use: the view has stopped before that event,
  /// and nothing takes its place.
  [[nodiscard]] std::optional<error> stopped_before(position until) const;

private:
  [[nodiscard]] std::filesystem::path folder_of(std::uint32_t number) const;
  [[nodiscard]] bool in_memory() const { return around_.store.folder().empty(); }
  /// Opens what an earlier runtime left, and removes what cannot be used. Also on an error all of
  /// `found` has projectors.
  result<void> find_generations(std::map<std::uint32_t, generation_ptr>& found);
  /// False if the journals are not those that it was made from.
  result<bool> belongs_here(const generation& g) const;
  result<generation_ptr> open_generation(std::uint32_t number,
                                         const persistence::view_store_options& options);
  /// Makes the first generation, or that of a new definition. Pre: locked, there is none.
  result<void> make_missing();
  /// Tries that again until there is room. A full disk keeps one view from being built, and nothing
  /// else from running.
  void make_missing_later(const error& why);
  void try_to_make_soon();
  void try_to_make();
  /// A new, empty environment. @param from  first positions. @param built  it serves at once.
  result<generation_ptr> make_generation(std::span<const position> from, bool built);
  /// The serving one, else the one being built. Pre: locked.
  [[nodiscard]] const generation_ptr& any() const noexcept { return live_ ? live_ : candidate_; }
  result<void> set_paused(bool paused);
  /// Lets run what may run now. Pre: locked.
  void let_run();
  /// Counts what it has done, and discards it. Pre: locked.
  void let_go(generation_ptr of);
  void after_turn(generation& g);
  void consider_swap(generation& g);
  /// A generation whose own file is damaged goes, and is made anew, as at an open. Pre: locked.
  void replace_damaged(const generation& g, const error& why);
  void tell(const generation& g);
  /// Gives up a waiter at its deadline.
  void watch(std::uint64_t waiter, position until, std::chrono::steady_clock::time_point deadline);

  std::shared_ptr<const view_type> type_;
  surroundings& around_;
  /// Of generations that are gone, so that the figures do not go back.
  struct counters {
    std::uint64_t events = 0, transactions = 0, failures = 0;
    std::uint64_t damaged = 0; ///< generations whose file was damaged
  };
  /// What readers and the journal's thread may see without waiting for an operation.
  struct shown {
    generation_ptr live, candidate;
    counters gone;
    std::optional<error> unmade; ///< why there is no generation yet
    bool paused = false;
    bool closed = false;
  };
  [[nodiscard]] view_status status_of(const shown& now) const;
  [[nodiscard]] shown look() const {
    const std::lock_guard lock(shown_mutex_);
    return shown_;
  }
  /// After every change of what follows. After close() it ends the projectors instead. Pre: locked.
  void show();

  mutable std::mutex operations_; ///< one at a time
  mutable std::mutex mutex_; ///< what follows; held while turns end and files are synced, so not
                             ///< for readers
  generation_ptr live_;
  generation_ptr candidate_;
  std::vector<std::uint64_t> goal_; ///< without live_: where the candidate is good enough
  std::uint32_t next_number_ = 1;
  counters gone_;
  std::optional<error> unmade_;
  bool paused_ = false;
  mutable std::mutex shown_mutex_; ///< held for the time of a copy, or of wake-ups
  shown shown_;
  waiting waiting_;
};

} // namespace acta
