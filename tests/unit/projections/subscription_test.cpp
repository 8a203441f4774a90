// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "view_requests.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <thread>
#include <vector>

namespace subscription_test {

using test::add_to;
using test::note_in;

using namespace std::chrono_literals;
using namespace test;

namespace {

acta::model counters() {
  acta::model m;
  m.aggregate<counter>();
  return m;
}

acta::subscription must_subscribe(acta::runtime& runtime,
                                  const acta::subscription_options& options = {}) {
  auto made = runtime.subscribe(options);
  if (!made) FAIL(made.error());
  return std::move(*made);
}

} // namespace

TEST_CASE("a subscription catches up, then follows live, and misses and doubles nothing") {
  test::temp_folder folder;
  // A tail of a few commits, so that the journal is read as well.
  acta::runtime_options options;
  options.projections.tail_bytes_max = 2000;
  auto runtime = must_open(folder / "data", counters(), options);
  for (int i = 0; i < 500; ++i) add_to(runtime, std::to_string(i % 7), 1);
  auto events = must_subscribe(runtime);
  std::thread writer([&] {
    for (int i = 0; i < 1500; ++i) add_to(runtime, std::to_string(i % 7), 1);
  });
  std::uint64_t next = 1;
  while (next <= 2000) {
    auto page = events.next(17, 20s);
    if (!page) FAIL(page.error());
    for (const auto& e : page->events) {
      REQUIRE(e.metadata.position == acta::position{0, next});
      ++next;
    }
    REQUIRE(page->scanned[0].number == next - 1);
  }
  writer.join();
  CHECK(events.behind() == 0);
}

TEST_CASE("what a checkpoint tells is scanned, not matched") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  note_in(runtime, "a", "one");
  acta::position last;
  for (int i = 0; i < 100; ++i) last = add_to(runtime, "b", 1);
  auto events = must_subscribe(runtime, {.filter = {.types = {"counter.noted"}}});
  auto page = events.next();
  REQUIRE(page);
  REQUIRE(page->events.size() == 1);
  CHECK(page->events[0].get<noted>()->text == "one");
  CHECK(page->scanned == std::vector<acta::position>{last});
  // Resumed there, nothing is scanned again.
  auto resumed = must_subscribe(
      runtime, {.from = {{0, last.number + 1}}, .filter = {.types = {"counter.noted"}}});
  CHECK(resumed.behind() == 0);
  note_in(runtime, "a", "two");
  page = resumed.next(10, 20s);
  REQUIRE(page);
  REQUIRE(page->events.size() == 1);
  CHECK(page->events[0].get<noted>()->text == "two");
}

TEST_CASE("a subscription can be of one stream") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  for (int i = 0; i < 10; ++i) add_to(runtime, std::to_string(i % 2), i);
  auto events = must_subscribe(runtime, {.filter = {.stream = "counter/1"}});
  const auto page = events.next();
  REQUIRE(page);
  REQUIRE(page->events.size() == 5);
  for (const auto& e : page->events) CHECK(e.metadata.stream == "counter/1");
}

TEST_CASE("a reader that waits is woken by the next commit") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  auto events = must_subscribe(runtime);
  auto page = std::async(std::launch::async, [&] { return events.next(10, 20s); });
  note_in(runtime, "a", "hello");
  const auto got = page.get();
  REQUIRE(got);
  CHECK(got->events.size() == 1);

  std::promise<void> told;
  events.notify([&] { told.set_value(); });
  auto future = told.get_future();
  CHECK(future.wait_for(0s) == std::future_status::timeout);
  note_in(runtime, "a", "again");
  CHECK(future.wait_for(20s) == std::future_status::ready);
  std::promise<void> at_once;
  events.notify([&] { at_once.set_value(); });
  CHECK(at_once.get_future().wait_for(0s) == std::future_status::ready);
}

TEST_CASE("stopping ends a reader that waits") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  auto events = must_subscribe(runtime);
  auto page = std::async(std::launch::async, [&] { return events.next(10, 1h); });
  runtime.stop();
  CHECK(page.get().error().code() == acta::projection_errc::stopped);
}

TEST_CASE("a partition of several does not starve the others") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters(), {.partitions = 3});
  for (int i = 0; i < 300; ++i) add_to(runtime, std::to_string(i), 1);
  auto events = must_subscribe(runtime);
  std::vector<std::uint64_t> next(3, 1);
  for (int i = 0; i < 300;) {
    const auto page = events.next(10);
    REQUIRE(page);
    for (const auto& e : page->events) {
      const auto at = e.metadata.position;
      REQUIRE(at.number == next[at.partition]++);
      ++i;
    }
  }
  CHECK(events.behind() == 0);
}

TEST_CASE("what cannot be subscribed to is named") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  const auto code = [&](const acta::subscription_options& o) {
    return runtime.subscribe(o).error().code();
  };
  CHECK(code({.from = {{5, 1}}}) == acta::persistence::errc::unknown_position);
  CHECK(code({.from = {{0, 0}}}) == acta::persistence::errc::unknown_position);
  CHECK(code({.filter = {.stream = "counter"}}) == acta::errc::invalid_argument);
  CHECK(code({.filter = {.stream = "cart/1"}}) == acta::domain_errc::unknown_aggregate);
  CHECK(code({.filter = {.aggregates = {"cart"}}}) == acta::domain_errc::unknown_aggregate);
  CHECK(code({.filter = {.types = {"cart.added"}}}) == acta::domain_errc::unknown_event_type);
}

} // namespace subscription_test
