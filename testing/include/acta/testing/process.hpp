// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Given inputs, when another, then what is to be done: tests of processes without disk, threads,
/// aggregates or runtime, in virtual time.
///
///   acta::given<transfer>(request_transfer{"ada", "bob", 30}, debited{30})
///       .when(acta::rejected<credit>{.code = "not_open"})
///       .then(acta::send<account>("ada", credit{30}))
///       .after(24h).then_nothing();
///
/// Besides what a test says it expects, every test proves what the runtime relies on:
///
/// - inputs, steps and every state on the way are the same after the way through the binary and the
///   JSON codec;
/// - replay of the stored steps, through the engine's table, from the first one and from a snapshot
///   at any version, leads to the state that the inputs had led to;
/// - react throws nothing, leaves the state alone, and gives the same answer again: to the input as
///   it was, and to input and state as they come back from the codecs;
/// - evolve throws nothing; a runtime would take each reaction, and its step fits one commit
///   (1 MiB); the durable names are sound.
///
/// The input of a timer carries `acta.timer` and `acta.due`, as the runtime gives them.
///
/// Cost: as for aggregates, quadratic in the number of inputs.
#pragma once

#include <acta/core/time.hpp>
#include <acta/domain/model.hpp>
#include <acta/domain/process.hpp>
#include <acta/testing/expectation.hpp>
#include <acta/testing/proof.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/scenario.hpp>
#include <acta/testing/stored.hpp>
#include <acta/testing/surroundings.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace acta::testing {

/// Timers that one move of the clock fires; beyond it the test fails: a timer that sets itself
/// again at once would never let the time go on.
inline constexpr std::size_t timers_fired_max = 1'000;

/// A timer that is set and has not fired.
struct pending_timer {
  std::string name;
  time_point due{};
  friend bool operator==(const pending_timer&, const pending_timer&) = default;
};

namespace detail {

/// What a react answered.
struct reacted {
  std::vector<action> actions;
};
[[nodiscard]] bool same_answer(const reacted& a, const reacted& b);
/// `send account/ada credit {"cents":30}`, `after 24h expired {}`, `finish`.
[[nodiscard]] std::vector<std::string> show_answer(const reacted& all);
/// Where two reactions differ, in words for a report; nothing if they hold the same.
[[nodiscard]] std::optional<std::string> difference_of(const std::vector<action>& expected,
                                                       const std::vector<action>& actual);

/// A timer as the step that set it says.
struct set_timer {
  version_number set_at = 0;
  process_step::timer timer;
};
/// Those that are set, first due first; of one time, first set first.
[[nodiscard]] std::vector<set_timer>
pending_timers(const std::map<std::string, version_number>& set,
               const std::vector<const process_step*>& steps);
/// At most the last moment of the year 9999, beyond which no timer is due.
[[nodiscard]] time_point later(time_point now, std::chrono::microseconds pause);
[[nodiscard]] std::vector<pending_timer> by_name(std::vector<pending_timer> timers);
[[nodiscard]] std::vector<std::string> show_timers(const std::vector<pending_timer>& timers);
/// The attribute of a timer's input, as the runtime writes it.
[[nodiscard]] std::string mark_of(const set_timer& timer);

/// What a process has taken and what that has made of it. A value; what copies share is not changed
/// any more.
template <class P> class process_past {
public:
  using state = acta::detail::process_state<P>;
  using input = typename past_of<typename P::inputs>::event;

  process_past() { begin(); }

  /// Starts a run of inputs, which may change the state.
  void begin();
  /// What the process answers. Pre: within a run.
  reacted take(const input& i, surroundings& around, const report& so_far);
  /// Fires what is due until then, in order. Pre: within a run.
  std::vector<std::pair<std::string, reacted>> move_to(time_point to, surroundings& around,
                                                       const report& so_far);
  /// Ends a run: proves that no codec and no snapshot on the way would make the state another.
  void prove(const report& so_far) const;

  [[nodiscard]] const state& now() const noexcept { return *live_; }
  [[nodiscard]] bool empty() const noexcept { return shown_.empty(); }
  [[nodiscard]] const std::vector<std::string>& shown() const noexcept { return shown_; }
  [[nodiscard]] std::vector<set_timer> timers() const;
  void check_names(const report& so_far) const;

private:
  /// One input with the step that stores it. Shared by copies; never changed.
  struct taken {
    input what;
    process_step step;
    byte_buffer stored;
  };

  template <class I> reacted take_typed(const I& i, surroundings& around, const report& so_far);
  /// Lets the engine's table execute it. @param answered  what it must have stored
  template <class I>
  taken stored_as(const I& i, const reacted& answered, const surroundings& around,
                  const report& so_far) const;
  static void evolve(state& s, const taken& t, const report& so_far);
  static input input_of(const set_timer& timer, const report& so_far);

  std::shared_ptr<const process_type> type_ =
      std::make_shared<const process_type>(make_process_type<P>());
  std::vector<std::shared_ptr<const taken>> taken_;
  std::vector<std::string> shown_;
  std::shared_ptr<state> live_;
};

/// A type of its own, so that the compiler's message names the argument and the inputs there are.
template <class Argument, class Inputs> struct input_must_be_of {
  static_assert(acta::detail::contains<Argument, Inputs>,
                "acta: when(...) takes an input of the process; both the argument's type and the "
                "inputs there are stand in input_must_be_of<Argument, one_of<Inputs...>>.");
  static constexpr bool ok = true;
};

} // namespace detail

