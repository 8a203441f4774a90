// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What comes in at the door from strangers: hosts, keys, preconditions, codings; and what a list
// does with an item that it cannot show.
#include "counter_views.hpp"
#include "damaged_journal.hpp"
#include "eventually.hpp"
#include "http_client.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <mutex>

namespace door_test {

using namespace std::chrono_literals;
using test::counter;
using test::http_client;
using test::note;

namespace {

/// All rows in one reply.
struct all_totals {
  static constexpr std::string_view name = "all_totals";
  struct reply {
    std::vector<test::totals> rows;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(rows)); }
  };
  [[nodiscard]] acta::result<reply> answer(const acta::picture& p) const {
    reply r;
    auto walked = p.view<test::totals>().each(
        {}, [&](std::string_view, const test::totals& row) { r.rows.push_back(row); });
    if (!walked) return walked.error();
    return r;
  }
  template <class A> void serialize(A&) {}
};

struct served {
  explicit served(acta::gateway_options options = {}) : runtime(open_runtime()) {
    options.log = [this](acta::log_level, std::string_view line) {
      const std::lock_guard lock(mutex);
      log.append(line) += '\n';
    };
    auto opened = acta::gateway::open(runtime, std::move(options));
    if (!opened) throw std::runtime_error(opened.error().to_string());
    http = std::move(opened).value();
  }
  static acta::runtime open_runtime() {
    acta::model m;
    m.aggregate<counter>().view<test::totals>().query<test::grand_total>().query<all_totals>();
    auto opened = acta::runtime::in_memory(std::move(m));
    if (!opened) throw std::runtime_error(opened.error().to_string());
    return std::move(opened).value();
  }
  [[nodiscard]] http_client client() const { return http_client(http->port()); }

  acta::runtime runtime;
  std::unique_ptr<acta::gateway> http;
  std::mutex mutex;
  std::string log;
};

bool is_problem(const test::http_answer& a, unsigned status, std::string_view code) {
  INFO(a.status << ' ' << a.body);
  CHECK(a.status == status);
  CHECK(a.has("\"code\":\"" + std::string(code) + "\""));
  return a.status == status;
}

test::http_answer add(http_client& c, std::string_view body, const std::string& headers = {},
                      const std::string& id = "a") {
  return c.post("/v1/counter/" + id + "/add", body, headers);
}

} // namespace

TEST_CASE("a page under a hostile name that was pointed at this machine commands nothing") {
  served s;
  auto c = s.client();
  // What a browser sends after DNS rebinding: Host and Origin agree, and are not ours.
  c.send("POST /v1/counter/a/add HTTP/1.1\r\nHost: evil.example:8080\r\n"
         "Origin: http://evil.example:8080\r\nContent-Length: 12\r\n\r\n{\"amount\":1}");
  CHECK(is_problem(c.receive(), 421, "unknown_host"));
  c.send("GET /v1/counter/a HTTP/1.1\r\nHost: evil.example:8080\r\n\r\n");
  CHECK(is_problem(c.receive(), 421, "unknown_host"));
  CHECK(is_problem(c.get("/v1/counter/a"), 404, "not_found")); // the connection goes on
  CHECK(is_problem(add(c, R"({"amount":1})", "Origin: http://localhost:3000\r\n"), 403,
                   "cross_origin"));
  CHECK(add(c, R"({"amount":1})", "Origin: http://localhost\r\n").status == 200);
}

TEST_CASE("a node behind a proxy is known by the names it was told") {
  acta::gateway_options options;
  options.allowed_hosts = {"shop.example.org"};
  served s(std::move(options));
  auto c = s.client();
  c.send("GET /health/live HTTP/1.1\r\nHost: shop.example.org\r\n\r\n");
  CHECK(c.receive().status == 200);
  acta::gateway_options bad;
  bad.allowed_hosts = {"*"};
  CHECK_FALSE(acta::gateway::check(bad));
}

TEST_CASE("an idempotency key that is used for another command loses neither wish in silence") {
  served s;
  auto c = s.client();
  const std::string key = "Idempotency-Key: order-17\r\n";
  const auto first = add(c, R"({"amount":5})", key);
  REQUIRE(first.status == 200);
  CHECK(is_problem(add(c, R"({"amount":6})", key), 422, "command_id_reused"));
  CHECK(is_problem(c.post("/v1/counter/a/note", R"({"text":"5"})", key), 422, "command_id_reused"));
  CHECK(add(c, R"({ "amount": 5 })", key).body == first.body); // the same, written otherwise
  CHECK(c.get("/v1/counter/a").has(R"("total":5,"count":1)"));
}

