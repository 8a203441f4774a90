// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Everything behind acta::runtime: store, bindings, directory, supervisor, reply thread and actor
/// host, and the order in which they start and end. Threads: as runtime.hpp says of each member.
#pragma once

#include "binding.hpp"
#include "contract.hpp"
#include "directory.hpp"
#include "process_runner.hpp"
#include "reply_thread.hpp"
#include "settling.hpp"
#include "store_health.hpp"
#include "store_watch.hpp"
#include "subscribers.hpp"
#include "supervisor.hpp"

#include <acta/actors/host.hpp>
#include <acta/domain/model.hpp>
#include <acta/persistence/store.hpp>
#include <acta/projections/projections.hpp>
#include <acta/runtime/runtime.hpp>

#include <fmt/format.h>

#include <map>
#include <unordered_map>

namespace acta::detail {

struct counters {
  std::atomic<std::uint64_t> accepted{0}, rejected{0}, failed{0}, overloaded{0};
  std::atomic<std::uint64_t> recoveries{0}, passivations{0}, restarts{0}, snapshots{0},
      snapshots_ignored{0}, snapshots_dropped{0};
  std::atomic<std::size_t> outstanding{0};
};

/// Where a snapshot, or nothing, lets a replay start.
struct replay_start {
  version_number version = 0;
  std::uint64_t position = 0;
  time_point recorded_at{};
};

/// Whether a store with this contract has ever had a schedule.
[[nodiscard]] bool mentions_schedules(std::string_view contract) noexcept;

class engine {
public:
  /// @param make_host  called twice: the read side's actors wait for the disk, so their threads are
  ///   not the aggregates'.
  engine(acta::model m, runtime_options options, std::unique_ptr<persistence::store> store,
         std::function<std::unique_ptr<actors::host>(std::size_t workers)> make_host);
  ~engine();

  /// Checks the contract, interns names, starts the threads. Errors: as runtime::open.
  result<void> start();
  bool stop(std::chrono::milliseconds deadline);

  // -- commands ---------------------------------------------------------------
  struct route {
    const aggregate_type* type = nullptr;
    std::vector<std::shared_ptr<const binding>> by_partition;
  };
  [[nodiscard]] const route* find_route(std::string_view aggregate) const noexcept;
  [[nodiscard]] const binding& bound(const route& r, const persistence::stream_key& key) const;
  enum class sender : std::uint8_t { caller, runtime };
  /// The ticket is answered at once if it cannot be delivered. Returns whether it was delivered.
  bool submit(const route* to, std::string_view aggregate, std::string_view id, std::size_t command,
              erased_command payload, command_options options, ticket_ptr& t,
              sender by = sender::runtime);
  /// By name, whoever may send it. Errors besides those of commands: `unknown_aggregate`,
  /// `unknown_command`, `json_invalid`.
  pending submit_json(std::string_view aggregate, std::string_view id, std::string_view command,
                      std::string_view json, command_options options, sender by = sender::runtime);
  /// A command that a caller names, with a version or as it is today. Errors: `unknown_command` if
  /// there is no such version, `json_invalid`, `decide_threw` if its upcast has thrown.
  result<erased_command> read_asked(const aggregate_type& of, const command_type& type,
                                    std::string_view command, std::string_view json) const;
  /// Whether a command may be asked for by name: not what only the runtime may say to a process.
  [[nodiscard]] bool is_open(std::string_view aggregate, std::string_view command) const;
  /// Before the first schedule of this run. A store that has none does not pay for them: only the
  /// first one ever gives it the list of what processes have to do, and a thread that looks at it.
  /// Errors: `stopped`, and those of opening the outbox.
  result<void> use_schedules();
  /// Whether this store has ever had one. Pre: while processes start.
  [[nodiscard]] bool has_schedules() const noexcept { return schedules_used_; }
  /// Null in a store that has none.
  [[nodiscard]] process_runner* processes() const noexcept {
    return running_.load(std::memory_order_acquire);
  }
  [[nodiscard]] ticket_ptr make_ticket() const;
  [[nodiscard]] persistence::store& store() const noexcept { return *store_; }
  /// For what is kept beside the journals, and must go with them.
  [[nodiscard]] acta::detail::journal_proof journal_proof() const;
  /// Versions of events that the store may hold and this program cannot read: `account.credited 2`.
  /// Sorted.
  [[nodiscard]] const std::vector<std::string>& unreadable() const noexcept { return unreadable_; }
  [[nodiscard]] std::uint32_t partitions() const noexcept {
    return static_cast<std::uint32_t>(store_->partitions().size());
  }