template <acta::detail::is_process P> class process_outcome;

/// What can be said at any point of a process's test. `Self` is the scenario or the outcome.
template <class P, class Self> class process_test : public in_surroundings<Self> {
public:
  using where_t = source_place;

  /// Gives it another input. Throws `failure` if anything but the reaction itself is not as it must
  /// be. A process that has finished passes it over.
  template <class I>
  process_outcome<P> when(const I& input, where_t where = where_t::current()) const;
  /// The clock goes to `to`; before any input it may go back, too. Timers that become due on the
  /// way fire in the order in which they are due, those of one time in the order in which they were
  /// set; each is an input at its own time, with the reactions and timers that it leads to. What
  /// comes `then` is the reactions of all of them.
  process_outcome<P> at(time_point to, where_t where = where_t::current()) const;
  /// As at(): the clock goes on by `pause`.
  process_outcome<P> after(std::chrono::microseconds pause,
                           where_t where = where_t::current()) const;

  /// The state is `expected`: a `P`; or a function that takes the state, and checks it with the
  /// means of the test framework or returns whether it is as it must be.
  template <class Expected>
  const Self& then_state(const Expected& expected, where_t where = where_t::current()) const;
  /// Some reaction was the end.
  const Self& then_finished(where_t where = where_t::current()) const;
  /// Exactly these timers are set and have not fired, in any order.
  const Self& then_timers(const std::vector<pending_timer>& expected,
                          where_t where = where_t::current()) const;

protected:
  process_test() = default;
  process_test(detail::process_past<P> past, detail::surroundings around, report so_far)
      : past_(std::move(past)), so_far_(std::move(so_far)) {
    this->surroundings_ = std::move(around);
  }
  [[nodiscard]] const Self& self() const { return static_cast<const Self&>(*this); }
  /// What every report starts with.
  [[nodiscard]] report background() const;
  [[nodiscard]] std::vector<pending_timer> timers() const;

  detail::process_past<P> past_;
  /// Of an outcome: how it came about.
  std::optional<report> so_far_;
};

/// A past of `P`, and the surroundings of what comes next. A value: one can be kept and asked
/// several times.
template <class P>
class [[nodiscard]] scenario<P, tested::process> : public process_test<P, scenario<P>> {
  static_assert(acta::detail::process_must_be_well_formed<P>::ok);

public:
  /// @param past  inputs, or ranges of inputs, which the process takes in this order.
  template <class... Past> static scenario given(Past&&... past) {
    scenario started;
    started.start(detail::make_past<typename P::inputs>(std::forward<Past>(past)...));
    return started;
  }
  /// @param stored  its inputs as its steps hold them, and events of the aggregates `As` of any
  ///   released version; in this order. See acta::given_stored.
  template <class... As> static scenario given_stored(const std::vector<stored_event>& stored) {
    scenario started;
    started.start(detail::stored_inputs<P, As...>(
        stored, {.stream = std::string(default_stream), .recorded_at = default_time},
        started.background()));
    return started;
  }

private:
  scenario() = default;
  void start(const detail::past<typename P::inputs>& past);
};

