// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/errc.hpp>
#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <coroutine>
#include <deque>
#include <fstream>
#include <future>
#include <random>
#include <set>
#include <thread>

namespace runtime_test {

using namespace std::chrono_literals;
using test::add;
using test::add_many;
using test::added;
using test::counter;
using test::must_open;
using test::try_open;

namespace {

/// The counter after a release that added a field to its state.
struct counter_v2 : counter {
  std::string extra = "new";
  using counter::decide;
  using counter::evolve;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(total), CEREAL_NVP(count), CEREAL_NVP(extra));
  }
};

struct added_otherwise {
  static constexpr std::string_view name = "added";
  std::string amount;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
struct other_counter {
  static constexpr std::string_view name = "counter";
  using events = acta::one_of<added_otherwise>;
  using commands = acta::one_of<add>;
  acta::decision<events> decide(const add&) const { return added_otherwise{}; }
  void evolve(const added_otherwise&) {}
  template <class A> void serialize(A&) {}
};

struct wait_at_gate {
  template <class A> void serialize(A&) {}
};
/// Its decide does not return before the gate opens.
struct slow {
  static inline std::atomic<bool> entered{false};
  static inline std::atomic<bool> open{false};
  static constexpr std::string_view name = "slow";
  using events = acta::one_of<added>;
  using commands = acta::one_of<wait_at_gate>;
  acta::decision<events> decide(const wait_at_gate&) const {
    entered = true;
    while (!open) std::this_thread::yield();
    return added{1};
  }
  void evolve(const added&) {}
  template <class A> void serialize(A&) {}
};

acta::model counters(const acta::aggregate_options& options = {}) {
  acta::model m;
  m.aggregate<counter>(options);
  return m;
}

acta::runtime must_open(const std::filesystem::path& folder) {
  return test::must_open(folder, counters());
}

} // namespace

TEST_CASE("a command is answered with a receipt that holds its events") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  auto first = runtime.ask<counter>("a", add{5}).wait_for(10s);
  REQUIRE(first);
  CHECK(first->stream == "counter/a");
  CHECK(first->version == 1);
  CHECK(first->position == acta::position{0, 1});
  REQUIRE(first->get<added>() != nullptr);
  CHECK(first->get<added>()->amount == 5);
  CHECK(first->get<test::noted>() == nullptr);
  auto many = runtime.ask<counter>("a", add_many{2, 3}).wait_for(10s);
  REQUIRE(many);
  CHECK(many->version == 4);
  CHECK(many->position == acta::position{0, 4});
  CHECK(many->get<added>(2)->amount == 2);
  CHECK(many->get<added>(3) == nullptr);
}

TEST_CASE("a receipt outlives the runtime that gave it") {
  test::temp_folder folder;
  std::optional<acta::receipt> kept;
  {
    auto runtime = must_open(folder / "data");
    auto receipt = runtime.ask<counter>("a", add{5}).wait_for(10s);
    REQUIRE(receipt);
    kept = *receipt;
  }
  CHECK(kept->stream == "counter/a");
  CHECK(kept->get<added>()->amount == 5);
}

TEST_CASE("the domain's no arrives as a rejection with its code, and stores nothing") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  auto no = runtime.ask<counter>("a", add{-1}).wait_for(10s);
  REQUIRE_FALSE(no);
  REQUIRE(no.error().rejection() != nullptr);
  CHECK(no.error().rejection()->code == "below_zero");
  CHECK(no.error().code() == acta::condition::rejected);
  CHECK(runtime.state<counter>("a").error().code() == acta::errc::not_found);
}

TEST_CASE("a command without events is accepted at the version it was decided on") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  REQUIRE(runtime.ask<counter>("a", add{5}).wait_for(10s));
  auto nothing = runtime.ask<counter>("a", test::do_nothing{}).wait_for(10s);
  REQUIRE(nothing);
  CHECK(nothing->version == 1);
  CHECK(nothing->position == acta::position{0, 1});
  CHECK(nothing->events == nullptr);
}

