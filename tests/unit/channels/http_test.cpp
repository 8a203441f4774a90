// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "servers.hpp"

#include <acta/channels/http.hpp>

#include <atomic>
#include <set>
#include <thread>

namespace http_test {

using namespace std::chrono_literals;
using acta::channel_errc;
using test::why;

namespace {

const std::string secret = "a secret that both sides know";

acta::webhook_channel channel(acta::webhook_options options = {.secret = secret}) {
  // The servers of these tests speak no TLS.
  if (options.allow_plain_http == acta::plain_http::never)
    options.allow_plain_http = acta::plain_http::loopback;
  auto made = acta::http_webhook(std::move(options));
  if (!made) FAIL(made.error());
  return *made;
}

std::string url(const test::server& s, const std::string& path) {
  return "http://127.0.0.1:" + std::to_string(s.port()) + path;
}

acta::error refused(const acta::result<void>& done) {
  REQUIRE_FALSE(done);
  return done.error();
}

} // namespace

TEST_CASE("a receiver can tell a webhook of ours by its signature, and a repetition by its key") {
  test::server s({"http", secret});
  const auto call = channel(
      {.secret = secret, .clock = [] { return *acta::parse_rfc3339("2026-11-24T10:00:00.9Z"); }});
  auto context = why(7);
  context.attempt = 3;
  const std::string body = "{\"name\":\"Łódź\",\"zero\":\"\\u0000\"}\r\n\r\nand more";
  const auto done = call({url(s, "/ok?a=b"), body}, context);
  if (!done) FAIL(done.error());
  auto got = s.next();
  CHECK(got["path"] == "/ok?a=b");
  CHECK(got["body"] == body);
  CHECK(got["content-type"] == "application/json");
  CHECK(got["acta-key"] == "abababab-abab-abab-abab-ababababab07");
  CHECK(got["idempotency-key"] == got["acta-key"]);
  CHECK(got["acta-event"] == "0:17");
  CHECK(got["acta-attempt"] == "3");
  CHECK(got["acta-timestamp"] == "1795514400");
  CHECK(got["acta-signature"].starts_with("v1="));
  CHECK(got["acta-signature"].size() == 3 + 64);
  CHECK(got["verified"] == "True");
  CHECK(got["forged"] == "False");
  CHECK(got["fresh"] == "False"); // by the clock given
  CHECK_FALSE(got.contains("expect"));

  // Rotation: the receiver takes the secret before the last change as well.
  REQUIRE(channel({.secret = "the secret before the last change"})({url(s, "/ok"), body}, context));
  got = s.next();
  CHECK(got["verified"] == "True");
  CHECK(got["fresh"] == "True");

  REQUIRE(channel({.secret = "another secret of another host"})({url(s, "/ok"), body}, context));
  CHECK(s.next()["verified"] == "False");
  REQUIRE(channel({})({url(s, "/ok"), body, "text/plain"}, context));
  got = s.next();
  CHECK_FALSE(got.contains("acta-signature"));
  CHECK(got["content-type"] == "text/plain");
}

TEST_CASE("each status is final, or to be tried again, or success") {
  test::server s({"http", secret});
  const auto call = channel();
  for (const char* done : {"200", "201", "204"}) CHECK(call({url(s, "/") + done, "{}"}, why()));
  for (const char* forever : {"400", "401", "404", "410", "422"}) {
    INFO(forever);
    const auto e = refused(call({url(s, "/") + forever, "{}"}, why()));
    CHECK(e.code() == channel_errc::refused);
    CHECK(e.code() == acta::condition::invalid);
  }
  for (const char* later : {"301", "302", "304", "408", "425", "429", "500", "502", "503"}) {
    INFO(later);
    const auto e = refused(call({url(s, "/") + later, "{}"}, why()));
    CHECK(e.code() == channel_errc::try_later);
    CHECK(e.code() == acta::condition::unavailable);
  }
  const auto busy = refused(call({url(s, "/429"), "{}"}, why()));
  CHECK(busy.detail() == "HTTP 429, retry after 17 s: said??no?");
  CHECK(busy.retry_after() == std::chrono::seconds{17});
  // Whom no try will please is not waited for.
  CHECK(refused(call({url(s, "/400"), "{}"}, why())).retry_after().count() == 0);
}

TEST_CASE("a redirect is not followed: nobody but the receiver named gets the data") {
  test::server s({"http", secret});
  const auto call = channel();
  CHECK_FALSE(call({url(s, "/302"), "{}"}, why()));
  CHECK(s.next()["path"] == "/302");
  CHECK(call({url(s, "/after"), "{}"}, why()));
  CHECK(s.next()["path"] == "/after");
}

TEST_CASE("a receiver that does not answer is given up in time, and tried again") {
  test::server slow({"http", secret});
  const auto e =
      refused(channel({.secret = secret, .timeout = 300ms})({url(slow, "/slow"), "{}"}, why()));
  CHECK(e.code() == channel_errc::timeout);
  CHECK(e.code() == acta::condition::timeout);
  std::uint16_t port = 0;
  { port = test::server({"silent"}).port(); }
  const auto gone = "http://127.0.0.1:" + std::to_string(port) + "/";
  CHECK(refused(channel()({gone, "{}"}, why())).code() == channel_errc::unreachable);
}

TEST_CASE("an answer without an end takes no memory, and its status counts") {
  test::server s({"http", secret});
  const auto call = channel();
  CHECK(call({url(s, "/endless-200"), "{}"}, why()));
  CHECK(refused(call({url(s, "/endless-404"), "{}"}, why())).code() == channel_errc::refused);
  CHECK(refused(call({url(s, "/endless-500"), "{}"}, why())).code() == channel_errc::try_later);
  CHECK(call({url(s, "/ok"), "{}"}, why()));
}

TEST_CASE("data does not leave the machine in plain text, nor to where a URL does not say") {
  test::server s({"http", secret});
  const auto call = channel();
  const acta::webhook bad[] = {
      {"http://example.org/hook", "{}"},
      {"http://localhost.example.org/hook", "{}"},
      {"http://127.0.0.1@example.org/hook", "{}"},
      {"ftp://127.0.0.1/hook", "{}"},
      {"file:///etc/passwd", "{}"},
      {"127.0.0.1/hook", "{}"},
      {"", "{}"},
      {"http://127.0.0.1/a\r\nX: y", "{}"},
      {url(s, "/ok"), "{}", "text/plain\r\nX-Injected: yes"},
      {url(s, "/ok"), std::string((16 << 20) + 1, 'x')},
  };
  for (const auto& w : bad) {
    INFO(w.url);
    const auto e = refused(call(w, why()));
    CHECK(e.code() == channel_errc::bad_content);
    CHECK(e.code() == acta::condition::invalid);
  }
  for (const char* host : {"localhost", "127.0.0.1", "LOCALHOST"})
    CHECK(call({"http://" + std::string(host) + ":" + std::to_string(s.port()) + "/ok", "{}"},
               why()));
  const auto any = "http://0.0.0.0:" + std::to_string(s.port()) + "/ok"; // here, but no loopback
  CHECK(refused(call({any, "{}"}, why())).code() == channel_errc::bad_content);
  CHECK(channel({.secret = secret, .allow_plain_http = acta::plain_http::anywhere})({any, "{}"},
                                                                                    why()));
  const auto careful = acta::http_webhook({.secret = secret});
  REQUIRE(careful);
  CHECK(refused((*careful)({url(s, "/ok"), "{}"}, why())).code() == channel_errc::bad_content);
}

TEST_CASE("many threads call at once, over kept connections, and no body is another's") {
  test::server s({"http", secret});
  const auto call = channel();
  constexpr int threads = 4;
  constexpr int each = 25;
  std::atomic<int> failed = 0;
  std::vector<std::jthread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const auto id = std::to_string(t * each + i);
        if (!call({url(s, "/hook-" + id), "body " + id}, why())) ++failed;
      }
    });
  std::set<std::string> paths;
  std::set<std::string> connections;
  for (int i = 0; i < threads * each; ++i) { // meanwhile: the server's pipe does not hold them all
    auto got = s.next();
    CHECK(got["body"] == "body " + got["path"].substr(6));
    CHECK(got["verified"] == "True");
    paths.insert(got["path"]);
    connections.insert(got["connection"]);
  }
  for (auto& t : all) t.join();
  CHECK(failed == 0);
  CHECK(paths.size() == threads * each);
  CHECK(connections.size() < threads * each);
}

TEST_CASE("a webhook channel with a secret to guess or limits out of range is not made") {
  const auto detail = [](acta::webhook_options o) -> std::string {
    const auto made = acta::http_webhook(std::move(o));
    if (made) return "made";
    if (made.error().code() != channel_errc::bad_options) return made.error().to_string();
    return std::string(made.error().detail());
  };
  CHECK(detail({}) == "made");
  CHECK(detail({.secret = "short"}) == "the secret is shorter than 16 bytes");
  CHECK(detail({.timeout = 2h}) == "timeout and connect_timeout must be 1ms..1h");
  CHECK(detail({.response_bytes_max = 10}) == "response_bytes_max must be 1KiB..16MiB");
  CHECK(detail({.ca_file = "/nowhere"}) ==
        "ca_file /nowhere cannot be read: No such file or directory");
}

} // namespace http_test