/// What an input, or the timers that fired, led to. Each `then` throws `failure` if it is not so;
/// they can be chained, and so can further inputs and moves of the clock.
template <acta::detail::is_process P>
class [[nodiscard]] process_outcome : public process_test<P, process_outcome<P>> {
public:
  /// Exactly these actions, in this order: acta::send, after, at, cancel, finish. They are compared
  /// by what they hold, commands and inputs by their JSON form; `after` is not the same as `at`.
  template <std::convertible_to<action>... Actions>
  const process_outcome& then(const Actions&... expected) const {
    return reaction_is({action(expected)...});
  }
  const process_outcome& then_nothing() const { return reaction_is({}); }

private:
  template <class, class> friend class process_test;
  process_outcome(detail::process_past<P> past, detail::surroundings around, detail::reacted answer,
                  report so_far)
      : process_test<P, process_outcome<P>>(std::move(past), std::move(around), std::move(so_far)),
        answer_(std::move(answer)) {}

  const process_outcome& reaction_is(const std::vector<action>& expected) const;

  detail::reacted answer_;
};

// What follows only does what stands above.

namespace detail {

template <class P> void process_past<P>::begin() {
  auto fresh = std::make_shared<state>();
  for (const auto& t : taken_) evolve(*fresh, *t, report());
  live_ = std::move(fresh);
}

template <class P> void process_past<P>::check_names(const report& so_far) const {
  acta::model model;
  if (const auto ok = model.add(*type_).check(); !ok)
    report(so_far)
        .line("error", ok.error().to_string())
        .fail(promise::sound_model, "no runtime would open with this process");
}

template <class P> std::vector<set_timer> process_past<P>::timers() const {
  std::vector<const process_step*> steps;
  for (const auto& t : taken_) steps.push_back(&t->step);
  return pending_timers(live_->timers, steps);
}

template <class P> void process_past<P>::evolve(state& s, const taken& t, const report& so_far) {
  acta::detail::take_step(s, t.step);
  try {
    std::visit([&](const auto& typed) { acta::detail::evolve_process(s.process, typed); }, t.what);
  } catch (...) {
    report(so_far)
        .line("input", show_event(t.what))
        .line("thrown", acta::detail::describe_exception())
        .fail(promise::evolve_returns,
              "evolve threw: the input is stored, and the process could never be read again");
  }
}

template <class P>
reacted process_past<P>::take(const input& i, surroundings& around, const report& so_far) {
  return std::visit([&](const auto& typed) { return take_typed(typed, around, so_far); }, i);
}

template <class P>
template <class I>
reacted process_past<P>::take_typed(const I& i, surroundings& around, const report& so_far) {
  if (live_->finished) {
    (void)through_binary(i, so_far);
    (void)through_json(i, so_far);
    shown_.push_back(show_named(i) + " (passed over)");
    return {};
  }
  auto following = around.next_id;
  auto answered = ask_again(
      live_->process, i, {"react", "input", promise::react_leaves_state, promise::react_repeats},
      [&](const P& process, const I& same) {
        counted_ids ids(around.next_id);
        const auto c = around.at_version(live_->version, ids);
        reacted answer;
        try {
          answer.actions = acta::detail::react<P, I>(process, same, c).actions();
        } catch (...) {
          report(so_far)
              .line("thrown", acta::detail::describe_exception())
              .fail(promise::react_returns,
                    "react threw: nobody waits for its answer, and the input would come again");
        }
        following = ids.following();
        return answer;
      },
      so_far);
  auto made = std::make_shared<const taken>(stored_as(i, answered, around, so_far));
  evolve(*live_, *made, so_far);
  taken_.push_back(std::move(made));
  shown_.push_back(show_named(i));
  around.next_id = following;
  return answered;
}

template <class P>
template <class I>
auto process_past<P>::stored_as(const I& i, const reacted& answered, const surroundings& around,
                                const report& so_far) const -> taken {
  constexpr std::array<std::uint32_t, 1> any_name_id{0};
  const auto& command = type_->stored_as->commands[acta::detail::index_in<I>(typename P::inputs{})];
  auto executed = through_binary(*live_, so_far);
  counted_ids ids(around.next_id);
  byte_buffer frame;
  event_writer out(frame, any_name_id);
  const auto done = command.execute(&executed, &i, around.at_version(live_->version, ids), out);
  if (done.how != execution::ending::decided) {
    const bool evolving = done.how == execution::ending::evolve_failed;
    report(so_far)
        .list("reaction", show_answer(answered))
        .line(evolving ? "thrown" : "error", done.what)
        .fail(evolving ? promise::evolve_returns : promise::valid_reaction,
              evolving ? "evolve threw: the input is stored, and the process could never be read "
                         "again"
                       : "the runtime would refuse this reaction");
  }
  must_fit(
      1, frame.size(), around,
      report().line("process", std::string(P::name)).line("input", std::string(type_name<I>())));
  taken made{.what = i, .step = {}, .stored = {}};
  const auto payload = frame.view().subspan(event_frame_header_bytes);
  made.stored.append(payload.data(), payload.size());
  auto read = decode_binary(payload, made.step);
  process_step expected;
  expected.input = made.step.input;
  expected.json = made.step.json;
  expected.fired = made.step.fired;
  reaction all;
  for (const auto& a : answered.actions) all.add(a);
  if (read)
    read = acta::detail::write_actions(all, around.now,
                                       acta::detail::input_names(typename P::inputs{}), expected);
  if (const auto found = difference(expected, made.step); !read || found)
    report(so_far)
        .list("reaction", show_answer(answered))
        .line("step", show(made.step))
        .line("differs", read ? *found : read.error().to_string())
        .fail(promise::react_repeats, "another reaction is stored than react had given");
  (void)through_binary(made.step, so_far);
  (void)through_json(made.step, so_far);
  return made;
}

template <class P>
auto process_past<P>::input_of(const set_timer& set, const report& so_far) -> input {
  std::optional<input> found;
  result<void> read;
  const auto try_as = [&]<class I>(const one_of<I>&) {
    if (found || set.timer.input != acta::detail::kept_name_of<I>()) return;
    I typed{};
    read = from_json(set.timer.json, typed);
    found.emplace(std::in_place_type<I>, std::move(typed));
  };
  [&]<class... Is>(one_of<Is...>) { (try_as(one_of<Is>{}), ...); }(typename P::inputs{});
  if (!found || !read)
    report(so_far)
        .line("value", set.timer.input + ' ' + set.timer.json)
        .line("error", read ? "no input of this name" : read.error().to_string())
        .fail(promise::json_round_trip, "the input of a timer cannot be read again");
  return *std::move(found);
}

template <class P>
std::vector<std::pair<std::string, reacted>>
process_past<P>::move_to(time_point to, surroundings& around, const report& so_far) {
  std::vector<std::pair<std::string, reacted>> fired;
  for (;;) {
    const auto pending = timers();
    if (pending.empty() || pending.front().timer.due > to) break;
    const auto& next = pending.front();
    auto here = around;
    here.now = std::max(around.now, next.timer.due);
    // What the runtime sends of its own accord has no caller.
    here.caller.clear();
    here.command_id = here.correlation_id = {};
    here.attributes = {{std::string(timer_attribute), mark_of(next)},
                       {std::string(due_attribute), to_rfc3339(next.timer.due)}};
    const auto what = next.timer.name + " at " + to_rfc3339(here.now) + ": " + next.timer.input +
                      ' ' + next.timer.json;
    if (fired.size() == timers_fired_max)
      report(so_far)
          .line("next", what)
          .fail(promise::time_goes_on, "more than " + std::to_string(timers_fired_max) +
                                           " timers fire in one move of the clock");
    auto answered = take(input_of(next, so_far), here, report(so_far).line("fired", what));
    fired.emplace_back(what, std::move(answered));
    shown_.back() = "timer " + what;
    around.now = here.now;
    around.next_id = here.next_id;
  }
  around.now = to;
  return fired;
}

template <class P> void process_past<P>::prove(const report& so_far) const {
  must_replay(
      *live_, taken_.size(),
      [&](state& s, std::size_t i, const report& here) {
        const auto& stored = taken_[i]->stored;
        const auto applied = type_->stored_as->events.front().apply(&s, stored.view());
        if (applied) return;
        const bool threw = applied.error().code() == make_error_code(domain_errc::evolve_threw);
        report(here)
            .line("input", show_event(taken_[i]->what))
            .line(threw ? "thrown" : "error",
                  threw ? std::string(applied.error().detail()) : applied.error().to_string())
            .fail(threw ? promise::evolve_returns : promise::replay_agrees,
                  threw ? "evolve threw: the input is stored, and the process could never be read "
                          "again"
                        : "a stored step cannot be applied again");
      },
      "input", so_far);
}

} // namespace detail

