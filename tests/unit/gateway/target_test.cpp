// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include <catch2/catch.hpp>

namespace target_test {

using acta::http::parse_target;
using acta::http::target;

TEST_CASE("a target is split before it is decoded, so an encoded slash stays in its part") {
  target t;
  REQUIRE_FALSE(parse_target("/v1/cart/a%2Fb%20c/add_item?x=%3D%26&y", t));
  REQUIRE(t.count == 4);
  CHECK(t.segment(2) == "a/b c");
  CHECK(t.segment(3) == "add_item");
  REQUIRE(t.query.size() == 2);
  CHECK(t.query[0].name == "x");
  CHECK(t.query[0].value == "=&");
  CHECK(t.query[1].value.empty());
}

TEST_CASE("a plus sign in a query is a plus sign, because times have it") {
  target t;
  REQUIRE_FALSE(parse_target("/a?at=2026-11-22T10:00:00+02:00", t));
  CHECK(t.query[0].value == "2026-11-22T10:00:00+02:00");
}

TEST_CASE("the absolute form of a target is its path") {
  target t;
  REQUIRE_FALSE(parse_target("http://localhost:8080/health/live?x=1", t));
  CHECK(t.count == 2);
  CHECK(t.segment(1) == "live");
  CHECK(t.query.size() == 1);
  CHECK(t.is_absolute);
  CHECK(t.authority == "localhost:8080");
  REQUIRE_FALSE(parse_target("/health/live", t));
  CHECK_FALSE(t.is_absolute);
  REQUIRE_FALSE(parse_target("HTTP://localhost?x", t));
  CHECK(t.authority == "localhost");
  CHECK(t.query.size() == 1);
  REQUIRE_FALSE(parse_target("http://localhost", t));
  CHECK(t.count == 1);
  CHECK(t.segment(0).empty());
}

TEST_CASE("bad escapes and targets that are no paths are refused") {
  target t;
  for (const auto* bad :
       {"/a%", "/a%4", "/a%zz", "/a?b=%G0", "/a?%x=1", "*", "a/b", "https://x/y"}) {
    INFO(bad);
    const auto wrong = parse_target(bad, t);
    REQUIRE(wrong);
    CHECK(wrong->status == 400);
    CHECK(wrong->code == "bad_target");
  }
}

TEST_CASE("a target with endless parts or parameters is refused before it takes memory") {
  target t;
  std::string slashes(100, '/');
  CHECK(parse_target(slashes, t)->status == 404);
  std::string parameters = "/a?";
  for (int i = 0; i < 100; ++i) parameters += "x&";
  CHECK(parse_target(parameters, t)->status == 400);
}

} // namespace target_test
