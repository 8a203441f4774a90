// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The runtime: a store, its aggregates as actors, and the one door to both.
#pragma once

#include <acta/core/result.hpp>
#include <acta/domain/model.hpp>
#include <acta/projections/projections.hpp>
#include <acta/runtime/causes.hpp>
#include <acta/runtime/errc.hpp>
#include <acta/runtime/options.hpp>
#include <acta/runtime/pending.hpp>
#include <acta/runtime/schedule.hpp>
#include <acta/runtime/set_aside.hpp>
#include <acta/runtime/subscriber.hpp>
#include <acta/runtime/view_handle.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace acta {

namespace detail {
class engine;
}

/// What opening a store found.
struct recovery_summary {
  std::uint64_t aggregates = 0;   ///< streams in the store
  std::uint64_t events = 0;       ///< events in the store
  std::uint64_t tail_commits = 0; ///< commits read again because the index was behind
  bool index_rebuilt = false;
  std::chrono::microseconds took{0};
};

/// Figures for metrics; counters since open unless said otherwise.
struct runtime_figures {
  std::uint64_t commands = 0;    ///< answered, in whatever way
  std::uint64_t accepted = 0;    ///< with a receipt
  std::uint64_t rejected = 0;    ///< by the domain
  std::uint64_t failed = 0;      ///< with an error
  std::uint64_t overloaded = 0;  ///< refused at the door, not in `commands`
  std::uint64_t outstanding = 0; ///< now
  std::uint64_t resident = 0;    ///< aggregates in memory now
  std::uint64_t quarantined = 0; ///< streams in quarantine now: alert when not 0
  std::uint64_t recoveries = 0;  ///< aggregates brought into memory
  std::uint64_t passivations = 0;
  std::uint64_t restarts = 0;          ///< states thrown away and rebuilt
  std::uint64_t snapshots = 0;         ///< handed to the store
  std::uint64_t snapshots_ignored = 0; ///< of another shape or history, or unreadable
  std::uint64_t snapshots_dropped = 0; ///< too large, or too many at once: replays get longer
  std::uint64_t commits = 0;           ///< stored
  std::uint64_t events = 0;            ///< stored
  std::uint64_t batches = 0;           ///< transactions of the journals
  std::uint64_t failed_batches = 0;    ///< transactions that failed: alert when it rises
  std::uint64_t index_failures = 0;    ///< of the index, tried again: alert when it rises
  /// Why the last commit that was to be stored was not, and where; empty if it was.
  std::string store_failure;
  bool store_broken = false; ///< that was no lack of room: no commit is stored before a restart
  std::chrono::milliseconds store_failure_age{0}; ///< since the last commit that failed
  std::uint64_t index_damages = 0; ///< answers refused because derived data is damaged: alert
  std::uint64_t clock_jumps = 0;   ///< the clock left the monotonic one by a minute: alert
  projection_figures projections;
  process_figures processes;
  subscriber_figures subscribers;
};

/// A state with its place in the stream, as JSON.
struct state_json {
  std::string stream;
  version_number version = 0;
  acta::position position;
  std::string json;
};

/// A quarantined stream and why.
struct quarantine {
  std::string stream;
  error reason;
};

/// When state() is asked for: now, at a version, or at a time.
using moment = std::variant<std::monostate, at_version, at_time>;

/// Lifecycle: open() recovers the store; stop() or the destructor ends it in order. Move-only;
/// several may live in one process. Threads: every member from any thread, but stop() and
/// destruction not concurrently with each other.
class runtime {
public:
  /// Errors: `bad_model` (also for a subscriber without the channel it needs), `invalid_argument`
  /// (an option outside of its range, named; nothing was made or opened), `store_locked`
  /// (naming the pid), `wrong_format`, `contract_changed` (naming type and shapes), `io`,
  /// `corrupt_commit`. Blocking: until the journal's tail is read again; long only when derived
  /// data is rebuilt.
  static result<runtime> open(const std::filesystem::path& folder, acta::model m,
                              runtime_options options = {});
  /// Without a disk: nothing survives it. For tests.
  static result<runtime> in_memory(acta::model m, runtime_options options = {});

