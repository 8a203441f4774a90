// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A commit that fails takes back what was decided on it, and nothing else.
#include "counter.hpp"
#include "engine.hpp"
#include "eventually.hpp"
#include "faulty_stores.hpp"

#include <acta/domain/errc.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <deque>
#include <random>
#include <thread>

namespace failed_commit_test {

using namespace std::chrono_literals;
using test::add;
using test::counter;

namespace {

struct faulty_runtime {
  std::shared_ptr<test::fault> fault = std::make_shared<test::fault>();
  std::unique_ptr<acta::detail::engine> engine;

  explicit faulty_runtime(acta::runtime_options options = {}) {
    acta::model m;
    m.aggregate<counter>({.snapshot_every = 5});
    engine = std::make_unique<acta::detail::engine>(std::move(m), std::move(options),
                                                    test::make_faulty_store(fault),
                                                    acta::actors::make_caf_host);
    REQUIRE(engine->start());
  }
  acta::pending ask(std::string_view id, std::int64_t amount, acta::command_options options = {}) {
    acta::detail::ticket_ptr t;
    engine->submit(engine->find_route("counter"), "counter", id, 0, acta::detail::own(add{amount}),
                   std::move(options), t);
    return acta::pending(std::move(t));
  }
  acta::pending do_nothing(std::string_view id) {
    acta::detail::ticket_ptr t;
    engine->submit(engine->find_route("counter"), "counter", id, 5,
                   acta::detail::own(test::do_nothing{}), {}, t);
    return acta::pending(std::move(t));
  }
  counter state(std::string_view id) {
    counter found;
    (void)engine->read_state("counter", id, {},
                             [&](const acta::aggregate_type&, acta::erased_state& s) {
                               found = *static_cast<const counter*>(s.get());
                               return acta::result<void>{};
                             });
    return found;
  }
};

} // namespace

TEST_CASE("when commits fail at random, what was acknowledged is the state and nothing else is") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  faulty_runtime r;
  constexpr std::size_t streams = 8;
  constexpr std::size_t clients = 3;
  constexpr int commands_a_client = 6000;
  constexpr std::uint64_t failures_min = 100;
  std::array<std::atomic<std::int64_t>, streams> acknowledged{};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> strange{0};
  std::atomic<bool> finished{false};

  std::vector<std::thread> threads;
  for (unsigned c = 0; c < clients; ++c)
    threads.emplace_back([&, c] {
      std::mt19937 random(seed + c);
      struct sent {
        std::size_t stream;
        std::int64_t amount;
        acta::pending reply;
      };
      std::deque<sent> window;
      const auto take = [&] {
        auto& oldest = window.front();
        const auto answer = oldest.reply.wait_for(60s);
        if (answer)
          acknowledged[oldest.stream] += oldest.amount;
        else if (answer.error().code() == acta::persistence::errc::store_full)
          ++failures;
        else
          ++strange;
        window.pop_front();
      };
      for (int i = 0; i < commands_a_client || failures < failures_min; ++i) {
        const auto s = random() % streams;
        const auto amount = static_cast<std::int64_t>(random() % 100);
        window.push_back({s, amount, r.ask(std::to_string(s), amount)});
        if (window.size() >= 50) take();
      }
      while (!window.empty()) take();
    });
  std::thread breaker([&] {
    std::mt19937 random(seed);
    while (!finished) {
      if (random() % 2 == 0)
        r.fault->failing_commits = static_cast<int>(random() % 20);
      else
        r.fault->appends_until_failure = static_cast<int>(random() % 30);
      const auto pause =
          std::chrono::steady_clock::now() + std::chrono::microseconds{random() % 3000};
      while (std::chrono::steady_clock::now() < pause && !finished) std::this_thread::yield();
    }
    r.fault->failing_commits = 0;
    r.fault->appends_until_failure = -1;
  });
  for (auto& t : threads) t.join();
  finished = true;
  breaker.join();

  CHECK(strange == 0);
  for (std::size_t s = 0; s < streams; ++s) {
    CAPTURE(s);
    CHECK(r.state(std::to_string(s)).total == acknowledged[s]);
    const auto next =
        r.ask(std::to_string(s), 0).wait_for(30s); // the live state agrees with the journal
    REQUIRE(next);
    CHECK(next->version == r.state(std::to_string(s)).count);
  }
  CHECK(r.engine->figures().restarts > 0);
}