TEST_CASE("state can be read now, at a version and at a time") {
  test::temp_folder folder;
  auto now = acta::system_now();
  std::atomic<std::int64_t> seconds{0};
  acta::runtime_options options;
  options.clock = [&] { return now + std::chrono::seconds{seconds.load()}; };
  auto runtime = must_open(folder / "data", counters({.snapshot_every = 3}), options);
  for (int i = 1; i <= 10; ++i) {
    seconds = i * 10;
    REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(10s));
  }
  CHECK(runtime.state<counter>("a")->total == 10);
  for (acta::version_number v = 1; v <= 10; ++v)
    CHECK(runtime.state<counter>("a", acta::at_version{v})->total == static_cast<std::int64_t>(v));
  CHECK(runtime.state<counter>("a", acta::at_version{11}).error().code() == acta::errc::not_found);
  CHECK(runtime.state<counter>("a", acta::at_time{now + 35s})->total == 3);
  CHECK(runtime.state<counter>("a", acta::at_time{now + 100s})->total == 10);
  CHECK(runtime.state<counter>("a", acta::at_time{now - 1s}).error().code() ==
        acta::errc::not_found);
  const auto json = runtime.state_json("counter", "a", acta::at_version{4});
  REQUIRE(json);
  CHECK(json->version == 4);
  CHECK(json->position == acta::position{0, 4});
  CHECK(json->json == R"({"total":4,"count":4})");
}

TEST_CASE("stored events come back in order with their metadata") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  const auto id = acta::uuid::random();
  const auto correlation = acta::uuid::random();
  REQUIRE(runtime.ask<counter>("a", add_many{1, 3}).wait_for(10s));
  REQUIRE(runtime
              .ask<counter>("a", test::note{"hello"},
                            {.command_id = id,
                             .metadata = {{"why", "test"}},
                             .correlation_id = correlation,
                             .caller = "ada"})
              .wait_for(10s));
  const auto all = runtime.events<counter>("a");
  REQUIRE(all);
  REQUIRE(all->size() == 4);
  CHECK((*all)[1].type == "counter.added");
  CHECK((*all)[1].metadata.version == 2);
  CHECK((*all)[1].get<added>()->amount == 1);
  const auto& last = (*all)[3];
  CHECK(last.get<test::noted>()->text == "hello");
  CHECK_FALSE(last.get<added>());
  CHECK(last.metadata.command_id == id);
  CHECK(last.metadata.correlation_id == correlation);
  CHECK(last.metadata.caller == "ada");
  CHECK(last.metadata.attributes.at("why") == "test");
  CHECK(last.metadata.position == acta::position{0, 4});
  CHECK(*last.to_json() == R"({"text":"hello"})");
  const auto page = runtime.events<counter>("a", {.from = 2, .limit = 2});
  REQUIRE(page->size() == 2);
  CHECK((*page)[0].metadata.version == 2);
}

TEST_CASE("what was acknowledged is there after a restart, with and without snapshots") {
  const auto every = GENERATE(std::uint64_t{0}, std::uint64_t{4}, std::uint64_t{1000});
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", counters({.snapshot_every = every}));
    for (int i = 0; i < 30; ++i) REQUIRE(runtime.ask<counter>("a", add{i}).wait_for(10s));
    CHECK(runtime.stop(10s));
  }
  auto runtime = must_open(folder / "data", counters({.snapshot_every = every}));
  CHECK(runtime.recovery().aggregates == 1);
  CHECK(runtime.recovery().events == 30);
  CHECK(runtime.state<counter>("a")->total == 435);
  const auto next = runtime.ask<counter>("a", add{1}).wait_for(10s);
  REQUIRE(next);
  CHECK(next->version == 31);
  CHECK(next->position.number == 31);
}

