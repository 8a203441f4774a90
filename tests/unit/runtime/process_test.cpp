// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "eventually.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <vector>

namespace process_test {

using namespace std::chrono_literals;
using namespace test;

namespace {

acta::model money() {
  acta::model m;
  m.aggregate<account>().process<transfer>();
  return m;
}

void open_accounts(acta::runtime& runtime, int count, std::int64_t cents) {
  for (int i = 0; i < count; ++i) {
    const auto id = std::to_string(i);
    REQUIRE(runtime.ask<account>(id, open_account{id}).wait_for(20s));
    if (cents > 0) REQUIRE(runtime.ask<account>(id, credit{cents}).wait_for(20s));
  }
}
std::string state_of(acta::runtime& runtime, std::string_view id) {
  const auto state = runtime.state<transfer>(id);
  return state ? state->state : std::string(state.error().to_string());
}
bool comes_to(acta::runtime& runtime, std::string_view id, std::string_view state) {
  return eventually([&] { return state_of(runtime, id) == state; });
}
std::int64_t cents_of(acta::runtime& runtime, std::string_view id) {
  return runtime.state<account>(id)->cents;
}

/// Is done with an account as soon as money has come.
struct first_money {
  static constexpr std::string_view name = "first_money";
  using inputs = acta::one_of<credited>;
  static std::string key(const credited&, const acta::metadata& m) {
    return m.stream.substr(m.stream.find('/') + 1);
  }
  acta::reaction react(const credited&) const { return acta::finish(); }
  template <class A> void serialize(A&) {}
};

} // namespace

TEST_CASE("a process takes money from one account and brings it to another") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_accounts(runtime, 2, 100);
  const auto receipt = runtime.ask<transfer>("t1", request_transfer{"0", "1", 30}).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
  CHECK(receipt->stream == "transfer/t1");
  REQUIRE(comes_to(runtime, "t1", "done"));
  CHECK(cents_of(runtime, "0") == 70);
  CHECK(cents_of(runtime, "1") == 130);
  // The whole history names one correlation, and each event its cause.
  const auto steps = runtime.events("transfer", "t1");
  REQUIRE(steps);
  REQUIRE(steps->size() == 3);
  const auto correlation_of_last = [&](std::string_view id) {
    return runtime.events<account>(id)->back().metadata.correlation_id;
  };
  CHECK(correlation_of_last("0"));
  CHECK(correlation_of_last("0") == correlation_of_last("1"));
  CHECK(eventually([&] {
    const auto f = runtime.figures().processes;
    return f.waiting == 0 && f.timers == 0;
  }));
}

TEST_CASE("money that cannot be delivered goes back") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_accounts(runtime, 1, 100);
  REQUIRE(runtime.ask<transfer>("t1", request_transfer{"0", "nobody", 30}).wait_for(20s));
  REQUIRE(comes_to(runtime, "t1", "returned"));
  CHECK(cents_of(runtime, "0") == 100);
}

TEST_CASE("a rejection ends what cannot begin") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_accounts(runtime, 2, 10);
  REQUIRE(runtime.ask<transfer>("t1", request_transfer{"0", "1", 30}).wait_for(20s));
  REQUIRE(comes_to(runtime, "t1", "refused: insufficient_funds"));
  CHECK(cents_of(runtime, "0") == 10);
  CHECK(eventually([&] { return runtime.figures().processes.timers == 0; }));
}

TEST_CASE("many transfers at once keep the sum") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_accounts(runtime, 10, 1000);
  constexpr int transfers = 200;
  std::vector<acta::pending> asked;
  for (int i = 0; i < transfers; ++i)
    asked.push_back(runtime.ask<transfer>(
        std::to_string(i),
        request_transfer{std::to_string(i % 10), std::to_string((i * 7 + 1) % 10), i}));
  for (auto& a : asked) REQUIRE(a.wait_for(20s));
  REQUIRE(eventually(
      [&] {
        for (int i = 0; i < transfers; ++i) {
          const auto state = state_of(runtime, std::to_string(i));
          if (state != "done" && !state.starts_with("refused")) return false;
        }
        return true;
      },
      60s));
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += cents_of(runtime, std::to_string(i));
  CHECK(sum == 10'000);
}

