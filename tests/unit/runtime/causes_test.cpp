// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "delivery.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <random>

namespace causes_test {

using namespace std::chrono_literals;
using namespace test;
using acta::cause_kind;

namespace {

acta::model money() {
  acta::model m;
  m.aggregate<account>().process<transfer>();
  return m;
}

void open_account_with(acta::runtime& runtime, std::string_view id, std::int64_t cents) {
  REQUIRE(runtime.ask<account>(id, open_account{std::string(id)}).wait_for(20s));
  REQUIRE(runtime.ask<account>(id, credit{cents}).wait_for(20s));
}

/// Has the transfer done, and returns where its last step is.
acta::position last_step(acta::runtime& runtime, std::string_view id, std::string_view ends_as) {
  REQUIRE(eventually([&] {
    const auto state = runtime.state<transfer>(id);
    return state && state->state == ends_as;
  }));
  return runtime.events("transfer", id)->back().metadata.position;
}

std::vector<std::string> types_of(const std::vector<acta::caused_event>& all) {
  std::vector<std::string> types;
  for (const auto& e : all) types.push_back(std::string(2 * e.depth, ' ') + e.event.type);
  return types;
}

} // namespace

TEST_CASE("an event tells the whole way back to the command that began it") {
  test::temp_folder folder;
  auto opened = must_open(folder / "data", money(), {.partitions = GENERATE(1u, 3u)});
  open_account_with(opened, "a", 100);
  open_account_with(opened, "b", 1);
  acta::command_options first;
  first.caller = "ada";
  REQUIRE(opened.ask<transfer>("t", request_transfer{"a", "b", 30}, first).wait_for(20s));
  const auto last = last_step(opened, "t", "done");

  const auto why = opened.why(last);
  if (!why) FAIL(why.error());
  CHECK_FALSE(why->truncated);
  const std::vector<std::string> chain{"transfer.stepped", "account.credited", "transfer.stepped",
                                       "account.debited", "transfer.stepped"};
  REQUIRE(why->chain.size() == chain.size());
  const std::vector<acta::cause> reasons{
      {cause_kind::event, "account.credited", why->chain[1].event.metadata.position},
      {cause_kind::command, "credit", why->chain[2].event.metadata.position},
      {cause_kind::event, "account.debited", why->chain[3].event.metadata.position},
      {cause_kind::command, "debit", why->chain[4].event.metadata.position},
      {}};
  for (std::size_t i = 0; i < chain.size(); ++i) {
    INFO(i);
    CHECK(why->chain[i].event.type == chain[i]);
    CHECK(why->chain[i].because.kind == reasons[i].kind);
    CHECK(why->chain[i].because.name == reasons[i].name);
    CHECK(why->chain[i].because.of == reasons[i].of);
  }
  CHECK(why->chain.back().event.metadata.caller == "ada");
}

TEST_CASE("the tree is the same from wherever it is asked for") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_account_with(runtime, "a", 100);
  open_account_with(runtime, "b", 1);
  REQUIRE(runtime.ask<transfer>("t", request_transfer{"a", "b", 30}).wait_for(20s));
  last_step(runtime, "t", "done");
  const std::vector<std::string> tree{"transfer.stepped", "  account.debited",
                                      "    transfer.stepped", "      account.credited",
                                      "        transfer.stepped"};
  const auto steps = runtime.events("transfer", "t");
  REQUIRE(steps);
  for (const auto& step : *steps)
    CHECK(types_of(runtime.why(step.metadata.position)->tree) == tree);
}

TEST_CASE("a rejection and a timer are causes too") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_account_with(runtime, "a", 100);
  REQUIRE(runtime.ask<transfer>("t", request_transfer{"a", "nobody", 30}).wait_for(20s));
  const auto returned = last_step(runtime, "t", "returned");
  const auto why = runtime.why(returned);
  REQUIRE(why);
  // stepped <- credited (back to a) <- stepped <- (no to credit) stepped <- debited <- stepped
  REQUIRE(why->chain.size() == 6);
  CHECK(why->chain[2].because.kind == cause_kind::rejection);
  CHECK(why->chain[2].because.name == "credit");
  CHECK(why->chain[2].because.of == why->chain[3].event.metadata.position);

  // No patience at all: its time is up whatever else happens.
  REQUIRE(runtime.ask<transfer>("late", request_transfer{"a", "a", 1, 0}).wait_for(20s));
  REQUIRE(eventually([&] {
    const auto all = runtime.events("transfer", "late");
    return std::ranges::any_of(*all, [&](const auto& e) {
      const auto found = runtime.why(e.metadata.position);
      return found && found->chain.front().because.kind == cause_kind::timer &&
             found->chain.front().because.name == "expired";
    });
  }));
}

