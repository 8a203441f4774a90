// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What must not keep stop() from its deadline: user code that does not return, and a queue of
// callbacks that is full.
#include "counter.hpp"
#include "eventually.hpp"
#include "runtime.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <thread>

namespace stop_test {

using namespace std::chrono_literals;
using test::add;
using test::counter;

namespace {

using answer = acta::result<acta::receipt>;

struct passed {
  template <class A> void serialize(A&) {}
};
struct pass {
  template <class A> void serialize(A&) {}
};

/// Its command is decided when the test opens the gate.
struct gated {
  static constexpr std::string_view name = "gated";
  using events = acta::one_of<passed>;
  using commands = acta::one_of<pass>;
  std::shared_ptr<std::latch> gate = std::make_shared<std::latch>(1);

  acta::decision<events> decide(const pass&) const {
    gate->wait();
    return passed{};
  }
  void evolve(const passed&) {}
  template <class A> void serialize(A&) {}
};

/// Is told of everything that has passed, once the test lets its key return.
struct watcher {
  static constexpr std::string_view name = "watcher";
  using inputs = acta::one_of<passed>;
  static inline std::atomic<bool> key_returns{true};
  static inline std::atomic<int> keys{0};

  static std::string key(const passed&, const acta::metadata&) {
    ++keys;
    test::eventually([] { return key_returns.load(); });
    return "w";
  }
  acta::reaction react(const passed&) const { return {}; }
  void evolve(const passed&) {}
  template <class A> void serialize(A&) {}
};

acta::runtime open_gated(const gated& first, acta::runtime_options options = {}) {
  acta::model m;
  m.aggregate<counter>().aggregate<gated>({}, first).process<watcher>();
  auto opened = acta::runtime::in_memory(std::move(m), std::move(options));
  if (!opened) FAIL(opened.error());
  return std::move(opened).value();
}

/// Refused at the door, so its answer is there when ask() returns.
acta::pending refused(acta::runtime& r) { return r.ask<counter>("", add{1}); }

/// A runtime with a callback that does not go on until the test says so, and behind it as many as
/// may wait. A caller wants to add more, and a process wants to bring an input.
class crowd {
public:
  explicit crowd(std::function<void(acta::runtime&)> then)
      : runtime_(open_gated(first_, {.outstanding_max = 8})) {
    const auto passing = runtime_.ask<gated>("a", pass{});
    refused(runtime_).then([this, then = std::move(then)](const answer&) {
      entered_ = true;
      go_on_.get_future().wait();
      then(runtime_);
    });
    CHECK(test::eventually([&] { return entered_.load(); }));
    careless_ = std::thread([this] {
      for (; asked_ < room + 50; ++asked_) refused(runtime_).then([](const answer&) {});
      careless_ended_ = true;
    });
    CHECK(test::eventually([&] { return asked_ == room; }));
    first_.gate->count_down();
    CHECK(test::eventually([&] { return runtime_.figures().overloaded > 0; }));
  }
  ~crowd() { careless_.join(); }
  crowd(const crowd&) = delete;
  crowd& operator=(const crowd&) = delete;

  acta::runtime& runtime() { return runtime_; }
  void go_on() { go_on_.set_value(); }
  [[nodiscard]] bool has_let_go_of_caller() {
    return test::eventually([&] { return careless_ended_.load(); });
  }

private:
  static constexpr int room = 1024; ///< the least that there is for callbacks
  gated first_;
  std::atomic<bool> entered_{false};
  std::promise<void> go_on_;
  std::atomic<int> asked_{0};
  std::atomic<bool> careless_ended_{false};
  acta::runtime runtime_;
  std::thread careless_;
};

} // namespace

TEST_CASE("a callback can stop the runtime while others and a process wait for room") {
  std::promise<bool> stopped;
  auto when = stopped.get_future();
  crowd c([&](acta::runtime& r) { stopped.set_value(r.stop(30s)); });
  c.go_on();
  REQUIRE(when.wait_for(60s) == std::future_status::ready);
  CHECK(when.get());
}

TEST_CASE("stop keeps its deadline while a callback does not return and a process wants room") {
  crowd c([](acta::runtime&) {});
  auto stopped = std::async(std::launch::async, [&] { return c.runtime().stop(50ms); });
  CHECK(stopped.wait_for(30s) == std::future_status::ready);
  CHECK(c.has_let_go_of_caller());
  c.go_on();
  CHECK_FALSE(stopped.get());
}

TEST_CASE("callbacks that ask again for ever keep no stop within a callback from its deadline") {
  acta::model m;
  m.aggregate<counter>();
  auto runtime = acta::runtime::in_memory(std::move(m));
  if (!runtime) FAIL(runtime.error());
  std::atomic<bool> enough{false};
  std::promise<void> ended;
  std::function<void(const answer&)> stubborn = [&](const answer&) {
    if (enough) return ended.set_value();
    refused(*runtime).then(stubborn);
  };
  std::promise<bool> stopped;
  auto when = stopped.get_future();
  refused(*runtime).then([&](const answer&) {
    refused(*runtime).then(stubborn);
    stopped.set_value(runtime->stop(50ms));
  });
  CHECK(when.wait_for(30s) == std::future_status::ready);
  enough = true;
  ended.get_future().get();
  CHECK_FALSE(when.get());
}

TEST_CASE("a key that does not return keeps stop from its deadline no longer than a second") {
  gated open;
  open.gate->count_down();
  auto runtime = open_gated(open);
  watcher::keys = 0;
  watcher::key_returns = false;
  CHECK(runtime.ask<gated>("a", pass{}).wait_for(20s));
  CHECK(test::eventually([] { return watcher::keys > 0; }));
  auto stopped = std::async(std::launch::async, [&] { return runtime.stop(50ms); });
  CHECK(stopped.wait_for(30s) == std::future_status::ready);
  watcher::key_returns = true;
  CHECK_FALSE(stopped.get());
}

} // namespace stop_test