TEST_CASE("preconditions of a command are honoured, whatever their form") {
  served s;
  auto c = s.client();
  const std::string one = R"({"amount":1})";
  CHECK(is_problem(add(c, one, "If-Match: *\r\n"), 412, "version_conflict")); // no stream yet
  CHECK(add(c, one, "If-None-Match: *\r\n").status == 200);
  CHECK(is_problem(add(c, one, "If-None-Match: *\r\n"), 412, "version_conflict"));
  CHECK(add(c, one, "If-Match: *\r\n").status == 200);
  CHECK(add(c, one, "If-Match: \"7\", \"2\"\r\n").status == 200);
  CHECK(add(c, one, "If-Match: \"7\"\r\nIf-Match: \"3\"\r\n").status == 200);
  const auto weak = add(c, one, "If-Match: W/\"4\"\r\n");
  CHECK(is_problem(weak, 412, "version_conflict"));
  CHECK(weak.has(R"("actual_version":4)"));
  CHECK(is_problem(add(c, one, "If-Match: 4\r\n"), 400, "bad_header"));
  CHECK(is_problem(add(c, one, "If-None-Match: \"4\"\r\n"), 400, "bad_header"));
  // A retry is a retry, although its stream is not new any more.
  const std::string key = "Idempotency-Key: k\r\nIf-None-Match: *\r\n";
  const auto begun = add(c, one, key, "b");
  REQUIRE(begun.status == 200);
  CHECK(add(c, one, key, "b").body == begun.body);
}

TEST_CASE("what a client knows already is 304, of states, views and queries") {
  served s;
  auto c = s.client();
  const auto done = add(c, R"({"amount":5})");
  const auto at = done.header("etag");
  CHECK(c.get("/v1/counter/a", "If-None-Match: W/\"7\", " + at + "\r\n").status == 304);
  CHECK(
      is_problem(c.get("/v1/counter/a", "If-Match: W/" + at + "\r\n"), 412, "precondition_failed"));
  CHECK(is_problem(c.get("/v1/counter/a", "If-None-Match: 1\r\n"), 400, "bad_header"));
  for (const auto* target :
       {"/v1/views/totals/a?at_least=0:1&timeout=10s", "/v1/views/totals?at_least=0:1&timeout=10s",
        "/v1/queries/grand_total?above=0&at_least=0:1&timeout=10s"}) {
    INFO(target);
    const auto fresh = c.get(target);
    REQUIRE(fresh.status == 200);
    CHECK(c.get(target, "If-None-Match: " + fresh.header("etag") + "\r\n").status == 304);
    CHECK(c.get(target, "If-Match: \"other\"\r\n").status == 412);
  }
}

TEST_CASE("an id that would command a terminal is not in the log as it is") {
  served s;
  auto c = s.client();
  CHECK(c.post("/v1/counter/x%C2%9B%E2%80%AEy/throw_up", "{}").status == 500);
  REQUIRE(test::eventually([&] {
    const std::lock_guard lock(s.mutex);
    return s.log.find("throw_up") != std::string::npos;
  }));
  CHECK(s.log.find("counter/x\\u009B\\u202Ey") != std::string::npos);
  CHECK(s.log.find("\xC2\x9B") == std::string::npos);
}

TEST_CASE("no command begins a stream that no URL addresses") {
  served s;
  auto c = s.client();
  for (const auto* id : {".", "..", "%2E%2E"})
    CHECK(is_problem(add(c, R"({"amount":1})", {}, id), 400, "invalid_argument"));
}

TEST_CASE("HTTP/1.0 with a transfer coding is closed, and is not told to continue") {
  served s;
  auto c = s.client();
  c.send("POST /v1/counter/a/add HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n"
         "Transfer-Encoding: chunked\r\n\r\nc\r\n{\"amount\":1}\r\n0\r\n\r\n");
  const auto done = c.receive();
  CHECK(done.status == 200);
  CHECK(done.header("connection") == "close");
  CHECK(c.closed());
}

