// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "balances.hpp"

#include "caught.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace query_test {

using acta::testing::caught;
using acta::testing::promise;
using acta::testing::says;

// [query]
TEST_CASE("money of one owner is that of all accounts") {
  acta::given<balance>(opened{"ada"}, credited{50})
      .in("account/2")
      .happened(opened{"ada"}, credited{30})
      .when(money_of{"ada"})
      .then({.cents = 80})
      .when(money_of{""})
      .then_error(acta::errc::invalid_argument);
}
// [query end]

namespace {

struct owners {
  static constexpr std::string_view name = "owners";
  using events = acta::one_of<opened>;
  std::int32_t accounts = 0;
  static std::string key(const opened& e, const acta::metadata&) { return e.owner; }
  void evolve(const opened&) { ++accounts; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(accounts)); }
};
struct mean_of {
  static constexpr std::string_view name = "mean_of";
  using reply = money;
  std::string owner;
  acta::result<reply> answer(const acta::picture& p) const {
    const auto row = p.view<owners>().get(owner);
    if (!row) return acta::error(acta::reject("nobody", "no account of " + owner));
    auto sum = money_of{owner}.answer(p);
    if (sum) sum->cents /= row->accounts;
    return sum;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
struct positions_of {
  static constexpr std::string_view name = "positions_of";
  using reply = std::vector<acta::position>;
  acta::result<reply> answer(const acta::picture& p) const { return p.view<balance>().positions(); }
  template <class A> void serialize(A&) {}
};

} // namespace

TEST_CASE("a query over several views sees each of them, with the events that each takes") {
  const auto given = acta::given_views<balance, owners>(opened{"ada"}, credited{20})
                         .in("account/2")
                         .happened(opened{"ada"}, std::vector{credited{30}, credited{10}});
  given.when(mean_of{"ada"})
      .then({.cents = 30})
      .then([](const money& m) { return m.cents == 30; })
      .then([](const money& m) { CHECK(m.cents == 30); });
  given.when(mean_of{"bob"})
      .then_rejected("nobody")
      .then_rejected("nobody", "no account of bob")
      .then_error(acta::condition::rejected)
      .then_error(acta::errc::rejected);
  given.when(positions_of{}).then({{0, 5}});
}

TEST_CASE("a report of a query shows the views, the past, the request, both replies and the line") {
  int line = 0;
  const auto f = caught([&] {
    const auto given = acta::given_views<balance, owners>(opened{"ada"}, credited{20});
    line = __LINE__ + 1;
    given.when(mean_of{"ada"}).then({.cents = 21});
  });
  CHECK(f.broken() == promise::expected_reply);
  const std::string expected = R"(another reply than expected
  view      balances
  view      owners
  given     1. opened {"owner":"ada"}
            2. credited {"cents":20}
  when      mean_of {"owner":"ada"}
  expected  {"cents":21}
  actual    {"cents":20}
  differs   member 1
  at        )" + std::string(__FILE__) +
                               ':' + std::to_string(line);
  CHECK(f.what() == expected);
}

TEST_CASE("a reply, an error and a rejection are not taken for each other") {
  const auto given = acta::given_views<balance, owners>(opened{"ada"});
  const auto fails = [&](auto test, std::string_view headline) {
    const auto f = caught(test);
    CHECK(f.broken() == promise::expected_reply);
    CHECK(says(f, headline));
  };
  fails([&] { given.when(mean_of{"bob"}).then({}); }, "an error, where a reply was expected");
  fails([&] { given.when(mean_of{"ada"}).then_error(acta::errc::not_found); },
        "a reply, where an error was expected");
  fails([&] { given.when(money_of{""}).then_error(acta::errc::not_found); },
        "another error than expected");
  fails([&] { given.when(money_of{""}).then_error(acta::condition::timeout); },
        "expected  error timeout");
  fails([&] { given.when(money_of{""}).then_error(acta::condition::invalid, "/owner"); },
        "(at /owner)");
  fails([&] { given.when(money_of{""}).then_rejected("nobody"); },
        "no rejection, where one was expected");
  fails([&] { given.when(mean_of{"bob"}).then_rejected("somebody"); },
        "another rejection than expected");
  fails([&] { given.when(mean_of{"bob"}).then_rejected("nobody", "else"); },
        "another rejection than expected");
  fails([&] { given.when(mean_of{"ada"}).then([](const money& m) { return m.cents == 1; }); },
        "the reply is not as expected");
}

TEST_CASE("a query that reads a view that is not given is a mistake of the test") {
  const auto f = caught([] { (void)acta::given<balance>(opened{"ada"}).when(mean_of{"ada"}); });
  CHECK(f.broken() == promise::valid_test);
  CHECK(says(f, "missing   owners"));
}

namespace {

struct nothing_asked {
  template <class A> void serialize(A&) {}
};
struct throwing_query : nothing_asked {
  static constexpr std::string_view name = "throwing";
  using reply = money;
  acta::result<reply> answer(const acta::picture&) const { throw std::runtime_error("boom"); }
};
struct counting_query : nothing_asked {
  static constexpr std::string_view name = "counting";
  using reply = money;
  acta::result<reply> answer(const acta::picture&) const {
    static std::int64_t asked = 0;
    return money{++asked};
  }
};
struct forgetful_reply {
  std::int64_t kept = 0, forgotten = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(kept)); }
};
struct forgetful_query : nothing_asked {
  static constexpr std::string_view name = "forgetful";
  using reply = forgetful_reply;
  acta::result<reply> answer(const acta::picture&) const { return forgetful_reply{1, 2}; }
};
struct forgetful_request {
  static constexpr std::string_view name = "forgetful_request";
  using reply = money;
  std::int64_t kept = 0, forgotten = 0;
  acta::result<reply> answer(const acta::picture&) const { return money{}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(kept)); }
};
struct badly_named_query : nothing_asked {
  static constexpr std::string_view name = "badly named";
  using reply = money;
  acta::result<reply> answer(const acta::picture&) const { return money{}; }
};

} // namespace

TEST_CASE("a query that breaks what a runtime relies on is found out") {
  const auto given = acta::given<balance>();
  const auto threw = caught([&] { (void)given.when(throwing_query{}); });
  CHECK(threw.broken() == promise::answer_returns);
  CHECK(says(threw, "boom"));
  const auto counted = caught([&] { (void)given.when(counting_query{}); });
  CHECK(counted.broken() == promise::answer_repeats);
  CHECK(says(counted, "first     {\"cents\":1}"));
  CHECK(caught([&] { (void)given.when(forgetful_query{}); }).broken() ==
        promise::binary_round_trip);
  CHECK(caught([&] {
          (void)given.when(forgetful_request{1, 2});
        }).broken() == promise::binary_round_trip);
  CHECK(caught([&] { (void)given.when(badly_named_query{}); }).broken() == promise::sound_model);
}

} // namespace query_test
