// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What must not keep the gateway from its clients, nor its end from the deadline: user code that
// does not return.
#include "counter.hpp"
#include "eventually.hpp"
#include "http_client.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>

namespace stop_test {

using namespace std::chrono_literals;
using test::counter;
using test::http_client;

namespace {

/// Holds up whoever comes through it, until the test opens it.
struct gate {
  static inline std::atomic<bool> is_open{true};
  static inline std::atomic<int> waiting{0};
  static void pass() {
    ++waiting;
    test::eventually([] { return is_open.load(); });
    --waiting;
  }
};
struct closed_gate {
  closed_gate() { gate::is_open = false; }
  ~closed_gate() { open(); }
  static void open() { gate::is_open = true; }
};

struct slow_question {
  static constexpr std::string_view name = "slow_question";
  struct reply {
    template <class A> void serialize(A&) {}
  };
  [[nodiscard]] reply answer(const acta::picture&) const {
    gate::pass();
    return {};
  }
  template <class A> void serialize(A&) {}
};

struct passed {
  template <class A> void serialize(A&) {}
};
/// Reading it takes as long as a test wants.
struct slow_command {
  template <class A> void serialize(A&) { gate::pass(); }
};
struct slow_reader {
  static constexpr std::string_view name = "slow_reader";
  using events = acta::one_of<passed>;
  using commands = acta::one_of<slow_command>;
  acta::decision<events> decide(const slow_command&) const { return passed{}; }
  void evolve(const passed&) {}
  template <class A> void serialize(A&) {}
};

struct served {
  explicit served(acta::runtime_options options = {}) : runtime(open_runtime(std::move(options))) {
    acta::gateway_options of_gateway;
    of_gateway.read_threads = 1;
    auto opened = acta::gateway::open(runtime, of_gateway);
    if (!opened) throw std::runtime_error(opened.error().to_string());
    http = std::move(opened).value();
  }
  static acta::runtime open_runtime(acta::runtime_options options) {
    acta::model m;
    m.aggregate<counter>().aggregate<slow_reader>().query<slow_question>();
    auto opened = acta::runtime::in_memory(std::move(m), std::move(options));
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return std::move(opened).value();
  }
  [[nodiscard]] http_client client() const { return http_client(http->port()); }

  acta::runtime runtime;
  std::unique_ptr<acta::gateway> http;
};

} // namespace

TEST_CASE("a callback of the host's that does not return holds up no loop and no end") {
  served s({.outstanding_max = 8});
  auto c = s.client();
  const auto refused = [&] { return s.runtime.ask<counter>("", test::add{1}); };
  std::promise<void> leave;
  std::atomic<bool> entered{false};
  refused().then([&](const auto&) {
    entered = true;
    leave.get_future().wait();
  });
  CHECK(test::eventually([&] { return entered.load(); }));
  // As many as may wait.
  constexpr int room = 1024;
  for (int i = 0; i < room; ++i) refused().then([](const auto&) {});

  CHECK(c.post("/v1/counter/1/add", R"({"amount":1})").status == 429);
  CHECK(c.get("/health/live").status == 200);
  auto stopped = std::async(std::launch::async, [&] { return s.http->stop(20s); });
  CHECK(stopped.wait_for(30s) == std::future_status::ready);
  leave.set_value();
  CHECK(stopped.get());
}

TEST_CASE("a query that does not return keeps no gateway from its end at the deadline") {
  served s;
  auto busy = s.client();
  auto behind = s.client();
  closed_gate closed;
  busy.send("GET /v1/queries/slow_question HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(test::eventually([] { return gate::waiting > 0; }));
  behind.send("GET /v1/queries/slow_question HTTP/1.1\r\nHost: localhost\r\n\r\n");
  REQUIRE(s.client().get("/health/live").status == 200); // that one has been read
  auto stopped = std::async(std::launch::async, [&] { return s.http->stop(50ms); });
  CHECK(stopped.wait_for(30s) == std::future_status::ready);
  CHECK(busy.closed());
  closed_gate::open();
  CHECK_FALSE(stopped.get());
  s.http.reset();
  CHECK(s.runtime.stop(20s));
}

TEST_CASE("a command that cannot be read to its end keeps no gateway from its end") {
  served s;
  auto busy = s.client();
  closed_gate closed;
  busy.send(http_client::post_text("/v1/slow_reader/1/slow_command", "{}"));
  REQUIRE(test::eventually([] { return gate::waiting > 0; }));
  auto stopped = std::async(std::launch::async, [&] { return s.http->stop(50ms); });
  CHECK(stopped.wait_for(30s) == std::future_status::ready);
  closed_gate::open();
  CHECK_FALSE(stopped.get());
}

} // namespace stop_test
