// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing.hpp>

#include "caught.hpp"
#include "transfer.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace process_test {

using acta::testing::caught;
using acta::testing::default_time;
using acta::testing::promise;
using acta::testing::says;
using namespace std::chrono_literals;
using namespace bank;

// [process]
TEST_CASE("money that cannot be delivered goes back") {
  acta::given<transfer>(request_transfer{"ada", "bob", 30}, debited{30})
      .when(acta::rejected<credit>{.code = "not_open"})
      .then(acta::send<account>("ada", credit{30}));
}

TEST_CASE("a transfer that is not answered within a day goes to the help desk") {
  const auto asked = acta::given<transfer>().when(request_transfer{"ada", "bob", 30});
  asked.then(acta::send<account>("ada", debit{30}), acta::after(24h, expired{}))
      .after(23h)
      .then_nothing()
      .after(1h)
      .then(acta::send<help_desk>("transfers", call{"ada waits for an answer"}));
  asked.when(debited{30})
      .then(acta::send<account>("bob", credit{30}))
      .when(credited{30})
      .then(acta::finish())
      .then_finished()
      .after(24h)
      .then_nothing();
}
// [process end]

namespace {

// A sound process that does whatever a test wants.

struct wanted {
  std::string how;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(how)); }
};
struct ticked {
  std::int32_t number = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(number)); }
};
/// Answered with all that the context shows.
struct look_around {
  template <class A> void serialize(A&) {}
};

struct clockwork {
  static constexpr std::string_view name = "clockwork";
  using inputs = acta::one_of<wanted, ticked, look_around>;

  std::vector<std::int32_t> ticks;
  std::string last;

  acta::reaction react(const wanted& w) const {
    if (w.how == "three")
      return {acta::after(2h, ticked{2}, "b"), acta::after(1h, ticked{1}, "c"),
              acta::after(2h, ticked{3}, "a")};
    if (w.how == "replace") return acta::after(3h, ticked{9}, "c");
    if (w.how == "cancel") return acta::cancel("c");
    if (w.how == "finish") return acta::finish();
    if (w.how == "chain") return acta::after(1h, ticked{100});
    if (w.how == "at once") return acta::after(0s, ticked{4});
    if (w.how == "past") return acta::at(default_time - 1h, ticked{5});
    if (w.how == "for ever") return acta::after(0s, ticked{-1});
    if (w.how == "all")
      return {acta::send<help_desk>("1", call{"x"}),
              acta::after(90min, ticked{1}),
              acta::at(default_time + 1s, ticked{2}, "second"),
              acta::cancel<ticked>(),
              acta::cancel("second"),
              acta::after(7us, ticked{3}, "third"),
              acta::finish()};
    if (w.how == "look later") return acta::after(1h, look_around{});
    if (w.how == "too much")
      return acta::send<help_desk>("1", call{std::string(acta::commit_bytes_max, 'x')});
    if (w.how == "to nobody") return acta::send<help_desk>("", call{"x"});
    return {};
  }
  acta::reaction react(const ticked& t, const acta::context& c) const {
    if (t.number == -1) return acta::after(0s, ticked{-1});
    if (t.number >= 100 && t.number < 103)
      return {acta::send<help_desk>(acta::to_rfc3339(c.now()), call{std::string(c.caller())}),
              acta::after(1h, ticked{t.number + 1})};
    return {};
  }
  acta::reaction react(const look_around&, const acta::context& c) const {
    acta::reaction all;
    const auto say = [&](std::string text) { all.add(acta::send<help_desk>("1", call{text})); };
    say("id " + std::string(c.id()));
    say("version " + std::to_string(c.version()));
    say("now " + acta::to_rfc3339(c.now()));
    say("caller " + std::string(c.caller()));
    say("command " + c.command_id().to_string());
    for (const auto& [key, value] : c.attributes()) say(key + '=' + value);
    say("fresh " + c.new_id().to_string());
    return all;
  }

