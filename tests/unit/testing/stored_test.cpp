// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "caught.hpp"
#include "releases.hpp"

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

namespace stored_test {

using namespace releases;
using acta::given_stored;
using acta::testing::caught;
using acta::testing::hex;
using acta::testing::promise;
using acta::testing::says;
using acta::testing::stored_event;

// [stored]
TEST_CASE("an account goes on from what three releases have written") {
  given_stored<account>({{"deposited", 1, R"({"cents":100})"},
                         {"deposited", 2, R"({"cents":5,"currency":"CHF"})"},
                         {"gift_given", 1, "{}"}, // retired: passed by
                         {"paid_in", 1, R"({"cents":1,"currency":"USD","by":"eve"})"}})
      .then_state(account{.cents = 106})
      .when(pay_in{50})
      .then(paid_in{50, "USD", "at version 4"})
      .then_state(account{.cents = 156});
}
// [stored end]

TEST_CASE("stored bytes are read as those of their version, and mix with JSON") {
  acta::byte_buffer bytes;
  REQUIRE(acta::encode_binary(deposited_v1{.cents = 100}, bytes));
  given_stored<account>({{"account.deposited", 1, bytes},
                         {"account.moved", 1, R"({"out":30,"in":10})"},
                         {"deposited", 1, hex(acta::testing::to_hex(bytes))}})
      .then_state(account{.cents = 180})
      .when(pay_in{1}) // an event that became two is one version
      .then(paid_in{1, "USD", "at version 3"});
}

TEST_CASE("an upcast sees the metadata that a stored event is given with") {
  const auto today =
      acta::testing::read_stored<account>({stored_event("deposited", 1, R"({"cents":1})").by("bob"),
                                           {"moved", 1, R"({"out":2,"in":3})"}});
  REQUIRE(today.size() == 3);
  CHECK(std::get<paid_in>(today[0]).by == "bob");
  CHECK(std::get<withdrawn>(today[1]).cents == 2);
  CHECK(std::get<paid_in>(today[2]).currency == "EUR");
}

TEST_CASE("a name or a version that an aggregate does not know is told with those it knows") {
  const auto f = caught([] { (void)given_stored<account>({{"deposited", 3, "{}"}}); });
  CHECK(f.broken() == promise::valid_test);
  CHECK(says(f, "nothing is known under the name deposited, schema 3"));
  CHECK(says(f, "account.deposited 1\n"));
  CHECK(says(f, "account.deposited 2\n"));
  CHECK(says(f, "account.paid_in 1\n"));
  CHECK(says(f, "account.gift_given (retired)"));
  for (const auto* name : {"depositd", "order.deposited", "account.", ""})
    CHECK(caught([&] {
            (void)given_stored<account>({{name, 1, "{}"}});
          }).broken() == promise::valid_test);
}

TEST_CASE("JSON or bytes that are not of the version are told with the place") {
  const auto json = caught([] {
    (void)given_stored<account>({{"deposited", 1, R"({"cents":"100"})"}});
  });
  CHECK(json.broken() == promise::valid_test);
  CHECK(says(json, "this is not the JSON of deposited, schema 1"));
  CHECK(says(json, "/cents"));
  CHECK(says(json, R"(stored    deposited 1 {"cents":"100"})"));
  const auto bytes = caught([] { (void)given_stored<account>({{"deposited", 2, hex("02 ff")}}); });
  CHECK(says(bytes, "these are not the bytes of deposited, schema 2"));
  CHECK(says(bytes, "deposited 2 02ff"));
  CHECK(caught([] { (void)hex("0g"); }).broken() == promise::valid_test);
  CHECK(caught([] { (void)hex("012"); }).broken() == promise::valid_test);
}

TEST_CASE("an upcast that throws is caught: its stream could never be read again") {
  const auto f = caught([] {
    (void)given_stored<account>({{"moved", 1, R"({"out":-1,"in":0})"}});
  });
  CHECK(f.broken() == promise::upcast_returns);
  CHECK(says(f, "thrown    less than nothing"));
}

namespace {

struct noted_v1 {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
struct noted {
  static constexpr unsigned schema = 2;
  std::string text;
  std::int64_t number = 0;
  static inline std::int64_t notes = 0;
  static noted upcast(const noted_v1& old) { return {old.text, ++notes}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text), CEREAL_NVP(number)); }
};
struct note {
  template <class A> void serialize(A&) {}
};
struct counts_in_upcast {
  static constexpr std::string_view name = "lie";
  using events = acta::one_of<noted>;
  using commands = acta::one_of<note>;
  acta::decision<events> decide(const note&) const { return {}; }
  void evolve(const noted&) {}
  template <class A> void serialize(A&) {}
};

} // namespace

TEST_CASE("an upcast that gives another answer the next time is caught") {
  const auto f = caught([] {
    (void)given_stored<counts_in_upcast>({{"noted", 1, R"({"text":"x"})"}});
  });
  CHECK(f.broken() == promise::upcast_repeats);
}

TEST_CASE("a view is given what its aggregates stored, at the positions of the records") {
  given_stored<turnover, account>({{"account.deposited", 1, R"({"cents":100})"},
                                   {"account.gift_given", 1, "{}"},
                                   stored_event("moved", 1, R"({"out":1,"in":10})").by("bob")})
      .then({.in = 110, .last = "stream/1@3 "})
      .happened(paid_in{5, "USD", "eve"})
      .then({.in = 115, .last = "stream/1@4 eve"});
  acta::given<turnover>()
      .in("account/7")
      .by("ann")
      .happened_stored<account>({{"deposited", 2, R"({"cents":3,"currency":"CHF"})"}})
      .then_row("7", turnover{.in = 3, .last = "account/7@1 ann"});
}

TEST_CASE("a process is given its inputs of earlier releases, and events as they are today") {
  given_stored<follow_up, account>({{"pay_in", 1, R"({"euros":3})"},
                                    {"pay_in", 2, R"({"cents":4})"},
                                    {"account.moved", 1, R"({"out":30,"in":10})"}})
      .then_state(follow_up{.asked = 304, .out = 30})
      .when(pay_in{5})
      .then(acta::send<account>("ada", pay_in{5}));
  const auto f = caught([] { (void)given_stored<follow_up, account>({{"pay_out", 1, "{}"}}); });
  CHECK(says(f, "pay_in 2"));
  CHECK(says(f, "account.deposited 1"));
  CHECK(caught([] {
          (void)given_stored<follow_up, account>({{"pay_in", 3, R"({"cents":3})"}});
        }).broken() == promise::valid_test);
}

TEST_CASE("a subscriber is given what a stored event is today") {
  acta::given_subscriber<teller>()
      .when_stored<account>(stored_event("deposited", 1, R"({"cents":7})").by("bob"))
      .then(acta::mail{.to = "ada@example.org", .subject = "+7EUR", .text = "bob"})
      .when(withdrawn{1})
      .then(acta::mail{.to = "ada@example.org", .subject = "-1", .text = "out"});
  const auto f = caught([] {
    (void)acta::given_subscriber<teller>().when_stored<account>(
        {"moved", 1, R"({"out":1,"in":2})"});
  });
  CHECK(f.broken() == promise::valid_test);
  CHECK(says(f, R"(1. withdrawn {"cents":1})"));
}

} // namespace stored_test
