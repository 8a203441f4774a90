// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_call.hpp"

#include <catch2/catch.hpp>

namespace subscriber_call_test {

using namespace acta::http;

namespace {

struct understood {
  request asked;
  acta::http::target parts;
  call what;
  std::optional<problem> wrong;

  understood(method how, std::string target, std::string_view origin = {}) {
    asked.how = how;
    asked.target = std::move(target);
    asked.host.set("localhost:8080");
    if (!origin.empty()) asked.origin.set(origin);
    wrong = understand(asked, parts, what, {}, known_hosts("127.0.0.1", {}));
  }
  understood(const understood&) = delete;
};

unsigned status_of(method how, std::string target, std::string_view origin = {}) {
  const understood u(how, std::move(target), origin);
  return u.wrong ? u.wrong->status : 200;
}

} // namespace

TEST_CASE("subscribers and their dead letters are read") {
  const understood all(method::get, "/v1/subscribers");
  REQUIRE_FALSE(all.wrong);
  CHECK(all.what.to == route::subscribers);
  const understood letters(method::get, "/v1/subscribers/mail/dead-letters?from=1:17&limit=5");
  REQUIRE_FALSE(letters.wrong);
  CHECK(letters.what.to == route::dead_letters);
  CHECK(letters.what.name == "mail");
  CHECK(letters.what.event == acta::position{1, 17});
  CHECK(letters.what.limit == 5);
  CHECK(subject_of(letters.what) == "subscriber mail");
  const understood first(method::head, "/v1/subscribers/mail/dead-letters");
  REQUIRE_FALSE(first.wrong);
  CHECK(first.what.limit == dead_letters_limit_default);
  CHECK(first.what.event == acta::position{});
}

TEST_CASE("each order to a subscriber is told from the others") {
  const auto order = [](const std::string& path) {
    const understood u(method::post, "/v1/subscribers/mail/" + path);
    if (u.wrong) FAIL(u.wrong->detail);
    CHECK(u.what.to == route::subscriber);
    CHECK(u.what.name == "mail");
    return u.what.order;
  };
  CHECK(order("pause") == subscriber_order::pause);
  CHECK(order("resume") == subscriber_order::resume);
  CHECK(order("dead-letters/retry") == subscriber_order::retry_all);
  CHECK(order("dead-letters/0:17/retry") == subscriber_order::retry);
  CHECK(order("dead-letters/0:17/drop") == subscriber_order::drop);
  const understood one(method::post, "/v1/subscribers/mail/dead-letters/2:17/drop");
  CHECK(one.what.event == acta::position{2, 17});
}

TEST_CASE("what changes something is not done by a GET, nor for a page of another site") {
  for (const auto* path : {"pause", "resume", "dead-letters/retry", "dead-letters/0:1/retry",
                           "dead-letters/0:1/drop"}) {
    CAPTURE(path);
    const auto target = std::string("/v1/subscribers/mail/") + path;
    CHECK(status_of(method::get, target) == 405);
    CHECK(status_of(method::post, target, "http://evil.example.org") == 403);
    CHECK(status_of(method::post, target, "http://localhost:8080") == 200);
    CHECK(status_of(method::post, target + "?x=1") == 400);
  }
  CHECK(status_of(method::post, "/v1/subscribers") == 405);
  CHECK(status_of(method::post, "/v1/subscribers/mail/dead-letters") == 405);
}

TEST_CASE("a subscriber's route that is none is named as such") {
  for (const auto* path :
       {"/v1/subscribers/mail", "/v1/subscribers/", "/v1/subscribers/mail/stop",
        "/v1/subscribers//dead-letters", "/v1/subscribers/mail/dead-letters/0:1",
        "/v1/subscribers/mail/dead-letters/0:1/forget",
        "/v1/subscribers/mail/dead-letters/0:1/drop/x", "/v1/subscribers/mail/pause/x"}) {
    CAPTURE(path);
    CHECK(status_of(method::get, path) == 404);
    CHECK(status_of(method::post, path) == 404);
  }
  CHECK(status_of(method::post, "/v1/subscribers/mail/dead-letters/17/drop") == 400);
  CHECK(status_of(method::get, "/v1/subscribers?x=1") == 400);
  for (const auto* query : {"from=17", "limit=0", "limit=1001", "limit=x", "until=0:1"}) {
    CAPTURE(query);
    CHECK(status_of(method::get, std::string("/v1/subscribers/mail/dead-letters?") + query) == 400);
  }
}

} // namespace subscriber_call_test
