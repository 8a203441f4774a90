// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Where and how often a callback of pending::then is called, above all when the answer was there
// before it.
#include "counter.hpp"
#include "eventually.hpp"
#include "runtime.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <coroutine>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <thread>

namespace callback_test {

using namespace std::chrono_literals;
using test::add;
using test::counter;

namespace {

using answer = acta::result<acta::receipt>;

acta::runtime open_counters(acta::runtime_options options = {}) {
  acta::model m;
  m.aggregate<counter>();
  auto opened = acta::runtime::in_memory(std::move(m), std::move(options));
  if (!opened) FAIL(opened.error());
  return std::move(opened).value();
}

/// Refused at the door, so its answer is there when ask() returns.
acta::pending refused(acta::runtime& r) { return r.ask<counter>("", add{1}); }

/// Returns once a callback is under way that waits for `leave`. Before that the reply thread may
/// take what is queued, and make room.
void hold_back(acta::runtime& runtime, std::promise<void>& leave) {
  const auto entered = std::make_shared<std::latch>(1);
  refused(runtime).then([entered, &leave](const answer&) {
    entered->count_down();
    leave.get_future().wait();
  });
  entered->wait();
}

/// Its `add` is decided when the test opens the gate.
struct gated {
  static constexpr std::string_view name = "gated";
  using events = acta::one_of<test::added>;
  using commands = acta::one_of<add>;
  using decision = acta::decision<events>;
  std::shared_ptr<std::latch> gate = std::make_shared<std::latch>(1);

  decision decide(const add& c) const {
    gate->wait();
    return test::added{c.amount};
  }
  void evolve(const test::added&) {}
  template <class A> void serialize(A&) {}
};

struct job {
  struct promise_type {
    job get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

/// A coroutine that whoever started it may destroy.
struct owned_job {
  struct promise_type {
    owned_job get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

/// Awaits `asked`, and then says so.
owned_job await_one(acta::pending asked, std::atomic<int>& resumed) {
  (void)co_await std::move(asked);
  ++resumed;
}

/// Asks again, `times` in all, whatever the answer is.
struct again {
  acta::runtime& runtime;
  int times;
  std::promise<int> done{};
  int called = 0;