TEST_CASE("commands decided on a failed commit fail with its error, a rejection among them too") {
  faulty_runtime r;
  REQUIRE(r.ask("a", 10).wait_for(10s));
  // Every transaction fails for a while, so whatever overtakes the first failure rests on it.
  r.fault->failing_commits = 1'000'000;
  std::vector<acta::pending> built_on_sand;
  for (int i = 0; i < 100; ++i) built_on_sand.push_back(r.ask("a", 5));
  built_on_sand.push_back(r.ask("a", -1'000)); // below zero in any state
  std::size_t full = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    const auto answer = built_on_sand[i].wait_for(30s);
    REQUIRE_FALSE(answer);
    full += answer.error().code() == acta::persistence::errc::store_full;
  }
  CHECK(full == 100);
  const auto last = built_on_sand.back().wait_for(30s);
  REQUIRE_FALSE(last);
  CHECK((last.error().rejection() != nullptr ||
         last.error().code() == acta::persistence::errc::store_full));
  r.fault->failing_commits = 0;
  const auto next = r.ask("a", 1).wait_for(30s);
  REQUIRE(next);
  CHECK(next->version == 2);
  CHECK(r.state("a").total == 11);
}

TEST_CASE("after an error of unknown outcome the journal stays shut and reading goes on") {
  faulty_runtime r;
  REQUIRE(r.ask("a", 10).wait_for(10s));
  r.fault->code = acta::persistence::errc::io;
  r.fault->failing_commits = 1;
  CHECK(r.ask("a", 1).wait_for(30s).error().code() == acta::condition::io);
  CHECK(r.ask("b", 1).wait_for(30s).error().code() == acta::condition::io);
  CHECK(r.state("a").total == 10);
}

TEST_CASE("a retry gets the receipt of a command that was stored after its own time-out") {
  faulty_runtime r;
  REQUIRE(r.ask("a", 10).wait_for(10s));
  const auto id = acta::uuid::random();
  r.fault->held = true;
  const auto late = r.ask("a", 5, {.command_id = id, .timeout = 20ms}).wait_for(10s);
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == acta::condition::timeout);
  auto retried = r.ask("a", 5, {.command_id = id});
  const auto waits = r.engine->figures().outstanding;
  r.fault->held = false;
  CHECK(waits == 2); // so the first one was still in flight
  const auto receipt = retried.wait_for(10s);
  REQUIRE(receipt);
  CHECK(receipt->version == 2);
  CHECK(receipt->position == acta::position{0, 2});
  REQUIRE(receipt->get<test::added>() != nullptr);
  CHECK(r.state("a").total == 15);
}

TEST_CASE("a command is answered even if what surrounds its decision throws") {
  std::atomic<int> failures{0};
  acta::runtime_options options;
  options.restart_backoff_min = 1ms;
  options.clock = [&] {
    if (failures > 0 && failures-- > 0) throw std::runtime_error("no clock");
    return acta::system_now();
  };
  faulty_runtime r(options);
  REQUIRE(r.ask("a", 10).wait_for(10s));
  failures = 1;
  const auto failed = r.ask("a", 5).wait_for(10s);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code() == acta::domain_errc::decide_threw);
  CHECK(r.ask("a", 5).wait_for(10s)->version == 2);
  CHECK(r.engine->stop(10s));
}

TEST_CASE("a command without events names the position of the version it was decided on") {
  faulty_runtime r;
  REQUIRE(r.ask("a", 1).wait_for(10s));
  r.fault->held = true;
  std::vector<acta::pending> others; // they keep the journal busy between commit and answer
  for (int i = 0; i < 5000; ++i) others.push_back(r.ask("b" + std::to_string(i), 1));
  auto second = r.ask("a", 1);
  r.fault->held = false;
  std::vector<acta::pending> nothing;
  for (int i = 0; i < 10'000; ++i) nothing.push_back(r.do_nothing("a"));
  const auto place = second.wait_for(30s);
  REQUIRE(place);
  std::size_t wrong = 0;
  for (auto& p : nothing) {
    const auto answer = p.wait_for(30s);
    REQUIRE(answer);
    wrong += answer->version == 2 && answer->position != place->position;
  }
  CHECK(wrong == 0);
}

TEST_CASE("an idle aggregate does not keep the commands that had an id") {
  static std::atomic<int> alive{0};
  faulty_runtime r;
  REQUIRE(r.ask("a", 10).wait_for(10s));
  r.fault->held = true;
  std::vector<acta::detail::ticket_ptr> all(2000);
  for (auto& t : all) {
    ++alive;
    r.engine->submit(r.engine->find_route("counter"), "counter", "a", 0,
                     acta::erased_command(new add{1},
                                          [](void* p) {
                                            delete static_cast<add*>(p);
                                            --alive;
                                          }),
                     {.command_id = acta::uuid::random()}, t);
  }
  auto again = r.ask("a", 1, {.command_id = all[1000]->options.command_id});
  r.fault->held = false;
  const auto first = all[1000]->wait_until(std::chrono::steady_clock::now() + 30s);
  REQUIRE(first);
  CHECK(again.wait_for(30s)->version == first->version);
  for (auto& t : all) REQUIRE(t->wait_until(std::chrono::steady_clock::now() + 30s));
  const auto id = all[500]->options.command_id;
  const auto version = all[500]->version;
  all.clear();
  CHECK(test::eventually([] { return alive < 100; }));
  CHECK(r.ask("a", 1, {.command_id = id}).wait_for(10s)->version == version);
  CHECK(r.state("a").total == 2010);
}

} // namespace failed_commit_test