TEST_CASE("callbacks and coroutines get the answer too") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  std::promise<acta::version_number> called;
  runtime.ask<counter>("a", add{1}).then([&](acta::result<acta::receipt> r) {
    called.set_value(r ? r->version : 0);
  });
  CHECK(called.get_future().get() == 1);

  struct task {
    struct promise_type {
      task get_return_object() { return {}; }
      std::suspend_never initial_suspend() { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() { std::terminate(); }
    };
  };
  std::promise<acta::version_number> resumed;
  const auto coroutine = [&]() -> task {
    for (int i = 0; i < 9; ++i) {
      const auto r = co_await runtime.ask<counter>("a", add{1});
      if (!r) co_return resumed.set_value(0);
    }
    const auto last = co_await runtime.ask<counter>("a", add{1});
    resumed.set_value(last ? last->version : 0);
  };
  coroutine();
  CHECK(resumed.get_future().get() == 11);
}

TEST_CASE("an exception in decide fails that command and nothing else") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(10s));
  const auto failed = runtime.ask<counter>("a", test::throw_up{}).wait_for(10s);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code() == acta::domain_errc::decide_threw);
  CHECK(failed.error().detail() == "decide had enough");
  const auto next = runtime.ask<counter>("a", add{1}).wait_for(10s);
  REQUIRE(next);
  CHECK(next->version == 2);
}

TEST_CASE("an exception in a callback of then harms nobody") {
  test::temp_folder folder;
  std::promise<std::string> logged;
  acta::runtime_options options;
  options.log = [&](acta::log_level level, std::string_view text) {
    if (level == acta::log_level::error) logged.set_value(std::string(text));
  };
  auto runtime = must_open(folder / "data", counters(), options);
  runtime.ask<counter>("a", add{1}).then([](const acta::result<acta::receipt>&) {
    throw std::runtime_error("oops");
  });
  CHECK(logged.get_future().get().find("oops") != std::string::npos);
  CHECK(runtime.ask<counter>("a", add{1}).wait_for(10s));
}

TEST_CASE("a live evolve that throws stores nothing, and the state is read again") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  REQUIRE(runtime.ask<counter>("a", add{5}).wait_for(10s));
  test::bomb_planted::armed = true;
  const auto failed = runtime.ask<counter>("a", test::plant_bomb{}).wait_for(10s);
  test::bomb_planted::armed = false;
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code() == acta::domain_errc::evolve_threw);
  const auto next = runtime.ask<counter>("a", add{1}).wait_for(10s);
  REQUIRE(next);
  CHECK(next->version == 2);
  CHECK(runtime.state<counter>("a")->total == 6);
  CHECK(runtime.figures().restarts == 1);
}

TEST_CASE(
    "a stream that cannot be replayed is quarantined, others run on, and it can be released") {
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", counters({.snapshot_every = 0}));
    REQUIRE(runtime.ask<counter>("bad", add{5}).wait_for(10s));
    REQUIRE(runtime.ask<counter>("bad", test::plant_bomb{}).wait_for(10s));
    REQUIRE(runtime.ask<counter>("good", add{7}).wait_for(10s));
  }
  acta::runtime_options options;
  options.restart_backoff_min = 5ms;
  auto runtime = must_open(folder / "data", counters({.snapshot_every = 0}), options);
  test::bomb_planted::armed = true;
  const auto refused = runtime.ask<counter>("bad", add{1}).wait_for(10s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::runtime_errc::quarantined);
  CHECK(refused.error().detail().find("the bomb went off") != std::string_view::npos);
  CHECK(refused.error().detail().find("0:2") != std::string_view::npos);
  CHECK(runtime.figures().quarantined == 1);
  REQUIRE(runtime.quarantined().size() == 1);
  CHECK(runtime.quarantined()[0].stream == "counter/bad");
  CHECK(runtime.ask<counter>("good", add{1}).wait_for(10s)->version == 2);
  test::bomb_planted::armed = false;
  CHECK_FALSE(runtime.release("counter", "good"));
  CHECK(runtime.release("counter", "bad"));
  const auto after = runtime.ask<counter>("bad", add{1}).wait_for(10s);
  REQUIRE(after);
  CHECK(after->version == 3);
  CHECK(runtime.figures().quarantined == 0);
}

