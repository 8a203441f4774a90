// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include "json_text.hpp"

#include <acta/domain/codec/json.hpp>
#include <acta/domain/errc.hpp>

#include <algorithm>

namespace acta::http {

namespace {

/// Events are read in pieces of this many, so that a page of large ones is not in memory twice.
constexpr std::size_t events_piece = 64;

/// What is stored must stay readable: an event this program cannot show is told as such, among the
/// others.
void append_data(std::string& out, const result<std::string>& json) {
  out += R"("data":)";
  if (json) {
    out += *json;
    return;
  }
  out += R"(null,"data_error":{"code":)";
  append_json_string(out, json.error().code().message());
  out += R"(,"detail":)";
  append_json_string(out, json.error().detail());
  out += '}';
}

void append_head(std::string& out, std::string_view type, version_number version,
                 std::uint32_t partition, std::uint64_t number) {
  out += R"({"type":)";
  append_json_string(out, type);
  out += R"(,"version":)";
  append_number(out, version);
  out += R"(,"position":)";
  append_position(out, partition, number);
  out += ',';
}

void append_event(std::string& out, const recorded_event& e) {
  const auto& m = e.metadata;
  append_head(out, e.type, m.version, m.position.partition, m.position.number);
  out += R"("recorded_at":")";
  out += to_rfc3339(m.recorded_at);
  out += R"(","command_id":)";
  append_id(out, m.command_id);
  out += R"(,"correlation_id":)";
  append_id(out, m.correlation_id);
  out += R"(,"causation_id":)";
  append_id(out, m.causation_id);
  out += ',';
  if (!m.caller.empty()) {
    out += R"("caller":)";
    append_json_string(out, m.caller);
    out += ',';
  }
  append_data(out, e.to_json());
  out += '}';
}

void append_receipt_event(std::string& out, const receipt_event& e, std::uint32_t partition) {
  append_head(out, e.type != nullptr ? std::string_view(e.type->name) : std::string_view{},
              e.version, partition, e.position);
  const auto data_at = out.size();
  out += R"("data":)";
  auto written =
      e.type != nullptr
          ? e.type->append_json(e.payload, out)
          : result<void>(error(domain_errc::unknown_event, "not in this program's model"));
  if (!written) {
    out.resize(data_at);
    append_data(out, std::move(written).error());
  }
  out += '}';
}

} // namespace

void answer_receipt(const receipt& given, response& to) {
  auto& out = to.body;
  out += R"({"stream":)";
  append_json_string(out, given.stream);
  out += R"(,"version":)";
  append_number(out, given.version);
  out += R"(,"position":)";
  append_position(out, given.position.partition, given.position.number);
  out += R"(,"events":[)";
  if (given.events) {
    auto first = true;
    for (const auto& e : given.events->list()) {
      if (!first) out += ',';
      first = false;
      append_receipt_event(out, e, given.position.partition);
    }
  }
  out += "]}";
  to.etag = given.version;
}

void answer_state(runtime& from, const call& c, const request& r, response& to,
                  const log_sink& log) {
  const auto state = from.state_json(c.aggregate, c.id, c.when);
  if (!state) return answer_error(state.error(), c, to, log);
  to.etag = state->version;
  if (r.if_none_match.present() && names_version(r.if_none_match.text, state->version)) {
    to.status = 304;
    return;
  }
  auto& out = to.body;
  out += R"({"stream":)";
  append_json_string(out, state->stream);
  out += R"(,"version":)";
  append_number(out, state->version);
  out += R"(,"position":)";
  append_position(out, state->position.partition, state->position.number);
  out += R"(,"state":)";
  out += state->json;
  out += '}';
}

void answer_events(runtime& from, const call& c, response& to, const log_sink& log) {
  if (!from.model().find(c.aggregate))
    return answer_error(error(domain_errc::unknown_aggregate,
                              "no aggregate is named '" + std::string(c.aggregate) + "'"),
                        c, to, log);
  auto& out = to.body;
  out += R"({"events":[)";
  version_number next = c.range.from;
  auto left = c.range.limit;
  for (bool more = true; more;) {
    // One more than is shown tells whether a page follows.
    const auto wanted = std::min(left, events_piece);
    const auto piece = from.events(c.aggregate, c.id, {.from = next, .limit = wanted + 1});
    if (!piece) return answer_error(piece.error(), c, to, log);
    more = piece->size() > wanted;
    for (std::size_t i = 0; i < std::min(wanted, piece->size()); ++i) {
      if (out.back() != '[') out += ',';
      append_event(out, (*piece)[i]);
    }
    if (more) next = (*piece)[wanted].metadata.version;
    left -= std::min(wanted, piece->size());
    if (!more) {
      out += R"(],"next":null})";
    } else if (left == 0 || out.size() >= events_page_bytes_max) {
      out += R"(],"next":)";
      append_number(out, next);
      out += '}';
      more = false;
    }
  }
}

void answer_live(response& to) { to.body = R"({"status":"live"})"; }

void answer_ready(const runtime_figures& figures, std::vector<std::string> reasons, response& to) {
  if (!reasons.empty()) {
    to.set(problem{.status = 503,
                   .code = "not_ready",
                   .detail = reasons.front(),
                   .reasons = std::move(reasons)});
    return;
  }
  auto& out = to.body;
  out += R"({"status":"ready","outstanding":)";
  append_number(out, figures.outstanding);
  out += R"(,"resident":)";
  append_number(out, figures.resident);
  out += R"(,"quarantined":)";
  append_number(out, figures.quarantined);
  out += R"(,"failed_batches":)";
  append_number(out, figures.failed_batches);
  out += '}';
}

void answer_error(const error& e, const call& c, response& to, const log_sink& log) {
  const auto p = problem_of(e);
  // Overload, time-outs and stopping are told in full, and would flood the log just when the node
  // is busiest.
  if (log && (p.status == 500 || (p.status == 503 && e.code() == condition::io))) {
    try {
      std::string line(c.aggregate);
      line.append("/").append(c.id);
      if (!c.command.empty()) line.append(" ").append(c.command);
      log(log_level::error, line.append(": ").append(e.to_string()));
    } catch (...) { // out of memory: the answer matters more than its log line
    }
  }
  to.set(p);
}

} // namespace acta::http