  runtime(runtime&&) noexcept;
  runtime& operator=(runtime&&) noexcept;
  /// stop() unless it was called; then waits, without limit, for a decide, an evolve or a key that
  /// has not returned. Only then the store may be opened again.
  ~runtime();

  /// Sends a command to an aggregate. The receipt means: on disk.
  /// Cost: one actor message and a share of one transaction. Blocking: no; an overloaded runtime
  /// answers at once.
  template <class A, class C>
  requires(detail::contains<C, typename A::commands>) pending
      ask(std::string_view id, C command, command_options options) {
    return submit(typeid(A), A::name, id, detail::index_in<C>(typename A::commands{}),
                  detail::own(std::move(command)), std::move(options));
  }
  /// Not a default argument: GCC before 13 copies an aggregate made inside a co_await expression
  /// bit by bit. For the same reason a coroutine that passes options names them first:
  /// `command_options o{...}; co_await r.ask<A>(id, c, o);`
  template <class A, class C>
  requires(detail::contains<C, typename A::commands>) pending ask(std::string_view id, C command) {
    return ask<A>(id, std::move(command), command_options{});
  }
  /// Gives a process an input of its own. The receipt means: the step is on disk; what it says is
  /// done from then on, until it is answered. A process that has finished rejects it:
  /// `process_finished`.
  template <class P, class I>
  requires(detail::takes_input<P, I> && !detail::is_rejected<I> &&
           !detail::internal_input<I>) pending
      ask(std::string_view id, I input, command_options options) {
    return submit(typeid(P), P::name, id, detail::index_in<I>(typename P::inputs{}),
                  detail::own(std::move(input)), std::move(options));
  }
  template <class P, class I>
  requires(detail::takes_input<P, I> && !detail::is_rejected<I> &&
           !detail::internal_input<I>) pending ask(std::string_view id, I input) {
    return ask<P>(id, std::move(input), command_options{});
  }
  /// ask() without an answer. Returns false if it was refused at the door (overloaded, stopped, bad
  /// id); what fails later is counted and logged.
  template <class A, class C>
  requires(detail::contains<C, typename A::commands>) bool send(std::string_view id, C command,
                                                                command_options options = {}) {
    return submit_and_forget(typeid(A), A::name, id, detail::index_in<C>(typename A::commands{}),
                             detail::own(std::move(command)), std::move(options));
  }
  /// The same by name, with the command as JSON. Errors besides ask()'s: `unknown_aggregate`,
  /// `unknown_command`, `json_invalid`.
  pending ask_json(std::string_view aggregate, std::string_view id, std::string_view command,
                   std::string_view json, command_options options = {});

  /// Sends a command, or an input of a process, later: see schedule.hpp. The id means: it is on
  /// disk. Errors: `invalid_argument` (the timing, with the column of what is wrong in a cron
  /// expression; an id that is none), `schedule_exists` (the id has another schedule, or this one
  /// was cancelled), `unknown_aggregate`, `unknown_command`, `timeout`, and ask()'s.
  /// Cost: as a command. Blocking: up to one sync; never call it inside decide, evolve, react or a
  /// callback of then().
  template <class A, class C>
  requires(detail::takes_command<A, C> ||
           (detail::takes_input<A, C> && !detail::is_rejected<C> && !detail::internal_input<C>))
      result<schedule_id> schedule(std::string_view id, const C& command, const timing& when,
                                   const schedule_options& options = {}) {
    auto json = to_json(command);
    if (!json) return std::move(json).error();
    return schedule_json(A::name, id, type_name<C>(), *json, when, options);
  }
  /// The same by name. Errors besides schedule()'s: `json_invalid` with a JSON pointer.
  result<schedule_id> schedule_json(std::string_view aggregate, std::string_view id,
                                    std::string_view command, std::string_view json,
                                    const timing& when, const schedule_options& options = {});
  /// Ends a schedule; what it has sent is on its way. False: there is no such schedule, or it has
  /// ended. Errors and blocking as schedule().
  result<bool> cancel(std::string_view id,
                      std::chrono::milliseconds timeout = std::chrono::seconds{10});
  /// How one is doing, whether or not it has ended. Errors: `not_found`.
  result<schedule_status> find_schedule(std::string_view id);
  /// Those that go on, in the order of their ids: up to `limit` (at most schedules_max) after the
  /// id `after`. One of the last few milliseconds may be missing.
  result<std::vector<schedule_status>> schedules(std::size_t limit = 100,
                                                 std::string_view after = {});