  void evolve(const wanted& w) { last = w.how; }
  void evolve(const ticked& t) { ticks.push_back(t.number); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(ticks), CEREAL_NVP(last)); }
};

bool has_ticked(const clockwork& c, std::vector<std::int32_t> numbers) {
  return c.ticks == numbers;
}
auto ticks(std::vector<std::int32_t> numbers) {
  return [numbers](const clockwork& c) { return has_ticked(c, numbers); };
}
auto reaction_to(std::string how) { return acta::given<clockwork>().when(wanted{std::move(how)}); }

template <class Test> void fails_as(promise broken, Test test, std::string_view text) {
  const auto f = caught(test);
  CHECK(f.broken() == broken);
  CHECK(says(f, text));
}

} // namespace

TEST_CASE("a reaction is compared with exactly the expected actions, in their order") {
  const auto asked = acta::given<transfer>().when(request_transfer{"ada", "bob", 30});
  const auto debits = acta::send<account>("ada", debit{30});
  const auto expires = acta::after(24h, expired{});
  asked.then(debits, expires);
  const auto differs = [&](std::string_view where, const auto&... expected) {
    fails_as(
        promise::expected_reaction, [&] { asked.then(expected...); }, where);
  };
  differs("the number of actions", debits);
  differs("the number of actions", debits, expires, acta::finish());
  differs("action 1, the kind of action", expires, debits);
  differs("the number of actions");
  differs("action 1, the receiver's id", acta::send<account>("bob", debit{30}), expires);
  differs("action 1, the command's fields", acta::send<account>("ada", debit{31}), expires);
  differs("action 1, the command", acta::send<account>("ada", credit{30}), expires);
  differs("action 1, the receiver's kind", acta::send<help_desk>("ada", call{}), expires);
  differs("action 2, the timer's time", debits, acta::after(23h, expired{}));
  differs("action 2, the timer's time", debits, acta::at(default_time + 24h, expired{}));
  differs("action 2, the timer's name", debits, acta::after(24h, expired{}, "late"));
  differs("action 2, the timer's input", debits, acta::after(24h, debited{}));
  differs("action 2, the kind of action", debits, acta::cancel<expired>());
  CHECK(caught([&] { asked.then_nothing(); }).broken() == promise::expected_reaction);
}

TEST_CASE("every kind of action is shown so that a reader finds the difference") {
  const auto f = caught([] { reaction_to("all").then(acta::finish()); });
  CHECK(says(f, R"(expected  finish)"));
  CHECK(says(f, R"(actual    1. send help_desk/1 call {"why":"x"})"));
  CHECK(says(f, R"(2. after 90min ticked {"number":1})"));
  CHECK(says(f, R"(3. at 2026-01-01T00:00:01.000000Z ticked {"number":2} as second)"));
  CHECK(says(f, R"(4. cancel ticked)"));
  CHECK(says(f, R"(5. cancel second)"));
  CHECK(says(f, R"(6. after 7us ticked {"number":3} as third)"));
  CHECK(says(f, R"(7. finish)"));
  fails_as(
      promise::expected_reaction, [] { reaction_to("at once").then(acta::after(0s, ticked{5})); },
      "differs   action 1, the fields of the timer's input");
  fails_as(
      promise::expected_reaction, [] { reaction_to("cancel").then(acta::cancel<ticked>()); },
      "differs   action 1, the timer's name");
}

TEST_CASE("a process's report shows its inputs, state, timers, both reactions and the line") {
  int line = 0;
  const auto f = caught([&] {
    const auto given = acta::given<transfer>(request_transfer{"ada", "bob", 30}, debited{30});
    line = __LINE__ + 1;
    given.when(acta::rejected<credit>{.code = "not_open"})
        .then(acta::send<account>("ada", credit{31}));
  });
  const std::string expected = R"(another reaction than expected
  process   transfer/1
  given     1. request_transfer {"from":"ada","to":"bob","cents":30}
            2. debited {"cents":30}
  state     {"from":"ada","to":"bob","cents":30}
  timers    expired due 2026-01-02T00:00:00.000000Z
  when      rejected.credit {"code":"not_open","message":"","command":{"cents":0}}
  expected  send account/ada credit {"cents":31}
  actual    send account/ada credit {"cents":30}
  differs   action 1, the command's fields
  at        )" + std::string(__FILE__) +
                               ':' + std::to_string(line);
  CHECK(f.what() == expected);
}