namespace {

acta::model reminders() {
  acta::model m;
  m.process<reminder>();
  return m;
}

/// Its clock stands still until it is set.
acta::runtime_options by(const acta::manual_clock& clock) {
  acta::runtime_options o;
  o.clock = clock.source();
  return o;
}

std::vector<std::int64_t> rung_by(acta::runtime& runtime, std::string_view id) {
  const auto state = runtime.state<reminder>(id);
  return state ? state->rung : std::vector<std::int64_t>{};
}
std::uint64_t timers_in(acta::runtime& runtime) { return runtime.figures().processes.timers; }

} // namespace

TEST_CASE("a timer fires when its time has come on the runtime's clock, not before") {
  test::temp_folder folder;
  acta::manual_clock clock;
  auto runtime = must_open(folder / "data", reminders(), by(clock));
  REQUIRE(runtime.ask<reminder>("a", remind{5000}).wait_for(20s));
  REQUIRE(runtime.ask<reminder>("b", remind{100}).wait_for(20s));
  REQUIRE(eventually([&] { return timers_in(runtime) == 2; }));
  clock.advance(4999ms); // a jump of the clock
  REQUIRE(eventually([&] { return rung_by(runtime, "b").size() == 1; }));
  CHECK(rung_by(runtime, "a").empty());
  CHECK(timers_in(runtime) == 1);
  clock.advance(-3000ms); // and one back
  REQUIRE(runtime.ask<reminder>("c", remind{1}).wait_for(20s));
  REQUIRE(eventually([&] { return timers_in(runtime) == 2; }));
  clock.advance(1ms);
  REQUIRE(eventually([&] { return rung_by(runtime, "c").size() == 1; }));
  CHECK(rung_by(runtime, "a").empty());
  clock.advance(3000ms);
  REQUIRE(eventually([&] { return rung_by(runtime, "a").size() == 1; }));
}

TEST_CASE("a timer that is cancelled or replaced does not fire") {
  test::temp_folder folder;
  acta::manual_clock clock;
  auto runtime = must_open(folder / "data", reminders(), by(clock));
  REQUIRE(runtime.ask<reminder>("a", remind{100}).wait_for(20s));
  REQUIRE(runtime.ask<reminder>("a", be_quiet{}).wait_for(20s));
  REQUIRE(runtime.ask<reminder>("b", remind{100}).wait_for(20s));
  REQUIRE(runtime.ask<reminder>("b", remind{200}).wait_for(20s));
  clock.advance(150ms);
  REQUIRE(runtime.ask<reminder>("c", remind{0}).wait_for(20s));
  REQUIRE(eventually([&] { return rung_by(runtime, "c").size() == 1; }));
  clock.advance(100ms);
  REQUIRE(runtime.settle(60s));
  CHECK(rung_by(runtime, "b") == std::vector<std::int64_t>{200});
  CHECK(rung_by(runtime, "a").empty());
  CHECK(timers_in(runtime) == 0);
}

TEST_CASE("timers survive a restart, and those that were missed fire then") {
  test::temp_folder folder;
  acta::manual_clock clock;
  {
    auto runtime = must_open(folder / "data", reminders(), by(clock));
    for (int i = 0; i < 50; ++i)
      REQUIRE(runtime.ask<reminder>(std::to_string(i), remind{100 + i}).wait_for(20s));
  }
  clock.advance(125ms);
  auto runtime = must_open(folder / "data", reminders(), by(clock));
  const auto fired = [&] {
    int count = 0;
    for (int i = 0; i < 50; ++i)
      count += static_cast<int>(rung_by(runtime, std::to_string(i)).size());
    return count;
  };
  REQUIRE(eventually([&] { return fired() == 26 && timers_in(runtime) == 24; }));
  clock.advance(100ms);
  REQUIRE(eventually([&] { return fired() == 50; }));
}