TEST_CASE(
    "a body in a coding that is not known is 415 by its name, and a byte order mark is none") {
  served s;
  auto c = s.client();
  const auto zipped = add(c, "\x1f\x8b\x08", "Content-Encoding: gzip\r\n");
  CHECK(is_problem(zipped, 415, "unsupported_content_encoding"));
  CHECK(zipped.has("gzip"));
  CHECK(zipped.header("accept-encoding") == "identity");
  CHECK(add(c, R"({"amount":1})", "Content-Encoding: identity\r\n").status == 200);
  CHECK(add(c, "\xEF\xBB\xBF{\"amount\":1}").status == 200);
}

TEST_CASE("one row that has no JSON does not hide the others of its page") {
  served s;
  auto c = s.client();
  for (const auto* id : {"a", "b", "c"}) // JSON holds no such text, so it came in by another door
    REQUIRE(
        s.runtime.ask<counter>(id, note{id == std::string("b") ? "\xFF" : "fine"}).wait_for(10s));
  const auto page = c.get("/v1/views/totals?at_least=0:3&timeout=10s");
  CHECK(page.status == 200);
  CHECK(page.has(R"({"key":"a","row":{)"));
  CHECK(page.has(R"({"key":"b","row":null,"row_error":{"code":"encode_failed")"));
  CHECK(page.has(R"("where":"/note"})"));
  CHECK(page.has(R"({"key":"c","row":{)"));
  CHECK(page.has(R"("next":null)"));
  CHECK(is_problem(c.get("/v1/views/totals/b"), 500, "encode_failed"));
  const auto asked = c.get("/v1/queries/all_totals");
  CHECK(is_problem(asked, 500, "encode_failed"));
  CHECK(asked.has(R"("pointer":"/rows/1/note")"));
  const auto events = c.get("/v1/counter/b/events");
  CHECK(events.has(R"("data":null,"data_error":{"code":"encode_failed")"));
  const auto all = c.get("/v1/events");
  CHECK(all.has(R"("data":{"text":"fine"})"));
  CHECK(all.has(R"("data":null,"data_error")"));
}

TEST_CASE("a row that a view which stands still does not have is not told to be nowhere") {
  served s;
  auto c = s.client();
  REQUIRE(add(c, R"({"amount":1})").status == 200);
  const auto none = c.get("/v1/views/totals/b?at_least=0:1&timeout=10s");
  CHECK(is_problem(none, 404, "not_found"));
  CHECK(none.header("acta-position") == "0:1");
  CHECK(none.header("acta-view-state").empty());
  CHECK(none.header("etag").empty());
  REQUIRE(s.runtime.projection("totals")->pause());
  // It is stored, and the view does not take it in.
  REQUIRE(add(c, R"({"amount":1})", {}, "b").status == 200);
  const auto old = c.get("/v1/views/totals/b");
  CHECK(is_problem(old, 404, "not_found"));
  CHECK(old.has("'b'"));
  CHECK(old.header("acta-position") == "0:1");
  CHECK(old.header("acta-view-state") == "totals=paused");
  const auto too_long = c.get("/v1/views/totals/" + std::string(2000, 'x'));
  CHECK(is_problem(too_long, 404, "not_found"));
  CHECK(too_long.header("acta-position") == "0:1");
  // Of a view that there is not, there is nothing to tell.
  const auto nothing = c.get("/v1/views/nothing/b");
  CHECK(is_problem(nothing, 404, "unknown_view"));
  CHECK(nothing.header("acta-position").empty());
}

