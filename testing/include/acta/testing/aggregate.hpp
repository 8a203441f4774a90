// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Given events, when a command, then a decision: tests of aggregates without disk, threads or
/// runtime.
///
/// Besides what a test says it expects, every test proves what the runtime relies on:
///
/// - given events, the command, the decided events and every state on the way are the same after
/// the way through the
///   binary and the JSON codec;
/// - replay from a snapshot at any version leads to the same state as replay from the first event;
/// - decide throws nothing, leaves the state alone, and gives the same answer again: to the command
/// as it was, and to
///   the command and the state as they come back from the codecs;
/// - evolve throws nothing, for decoded events too;
/// - the durable names are sound.
///
/// Cost: quadratic in the number of events, because of the snapshots: some hundred events are
/// instant.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/aggregate.hpp>
#include <acta/domain/context.hpp>
#include <acta/domain/model.hpp>
#include <acta/testing/expectation.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/scenario.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace acta::testing {

/// What context::new_id() gives in a test: nth_id(1) first, nth_id(2) next, on through all commands
/// of a chain.
[[nodiscard]] uuid nth_id(std::uint64_t n) noexcept;

namespace detail {

/// Gives nth_id(first), nth_id(first + 1), …
class counted_ids final : public id_source {
public:
  explicit counted_ids(std::uint64_t first) noexcept : next_(first) {}
  uuid next() override { return nth_id(next_++); }
  [[nodiscard]] std::uint64_t following() const noexcept { return next_; }

private:
  std::uint64_t next_;
};

/// All that a context shows and that a test can set.
struct surroundings {
  std::string id = "1";
  time_point now = default_time;
  std::string caller;
  acta::attributes attributes;
  uuid command_id;
  uuid correlation_id;
  std::uint64_t next_id = 1;

  /// The context of a command; valid as long as this and `ids`.
  [[nodiscard]] context at_version(version_number version, id_source& ids) const;
};

/// What a decide answered.
template <class A> struct answer {
  std::optional<rejection> no;
  past<typename A::events> events;
};

template <class A>
concept is_aggregate = requires {
  typename A::commands;
};

/// A type of its own, so that the compiler's message names the argument and the commands there are.
template <class Argument, class Commands> struct command_must_be_of {
  static_assert(acta::detail::contains<Argument, Commands>,
                "acta: when(...) takes a command of the aggregate; both the argument's type and "
                "the commands there are "
                "stand in command_must_be_of<Argument, one_of<Commands...>>.");
  static constexpr bool ok = true;
};

} // namespace detail

template <detail::is_aggregate A> class outcome;

/// A past of `A`, and the surroundings of what comes next. A value: one can be kept and asked
/// several times.
template <detail::is_aggregate A> class [[nodiscard]] scenario<A> {
  static_assert(acta::detail::aggregate_must_be_well_formed<A>::ok);
  using event = typename detail::past_of<typename A::events>::event;

public:
  /// @param past  events, or ranges of events; in this order.
  template <class... Past> static scenario after(Past&&... past) {
    scenario started(detail::make_past<typename A::events>(std::forward<Past>(past)...));
    started.check_names();
    started.replay(started.background());
    return started;
  }

  /// context::now() of the commands that follow.
  scenario at(time_point now) const {
    return with([&](auto& s) { s.now = now; });
  }
  /// context::caller() of the commands that follow.
  scenario as(std::string caller) const {
    return with([&](auto& s) { s.caller = std::move(caller); });
  }
  /// context::id() of the commands that follow: `42` of `cart/42`.
  scenario with_id(std::string id) const;
  /// context::attributes() of the commands that follow.
  scenario with_attributes(acta::attributes attributes) const {
    return with([&](auto& s) { s.attributes = std::move(attributes); });
  }
  /// context::command_id() and correlation_id() of the commands that follow.
  scenario with_command(uuid command_id, uuid correlation_id = {}) const {
    return with([&](auto& s) { s.command_id = command_id, s.correlation_id = correlation_id; });
  }

  /// Lets the aggregate decide. Throws `failure` if anything but the decision itself is not as it
  /// must be.
  template <class C>
  outcome<A> when(const C& command,
                  std::source_location where = std::source_location::current()) const;

  /// What the past has led to. See outcome::then_state.
  template <class Expected>
  const scenario& then_state(const Expected& expected,
                             std::source_location where = std::source_location::current()) const;

private:
  friend class outcome<A>;
  explicit scenario(std::vector<event> past) : past_(std::move(past)) {}

  template <class Change> scenario with(Change change) const {
    auto changed = *this;
    change(changed.surroundings_);
    return changed;
  }
  /// What every report starts with.
  [[nodiscard]] report background() const;
  void check_names() const;
  /// Sets the state from the past, and proves that no codec and no snapshot on the way would make
  /// it another.
  void replay(const report& so_far);
  template <class C>
  detail::answer<A> decide(const A& state, const C& command, id_source& ids,
                           const report& so_far) const;
  static void evolve(A& state, const event& e, const report& so_far);

  std::vector<event> past_;
  detail::surroundings surroundings_;
  /// Shared by copies; never changed once it is here.
  std::shared_ptr<const A> state_;
};

