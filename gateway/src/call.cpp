// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include "entity_tags.hpp"
#include "parameters.hpp"
#include "read_call.hpp"

#include <xxhash.h>

#include <algorithm>

namespace acta::http {

namespace {

std::optional<problem> take_correlation(const request& r, uuid& into) {
  const auto& h = r.acta_correlation_id.present() ? r.acta_correlation_id : r.x_correlation_id;
  if (!h.present()) return std::nullopt;
  auto id = uuid::parse(h.text);
  if (h.count > 1 || !id)
    return bad_header(
        std::string(&h == &r.acta_correlation_id ? "Acta-Correlation-Id" : "X-Correlation-ID") +
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
    return bad_header("Idempotency-Key must be one text of 1.." +
                      std::to_string(idempotency_key_bytes_max) + " bytes");
  into = command_id_of(key);
  if (into.is_nil()) return bad_header("Idempotency-Key must not be the nil uuid");
  return std::nullopt;
}

std::optional<problem> understand_command(const request& r, call& c) {
  if (auto wrong = check_body(r, "a command")) return wrong;
  if (auto wrong = take_key(r.idempotency_key, c.options.command_id)) return wrong;
  version_condition wanted;
  if (auto wrong = take_version_condition(r, wanted)) return wrong;
  c.options.expected_to_exist = wanted.exists;
  c.options.expected_versions = std::move(wanted.versions);
  return take_correlation(r, c.options.correlation_id);
}

std::optional<problem> understand_state(const target& t, call& c) {
  if (auto wrong = check_names(t, {"version", "at"})) return wrong;
  const auto* version = find_parameter(t, "version");
  const auto* at = find_parameter(t, "at");
  if (version != nullptr && at != nullptr) return bad_parameter("give version or at, not both");
  if (version != nullptr) {
    const auto number = parse_number(*version);
    if (!number || *number == 0) return bad_parameter("version must be a number from 1");
    c.when = at_version{*number};
  }
  if (at != nullptr) {
    const auto time = parse_rfc3339(*at);
    if (!time) return bad_parameter("at must be a time of RFC 3339, such as 2026-11-22T10:00:00Z");
    c.when = at_time{*time};
  }
  return std::nullopt;
}

std::optional<problem> understand_events(const target& t, call& c) {
  if (auto wrong = check_names(t, {"from", "limit"})) return wrong;
  c.range = {.from = 1, .limit = events_limit_default};
  if (const auto* from = find_parameter(t, "from")) {
    const auto number = parse_number(*from);
    if (!number || *number == 0) return bad_parameter("from must be a version from 1");
    c.range.from = *number;
  }
  return take_limit(t, events_limit_max, c.range.limit);
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

namespace {

/// `/v1/{aggregate}/{id}` and what stands below it.
std::optional<problem> understand_stream(const request& r, const target& t, call& c, bool reads) {
  if (t.count < 3 || t.count > 4) return unknown_route();
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
  if (c.to == route::state) return understand_state(t, c);
  if (c.to == route::events) return understand_events(t, c);
  if (auto wrong = check_names(t, {})) return wrong;
  return understand_command(r, c);
}

} // namespace

std::optional<problem> understand(const request& r, target& t, call& c,
                                  const gateway_options& options, const known_hosts& known) {
  c = {};
  if (auto wrong = parse_target(r.target, t)) return wrong;
  if (auto wrong = check_host(r, t, known)) return wrong;
  const auto reads = r.how == method::get || r.how == method::head;
  if (t.segment(0) == "health" && t.count == 2 &&
      (t.segment(1) == "live" || t.segment(1) == "ready")) {
    if (!reads) return wrong_method("GET, HEAD");
    c.to = t.segment(1) == "live" ? route::live : route::ready;
    return check_names(t, {});
  }
  if (t.segment(0) != "v1") return unknown_route();
  if (is_reserved(t.segment(1))) return understand_read(r, t, c, options);
  return understand_stream(r, t, c, reads);
}

std::string subject_of(const call& c) {
  std::string text;
  switch (c.to) {
  case route::command:
  case route::state:
  case route::events:
    text.append(c.aggregate).append("/").append(c.id);
    if (!c.command.empty()) text.append(" ").append(c.command);
    break;
  case route::row:
  case route::rows:
    text.append("view ").append(c.name);
    break;
  case route::query:
    text.append("query ").append(c.name);
    break;
  case route::views:
    text = "views";
    break;
  case route::all_events:
    text = "events";
    break;
  case route::why:
    text.append("event ").append(c.event.to_string());
    break;
  case route::subscribers:
    text = "subscribers";
    break;
  case route::dead_letters:
  case route::subscriber:
    text.append("subscriber ").append(c.name);
    break;
  case route::processes:
    text = "processes";
    break;
  case route::set_aside:
  case route::drop_set_aside:
    text = "set aside by processes";
    break;
  case route::live:
  case route::ready:
    text = "health";
    break;
  }
  return text;
}

} // namespace acta::http