TEST_CASE("a process's state is compared as a whole or asked by a function") {
  const auto given = acta::given<transfer>(request_transfer{"ada", "bob", 30});
  given.then_state(transfer{.from = "ada", .to = "bob", .cents = 30});
  given.then_state([](const transfer& t) { return t.cents == 30; });
  given.when(debited{30}).then_state([](const transfer& t) { CHECK(t.to == "bob"); });
  fails_as(
      promise::expected_state, [&] { given.then_state(transfer{}); }, "expected  {\"from\":\"\"");
  fails_as(
      promise::expected_state,
      [&] { given.when(debited{30}).then_state([](const transfer&) { return false; }); },
      "when      debited");
}

TEST_CASE("an end that was expected and is not there fails, and inputs after it change nothing") {
  const auto given = acta::given<transfer>(request_transfer{"ada", "bob", 30});
  fails_as(
      promise::expected_reaction, [&] { given.then_finished(); }, "the process goes on");
  const auto over = given.when(acta::rejected<debit>{.code = "not_open"});
  over.then(acta::finish()).then_finished().then_timers({});
  over.when(debited{30}).then_nothing().then_finished();
  over.when(request_transfer{"eve", "bob", 1}).then_nothing().then_state([](const transfer& t) {
    return t.from == "ada";
  });
  fails_as(
      promise::expected_reaction,
      [&] { over.when(debited{30}).then(acta::send<account>("bob", credit{30})); },
      "when      debited {\"cents\":30} (after the end)");
  acta::given<transfer>(acta::rejected<debit>{}, debited{30}).then_finished();
}

TEST_CASE("timers fire when they are due, in order, each at its own time") {
  const auto given = acta::given<clockwork>(wanted{"three"});
  given.then_timers({{"a", default_time + 2h}, {"b", default_time + 2h}, {"c", default_time + 1h}});
  given.after(1h - 1us).then_nothing().then_state(ticks({}));
  given.after(1h)
      .then_state(ticks({1}))
      .then_timers({{"b", default_time + 2h}, {"a", default_time + 2h}});
  given.at(default_time + 2h).then_state(ticks({1, 2, 3})).then_timers({});
  given.after(1h).after(1h).then_state(ticks({1, 2, 3})).after(100h).then_state(ticks({1, 2, 3}));
}

TEST_CASE("a timer that a timer sets fires in the same move, and then looks at all reactions") {
  const auto asks_at = [](std::chrono::hours h) {
    return acta::send<help_desk>(acta::to_rfc3339(default_time + h), call{""});
  };
  reaction_to("chain")
      .as("ada") // says nothing of timers
      .after(150min)
      .then(asks_at(1h), acta::after(1h, ticked{101}), asks_at(2h), acta::after(1h, ticked{102}))
      .then_timers({{"ticked", default_time + 3h}})
      .after(30min)
      .then(asks_at(3h), acta::after(1h, ticked{103}))
      .after(24h)
      .then_nothing()
      .then_state(ticks({100, 101, 102, 103}))
      .then_timers({});
}

TEST_CASE("a timer of the present or the past fires as soon as the clock is moved") {
  reaction_to("at once").then_state(ticks({})).after(0s).then_state(ticks({4}));
  reaction_to("past").at(default_time).then_state(ticks({5}));
}