/// What a command led to. Each `then` throws `failure` if it is not so; they can be chained, and so
/// can further commands, for which the decided events are part of the past.
template <detail::is_aggregate A> class [[nodiscard]] outcome {
public:
  /// Exactly these events (or ranges of events), in this order.
  template <class... Expected> const outcome& then(Expected&&... expected) const;
  /// Accepted, without an event.
  const outcome& then_nothing() const { return then(); }
  /// Rejected with this code and, if one is given, with this message.
  const outcome& then_rejected(std::string_view code,
                               std::optional<std::string_view> message = {}) const;
  /// The state, after the decided events, is `expected`: an `A`; or a function that takes the
  /// state, and checks it with the means of the test framework or returns whether it is as it must
  /// be.
  template <class Expected>
  const outcome& then_state(const Expected& expected,
                            std::source_location where = std::source_location::current()) const;

  /// The next command of a chain. Throws `failure` if the one before was rejected and no
  /// then_rejected expected it.
  template <class C>
  outcome when(const C& command,
               std::source_location where = std::source_location::current()) const {
    return next().when(command, where);
  }
  scenario<A> at(time_point now) const { return next().at(now); }
  scenario<A> as(std::string caller) const { return next().as(std::move(caller)); }
  scenario<A> with_attributes(acta::attributes a) const {
    return next().with_attributes(std::move(a));
  }
  scenario<A> with_command(uuid command_id, uuid correlation_id = {}) const {
    return next().with_command(command_id, correlation_id);
  }

private:
  friend class scenario<A>;
  outcome(scenario<A> after, detail::answer<A> answer, report so_far)
      : after_(std::move(after)), answer_(std::move(answer)), so_far_(std::move(so_far)) {}

  const scenario<A>& next() const;

  scenario<A> after_;
  detail::answer<A> answer_;
  report so_far_;
  mutable bool rejection_expected_ = false;
};

// What follows only does what stands above.

namespace detail {

template <class Event> std::vector<std::string> show_events(const std::vector<Event>& events) {
  std::vector<std::string> shown;
  for (const auto& event : events) shown.push_back(show_event(event));
  return shown;
}
/// `rejected: insufficient_funds: balance is 50`.
[[nodiscard]] std::string show_rejection(const rejection& no);
template <class A> std::vector<std::string> show_answer(const answer<A>& answer) {
  return answer.no ? std::vector{show_rejection(*answer.no)} : show_events(answer.events);
}

template <class A> bool same_answer(const answer<A>& a, const answer<A>& b) {
  return a.no == b.no && !difference(a.events, b.events);
}

template <class A, class Expected>
void check_state(const A& state, const Expected& expected, const report& so_far) {
  static_assert(std::same_as<Expected, A> || looks_at<Expected, A>,
                "acta: then_state takes a state, or a function that takes a state");
  must_be(expected, state, so_far, promise::expected_state, "state");
}

} // namespace detail

