// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What can never succeed is not tried for ever: it is set aside, counted, told of, and what stands
// behind it goes on.
#include "eventually.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

namespace process_set_aside_test {

using namespace std::chrono_literals;
using test::counter;
using test::note;
using test::noted;

namespace {

constexpr std::size_t much = 600'000; ///< twice as much is no commit

/// Says no, in the words that it was asked for.
struct please {
  std::string words;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(words)); }
};
struct pleased {
  template <class A> void serialize(A&) {}
};
struct grump {
  static constexpr std::string_view name = "grump";
  using events = acta::one_of<pleased>;
  using commands = acta::one_of<please>;
  using decision = acta::decision<events>;
  decision decide(const please& p) const {
    if (p.words == "latin") return acta::reject("no\xe9", "N\xe9g\xe9");
    if (p.words == "much") return acta::reject("no", std::string(much, 'n'));
    if (p.words == "more") return acta::reject("no", std::string(3 * much, '\x01'));
    return pleased{};
  }
  void evolve(const pleased&) {}
  template <class A> void serialize(A&) {}
};

/// Asks a grump, and keeps its answers.
struct ask_it {
  std::string words;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(words)); }
};
/// Notes a text of this size for the counter of its own name, and again when its time is up.
struct say_much {
  std::int64_t bytes = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(bytes)); }
};
struct say_again {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
struct asker {
  static constexpr std::string_view name = "asker";
  using inputs = acta::one_of<ask_it, pleased, acta::rejected<please>, say_much, say_again>;
  std::vector<std::string> answers;

  acta::reaction react(const ask_it& a) const { return acta::send<grump>("g", please{a.words}); }
  acta::reaction react(const pleased&) const { return {}; }
  acta::reaction react(const acta::rejected<please>&) const { return {}; }
  acta::reaction react(const say_much& s) const {
    return acta::after(1s, say_again{std::string(static_cast<std::size_t>(s.bytes), 'x')});
  }
  acta::reaction react(const say_again& s, const acta::context& c) const {
    return acta::send<counter>(c.id(), note{s.text});
  }
  void evolve(const pleased&) { answers.push_back("yes"); }
  void evolve(const acta::rejected<please>& no) {
    answers.push_back(no.code + ": " + no.message.substr(0, 20));
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(answers)); }
};

/// Hears what counters note, if it can tell whose it is.
struct picky {
  static constexpr std::string_view name = "picky";
  using inputs = acta::one_of<noted>;
  std::int64_t heard = 0;
  static std::optional<std::string> key(const noted& n, const acta::metadata&) {
    if (n.text == "throw") throw std::runtime_error("whose is that?");
    if (n.text == "bad id") return "a\nb";
    return "all";
  }
  acta::reaction react(const noted&) const { return {}; }
  void evolve(const noted&) { ++heard; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(heard)); }
};

acta::model words() {
  acta::model m;
  m.aggregate<counter>().aggregate<grump>().process<asker>();
  return m;
}
acta::runtime_options impatient(std::atomic<int>* errors = nullptr) {
  acta::runtime_options o;
  o.restart_backoff_min = 1ms;
  o.restart_backoff_max = 20ms;
  if (errors != nullptr)
    o.log = [errors](acta::log_level level, std::string_view) {
      if (level == acta::log_level::error) ++*errors;
    };
  return o;
}
void say(acta::runtime& runtime, std::string_view id, std::string text) {
  auto receipt = runtime.ask<counter>(id, note{std::move(text)}).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
}

} // namespace

TEST_CASE("a rejection in words that are no UTF-8 reaches the process, and holds it up no longer") {
  test::temp_folder folder;
  auto runtime = test::must_open(folder / "data", words(), impatient());
  for (const auto* w : {"latin", "much", "more", "fine"})
    REQUIRE(runtime.ask<asker>("a", ask_it{w}).wait_for(20s));
  REQUIRE(test::eventually([&] {
    const auto state = runtime.state<asker>("a");
    return state && !state->answers.empty() && state->answers.back() == "yes";
  }));
  REQUIRE(runtime.settle(20s));
  CHECK(runtime.stuck().empty());
  const auto answers = runtime.state<asker>("a")->answers;
  REQUIRE(answers.size() == 4);
  CHECK(answers[0] == "no\xef\xbf\xbd: N\xef\xbf\xbdg\xef\xbf\xbd");
  CHECK(answers[1] == "no: " + std::string(20, 'n'));
}