TEST_CASE("what was to be done survives a restart and is done once") {
  test::temp_folder folder;
  for (int round = 0; round < 5; ++round) {
    auto runtime = must_open(folder / "data", money());
    if (round == 0) open_accounts(runtime, 4, 1000);
    for (int i = 0; i < 20; ++i)
      REQUIRE(runtime
                  .ask<transfer>(
                      std::to_string(round) + '-' + std::to_string(i),
                      request_transfer{std::to_string(i % 4), std::to_string((i + 1) % 4), 3})
                  .wait_for(20s));
    // Closed while most of it is under way.
  }
  auto runtime = must_open(folder / "data", money());
  REQUIRE(eventually(
      [&] {
        for (int round = 0; round < 5; ++round)
          for (int i = 0; i < 20; ++i)
            if (state_of(runtime, std::to_string(round) + '-' + std::to_string(i)) != "done")
              return false;
        return true;
      },
      60s));
  std::int64_t sum = 0;
  for (int i = 0; i < 4; ++i) {
    CHECK(cents_of(runtime, std::to_string(i)) == 1000);
    sum += cents_of(runtime, std::to_string(i));
  }
  CHECK(sum == 4000);
}

TEST_CASE("what only the runtime may say to a process is refused from outside") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  const auto code = [&](std::string_view input, std::string_view json) {
    return runtime.ask_json("transfer", "t", input, json).wait_for(20s).error().code();
  };
  CHECK(code("debited", R"({"cents":1})") == acta::domain_errc::unknown_command);
  CHECK(code("rejected.debit", R"({"code":"x","message":"","command":{"cents":1}})") ==
        acta::domain_errc::unknown_command);
  CHECK(code("nothing", "{}") == acta::domain_errc::unknown_command);
}

TEST_CASE("an input for a process that has finished is told so, and what comes late is not") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_accounts(runtime, 2, 100);
  acta::command_options once;
  once.command_id = acta::uuid::random();
  const request_transfer wish{"0", "1", 30};
  const auto first = runtime.ask<transfer>("t1", wish, once).wait_for(20s);
  REQUIRE(first);
  REQUIRE(runtime.settle(60s));
  REQUIRE(state_of(runtime, "t1") == "done");
  const auto steps = runtime.events("transfer", "t1")->size();
  const auto late = runtime.ask<transfer>("t1", request_transfer{"0", "1", 5}).wait_for(20s);
  REQUIRE(!late);
  REQUIRE(late.error().rejection() != nullptr);
  CHECK(late.error().rejection()->code == "process_finished");
  // A retry of what was taken is no new input.
  const auto again = runtime.ask<transfer>("t1", wish, once).wait_for(20s);
  REQUIRE(again);
  CHECK(again->version == first->version);
  CHECK(runtime.events("transfer", "t1")->size() == steps);
}

TEST_CASE("what comes for a finished process changes nothing, and a figure tells how much it was") {
  test::temp_folder folder;
  acta::model m;
  m.aggregate<account>().process<first_money>();
  auto runtime = must_open(folder / "data", std::move(m));
  open_accounts(runtime, 2, 100);
  REQUIRE(runtime.settle(60s));
  CHECK(runtime.figures().processes.passed_over.empty());
  for (int i = 0; i < 3; ++i) REQUIRE(runtime.ask<account>("0", credit{1}).wait_for(20s));
  REQUIRE(runtime.settle(60s));
  CHECK(runtime.figures().processes.passed_over ==
        std::map<std::string, std::uint64_t, std::less<>>{{"first_money", 3}});
  CHECK(runtime.events("first_money", "0")->size() == 1);
}

} // namespace process_test