template <detail::is_aggregate A> scenario<A> scenario<A>::with_id(std::string id) const {
  if (const auto ok = check_stream_id(id); !ok)
    report()
        .line("error", ok.error().to_string())
        .fail(promise::valid_test, "with_id: no stream can have this id");
  return with([&](auto& s) { s.id = std::move(id); });
}

template <detail::is_aggregate A> report scenario<A>::background() const {
  return report()
      .line("aggregate", std::string(A::name) + '/' + surroundings_.id)
      .list("given", detail::show_events(past_));
}

template <detail::is_aggregate A> void scenario<A>::check_names() const {
  acta::model model;
  if (const auto ok = model.aggregate<A>().check(); !ok)
    background()
        .line("error", ok.error().to_string())
        .fail(promise::sound_model, "no runtime would open with this aggregate");
}

template <detail::is_aggregate A>
void scenario<A>::evolve(A& state, const event& e, const report& so_far) {
  try {
    std::visit([&](const auto& typed) { state.evolve(typed); }, e);
  } catch (...) {
    report(so_far)
        .line("event", detail::show_event(e))
        .line("thrown", acta::detail::describe_exception())
        .fail(promise::evolve_returns,
              "evolve threw: events are facts, and the stream could never be read again");
  }
}

template <detail::is_aggregate A> void scenario<A>::replay(const report& so_far) {
  auto live = std::make_shared<A>();
  std::vector<event> decoded;
  for (const auto& e : past_) {
    evolve(*live, e, so_far);
    std::visit(
        [&](const auto& typed) {
          decoded.emplace_back(through_binary(typed, so_far));
          (void)through_json(typed, so_far);
        },
        e);
  }
  A snapshot{};
  for (std::size_t version = 0;; ++version) {
    const auto here = report(so_far).line("state at", std::to_string(version));
    auto restored = through_binary(snapshot, here);
    (void)through_json(snapshot, here);
    for (std::size_t i = version; i < decoded.size(); ++i) evolve(restored, decoded[i], so_far);
    if (const auto found = difference(*live, restored))
      report(so_far)
          .line("live", show(*live))
          .line("replayed", show(restored))
          .line("differs", *found)
          .fail(promise::replay_agrees, version == 0
                                            ? "replay of the decoded events leads to another state "
                                              "than the events had led to: evolve "
                                              "may depend on its event and the state only"
                                            : "a snapshot at version " + std::to_string(version) +
                                                  " and the events after it lead to another state "
                                                  "than all events: something in "
                                                  "the state is not in its serialize");
    if (version == decoded.size()) break;
    evolve(snapshot, decoded[version], so_far);
  }
  state_ = std::move(live);
}

template <detail::is_aggregate A>
template <class C>
detail::answer<A> scenario<A>::decide(const A& state, const C& command, id_source& ids,
                                      const report& so_far) const {
  detail::answer<A> answer;
  try {
    const auto made =
        acta::detail::decide<A, C>(state, command, surroundings_.at_version(past_.size(), ids));
    if (made.rejected() != nullptr) answer.no = *made.rejected();
    made.for_each([&](const auto& e) { answer.events.emplace_back(e); });
  } catch (...) {
    report(so_far)
        .line("thrown", acta::detail::describe_exception())
        .fail(promise::decide_returns, "decide threw: the domain says no with acta::reject");
  }
  return answer;
}

