// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// When an event, then a mail, a webhook, or nothing: tests of subscribers without disk, threads,
/// servers or runtime.
///
///   acta::given_subscriber<customer_mail>()
///       .in("order/7").when(order_paid{"ada@example.org"})
///       .then(acta::mail{.to = "ada@example.org", .subject = "Your order 7 is confirmed"})
///       .when(order_archived{}).then_nothing();
///
/// Besides what a test says it expects, every test proves what the runtime relies on:
///
/// - each event is the same after the way through the binary and the JSON codec; the subscriber
///   gets it as it is stored;
/// - the same event leads to the same mail or webhook at the next attempt;
/// - a channel could do it: an address is one, a subject is one line, text is UTF-8;
/// - the durable name is sound.
///
/// A handle that does its work itself, and returns nothing, is called once for each when().
#pragma once

#include <acta/domain/subscriber.hpp>
#include <acta/testing/expectation.hpp>
#include <acta/testing/failure.hpp>
#include <acta/testing/recording.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/stored.hpp>

#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace acta::testing {

namespace detail {

/// `mail {"to":"ada@example.org","subject":"Hello","text":"…"}`, `nothing`
[[nodiscard]] std::string show_effect(const effect& e);
[[nodiscard]] std::string show_answer(const result<effect>& answer);

/// Lets the subscriber handle the event as a runtime does, and once more at the next attempt.
/// Throws `failure` unless both answers are the same and a channel could do it.
result<effect> ask_subscriber(const subscriber_type& type, const subscriber_event& event,
                              bytes_view payload, const effect_context& c, const report& so_far);
void check_subscriber(const subscriber_type& type, const report& so_far);

/// A type of its own, so that the compiler's message names the argument and the events there are.
template <class Argument, class Events> struct handled_must_be_of {
  static_assert(acta::detail::contains<Argument, Events>,
                "acta: when(...) takes an event of the subscriber; both the argument's type and "
                "the events there are stand in handled_must_be_of<Argument, one_of<Events...>>.");
  static constexpr bool ok = true;
};

} // namespace detail

template <class S> class subscriber_outcome;

/// A subscriber, and what is known of the event that comes next. A value: one can be kept and asked
/// several times. Positions count from 0:1 through all events, versions from 1 in each stream.
template <class S>
class [[nodiscard]] subscriber_scenario : public about_events<subscriber_scenario<S>> {
  static_assert(acta::detail::subscriber_must_be_well_formed<S>::ok);

public:
  explicit subscriber_scenario(S subscriber)
      : type_(std::make_shared<const subscriber_type>(
            make_subscriber_type<S>({}, std::move(subscriber)))) {
    detail::check_subscriber(*type_, report().line("subscriber", type_->name));
  }

  /// effect_context::attempt of what comes next, 1 unless said.
  [[nodiscard]] subscriber_scenario at_attempt(unsigned attempt) const {
    auto next = *this;
    next.attempt_ = attempt;
    return next;
  }
  /// Gives it an event. Throws `failure` if anything but the answer itself is not as it must be.
  template <class E>
  subscriber_outcome<S> when(const E& event, source_place where = source_place::current()) const;
  /// Gives it what an event of the aggregate `A`, of any released version, is today. It must be one
  /// event that the subscriber takes: for others there is testing::read_stored.
  template <class A>
  subscriber_outcome<S> when_stored(const stored_event& stored,
                                    source_place where = source_place::current()) const;

private:
  std::shared_ptr<const subscriber_type> type_;
  unsigned attempt_ = 1;
  std::uint64_t events_ = 0;
  std::map<std::string, version_number> versions_;
};

/// What an event led to. Each `then` throws `failure` if it is not so; they can be chained, and so
/// can further events.
template <class S> class [[nodiscard]] subscriber_outcome {
public:
  /// This mail or webhook is to be sent.
  const subscriber_outcome& then(const mail& expected) const { return effect_is(expected); }
  const subscriber_outcome& then(const webhook& expected) const { return effect_is(expected); }
  /// A mail (a webhook) is to be sent, and the function that takes it checks it with the means of
  /// the test framework, or returns whether it is as it must be.
  template <detail::looks_at<mail> F> const subscriber_outcome& then(const F& looks) const {
    return effect_looks<mail>(looks);
  }
  template <detail::looks_at<webhook> F>
  requires(!detail::looks_at<F, mail>) const subscriber_outcome& then(const F& looks) const {
    return effect_looks<webhook>(looks);
  }
  /// It has succeeded, and no channel has anything to do.
  const subscriber_outcome& then_nothing() const { return effect_is(effect()); }
  /// It has failed, by an error or an exception: the event would be tried again, or given up if the
  /// error's condition is `invalid`.
  const subscriber_outcome& then_failed() const;
  /// It has failed with this code (`acta::errc::not_found`), or for a reason of this kind
  /// (`acta::condition::invalid`).
  const subscriber_outcome& then_failed(std::error_code code) const {
    return failed_with(code, code.message());
  }
  const subscriber_outcome& then_failed(std::error_condition condition) const {
    return failed_with(condition, condition.message());
  }

  template <class E>
  subscriber_outcome when(const E& event, source_place where = source_place::current()) const {
    return after_.when(event, where);
  }
  template <class A>
  subscriber_outcome when_stored(const stored_event& stored,
                                 source_place where = source_place::current()) const {
    return after_.template when_stored<A>(stored, where);
  }

private:
  friend class subscriber_scenario<S>;
  subscriber_outcome(subscriber_scenario<S> after, result<effect> answer, report so_far)
      : after_(std::move(after)), answer_(std::move(answer)), so_far_(std::move(so_far)) {}

  const subscriber_outcome& effect_is(const effect& expected) const;
  template <class T, class F> const subscriber_outcome& effect_looks(const F& looks) const;
  template <class Expected>
  const subscriber_outcome& failed_with(const Expected& expected, const std::string& shown) const;

  subscriber_scenario<S> after_;
  result<effect> answer_;
  report so_far_;
};

