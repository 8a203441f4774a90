// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "answer.hpp"

#include "event_json.hpp"
#include "json_text.hpp"
#include "parameters.hpp"

#include <acta/domain/codec/json.hpp>
#include <acta/domain/errc.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <initializer_list>
#include <utility>

namespace acta::http {

namespace {

/// Events are read in pieces of this many, so that a page of large ones is not in memory twice.
constexpr std::size_t events_piece = 64;

void append_figures(std::string& out,
                    std::initializer_list<std::pair<std::string_view, std::uint64_t>> figures) {
  for (const auto& [name, value] : figures) append_member(out, name, value);
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
      append_event(out, e, given.position.partition);
    }
  }
  out += "]}";
  to.etag = std::to_string(given.version);
}

void answer_state(runtime& from, const call& c, response& to, const log_sink& log) {
  const auto state = from.state_json(c.aggregate, c.id, c.when);
  if (!state) return answer_error(state.error(), c, to, log);
  to.etag = std::to_string(state->version);
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
    auto piece = from.events(c.aggregate, c.id, {.from = next, .limit = wanted + 1});
    // The page may end just before a damaged commit.
    const bool damage_follows = !piece && piece.error().code() == persistence::errc::corrupt_commit;
    if (damage_follows) piece = from.events(c.aggregate, c.id, {.from = next, .limit = wanted});
    if (!piece) return answer_error(piece.error(), c, to, log);
    const auto shown = std::min(wanted, piece->size());
    // Fewer than wanted in spite of damage: by now it has been read, and this is the end.
    more = piece->size() > wanted || (damage_follows && shown == wanted);
    for (std::size_t i = 0; i < shown; ++i) {
      if (out.back() != '[') out += ',';
      append_event(out, (*piece)[i], false);
    }
    if (more) next = (*piece)[shown - 1].metadata.version + 1;
    left -= shown;
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
  out += R"({"status":"ready")";
  append_figures(out, {{"outstanding", figures.outstanding},
                       {"resident", figures.resident},
                       {"quarantined", figures.quarantined},
                       {"failed_batches", figures.failed_batches}});
  const auto& p = figures.processes;
  std::uint64_t passed_over = 0;
  for (const auto& [process, count] : p.passed_over) passed_over += count;
  out += R"(,"processes":{)";
  append_figures(out, {{"waiting", p.waiting},
                       {"stuck", p.stuck},
                       {"timers", p.timers},
                       {"set_aside", p.set_aside},
                       {"passed_over", passed_over}});
  const auto& s = figures.subscribers;
  out += R"(},"subscribers":{)";
  append_figures(out, {{"paused", s.paused},
                       {"retrying", s.retrying},
                       {"dead_letters", s.dead_letters},
                       {"behind_max", s.behind_max}});
  const auto& v = figures.projections;
  out += R"(},"views":{)";
  append_figures(out, {{"all", v.views},
                       {"stopped", v.stopped},
                       {"building", v.building},
                       {"dead_letters", v.dead_letters},
                       {"behind_max", v.behind_max},
                       {"damaged", v.damaged}});
  out += "}}";
}

void answer_error(const error& e, const call& c, response& to, const log_sink& log) {
  const auto p = problem_of(e);
  // Overload, time-outs and stopping are told in full, and would flood the log just when the node
  // is busiest.
  if (log && (p.status == 500 || (p.status == 503 && e.code() == condition::io))) {
    try {
      log(log_level::error, subject_of(c).append(": ").append(e.to_string()));
    } catch (...) { // out of memory: the answer matters more than its log line
    }
  }
  to.set(p);
}

} // namespace acta::http
