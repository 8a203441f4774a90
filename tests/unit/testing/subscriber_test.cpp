// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "caught.hpp"

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

namespace subscriber_test {

using acta::testing::caught;
using acta::testing::promise;
using acta::testing::says;

// [subscriber]
struct paid {
  std::string email;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(email), CEREAL_NVP(cents)); }
};
struct archived {
  std::string to;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(to)); }
};

struct customer_mail {
  static constexpr std::string_view name = "customer_mail";
  using events = acta::one_of<paid, archived>;
  std::string shop = "Acta's"; // the host's

  acta::mail handle(const paid& e, const acta::effect_context& c) const {
    return {.to = e.email, .subject = "Paid: " + c.event.stream, .text = "Thank you. " + shop};
  }
  std::optional<acta::webhook> handle(const archived& e) const {
    if (e.to.empty()) return std::nullopt;
    return acta::webhook{.url = e.to, .body = "{}"};
  }
};
// [subscriber end]

// [subscriber_test]
TEST_CASE("who has paid is thanked, and an archive is told if there is one") {
  acta::given_subscriber<customer_mail>()
      .in("order/7")
      .when(paid{"ada@example.org", 1299})
      .then(acta::mail{"ada@example.org", "Paid: order/7", "Thank you. Acta's"})
      .when(archived{"http://archive.example.org"})
      .then(acta::webhook{.url = "http://archive.example.org", .body = "{}"})
      .when(archived{})
      .then_nothing();
}
// [subscriber_test end]

namespace {

struct event {
  std::string what;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(what)); }
};
struct forgetful {
  std::int32_t kept = 0, forgotten = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(kept)); }
};
struct odd {
  static constexpr std::string_view name = "odd";
  using events = acta::one_of<event, forgetful>;
  acta::result<acta::mail> handle(const event& e, const acta::effect_context& c) const {
    if (e.what == "throw") throw std::runtime_error("no paper");
    if (e.what == "no such address") return acta::error(acta::errc::invalid_argument, "none");
    if (e.what == "attempt") return acta::mail{"ada@example.org", "s", std::to_string(c.attempt)};
    if (e.what == "fails once" && c.attempt == 1) return acta::error(acta::errc::timeout);
    if (e.what == "header") return acta::mail{"ada@example.org", "s\nBcc: eve@example.org", ""};
    if (e.what == "context")
      return acta::mail{"ada@example.org",
                        c.event.stream + ' ' + std::to_string(c.event.version) + ' ' +
                            c.event.position.to_string() + ' ' + c.event.caller,
                        c.key.to_string()};
    return acta::mail{"ada@example.org", "s", "t"};
  }
  void handle(const forgetful&) const {}
};
struct badly_named {
  static constexpr std::string_view name = "badly named";
  using events = acta::one_of<event>;
  void handle(const event&) const {}
};
struct counting {
  static constexpr std::string_view name = "counting";
  using events = acta::one_of<event>;
  int* times = nullptr;
  acta::result<void> handle(const event& e) const {
    ++*times;
    if (e.what == "refuse") return acta::error(acta::errc::timeout, "not now");
    return {};
  }
};

const acta::mail hello{"ada@example.org", "s", "t"};

} // namespace

TEST_CASE("a test says what is known of an event, and each has a position and a key of its own") {
  const auto given = acta::given_subscriber<odd>().by("ada");
  const auto key = [](std::uint64_t number) {
    return acta::effect_key({}, "odd", {0, number}).to_string();
  };
  given.in("order/7")
      .when(event{"context"})
      .then(acta::mail{"ada@example.org", "order/7 1 0:1 ada", key(1)})
      .when(event{"context"})
      .then(acta::mail{"ada@example.org", "order/7 2 0:2 ada", key(2)});
  given.at_attempt(3).when(event{}).then([](const acta::mail& m) { return m.text == "t"; });
  given.when(event{}).then([](const acta::mail& m) { CHECK(m.subject == "s"); });
}

TEST_CASE("what a subscriber does itself is done once for each event of a test") {
  int times = 0;
  const auto given = acta::given_subscriber(counting{&times});
  given.when(event{}).then_nothing();
  CHECK(times == 1);
  given.when(event{"refuse"}).then_failed().then_failed(acta::errc::timeout);
  CHECK(times == 2);
}

TEST_CASE("a failure is expected by its code or its kind") {
  const auto given = acta::given_subscriber<odd>();
  given.when(event{"no such address"})
      .then_failed(acta::condition::invalid)
      .then_failed(acta::errc::invalid_argument);
  given.when(event{"throw"}).then_failed(acta::domain_errc::handle_threw);
}

TEST_CASE("a mail, a webhook, nothing and a failure are not taken for each other") {
  const auto given = acta::given_subscriber<odd>();
  const auto fails = [&](auto test, std::string_view text) {
    const auto f = caught(test);
    CHECK(f.broken() == promise::expected_effect);
    CHECK(says(f, text));
  };
  fails([&] { given.when(event{}).then_nothing(); }, "another effect than expected");
  fails([&] { given.when(event{}).then(acta::webhook{"http://x", ""}); }, "webhook {\"url\":");
  fails([&] { given.when(event{"throw"}).then(hello); }, "handle_threw: no paper");
  fails([&] { given.when(event{"throw"}).then_nothing(); }, "a failure, where an effect");
  fails([&] { given.when(event{}).then_failed(); }, "an effect, where a failure was expected");
  fails([&] { given.when(event{"throw"}).then_failed(acta::errc::timeout); },
        "another error than expected");
  fails([&] { given.when(event{"throw"}).then_failed(acta::condition::invalid); },
        "expected  error invalid");
  fails([&] { given.when(event{}).then([](const acta::mail& m) { return m.text == "u"; }); },
        "the effect is not as expected");
  fails([&] { given.when(event{}).then([](const acta::webhook&) { return true; }); },
        "another effect than expected");
}

TEST_CASE("a report of a subscriber shows the event, both effects and the line") {
  int line = 0;
  const auto f = caught([&] {
    const acta::mail bobs{"bob@example.org", "s", "t"};
    line = __LINE__ + 1; // compilers differ in whose line it is where a call takes several
    acta::given_subscriber<odd>().in("order/7").when(event{"x"}).then(bobs);
  });
  const std::string expected = R"(another effect than expected
  subscriber odd
  when      order/7 event {"what":"x"}
  expected  mail {"to":"bob@example.org","subject":"s","text":"t"}
  actual    mail {"to":"ada@example.org","subject":"s","text":"t"}
  at        )" + std::string(__FILE__) +
                               ':' + std::to_string(line);
  CHECK(f.what() == expected);
}

TEST_CASE("a subscriber that breaks what a runtime relies on is found out") {
  const auto given = acta::given_subscriber<odd>();
  const auto other = caught([&] { (void)given.when(event{"attempt"}); });
  CHECK(other.broken() == promise::handle_repeats);
  CHECK(says(other, "\"text\":\"2\""));
  CHECK(caught([&] { (void)given.when(event{"fails once"}); }).broken() == promise::handle_repeats);
  const auto header = caught([&] { (void)given.when(event{"header"}); });
  CHECK(header.broken() == promise::valid_effect);
  CHECK(says(header, "the subject of a mail is one line"));
  CHECK(caught([&] { (void)given.when(forgetful{1, 2}); }).broken() == promise::binary_round_trip);
  CHECK(caught([] { (void)acta::given_subscriber<badly_named>(); }).broken() ==
        promise::sound_model);
}

} // namespace subscriber_test