TEST_CASE("a timer that is cancelled, replaced or outlived never fires") {
  const auto given = acta::given<clockwork>(wanted{"three"});
  given.when(wanted{"cancel"}).then(acta::cancel("c")).after(9h).then_state(ticks({2, 3}));
  given.when(wanted{"replace"})
      .then_timers({{"a", default_time + 2h}, {"b", default_time + 2h}, {"c", default_time + 3h}})
      .after(9h)
      .then_state(ticks({2, 3, 9}));
  given.after(1h).when(wanted{"finish"}).then_timers({}).after(9h).then_state(ticks({1}));
}

TEST_CASE("the same input, brought by somebody else, leaves the timer set") {
  acta::given<clockwork>(wanted{"chain"}, ticked{0}).then_timers({{"ticked", default_time + 1h}});
}

TEST_CASE("other timers than expected are shown with their times") {
  const auto given = acta::given<clockwork>(wanted{"chain"});
  for (const auto& wrong :
       {std::vector<acta::testing::pending_timer>{},
        std::vector<acta::testing::pending_timer>{{"ticked", default_time}},
        std::vector<acta::testing::pending_timer>{{"other", default_time + 1h}}})
    fails_as(
        promise::expected_timers, [&] { given.then_timers(wrong); },
        "actual    ticked due 2026-01-01T01:00:00.000000Z");
  fails_as(
      promise::expected_timers,
      [&] {
        given.after(1h).then_timers({{"ticked", default_time}});
      },
      "fired     ticked at 2026-01-01T01:00:00.000000Z: ticked {\"number\":100}");
}

TEST_CASE("the clock does not go back, nor stand still for ever") {
  const auto given = acta::given<clockwork>(wanted{"for ever"});
  fails_as(
      promise::valid_test, [&] { (void)given.at(default_time - 1us); }, "must not go back");
  fails_as(
      promise::valid_test, [&] { (void)given.after(-1us); }, "must not go back");
  fails_as(
      promise::time_goes_on, [&] { (void)given.after(0s); }, "more than 1000 timers");
  acta::given<clockwork>()
      .at(default_time - 24h)
      .when(wanted{"chain"})
      .then_timers({{"ticked", default_time - 23h}});
  acta::given<clockwork>(wanted{"chain"}).after(std::chrono::microseconds::max()).then_timers({});
}

TEST_CASE("a test sets all that a process's context shows") {
  const auto say = [](const std::string& text) { return acta::send<help_desk>("1", call{text}); };
  const auto noon = *acta::parse_rfc3339("2026-11-22T12:00:00Z");
  const auto nth = [](int n) { return "fresh " + acta::testing::nth_id(n).to_string(); };
  acta::given<clockwork>(wanted{""})
      .with_id("42")
      .as("ada")
      .with_attributes({{"channel", "web"}})
      .with_command(acta::testing::nth_id(7))
      .at(noon)
      .when(look_around{})
      .then(say("id 42"), say("version 1"), say("now 2026-11-22T12:00:00.000000Z"),
            say("caller ada"), say("command " + acta::testing::nth_id(7).to_string()),
            say("channel=web"), say(nth(1)))
      .as("bob")
      .with_attributes({})
      .with_command({})
      .when(look_around{})
      .then(say("id 42"), say("version 2"), say("now 2026-11-22T12:00:00.000000Z"),
            say("caller bob"), say("command " + acta::uuid{}.to_string()), say(nth(2)));
  CHECK(caught([] { (void)acta::given<clockwork>().with_id(""); }).broken() == promise::valid_test);
}

TEST_CASE("what a timer brings carries the attributes that the runtime gives it") {
  const auto say = [](const std::string& text) { return acta::send<help_desk>("1", call{text}); };
  acta::given<clockwork>(wanted{"look later"})
      .with_attributes({{"channel", "web"}})
      .after(2h)
      .then(say("id 1"), say("version 1"), say("now 2026-01-01T01:00:00.000000Z"), say("caller "),
            say("command " + acta::uuid{}.to_string()), say("acta.due=2026-01-01T01:00:00.000000Z"),
            say("acta.timer=look_around@1"), say("fresh " + acta::testing::nth_id(1).to_string()));
}

