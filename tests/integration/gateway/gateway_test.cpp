// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"
#include "eventually.hpp"
#include "full_disk.hpp"
#include "http_client.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace gateway_test {

using namespace std::chrono_literals;
using test::http_client;

namespace {

/// An aggregate whose commands take as long as a test wants.
struct passed {
  template <class A> void serialize(A&) {}
};
struct pass {
  template <class A> void serialize(A&) {}
};
struct gate {
  static constexpr std::string_view name = "gate";
  using events = acta::one_of<passed>;
  using commands = acta::one_of<pass>;
  static inline std::atomic<bool> is_open{true};
  static inline std::atomic<int> waiting{0};

  acta::decision<events> decide(const pass&) const {
    ++waiting;
    test::eventually([] { return is_open.load(); });
    --waiting;
    return passed{};
  }
  void evolve(const passed&) {}
  template <class A> void serialize(A&) {}
};
struct closed_gate {
  closed_gate() { gate::is_open = false; }
  ~closed_gate() { open(); }
  static void open() { gate::is_open = true; }
};

struct served {
  explicit served(acta::gateway_options options = {}, acta::runtime_options runtime_options = {})
      : runtime(open_runtime(std::move(runtime_options))),
        http(open_gateway(runtime, std::move(options))) {}

  static acta::runtime open_runtime(acta::runtime_options options) {
    acta::model m;
    m.aggregate<test::counter>();
    m.aggregate<gate>();
    m.aggregate<test::account>().process<test::transfer>();
    auto opened = acta::runtime::in_memory(std::move(m), std::move(options));
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return std::move(opened).value();
  }
  static std::unique_ptr<acta::gateway> open_gateway(acta::runtime& r,
                                                     acta::gateway_options options) {
    auto opened = acta::gateway::open(r, std::move(options));
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return std::move(opened).value();
  }
  [[nodiscard]] http_client client() const { return http_client(http->port()); }

  acta::runtime runtime;
  std::unique_ptr<acta::gateway> http;
};

bool is_problem(const test::http_answer& a, unsigned status, std::string_view code) {
  return a.status == status && a.header("content-type") == "application/problem+json" &&
         a.has("\"code\":\"" + std::string(code) + "\"") &&
         a.has("\"status\":" + std::to_string(status));
}

} // namespace

TEST_CASE("a program that the host starts does not inherit the gateway's sockets") {
  served s;
  auto c = s.client();
  REQUIRE(c.get("/v1/counter/42").status != 0);
  int sockets = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0 ||
        own.sin_family != AF_INET || ntohs(own.sin_port) != s.http->port())
      continue;
    ++sockets;
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(sockets >= 2); // where it listens, and the one of this client
}