  /// The state as of what is on disk: now, at a version, or at a time. Reads the newest usable
  /// snapshot and the events after it on the caller's thread. Errors: `not_found` (no events then),
  /// `corrupt_commit`, `unknown_event`, `evolve_threw`.
  template <class A> result<A> state(std::string_view id, moment when = {}) {
    A state{};
    if (auto read = read_state(typeid(A), A::name, id, when, &state); !read)
      return std::move(read).error();
    return state;
  }
  /// Errors besides state()'s: `unknown_aggregate`.
  result<acta::state_json> state_json(std::string_view aggregate, std::string_view id,
                                      moment when = {});

  /// Stored events of one stream, in order. Errors: `corrupt_commit`; a stream without events gives
  /// none.
  template <class A>
  result<std::vector<recorded_event>> events(std::string_view id, event_range range = {}) {
    return events(A::name, id, range);
  }
  result<std::vector<recorded_event>> events(std::string_view aggregate, std::string_view id,
                                             event_range range = {});

  /// Why an event happened: what caused it, back to the first command, and all that came of that.
  /// Events that subscribers sent on to the outside, and came back from there, begin anew. Errors:
  /// `not_found` (no event there), `corrupt_commit`, `io`. Cost: index look-ups for each event
  /// found. Blocking: page faults.
  result<event_causes> why(position event, const causes_options& limits = {});

  /// The rows of a view. `runtime.view<carts>().get("42", {.at_least = receipt->position})` shows
  /// the command's own effect, or says that the view is late.
  template <class V> [[nodiscard]] view_handle<V> view() const {
    static_assert(detail::view_must_be_well_formed<V>::ok);
    return view_handle<V>(read_side());
  }
  /// Answers a typed question, from one picture of all views.
  /// Errors: the query's own; `unknown_query`, `query_threw`, and those of view_handle.
  /// @param info  set to what the answer shows, if wanted
  template <class Q>
  result<typename Q::reply> query(const Q& question, const read_options& options = {},
                                  answer_info* info = nullptr) {
    static_assert(detail::query_must_be_well_formed<Q>::ok);
    auto reply = answer(typeid(Q), Q::name, &question, options, info);
    if (!reply) return std::move(reply).error();
    return *static_cast<const typename Q::reply*>(reply->get());
  }
  /// All views, frozen now: several questions about one moment. Hold it for seconds, not minutes.
  [[nodiscard]] acta::picture picture() const { return acta::picture(read_side().take_picture()); }
  /// Views as they were, built anew from the journal in scratch files, on this thread: as of an
  /// event, or a time. Cost: as a rebuild of each. Errors: `unknown_position`, `cancelled`, and
  /// what an event does wrong.
  template <class... Vs>
  result<acta::picture> past(const past_moment& when, const past_progress& progress = {}) {
    const std::string names[] = {std::string(Vs::name)...};
    auto built = read_side().past(names, when, progress);
    if (!built) return std::move(built).error();
    return acta::picture(std::move(*built));
  }

  /// By name, with rows as JSON. If there is no such row, view_row_json() answers without rows, and
  /// still says how far the view is. Errors besides view_handle's:
  /// `unknown_view`, `unknown_query`, `json_invalid`.
  result<json_rows> view_row_json(std::string_view view, std::string_view key,
                                  const read_options& options = {}) {
    return read_side().row_json(view, key, options);
  }
  result<json_rows> view_scan_json(std::string_view view, const scan_options& range,
                                   const read_options& options = {}) {
    return read_side().scan_json(view, range, options);
  }
  result<json_answer> query_json(std::string_view name, std::string_view request,
                                 const read_options& options = {}) {
    return read_side().answer_json(name, request, options);
  }
  /// Calls `f` when the view shows the event, or with `view_late` at the deadline, or with
  /// `view_stopped`. Always on the thread that runs the callbacks of pending::then, also if the
  /// answer is there already: it must not block, and may ask again. For hosts that must not wait in
  /// a thread.
  void when_visible(std::string_view view, acta::position at_least,
                    std::chrono::steady_clock::time_point deadline,
                    std::function<void(result<void>)> f);