TEST_CASE("an expected version that is not the stream's is a conflict that names the actual one") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  REQUIRE(runtime.ask<counter>("a", add{1}, {.expected_version = 0}).wait_for(10s));
  const auto conflict = runtime.ask<counter>("a", add{1}, {.expected_version = 0}).wait_for(10s);
  REQUIRE_FALSE(conflict);
  CHECK(conflict.error().code() == acta::condition::conflict);
  CHECK(conflict.error().actual_version() == 1);
  CHECK(runtime.ask<counter>("a", add{1}, {.expected_version = 1}).wait_for(10s)->version == 2);
}

TEST_CASE("a command id has one effect: at once, in flight, and after a restart") {
  test::temp_folder folder;
  const auto id = acta::uuid::random();
  std::optional<acta::receipt> first;
  {
    auto runtime = must_open(folder / "data");
    std::vector<acta::pending> same;
    for (int i = 0; i < 50; ++i)
      same.push_back(runtime.ask<counter>("a", add{5}, {.command_id = id}));
    for (auto& p : same) {
      const auto r = p.wait_for(10s);
      REQUIRE(r);
      if (!first) first = *r;
      CHECK(r->version == 1);
      CHECK(r->position == first->position);
      REQUIRE(r->get<added>() != nullptr);
      CHECK(r->get<added>()->amount == 5);
    }
    REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(10s)->version == 2);
    CHECK(runtime.ask<counter>("a", add{5}, {.command_id = id}).wait_for(10s)->version == 1);
    CHECK(runtime.ask<counter>("b", add{5}, {.command_id = id}).wait_for(10s)->version == 1);
    CHECK(runtime.state<counter>("b")->total == 5); // ids are per stream
  }
  auto runtime = must_open(folder / "data");
  const auto again = runtime.ask<counter>("a", add{5}, {.command_id = id}).wait_for(10s);
  REQUIRE(again);
  CHECK(again->version == 1);
  CHECK(again->position == first->position);
  CHECK(again->get<added>()->amount == 5);
  CHECK(runtime.state<counter>("a")->total == 6);
}

TEST_CASE("two commands that race passivation are both decided, once") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.resident_max = 1; // one per shard: every second stream of a shard drives the first out
  auto runtime = must_open(folder / "data", counters({.snapshot_every = 2}), options);
  constexpr std::size_t streams = 200;
  constexpr int commands_a_client = 4000;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::array<std::atomic<std::int64_t>, streams> sent{};
  std::atomic<int> failures{0};
  std::vector<std::thread> clients;
  for (unsigned client = 0; client < 2; ++client)
    clients.emplace_back([&, client] {
      std::mt19937 random(seed + client);
      std::deque<acta::pending> window;
      for (int i = 0; i < commands_a_client; ++i) {
        const auto s = random() % streams;
        ++sent[s];
        window.push_back(runtime.ask<counter>(std::to_string(s), add{1}));
        if (window.size() < 16) continue;
        if (!window.front().wait_for(30s)) ++failures;
        window.pop_front();
      }
      for (auto& p : window)
        if (!p.wait_for(30s)) ++failures;
    });
  for (auto& c : clients) c.join();
  CHECK(failures == 0);
  for (std::size_t s = 0; s < streams; ++s) {
    const auto state = runtime.state<counter>(std::to_string(s));
    REQUIRE(state);
    REQUIRE(state->total == sent[s]);
  }
  CHECK(runtime.figures().passivations > 1000);
}

TEST_CASE("an idle aggregate leaves memory and comes back as it was") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters({.passivate_after = 20ms}));
  REQUIRE(runtime.ask<counter>("a", add{3}).wait_for(10s));
  CHECK(test::eventually([&] { return runtime.figures().resident == 0; }));
  const auto back = runtime.ask<counter>("a", add{1}).wait_for(10s);
  REQUIRE(back);
  CHECK(back->version == 2);
}

