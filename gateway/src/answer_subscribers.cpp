// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "answer_subscribers.hpp"

#include "answer.hpp"
#include "event_json.hpp"
#include "json_text.hpp"

#include <acta/core/time.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/projections/status.hpp>

namespace acta::http {

namespace {

void append_status(std::string& out, const subscriber_status& s) {
  out += '{';
  append_member(out, "name", s.subscriber);
  append_member(out, "state", to_string(s.state));
  append_member(out, "behind", s.behind);
  append_member(out, "waiting", s.waiting);
  append_member(out, "handling", s.handling);
  append_member(out, "retrying", s.retrying);
  append_member(out, "delivered", s.delivered);
  append_member(out, "failures", s.failures);
  append_member(out, "dead_letters", s.dead_letters);
  out += R"(,"positions":)";
  append_position_list(out, s.done);
  out += R"(,"trouble":)";
  if (!s.trouble) {
    out += "null}";
    return;
  }
  // Its text may hold what an exception said, and so may that of a dead letter: for operators.
  out += '{';
  append_member(out, "code", s.trouble->code().message());
  append_member(out, "reason", reason_of(*s.trouble));
  out += R"(,"position":)";
  if (s.trouble_at)
    append_position(out, s.trouble_at->partition, s.trouble_at->number);
  else
    out += "null";
  out += "}}";
}

result<void> obey(subscriber_handle& who, const call& c, std::uint64_t& letters) {
  switch (c.order) {
  case subscriber_order::pause:
    return who.pause();
  case subscriber_order::resume:
    return who.resume();
  case subscriber_order::retry:
    return who.retry(c.event);
  case subscriber_order::drop:
    return who.drop(c.event);
  case subscriber_order::retry_all:
    break;
  }
  auto all = who.retry_all();
  if (!all) return std::move(all).error();
  letters = *all;
  return {};
}

} // namespace

void answer_subscribers(const runtime& from, response& to) {
  auto& out = to.body;
  out += R"({"subscribers":[)";
  for (const auto& s : from.subscribers()) {
    if (out.back() != '[') out += ',';
    append_status(out, s);
  }
  out += "]}";
}

void answer_dead_letters(runtime& from, const call& c, response& to, const log_sink& log) {
  auto who = from.subscriber(c.name);
  if (!who) return answer_error(who.error(), c, to, log);
  // One more than is shown tells whether a page follows.
  const auto letters = who->dead_letters(c.limit + 1, c.event);
  if (!letters) return answer_error(letters.error(), c, to, log);
  auto& out = to.body;
  out += R"({"subscriber":)";
  append_json_string(out, c.name);
  out += R"(,"dead_letters":[)";
  for (std::size_t i = 0; i < std::min(c.limit, letters->size()); ++i) {
    const auto& one = (*letters)[i];
    out += i == 0 ? R"({"position":)" : R"(,{"position":)";
    append_position(out, one.where.partition, one.where.number);
    append_member(out, "attempts", one.attempts);
    append_member(out, "at", to_rfc3339(one.at));
    append_member(out, "reason", one.reason);
    out += '}';
  }
  out += R"(],"next":)";
  if (letters->size() > c.limit)
    append_position(out, letters->back().where.partition, letters->back().where.number);
  else
    out += "null";
  out += '}';
}

void answer_order(runtime& to_whom, const call& c, response& to, const log_sink& log) {
  auto who = to_whom.subscriber(c.name);
  if (!who) return answer_error(who.error(), c, to, log);
  std::uint64_t letters = 0;
  if (const auto done = obey(*who, c, letters); !done)
    return answer_error(done.error(), c, to, log);
  const bool goes_on = c.order == subscriber_order::retry || c.order == subscriber_order::retry_all;
  if (goes_on) to.status = 202;
  auto& out = to.body;
  out += R"({"subscriber":)";
  append_json_string(out, c.name);
  if (c.order == subscriber_order::retry || c.order == subscriber_order::drop) {
    out += R"(,"position":)";
    append_position(out, c.event.partition, c.event.number);
  }
  if (c.order == subscriber_order::retry_all) append_member(out, "dead_letters", letters);
  out += '}';
}

} // namespace acta::http
