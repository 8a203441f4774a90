// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "entity_tags.hpp"

#include <catch2/catch.hpp>

namespace entity_tags_test {

using namespace acta::http;

namespace {

struct answered {
  request asked;
  response to;
  answered(header request::*which, std::string_view value, std::string etag = "3",
           method how = method::get) {
    asked.how = how;
    (asked.*which).set(value);
    to.etag = std::move(etag);
    to.body = "body";
    apply_preconditions(asked, to);
  }
};

} // namespace

TEST_CASE("If-None-Match compares weakly, and a client that knows the tag gets no body") {
  for (const auto* known : {"\"3\"", "W/\"3\"", "\"1\", \"3\"", "*", "\"a,b\",\"3\""}) {
    INFO(known);
    const answered a(&request::if_none_match, known);
    CHECK(a.to.status == 304);
    CHECK(a.to.etag == "3");
    CHECK(a.to.body.empty());
    CHECK(answered(&request::if_none_match, known, "3", method::head).to.status == 304);
  }
  for (const auto* other : {"\"4\"", "\"33\"", "\"\"", "\"1,3\"", "\"3,\""}) {
    INFO(other);
    CHECK(answered(&request::if_none_match, other).to.status == 200);
  }
}

TEST_CASE("If-Match compares strongly") {
  CHECK(answered(&request::if_match, "\"3\"").to.status == 200);
  CHECK(answered(&request::if_match, "*").to.status == 200);
  CHECK(answered(&request::if_match, "\"1\", \"3\"").to.status == 200);
  for (const auto* other : {"W/\"3\"", "\"4\""}) {
    const answered a(&request::if_match, other);
    CHECK(a.to.status == 412);
    CHECK(a.to.body.find("precondition_failed") != std::string::npos);
  }
}

TEST_CASE("an answer without a tag is there, and no tag names it") {
  CHECK(answered(&request::if_match, "*", "").to.status == 200);
  CHECK(answered(&request::if_match, "\"\"", "").to.status == 412);
  CHECK(answered(&request::if_none_match, "*", "").to.status == 304);
  CHECK(answered(&request::if_none_match, "\"\"", "").to.status == 200);
}

TEST_CASE("a precondition that cannot be read is not passed over") {
  for (const auto* bad : {"3", "\"3", "", "\"3\" \"4\"", "*, \"3\"", "\"\x01\""}) {
    INFO(bad);
    CHECK(answered(&request::if_none_match, bad).to.status == 400);
    CHECK(answered(&request::if_match, bad).to.status == 400);
  }
}

TEST_CASE("preconditions of a GET do not touch an error, nor a command's answer") {
  request r;
  r.how = method::get;
  r.if_none_match.set("*");
  response to;
  to.set({.status = 404, .code = "not_found", .detail = "x"});
  apply_preconditions(r, to);
  CHECK(to.status == 404);
  CHECK(answered(&request::if_none_match, "*", "3", method::post).to.status == 200);
}

} // namespace entity_tags_test