TEST_CASE("overload is answered at once, and what was accepted is still done") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.outstanding_max = 64;
  auto runtime = must_open(folder / "data", counters(), options);
  std::vector<acta::pending> all;
  for (int i = 0; i < 20000; ++i) all.push_back(runtime.ask<counter>("a", add{1}));
  std::int64_t done = 0;
  std::uint64_t refused = 0;
  for (auto& p : all) {
    const auto r = p.wait_for(30s);
    if (r)
      ++done;
    else if (r.error().code() == acta::runtime_errc::overloaded)
      ++refused;
    else
      FAIL(r.error());
  }
  CHECK(done >= 64);
  CHECK(refused > 0);
  CHECK(runtime.state<counter>("a")->total == done);
  CHECK(runtime.figures().overloaded == refused);
}

TEST_CASE("a snapshot of another shape is ignored and the events are replayed") {
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", counters({.snapshot_every = 2}));
    for (int i = 0; i < 5; ++i) REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(10s));
  }
  acta::model changed;
  changed.aggregate<counter_v2>({.snapshot_every = 2});
  auto runtime = must_open(folder / "data", std::move(changed));
  CHECK(runtime.state<counter_v2>("a")->total == 5);
  CHECK(runtime.state<counter_v2>("a")->extra == "new");
  CHECK(runtime.ask<counter_v2>("a", add{1}).wait_for(10s)->version == 6);
  CHECK(runtime.figures().snapshots_ignored >= 3);
}

TEST_CASE("derived data can be deleted and is rebuilt from the journal") {
  test::temp_folder folder;
  const auto id = acta::uuid::random();
  {
    auto runtime = must_open(folder / "data", counters({.snapshot_every = 2}));
    REQUIRE(runtime.ask<counter>("a", add{1}, {.command_id = id}).wait_for(10s));
    for (int i = 0; i < 100; ++i)
      REQUIRE(runtime.ask<counter>(std::to_string(i % 7), add{1}).wait_for(10s));
  }
  REQUIRE(std::filesystem::remove_all(folder / "data/p000/derived") > 0);
  auto runtime = must_open(folder / "data", counters({.snapshot_every = 2}));
  CHECK(runtime.recovery().index_rebuilt);
  CHECK(runtime.recovery().aggregates == 8);
  CHECK(runtime.state<counter>("3")->total == 14);
  CHECK(runtime.ask<counter>("a", add{1}, {.command_id = id}).wait_for(10s)->version == 1);
}

TEST_CASE("a store whose types have changed shape under the same name is refused by name") {
  test::temp_folder folder;
  { auto runtime = must_open(folder / "data"); }
  acta::model m;
  m.aggregate<other_counter>();
  const auto refused = try_open(folder / "data", std::move(m));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::runtime_errc::contract_changed);
  CHECK(refused.error().to_string().find("counter.added") != std::string::npos);
  CHECK(must_open(folder / "data").figures().commits == 0); // and the store is as it was
}

TEST_CASE("a model with clashing names is refused before a store is made") {
  acta::model m;
  m.aggregate<counter>().aggregate<counter>();
  test::temp_folder folder;
  const auto refused = try_open(folder / "data", std::move(m));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::domain_errc::bad_model);
  CHECK_FALSE(std::filesystem::exists(folder / "data"));
}

TEST_CASE("commands by name and JSON go the same way, and bad ones are told what is wrong") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  CHECK(runtime.ask_json("counter", "a", "add", R"({"amount":3})").wait_for(10s)->version == 1);
  CHECK(runtime.ask_json("nobody", "a", "add", "{}").wait_for(1s).error().code() ==
        acta::domain_errc::unknown_aggregate);
  CHECK(runtime.ask_json("counter", "a", "fly", "{}").wait_for(1s).error().code() ==
        acta::domain_errc::unknown_command);
  const auto bad = runtime.ask_json("counter", "a", "add", R"({"amount":"x"})").wait_for(1s);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code() == acta::codec_errc::json_invalid);
  CHECK(bad.error().where() == "/amount");
  CHECK(runtime.ask<counter>(std::string(300, 'x'), add{1}).wait_for(1s).error().code() ==
        acta::errc::invalid_argument);
  CHECK(runtime.state<counter>("a")->total == 3);
}

