// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// When a query, then a reply: over the views that acta::given<V> or acta::given_views folded.
///
///   acta::given<balance>(opened{"ada"}, credited{50})
///       .when(balance_of{"1"}).then({.cents = 50})
///       .when(balance_of{"2"}).then_error(acta::errc::not_found);
#pragma once

#include <acta/core/error.hpp>
#include <acta/domain/model.hpp>
#include <acta/domain/query.hpp>
#include <acta/testing/aggregate.hpp>
#include <acta/testing/view.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace acta::testing {

/// What a query answered. Each `then` throws `failure` if it is not so; they can be chained, and so
/// can further queries of the same views.
template <class Q, class Scenario> class [[nodiscard]] query_outcome {
public:
  using reply = typename Q::reply;

  /// The reply is `expected`: a reply; or a function that takes it, and checks it with the means of
  /// the test framework or returns whether it is as it must be.
  const query_outcome& then(const reply& expected) const { return reply_is(expected); }
  template <detail::looks_at<reply> F> const query_outcome& then(const F& expected) const {
    return reply_is(expected);
  }
  /// The answer is an error: of a code (`acta::errc::not_found`), or of what a caller can do about
  /// it (`acta::condition::invalid`). @param place  if one is given, error::where(): `/limit`.
  const query_outcome& then_error(std::error_code code,
                                  std::optional<std::string_view> place = {}) const {
    return error_is(code, code.message(), place);
  }
  const query_outcome& then_error(std::error_condition condition,
                                  std::optional<std::string_view> place = {}) const {
    return error_is(condition, condition.message(), place);
  }
  /// The answer is a rejection with this code and, if one is given, with this message.
  const query_outcome& then_rejected(std::string_view code,
                                     std::optional<std::string_view> message = {}) const;

  template <class Next>
  query_outcome<Next, Scenario> when(const Next& query,
                                     source_place where = source_place::current()) const {
    return views_.when(query, where);
  }

private:
  template <class, class> friend class view_scenario;
  query_outcome(Scenario views, result<reply> answer, report so_far)
      : views_(std::move(views)), answer_(std::move(answer)), so_far_(std::move(so_far)) {}

  template <class Expected> const query_outcome& reply_is(const Expected& expected) const;
  template <class Expected>
  const query_outcome& error_is(const Expected& expected, std::string shown,
                                std::optional<std::string_view> place) const;

  Scenario views_;
  result<reply> answer_;
  report so_far_;
};

// What follows only does what stands above.

namespace detail {

template <class T> std::string show_answer(const result<T>& answer) {
  return answer ? show(*answer) : answer.error().to_string();
}

template <class T> bool same_answer(const result<T>& a, const result<T>& b) {
  if (a.has_value() != b.has_value()) return false;
  return a ? !difference(*a, *b) : a.error().to_string() == b.error().to_string();
}

/// Lets the query answer as a runtime does. Throws `failure` if it throws, or reads a view that is
/// not there.
template <class Q>
result<typename Q::reply> ask(const Q& query, const std::shared_ptr<tested_picture>& over,
                              const report& so_far) {
  auto answered = acta::detail::answer_query<Q>(&query, picture(over));
  if (!over->missing().empty())
    report(so_far)
        .line("missing", over->missing())
        .fail(promise::valid_test,
              "the query reads a view that is not given: given_views<...> lists those there are");
  if (answered) return *static_cast<const typename Q::reply*>(answered->get());
  if (answered.error().code() == make_error_code(domain_errc::query_threw))
    report(so_far)
        .line("thrown", answered.error().detail())
        .fail(promise::answer_returns, "answer threw: a query says no with an acta::error");
  return std::move(answered).error();
}

} // namespace detail

template <class Scenario, class Events>
template <class Q>
query_outcome<Q, Scenario> view_scenario<Scenario, Events>::when(const Q& query,
                                                                 source_place where) const {
  static_assert(acta::detail::query_must_be_well_formed<Q>::ok);
  auto so_far = background().line("when", std::string(Q::name) + ' ' + show(query)).at(where);
  acta::model model;
  if (const auto ok = model.query<Q>().check(); !ok)
    report(so_far)
        .line("error", ok.error().to_string())
        .fail(promise::sound_model, "no runtime would open with this query");

  const auto over = std::make_shared<detail::tested_picture>(views_, this->positions_);
  auto answer = detail::ask(query, over, so_far);
  const auto again = [&](const Q& same, const char* headline) {
    const auto second = detail::ask(same, over, so_far);
    if (!detail::same_answer(answer, second))
      report(so_far)
          .line("first", detail::show_answer(answer))
          .line("second", detail::show_answer(second))
          .fail(promise::answer_repeats, headline);
  };
  again(query, "answer gave two replies to one request: it may depend on its fields and the "
               "picture only");
  again(through_binary(query, so_far), "answer gave another reply to the request as it is sent");
  again(through_json(query, so_far), "answer gave another reply to the request as it comes over "
                                     "HTTP");
  if (answer) {
    (void)through_binary(*answer, so_far);
    (void)through_json(*answer, so_far);
  }
  return query_outcome<Q, Scenario>(static_cast<const Scenario&>(*this), std::move(answer),
                                    std::move(so_far));
}

template <class Q, class Scenario>
template <class Expected>
const query_outcome<Q, Scenario>&
query_outcome<Q, Scenario>::reply_is(const Expected& expected) const {
  if (!answer_)
    report(so_far_)
        .line("actual", detail::show_answer(answer_))
        .fail(promise::expected_reply, "an error, where a reply was expected");
  detail::must_be(expected, *answer_, so_far_, promise::expected_reply, "reply");
  return *this;
}

template <class Q, class Scenario>
template <class Expected>
const query_outcome<Q, Scenario>&
query_outcome<Q, Scenario>::error_is(const Expected& expected, std::string shown,
                                     std::optional<std::string_view> place) const {
  if (place) shown.append(" (at ").append(*place).append(")");
  if (answer_ || answer_.error().code() != expected || (place && answer_.error().where() != *place))
    report(so_far_)
        .line("expected", "error " + shown)
        .line("actual", detail::show_answer(answer_))
        .fail(promise::expected_reply,
              answer_ ? "a reply, where an error was expected" : "another error than expected");
  return *this;
}

template <class Q, class Scenario>
const query_outcome<Q, Scenario>&
query_outcome<Q, Scenario>::then_rejected(std::string_view code,
                                          std::optional<std::string_view> message) const {
  const auto* no = answer_ ? nullptr : answer_.error().rejection();
  if (no == nullptr || no->code != code || (message && no->message != *message))
    report(so_far_)
        .line("expected",
              detail::show_rejection({std::string(code), std::string(message.value_or(""))}))
        .line("actual", detail::show_answer(answer_))
        .fail(promise::expected_reply, no != nullptr ? "another rejection than expected"
                                                     : "no rejection, where one was expected");
  return *this;
}

} // namespace acta::testing
