// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One subscriber at work: reads its events from the journal, hands them to threads of its own, and
/// notes what has become of them. The order of steps, and a crash at each, is in
/// docs/subscribers.md.
///
/// turn() is called by the one thread that all subscribers share (subscribers.hpp): it reads,
/// writes, and waits for the disk. handle() runs on threads of this subscriber alone, which may
/// block for as long as their channel does. They are started when there is something to do, up to
/// subscriber_options::concurrency, and end when there has been nothing for a while.
#pragma once

#include "lost_commit.hpp"
#include "subscriber_record.hpp"
#include "subscriber_window.hpp"

#include <acta/domain/subscriber.hpp>
#include <acta/projections/subscription.hpp>
#include <acta/runtime/subscriber.hpp>

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <vector>

namespace acta::detail {

class engine;

/// Lifecycle: open(), turn() until is_done(). Threads: as each part says.
class subscriber_runner {
public:
  using record_opener = std::function<result<subscriber_record>()>;
  /// @param call  wakes the thread that calls turn(); any thread, does not block. It may be called
  ///   after this has ended.
  subscriber_runner(engine& e, std::shared_ptr<const subscriber_type> type,
                    record_opener open_record, std::function<void()> call);
  /// Waits for handles that have not returned, without limit.
  ~subscriber_runner();
  subscriber_runner(const subscriber_runner&) = delete;
  subscriber_runner& operator=(const subscriber_runner&) = delete;

  /// Notes where a new subscriber begins. A disk without room for its record holds up nobody else:
  /// turn() tries again, from the same place. Errors: `io`, `wrong_format`.
  result<void> open();

  // -- by the shared thread ---------------------------------------------------------
  /// Reads, notes, hands out. Returns whether there is more to do at once.
  bool turn();
  /// When turn() is to be called at the latest, if nobody calls before.
  [[nodiscard]] subscriber_window::clock::time_point next_turn() const;
  /// After stop(): nothing is under way, and everything is noted that can be.
  [[nodiscard]] bool is_done() const;

  // -- any thread -------------------------------------------------------------------
  /// Hands out nothing more.
  void stop();
  [[nodiscard]] const subscriber_type& type() const noexcept { return *type_; }
  [[nodiscard]] subscriber_status status() const;
  /// Whether it has its record: it handles nothing before.
  [[nodiscard]] bool is_open() const;
  /// This and what follows: errors: `store_full` while it has no record.
  result<void> set_paused(bool paused);
  result<std::vector<dead_letter>> dead_letters(std::size_t limit, position from) const;
  result<void> retry(position where);
  result<std::uint64_t> retry_all();
  result<void> drop(position where);

private:
  using clock = subscriber_window::clock;
  using item = subscriber_window::item;

  /// What a turn has to write: notes, and how far everything is done.
  struct writing {
    std::vector<subscriber_note> notes;
    std::vector<position> done_up_to;
  };
  /// Opens the record and begins where it says.
  result<void> begin();
  /// As long as nobody has let it go on.
  result<std::optional<error>> name_other_history(const subscriber_record& record,
                                                  std::span<const std::uint64_t> done_up_to) const;
  /// Errors: why there is none.
  [[nodiscard]] result<subscriber_record*> record() const;
  void collect();
  result<void> write();
  /// Of the disk. Returns false: there is nothing to do at once.
  bool note_trouble(const error& why);
  /// Whether there was anything.
  result<bool> read();
  /// Passes over the damaged commit that the subscription stands at. Errors: as
  /// subscription::skip.
  result<void> lose_commit();
  /// A dead letter for each position of it, as many as there is room for. False: for none.
  result<bool> park_lost();
  /// Of the page, what is not done yet. Errors: `io`; nothing was added.
  result<void> add(event_page& page);
  result<bool> add_letters();
  /// Errors: as retry(), but `not_found`.
  result<void> claim_letter(position where);
  result<recorded_event> event_at(position where) const;
  [[nodiscard]] bool takes(const recorded_event& e) const;
  /// Whether this program does not know the event's version, and so leaves it to the one that does,
  /// or has handled it before the checkpoint was moved back.
  [[nodiscard]] bool is_passed_over(const recorded_event& e) const;
  [[nodiscard]] error no_dead_letter(position where) const;

  /// Threads for what is ready. Pre: the lock is held. (What is to be logged is kept: a log may ask
  /// for figures.)
  void hire();
  void work(std::list<std::thread>::iterator self);
  [[nodiscard]] bool may_take() const { return !stopping_ && !paused_; }
  /// Pre: as hire().
  [[nodiscard]] std::size_t room() const;
  /// One attempt. Without the lock.
  [[nodiscard]] result<void> handle(const recorded_event& event, unsigned attempt) const;
  [[nodiscard]] result<void> perform(const effect& e, const effect_context& c) const;
  /// What the attempt has led to; returns what is to be logged. Pre: the lock is held.
  std::string settle(item& i, const result<void>& done);

  engine& engine_;
  const std::shared_ptr<const subscriber_type> type_;
  const record_opener open_record_;
  const std::function<void()> call_;
  /// Set once by the shared thread, under the lock, with the window; then it stays.
  mutable std::optional<subscriber_record> record_;

  // The shared thread's own.
  std::optional<subscription> events_;
  std::vector<std::string> types_;  ///< durable names of its events
  std::vector<position> start_;     ///< where it begins if it is new
  std::optional<event_page> page_;  ///< taken from the journal, not yet in the window
  std::optional<lost_commit> lost_; ///< passed over, and not yet parked: from its `first` on
  writing unwritten_;               ///< of a transaction that failed
  bool gave_up_ = false;            ///< at the stop: nothing more comes, and writing it failed
  std::vector<std::uint64_t> written_up_to_, collected_up_to_;
  std::vector<versions_taken> versions_;   ///< by partition
  std::vector<std::uint64_t> known_up_to_; ///< at the start: beyond it nothing is done yet
  unsigned disk_failures_ = 0;
  clock::time_point not_before_{};

  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::unique_ptr<subscriber_window> window_; ///< null: there is no record yet
  std::vector<subscriber_note> notes_;        ///< not yet written
  std::vector<std::uint64_t> settled_up_to_;  ///< done, and written as far as it must be
  std::size_t unwritten_count_ = 0;           ///< those of a transaction under way, or that failed
  bool stopping_ = false;
  bool paused_ = false;
  std::optional<position> retry_all_from_; ///< next letter to be handed out again
  std::uint64_t retry_all_left_ = 0;
  std::list<std::thread> threads_;
  std::list<std::thread> ended_; ///< to be joined
  std::size_t idle_ = 0;         ///< threads that look for work, or will
  std::uint64_t delivered_ = 0, failures_ = 0;
  std::string hiring_trouble_; ///< to be logged
  std::optional<error> trouble_, disk_trouble_;
  std::optional<error> other_history_; ///< until somebody has said that it goes on
  std::optional<position> trouble_at_;
  std::minstd_rand random_;
};

} // namespace acta::detail
