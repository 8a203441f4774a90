// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "answer_read.hpp"

#include "answer.hpp"
#include "event_json.hpp"
#include "json_text.hpp"
#include "parameters.hpp"
#include "read_call.hpp"

#include <acta/domain/codec/json.hpp>
#include <acta/domain/errc.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/projections/errc.hpp>

#include <xxhash.h>

#include <algorithm>

namespace acta::http {

namespace {

/// A page without a match ends after this many stretches that a subscription has looked through, or
/// a rare filter would hold a reading thread for as long as the journal is.
constexpr int stretches_max = 4;

/// 128 bits of the body in hexadecimal: the same rows, the same tag.
std::string tag_of(std::string_view body) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(body.data(), body.size()));
  std::string tag;
  tag.reserve(2 * sizeof canonical.digest);
  for (const auto byte : canonical.digest) {
    tag += "0123456789abcdef"[byte >> 4];
    tag += "0123456789abcdef"[byte & 15];
  }
  return tag;
}

void append_row(std::string& out, const json_rows::row& row) {
  out += R"("key":)";
  append_json_string(out, row.key);
  out += R"(,"row":)";
  if (!row.failed) {
    out += row.json;
    return;
  }
  out += R"(null,"row_error":)";
  append_item_error(out, *row.failed);
}

/// Says as of when an answer is, and which views do not follow.
void write_shown(const std::vector<position>& positions, const std::string& standing,
                 response& to) {
  append_positions(to.position, positions);
  to.standing = standing;
}

void write_row(const call& c, const json_rows& found, response& to) {
  auto& out = to.body;
  out += R"({"view":)";
  append_json_string(out, c.name);
  out += ',';
  append_row(out, found.rows.front());
  out += '}';
}

void write_rows(const call& c, const json_rows& found, response& to) {
  auto& out = to.body;
  out += R"({"view":)";
  append_json_string(out, c.name);
  out += R"(,"rows":[)";
  for (const auto& row : found.rows) {
    out += &row == &found.rows.front() ? "{" : ",{";
    append_row(out, row);
    out += '}';
  }
  out += R"(],"next":)";
  if (found.next.empty())
    out += "null";
  else
    append_json_string(out, found.next);
  out += '}';
}

result<void> read_row(runtime& from, const call& c, const read_options& now, response& to) {
  const auto found = from.view_row_json(c.name, c.key, now);
  if (!found) return found.error();
  write_shown(found->positions, found->standing, to);
  if (found->rows.empty())
    return detail::row_not_found(c.name, std::string_view(c.key).substr(0, row_key_bytes_max));
  write_row(c, *found, to);
  return {};
}

result<void> read_rows(runtime& from, const call& c, const target& t, const read_options& now,
                       response& to) {
  const auto view = from.model().find_view(c.name);
  if (!view) return error(domain_errc::unknown_view, "no view '" + std::string(c.name) + "'");
  const auto range = scan_of(t, *view);
  if (!range) return range.error();
  const auto found = from.view_scan_json(c.name, *range, now);
  if (!found) return found.error();
  write_shown(found->positions, found->standing, to);
  write_rows(c, *found, to);
  return {};
}

result<void> ask_query(runtime& from, const call& c, const target& t, const request& r,
                       const read_options& now, response& to) {
  const auto query = from.model().find_query(c.name);
  if (!query) return error(domain_errc::unknown_query, "no query '" + std::string(c.name) + "'");
  auto asked =
      r.how == method::post ? result<std::string>(std::string(json_of(r))) : request_of(t, *query);
  if (!asked) return std::move(asked).error();
  auto answer = from.query_json(c.name, *asked, now);
  if (!answer) return std::move(answer).error();
  to.body = std::move(answer->json);
  to.cache = answer->cached ? "hit" : "miss";
  write_shown(answer->positions, answer->standing, to);
  return {};
}

void append_generation(std::string& out, const generation_status& g) {
  out += R"("state":)";
  append_json_string(out, to_string(g.state));
  out += R"(,"generation":)";
  append_number(out, g.number);
  out += R"(,"behind":)";
  append_number(out, g.behind);
  out += R"(,"rows":)";
  append_number(out, g.rows);
  out += R"(,"dead_letters":)";
  append_number(out, g.dead_letters);
  out += R"(,"positions":)";
  append_position_list(out, g.scanned);
  out += R"(,"trouble":)";
  if (!g.trouble) {
    out += "null";
    return;
  }
  // Its text may hold what an exception said, and so may that of a dead letter: for operators.
  out += R"({"code":)";
  append_json_string(out, g.trouble->code().message());
  out += R"(,"reason":)";
  append_json_string(out, reason_of(*g.trouble));
  out += R"(,"position":)";
  if (g.trouble_at)
    append_position(out, g.trouble_at->partition, g.trouble_at->number);
  else
    out += "null";
  out += '}';
}

} // namespace

std::string answer_read(runtime& from, const call& c, const target& t, const request& r,
                        response& to, const log_sink& log) {
  const read_options now{.at_least = c.read.at_least, .timeout = std::chrono::milliseconds{0}};
  const auto done = c.to == route::row    ? read_row(from, c, now, to)
                    : c.to == route::rows ? read_rows(from, c, t, now, to)
                                          : ask_query(from, c, t, r, now, to);
  if (done) {
    to.etag = tag_of(to.body);
    return {};
  }
  // A client must learn how far the view is, even if it has no such row.
  auto position = std::move(to.position);
  auto standing = std::move(to.standing);
  answer_error(done.error(), c, to, log);
  to.position = std::move(position);
  to.standing = std::move(standing);
  if (done.error().code() != projection_errc::view_late) return {};
  return std::string(done.error().where());
}