  void ask() {
    refused(runtime).then([this](const answer&) {
      if (++called == times)
        done.set_value(called);
      else
        ask();
    });
  }
};

} // namespace

TEST_CASE("what a callback throws does not reach the caller of then, though the answer is there") {
  std::mutex mutex;
  std::string logged;
  acta::runtime_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    const std::lock_guard lock(mutex);
    logged += line;
  };
  auto runtime = open_counters(std::move(options));
  CHECK_NOTHROW(refused(runtime).then([](const answer&) { throw std::runtime_error("too bad"); }));
  CHECK(runtime.settle(20s));
  const std::lock_guard lock(mutex);
  CHECK(logged.find("a reply callback threw: too bad") != std::string::npos);
}

TEST_CASE("a callback never runs on the thread that calls then, while the runtime lives") {
  auto runtime = open_counters();
  std::set<std::thread::id> where;
  for (int i = 0; i < 100; ++i) {
    refused(runtime).then([&](const answer&) { where.insert(std::this_thread::get_id()); });
    runtime.ask<counter>("a", add{1}).then([&](const answer&) {
      where.insert(std::this_thread::get_id());
    });
  }
  CHECK(runtime.settle(20s));
  CHECK(where.size() == 1);
  CHECK_FALSE(where.contains(std::this_thread::get_id()));
}

TEST_CASE("asking again from a callback needs no deeper stack, however often it is refused") {
  auto runtime = open_counters();
  again a{runtime, 100'000};
  a.ask();
  CHECK(a.done.get_future().get() == 100'000);
}

TEST_CASE(
    "after the stop callbacks are still called, each once, and asking again is no recursion") {
  auto runtime = open_counters();
  REQUIRE(runtime.stop(10s));
  again a{runtime, 100'000};
  a.ask();
  CHECK(a.done.get_future().get() == 100'000);

  std::atomic<int> called{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i)
        refused(runtime).then([&](const answer& r) {
          if (!r) ++called;
        });
    });
  for (auto& t : threads) t.join();
  CHECK(test::eventually([&] { return called == 20'000; }));
}

TEST_CASE("a callback of an answer that has outlived its runtime is called") {
  std::optional<acta::pending> no;
  std::optional<acta::pending> yes;
  {
    auto runtime = open_counters();
    no = refused(runtime);
    yes = runtime.ask<counter>("a", add{1});
    REQUIRE(runtime.settle(20s));
  }
  int called = 0;
  no->then([&](const answer& r) { called += r ? 0 : 1; });
  yes->then([&](const answer& r) {
    if (r && r->version == 1) ++called;
    throw std::runtime_error("after the end");
  });
  CHECK(called == 2);
}

TEST_CASE("callbacks that ask again for ever keep stop from its deadline no longer than a second") {
  auto runtime = std::make_unique<acta::runtime>(open_counters());
  std::atomic<bool> enough{false};
  std::promise<void> ended;
  std::function<void(const answer&)> stubborn = [&](const answer&) {
    if (enough) return ended.set_value();
    refused(*runtime).then(stubborn);
  };
  refused(*runtime).then(stubborn);
  const auto before = std::chrono::steady_clock::now();
  CHECK_FALSE(runtime->stop(10ms));
  CHECK(std::chrono::steady_clock::now() - before < 10s);
  enough = true;
  ended.get_future().get();
}

TEST_CASE("a coroutine goes on where callbacks run, though the answer is there") {
  auto runtime = open_counters();
  std::promise<std::thread::id> where;
  std::promise<std::thread::id> callbacks;
  auto run = [&]() -> job {
    (void)co_await refused(runtime);
    (void)co_await refused(runtime); // on the reply thread it simply goes on
    where.set_value(std::this_thread::get_id());
  };
  run();
  refused(runtime).then([&](const answer&) { callbacks.set_value(std::this_thread::get_id()); });
  CHECK(where.get_future().get() == callbacks.get_future().get());
}

TEST_CASE("a coroutine destroyed while it waits for its answer is not resumed") {
  acta::model m;
  gated first;
  m.aggregate<gated>({}, first);
  auto opened = acta::runtime::in_memory(std::move(m));
  if (!opened) FAIL(opened.error());
  std::atomic<int> resumed{0};
  const auto gone = await_one(opened->ask<gated>("a", add{1}), resumed);
  const auto stays = await_one(opened->ask<gated>("a", add{2}), resumed);
  gone.handle.destroy();
  first.gate->count_down();
  CHECK(opened->settle(20s));
  CHECK(resumed == 1);
  CHECK(stays.handle.done());
  stays.handle.destroy();
}

TEST_CASE("a coroutine destroyed when its answer is on the way to it is not resumed") {
  auto runtime = open_counters();
  std::atomic<int> resumed{0};
  std::promise<void> leave;
  hold_back(runtime, leave);
  const auto gone = await_one(refused(runtime), resumed);
  const auto stays = await_one(refused(runtime), resumed);
  gone.handle.destroy();
  leave.set_value();
  CHECK(runtime.settle(20s));
  CHECK(resumed == 1);
  stays.handle.destroy();
}

TEST_CASE("a coroutine may destroy another one that waits behind it") {
  auto runtime = open_counters();
  std::atomic<int> resumed{0};
  owned_job second;
  std::promise<void> leave;
  hold_back(runtime, leave);
  auto destroyer = [&]() -> job {
    (void)co_await refused(runtime);
    second.handle.destroy();
  };
  destroyer();
  second = await_one(refused(runtime), resumed);
  leave.set_value();
  CHECK(runtime.settle(20s));
  CHECK(resumed == 0);
}

TEST_CASE("a caller that looks at no answer is slowed down before callbacks fill the memory") {
  acta::runtime_options options;
  options.outstanding_max = 1;
  auto runtime = open_counters(std::move(options));
  std::promise<void> leave;
  std::atomic<int> asked{0};
  std::atomic<int> called{0};
  hold_back(runtime, leave);
  std::thread careless([&] {
    for (int i = 0; i < 50'000; ++i) {
      refused(runtime).then([&](const answer&) { ++called; });
      ++asked;
    }
  });
  CHECK(test::eventually([&] { return asked >= 1'000; }));
  CHECK_FALSE(test::eventually([&] { return asked > 2'000; }, 200ms));
  leave.set_value();
  careless.join();
  CHECK(runtime.settle(20s));
  CHECK(called == 50'000);
}

TEST_CASE("a full queue of callbacks holds up its callers, never the journal") {
  const auto gate = std::make_shared<std::latch>(1);
  acta::model m;
  gated first;
  first.gate = gate;
  m.aggregate<counter>().aggregate<gated>({}, first);
  acta::runtime_options options;
  options.outstanding_max = 8;
  auto opened = acta::runtime::in_memory(std::move(m), std::move(options));
  if (!opened) FAIL(opened.error());
  auto& runtime = *opened;

  // Accepted while there is room, and answered when there is none.
  std::atomic<int> called{0};
  runtime.ask<gated>("a", add{1}).then([&](const answer& a) { called += a ? 1 : 0; });
  auto later = runtime.ask<gated>("a", add{2});
  std::promise<void> leave;
  hold_back(runtime, leave);
  std::atomic<int> asked{0};
  std::thread careless([&] {
    for (int i = 0; i < 2'000; ++i) {
      refused(runtime).then([](const answer&) {});
      ++asked;
    }
  });
  CHECK(test::eventually([&] { return asked >= 1'000; }));
  CHECK_FALSE(test::eventually([&] { return asked >= 2'000; }, 200ms));
  gate->count_down();
  // The first answer has a callback; the journal must come back from it to store the second.
  CHECK(later.wait_for(10s));
  CHECK(test::eventually([&] { return runtime.figures().events == 2; }));
  leave.set_value();
  careless.join();
  CHECK(runtime.settle(20s));
  CHECK(called == 1);
}

} // namespace callback_test
