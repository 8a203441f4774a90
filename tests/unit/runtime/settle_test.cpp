// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "eventually.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>

namespace settle_test {

using namespace std::chrono_literals;

namespace {

acta::model money() {
  acta::model m;
  m.aggregate<test::account>().process<test::transfer>().view<bank::balance>();
  return m;
}
acta::model reminders() {
  acta::model m;
  m.process<test::reminder>();
  return m;
}
std::vector<std::int64_t> rung_by(acta::runtime& runtime, std::string_view id) {
  const auto state = runtime.state<test::reminder>(id);
  return state ? state->rung : std::vector<std::int64_t>{};
}

} // namespace

TEST_CASE("settle waits for everything that a command leads to, views included") {
  test::temp_folder folder;
  auto runtime = test::must_open(folder / "data", money());
  for (const auto* id : {"ada", "bob"}) {
    REQUIRE(runtime.ask<test::account>(id, test::open_account{id}).wait_for(20s));
    REQUIRE(runtime.ask<test::account>(id, test::credit{100}).wait_for(20s));
  }
  for (int i = 0; i < 30; ++i) {
    // Nobody waits for the answer: settle does.
    const auto dropped = runtime.ask<test::transfer>("t" + std::to_string(i),
                                                     test::request_transfer{"ada", "bob", 1});
    REQUIRE(runtime.settle(60s));
    CHECK(runtime.state<test::transfer>("t" + std::to_string(i))->state == "done");
    CHECK(runtime.view<bank::balance>().get("bob")->cents == 101 + i);
    const auto f = runtime.figures().processes;
    CHECK(f.waiting == 0);
    CHECK(f.timers == 0);
  }
}

TEST_CASE("a clock set forward has done its work when settle returns") {
  test::temp_folder folder;
  acta::manual_clock clock;
  auto runtime = test::must_open(folder / "data", reminders(), {.clock = clock.source()});
  REQUIRE(runtime.ask<test::reminder>("a", test::remind{60'000}).wait_for(20s));
  REQUIRE(runtime.ask<test::reminder>("b", test::remind{0}).wait_for(20s));
  REQUIRE(runtime.settle(60s));
  CHECK(rung_by(runtime, "b").size() == 1);
  CHECK(rung_by(runtime, "a").empty());
  CHECK(runtime.figures().processes.timers == 1);
  clock.advance(59'999ms);
  REQUIRE(runtime.settle(60s));
  CHECK(rung_by(runtime, "a").empty());
  // [settle]
  clock.advance(1ms);
  REQUIRE(runtime.settle(60s));
  CHECK(rung_by(runtime, "a").size() == 1);
  // [settle end]
  CHECK(runtime.figures().processes.timers == 0);
}

TEST_CASE("settle does not come to an end where a view stands still") {
  test::temp_folder folder;
  auto runtime = test::must_open(folder / "data", money());
  REQUIRE(runtime.projection("balances")->pause());
  REQUIRE(runtime.ask<test::account>("ada", test::open_account{"Ada"}).wait_for(20s));
  CHECK_FALSE(runtime.settle(50ms));
  REQUIRE(runtime.projection("balances")->resume());
  CHECK(runtime.settle(60s));
}

TEST_CASE("settle waits for the callbacks of answers too") {
  test::temp_folder folder;
  auto runtime = test::must_open(folder / "data", money());
  REQUIRE(runtime.ask<test::account>("ada", test::open_account{"Ada"}).wait_for(20s));
  std::atomic<int> called{0};
  constexpr int asked = 2'000;
  for (int i = 0; i < asked; ++i)
    runtime.ask<test::account>("ada", test::credit{1}).then([&](acta::result<acta::receipt>) {
      for (const auto until = std::chrono::steady_clock::now() + 100us;
           std::chrono::steady_clock::now() < until;) {}
      ++called;
    });
  REQUIRE(runtime.settle(60s));
  CHECK(called == asked);
}

TEST_CASE("settle within a callback does not wait for that callback") {
  test::temp_folder folder;
  auto runtime = test::must_open(folder / "data", money());
  std::promise<bool> settled;
  runtime.ask<test::account>("ada", test::open_account{"Ada"})
      .then([&](acta::result<acta::receipt>) { settled.set_value(runtime.settle(20s)); });
  CHECK(settled.get_future().get());
}

TEST_CASE("copies of a manual clock are one clock") {
  acta::manual_clock clock;
  const auto copy = clock;
  const auto source = clock.source();
  const auto before = copy.now();
  clock.advance(15min);
  CHECK(copy.now() == before + 15min);
  clock.set(before - 1h);
  CHECK(source() == before - 1h);
}

TEST_CASE("a callback within another runtime's callback settles its own runtime") {
  // A runtime that has stopped calls back whoever asks it, here a callback of the other one.
  const auto make = [] {
    acta::model m;
    m.aggregate<test::counter>();
    auto made = acta::runtime::in_memory(std::move(m));
    if (!made) throw std::runtime_error(made.error().to_string());
    return std::move(*made);
  };
  auto runtime = make();
  auto other = make();
  REQUIRE(other.stop(20s));
  std::promise<bool> settled;
  runtime.ask<test::counter>("a", test::add{1}).then([&](const auto&) {
    other.ask<test::counter>("a", test::add{1}).then([&](const auto&) {
      settled.set_value(runtime.settle(2s));
    });
  });
  CHECK(settled.get_future().get());
}

TEST_CASE("a callback of one runtime that does not return keeps no other runtime from settling") {
  test::temp_folder folder;
  auto runtime = test::must_open(folder / "data", reminders());
  auto busy = test::must_open(folder / "busy", reminders());
  std::promise<void> entered, leave;
  busy.ask<test::reminder>("a", test::be_quiet{}).then([&](const auto&) {
    entered.set_value();
    leave.get_future().get();
  });
  entered.get_future().get();
  CHECK(runtime.settle(20s));
  leave.set_value();
  CHECK(busy.settle(20s));
}

} // namespace settle_test
