// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include <xxhash.h>

#include <algorithm>
#include <charconv>

namespace acta::http {

namespace {

problem bad(std::string code, std::string detail) {
  return {.status = 400, .code = std::move(code), .detail = std::move(detail)};
}

problem wrong_method(std::string allow) {
  return {.status = 405,
          .code = "method_not_allowed",
          .detail = "this resource knows " + allow,
          .allow = std::move(allow)};
}

problem unknown_route() {
  return {.status = 404,
          .code = "unknown_route",
          .detail = "known are POST /v1/{aggregate}/{id}/{command}, GET /v1/{aggregate}/{id}, "
                    "GET /v1/{aggregate}/{id}/events, GET /health/live and GET /health/ready"};
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) noexcept {
  const auto from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool is_json(std::string_view content_type) noexcept {
  return same_ignoring_case(trimmed(content_type.substr(0, content_type.find(';'))),
                            "application/json");
}

/// `"3"` -> 3; nothing for anything else, such as `*`, a weak tag or a list.
std::optional<version_number> parse_strong_version(std::string_view text) {
  if (text.size() < 3 || text.front() != '"' || text.back() != '"') return std::nullopt;
  return parse_number(text.substr(1, text.size() - 2));
}

std::optional<problem> take_correlation(const request& r, uuid& into) {
  const auto& h = r.acta_correlation_id.present() ? r.acta_correlation_id : r.x_correlation_id;
  if (!h.present()) return std::nullopt;
  auto id = uuid::parse(h.text);
  if (h.count > 1 || !id)
    return bad("bad_header", std::string(&h == &r.acta_correlation_id ? "Acta-Correlation-Id"
                                                                      : "X-Correlation-ID") +
                                 " must be one uuid");
  into = *id;
  return std::nullopt;
}

std::optional<problem> take_key(const header& h, uuid& into) {
  if (!h.present()) return std::nullopt;
  std::string_view key = h.text;
  // The IETF's draft makes it a quoted string, most clients send it bare: both are the same key.
  if (key.size() >= 2 && key.front() == '"' && key.back() == '"')
    key = key.substr(1, key.size() - 2);
  if (h.count > 1 || key.empty() || key.size() > idempotency_key_bytes_max)
    return bad("bad_header", "Idempotency-Key must be one text of 1.." +
                                 std::to_string(idempotency_key_bytes_max) + " bytes");
  into = command_id_of(key);
  if (into.is_nil()) return bad("bad_header", "Idempotency-Key must not be the nil uuid");
  return std::nullopt;
}

/// A page of another site that a browser shows can send simple requests here; nothing but this
/// header tells them apart. Authorities are compared, not schemes: TLS may end at a proxy.
std::optional<problem> check_origin(const request& r) {
  if (!r.origin.present()) return std::nullopt;
  std::string_view origin = r.origin.text;
  const auto scheme = origin.find("://");
  if (scheme != std::string_view::npos) origin.remove_prefix(scheme + 3);
  if (r.origin.count == 1 && same_ignoring_case(origin, r.host.text)) return std::nullopt;
  return problem{.status = 403,
                 .code = "cross_origin",
                 .detail = "commands from pages of another origin are refused"};
}

std::optional<problem> understand_command(const request& r, call& c) {
  if (auto wrong = check_origin(r)) return wrong;
  if (r.content_type.present() && (r.content_type.count > 1 || !is_json(r.content_type.text)))
    return problem{.status = 415,
                   .code = "unsupported_media_type",
                   .detail = "a command is sent as content-type: application/json"};
  if (auto wrong = take_key(r.idempotency_key, c.options.command_id)) return wrong;
  if (r.if_match.present()) {
    c.options.expected_version = parse_strong_version(r.if_match.text);
    if (r.if_match.count > 1 || !c.options.expected_version)
      return bad(
          "bad_header",
          "If-Match must be one version in quotes, such as \"3\"; \"0\" means no events yet");
  }
  return take_correlation(r, c.options.correlation_id);
}

/// Each name at most once, and only those in `known`.
std::optional<problem> check_names(const target& t, std::initializer_list<std::string_view> known) {
  for (const auto& p : t.query) {
    if (std::ranges::find(known, p.name) == known.end()) {
      std::string list;
      for (const auto name : known) list.append(list.empty() ? "" : ", ").append(name);
      return bad("bad_parameter", "unknown query parameter '" + p.name.substr(0, 100) + "'; " +
                                      (list.empty() ? "none is known here" : "known are " + list));
    }
    if (std::ranges::count(t.query, p.name, &parameter::name) > 1)
      return bad("bad_parameter", "query parameter '" + p.name + "' is given twice");
  }
  return std::nullopt;
}

const std::string* find(const target& t, std::string_view name) {
  const auto at = std::ranges::find(t.query, name, &parameter::name);
  return at == t.query.end() ? nullptr : &at->value;
}

std::optional<problem> understand_state(const target& t, call& c) {
  if (auto wrong = check_names(t, {"version", "at"})) return wrong;
  const auto* version = find(t, "version");
  const auto* at = find(t, "at");
  if (version != nullptr && at != nullptr)
    return bad("bad_parameter", "give version or at, not both");
  if (version != nullptr) {
    const auto number = parse_number(*version);
    if (!number || *number == 0) return bad("bad_parameter", "version must be a number from 1");
    c.when = at_version{*number};
  }
  if (at != nullptr) {
    const auto time = parse_rfc3339(*at);
    if (!time)
      return bad("bad_parameter", "at must be a time of RFC 3339, such as 2026-11-22T10:00:00Z");
    c.when = at_time{*time};
  }
  return std::nullopt;
}

std::optional<problem> understand_events(const target& t, call& c) {
  if (auto wrong = check_names(t, {"from", "limit"})) return wrong;
  c.range = {.from = 1, .limit = events_limit_default};
  if (const auto* from = find(t, "from")) {
    const auto number = parse_number(*from);
    if (!number || *number == 0) return bad("bad_parameter", "from must be a version from 1");
    c.range.from = *number;
  }
  if (const auto* limit = find(t, "limit")) {
    const auto number = parse_number(*limit);
    if (!number || *number == 0 || *number > events_limit_max)
      return bad("bad_parameter", "limit must be 1.." + std::to_string(events_limit_max));
    c.range.limit = *number;
  }
  return std::nullopt;
}

} // namespace

uuid command_id_of(std::string_view key) {
  if (const auto id = uuid::parse(key)) return *id;
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(key.data(), key.size()));
  uuid id;
  std::ranges::copy(canonical.digest, id.bytes.begin());
  return id;
}

bool names_version(std::string_view if_none_match, version_number version) {
  while (!if_none_match.empty()) {
    const auto comma = if_none_match.find(',');
    auto tag = trimmed(if_none_match.substr(0, comma));
    if_none_match.remove_prefix(comma == std::string_view::npos ? if_none_match.size() : comma + 1);
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (parse_strong_version(tag) == version) return true;
  }
  return false;
}

std::optional<problem> understand(const request& r, target& t, call& c) {
  c = {};
  if (auto wrong = parse_target(r.target, t)) return wrong;
  const auto reads = r.how == method::get || r.how == method::head;
  if (t.segment(0) == "health" && t.count == 2 &&
      (t.segment(1) == "live" || t.segment(1) == "ready")) {
    if (!reads) return wrong_method("GET, HEAD");
    c.to = t.segment(1) == "live" ? route::live : route::ready;
    return check_names(t, {});
  }
  if (t.segment(0) != "v1" || t.count < 3 || t.count > 4) return unknown_route();
  c.aggregate = t.segment(1);
  c.id = t.segment(2);
  c.command = t.segment(3);
  if (c.aggregate.empty() || (t.count == 4 && c.command.empty())) return unknown_route();
  const auto is_events = c.command == "events";
  c.to = t.count == 3 ? route::state : reads && is_events ? route::events : route::command;
  if (c.to == route::command && r.how != method::post)
    return wrong_method(is_events ? "GET, HEAD, POST" : "POST");
  if (c.to == route::state && !reads) return wrong_method("GET, HEAD");
  if (const auto ok = check_stream_id(c.id); !ok) return problem_of(ok.error());
  switch (c.to) {
  case route::command:
    if (auto wrong = check_names(t, {})) return wrong;
    return understand_command(r, c);
  case route::state:
    return understand_state(t, c);
  case route::events:
    return understand_events(t, c);
  default:
    return std::nullopt;
  }
}

} // namespace acta::http