TEST_CASE("what came of a command is found when its id is long forgotten") {
  test::temp_folder folder;
  std::atomic<std::int64_t> hours{0};
  acta::runtime_options options;
  options.dedupe_keep = 1h;
  options.index_delay_max = 1ms;
  options.clock = [&hours] {
    return acta::time_point{std::chrono::hours{1'000'000 + hours.load()}};
  };
  options.monotonic = [&hours] { return std::chrono::hours{hours.load()}; };
  auto runtime = must_open(folder / "data", money(), options);
  open_account_with(runtime, "a", 100);
  open_account_with(runtime, "b", 1);
  REQUIRE(runtime.ask<transfer>("t", request_transfer{"a", "b", 30}).wait_for(20s));
  const auto last = last_step(runtime, "t", "done");
  hours = 2'000; // and the dedupe records with them
  open_account_with(runtime, "c", 1);
  // Without looking through streams nothing of it is found any more.
  REQUIRE(test::eventually([&] { return runtime.why(last, {.search_max = 0})->tree.size() == 1; }));
  CHECK(runtime.why(last, {.search_max = 0})->truncated);
  CHECK(runtime.why(last)->tree.size() == 5);
  CHECK_FALSE(runtime.why(last)->truncated);
}

TEST_CASE("a long chain and a large tree are cut, and say so") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", money());
  open_account_with(runtime, "a", 100);
  open_account_with(runtime, "b", 1);
  REQUIRE(runtime.ask<transfer>("t", request_transfer{"a", "b", 30}).wait_for(20s));
  const auto last = last_step(runtime, "t", "done");
  const auto short_chain = runtime.why(last, {.chain_max = 2});
  CHECK(short_chain->chain.size() == 2);
  CHECK(short_chain->truncated);
  const auto small_tree = runtime.why(last, {.tree_max = 3});
  CHECK(small_tree->tree.size() == 3);
  CHECK(small_tree->truncated);
}

TEST_CASE("there is no reason for an event that is not there") {
  auto runtime = acta::runtime::in_memory(money());
  REQUIRE(runtime);
  for (const acta::position nowhere : {acta::position{0, 0}, {0, 1}, {7, 1}, {0, ~0ULL}}) {
    const auto why = runtime->why(nowhere);
    REQUIRE(!why);
    CHECK(why.error().code() == acta::errc::not_found);
  }
}

TEST_CASE("a tree of large events is cut by its bytes, and says so") {
  auto runtime = acta::runtime::in_memory(money());
  REQUIRE(runtime);
  open_account_with(*runtime, "a", 100);
  open_account_with(*runtime, "b", 1);
  REQUIRE(runtime->ask<transfer>("t", request_transfer{"a", "b", 30}).wait_for(20s));
  const auto last = last_step(*runtime, "t", "done");
  const auto all = runtime->why(last);
  REQUIRE(all);
  std::size_t bytes = 0;
  for (const auto* part : {&all->chain, &all->tree})
    for (const auto& e : *part) bytes += e.event.payload.size();
  CHECK_FALSE(runtime->why(last, {.bytes_max = bytes})->truncated);
  for (std::size_t less = 1; less <= bytes; ++less) {
    const auto cut = runtime->why(last, {.bytes_max = bytes - less});
    REQUIRE(cut);
    CHECK(cut->truncated);
    CHECK(cut->chain.size() + cut->tree.size() < all->chain.size() + all->tree.size());
  }
}

TEST_CASE("the id of a delivery is read back as what it was made of") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 10'000; ++i) {
    const acta::detail::delivery_key key{
        {static_cast<std::uint32_t>(random() % 1024), (random() >> 2) | 1},
        static_cast<std::uint16_t>(random()),
        static_cast<acta::detail::delivery_kind>(1 + random() % 6)};
    CHECK(acta::detail::key_of(acta::detail::id_of(key)) == key);
    CHECK_FALSE(acta::detail::key_of(acta::uuid::random()));
  }
}

} // namespace causes_test