TEST_CASE("several runtimes live in one process, in memory and on disk") {
  test::temp_folder folder;
  auto one = must_open(folder / "one");
  auto two = must_open(folder / "two");
  auto three = acta::runtime::in_memory(counters());
  REQUIRE(three);
  CHECK(one.ask<counter>("a", add{1}).wait_for(10s)->version == 1);
  CHECK(two.ask<counter>("a", add{2}).wait_for(10s)->version == 1);
  CHECK(three->ask<counter>("a", add{3}).wait_for(10s)->version == 1);
  CHECK(three->state<counter>("a")->total == 3);
}

TEST_CASE("a store of many partitions routes each stream to one and keeps it there") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.partitions = 4;
  {
    auto runtime = must_open(folder / "data", counters(), options);
    for (int i = 0; i < 100; ++i)
      REQUIRE(runtime.ask<counter>(std::to_string(i), add{i}).wait_for(10s));
  }
  auto runtime = must_open(folder / "data"); // the count is the store's
  CHECK(runtime.recovery().aggregates == 100);
  std::set<std::uint32_t> partitions;
  for (int i = 0; i < 100; ++i) {
    CHECK(runtime.state<counter>(std::to_string(i))->total == i);
    partitions.insert(runtime.state_json("counter", std::to_string(i))->position.partition);
  }
  CHECK(partitions.size() == 4);
}

TEST_CASE("a command that is too late is answered with a time-out by the runtime itself") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.restart_backoff_min = 3s; // the stream below waits this long before its second attempt
  {
    auto runtime = must_open(folder / "data", counters({.snapshot_every = 0}));
    REQUIRE(runtime.ask<counter>("a", test::plant_bomb{}).wait_for(10s));
  }
  auto runtime = must_open(folder / "data", counters({.snapshot_every = 0}), options);
  test::bomb_planted::armed = true;
  const auto late = runtime.ask<counter>("a", add{1}, {.timeout = 50ms}).wait_for(10s);
  test::bomb_planted::armed = false;
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == acta::condition::timeout);
  CHECK(runtime.stop(0ms) == false); // it still waits inside; stopping answers it
}

TEST_CASE("stopping answers what is outstanding and refuses what comes after") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data");
  std::vector<acta::pending> all;
  for (int i = 0; i < 5000; ++i)
    all.push_back(runtime.ask<counter>(std::to_string(i % 100), add{1}));
  CHECK(runtime.stop(30s));
  for (auto& p : all) CHECK(p.wait_for(0s));
  CHECK(runtime.ask<counter>("a", add{1}).wait_for(1s).error().code() ==
        acta::runtime_errc::stopped);
  CHECK(runtime.stop(30s));
}

TEST_CASE("a runtime may end on another thread than those that opened and used it, which live on") {
  std::promise<void> leave;
  std::promise<void> asked;
  std::promise<void> ended;
  auto opened = acta::runtime::in_memory(counters());
  REQUIRE(opened);
  std::optional<acta::runtime> runtime(std::move(*opened));
  REQUIRE(runtime->ask<counter>("a", add{1}).wait_for(10s));
  std::thread client([&] {
    (void)runtime->ask<counter>("b", add{1}).wait_for(10s);
    asked.set_value();
    leave.get_future().wait();
  });
  asked.get_future().wait();
  std::thread last([&] {
    runtime.reset();
    ended.set_value();
  });
  CHECK(ended.get_future().wait_for(20s) == std::future_status::ready);
  leave.set_value();
  client.join();
  last.join();
}

