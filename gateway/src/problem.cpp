// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "problem.hpp"

#include "json_text.hpp"

#include <acta/domain/codec/errc.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/errc.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/projections/errc.hpp>
#include <acta/runtime/errc.hpp>

namespace acta::http {

std::string_view reason_phrase(unsigned status) noexcept {
  switch (status) {
  case 200:
    return "OK";
  case 202:
    return "Accepted";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 412:
    return "Precondition Failed";
  case 413:
    return "Content Too Large";
  case 415:
    return "Unsupported Media Type";
  case 417:
    return "Expectation Failed";
  case 421:
    return "Misdirected Request";
  case 422:
    return "Unprocessable Content";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  }
  return "Unknown";
}

std::string problem::to_json() const {
  std::string out = R"({"type":"urn:acta:problem:)";
  out.append(code).append(R"(","title":)");
  append_json_string(out, reason_phrase(status));
  out += R"(,"status":)";
  append_number(out, status);
  out += R"(,"code":)";
  append_json_string(out, code);
  out += R"(,"detail":)";
  append_json_string(out, detail);
  if (pointer) {
    out += R"(,"pointer":)";
    append_json_string(out, *pointer);
  }
  if (rejection) {
    out += R"(,"rejection":{"code":)";
    append_json_string(out, rejection->code);
    out += R"(,"message":)";
    append_json_string(out, rejection->message);
    out += '}';
  }
  if (actual_version) {
    out += R"(,"actual_version":)";
    append_number(out, *actual_version);
  }
  if (!reasons.empty()) {
    out += R"(,"reasons":[)";
    for (const auto& reason : reasons) {
      if (&reason != &reasons.front()) out += ',';
      append_json_string(out, reason);
    }
    out += ']';
  }
  out += '}';
  return out;
}

namespace {

problem of_invalid(const error& e) {
  const auto code = e.code();
  const auto text = [&] { return e.detail().empty() ? code.message() : std::string(e.detail()); };
  if (code == codec_errc::json_invalid)
    return {
        .status = 400, .code = "json_invalid", .detail = text(), .pointer = std::string(e.where())};
  if (code == domain_errc::unknown_aggregate || code == domain_errc::unknown_command ||
      code == domain_errc::unknown_view || code == domain_errc::unknown_query ||
      code == domain_errc::unknown_subscriber || code == acta::errc::not_found)
    return {.status = 404, .code = code.message(), .detail = text()};
  if (code == acta::errc::invalid_argument || code == persistence::errc::too_large ||
      code == persistence::errc::unknown_position || code == domain_errc::unknown_index ||
      code == domain_errc::unknown_event_type)
    return {.status = 400, .code = code.message(), .detail = text()};
  if (code == runtime_errc::command_id_reused)
    return {.status = 422,
            .code = code.message(),
            .detail = "this Idempotency-Key was given to another command of the stream, or to one "
                      "with another body; a new command needs a new key"};
  if (code == projection_errc::not_possible)
    return {.status = 409, .code = code.message(), .detail = text()};
  if (code == domain_errc::query_threw)
    return {.status = 500, .code = code.message(), .detail = "the query's own code failed"};
  if (code == domain_errc::decide_threw)
    return {.status = 500,
            .code = code.message(),
            .detail = "the command's own code failed; nothing was stored"};
  if (code == codec_errc::encode_failed) {
    problem p{.status = 500, .code = code.message(), .detail = "a value has no JSON form"};
    if (e.where().empty()) return p;
    p.pointer.emplace(e.where());
    p.detail.append(" at ").append(e.where());
    return p;
  }
  return {.status = 500, .code = "internal", .detail = "the node failed in a way it does not know"};
}

problem of_unavailable(const error& e) {
  const auto code = e.code();
  if (code == runtime_errc::overloaded || code == persistence::errc::overloaded)
    return {.status = 429,
            .code = "overloaded",
            .detail = "a queue is full; nothing was stored; retry later"};
  if (code == runtime_errc::quarantined)
    return {.status = 503,
            .code = "quarantined",
            .detail = "the stream cannot be replayed and waits for an operator"};
  if (code == projection_errc::view_building)
    return {.status = 503,
            .code = code.message(),
            .detail = e.detail().empty() ? "the view is being built" : std::string(e.detail())};
  if (code == projection_errc::view_stopped)
    return {.status = 503,
            .code = code.message(),
            .detail = "committed, but view '" + std::string(e.where()) +
                      "' has stopped before that event and waits for an operator; /v1/views says "
                      "why"};
  if (code == projection_errc::picture_expired)
    return {.status = 503, .code = code.message(), .detail = "the read took too long; retry it"};
  if (code == persistence::errc::store_full)
    return {
        .status = 503, .code = "store_full", .detail = "the store has no room; nothing was stored"};
  return {
      .status = 503, .code = code.message(), .detail = "the node is stopping; nothing was stored"};
}

} // namespace

problem problem_of(const error& e) {
  const auto code = e.code();
  if (const auto* no = e.rejection())
    return {.status = 409,
            .code = "rejected",
            .detail = no->message.empty() ? no->code : no->message,
            .rejection = *no};
  if (code == runtime_errc::version_conflict || code == persistence::errc::version_conflict)
    return {.status = 412,
            .code = "version_conflict",
            .detail = "the stream is at version " + std::to_string(e.actual_version()),
            .actual_version = e.actual_version()};
  if (code == projection_errc::view_late)
    return {.status = 504,
            .code = code.message(),
            .detail = "committed, but view '" + std::string(e.where()) +
                      "' is late: it has not come so far in time"};
  if (code == projection_errc::busy)
    return {.status = 409,
            .code = code.message(),
            .detail =
                e.detail().empty() ? "another operation is going on" : std::string(e.detail())};
  if (code == condition::timeout)
    return {.status = 504,
            .code = "timeout",
            .detail = "no answer in time; the command may still be stored: retry it with the same "
                      "Idempotency-Key"};
  if (code == condition::unavailable) return of_unavailable(e);
  if (code == condition::io)
    return {.status = 503,
            .code = "io",
            .detail = "the store cannot write; the command's outcome is unknown until restart"};
  // Where a damaged commit stands is no secret, and says which backup has it whole.
  if (code == persistence::errc::corrupt_commit && !e.where().empty())
    return {.status = 500,
            .code = code.message(),
            .detail = "the commit at " + std::string(e.where()) + " is damaged"};
  if (code == condition::corrupt)
    return {.status = 500,
            .code = code.message(),
            .detail = "stored data cannot be read by this program"};
  if (code == condition::invalid) return of_invalid(e);
  return {.status = 500, .code = "internal", .detail = "the node failed in a way it does not know"};
}

} // namespace acta::http
