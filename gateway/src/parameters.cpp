// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "parameters.hpp"

#include <acta/core/printable.hpp>

#include <algorithm>
#include <charconv>

namespace acta::http {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

problem wrong_method(std::string allow) {
  return {.status = 405,
          .code = "method_not_allowed",
          .detail = "this resource knows " + allow,
          .allow = std::move(allow)};
}

problem unknown_route() {
  return {
      .status = 404,
      .code = "unknown_route",
      .detail =
          "known are POST /v1/{aggregate}/{id}/{command}, GET /v1/{aggregate}/{id}, "
          "GET /v1/{aggregate}/{id}/events, GET /v1/views, GET /v1/views/{view}, "
          "GET /v1/views/{view}/{key}, GET and POST /v1/queries/{query}, GET /v1/events, "
          "GET /v1/events/{position}/why, GET /v1/subscribers, "
          "GET /v1/subscribers/{subscriber}/dead-letters, "
          "POST /v1/subscribers/{subscriber}/pause, POST /v1/subscribers/{subscriber}/resume, "
          "POST /v1/subscribers/{subscriber}/dead-letters/retry, "
          "POST /v1/subscribers/{subscriber}/dead-letters/{position}/retry, "
          "POST /v1/subscribers/{subscriber}/dead-letters/{position}/drop, "
          "GET /v1/processes/set-aside, POST /v1/processes/set-aside/{id}/drop, "
          "GET /health/live and GET /health/ready; a slash within an id or a key is written %2F"};
}

problem bad_parameter(std::string detail) {
  return {.status = 400, .code = "bad_parameter", .detail = std::move(detail)};
}
problem bad_header(std::string detail) {
  return {.status = 400, .code = "bad_header", .detail = std::move(detail)};
}

std::optional<problem> check_names(const target& t, std::initializer_list<std::string_view> known) {
  for (const auto& p : t.query) {
    if (std::ranges::find(known, p.name) == known.end()) {
      std::string list;
      for (const auto name : known) list.append(list.empty() ? "" : ", ").append(name);
      return bad_parameter("unknown query parameter '" + p.name.substr(0, 100) + "'; " +
                           (list.empty() ? "none is known here" : "known are " + list));
    }
    if (std::ranges::count(t.query, p.name, &parameter::name) > 1)
      return bad_parameter("query parameter '" + p.name + "' is given twice");
  }
  return std::nullopt;
}

const std::string* find_parameter(const target& t, std::string_view name) {
  const auto at = std::ranges::find(t.query, name, &parameter::name);
  return at == t.query.end() ? nullptr : &at->value;
}

std::optional<problem> take_limit(const target& t, std::size_t most, std::size_t& into) {
  const auto* text = find_parameter(t, "limit");
  if (text == nullptr) return std::nullopt;
  const auto number = parse_number(*text);
  if (!number || *number == 0 || *number > most)
    return bad_parameter("limit must be 1.." + std::to_string(most));
  into = *number;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::vector<position>> parse_positions(std::string_view text) {
  std::vector<position> all;
  do {
    auto one = position::parse(trimmed(take_until(text, ',')));
    if (!one || std::ranges::count(all, one->partition, &position::partition) != 0)
      return std::nullopt;
    all.push_back(*one);
  } while (!text.empty());
  return all;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> all;
  do all.emplace_back(trimmed(take_until(text, ',')));
  while (!text.empty());
  return all;
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_json(const header& content_type) noexcept {
  if (!content_type.present()) return true;
  std::string_view text = content_type.text;
  return content_type.count == 1 &&
         same_ignoring_case(trimmed(take_until(text, ';')), "application/json");
}

bool wants_event_stream(const header& accept) noexcept {
  std::string_view list = accept.text;
  while (!list.empty()) {
    auto range = take_until(list, ',');
    if (same_ignoring_case(trimmed(take_until(range, ';')), "text/event-stream")) return true;
  }
  return false;
}

std::optional<problem> check_body(const request& r, std::string_view what) {
  if (!is_json(r.content_type))
    return problem{.status = 415,
                   .code = "unsupported_media_type",
                   .detail = std::string(what) +
                             " is sent as content-type: application/json, not " +
                             printable(r.content_type.text.substr(0, 100))};
  for (std::string_view codings = r.content_encoding.text; !codings.empty();)
    if (const auto coding = trimmed(take_until(codings, ','));
        !coding.empty() && !same_ignoring_case(coding, "identity"))
      return problem{.status = 415,
                     .code = "unsupported_content_encoding",
                     .detail = "the body's content-encoding is '" +
                               printable(coding.substr(0, 100)) + "'; send it as it is",
                     .accept_encoding = "identity"};
  return std::nullopt;
}

std::string_view json_of(const request& r) noexcept {
  std::string_view body = r.body;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  return body.empty() ? std::string_view("{}") : body;
}

} // namespace acta::http