TEST_CASE("a command is answered with its events, and the state and the events can be read") {
  served s;
  auto c = s.client();
  const auto done = c.post("/v1/counter/42/add", R"({"amount":5})",
                           "Acta-Correlation-Id: 0190a5e2-7b1c-7000-8000-000000000002\r\n"
                           "Idempotency-Key: 0190a5e2-7b1c-7000-8000-000000000001\r\n");
  CHECK(done.status == 200);
  CHECK(done.header("content-type") == "application/json");
  CHECK(done.header("etag") == "\"1\"");
  CHECK_FALSE(done.header("date").empty());
  CHECK(done.body ==
        R"({"stream":"counter/42","version":1,"position":"0:1","events":[)"
        R"({"type":"counter.added","version":1,"position":"0:1","data":{"amount":5}}]})");

  const auto state = c.get("/v1/counter/42");
  CHECK(state.status == 200);
  CHECK(state.header("etag") == "\"1\"");
  CHECK(state.body ==
        R"({"stream":"counter/42","version":1,"position":"0:1","state":{"total":5,"count":1}})");

  const auto events = c.get("/v1/counter/42/events");
  CHECK(events.status == 200);
  CHECK(events.has(
      R"({"events":[{"type":"counter.added","version":1,"position":"0:1","recorded_at":"2)"));
  CHECK(events.has(
      R"(Z","command_id":"0190a5e2-7b1c-7000-8000-000000000001","correlation_id":"0190a5e2-7b1c-7000-8000-000000000002",)"));
  CHECK(events.has(R"("data":{"amount":5}}],"next":null})"));
}

TEST_CASE("a command without fields needs no body, and one without events is accepted") {
  served s;
  auto c = s.client();
  c.post("/v1/counter/42/add", R"({"amount":5})");
  const auto done = c.post("/v1/counter/42/do_nothing", "");
  CHECK(done.status == 200);
  CHECK(done.body == R"({"stream":"counter/42","version":1,"position":"0:1","events":[]})");
}

TEST_CASE("an id is decoded from the path and encoded in the answer") {
  served s;
  auto c = s.client();
  CHECK(c.post("/v1/counter/a%2Fb%22%E2%82%AC/add", R"({"amount":1})")
            .has("\"stream\":\"counter/a/b\\\"\xE2\x82\xAC\""));
  CHECK(c.get("/v1/counter/a%2fb%22%e2%82%ac").status == 200);
  CHECK(is_problem(c.get("/v1/counter/a%2"), 400, "bad_target"));
  CHECK(is_problem(c.get("/v1/counter/" + std::string(300, 'x')), 400, "invalid_argument"));
}

TEST_CASE("a rejection of the domain is 409 with its code") {
  served s;
  const auto no = s.client().post("/v1/counter/42/add", R"({"amount":-1})");
  CHECK(is_problem(no, 409, "rejected"));
  CHECK(no.has(R"("rejection":{"code":"below_zero","message":"total is 0"})"));
}

TEST_CASE("bad JSON is 400 with a pointer to the bad field") {
  served s;
  auto c = s.client();
  struct row {
    std::string_view body;
    std::string_view pointer;
  };
  for (const auto& [body, pointer] :
       {row{R"({"amount":"five"})", "/amount"}, row{R"({"amount":1,"extra":2})", "/extra"},
        row{R"({"amount":1)", ""}, row{"[]", ""}, row{R"({"amount":1e99})", "/amount"}}) {
    INFO(body);
    const auto no = c.post("/v1/counter/42/add", body);
    CHECK(is_problem(no, 400, "json_invalid"));
    INFO(no.body);
    CHECK(no.has("\"pointer\":\"" + std::string(pointer) + '"'));
  }
  CHECK(is_problem(c.post("/v1/counter/42/add", ""), 400, "json_invalid"));
  CHECK(is_problem(c.get("/v1/counter/42"), 404, "not_found"));
}

TEST_CASE("what does not exist is 404, and says what does not") {
  served s;
  auto c = s.client();
  CHECK(is_problem(c.post("/v1/carton/42/add", "{}"), 404, "unknown_aggregate"));
  CHECK(is_problem(c.get("/v1/carton/42"), 404, "unknown_aggregate"));
  CHECK(is_problem(c.get("/v1/carton/42/events"), 404, "unknown_aggregate"));
  CHECK(is_problem(c.post("/v1/counter/42/multiply", "{}"), 404, "unknown_command"));
  CHECK(is_problem(c.get("/v1/counter/42"), 404, "not_found"));
  CHECK(is_problem(c.get("/v2"), 404, "unknown_route"));
  const auto none = c.get("/v1/counter/42/events");
  CHECK(none.status == 200);
  CHECK(none.body == R"({"events":[],"next":null})");
}

TEST_CASE("another method is 405 with those that are allowed") {
  served s;
  auto c = s.client();
  c.send("DELETE /v1/counter/42 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto no = c.receive();
  CHECK(is_problem(no, 405, "method_not_allowed"));
  CHECK(no.header("allow") == "GET, HEAD");
  CHECK(c.get("/v1/counter/42/add").header("allow") == "POST");
}

TEST_CASE("a command with another content type is 415") {
  served s;
  auto c = s.client();
  c.send("POST /v1/counter/42/add HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "text/plain\r\nContent-Length: 12\r\n\r\n{\"amount\":1}");
  CHECK(is_problem(c.receive(), 415, "unsupported_media_type"));
  c.send("POST /v1/counter/42/add HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
         "12\r\n\r\n{\"amount\":1}");
  CHECK(c.receive().status == 200);
}

TEST_CASE("a retried idempotency key has one effect and gets the first answer") {
  served s;
  auto c = s.client();
  const auto first =
      c.post("/v1/counter/42/add", R"({"amount":5})", "Idempotency-Key: order-17\r\n");
  const auto other =
      c.post("/v1/counter/42/add", R"({"amount":5})", "Idempotency-Key: order-18\r\n");
  const auto again =
      c.post("/v1/counter/42/add", R"({"amount":5})", "Idempotency-Key: order-17\r\n");
  CHECK(first.status == 200);
  CHECK(other.header("etag") == "\"2\"");
  CHECK(again.body == first.body);
  CHECK(c.get("/v1/counter/42").has(R"("state":{"total":10,"count":2})"));
  CHECK(is_problem(c.post("/v1/counter/42/add", R"({"amount":5})",
                          "Idempotency-Key: " + std::string(256, 'k') + "\r\n"),
                   400, "bad_header"));
}

TEST_CASE("If-Match refuses a command decided against another version, and tells the actual one") {
  served s;
  auto c = s.client();
  CHECK(c.post("/v1/counter/42/add", R"({"amount":1})", "If-Match: \"0\"\r\n").status == 200);
  const auto no = c.post("/v1/counter/42/add", R"({"amount":1})", "If-Match: \"0\"\r\n");
  CHECK(is_problem(no, 412, "version_conflict"));
  CHECK(no.has(R"("actual_version":1)"));
  CHECK(c.post("/v1/counter/42/add", R"({"amount":1})", "If-Match: \"1\"\r\n").status == 200);
  CHECK(is_problem(c.post("/v1/counter/42/add", R"({"amount":1})", "If-Match: 2\r\n"), 400,
                   "bad_header"));
}

TEST_CASE("a state can be read at a version and at a time, and not sent again when it is known") {
  served s;
  auto c = s.client();
  c.post("/v1/counter/42/add", R"({"amount":1})");
  c.post("/v1/counter/42/add", R"({"amount":2})");
  const auto first = c.get("/v1/counter/42?version=1");
  CHECK(first.header("etag") == "\"1\"");
  CHECK(first.has(R"("state":{"total":1,"count":1})"));
  CHECK(c.get("/v1/counter/42?at=2999-01-01T00:00:00Z").has(R"("total":3)"));
  CHECK(is_problem(c.get("/v1/counter/42?at=1999-01-01T00:00:00+02:00"), 404, "not_found"));
  CHECK(
      is_problem(c.get("/v1/counter/42?at=1999-01-01T00:00:00Z&version=1"), 400, "bad_parameter"));
  CHECK(is_problem(c.get("/v1/counter/42?foo=1"), 400, "bad_parameter"));
  const auto known = c.get("/v1/counter/42", "If-None-Match: \"2\"\r\n");
  CHECK(known.status == 304);
  CHECK(known.header("etag") == "\"2\"");
  CHECK(known.body.empty());
  CHECK(c.get("/v1/counter/42", "If-None-Match: \"1\"\r\n").status == 200);
}

TEST_CASE("HEAD tells the length and sends nothing of it") {
  served s;
  auto c = s.client();
  c.post("/v1/counter/42/add", R"({"amount":1})");
  const auto body = c.get("/v1/counter/42").body;
  c.send(
      "HEAD /v1/counter/42 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /health/live HTTP/1.1\r\nHost: "
      "localhost\r\n\r\n");
  const auto head = c.receive(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == std::to_string(body.size()));
  CHECK(c.receive().body == R"({"status":"live"})");
}

TEST_CASE("events come in pages that join without a gap") {
  served s;
  auto c = s.client();
  REQUIRE(c.post("/v1/counter/42/add_many", R"({"amount":1,"times":150})").status == 200);
  const auto events_in = [](const test::http_answer& a) {
    std::size_t n = 0;
    for (auto at = a.body.find("\"recorded_at\""); at != std::string::npos;
         at = a.body.find("\"recorded_at\"", at + 1))
      ++n;
    return n;
  };
  const auto first = c.get("/v1/counter/42/events");
  CHECK(events_in(first) == 100);
  CHECK(first.has(R"("next":101})"));
  const auto second = c.get("/v1/counter/42/events?from=101");
  CHECK(events_in(second) == 50);
  CHECK(second.has(R"({"events":[{"type":"counter.added","version":101,)"));
  CHECK(second.has(R"("next":null})"));
  CHECK(events_in(c.get("/v1/counter/42/events?limit=1000")) == 150);
  const auto whole = c.get("/v1/counter/42/events?from=51&limit=100");
  CHECK(events_in(whole) == 100);
  CHECK(whole.has(R"("next":null})"));
  CHECK(c.get("/v1/counter/42/events?from=151").body == R"({"events":[],"next":null})");
  CHECK(is_problem(c.get("/v1/counter/42/events?limit=1001"), 400, "bad_parameter"));
}

TEST_CASE("a page of large events ends early instead of filling the memory") {
  served s;
  auto c = s.client();
  const auto text = R"({"text":")" + std::string(900'000, 'x') + R"("})";
  for (int i = 0; i < 8; ++i) REQUIRE(c.post("/v1/counter/42/note", text).status == 200);
  REQUIRE(c.post("/v1/counter/42/add_many", R"({"amount":1,"times":200})").status == 200);
  const auto page = c.get("/v1/counter/42/events?limit=1000");
  CHECK(page.status == 200);
  CHECK(page.has(R"(],"next":65})"));
}

TEST_CASE("an exception in decide is 500, its text goes to the log only") {
  std::mutex lock;
  std::string logged;
  acta::gateway_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    const std::lock_guard guard(lock);
    logged.append(line).append("\n");
  };
  served s(options);
  const auto no = s.client().post("/v1/counter/42/throw_up", "{}");
  CHECK(is_problem(no, 500, "decide_threw"));
  CHECK_FALSE(no.has("had enough"));
  const std::lock_guard guard(lock);
  CHECK(logged.find("counter/42 throw_up: decide_threw") != std::string::npos);
  CHECK(logged.find("had enough") != std::string::npos);
}

TEST_CASE(
    "a command that is not answered in time is 504, and a retry with its key gets the answer") {
  acta::gateway_options options;
  options.request_timeout = 20ms;
  served s(options);
  auto c = s.client();
  {
    const closed_gate closed;
    CHECK(is_problem(c.post("/v1/gate/1/pass", "{}", "Idempotency-Key: k\r\n"), 504, "timeout"));
    CHECK(c.get("/health/live").status == 200);
  }
  CHECK(test::eventually([&] { return c.get("/v1/gate/1").status == 200; }));
  const auto again = c.post("/v1/gate/1/pass", "{}", "Idempotency-Key: k\r\n");
  CHECK(again.status == 200);
  CHECK(again.header("etag") == "\"1\"");
}

TEST_CASE("an overloaded runtime is 429 at once, with when to come again") {
  acta::runtime_options small;
  small.outstanding_max = 1;
  served s({}, small);
  auto first = s.client();
  auto second = s.client();
  const closed_gate closed;
  first.send(http_client::post_text("/v1/gate/1/pass", "{}"));
  REQUIRE(test::eventually([] { return gate::waiting > 0; }));
  const auto no = second.post("/v1/gate/2/pass", "{}");
  CHECK(is_problem(no, 429, "overloaded"));
  CHECK(no.header("retry-after") == "1");
  closed_gate::open();
  CHECK(first.receive().status == 200);
}

TEST_CASE("health: live while it serves, ready until the runtime stops") {
  served s;
  auto c = s.client();
  CHECK(c.get("/health/live").body == R"({"status":"live"})");
  CHECK(c.get("/health/ready").body ==
        R"({"status":"ready","outstanding":0,"resident":0,"quarantined":0,"failed_batches":0,)"
        R"("processes":{"waiting":0,"stuck":0,"timers":0,"set_aside":0,"passed_over":0},)"
        R"("subscribers":{"paused":0,"retrying":0,"dead_letters":0,"behind_max":0},)"
        R"("views":{"all":)" +
            std::to_string(s.runtime.views().size()) +
            R"(,"stopped":0,"building":0,"dead_letters":0,"behind_max":0,"damaged":0}})");
  s.runtime.stop(1s);
  const auto no = c.post("/v1/counter/42/add", R"({"amount":1})");
  CHECK(is_problem(no, 503, "stopped"));
  CHECK(no.header("retry-after") == "1");
  const auto ready = c.get("/health/ready");
  CHECK(is_problem(ready, 503, "not_ready"));
  CHECK(ready.has(R"("reasons":["stopping"])"));
  CHECK(c.get("/health/live").status == 200);
}

TEST_CASE("a node whose disk is full is not ready until a commit is stored again, and no longer") {
  const test::temp_folder folder;
  acta::model m;
  m.aggregate<test::counter>();
  auto runtime = test::must_open(folder / "data", std::move(m));
  const auto http = served::open_gateway(runtime, {});
  http_client c(http->port());
  const auto add_one = [&] { return c.post("/v1/counter/42/add", R"({"amount":1})"); };
  REQUIRE(add_one().status == 200);
  {
    const test::full_disk full;
    CHECK(is_problem(add_one(), 503, "store_full"));
  }
  // Nobody asked while it was full, and what came afterwards is stored.
  CHECK(add_one().status == 200);
  CHECK(c.get("/health/ready").status == 200);
  {
    const test::full_disk full;
    CHECK(is_problem(add_one(), 503, "store_full"));
    const auto no = c.get("/health/ready");
    CHECK(is_problem(no, 503, "not_ready"));
    CHECK(no.has("commits are not stored: partition 0: store_full"));
  }
  // Whoever looks, and when: the last commit has failed.
  const auto later = served::open_gateway(runtime, {});
  CHECK(is_problem(http_client(later->port()).get("/health/ready"), 503, "not_ready"));
  CHECK(is_problem(c.get("/health/ready"), 503, "not_ready"));
  CHECK(add_one().status == 200);
  CHECK(c.get("/health/ready").status == 200);
  CHECK(http_client(later->port()).get("/health/ready").status == 200);
}

TEST_CASE("a connection is kept for many requests, and closed when the client says so") {
  served s;
  auto c = s.client();
  for (int i = 1; i <= 100; ++i)
    CHECK(c.post("/v1/counter/42/add", R"({"amount":1})").header("etag") ==
          '"' + std::to_string(i) + '"');
  const auto last = c.get("/health/live", "Connection: close\r\n");
  CHECK(last.header("connection") == "close");
  CHECK(c.closed());
  auto old = s.client();
  old.send("GET /health/live HTTP/1.0\r\n\r\n");
  CHECK(old.receive().status == 200);
  CHECK(old.closed());
  auto old_kept = s.client();
  old_kept.send("GET /health/live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(old_kept.receive().header("connection") == "keep-alive");
  CHECK(old_kept.get("/health/live").status == 200);
}

TEST_CASE("requests sent ahead are answered in their order") {
  served s;
  auto c = s.client();
  std::string all;
  for (int i = 0; i < 50; ++i) {
    all += http_client::post_text("/v1/counter/42/add", R"({"amount":1})");
    all += "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
    all += "GET /v1/counter/42 HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  c.send(all);
  for (int i = 1; i <= 50; ++i) {
    CHECK(c.receive().header("etag") == '"' + std::to_string(i) + '"');
    CHECK(c.receive().body == R"({"status":"live"})");
    CHECK(c.receive().header("etag") == '"' + std::to_string(i) + '"');
  }
}

TEST_CASE("a client that closes its sending side still gets its answer") {
  served s;
  auto c = s.client();
  c.send(http_client::post_text("/v1/counter/42/add", R"({"amount":1})"));
  c.end_of_sending();
  CHECK(c.receive().status == 200);
  CHECK(c.closed());
}

TEST_CASE("a chunked body is taken, and one that waits for 100 Continue is asked for") {
  served s;
  auto c = s.client();
  c.send("POST /v1/counter/42/add HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
         "chunked\r\n\r\n5\r\n{\"amo\r\n7\r\nunt\":1}\r\n0\r\n\r\n");
  CHECK(c.receive().status == 200);
  c.send("POST /v1/counter/42/add HTTP/1.1\r\nHost: localhost\r\nExpect: "
         "100-continue\r\nContent-Length: "
         "12\r\n\r\n");
  CHECK(c.receive().status == 100);
  c.send("{\"amount\":1}");
  CHECK(c.receive().header("etag") == "\"2\"");
}

TEST_CASE("a body beyond the limit is 413 and told even while the client still sends") {
  acta::gateway_options options;
  options.body_bytes_max = 1000;
  served s(options);
  auto c = s.client();
  const auto text = R"({"text":")" + std::string(3'000'000, 'x') + R"("})";
  const auto no = c.post("/v1/counter/42/note", text);
  CHECK(is_problem(no, 413, "body_too_large"));
  CHECK(no.header("connection") == "close");
  CHECK(c.closed());
  auto chunked = s.client();
  chunked.send("POST /v1/counter/42/note HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
               "chunked\r\n\r\n7d0\r\n");
  CHECK(is_problem(chunked.receive(), 413, "body_too_large"));
  CHECK(is_problem(s.client().get("/v1/counter/42"), 404, "not_found"));
}

TEST_CASE("headers beyond the limit are 431, and what is no HTTP 400, and both close") {
  served s;
  auto c = s.client();
  CHECK(is_problem(c.get("/health/live", "X: " + std::string(10'000, 'x') + "\r\n"), 431,
                   "headers_too_large"));
  CHECK(c.closed());
  auto bad = s.client();
  bad.send("what is this?\r\n\r\n");
  CHECK(is_problem(bad.receive(), 400, "bad_request"));
  CHECK(bad.closed());
}

TEST_CASE("a request that drips in is 408, however steadily") {
  acta::gateway_options options;
  options.read_timeout = 100ms;
  served s(options);
  auto c = s.client();
  test::http_answer late;
  // Until the server has had enough; a byte is always on its way.
  std::thread reader([&] { late = c.receive(); });
  const std::string head = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX: ";
  std::size_t sent = 0;
  CHECK(test::eventually([&] {
    const auto ok =
        c.send(sent < head.size() ? std::string_view(head).substr(sent, 1) : std::string_view("x"));
    ++sent;
    return !ok || sent > 7000;
  }));
  reader.join();
  CHECK(is_problem(late, 408, "request_timeout"));
}

TEST_CASE("a connection without a request is closed, and one that takes no answer too") {
  acta::gateway_options options;
  options.idle_timeout = 1s; // a client that is slow to send its next request is not meant
  options.write_timeout = 100ms;
  served s(options);
  auto idle = s.client();
  CHECK(idle.closed());
  auto c = s.client();
  const auto text = R"({"text":")" + std::string(900'000, 'x') + R"("})";
  for (int i = 0; i < 4; ++i) REQUIRE(c.post("/v1/counter/42/note", text).status == 200);
  auto deaf = s.client();
  std::string many;
  for (int i = 0; i < 20; ++i)
    many += "GET /v1/counter/42/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  deaf.send(many);
  // Answers of 3.6 MB each; the sockets' buffers hold a few of them, then writing stands still and
  // the server hangs up.
  CHECK(test::eventually([&] { return !deaf.send("x"); }));
}

TEST_CASE("connections beyond the limit are told so and closed, and room is used again") {
  acta::gateway_options options;
  options.connections_max = 2;
  served s(options);
  auto first = std::make_unique<http_client>(s.http->port());
  auto second = s.client();
  CHECK(first->get("/health/live").status == 200);
  CHECK(second.get("/health/live").status == 200);
  auto third = s.client();
  CHECK(is_problem(third.receive(), 503, "too_many_connections"));
  first.reset();
  CHECK(test::eventually([&] { return s.client().get("/health/live").status == 200; }));
}

TEST_CASE("many connections at once have each of their commands answered") {
  served s(acta::gateway_options{.threads = 2, .read_threads = 2});
  constexpr int threads = 4;
  constexpr int connections = 32;
  constexpr int rounds = 25;
  std::atomic<int> good{0};
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t)
    running.emplace_back([&, t] {
      std::vector<std::unique_ptr<http_client>> mine;
      for (int i = 0; i < connections; ++i)
        mine.push_back(std::make_unique<http_client>(s.http->port()));
      for (int round = 0; round < rounds; ++round) {
        for (int i = 0; i < connections; ++i)
          mine[i]->send(http_client::post_text(
              "/v1/counter/" + std::to_string(t * 8 + i % 8) + "/add", R"({"amount":1})"));
        for (auto& c : mine) good += c->receive().status == 200;
        good += mine[0]->get("/v1/counter/" + std::to_string(t * 8)).status == 200;
      }
    });
  for (auto& t : running) t.join();
  CHECK(good == threads * rounds * (connections + 1));
  auto c = s.client();
  for (int i = 0; i < threads * 8; ++i)
    CHECK(c.get("/v1/counter/" + std::to_string(i))
              .has("\"version\":" + std::to_string(rounds * connections / 8)));
}

TEST_CASE("stopping answers the requests under way and closes the idle connections") {
  served s;
  auto idle = s.client();
  REQUIRE(idle.get("/health/live").status == 200);
  auto busy = s.client();
  closed_gate closed;
  busy.send(http_client::post_text("/v1/gate/1/pass", "{}"));
  REQUIRE(test::eventually([] { return gate::waiting > 0; }));
  auto stopped = std::async(std::launch::async, [&] { return s.http->stop(20s); });
  CHECK(idle.closed());
  closed_gate::open();
  const auto last = busy.receive();
  CHECK(last.status == 200);
  CHECK(last.header("connection") == "close");
  CHECK(busy.closed());
  CHECK(stopped.get());
  CHECK_THROWS(http_client(s.http->port()));
}

TEST_CASE("a request that never arrives whole does not hold up the end") {
  served s;
  auto first_byte = s.client();
  first_byte.send("P");
  auto half_a_body = s.client();
  half_a_body.send("POST /v1/counter/1/add HTTP/1.1\r\nHost: localhost\r\n"
                   "Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"by\":");
  auto idle = s.client();
  REQUIRE(idle.get("/health/live").status == 200); // both have been accepted before it
  CHECK(s.http->stop(20s));
  CHECK(half_a_body.receive().status == 503);
  CHECK(first_byte.receive().status == 503);
}

TEST_CASE("stopping ends at its deadline and an answer that comes later is nobody's") {
  served s;
  auto busy = s.client();
  closed_gate closed;
  busy.send(http_client::post_text("/v1/gate/1/pass", "{}"));
  REQUIRE(test::eventually([] { return gate::waiting > 0; }));
  CHECK_FALSE(s.http->stop(10ms));
  CHECK(busy.closed());
  s.http.reset();
  closed_gate::open();
  CHECK(s.runtime.stop(20s));
}

TEST_CASE("only loopback addresses are served, and a port that is taken is named") {
  served s;
  for (const auto* refused : {"0.0.0.0", "::", "192.168.1.1"}) {
    const auto no = acta::gateway::open(s.runtime, {.address = refused});
    REQUIRE_FALSE(no);
    CHECK(no.error().code() == acta::gateway_errc::address_not_allowed);
  }
  CHECK(acta::gateway::open(s.runtime, {.address = "localhost"}).error().code() ==
        acta::gateway_errc::bad_options);
  CHECK(acta::gateway::open(s.runtime, {.threads = 0}).error().code() ==
        acta::gateway_errc::bad_options);
  const auto taken = acta::gateway::open(s.runtime, {.port = s.http->port()});
  REQUIRE_FALSE(taken);
  CHECK(taken.error().code() == acta::gateway_errc::address_in_use);
  CHECK(taken.error().detail().find("127.0.0.1:" + std::to_string(s.http->port())) == 0);
  CHECK(s.http->url() == "http://127.0.0.1:" + std::to_string(s.http->port()));
}

TEST_CASE("an address is reserved before there is a runtime, and nobody is served by it before") {
  auto address = acta::reserved_address::reserve({});
  REQUIRE(address);
  const auto port = address->port();
  CHECK_THROWS_WITH(http_client(port), "connect: Connection refused");
  auto runtime = served::open_runtime({});
  {
    const auto http = acta::gateway::open(runtime, {}, std::move(*address));
    REQUIRE(http);
    CHECK((*http)->port() == port);
    CHECK(http_client(port).get("/health/ready").status == 200);
    const auto taken = acta::reserved_address::reserve({.port = port});
    REQUIRE_FALSE(taken);
    CHECK(taken.error().code() == acta::gateway_errc::address_in_use);
  }
  CHECK(acta::reserved_address::reserve({.port = port}));
}

TEST_CASE("an address that another program listens at meanwhile is an error of opening") {
  auto address = acta::reserved_address::reserve({});
  REQUIRE(address);
  auto runtime = served::open_runtime({});
  auto other = acta::reserved_address::reserve({.port = address->port()});
  REQUIRE(other); // neither listens
  const auto first = acta::gateway::open(runtime, {}, std::move(*other));
  REQUIRE(first);
  const auto second = acta::gateway::open(runtime, {}, std::move(*address));
  REQUIRE_FALSE(second);
  CHECK(second.error().code() == acta::gateway_errc::address_in_use);
  CHECK(second.error().detail().find("127.0.0.1:" + std::to_string((*first)->port())) == 0);
}

TEST_CASE("why an event happened can be asked, back to the first command") {
  served s;
  auto c = s.client();
  REQUIRE(c.post("/v1/account/a/open_account", R"({"owner":"Ada"})").status == 200);
  REQUIRE(c.post("/v1/account/a/credit", R"({"cents":50})").status == 200);
  REQUIRE(c.post("/v1/account/b/open_account", R"({"owner":"Bob"})").status == 200);
  const auto begun = c.post("/v1/transfer/t/request_transfer",
                            R"({"from":"a","to":"b","cents":20,"patience_ms":3600000})");
  REQUIRE(begun.status == 200);
  CHECK(begun.has(R"("position":"0:4")"));
  REQUIRE(test::eventually([&] { return c.get("/v1/transfer/t").has(R"("state":"done")"); }));

  const auto why = c.get("/v1/events/0:7/why");
  INFO(why.body);
  REQUIRE(why.status == 200);
  CHECK(why.has(
      R"({"event":{"type":"account.credited","stream":"account/b","version":2,"position":"0:7")"));
  CHECK(why.has(
      R"("data":{"cents":20},"because":{"kind":"command","name":"credit","of":"0:6"}},"causes":[)"));
  CHECK(why.has(
      R"("tree":[{"depth":0,"position":"0:4","type":"transfer.stepped","stream":"transfer/t",)"));
  CHECK(why.has(
      R"("because":{"kind":"request"}},{"depth":1,"position":"0:5","type":"account.debited",)"));
  CHECK(why.has(R"("because":{"kind":"command","name":"credit","of":"0:6"},"asked":true})"));
  CHECK(why.has(R"(],"truncated":false})"));
  CHECK(is_problem(c.get("/v1/events/0:99/why"), 404, "not_found"));
}

namespace {

struct bouncer {
  static constexpr std::string_view name = "bouncer";
  using events = acta::one_of<test::noted>;
  std::atomic<bool>* well = nullptr;
  acta::result<void> handle(const test::noted&) const {
    if (*well) return {};
    return acta::error(acta::errc::invalid_argument, "no such guest");
  }
};

} // namespace

TEST_CASE("dead letters are listed, tried again and dropped over HTTP") {
  std::atomic<bool> well{false};
  acta::model m;
  m.aggregate<test::counter>().subscriber<bouncer>({}, bouncer{&well});
  auto runtime = acta::runtime::in_memory(std::move(m));
  REQUIRE(runtime);
  const auto http = served::open_gateway(*runtime, {});
  http_client c(http->port());
  for (int i = 0; i < 3; ++i)
    REQUIRE(c.post("/v1/counter/42/note", R"({"text":"x"})").status == 200);
  const auto letters = [&] { return runtime->subscriber("bouncer")->status().dead_letters; };
  REQUIRE(test::eventually([&] { return letters() == 3; }));

  const auto all = c.get("/v1/subscribers");
  CHECK(all.status == 200);
  CHECK(all.body == R"({"subscribers":[{"name":"bouncer","state":"running","behind":0,"waiting":0,)"
                    R"("handling":0,"retrying":0,"delivered":0,"failures":3,"dead_letters":3,)"
                    R"("positions":["0:3"],"trouble":null}]})");
  const auto page = c.get("/v1/subscribers/bouncer/dead-letters?limit=1&from=0:2");
  CHECK(page.status == 200);
  CHECK(
      page.has(R"({"subscriber":"bouncer","dead_letters":[{"position":"0:2","attempts":1,"at":")"));
  CHECK(page.has(R"(,"reason":"invalid_argument: no such guest"}],"next":"0:3"})"));
  CHECK(is_problem(c.get("/v1/subscribers/nobody/dead-letters"), 404, "unknown_subscriber"));
  CHECK(is_problem(c.post("/v1/subscribers/bouncer/dead-letters/0:9/retry", ""), 404, "not_found"));

  const auto dropped = c.post("/v1/subscribers/bouncer/dead-letters/0:1/drop", "");
  CHECK(dropped.status == 200);
  CHECK(dropped.body == R"({"subscriber":"bouncer","position":"0:1"})");
  CHECK(letters() == 2);
  CHECK(c.post("/v1/subscribers/bouncer/pause", "").status == 200);
  CHECK(c.get("/v1/subscribers").has(R"("state":"paused")"));
  CHECK(c.post("/v1/subscribers/bouncer/resume", "").status == 200);
  well = true;
  const auto retried = c.post("/v1/subscribers/bouncer/dead-letters/0:2/retry", "");
  CHECK(retried.status == 202);
  REQUIRE(test::eventually([&] { return letters() == 1; }));
  const auto rest = c.post("/v1/subscribers/bouncer/dead-letters/retry", "");
  CHECK(rest.status == 202);
  CHECK(rest.body == R"({"subscriber":"bouncer","dead_letters":1})");
  REQUIRE(test::eventually([&] { return letters() == 0; }));
}

} // namespace gateway_test