  // -- reading ----------------------------------------------------------------
  /// Calls `use` with the state at `when`.
  result<acta::state_json>
  read_state(std::string_view aggregate, std::string_view id, const moment& when,
             const std::function<result<void>(const aggregate_type&, erased_state&)>& use);
  result<std::vector<recorded_event>> read_events(std::string_view aggregate, std::string_view id,
                                                  event_range range);
  /// As projections::when_visible, but `f` is called on the reply thread.
  void when_visible(std::string_view view, position at_least,
                    std::chrono::steady_clock::time_point deadline,
                    std::function<void(result<void>)> f);
  /// As runtime::set_aside.
  [[nodiscard]] result<std::vector<set_aside_record>> set_aside(std::size_t limit,
                                                                std::string_view after) const;
  result<void> drop_set_aside(std::string_view id);
  /// What is known of a command that an earlier run may have sent.
  enum class recall : std::uint8_t {
    taken,
    not_taken,
    forgotten, ///< if it was taken, only the stream itself can tell
  };
  /// @param cause  the event that led to the command, so that the command's commit came after it
  /// Cost: one look-up. Errors: `unknown_aggregate`, `io`.
  result<recall> recall_command(std::string_view aggregate, std::string_view id,
                                const uuid& command_id, position cause);
  /// Visits the command ids of a stream, and where they stand, in order, until `visit` says false.
  /// Errors: `unknown_aggregate`, `io`, `corrupt_commit`.
  result<void> visit_commands(std::string_view aggregate, std::string_view id,
                              const std::function<bool(const uuid&, position)>& visit);
  /// The time of the last commit whose command id may be forgotten, of all partitions; nothing if
  /// all are remembered. If that commit is damaged: the time of the next one that is not.
  result<std::optional<time_point>> forgotten_until();
  [[nodiscard]] std::uint64_t last_position(std::uint32_t partition) const noexcept {
    return store_->partitions()[partition]->last_position();
  }
  /// Puts the newest usable snapshot at or before the limits into `state`, which is fresh; else
  /// leaves it alone.
  result<replay_start> restore_snapshot(const binding& b, const persistence::stream_key& key,
                                        version_number version_max,
                                        std::optional<time_point> time_max, erased_state& state);
  /// Applies the events of `commit` that follow `version`, up to `target`.
  std::optional<error> replay(const binding& b, const persistence::commit_view& commit,
                              version_number& version, version_number target, void* state);

  // -- for aggregates -----------------------------------------------------------
  /// Answers a ticket and ends its stay in the pipeline.
  void finish(ticket& t, std::optional<error> outcome);
  void offer(aggregate& a, persistence::snapshot s);
  void retry_later(aggregate& a, unsigned attempt);
  void quarantine(aggregate& a, const error& why);
  /// A finished instance of the process has passed over what the runtime has brought it.
  void count_passed_over(const std::string& process);
  [[nodiscard]] bool take_permit(aggregate& a) { return supervisor_->take_permit(a); }
  void give_permit_back() { supervisor_->give_permit_back(); }
  [[nodiscard]] time_point now() const { return options_.clock(); }
  [[nodiscard]] std::chrono::milliseconds shortest_idle_time() const noexcept {
    return shortest_idle_time_;
  }
  [[nodiscard]] actors::host& host() noexcept { return *host_; }
  [[nodiscard]] acta::detail::directory& directory() noexcept { return *directory_; }
  [[nodiscard]] acta::detail::counters& counters() noexcept { return counters_; }
  [[nodiscard]] const runtime_options& options() const noexcept { return options_; }

  template <class... Args>
  void log(log_level level, fmt::format_string<Args...> text, Args&&... args) const noexcept {
    log_to(options_.log, level, text, std::forward<Args>(args)...);
  }
  template <class... Args>
  static void log_to(const log_sink& sink, log_level level, fmt::format_string<Args...> text,
                     Args&&... args) noexcept {
    if (!sink) return;
    try {
      sink(level, fmt::format(text, std::forward<Args>(args)...));
    } catch (...) { // a line that cannot be formatted or written is not worth a crash
    }
  }

  /// The process takes in what comes after this position: it was not there before.
  [[nodiscard]] std::uint64_t process_start(std::string_view process,
                                            std::uint32_t partition) const;

  // -- coming to rest
  /// Who runs by itself takes part, before start() ends.
  [[nodiscard]] acta::detail::settling& settling() noexcept { return *settling_; }
  bool settle(std::chrono::milliseconds deadline);
  /// For tests that end the program there; set before start().
  crash_hook on_crash_point = nullptr;