void answer_views(const runtime& from, response& to) {
  auto& out = to.body;
  out += R"({"views":[)";
  for (const auto& view : from.views()) {
    if (out.back() != '[') out += ',';
    out += R"({"name":)";
    append_json_string(out, view.view);
    out += ',';
    // One that has never caught up does not answer; then the build is all there is to tell.
    if (view.serving) {
      append_generation(out, *view.serving);
      out += R"(,"building":)";
      if (view.building) {
        out += '{';
        append_generation(out, *view.building);
        out += '}';
      } else {
        out += "null";
      }
    } else if (view.building) {
      out += R"("state":"building","building":{)";
      append_generation(out, *view.building);
      out += '}';
    } else {
      out += R"("state":"closed","building":null)";
    }
    out += '}';
  }
  out += "]}";
}

namespace {

void append_cause(std::string& out, const cause& because) {
  out += R"("because":{"kind":")";
  out += to_string(because.kind);
  out += '"';
  if (because.kind != cause_kind::request) {
    out += R"(,"name":)";
    append_json_string(out, because.name);
    out += R"(,"of":)";
    append_position(out, because.of.partition, because.of.number);
  }
  out += '}';
}

/// The event with its data.
void append_link(std::string& out, const caused_event& link) {
  append_event(out, link.event, true);
  out.back() = ',';
  append_cause(out, link.because);
  out += '}';
}

/// The event without its data: a tree is an overview.
void append_node(std::string& out, const caused_event& node, position asked) {
  const auto& m = node.event.metadata;
  out += R"({"depth":)";
  append_number(out, node.depth);
  out += R"(,"position":)";
  append_position(out, m.position.partition, m.position.number);
  out += R"(,"type":)";
  append_json_string(out, node.event.type);
  out += R"(,"stream":)";
  append_json_string(out, m.stream);
  out += R"(,"recorded_at":")";
  out += to_rfc3339(m.recorded_at);
  out += R"(",)";
  append_cause(out, node.because);
  if (m.position == asked) out += R"(,"asked":true)";
  out += '}';
}

} // namespace

void answer_why(runtime& from, const call& c, response& to, const log_sink& log) {
  const auto found = from.why(c.event);
  if (!found) return answer_error(found.error(), c, to, log);
  auto& out = to.body;
  out += R"({"event":)";
  append_link(out, found->chain.front());
  out += R"(,"causes":[)";
  for (std::size_t i = 1; i < found->chain.size(); ++i) {
    if (i > 1) out += ',';
    append_link(out, found->chain[i]);
  }
  out += R"(],"tree":[)";
  for (const auto& node : found->tree) {
    if (out.back() != '[') out += ',';
    append_node(out, node, c.event);
  }
  out += R"(],"truncated":)";
  out += found->truncated ? "true" : "false";
  if (!found->damaged.empty()) {
    out += R"(,"damaged":)";
    append_position_list(out, found->damaged);
  }
  out += '}';
}

result<subscription> follow(runtime& from, const call& c) {
  auto made = from.subscribe(c.follow);
  if (made) return made;
  const auto& e = made.error();
  std::string parameter;
  if (e.code() == domain_errc::unknown_event_type) parameter = "type: ";
  if (e.code() == domain_errc::unknown_aggregate)
    parameter = c.follow.filter.stream.empty() ? "aggregate: " : "stream: ";
  return error(e.code(), parameter + std::string(e.detail()));
}

std::optional<position> pass_over(subscription& events, const error& why) {
  if (why.code() != persistence::errc::corrupt_commit) return std::nullopt;
  const auto damaged = events.skip();
  return damaged ? std::optional(*damaged) : std::nullopt;
}

problem follow_problem(const error& e) {
  auto p = problem_of(e);
  if (p.status == 404) p.status = 400;
  return p;
}

void answer_all_events(runtime& from, const call& c, response& to, const log_sink& log) {
  auto events = follow(from, c);
  if (!events) return to.set(follow_problem(events.error()));
  auto& out = to.body;
  out += R"({"events":[)";
  auto left = c.limit;
  for (int stretch = 0; left != 0 && stretch < stretches_max && out.size() < events_page_bytes_max;
       ++stretch) {
    const auto page = events->next(left, {}, events_page_bytes_max);
    if (!page) {
      // One damaged commit must not hide all that is behind it.
      const auto damaged = pass_over(*events, page.error());
      if (!damaged) return answer_error(page.error(), c, to, log);
      if (out.back() != '[') out += ',';
      append_damaged(out, *damaged, page.error());
      --left;
      stretch = -1;
      if (events->behind() == 0) break;
      continue;
    }
    for (const auto& e : page->events) {
      if (out.back() != '[') out += ',';
      append_event(out, e, true);
    }
    left -= page->events.size();
    if (!page->events.empty()) stretch = -1;
    if (events->behind() == 0) break;
  }
  const auto scanned = events->scanned();
  out += R"(],"next":)";
  if (events->behind() == 0) {
    out += "null";
  } else {
    auto next = scanned;
    for (auto& p : next) ++p.number;
    out += '"';
    append_positions(out, next);
    out += '"';
  }
  out += R"(,"scanned":)";
  append_position_list(out, scanned);
  out += '}';
}

} // namespace acta::http
