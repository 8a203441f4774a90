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
/// - what is decided fits one commit (1 024 events, 1 MiB);
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
#include <acta/testing/proof.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/scenario.hpp>
#include <acta/testing/stored.hpp>
#include <acta/testing/surroundings.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace acta::testing {

namespace detail {

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
template <class A>
class [[nodiscard]] scenario<A, tested::aggregate> : public in_surroundings<scenario<A>> {

  using event = typename detail::past_of<typename A::events>::event;

public:
  /// @param past  events, or ranges of events; in this order.
  template <class... Past> static scenario given(Past&&... past) {
    scenario started(detail::make_past<typename A::events>(std::forward<Past>(past)...));
    started.check_names();
    started.replay(started.background());
    return started;
  }
  /// @param stored  events of any released version; in this order. See acta::given_stored.
  template <class... None> static scenario given_stored(const std::vector<stored_event>& stored) {
    static_assert(sizeof...(None) == 0, "acta: an aggregate is given its own stored events only");
    scenario started(read_stored<A>(stored));
    started.stored_ = detail::show_stored(stored);
    started.version_ = stored.size();
    started.check_names();
    started.replay(started.background());
    return started;
  }

  /// context::now() of the commands that follow.
  scenario at(time_point now) const {
    return this->with([&](auto& s) { s.now = now; });
  }
  /// Lets the aggregate decide. Throws `failure` if anything but the decision itself is not as it
  /// must be.
  template <class C>
  outcome<A> when(const C& command, source_place where = source_place::current()) const;

  /// What the past has led to. See outcome::then_state.
  template <class Expected>
  const scenario& then_state(const Expected& expected,
                             source_place where = source_place::current()) const;

private:
  friend class outcome<A>;
  explicit scenario(std::vector<event> past) : past_(std::move(past)), version_(past_.size()) {}

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
  std::vector<std::string> stored_; ///< of given_stored
  /// A stored event that is several of today is one version.
  version_number version_;
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
                            source_place where = source_place::current()) const;

  /// The next command of a chain. Throws `failure` if the one before was rejected and no
  /// then_rejected expected it.
  template <class C>
  outcome when(const C& command, source_place where = source_place::current()) const {
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

template <class A> report scenario<A, tested::aggregate>::background() const {
  auto text = report().line("aggregate", std::string(A::name) + '/' + this->surroundings_.id);
  if (!stored_.empty()) text.list("stored", stored_);
  return text.list("given", detail::show_events(past_));
}

template <class A> void scenario<A, tested::aggregate>::check_names() const {
  acta::model model;
  if (const auto ok = model.aggregate<A>().check(); !ok)
    background()
        .line("error", ok.error().to_string())
        .fail(promise::sound_model, "no runtime would open with this aggregate");
}

template <class A>
void scenario<A, tested::aggregate>::evolve(A& state, const event& e, const report& so_far) {
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

template <class A> void scenario<A, tested::aggregate>::replay(const report& so_far) {
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
  detail::must_replay(
      *live, decoded.size(),
      [&](A& state, std::size_t i, const report& here) { evolve(state, decoded[i], here); },
      "event", so_far);
  state_ = std::move(live);
}

template <class A>
template <class C>
detail::answer<A> scenario<A, tested::aggregate>::decide(const A& state, const C& command,
                                                         id_source& ids,
                                                         const report& so_far) const {
  detail::answer<A> answer;
  try {
    const auto made =
        acta::detail::decide<A, C>(state, command, this->surroundings_.at_version(version_, ids));
    if (made.rejected() != nullptr) answer.no = *made.rejected();
    made.for_each([&](const auto& e) { answer.events.emplace_back(e); });
  } catch (...) {
    report(so_far)
        .line("thrown", acta::detail::describe_exception())
        .fail(promise::decide_returns, "decide threw: the domain says no with acta::reject");
  }
  return answer;
}

template <class A>
template <class C>
outcome<A> scenario<A, tested::aggregate>::when(const C& command, source_place where) const {
  static_assert(detail::command_must_be_of<C, typename A::commands>::ok);
  auto so_far =
      background().line("state", show(*state_)).line("when", show_named(command)).at(where);
  auto following = this->surroundings_.next_id;
  auto answer = detail::ask_again(
      *state_, command,
      {"decide", "command", promise::decide_leaves_state, promise::decide_repeats},
      [&](const A& state, const C& same) {
        detail::counted_ids ids(this->surroundings_.next_id);
        auto answered = decide(state, same, ids, so_far);
        following = ids.following();
        return answered;
      },
      so_far);

  if (answer.no && answer.no->code.empty())
    so_far.fail(promise::code_of_rejection,
                "a rejection without a code: programs could not tell it from others");

  std::size_t bytes = 0;
  for (const auto& e : answer.events)
    bytes += event_frame_header_bytes +
             std::visit(
                 [](const auto& typed) {
                   byte_buffer payload;
                   (void)encode_binary(typed, payload); // what cannot be encoded, replay tells
                   return payload.size();
                 },
                 e);
  // Not shown: there are many of them, or one is long.
  detail::must_fit(answer.events.size(), bytes, this->surroundings_,
                   report()
                       .line("aggregate", std::string(A::name) + '/' + this->surroundings_.id)
                       .line("when", std::string(type_name<C>()))
                       .at(where));

  auto after = *this;
  after.past_.insert(after.past_.end(), answer.events.begin(), answer.events.end());
  after.version_ += answer.events.size();
  after.surroundings_.next_id = following;
  if (!answer.events.empty())
    after.replay(report(so_far).list("decided", detail::show_events(answer.events)));
  return outcome<A>(std::move(after), std::move(answer), std::move(so_far));
}

template <class A>
template <class Expected>
const scenario<A, tested::aggregate>&
scenario<A, tested::aggregate>::then_state(const Expected& expected, source_place where) const {
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
const outcome<A>& outcome<A>::then_state(const Expected& expected, source_place where) const {
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
