// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include "response.hpp"

#include <acta/domain/codec/errc.hpp>
#include <acta/domain/decision.hpp>
#include <acta/domain/errc.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/projections/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <catch2/catch.hpp>

namespace problem_test {

using namespace acta::http;
namespace store = acta::persistence;

TEST_CASE("every error has the status a client can act on, and a stable code") {
  struct row {
    acta::error e;
    unsigned status;
    std::string_view code;
  };
  const row rows[] = {
      {acta::codec_errc::json_invalid, 400, "json_invalid"},
      {acta::errc::invalid_argument, 400, "invalid_argument"},
      {store::errc::too_large, 400, "too_large"},
      {acta::domain_errc::unknown_aggregate, 404, "unknown_aggregate"},
      {acta::domain_errc::unknown_command, 404, "unknown_command"},
      {acta::errc::not_found, 404, "not_found"},
      {acta::runtime_errc::version_conflict, 412, "version_conflict"},
      {acta::runtime_errc::command_id_reused, 422, "command_id_reused"},
      {store::errc::version_conflict, 412, "version_conflict"},
      {acta::runtime_errc::overloaded, 429, "overloaded"},
      {store::errc::overloaded, 429, "overloaded"},
      {acta::domain_errc::decide_threw, 500, "decide_threw"},
      {acta::domain_errc::evolve_threw, 500, "evolve_threw"},
      {acta::domain_errc::unknown_event, 500, "unknown_event"},
      {acta::codec_errc::decode_failed, 500, "decode_failed"},
      {acta::codec_errc::encode_failed, 500, "encode_failed"},
      {store::errc::corrupt_commit, 500, "corrupt_commit"},
      {acta::runtime_errc::quarantined, 503, "quarantined"},
      {acta::runtime_errc::stopped, 503, "stopped"},
      {store::errc::stopped, 503, "stopped"},
      {store::errc::store_full, 503, "store_full"},
      {store::errc::io, 503, "io"},
      {acta::errc::cancelled, 503, "cancelled"},
      {acta::errc::timeout, 504, "timeout"},
      {acta::domain_errc::unknown_view, 404, "unknown_view"},
      {acta::domain_errc::unknown_query, 404, "unknown_query"},
      {acta::domain_errc::unknown_index, 400, "unknown_index"},
      {acta::domain_errc::unknown_event_type, 400, "unknown_event_type"},
      {acta::domain_errc::query_threw, 500, "query_threw"},
      {acta::domain_errc::damaged_view, 500, "damaged_view"},
      {acta::projection_errc::view_late, 504, "view_late"},
      {acta::projection_errc::view_building, 503, "view_building"},
      {acta::projection_errc::view_stopped, 503, "view_stopped"},
      {store::errc::unknown_position, 400, "unknown_position"},
      {acta::projection_errc::picture_expired, 503, "picture_expired"},
      {acta::projection_errc::stopped, 503, "stopped"},
      {acta::projection_errc::busy, 409, "busy"},
      {acta::projection_errc::not_possible, 409, "not_possible"},
      {std::make_error_code(std::errc::no_link), 500, "internal"},
  };
  for (const auto& r : rows) {
    INFO(r.e);
    const auto p = problem_of(r.e);
    CHECK(p.status == r.status);
    CHECK(p.code == r.code);
    CHECK_FALSE(p.detail.empty());
    CHECK(reason_phrase(p.status) != "Unknown");
  }
}

TEST_CASE("a rejection is told with the domain's own code") {
  const auto p = problem_of(acta::error(acta::reject("not_open", "the account is \"closed\"")));
  CHECK(p.status == 409);
  CHECK(
      p.to_json() ==
      R"({"type":"urn:acta:problem:rejected","title":"Conflict","status":409,"code":"rejected",)"
      R"("detail":"the account is \"closed\"","rejection":{"code":"not_open","message":"the account is \"closed\""}})");
}

TEST_CASE("a version conflict tells the version the stream is at") {
  const auto p =
      problem_of(acta::error(acta::runtime_errc::version_conflict).with_actual_version(7));
  CHECK(p.to_json() ==
        R"({"type":"urn:acta:problem:version_conflict","title":"Precondition Failed","status":412,)"
        R"("code":"version_conflict","detail":"the stream is at version 7","actual_version":7})");
}

TEST_CASE(
    "bad JSON is told with the pointer to the bad field, also when that is the whole document") {
  auto p =
      problem_of(acta::error(acta::codec_errc::json_invalid, "expected an integer", "/quantity"));
  CHECK(p.to_json().find(R"("pointer":"/quantity")") != std::string::npos);
  p = problem_of(acta::error(acta::codec_errc::json_invalid, "not JSON, at byte 1"));
  CHECK(p.to_json().find(R"("pointer":"")") != std::string::npos);
}

TEST_CASE("what an exception said inside the node does not leave it") {
  for (const acta::error& e : {acta::error(acta::domain_errc::decide_threw, "secret /etc/path"),
                               acta::error(store::errc::io, "secret /etc/path"),
                               acta::error(acta::runtime_errc::quarantined, "secret"),
                               acta::error(store::errc::corrupt_commit, "secret")})
    CHECK(problem_of(e).to_json().find("secret") == std::string::npos);
}

TEST_CASE("the head of an answer has what its status needs") {
  response r;
  std::string head;
  r.set(problem{.status = 405, .code = "method_not_allowed", .detail = "no", .allow = "POST"});
  write_head(head, r, {.date = "D", .keep_alive = false});
  CHECK(head == "HTTP/1.1 405 Method Not Allowed\r\nDate: D\r\nContent-Type: "
                "application/problem+json\r\nContent-Length: " +
                    std::to_string(r.body.size()) + "\r\nAllow: POST\r\nConnection: close\r\n\r\n");
  r.set(problem{.status = 429, .code = "overloaded"});
  write_head(head, r, {.date = "D", .version = 10});
  CHECK(head.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(head.find("Connection: keep-alive\r\n") != std::string::npos);
  r.clear();
  r.status = 304;
  r.etag = "3";
  write_head(head, r, {.date = "D"});
  CHECK(head == "HTTP/1.1 304 Not Modified\r\nDate: D\r\nETag: \"3\"\r\n\r\n");
}

TEST_CASE("the head of an event stream tells no length, and HTTP/1.0 knows no chunks") {
  response r;
  r.content_type = "text/event-stream";
  r.streamed = true;
  std::string head;
  write_head(head, r, {.date = "D", .keep_alive = false});
  CHECK(head == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/event-stream\r\nCache-Control: "
                "no-store\r\nX-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\nConnection: "
                "close\r\n\r\n");
  write_head(head, r, {.date = "D", .version = 10, .keep_alive = false});
  CHECK(head.find("chunked") == std::string::npos);
}

TEST_CASE("an answer from a view tells how far that is") {
  response r;
  r.etag = "0a1b";
  r.position = "0:17,1:4";
  r.cache = "hit";
  std::string head;
  write_head(head, r, {.date = "D"});
  CHECK(head == "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: application/json\r\nContent-Length: "
                "0\r\nETag: \"0a1b\"\r\nActa-Position: 0:17,1:4\r\nActa-Cache: hit\r\n\r\n");
}

TEST_CASE("a late view is named, and told from a command that may be lost") {
  const auto p = problem_of(acta::error(acta::projection_errc::view_late, "secret", "carts"));
  CHECK(p.detail == "committed, but view 'carts' is late: it has not come so far in time");
}

TEST_CASE("a Date header follows no locale") {
  CHECK(imf_fixdate(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(imf_fixdate(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
}

} // namespace problem_test
