// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "parameters.hpp"

#include <catch2/catch.hpp>

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

TEST_CASE("If-None-Match compares weakly and knows lists") {
  CHECK(names_tag("\"3\"", "3"));
  CHECK(names_tag("W/\"3\"", "3"));
  CHECK(names_tag("\"1\", \"3\"", "3"));
  CHECK(names_tag("*", "3"));
  CHECK(names_tag("\"0a1b\"", "0a1b"));
  CHECK_FALSE(names_tag("\"4\"", "3"));
  CHECK_FALSE(names_tag("\"33\"", "3"));
  CHECK_FALSE(names_tag("3", "3"));
  CHECK_FALSE(names_tag("\"", ""));
  CHECK_FALSE(names_tag("", "3"));
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
