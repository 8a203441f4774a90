// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "parameters.hpp"

#include <catch2/catch.hpp>

namespace parameters_test {

using namespace acta::http;
using positions = std::vector<acta::position>;

namespace {

header made(std::string_view text) {
  header h;
  h.set(text);
  return h;
}

} // namespace

TEST_CASE("a checkpoint is one position of each partition") {
  CHECK(parse_positions("0:17") == positions{{0, 17}});
  CHECK(parse_positions("0:17,1:0,7:18446744073709551615") ==
        positions{{0, 17}, {1, 0}, {7, 18446744073709551615ULL}});
  CHECK(parse_positions("0:17, 1:4") == positions{{0, 17}, {1, 4}});
  for (const auto* bad : {"", "0", "17", "0:", ":1", "0:1,0:2", "0:1,,1:1", "a:b", "0:-1",
                          "4294967296:1", "0:18446744073709551616", "0:1;1:1"}) {
    INFO(bad);
    CHECK_FALSE(parse_positions(bad));
  }
}

TEST_CASE("a byte order mark before a body is no part of it") {
  request r;
  CHECK(json_of(r) == "{}");
  r.body = "\xEF\xBB\xBF{\"a\":1}";
  CHECK(json_of(r) == "{\"a\":1}");
  r.body = "\xEF\xBB\xBF";
  CHECK(json_of(r) == "{}");
}

TEST_CASE("a compressed body is refused by the name of its coding") {
  request r;
  r.content_encoding.join("identity");
  CHECK_FALSE(check_body(r, "a command"));
  r.content_encoding.join("GZip");
  const auto wrong = check_body(r, "a command");
  REQUIRE(wrong);
  CHECK(wrong->status == 415);
  CHECK(wrong->code == "unsupported_content_encoding");
  CHECK(wrong->accept_encoding == "identity");
  CHECK(wrong->detail.find("'GZip'") != std::string::npos);
}

TEST_CASE("an unknown route is told all that there are, and how a slash is written") {
  const auto detail = unknown_route().detail;
  for (const auto* part : {"/why", "/dead-letters/retry", "/drop", "/pause", "/resume",
                           "/v1/queries/", "/v1/views/{view}/{key}", "/health/ready", "%2F"}) {
    INFO(part);
    CHECK(detail.find(part) != std::string::npos);
  }
}

TEST_CASE("an event stream is what Accept lists as one, among whatever else") {
  for (const auto* yes : {"text/event-stream", "Text/Event-Stream", "text/event-stream;q=0.9",
                          "application/json, text/event-stream", "*/*,text/event-stream ; x=y"}) {
    INFO(yes);
    CHECK(wants_event_stream(made(yes)));
  }
  for (const auto* no : {"", "*/*", "text/*", "application/json", "text/event-streams"}) {
    INFO(no);
    CHECK_FALSE(wants_event_stream(made(no)));
  }
}

} // namespace parameters_test