template <detail::is_aggregate A>
template <class C>
outcome<A> scenario<A>::when(const C& command, std::source_location where) const {
  static_assert(detail::command_must_be_of<C, typename A::commands>::ok);
  auto so_far =
      background().line("state", show(*state_)).line("when", show_named(command)).at(where);
  const auto from_binary = through_binary(command, so_far);
  const auto from_json = through_json(command, so_far);
  const auto before = through_binary(*state_, so_far);

  detail::counted_ids ids(surroundings_.next_id);
  auto answer = decide(*state_, command, ids, so_far);
  if (const auto found = difference(before, *state_))
    report(so_far)
        .line("before", show(before))
        .line("after", show(*state_))
        .line("differs", *found)
        .fail(promise::decide_leaves_state,
              "decide changed the state: only evolve may, or replay would not repeat it");

  const auto again = [&](const A& state, const C& same, const char* headline) {
    detail::counted_ids same_ids(surroundings_.next_id);
    const auto second = decide(state, same, same_ids, so_far);
    if (!detail::same_answer(answer, second))
      report(so_far)
          .list("first", detail::show_answer(answer))
          .list("second", detail::show_answer(second))
          .fail(promise::decide_repeats, headline);
  };
  again(*state_, command,
        "decide gave two answers to one command: time, ids and the caller must come from "
        "acta::context");
  again(before, from_binary,
        "decide gave another answer to the command and the state as they were stored");
  again(before, from_json, "decide gave another answer to the command as it comes over HTTP");

  if (answer.no && answer.no->code.empty())
    so_far.fail(promise::code_of_rejection,
                "a rejection without a code: programs could not tell it from others");

  auto after = *this;
  after.past_.insert(after.past_.end(), answer.events.begin(), answer.events.end());
  after.surroundings_.next_id = ids.following();
  if (!answer.events.empty())
    after.replay(report(so_far).list("decided", detail::show_events(answer.events)));
  return outcome<A>(std::move(after), std::move(answer), std::move(so_far));
}

template <detail::is_aggregate A>
template <class Expected>
const scenario<A>& scenario<A>::then_state(const Expected& expected,
                                           std::source_location where) const {
  detail::check_state(*state_, expected, background().at(where));
  return *this;
}

template <detail::is_aggregate A>
template <class... Expected>
const outcome<A>& outcome<A>::then(Expected&&... expected) const {
  const auto wanted = detail::make_past<typename A::events>(std::forward<Expected>(expected)...);
  const auto found = difference(wanted, answer_.events);
  if (answer_.no || found) {
    auto text = report(so_far_)
                    .list("expected", detail::show_events(wanted))
                    .list("actual", detail::show_answer(answer_));
    if (answer_.no)
      text.fail(promise::expected_decision, "rejected, where a decision was expected");
    text.line("differs", *found).fail(promise::expected_decision, "other events than expected");
  }
  return *this;
}

template <detail::is_aggregate A>
const outcome<A>& outcome<A>::then_rejected(std::string_view code,
                                            std::optional<std::string_view> message) const {
  const bool as_expected =
      answer_.no && answer_.no->code == code && (!message || answer_.no->message == *message);
  if (!as_expected)
    report(so_far_)
        .line("expected",
              detail::show_rejection({std::string(code), std::string(message.value_or(""))}))
        .list("actual", detail::show_answer(answer_))
        .fail(promise::expected_decision, answer_.no ? "another rejection than expected"
                                                     : "accepted, where a rejection was expected");
  rejection_expected_ = true;
  return *this;
}

template <detail::is_aggregate A>
template <class Expected>
const outcome<A>& outcome<A>::then_state(const Expected& expected,
                                         std::source_location where) const {
  auto so_far = so_far_;
  detail::check_state(*after_.state_, expected,
                      so_far.list("answer", detail::show_answer(answer_)).at(where));
  return *this;
}

template <detail::is_aggregate A> const scenario<A>& outcome<A>::next() const {
  if (answer_.no && !rejection_expected_)
    report(so_far_)
        .list("actual", detail::show_answer(answer_))
        .fail(promise::expected_decision,
              "rejected in the middle of a chain, where no then_rejected expects it");
  return after_;
}

} // namespace acta::testing
