// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "answer_processes.hpp"

#include "answer.hpp"
#include "json_text.hpp"

#include <acta/domain/codec/json.hpp>

#include <algorithm>

namespace acta::http {

namespace {

/// `/health/ready` counts them all.
constexpr std::size_t stuck_shown_max = 1000;

void append_record(std::string& out, const set_aside_record& r) {
  out += '{';
  append_member(out, "id", r.id);
  append_member(out, "kind", r.kind);
  out += R"(,"from":)";
  if (r.from.number != 0)
    append_position(out, r.from.partition, r.from.number);
  else
    out += "null";
  append_member(out, "target", r.target);
  append_member(out, "process", r.process);
  append_member(out, "command", r.command);
  append_member(out, "reason", r.reason);
  out += '}';
}

void append_stuck(std::string& out, const stuck_delivery& s) {
  out += '{';
  append_member(out, "target", s.target);
  append_member(out, "process", s.process);
  append_member(out, "command", s.command);
  append_member(out, "attempts", s.attempts);
  append_member(out, "since", to_rfc3339(s.since));
  append_member(out, "code", s.reason.code().message());
  append_member(out, "reason", reason_of(s.reason));
  out += '}';
}

} // namespace

void answer_processes(const runtime& from, response& to) {
  const auto f = from.figures().processes;
  auto& out = to.body;
  out += '{';
  append_member(out, "waiting", f.waiting);
  append_member(out, "delivered", f.delivered);
  append_member(out, "failures", f.failures);
  append_member(out, "timers", f.timers);
  append_member(out, "set_aside", f.set_aside);
  out += R"(,"passed_over":{)";
  for (const auto& [process, count] : f.passed_over) append_member(out, process, count);
  out += R"(},"stuck":[)";
  for (const auto& s : from.stuck(stuck_shown_max)) {
    if (out.back() != '[') out += ',';
    append_stuck(out, s);
  }
  out += "]}";
}

void answer_set_aside(const runtime& from, const call& c, response& to, const log_sink& log) {
  // One more than is shown tells whether a page follows.
  const auto records = from.set_aside(c.limit + 1, c.id);
  if (!records) return answer_error(records.error(), c, to, log);
  const auto shown = std::min(c.limit, records->size());
  auto& out = to.body;
  out += R"({"set_aside":[)";
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += ',';
    append_record(out, (*records)[i]);
  }
  out += R"(],"next":)";
  if (records->size() > shown)
    append_json_string(out, (*records)[shown - 1].id);
  else
    out += "null";
  out += '}';
}

void answer_drop_set_aside(runtime& in, const call& c, response& to, const log_sink& log) {
  if (const auto done = in.drop_set_aside(c.id); !done)
    return answer_error(done.error(), c, to, log);
  to.body += R"({"dropped":)";
  append_json_string(to.body, c.id);
  to.body += '}';
}

} // namespace acta::http
