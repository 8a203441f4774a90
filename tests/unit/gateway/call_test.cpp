// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include <catch2/catch.hpp>

#include <limits>

namespace call_test {

using namespace acta::http;

namespace {

request made(method how, std::string target) {
  request r;
  r.how = how;
  r.target = std::move(target);
  r.host.set("localhost:8080");
  return r;
}

struct understood {
  request asked;
  acta::http::target parts;
  call what;
  std::optional<problem> wrong;

  explicit understood(request r) : asked(std::move(r)) {
    wrong = understand(asked, parts, what, {}, known_hosts("127.0.0.1", {}));
  }
  understood(method how, std::string target) : understood(made(how, std::move(target))) {}
  understood(const understood&) = delete;
};

unsigned status_of(request r) {
  const understood u(std::move(r));
  return u.wrong ? u.wrong->status : 200;
}
unsigned status_of(method how, std::string target) {
  return status_of(made(how, std::move(target)));
}

request command_with(header request::*which, std::string_view value) {
  auto r = made(method::post, "/v1/cart/42/add");
  (r.*which).set(value);
  return r;
}

} // namespace

TEST_CASE("routes are told apart by method and path") {
  const understood command(method::post, "/v1/cart/42/add_item");
  REQUIRE_FALSE(command.wrong);
  CHECK(command.what.to == route::command);
  CHECK(command.what.aggregate == "cart");
  CHECK(command.what.id == "42");
  CHECK(command.what.command == "add_item");
  CHECK(understood(method::get, "/v1/cart/42").what.to == route::state);
  CHECK(understood(method::head, "/v1/cart/42").what.to == route::state);
  CHECK(understood(method::get, "/v1/cart/42/events").what.to == route::events);
  // A command may be called events: methods tell.
  CHECK(understood(method::post, "/v1/cart/42/events").what.to == route::command);
  CHECK(understood(method::get, "/health/live").what.to == route::live);
  CHECK(understood(method::head, "/health/ready").what.to == route::ready);
}

TEST_CASE("unknown routes are 404, known ones with another method 405 and what they allow") {
  for (const auto* path : {"/", "/v1", "/v1/", "/v1/cart", "/v2/cart/42", "/v1/cart/42/a/b",
                           "/health", "/health/dead", "/v1//42", "/v1/cart/42/", "/V1/cart/42"}) {
    INFO(path);
    CHECK(status_of(method::get, path) == 404);
  }
  const understood state(method::post, "/v1/cart/42");
  REQUIRE(state.wrong);
  CHECK(state.wrong->status == 405);
  CHECK(state.wrong->allow == "GET, HEAD");
  const understood command(method::get, "/v1/cart/42/add_item");
  REQUIRE(command.wrong);
  CHECK(command.wrong->allow == "POST");
  CHECK(understood(method::other, "/v1/cart/42/events").wrong->allow == "GET, HEAD, POST");
  CHECK(status_of(method::post, "/health/live") == 405);
}

TEST_CASE("an id that no stream can have is refused") {
  CHECK(status_of(method::get, "/v1/cart/" + std::string(256, 'a')) == 200);
  CHECK(status_of(method::get, "/v1/cart/" + std::string(257, 'a')) == 400);
  CHECK(status_of(method::get, "/v1/cart/%00") == 400);
  CHECK(status_of(method::get, "/v1/cart/a%0Ab") == 400);
  CHECK(status_of(method::get, "/v1/cart/%FF") == 400);
  CHECK(status_of(method::get, "/v1/cart/%E2%82%AC") == 200);
  CHECK(status_of(method::get, "/v1/cart/%2F") == 200);
  CHECK(status_of(method::post, "/v1/cart//add") == 400);
}

TEST_CASE("an idempotency key that is a uuid is the command's id") {
  const understood u(
      command_with(&request::idempotency_key, "0190a5e2-7b1c-7000-8000-000000000001"));
  REQUIRE_FALSE(u.wrong);
  CHECK(u.what.options.command_id.to_string() == "0190a5e2-7b1c-7000-8000-000000000001");
}

TEST_CASE("an idempotency key that is any text has the same id for ever") {
  // Recorded: a retry may come after an upgrade of the node.
  CHECK(command_id_of("order-17").to_string() == "2e75e6f9-5189-66ca-271e-642269e49478");
  CHECK(command_id_of("order-17") != command_id_of("order-18"));
  const understood bare(command_with(&request::idempotency_key, "order-17"));
  const understood quoted(command_with(&request::idempotency_key, "\"order-17\""));
  CHECK(bare.what.options.command_id == command_id_of("order-17"));
  CHECK(quoted.what.options.command_id == bare.what.options.command_id);
}

TEST_CASE("idempotency keys outside their limits are refused") {
  CHECK(status_of(command_with(&request::idempotency_key, std::string(255, 'k'))) == 200);
  CHECK(status_of(command_with(&request::idempotency_key, std::string(256, 'k'))) == 400);
  CHECK(status_of(command_with(&request::idempotency_key, "")) == 400);
  CHECK(status_of(command_with(&request::idempotency_key,
                               "00000000-0000-0000-0000-000000000000")) == 400);
  auto twice = command_with(&request::idempotency_key, "a");
  twice.idempotency_key.set("a");
  CHECK(status_of(twice) == 400);
}

TEST_CASE("If-Match is a list of versions in quotes, or * for a stream that exists") {
  using versions = std::vector<acta::version_number>;
  constexpr auto none = std::numeric_limits<acta::version_number>::max(); // 412, whatever is there
  const auto wanted = [](std::string_view text) {
    const understood u(command_with(&request::if_match, text));
    REQUIRE_FALSE(u.wrong);
    CHECK_FALSE(u.what.options.expected_to_exist);
    return u.what.options.expected_versions;
  };
  CHECK(wanted("\"3\"") == versions{3});
  CHECK(wanted("\"0\"") == versions{0});
  CHECK(wanted("\"3\", \"4\"") == versions{3, 4});
  CHECK(wanted(", \"3\" ,\t,\"4\",") == versions{3, 4});
  CHECK(wanted("W/\"3\"") == versions{none}); // no weak tag is ever the same
  CHECK(wanted("W/\"3\", \"4\"") == versions{none, 4});
  for (const auto* other :
       {"\"\"", "\"x\"", "\"-1\"", "\"03\"", "\"3,4\"", "\"99999999999999999999999\""}) {
    INFO(other);
    CHECK(wanted(other) == versions{none});
  }
  const understood any(command_with(&request::if_match, "*"));
  CHECK(any.what.options.expected_to_exist);
  CHECK(any.what.options.expected_versions.empty());
  for (const auto* bad :
       {"3", "\"3", "\"3\" \"4\"", "\"3\", *", "w/\"3\"", "\"3 4\"", "", ",", "\"3\"x"}) {
    INFO(bad);
    CHECK(status_of(command_with(&request::if_match, bad)) == 400);
  }
}

TEST_CASE("If-None-Match: * is a command that must begin its stream, and nothing is dropped") {
  const understood fresh(command_with(&request::if_none_match, "*"));
  REQUIRE_FALSE(fresh.wrong);
  CHECK(fresh.what.options.expected_versions == std::vector<acta::version_number>{0});
  CHECK(status_of(command_with(&request::if_none_match, "\"3\"")) == 400);
  CHECK(status_of(command_with(&request::if_unmodified_since, "Sun, 06 Nov 1994 08:49:37 GMT")) ==
        400);
  auto both = command_with(&request::if_none_match, "*");
  both.if_match.set("*");
  CHECK(status_of(both) == 400);
  for (const auto* order : {"/v1/queries/sums", "/v1/subscribers/mail/pause"})
    for (auto header : {&request::if_match, &request::if_none_match}) {
      INFO(order);
      auto r = made(method::post, order);
      (r.*header).set("*");
      CHECK(status_of(r) == 400);
    }
}

TEST_CASE("a correlation id is a uuid, in either header, Acta's own first") {
  auto r = command_with(&request::x_correlation_id, "0190a5e2-7b1c-7000-8000-000000000002");
  CHECK(understood(r).what.options.correlation_id.to_string() ==
        "0190a5e2-7b1c-7000-8000-000000000002");
  r.acta_correlation_id.set("0190a5e2-7b1c-7000-8000-000000000003");
  CHECK(understood(r).what.options.correlation_id.to_string() ==
        "0190a5e2-7b1c-7000-8000-000000000003");
  CHECK(status_of(command_with(&request::acta_correlation_id, "abc")) == 400);
  CHECK(status_of(command_with(&request::x_correlation_id, "abc")) == 400);
}

TEST_CASE("a command in another form than JSON is refused") {
  for (const auto* good : {"application/json", "Application/JSON",
                           "application/json; charset=utf-8", "application/json ;charset=utf-8"}) {
    INFO(good);
    CHECK(status_of(command_with(&request::content_type, good)) == 200);
  }
  for (const auto* bad :
       {"text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""}) {
    INFO(bad);
    CHECK(status_of(command_with(&request::content_type, bad)) == 415);
  }
}

TEST_CASE("a state is asked for now, at a version or at a time") {
  CHECK(std::holds_alternative<std::monostate>(understood(method::get, "/v1/cart/42").what.when));
  const understood version(method::get, "/v1/cart/42?version=7");
  REQUIRE_FALSE(version.wrong);
  CHECK(std::get<acta::at_version>(version.what.when).version == 7);
  const understood time(method::get, "/v1/cart/42?at=2026-11-22T12:00:00+02:00");
  REQUIRE_FALSE(time.wrong);
  CHECK(acta::to_rfc3339(std::get<acta::at_time>(time.what.when).time) ==
        "2026-11-22T10:00:00.000000Z");
  for (const auto* bad :
       {"version=0", "version=x", "version=", "version=-1", "at=yesterday",
        "version=1&at=2026-11-22T10:00:00Z", "version=1&version=2", "vresion=1"}) {
    INFO(bad);
    const understood u(method::get, std::string("/v1/cart/42?") + bad);
    REQUIRE(u.wrong);
    CHECK(u.wrong->status == 400);
    CHECK(u.wrong->code == "bad_parameter");
  }
}

TEST_CASE("events are asked for in pages of bounded size") {
  const understood plain(method::get, "/v1/cart/42/events");
  CHECK(plain.what.range.from == 1);
  CHECK(plain.what.range.limit == 100);
  const understood page(method::get, "/v1/cart/42/events?from=5&limit=1000");
  CHECK(page.what.range.from == 5);
  CHECK(page.what.range.limit == 1000);
  for (const auto* bad :
       {"from=0", "limit=0", "limit=1001", "limit=many", "from=1.5", "version=1"}) {
    INFO(bad);
    CHECK(status_of(method::get, std::string("/v1/cart/42/events?") + bad) == 400);
  }
}

TEST_CASE("an unknown query parameter is named, with those that are known") {
  const understood u(method::get, "/v1/cart/42?foo=1");
  REQUIRE(u.wrong);
  CHECK(u.wrong->detail == "unknown query parameter 'foo'; known are version, at");
  CHECK(status_of(method::post, "/v1/cart/42/add?x=1") == 400);
  CHECK(status_of(method::get, "/health/live?x") == 400);
}

} // namespace call_test