template <class P, class Self> report process_test<P, Self>::background() const {
  return report()
      .line("process", std::string(P::name) + '/' + this->surroundings_.id)
      .list("given", past_.shown());
}

template <class P, class Self> std::vector<pending_timer> process_test<P, Self>::timers() const {
  std::vector<pending_timer> pending;
  for (const auto& set : past_.timers()) pending.push_back({set.timer.name, set.timer.due});
  return pending;
}

template <class P>
void scenario<P, tested::process>::start(const detail::past<typename P::inputs>& past) {
  this->past_.check_names(this->background());
  for (const auto& input : past)
    this->past_.take(input, this->surroundings_,
                     this->background().line("input", detail::show_event(input)));
  this->past_.prove(this->background());
}

template <class P, class Self>
template <class I>
process_outcome<P> process_test<P, Self>::when(const I& input, where_t where) const {
  static_assert(detail::input_must_be_of<I, typename P::inputs>::ok);
  auto so_far = background().line("state", show(past_.now().process));
  if (const auto pending = timers(); !pending.empty())
    so_far.list("timers", detail::show_timers(pending));
  so_far.line("when", show_named(input) + (past_.now().finished ? " (after the end)" : ""))
      .at(where);
  auto past = past_;
  auto around = this->surroundings_;
  past.begin();
  auto answer = past.take(input, around, so_far);
  past.prove(report(so_far).list("reaction", detail::show_answer(answer)));
  return process_outcome<P>(std::move(past), std::move(around), std::move(answer),
                            std::move(so_far));
}

