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

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(R"(,")").append(name).append(R"(":)");
  append_json_string(out, text);
}

void append_record(std::string& out, const set_aside_record& r) {
  out += R"({"id":)";
  append_json_string(out, r.id);
  append_text(out, "kind", r.kind);
  out += R"(,"from":)";
  if (r.from.number != 0)
    append_position(out, r.from.partition, r.from.number);
  else
    out += "null";
  append_text(out, "target", r.target);
  append_text(out, "process", r.process);
  append_text(out, "command", r.command);
  append_text(out, "reason", r.reason);
  out += '}';
}

void append_figure(std::string& out, std::string_view name, std::uint64_t value) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
  append_number(out, value);
}

void append_stuck(std::string& out, const stuck_delivery& s) {
  out += R"({"target":)";
  append_json_string(out, s.target);
  append_text(out, "process", s.process);
  append_text(out, "command", s.command);
  out += ',';
  out += R"("attempts":)";
  append_number(out, s.attempts);
  append_text(out, "since", to_rfc3339(s.since));
  append_text(out, "code", s.reason.code().message());
  append_text(out, "reason", reason_of(s.reason));
  out += '}';
}

} // namespace

void answer_processes(const runtime& from, response& to) {
  const auto f = from.figures().processes;
  auto& out = to.body;
  out += '{';
  append_figure(out, "waiting", f.waiting);
  append_figure(out, "delivered", f.delivered);
  append_figure(out, "failures", f.failures);
  append_figure(out, "timers", f.timers);
  append_figure(out, "set_aside", f.set_aside);
  out += R"(,"passed_over":{)";
  for (const auto& [process, count] : f.passed_over) append_figure(out, process, count);
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
