// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_call.hpp"

#include "entity_tags.hpp"
#include "parameters.hpp"

namespace acta::http {

namespace {

std::optional<problem> understand_dead_letters(const target& t, call& c) {
  c.to = route::dead_letters;
  if (auto wrong = check_names(t, {"from", "limit"})) return wrong;
  if (const auto* text = find_parameter(t, "from")) {
    const auto from = position::parse(*text);
    if (!from) return bad_parameter("from must be one position, such as 0:17");
    c.event = *from;
  }
  c.limit = dead_letters_limit_default;
  return take_limit(t, dead_letters_limit_max, c.limit);
}

/// What stands below `/v1/subscribers/{name}` and changes something; nothing if there is no such
/// thing.
std::optional<subscriber_order> order_of(const target& t) {
  if (t.count == 4 && t.segment(3) == "pause") return subscriber_order::pause;
  if (t.count == 4 && t.segment(3) == "resume") return subscriber_order::resume;
  if (t.segment(3) != "dead-letters") return std::nullopt;
  if (t.count == 5 && t.segment(4) == "retry") return subscriber_order::retry_all;
  if (t.count == 6 && t.segment(5) == "retry") return subscriber_order::retry;
  if (t.count == 6 && t.segment(5) == "drop") return subscriber_order::drop;
  return std::nullopt;
}

std::optional<problem> understand_order(const request& r, const target& t, call& c) {
  if (auto wrong = refuse_preconditions(r, "a subscriber has no tag")) return wrong;
  if (t.count == 6) {
    const auto event = position::parse(t.segment(4));
    if (!event)
      return problem{.status = 400,
                     .code = "bad_target",
                     .detail = "a dead letter is named by its position, such as 0:17"};
    c.event = *event;
  }
  return check_names(t, {});
}

} // namespace

std::optional<problem> understand_subscribers(const request& r, const target& t, call& c) {
  const auto reads = r.how == method::get || r.how == method::head;
  c.name = t.segment(2);
  if (t.count == 2) {
    c.to = route::subscribers;
    return reads ? check_names(t, {}) : wrong_method("GET, HEAD");
  }
  if (c.name.empty()) return unknown_route();
  if (t.count == 4 && t.segment(3) == "dead-letters")
    return reads ? understand_dead_letters(t, c) : wrong_method("GET, HEAD");
  const auto order = order_of(t);
  if (!order) return unknown_route();
  c.to = route::subscriber;
  c.order = *order;
  return r.how == method::post ? understand_order(r, t, c) : wrong_method("POST");
}

} // namespace acta::http