template <class P, class Self>
process_outcome<P> process_test<P, Self>::at(time_point to, where_t where) const {
  auto so_far = background().line("state", show(past_.now().process));
  if (const auto pending = timers(); !pending.empty())
    so_far.list("timers", detail::show_timers(pending));
  so_far.line("clock", to_rfc3339(this->surroundings_.now) + " to " + to_rfc3339(to)).at(where);
  if (to < this->surroundings_.now && !past_.empty())
    so_far.fail(promise::valid_test, "the clock must not go back once there were inputs");
  auto past = past_;
  auto around = this->surroundings_;
  past.begin();
  detail::reacted all;
  std::vector<std::string> shown;
  for (auto& [what, answer] : past.move_to(to, around, so_far)) {
    shown.push_back(std::move(what));
    for (auto& a : answer.actions) all.actions.push_back(std::move(a));
  }
  so_far.list("fired", shown);
  past.prove(report(so_far).list("reaction", detail::show_answer(all)));
  return process_outcome<P>(std::move(past), std::move(around), std::move(all), std::move(so_far));
}

template <class P, class Self>
process_outcome<P> process_test<P, Self>::after(std::chrono::microseconds pause,
                                                where_t where) const {
  return at(detail::later(this->surroundings_.now, pause), where);
}

template <class P, class Self>
template <class Expected>
const Self& process_test<P, Self>::then_state(const Expected& expected, where_t where) const {
  static_assert(std::same_as<Expected, P> || detail::looks_at<Expected, P>,
                "acta: then_state takes a state, or a function that takes a state");
  detail::must_be(expected, past_.now().process, so_far_.value_or(background()).at(where),
                  promise::expected_state, "state");
  return self();
}

template <class P, class Self>
const Self& process_test<P, Self>::then_finished(where_t where) const {
  if (!past_.now().finished)
    so_far_.value_or(background())
        .at(where)
        .fail(promise::expected_reaction, "the process goes on, where its end was expected");
  return self();
}

template <class P, class Self>
const Self& process_test<P, Self>::then_timers(const std::vector<pending_timer>& expected,
                                               where_t where) const {
  const auto wanted = detail::by_name(expected), actual = detail::by_name(timers());
  if (wanted != actual)
    so_far_.value_or(background())
        .list("expected", detail::show_timers(wanted))
        .list("actual", detail::show_timers(actual))
        .at(where)
        .fail(promise::expected_timers, "other timers than expected");
  return self();
}

template <acta::detail::is_process P>
const process_outcome<P>&
process_outcome<P>::reaction_is(const std::vector<action>& expected) const {
  if (const auto found = detail::difference_of(expected, answer_.actions))
    report(*this->so_far_)
        .list("expected", detail::show_answer({expected}))
        .list("actual", detail::show_answer(answer_))
        .line("differs", *found)
        .fail(promise::expected_reaction, "another reaction than expected");
  return *this;
}

} // namespace acta::testing