TEST_CASE("a step that no commit could hold is caught, and its report is not as long") {
  const auto f = caught([] { reaction_to("too much").then_nothing(); });
  CHECK(f.broken() == promise::fits_commit);
  CHECK(says(f, "one commit has at most 1048576"));
  CHECK(says(f, "clockwork"));
  CHECK(std::string_view(f.what()).size() < 1000);
}

TEST_CASE("a process's past can be kept, be a range, and be asked several times") {
  const std::vector<ticked> some{{1}, {2}};
  const auto given = acta::given<clockwork>(some, wanted{"three"}, ticked{3});
  given.then_state(ticks({1, 2, 3}));
  given.after(1h).then_state(ticks({1, 2, 3, 1}));
  given.when(ticked{4}).then_state(ticks({1, 2, 3, 4}));
  given.then_state(ticks({1, 2, 3}));
}

TEST_CASE("a reaction that no runtime would take is caught, in the past, too") {
  fails_as(
      promise::valid_reaction, [] { reaction_to("to nobody").then_nothing(); },
      "send help_desk/ call");
  fails_as(
      promise::valid_reaction, [] { (void)acta::given<clockwork>(wanted{"to nobody"}); },
      "input     wanted {\"how\":\"to nobody\"}");
}

// Lies: each process below breaks one promise, and the kit must notice.

namespace {

/// What it does wrong, by the input.
struct misbehaves {
  static constexpr std::string_view name = "lie";
  using inputs = acta::one_of<ticked>;
  std::int64_t sum = 0;
  mutable std::int64_t looks = 0;
  static inline int calls = 0;

  acta::reaction react(const ticked& t) const {
    switch (t.number) {
    case 1:
      return acta::send<help_desk>("1", call{std::to_string(++calls)});
    case 2:
      return ++looks, acta::reaction{};
    case 3:
      throw std::runtime_error("react is tired");
    case 4:
      throw 4;
    case 5: // the same to the kit's questions, another to the engine's
      return acta::send<help_desk>("1", call{++calls % 5 == 0 ? "a" : "b"});
    case 6:
      return acta::send<help_desk>("1", call{"\xFF"});
    default:
      return {};
    }
  }
  void evolve(const ticked& t) {
    if (t.number == 7) throw std::runtime_error("evolve is tired");
    sum += t.number == 8 ? ++calls : t.number;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum), CEREAL_NVP(looks)); }
};

acta::testing::failure misbehaving(std::int32_t how) {
  misbehaves::calls = 0;
  return caught([&] { acta::given<misbehaves>().when(ticked{how}).then_nothing(); });
}

struct forgets_in_state {
  static constexpr std::string_view name = "lie";
  using inputs = acta::one_of<ticked>;
  std::int64_t sum = 0;
  bool forgotten = false;
  acta::reaction react(const ticked&) const { return {}; }
  void evolve(const ticked& t) {
    sum += t.number;
    forgotten = sum > 2;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum)); }
};

/// The same behind private members, where only behaviour can tell.
class hides_its_state {
public:
  static constexpr std::string_view name = "lie";
  using inputs = acta::one_of<ticked, wanted>;
  acta::reaction react(const ticked&) const {
    if (forgotten_ > 100) return acta::finish();
    return {};
  }
  acta::reaction react(const wanted&) const { return {}; }
  void evolve(const ticked& t) { forgotten_ += t.number; }
  void evolve(const wanted&) { sum_ = forgotten_; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum_)); }

private:
  std::int64_t sum_ = 0;
  std::int64_t forgotten_ = 0;
};

struct forgetful {
  std::int32_t seen = 0, forgotten = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(seen)); }
};
struct number {
  double value = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(value)); }
};
struct has_bad_inputs {
  static constexpr std::string_view name = "lie";
  using inputs = acta::one_of<forgetful, number, wanted>;
  template <class I> acta::reaction react(const I&) const { return acta::finish(); }
  template <class A> void serialize(A&) {}
};