  // -- for the facade -----------------------------------------------------------
  [[nodiscard]] const acta::model& model() const noexcept { return model_; }
  [[nodiscard]] acta::projections& read_side() noexcept { return *read_side_; }
  /// Null if there is none of that name.
  [[nodiscard]] subscriber_runner* find_subscriber(std::string_view name) const noexcept {
    return subscribers_ ? subscribers_->find(name) : nullptr;
  }
  [[nodiscard]] std::vector<subscriber_status> subscriber_status_of_all() const {
    return subscribers_ ? subscribers_->status() : std::vector<subscriber_status>{};
  }
  [[nodiscard]] const recovery_summary& recovery() const noexcept { return recovery_; }
  [[nodiscard]] runtime_figures figures() const;
  [[nodiscard]] std::vector<acta::quarantine> quarantined() const;
  [[nodiscard]] std::vector<stuck_delivery> stuck(std::size_t limit) const;
  bool release(std::string_view aggregate, std::string_view id);

private:
  result<void> check_contract();
  /// Reads all journals, and the outbox. Pre: there is no runner.
  result<stored_inputs> count_inputs(const input_version& what) const;
  /// Errors: as process_runner::judge.
  result<std::unique_ptr<process_runner>> open_processes();
  /// Pre: processes_mutex_ is held.
  result<void> start_processes(std::unique_ptr<process_runner> runner);
  void name_the_absent() const;
  void tell_lost_outbox() const;
  /// Where the processes of the model begin, and a line for each that has none yet. Errors:
  /// `other_history` if the journal does not hold where one began: from there on it might miss
  /// events, and from an earlier place it would hear some that it has heard.
  result<void> note_process_starts(std::map<std::string, std::string>& contract);
  /// Of all partitions, as in the contract.
  [[nodiscard]] std::string ends_text() const;
  result<void> bind();
  void on_batch(persistence::partition& p,
                std::span<persistence::append_entry* const> entries) noexcept;
  /// Counts an answer; true if it was the first one of the ticket.
  bool settle_answer(ticket& t, std::optional<error> outcome);
  /// Whether a caller may send to this id: to one that nobody could address by a URL only if such a
  /// stream is there already.
  result<void> check_id(const route& to, std::string_view id) const;
  void watch_deadline(const ticket_ptr& t);
  void look_at_deadline(const ticket_ptr& t);
  /// Pre: it is counted as outstanding. What it throws, it throws before anybody has the ticket.
  bool hand_over(const route& to, std::string_view id, std::size_t command, erased_command payload,
                 command_options options, const ticket_ptr& t, sender by);
  /// No command is under way, and no callback waits or runs.
  [[nodiscard]] bool all_answered() const noexcept;
  /// Outstanding; wakes stop() at the last one.
  void one_less();

  acta::model model_;
  runtime_options options_;
  acta::detail::counters counters_;
  /// Shared with callbacks, which may run after the runtime's end.
  std::shared_ptr<acta::detail::settling> settling_ = std::make_shared<acta::detail::settling>();
  recovery_summary recovery_;
  store_health health_;
  std::chrono::milliseconds shortest_idle_time_ = std::chrono::hours{24};
  std::map<std::string, route, std::less<>> routes_;
  std::map<std::string, std::vector<std::uint64_t>, std::less<>> process_starts_; ///< by partition
  mutable std::mutex passed_over_mutex_;
  std::map<std::string, std::uint64_t, std::less<>> passed_over_; ///< by process
  mutable std::mutex quarantine_mutex_;
  std::map<std::string, error> quarantine_;

  std::mutex drained_mutex_;
  std::condition_variable drained_;
  std::atomic<bool> stopping_{false};
  bool stopped_ = false;
  bool stopped_in_time_ = false;

  // Destroyed from the last to the first: aggregates before the host that runs them, the journal
  // before the replies.
  std::unique_ptr<reply_thread> replies_;
  std::function<std::unique_ptr<actors::host>(std::size_t workers)> make_host_;
  std::unique_ptr<actors::host> host_;
  std::unique_ptr<persistence::store> store_;
  std::shared_ptr<const catalog::shapes> stored_shapes_;
  std::vector<std::string> unreadable_;
  std::unique_ptr<projections> read_side_;
  std::unique_ptr<acta::detail::directory> directory_;
  std::unique_ptr<store_watch> watch_; ///< of the supervisor's thread
  std::unique_ptr<supervisor> supervisor_;
  bool processes_known_ = false;  ///< an earlier run had some
  std::mutex processes_mutex_;    ///< taken to start them
  bool schedules_used_ = false;   ///< ever, in this store
  bool processes_closed_ = false; ///< by stop()
  std::unique_ptr<process_runner> processes_;
  std::atomic<process_runner*> running_{nullptr}; ///< the same, once it has started
  std::unique_ptr<subscribers> subscribers_;
};

} // namespace acta::detail