TEST_CASE("the longest time there is means for ever, not a moment ago") {
  auto runtime = acta::runtime::in_memory(counters());
  REQUIRE(runtime);
  for (int i = 0; i < 100; ++i) {
    const auto r = runtime->ask<counter>("a", add{1}, {.timeout = std::chrono::milliseconds::max()})
                       .wait_for(std::chrono::nanoseconds::max());
    if (!r) FAIL(r.error());
  }
  CHECK(runtime->stop(std::chrono::milliseconds::max()));
}

#if !defined(ACTA_SANITIZED_ADDRESS) && !defined(ACTA_SANITIZED_THREAD) // they keep freed memory
TEST_CASE("what has been answered keeps no memory until its time-out would have come") {
  const auto resident = [] {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0;
    std::size_t pages = 0;
    statm >> total >> pages;
    return pages * 4096;
  };
  auto runtime = acta::runtime::in_memory(counters());
  REQUIRE(runtime);
  const auto run = [&] {
    std::deque<acta::pending> window;
    for (int i = 0; i < 100'000; ++i) {
      window.push_back(runtime->ask<counter>("a", test::do_nothing{}, {.timeout = 1h}));
      if (window.size() < 64) continue;
      REQUIRE(window.front().wait_for(30s));
      window.pop_front();
    }
  };
  run();
  const auto before = resident();
  for (int i = 0; i < 4; ++i) run();
  // 400'000 commands: their timers' closures take up to 110 MiB, tickets held until then took 330.
  CHECK(resident() < before + (std::size_t{200} << 20));
}
#endif

TEST_CASE("a callback that blocks makes the runtime overloaded, not its memory full") {
  acta::runtime_options options;
  options.outstanding_max = 64;
  auto runtime = acta::runtime::in_memory(counters(), options);
  REQUIRE(runtime);
  std::atomic<bool> entered{false};
  std::promise<void> leave;
  const auto here = std::this_thread::get_id(); // where one runs whose answer was there at once
  REQUIRE(test::eventually([&] {
    runtime->ask<counter>("a", add{1}).then([&](const acta::result<acta::receipt>&) {
      if (std::this_thread::get_id() != here && !entered.exchange(true)) leave.get_future().wait();
    });
    return entered.load();
  }));
  const auto is_overloaded = [](const acta::result<acta::receipt>& r) {
    return !r && r.error().code() == acta::runtime_errc::overloaded;
  };
  CHECK(test::eventually([&] {
    runtime->ask<counter>("a", add{1}).then([](const acta::result<acta::receipt>&) {});
    return runtime->figures().outstanding == 0 &&
           is_overloaded(runtime->ask<counter>("a", add{1}).wait_for(10s));
  }));
  leave.set_value();
  CHECK(test::eventually(
      [&] { return runtime->ask<counter>("a", add{1}).wait_for(10s).has_value(); }));
  CHECK(runtime->stop(10s));
}

TEST_CASE("a callback may stop the runtime, and what is queued behind it is still called") {
  auto runtime = acta::runtime::in_memory(counters());
  REQUIRE(runtime);
  std::atomic<int> called{0};
  std::promise<bool> stopped;
  runtime->ask<counter>("a", add{1}).then([&](const acta::result<acta::receipt>&) {
    for (int i = 0; i < 100; ++i)
      runtime->ask<counter>("a", add{1}).then([&](const acta::result<acta::receipt>&) {
        ++called;
      });
    try {
      stopped.set_value(runtime->stop(10s));
    } catch (...) { stopped.set_exception(std::current_exception()); }
  });
  CHECK(stopped.get_future().get());
  CHECK(called == 100);
}

TEST_CASE("a callback may hold the last reference to the runtime") {
  std::promise<void> gone;
  {
    auto opened = acta::runtime::in_memory(counters());
    REQUIRE(opened);
    std::shared_ptr<acta::runtime> runtime(new acta::runtime(std::move(*opened)),
                                           [&](acta::runtime* last) {
                                             delete last;
                                             gone.set_value();
                                           });
    for (int i = 0; i < 100; ++i)
      runtime->ask<counter>("a", add{1}).then([runtime](const acta::result<acta::receipt>&) {});
  }
  CHECK(gone.get_future().wait_for(20s) == std::future_status::ready);
}