TEST_CASE("one damaged commit does not hide the events behind it from lists and streams") {
  test::temp_folder folder;
  const auto opened = [&] {
    acta::model m;
    m.aggregate<counter>();
    return test::must_open(folder / "data", std::move(m));
  };
  {
    auto runtime = opened();
    for (const auto* id : {"a", "b", "c"})
      REQUIRE(runtime.ask<counter>(id, test::add{1}).wait_for(10s));
  }
  test::damage_commit(folder / "data/p000/journal", 2);
  auto runtime = opened();
  auto http = acta::gateway::open(runtime);
  REQUIRE(http);
  http_client c((*http)->port());
  const auto page = c.get("/v1/events");
  INFO(page.body);
  CHECK(page.status == 200);
  CHECK(page.has(R"("position":"0:1")"));
  CHECK(page.has(
      R"({"type":null,"position":"0:2","data":null,"data_error":{"code":"corrupt_commit")"));
  CHECK(page.has(R"("stream":"counter/c","version":1,"position":"0:3")"));
  CHECK(page.has(R"("next":null)"));
  c.send("GET /v1/events HTTP/1.0\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
  std::string stream;
  while (stream.find("counter/c") == std::string::npos) {
    const auto more = c.receive_some();
    REQUIRE_FALSE(more.empty());
    stream += more;
  }
  CHECK(stream.find("id: 0:2\nevent: acta.damaged\ndata: {\"type\":null,\"position\":\"0:2\"") !=
        std::string::npos);
}

TEST_CASE("a list of one stream names the commit that is damaged, and goes on behind it") {
  test::temp_folder folder;
  const auto opened = [&] {
    acta::model m;
    m.aggregate<counter>();
    return test::must_open(folder / "data", std::move(m));
  };
  {
    auto runtime = opened();
    for (const auto* id : {"a", "b", "a", "a"})
      REQUIRE(runtime.ask<counter>(id, test::add{1}).wait_for(10s));
  }
  test::damage_commit(folder / "data/p000/journal", 3);
  auto runtime = opened();
  auto http = acta::gateway::open(runtime);
  REQUIRE(http);
  http_client c((*http)->port());
  for (const auto* path : {"/v1/counter/a/events", "/v1/counter/a", "/v1/events/0:3/why"}) {
    const auto no = c.get(path);
    CHECK(is_problem(no, 500, "corrupt_commit"));
    CHECK(no.has("the commit at 0:3 is damaged"));
  }
  const auto before = c.get("/v1/counter/a/events?limit=1");
  CHECK(before.has(R"("position":"0:1")"));
  CHECK(before.has(R"("next":2)"));
  CHECK(c.get("/v1/counter/a/events?from=3").has(R"("position":"0:4")"));
  CHECK(c.get("/v1/counter/b/events").has(R"("position":"0:2")"));
  CHECK(c.get("/v1/events/0:2/why").status == 200);
}

TEST_CASE("what processes have set aside is listed and dropped over HTTP") {
  acta::model m;
  m.aggregate<counter>().process<test::listener>();
  auto runtime = acta::runtime::in_memory(std::move(m));
  REQUIRE(runtime);
  for (int i = 0; i < 3; ++i) REQUIRE(runtime->ask<counter>("a", note{"bad \xff"}).wait_for(10s));
  REQUIRE(test::eventually([&] { return runtime->set_aside()->size() == 3; }));
  auto http = acta::gateway::open(*runtime);
  REQUIRE(http);
  http_client c((*http)->port());
  const std::string route = "/v1/processes/set-aside";
  const auto page = c.get(route + "?limit=2");
  INFO(page.body);
  CHECK(page.status == 200);
  CHECK(page.has(R"("kind":"event","from":"0:1","target":"listener/a","process":"listener/a",)"
                 R"("command":"noted","reason":"it has no JSON)"));
  const auto second = runtime->set_aside()->at(1).id;
  CHECK(page.has(R"("next":")" + second + '"'));
  const auto rest = c.get(route + "?after=" + second);
  CHECK_FALSE(rest.has(second));
  CHECK(rest.has(R"("next":null)"));
  CHECK(c.post(route + '/' + second + "/drop", "").body == R"({"dropped":")" + second + R"("})");
  CHECK(is_problem(c.post(route + '/' + second + "/drop", ""), 404, "not_found"));
  CHECK(is_problem(c.post(route + "/zz/drop", ""), 400, "invalid_argument"));
  CHECK(is_problem(c.get(route + "?after=zz"), 400, "invalid_argument"));
  CHECK(is_problem(c.get(route + '/' + second + "/drop"), 405, "method_not_allowed"));
  CHECK(is_problem(c.get("/v1/processes/other"), 404, "unknown_route"));
  CHECK(is_problem(c.post("/v1/processes", ""), 405, "method_not_allowed"));
  CHECK(c.get("/v1/processes").has(R"("timers":0,"set_aside":2,"passed_over":{},"stuck":[]})"));
  CHECK(c.get("/health/ready").has(R"("set_aside":2)"));
}

TEST_CASE("an unknown route is told them all") {
  served s;
  const auto no = s.client().get("/v1/counter/a/b/c/d/e/f/g/h/i");
  CHECK(is_problem(no, 404, "unknown_route"));
  CHECK(no.has("/v1/events/{position}/why"));
  CHECK(no.has("%2F"));
}

} // namespace door_test