namespace other {
struct ticked : process_test::ticked {};
} // namespace other
struct has_two_of_a_name {
  static constexpr std::string_view name = "lie";
  using inputs = acta::one_of<ticked, other::ticked>;
  template <class I> acta::reaction react(const I&) const { return {}; }
  template <class A> void serialize(A&) {}
};

} // namespace

TEST_CASE("a react that gives two answers is caught") {
  CHECK(misbehaving(1).broken() == promise::react_repeats);
  CHECK(says(misbehaving(1), "first     send help_desk/1 call {\"why\":\"1\"}"));
  const auto f = misbehaving(5);
  CHECK(f.broken() == promise::react_repeats);
  CHECK(says(f, "another reaction is stored"));
}

TEST_CASE("a react that changes the state is caught") {
  const auto f = misbehaving(2);
  CHECK(f.broken() == promise::react_leaves_state);
  CHECK(says(f, "after     {\"sum\":0,\"looks\":1}"));
}

TEST_CASE("a react that throws, or sends what has no JSON form, fails with what it threw") {
  CHECK(misbehaving(3).broken() == promise::react_returns);
  CHECK(says(misbehaving(3), "react is tired"));
  CHECK(misbehaving(4).broken() == promise::react_returns);
  CHECK(misbehaving(6).broken() == promise::react_returns);
  CHECK(says(misbehaving(6), "UTF-8"));
  CHECK(caught([] { (void)acta::given<misbehaves>(ticked{3}); }).broken() ==
        promise::react_returns);
}

TEST_CASE("an evolve of a process that throws, or gives another state the next time, is caught") {
  CHECK(misbehaving(7).broken() == promise::evolve_returns);
  CHECK(says(misbehaving(7), "evolve is tired"));
  CHECK(says(misbehaving(7), "ticked {\"number\":7}"));
  CHECK(misbehaving(8).broken() == promise::replay_agrees);
  CHECK(says(misbehaving(8), "evolve may depend on its input and the state only"));
}

TEST_CASE(
    "a process whose serialize forgets a member is caught at the first version that shows it") {
  acta::given<forgets_in_state>(ticked{1}).when(ticked{1}).then_nothing();
  const auto f = caught([] { acta::given<forgets_in_state>(ticked{1}).when(ticked{2}).then(); });
  CHECK(f.broken() == promise::binary_round_trip);
  CHECK(says(f, "lie does not come back from its binary form"));
  CHECK(says(f, "state at  2"));
}

TEST_CASE("a private member that snapshots of a process lose is caught by replay or a reaction") {
  const auto replayed =
      caught([] { (void)acta::given<hides_its_state>(ticked{1}, ticked{2}, wanted{}); });
  CHECK(replayed.broken() == promise::replay_agrees);
  CHECK(says(replayed, "a snapshot at version 1"));
  const auto asked = caught(
      [] { acta::given<hides_its_state>(ticked{101}).when(ticked{1}).then(acta::finish()); });
  CHECK(asked.broken() == promise::react_repeats);
  CHECK(says(asked, "as they were stored"));
}

TEST_CASE("an input that a codec does not bring back is caught, even after the end") {
  const auto fresh = acta::given<has_bad_inputs>();
  const auto over = fresh.when(number{1});
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(caught([&] { fresh.when(forgetful{1, 2}).then(); }).broken() == promise::binary_round_trip);
  CHECK(caught([&] { over.when(forgetful{1, 2}).then(); }).broken() == promise::binary_round_trip);
  CHECK(caught([&] { fresh.when(wanted{"\xFF"}).then(); }).broken() == promise::json_round_trip);
  fresh.when(number{nan}).then(acta::finish()); // which JSON has a word for
  over.then(acta::finish());
}

TEST_CASE("two inputs of one durable name are caught") {
  fails_as(
      promise::sound_model, [] { (void)acta::given<has_two_of_a_name>(); },
      "process 'lie' has two inputs named 'ticked'");
}

} // namespace process_test
