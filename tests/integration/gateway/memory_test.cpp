// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "eventually.hpp"
#include "http_client.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <pthread.h>

namespace memory_test {

/// Memory of which one allocation fails, on the gateway's threads alone.
namespace memory {

std::atomic<bool> short_of{false};
std::atomic<int> left{0}; ///< allocations before the one that fails
std::atomic<int> failed{0};
/// It has once read a state for the gateway.
thread_local bool is_reader = false;

bool is_of_gateway() {
  char name[16] = "";
  return is_reader || (::pthread_getname_np(::pthread_self(), name, sizeof name) == 0 &&
                       std::string_view(name) == "acta-http");
}
bool fails_now() {
  if (!short_of.load(std::memory_order_relaxed) || !is_of_gateway() || left.fetch_sub(1) != 0)
    return false;
  ++failed;
  return true;
}

} // namespace memory

} // namespace memory_test

void* operator new(std::size_t bytes) {
  if (memory_test::memory::fails_now()) throw std::bad_alloc();
  if (auto* p = std::malloc(bytes == 0 ? 1 : bytes)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace memory_test {

using test::http_client;

namespace {

struct written {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
struct write {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
/// Knows the gateway's reading thread: nobody else makes JSON of it.
struct page {
  static constexpr std::string_view name = "page";
  using events = acta::one_of<written>;
  using commands = acta::one_of<write>;
  using decision = acta::decision<events>;
  static inline std::atomic<bool> marks_reader{false};

  std::string text;

  decision decide(const write& c) const { return written{c.text}; }
  void evolve(const written& e) { text = e.text; }
  template <class A> void serialize(A& ar) {
    if (marks_reader) memory::is_reader = true;
    ar(CEREAL_NVP(text));
  }
};

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}
/// To a stream of its own each time: a new one asks for more.
std::string command(int number) {
  return http_client::post_text("/v1/page/b" + std::to_string(number) + "/write",
                                R"({"text":"another page of some length"})");
}

} // namespace

TEST_CASE("a gateway short of memory for one moment answers 500 or hangs up, and goes on") {
  acta::model m;
  m.aggregate<page>();
  auto runtime = acta::runtime::in_memory(std::move(m));
  REQUIRE(runtime);
  const auto http = acta::gateway::open(*runtime);
  REQUIRE(http);
  const auto port = (*http)->port();
  REQUIRE(
      http_client(port).post("/v1/page/a/write", R"({"text":"a page of some length"})").status ==
      200);
  page::marks_reader = true;
  REQUIRE(http_client(port).get("/v1/page/a").status == 200);
  page::marks_reader = false;

  const std::vector<std::function<std::string(int)>> requests{
      [](int) { return get("/v1/page/a"); }, [](int) { return get("/v1/page/a/events"); },
      [](int) { return get("/v1/events"); }, [](int) { return get("/v1/page/no/such/thing"); },
      command};
  for (const auto& request_for : requests) {
    int tries = 0;
    for (bool failed = true; failed && tries < 2000; ++tries) {
      const auto request = request_for(tries);
      INFO(request << "allocation " << tries);
      memory::failed = 0;
      memory::left = tries;
      memory::short_of = true;
      unsigned status = 0;
      {
        http_client c(port);
        c.send(request);
        status = c.receive().status;
        if (status == 0) CHECK(c.closed());
      }
      memory::short_of = false;
      failed = memory::failed != 0;
      if (!failed) CHECK((status == 200 || status == 404));
      REQUIRE(http_client(port).get("/v1/page/a").status == 200);
    }
    CHECK(tries > 3);
    CHECK(tries < 2000);
  }
  // Nothing that was given up is still counted as under way.
  CHECK((*http)->stop(std::chrono::seconds{20}));
  CHECK(runtime->figures().outstanding == 0);
  CHECK(runtime->stop(std::chrono::seconds{20}));
}

} // namespace memory_test
