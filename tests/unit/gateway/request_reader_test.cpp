// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "request_reader.hpp"

#include <catch2/catch.hpp>

namespace request_reader_test {

using acta::http::method;
using acta::http::request_reader;
using progress = acta::http::request_reader::progress;

namespace {

/// Feeds `text` as a socket would: unused bytes again, with `piece` more.
progress read_in_pieces(request_reader& reader, std::string_view text, std::size_t piece,
                        std::string& rest) {
  std::string buffer;
  while (!text.empty()) {
    buffer.append(text.substr(0, piece));
    text.remove_prefix(std::min(piece, text.size()));
    const auto step = reader.feed(buffer);
    buffer.erase(0, step.used);
    if (step.state != progress::need_more) {
      rest = buffer.append(text);
      return step.state;
    }
  }
  rest = buffer;
  return progress::need_more;
}

unsigned status_of(std::string_view text, std::size_t piece = 1 << 20) {
  request_reader reader(1024, 4096);
  std::string rest;
  const auto state = read_in_pieces(reader, text, piece, rest);
  if (state == progress::complete) return 200;
  return state == progress::failed ? reader.failure().status : 0;
}

const std::string simple =
    "POST /v1/cart/42/add HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
    "idempotency-key: k1\r\nIf-Match: \"3\"\r\nX-CORRELATION-ID: c\r\nContent-Length: "
    "7\r\n\r\n{\"a\":1}";

} // namespace

TEST_CASE("a request is the same in whatever pieces it arrives") {
  for (const std::size_t piece : {1, 2, 3, 7, 64, 4096}) {
    INFO("pieces of " << piece);
    request_reader reader(1024, 4096);
    std::string rest;
    CHECK_FALSE(reader.started());
    REQUIRE(read_in_pieces(reader, simple + "GET", piece, rest) == progress::complete);
    CHECK(rest == "GET");
    const auto& r = reader.request();
    CHECK(r.how == method::post);
    CHECK(r.target == "/v1/cart/42/add");
    CHECK(r.idempotency_key.text == "k1");
    CHECK(r.if_match.text == "\"3\"");
    CHECK(r.x_correlation_id.text == "c");
    CHECK(r.content_type.text == "application/json");
    CHECK(r.body == "{\"a\":1}");
    CHECK(r.keep_alive);
  }
}

TEST_CASE("nothing of a request is left in the next one") {
  request_reader reader(1024, 4096);
  std::string rest;
  REQUIRE(read_in_pieces(reader, simple, 4096, rest) == progress::complete);
  reader.next();
  REQUIRE(read_in_pieces(reader, "GET / HTTP/1.0\r\n\r\n", 4096, rest) == progress::complete);
  const auto& r = reader.request();
  CHECK(r.how == method::get);
  CHECK(r.version == 10);
  CHECK_FALSE(r.keep_alive);
  CHECK_FALSE(r.idempotency_key.present());
  CHECK_FALSE(r.if_match.present());
  CHECK(r.body.empty());
}

TEST_CASE("a chunked body is put together, and its trailers decide nothing") {
  for (const std::size_t piece : {1, 5, 4096}) {
    request_reader reader(1024, 4096);
    std::string rest;
    REQUIRE(read_in_pieces(reader,
                           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
                           "chunked\r\n\r\n3;x=y\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n"
                           "Idempotency-Key: late\r\n\r\n",
                           piece, rest) == progress::complete);
    CHECK(reader.request().body == "{\"a\":1}");
    CHECK_FALSE(reader.request().idempotency_key.present());
  }
}

TEST_CASE("a client that waits for 100 Continue is told once") {
  request_reader reader(1024, 4096);
  std::string rest;
  REQUIRE(read_in_pieces(
              reader,
              "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
              4096, rest) == progress::need_more);
  CHECK(reader.wants_continue());
  CHECK_FALSE(reader.wants_continue());
}

TEST_CASE("HTTP/1.0 is never told to continue, and a transfer coding ends its connection") {
  request_reader reader(1024, 4096);
  std::string rest;
  REQUIRE(read_in_pieces(reader,
                         "POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n"
                         "Content-Length: 2\r\n\r\n",
                         4096, rest) == progress::need_more);
  CHECK_FALSE(reader.wants_continue());
  REQUIRE(read_in_pieces(reader, "{}", 4096, rest) == progress::complete);
  CHECK(reader.request().keep_alive);
  reader.next();
  REQUIRE(read_in_pieces(reader,
                         "POST / HTTP/1.0\r\nConnection: keep-alive\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                         4096, rest) == progress::complete);
  CHECK_FALSE(reader.request().keep_alive); // somebody on the way may have framed it otherwise
  CHECK(status_of("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
}

TEST_CASE("lines of a header that is a list are one list") {
  request_reader reader(1024, 4096);
  std::string rest;
  REQUIRE(read_in_pieces(reader,
                         "GET / HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"1\"\r\nContent-Encoding: "
                         "gzip\r\nIf-None-Match: \"2\"\r\nAccept: a/b\r\nAccept: c/d\r\n\r\n",
                         4096, rest) == progress::complete);
  CHECK(reader.request().if_none_match.text == "\"1\", \"2\"");
  CHECK(reader.request().accept.text == "a/b, c/d");
  CHECK(reader.request().content_encoding.text == "gzip");
}

TEST_CASE("a repeated header is counted, its first value kept") {
  request_reader reader(1024, 4096);
  std::string rest;
  REQUIRE(read_in_pieces(
              reader,
              "GET / HTTP/1.1\r\nHost: h\r\nIdempotency-Key: 1\r\nIdempotency-Key: 2\r\n\r\n", 4096,
              rest) == progress::complete);
  CHECK(reader.request().idempotency_key.count == 2);
  CHECK(reader.request().idempotency_key.text == "1");
}

TEST_CASE("what is no HTTP is refused with 400") {
  for (const auto* bad :
       {"hello\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nbad header\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01"}) {
    INFO(bad);
    CHECK(status_of(bad) == 400);
  }
}

TEST_CASE("a body that could be taken for another request is refused") {
  CHECK(status_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n0\r\n\r\n") == 400);
  CHECK(status_of(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc") ==
        400);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n") == 501);
  CHECK(status_of(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n") ==
        501);
}

TEST_CASE("a header section beyond the limit is refused with 431, even one header at a time") {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n";
  CHECK(status_of(head + "X: " + std::string(2000, 'x')) == 431);
  CHECK(status_of("GET /" + std::string(2000, 'x')) == 431);
  std::string many = head;
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  for (const std::size_t piece : {6, 100, 1 << 20}) CHECK(status_of(many, piece) == 431);
}

TEST_CASE("a body beyond the limit is refused with 413 before it is read") {
  CHECK(status_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4097\r\n\r\n") == 413);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n") ==
        413);
  CHECK(status_of("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4096\r\n\r\n" +
                  std::string(4096, ' ')) == 200);
}

TEST_CASE("a chunk's line without end does not fill the memory") {
  const auto endless = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;" +
                       std::string(100000, 'x');
  CHECK(status_of(endless, 100) == 400);
  const auto trailers = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " +
                        std::string(100000, 'x');
  CHECK(status_of(trailers, 100) == 400);
}

TEST_CASE("an expectation that cannot be met is refused") {
  CHECK(status_of("POST / HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\nContent-Length: 2\r\n\r\n") ==
        417);
}

} // namespace request_reader_test