  /// Follows the events of all streams, or of some. Errors: `invalid_argument`,
  /// `unknown_aggregate`, `unknown_event_type`.
  result<subscription> subscribe(const subscription_options& options = {}) {
    return read_side().subscribe(options);
  }

  /// How all views are doing.
  [[nodiscard]] std::vector<view_status> views() const { return read_side().status(); }
  /// What can be done to one. Errors: `unknown_view`.
  result<acta::projection> projection(std::string_view view) { return read_side().find(view); }

  /// How all subscribers are doing.
  [[nodiscard]] std::vector<subscriber_status> subscribers() const;
  /// What can be done to one. Errors: `unknown_subscriber`.
  result<subscriber_handle> subscriber(std::string_view name);

  /// Waits until nothing goes on by itself any more: all commands are answered, every view shows
  /// every event, processes have nothing to do, no timer is due by the runtime's clock, and
  /// subscribers are done. What is stuck(), a dead letter or paused counts as done; what has failed
  /// fewer times is waited for. False if it does not come to that by the deadline (a view that
  /// stands still never does). For tests: commands of others meanwhile keep it waiting. Blocking:
  /// yes.
  bool settle(std::chrono::milliseconds deadline = std::chrono::seconds{10});

  /// Ends in order: no new commands, outstanding ones are answered, what subscribers do is done,
  /// last commit, snapshots, actors. What is not answered by the deadline gets `stopped`. Returns
  /// whether everything was answered, and all code of the model's and callbacks of then() had
  /// returned, in time. States, events and views can be read on, so the folder stays open: until
  /// the runtime is destroyed opening it again, in this program too, is `store_locked`.
  /// Idempotent. Blocking: yes, up to the deadline, and a second for each thing that has not
  /// returned by then.
  bool stop(std::chrono::milliseconds deadline = std::chrono::seconds{10});

  [[nodiscard]] const acta::model& model() const noexcept;
  [[nodiscard]] const recovery_summary& recovery() const noexcept;
  [[nodiscard]] runtime_figures figures() const;
  [[nodiscard]] std::vector<quarantine> quarantined() const;
  /// What processes have to do and cannot, in order of targets, at most `limit`.
  [[nodiscard]] std::vector<stuck_delivery> stuck(std::size_t limit = 1000) const;
  /// What processes have set aside, ordered by id, at most `limit`, behind the one with the id
  /// `after` (empty: from the first). What has just been set aside may still be missing. Errors:
  /// `invalid_argument` (not the form of an id), `io`.
  [[nodiscard]] result<std::vector<set_aside_record>> set_aside(std::size_t limit = 1000,
                                                                std::string_view after = {}) const;
  /// Forgets one, so that it no longer counts; after a power loss it may be back. Errors:
  /// `invalid_argument`, `not_found`, `io`, `store_full`.
  result<void> drop_set_aside(std::string_view id);
  /// Lets a quarantined stream try again at its next command, or at once if a process has one for
  /// it. False if it is not in quarantine.
  bool release(std::string_view aggregate, std::string_view id);

private:
  explicit runtime(std::unique_ptr<detail::engine> e) noexcept;
  static result<runtime> start(std::unique_ptr<detail::engine> e);
  pending submit(const std::type_info& type, std::string_view aggregate, std::string_view id,
                 std::size_t command, erased_command payload, command_options options);
  bool submit_and_forget(const std::type_info& type, std::string_view aggregate,
                         std::string_view id, std::size_t command, erased_command payload,
                         command_options options);
  result<std::shared_ptr<const void>> answer(const std::type_info& type, std::string_view query,
                                             const void* question, const read_options& options,
                                             answer_info* info);
  [[nodiscard]] projections& read_side() const noexcept;
  result<void> read_state(const std::type_info& type, std::string_view aggregate,
                          std::string_view id, const moment& when, void* into);

  std::unique_ptr<detail::engine> engine_;
};

} // namespace acta