TEST_CASE("a runtime that ends after its deadline is not pulled from under user code") {
  acta::model m;
  m.aggregate<slow>();
  auto opened = acta::runtime::in_memory(std::move(m));
  REQUIRE(opened);
  std::optional<acta::runtime> runtime(std::move(*opened));
  auto late = runtime->ask<slow>("a", wait_at_gate{});
  REQUIRE(test::eventually([] { return slow::entered.load(); }));
  CHECK_FALSE(runtime->stop(0ms));
  std::promise<void> ended;
  std::thread last([&] {
    runtime.reset();
    ended.set_value();
  });
  CHECK(ended.get_future().wait_for(100ms) == std::future_status::timeout);
  slow::open = true;
  last.join();
  const auto answer = late.wait_for(0s);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code() == acta::condition::unavailable);
}

TEST_CASE("a full journal fails commands with store_full, reads go on, and room lets it go on") {
  test::temp_folder folder;
  acta::runtime_options small;
  small.journal_map_bytes = std::size_t{4} << 20;
  std::int64_t done = 0;
  {
    auto runtime = must_open(folder / "data", counters(), small);
    std::optional<acta::error> full;
    for (int i = 0; i < 100'000 && !full; ++i) {
      const auto r = runtime.ask<counter>("a", test::note{std::string(50'000, 'x')}).wait_for(10s);
      if (r)
        ++done;
      else
        full = r.error();
    }
    REQUIRE(full);
    CHECK(full->code() == acta::persistence::errc::store_full);
    CHECK(full->code() == acta::condition::unavailable);
    CHECK(done > 10);
    CHECK(runtime.state<counter>("a")->count == static_cast<std::uint64_t>(done));
    CHECK(runtime.figures().failed_batches > 0);
    // Whatever still fits is still taken, and what does not is refused again.
    CHECK_FALSE(runtime.ask<counter>("b", test::note{std::string(500'000, 'x')}).wait_for(10s));
    CHECK(runtime.state<counter>("b").error().code() == acta::errc::not_found);
  }
  auto runtime = must_open(folder / "data");
  const auto r = runtime.ask<counter>("a", test::note{std::string(50'000, 'x')}).wait_for(10s);
  REQUIRE(r);
  CHECK(r->version == static_cast<acta::version_number>(done) + 1);
}

TEST_CASE("a damaged commit is found by its checksum and named by its position") {
  test::temp_folder folder;
  const std::string mark = "find this payload in the file";
  {
    auto runtime = must_open(folder / "data", counters({.snapshot_every = 0}));
    REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(10s));
    REQUIRE(runtime.ask<counter>("a", test::note{mark}).wait_for(10s));
    REQUIRE(runtime.ask<counter>("b", add{1}).wait_for(10s));
  }
  {
    const auto file = folder / "data/p000/journal/data.mdb";
    std::fstream data(file, std::ios::in | std::ios::out | std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(data)), {});
    for (auto at = bytes.find(mark); at != std::string::npos; at = bytes.find(mark, at + 1)) {
      data.clear();
      data.seekp(static_cast<std::streamoff>(at));
      data.put('F');
    }
  }
  acta::runtime_options options;
  options.restart_backoff_min = 5ms;
  auto runtime = must_open(folder / "data", counters({.snapshot_every = 0}), options);
  const auto state = runtime.state<counter>("a");
  REQUIRE_FALSE(state);
  CHECK(state.error().code() == acta::persistence::errc::corrupt_commit);
  CHECK(state.error().where() == "0:2");
  CHECK(runtime.state<counter>("b")->total == 1);
  const auto refused = runtime.ask<counter>("a", add{1}).wait_for(10s);
  CHECK(refused.error().code() == acta::runtime_errc::quarantined);
  CHECK(refused.error().detail().find("0:2") != std::string_view::npos);
  CHECK(runtime.ask<counter>("b", add{1}).wait_for(10s)->version == 2);
}

} // namespace runtime_test