TEST_CASE("a schedule keeps a no in words that are no UTF-8") {
  test::temp_folder folder;
  acta::manual_clock clock;
  auto options = impatient();
  options.clock = clock.source();
  auto runtime = test::must_open(folder / "data", words(), options);
  const auto id = runtime.schedule<grump>("g", please{"latin"}, acta::after(1s));
  REQUIRE(id);
  clock.advance(1s);
  REQUIRE(runtime.settle(20s));
  const auto status = runtime.find_schedule(*id);
  REQUIRE(status);
  CHECK(status->refused == 1);
  REQUIRE(status->last_refusal);
  CHECK(status->last_refusal->code == "no\xef\xbf\xbd");
  CHECK(runtime.figures().processes.schedules_refused == 1);
}

TEST_CASE("an input that is too large for a step is set aside, and the next one comes") {
  test::temp_folder folder;
  std::atomic<int> errors{0};
  acta::model m;
  m.aggregate<counter>().process<test::listener>();
  {
    auto runtime = test::must_open(folder / "data", m, impatient(&errors));
    say(runtime, "a", "fine");
    say(runtime, "a", std::string(much / 2, '\x01')); // six times as much in JSON
    say(runtime, "a", "fine");
    REQUIRE(test::eventually([&] {
      const auto state = runtime.state<test::listener>("a");
      return state && state->heard == 2;
    }));
    REQUIRE(runtime.settle(20s));
    CHECK(runtime.stuck().empty());
    CHECK(runtime.figures().processes.set_aside == 1);
    CHECK(errors == 1);
  }
  auto runtime = test::must_open(folder / "data", m, impatient());
  REQUIRE(runtime.settle(20s));
  CHECK(runtime.figures().processes.set_aside == 1);
  CHECK(runtime.state<test::listener>("a")->heard == 2);
}

TEST_CASE("a timer whose step would be too large is set aside") {
  test::temp_folder folder;
  acta::manual_clock clock;
  auto options = impatient();
  options.clock = clock.source();
  {
    auto runtime = test::must_open(folder / "data", words(), options);
    REQUIRE(runtime.ask<asker>("a", say_much{much}).wait_for(20s));
    clock.advance(1s);
    REQUIRE(test::eventually([&] { return runtime.figures().processes.set_aside == 1; }));
    REQUIRE(runtime.ask<asker>("a", ask_it{"fine"}).wait_for(20s));
    REQUIRE(runtime.settle(20s));
    CHECK(runtime.stuck().empty());
    CHECK(runtime.figures().processes.timers == 0);
    CHECK(runtime.state<asker>("a")->answers == std::vector<std::string>{"yes"});
  }
  auto runtime = test::must_open(folder / "data", words(), options);
  REQUIRE(runtime.settle(20s));
  CHECK(runtime.figures().processes.set_aside == 1);
  CHECK(runtime.figures().processes.timers == 0);
}

TEST_CASE("an event whose key cannot be told does not vanish uncounted") {
  test::temp_folder folder;
  std::atomic<int> errors{0};
  acta::model m;
  m.aggregate<counter>().process<picky>();
  {
    auto runtime = test::must_open(folder / "data", m, impatient(&errors));
    for (const auto* text : {"fine", "throw", "bad id", "fine"}) say(runtime, "a", text);
    REQUIRE(runtime.settle(20s));
    CHECK(runtime.figures().processes.set_aside == 2);
    CHECK(errors == 2);
    CHECK(runtime.state<picky>("all")->heard == 2);
  }
  auto runtime = test::must_open(folder / "data", m, impatient());
  REQUIRE(runtime.settle(20s));
  CHECK(runtime.figures().processes.set_aside == 2);
}

} // namespace process_set_aside_test