// What follows only does what stands above.

template <class S>
template <class E>
subscriber_outcome<S> subscriber_scenario<S>::when(const E& event, source_place where) const {
  static_assert(detail::handled_must_be_of<E, typename S::events>::ok);
  auto next = *this;
  effect_context c{.event = this->next_, .key = {}, .attempt = attempt_};
  c.event.position = {0, ++next.events_};
  c.event.version = ++next.versions_[c.event.stream];
  c.key = effect_key({}, type_->name, c.event.position);
  auto so_far = report()
                    .line("subscriber", type_->name)
                    .line("when", c.event.stream + ' ' + show_named(event))
                    .at(where);
  (void)through_binary(event, so_far);
  (void)through_json(event, so_far);
  byte_buffer payload;
  (void)encode_binary(event, payload); // it has just been through
  auto answer = detail::ask_subscriber(
      *type_, type_->events[acta::detail::index_in<E>(typename S::events{})], payload, c, so_far);
  return {std::move(next), std::move(answer), std::move(so_far)};
}

template <class S>
template <class A>
subscriber_outcome<S> subscriber_scenario<S>::when_stored(const stored_event& stored,
                                                          source_place where) const {
  auto so_far = report().line("subscriber", type_->name).at(where);
  const detail::stored_past<typename S::events, A> read({stored}, this->next_, so_far);
  const auto today = read.events();
  if (today.size() != 1)
    so_far.line("stored", stored.show())
        .list("today", detail::show_events(today))
        .fail(promise::valid_test,
              "when_stored takes what is one event of the subscriber today: take read_stored and "
              "when for what is none or several");
  auto described = *this;
  stored.describe(described.next_);
  auto outcome = std::visit([&](const auto& e) { return described.when(e, where); }, today.front());
  outcome.after_.next_ = this->next_;
  return outcome;
}

template <class S>
const subscriber_outcome<S>& subscriber_outcome<S>::effect_is(const effect& expected) const {
  if (!answer_ || *answer_ != expected)
    report(so_far_)
        .line("expected", detail::show_effect(expected))
        .line("actual", detail::show_answer(answer_))
        .fail(promise::expected_effect,
              answer_ ? "another effect than expected" : "a failure, where an effect was expected");
  return *this;
}

template <class S>
template <class T, class F>
const subscriber_outcome<S>& subscriber_outcome<S>::effect_looks(const F& looks) const {
  const auto* found = answer_ ? std::get_if<T>(&*answer_) : nullptr;
  const auto so_far = report(so_far_).line("actual", detail::show_answer(answer_));
  if (found == nullptr) so_far.fail(promise::expected_effect, "another effect than expected");
  if constexpr (std::convertible_to<std::invoke_result_t<const F&, const T&>, bool>) {
    if (!std::invoke(looks, *found))
      so_far.fail(promise::expected_effect, "the effect is not as expected");
  } else {
    std::invoke(looks, *found);
  }
  return *this;
}

template <class S> const subscriber_outcome<S>& subscriber_outcome<S>::then_failed() const {
  if (answer_)
    report(so_far_)
        .line("actual", detail::show_answer(answer_))
        .fail(promise::expected_effect, "an effect, where a failure was expected");
  return *this;
}

template <class S>
template <class Expected>
const subscriber_outcome<S>& subscriber_outcome<S>::failed_with(const Expected& expected,
                                                                const std::string& shown) const {
  then_failed();
  if (answer_.error().code() != expected)
    report(so_far_)
        .line("expected", "error " + shown)
        .line("actual", detail::show_answer(answer_))
        .fail(promise::expected_effect, "another error than expected");
  return *this;
}

} // namespace acta::testing

namespace acta {

/// Starts a test of a subscriber.
///
///   acta::given_subscriber<customer_mail>().when(order_paid{...}).then(acta::mail{...});
///
/// @param subscriber  the one that handles, as for model::subscriber
template <class S> testing::subscriber_scenario<S> given_subscriber(S subscriber = {}) {
  return testing::subscriber_scenario<S>(std::move(subscriber));
}

} // namespace acta
