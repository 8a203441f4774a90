// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "read_call.hpp"

#include "entity_tags.hpp"
#include "parameters.hpp"
#include "process_call.hpp"
#include "subscriber_call.hpp"

#include <acta/core/units.hpp>
#include <acta/domain/bound_text.hpp>
#include <acta/domain/codec/fields.hpp>

#include <algorithm>
#include <array>
#include <limits>

namespace acta::http {

namespace {

constexpr std::array<std::string_view, 5> reserved{"views", "queries", "events", "subscribers",
                                                   "processes"};
/// Of a query, beside its fields; who has a field of that name asks by POST.
constexpr std::array<std::string_view, 2> read_parameters{"at_least", "timeout"};

bool is_read_parameter(std::string_view name) {
  return std::ranges::find(read_parameters, name) != read_parameters.end();
}

std::optional<problem> take_read(const target& t, const gateway_options& options,
                                 read_options& into) {
  into = {.at_least = {}, .timeout = options.view_timeout};
  if (const auto* text = find_parameter(t, "at_least")) {
    const auto at = position::parse(*text);
    if (!at) return bad_parameter("at_least must be one position, such as 0:17");
    into.at_least = *at;
  }
  if (const auto* text = find_parameter(t, "timeout")) {
    const auto time = parse_duration(*text);
    if (!time) return bad_parameter("timeout: " + std::string(time.error().detail()));
    if (*time > options.view_timeout_max)
      return bad_parameter("timeout must be at most " + format_duration(options.view_timeout_max));
    into.timeout = std::chrono::ceil<std::chrono::milliseconds>(*time);
  }
  return std::nullopt;
}

std::optional<problem> understand_views(const target& t, call& c, const gateway_options& options) {
  if (t.count == 2) {
    c.to = route::views;
    return check_names(t, {});
  }
  c.name = t.segment(2);
  c.key = t.segment(3);
  if (c.name.empty() || t.count > 4 || (t.count == 4 && c.key.empty())) return unknown_route();
  c.to = t.count == 3 ? route::rows : route::row;
  if (auto wrong = c.to == route::row
                       ? check_names(t, {"at_least", "timeout"})
                       : check_names(t, {"index", "equal", "from", "to", "prefix", "reverse",
                                         "limit", "cursor", "at_least", "timeout"}))
    return wrong;
  return take_read(t, options, c.read);
}

std::optional<problem> understand_query(const request& r, const target& t, call& c,
                                        const gateway_options& options) {
  c.to = route::query;
  c.name = t.segment(2);
  if (t.count != 3 || c.name.empty()) return unknown_route();
  if (r.how == method::post) {
    if (auto wrong = check_body(r, "a query")) return wrong;
    if (auto wrong =
            refuse_preconditions(r, "what a query answers has a tag when it is asked by GET"))
      return wrong;
    if (auto wrong = check_names(t, {"at_least", "timeout"})) return wrong;
  }
  for (const auto name : read_parameters)
    if (std::ranges::count(t.query, name, &parameter::name) > 1)
      return bad_parameter("query parameter '" + std::string(name) + "' is given twice");
  return take_read(t, options, c.read);
}

/// Where to go on after a checkpoint.
std::optional<std::vector<position>> after(const std::string& checkpoint) {
  auto all = parse_positions(checkpoint);
  if (!all) return std::nullopt;
  for (auto& p : *all)
    if (p.number++ == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return all;
}

std::optional<problem> take_start(const request& r, const target& t, call& c) {
  if (const auto* text = find_parameter(t, "from")) {
    auto from = parse_positions(*text);
    if (!from || std::ranges::any_of(*from, [](const position& p) { return p.number == 0; }))
      return bad_parameter("from must be positions from 1, of each partition one, such as 0:1,1:1");
    c.follow.from = std::move(*from);
  }
  // What a client has seen is more than what it once wanted to see.
  if (c.live && r.last_event_id.present() && !r.last_event_id.text.empty()) {
    auto seen = after(r.last_event_id.text);
    if (r.last_event_id.count > 1 || !seen)
      return bad_header("Last-Event-ID must be the id of an event of this stream, such as 0:17");
    c.follow.from = std::move(*seen);
  }
  return std::nullopt;
}

std::optional<problem> understand_why(const target& t, call& c) {
  c.to = route::why;
  const auto event = position::parse(t.segment(2));
  if (!event)
    return problem{.status = 400,
                   .code = "bad_target",
                   .detail = "an event is named by its position, such as 0:17"};
  c.event = *event;
  return check_names(t, {});
}

std::optional<problem> understand_all_events(const request& r, const target& t, call& c) {
  if (t.count == 4 && t.segment(3) == "why") return understand_why(t, c);
  c.to = route::all_events;
  if (t.count != 2) return unknown_route();
  if (auto wrong = check_names(t, {"from", "limit", "type", "aggregate", "stream"})) return wrong;
  c.live = wants_event_stream(r.accept);
  c.limit = events_limit_default;
  if (c.live && find_parameter(t, "limit") != nullptr)
    return bad_parameter("limit is for pages, an event stream has no end");
  if (auto wrong = take_limit(t, events_limit_max, c.limit)) return wrong;
  auto& filter = c.follow.filter;
  if (const auto* text = find_parameter(t, "type")) filter.types = split_list(*text);
  if (const auto* text = find_parameter(t, "aggregate")) filter.aggregates = split_list(*text);
  if (const auto* text = find_parameter(t, "stream")) {
    if (!filter.aggregates.empty()) return bad_parameter("give aggregate or stream, not both");
    if (text->empty()) return bad_parameter("stream must be aggregate/id");
    filter.stream = *text;
  }
  return take_start(r, t, c);
}

} // namespace

bool is_reserved(std::string_view name) noexcept {
  return std::ranges::find(reserved, name) != reserved.end();
}

std::optional<problem> understand_read(const request& r, const target& t, call& c,
                                       const gateway_options& options) {
  if (t.segment(1) == "processes") return understand_processes(r, t, c);
  if (t.segment(1) == "subscribers") return understand_subscribers(r, t, c);
  const auto of_query = t.segment(1) == "queries";
  const auto reads = r.how == method::get || r.how == method::head;
  auto wrong = of_query                  ? understand_query(r, t, c, options)
               : t.segment(1) == "views" ? understand_views(t, c, options)
                                         : understand_all_events(r, t, c);
  // A resource that does not exist has no methods.
  if (wrong && wrong->status == 404) return wrong;
  if (!reads && !(of_query && r.how == method::post))
    return wrong_method(of_query ? "GET, HEAD, POST" : "GET, HEAD");
  return wrong;
}

result<scan_options> scan_of(const target& t, const view_type& view) {
  scan_options scan;
  scan.limit = rows_limit_default;
  if (auto wrong = take_limit(t, scan_limit_max, scan.limit))
    return error(errc::invalid_argument, std::move(wrong->detail));
  static constexpr std::array keys{column_kind::text};
  std::span<const column_kind> columns = keys;
  if (const auto* index = find_parameter(t, "index")) {
    scan.index = *index;
    const auto* found = view.find_index(*index);
    if (found == nullptr)
      return error(domain_errc::unknown_index,
                   "index: view '" + view.name + "' has no index '" + index->substr(0, 100) + "'");
    columns = found->columns;
  }
  for (const auto& [name, bound] : {std::pair{"equal", &scan.equal}, std::pair{"from", &scan.from},
                                    std::pair{"to", &scan.to}, std::pair{"prefix", &scan.prefix}}) {
    const auto* text = find_parameter(t, name);
    if (text == nullptr) continue;
    auto read = parse_bound(*text, columns);
    if (!read)
      return error(read.error().code(),
                   std::string(name) + ": " + std::string(read.error().detail()));
    *bound = std::move(*read);
  }
  if (const auto* reverse = find_parameter(t, "reverse")) {
    if (*reverse != "true" && *reverse != "false")
      return error(errc::invalid_argument, "reverse must be true or false");
    scan.reverse = *reverse == "true";
  }
  if (const auto* cursor = find_parameter(t, "cursor")) scan.cursor = *cursor;
  return scan;
}

result<std::string> request_of(const target& t, const query_type& query) {
  std::vector<named_text> fields;
  for (const auto& p : t.query)
    if (!is_read_parameter(p.name)) fields.push_back({p.name, p.value});
  return json_of_fields(query.request_shape, fields);
}

} // namespace acta::http
