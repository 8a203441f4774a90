// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What waits as JSON is read by later releases as what it is today: inputs in steps, timers and
// deliveries, commands, and the noes to them.
#include "eventually.hpp"
#include "order_releases.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/runtime/errc.hpp>
#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <mutex>

namespace changed_inputs_test {

using namespace std::chrono_literals;
using namespace test::orders;
using test::must_open;

namespace {

template <class R> void place(acta::runtime& r, std::string_view id, const typename R::place& p) {
  auto receipt = r.ask<order<R>>(id, p).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
}
void settle(acta::runtime& r) { REQUIRE(r.settle(60s)); }

/// Placed, in a store whose till is out of the program: `pay` waits in the outbox.
template <class R>
void leave_waiting(const std::filesystem::path& store, std::string_view id,
                   const typename R::place& p, acta::runtime_options options = {}) {
  auto r = must_open(store, without_till<R>(), std::move(options));
  const auto before = r.figures().processes.waiting;
  place<R>(r, id, p);
  REQUIRE(test::eventually([&] { return r.figures().processes.waiting == before + 1; }));
}

acta::runtime_options impatient(acta::runtime_options o = {}) {
  o.replay_attempts = 1;
  o.restart_backoff_min = 1ms;
  o.restart_backoff_max = 20ms;
  return o;
}

/// What a runtime says.
struct heard {
  std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
  std::shared_ptr<std::string> text = std::make_shared<std::string>();
  [[nodiscard]] acta::runtime_options options() const {
    auto o = impatient();
    o.log = [m = mutex, t = text](acta::log_level, std::string_view line) {
      const std::lock_guard lock(*m);
      t->append(line).append("\n");
    };
    return o;
  }
  [[nodiscard]] bool has(std::string_view what) const {
    const std::lock_guard lock(*mutex);
    UNSCOPED_INFO(*text);
    return text->find(what) != std::string::npos;
  }
};

std::optional<acta::stuck_delivery> one_stuck(acta::runtime& r, std::string_view target) {
  std::optional<acta::stuck_delivery> found;
  test::eventually([&] {
    for (const auto& s : r.stuck())
      if (s.target == target) found = s;
    return found.has_value();
  });
  return found;
}

} // namespace

TEST_CASE("a process in flight goes on through two releases with what its steps hold") {
  test::temp_folder folder;
  {
    auto r = must_open(folder.path(), whole<first>());
    place<first>(r, "a", {5});
    place<first>(r, "b", {-5});
    settle(r);
    CHECK(r.state<order<first>>("a")->happened == texts{"placed 5", "paid 5"});
    CHECK(r.state<order<first>>("b")->happened == texts{"placed -5", "negative -5"});
  }
  {
    auto r = must_open(folder.path(), whole<second>());
    CHECK(r.state<order<second>>("b")->happened == texts{"placed -5 none", "negative -5EUR"});
    place<second>(r, "a", {7, "new"});
    place<second>(r, "b", {-7, "new"});
    settle(r);
    CHECK(r.state<order<second>>("a")->happened ==
          texts{"placed 5 none", "paid 5EUR", "placed 7 new", "paid 7CHF"});
  }
  auto r = must_open(folder.path(), whole<third>());
  place<third>(r, "a", {9, "last"});
  settle(r);
  CHECK(r.state<order<third>>("a")->happened == texts{"placed 50m none", "paid 50mEUR",
                                                      "placed 70m new", "paid 70mCHF",
                                                      "placed 9m last", "paid 9mUSD"});
  CHECK(r.state<order<third>>("b")->happened ==
        texts{"placed -50m none", "negative -50mEUR", "placed -70m new", "negative -70mCHF"});
  CHECK(r.state<order<third>>("a", acta::at_version{1})->happened == texts{"placed 50m none"});
  CHECK(r.quarantined().empty());
  CHECK(r.stuck().empty());
}

TEST_CASE("a timer that an earlier release has set fires as what its input is today") {
  test::temp_folder folder;
  acta::manual_clock clock;
  {
    auto r = must_open(folder.path(), whole<first>(), {.clock = clock.source()});
    place<first>(r, "a", {5});
    settle(r);
  }
  {
    auto r = must_open(folder.path(), whole<second>(), {.clock = clock.source()});
    place<second>(r, "b", {5, "x"});
    settle(r);
  }
  auto r = must_open(folder.path(), whole<third>(), {.clock = clock.source()});
  clock.advance(2h);
  settle(r);
  CHECK(r.state<order<third>>("a")->happened.back() == "late time 1");
  CHECK(r.state<order<third>>("b")->happened.back() == "late slow 2");
  // What is stored is of today.
  const auto events = r.events("order", "a");
  REQUIRE(events);
  CHECK(events->back().to_json()->find(R"("input":"late@3","json":"{\"why\":\"time 1\"}")") !=
        std::string::npos);
  CHECK(r.stuck().empty());
  CHECK(r.figures().processes.timers == 0);
}

TEST_CASE("a command that waits is delivered through its upcast, and so is the no to it") {
  test::temp_folder folder;
  leave_waiting<first>(folder.path(), "a", {5});
  leave_waiting<first>(folder.path(), "b", {-5});
  leave_waiting<second>(folder.path(), "a", {7, "x"});
  leave_waiting<second>(folder.path(), "b", {-7, "x"});
  {
    auto r = must_open(folder.path(), whole<third>());
    settle(r);
    CHECK(r.state<till<third>>("a")->paid == texts{"50mEUR", "70mCHF"});
    CHECK(r.state<order<third>>("a")->happened ==
          texts{"placed 50m none", "placed 70m x", "paid 50mEUR", "paid 70mCHF"});
    CHECK(r.state<order<third>>("b")->happened ==
          texts{"placed -50m none", "placed -70m x", "negative -50mEUR", "negative -70mCHF"});
    CHECK(r.stuck().empty());
    CHECK(r.figures().processes.set_aside == 0);
  }
  // The next one reads what was noted of it.
  auto r = must_open(folder.path(), whole<third>());
  CHECK(r.state<order<third>>("b")->happened.back() == "negative -70mCHF");
}

TEST_CASE("an upcast that throws loses nothing, says why, and all goes on when it is mended") {
  test::temp_folder folder;
  acta::manual_clock clock;
  const auto options = [&] {
    auto o = impatient();
    o.clock = clock.source();
    return o;
  };
  {
    auto r = must_open(folder.path(), without_till<second>(), options());
    place<second>(r, "step", {5, "x"});
    settle(r);
  }
  leave_waiting<first>(folder.path(), "pay", {5}, options());
  {
    const broken_upcasts broken;
    heard log_of;
    auto o = log_of.options();
    o.clock = clock.source();
    auto r = must_open(folder.path(), whole<third>(), o);
    CHECK(log_of.has("1 deliveries of till.pay wait that this program cannot read"));
    const auto state = r.state<order<third>>("step");
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == acta::domain_errc::upcast_threw);
    CHECK(state.error().detail().find("broken upcast") != std::string_view::npos);
    clock.advance(2h);
    const auto timer = one_stuck(r, "order/step");
    REQUIRE(timer);
    CHECK(timer->reason.to_string().find("broken upcast") != std::string::npos);
    const auto command = one_stuck(r, "till/pay");
    REQUIRE(command);
    CHECK(command->reason.code() == acta::domain_errc::upcast_threw);
    CHECK(r.figures().processes.set_aside == 0);
  }
  auto r = must_open(folder.path(), whole<third>(), options());
  settle(r);
  CHECK(r.state<till<third>>("pay")->paid == texts{"50mEUR"});
  const auto step = r.state<order<third>>("step")->happened;
  REQUIRE(step.size() == 3);
  CHECK(step.front() == "placed 50m x");
  CHECK(std::ranges::count(step, "late slow 2") == 1);
  CHECK(std::ranges::count(step, "paid 50mCHF") == 1);
  CHECK(r.stuck().empty());
}

TEST_CASE("an older release keeps what a later one has left waiting, and says so") {
  test::temp_folder folder;
  acta::manual_clock clock;
  const auto with_clock = [&](acta::runtime_options o) {
    o.clock = clock.source();
    return o;
  };
  {
    auto r = must_open(folder.path(), whole<first>(), with_clock({}));
    place<first>(r, "old", {1});
    settle(r);
  }
  {
    auto r = must_open(folder.path(), without_till<third>(), with_clock({}));
    place<third>(r, "new", {50, "x"});
    REQUIRE(test::eventually([&] { return r.figures().processes.waiting == 1; }));
  }
  {
    heard log_of;
    auto r = must_open(folder.path(), whole<first>(), with_clock(log_of.options()));
    CHECK(log_of.has("a later release of the program has stored inputs order.place of schema 3"));
    CHECK(log_of.has("1 deliveries of till.pay@3 wait that this program cannot read"));
    CHECK(r.state<order<first>>("new").error().code() == acta::domain_errc::newer_schema);
    const auto stuck = one_stuck(r, "till/new");
    REQUIRE(stuck);
    CHECK(stuck->command == "pay@3");
    CHECK(stuck->reason.code() == acta::domain_errc::newer_schema);
    clock.advance(2h);
    REQUIRE(one_stuck(r, "order/new"));
    // All else goes on.
    place<first>(r, "older", {2});
    REQUIRE(test::eventually([&] { return r.state<order<first>>("older")->happened.size() == 2; }));
    CHECK(r.state<order<first>>("old")->happened == texts{"placed 1", "paid 1", "late round 1"});
    CHECK(r.figures().processes.set_aside == 0);
  }
  auto r = must_open(folder.path(), whole<third>(), with_clock({}));
  settle(r);
  CHECK(r.state<till<third>>("new")->paid == texts{"50mUSD"});
  CHECK(r.state<order<third>>("new")->happened.size() == 3);
  CHECK(r.state<order<third>>("older")->happened == texts{"placed 20m none", "paid 20mEUR"});
  CHECK(r.stuck().empty());
}

TEST_CASE("a schedule of an earlier release sends its command as what it is today") {
  test::temp_folder folder;
  acta::manual_clock clock;
  {
    auto r = must_open(folder.path(), whole<first>(), {.clock = clock.source()});
    REQUIRE(r.schedule<till<first>>("a", first::pay{5}, acta::every(24h), {.id = "daily"}));
    REQUIRE(r.schedule<till<first>>("a", first::pay{-5}, acta::after(1h), {.id = "no"}));
    settle(r);
  }
  auto r = must_open(folder.path(), whole<third>(), {.clock = clock.source()});
  // Asked for again by what a release does at its start: the same command, in today's words.
  CHECK(r.schedule<till<third>>("a", third::pay{50, "EUR"}, acta::every(24h), {.id = "daily"}));
  CHECK(r.schedule<till<third>>("a", third::pay{51, "EUR"}, acta::every(24h), {.id = "daily"})
            .error()
            .code() == acta::runtime_errc::schedule_exists);
  clock.advance(25h);
  settle(r);
  CHECK(r.state<till<third>>("a")->paid == texts{"50mEUR"});
  const auto no = r.find_schedule("no");
  REQUIRE(no);
  CHECK(no->refused == 1);
  REQUIRE(no->last_refusal);
  CHECK(no->last_refusal->code == "negative");
  // By name, in words of an earlier release.
  CHECK(r.schedule_json("till", "b", "pay@2", R"({"cents":3,"currency":"CHF"})", acta::after(1h)));
  CHECK(r.schedule_json("till", "b", "pay@4", "{}", acta::after(1h)).error().code() ==
        acta::domain_errc::unknown_command);
  clock.advance(2h);
  settle(r);
  CHECK(r.state<till<third>>("b")->paid == texts{"30mCHF"});
}

TEST_CASE("a caller may ask in the words of an earlier release") {
  test::temp_folder folder;
  acta::command_options once;
  once.command_id = acta::uuid::random();
  auto r = must_open(folder.path(), whole<third>());
  const auto ask = [&](std::string_view command, std::string_view json,
                       acta::command_options o = {}) {
    return r.ask_json("till", "a", command, json, std::move(o)).wait_for(20s);
  };
  const auto one = ask("pay@1", R"({"cents":5})", once);
  REQUIRE(one);
  const auto again = ask("pay@1", R"({"cents":5})", once);
  REQUIRE(again);
  CHECK(again->version == one->version);
  CHECK(ask("pay@2", R"({"cents":5,"currency":"EUR"})", once)->version == 1); // the same command
  CHECK(ask("pay@1", R"({"cents":6})", once).error().code() ==
        acta::runtime_errc::command_id_reused);
  CHECK(ask("pay", R"({"mils":7,"currency":"CHF"})"));
  CHECK(ask("pay@3", R"({"mils":8,"currency":"CHF"})"));
  CHECK(r.state<till<third>>("a")->paid == texts{"50mEUR", "7mCHF", "8mCHF"});
  CHECK(ask("pay", R"({"cents":5})").error().code() == acta::codec_errc::json_invalid);
  CHECK(ask("pay@1", R"({"euros":5})").error().code() == acta::codec_errc::json_invalid);
  CHECK(ask("pay@1", R"({"cents":-5})").error().rejection()->code == "negative");
  for (const auto* name : {"pay@4", "pay@9", "pay@0", "pay@", "pay@x", "pay@03", "pay@65537"}) {
    CAPTURE(name);
    const auto refused = ask(name, R"({"mils":7,"currency":"CHF"})");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == acta::domain_errc::unknown_command);
  }
  const broken_upcasts broken;
  CHECK(ask("pay@1", R"({"cents":5})").error().code() == acta::domain_errc::decide_threw);
}

TEST_CASE("a caller's key from before a release finds its receipt in the words of then") {
  test::temp_folder folder;
  acta::command_options once;
  once.command_id = acta::uuid::random();
  {
    auto r = must_open(folder.path(), whole<first>());
    REQUIRE(r.ask_json("till", "a", "pay", R"({"cents":5})", once).wait_for(20s));
  }
  auto r = must_open(folder.path(), whole<third>());
  const auto again = r.ask_json("till", "a", "pay@1", R"({"cents":5})", once).wait_for(20s);
  REQUIRE(again);
  CHECK(again->version == 1);
  CHECK(r.state<till<third>>("a")->paid == texts{"50mEUR"});
}

} // namespace changed_inputs_test
