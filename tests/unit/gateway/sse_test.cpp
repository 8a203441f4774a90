// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "sse.hpp"

#include <catch2/catch.hpp>

namespace sse_test {

using namespace acta::http;

namespace {

std::string event_of(std::string_view data) {
  std::string out;
  append_sse_event(out, "0:17,1:4", "cart.item_added", data);
  return out;
}

} // namespace

TEST_CASE("an event is its id, its type and its data, closed by an empty line") {
  CHECK(event_of(R"({"a":1})") == "id: 0:17,1:4\nevent: cart.item_added\ndata: {\"a\":1}\n\n");
}

TEST_CASE("a line end in data cannot end the event or begin another field") {
  CHECK(event_of("a\nid: 9:9\r\nb\r") == "id: 0:17,1:4\nevent: cart.item_added\n"
                                         "data: a\ndata: id: 9:9\ndata: b\ndata: \n\n");
  CHECK(event_of("") == "id: 0:17,1:4\nevent: cart.item_added\ndata: \n\n");
}

TEST_CASE("a heartbeat is a comment, with an id if the client should go on from elsewhere") {
  std::string out;
  append_sse_heartbeat(out, "");
  CHECK(out == ": heartbeat\n\n");
  out.clear();
  append_sse_heartbeat(out, "0:20");
  CHECK(out == ": heartbeat\nid: 0:20\n\n");
}

TEST_CASE("a chunk tells its length in hexadecimal") {
  std::string out;
  append_chunk_head(out, 255);
  append_chunk_head(out, 262144);
  CHECK(out == "ff\r\n40000\r\n");
}

} // namespace sse_test
