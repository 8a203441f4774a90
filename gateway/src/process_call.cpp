// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "process_call.hpp"

#include "entity_tags.hpp"
#include "parameters.hpp"

namespace acta::http {

std::optional<problem> understand_processes(const request& r, const target& t, call& c) {
  const auto reads = r.how == method::get || r.how == method::head;
  if (t.count == 2) {
    if (!reads) return wrong_method("GET, HEAD");
    c.to = route::processes;
    return check_names(t, {});
  }
  if (t.segment(2) != "set-aside") return unknown_route();
  if (t.count == 3) {
    if (!reads) return wrong_method("GET, HEAD");
    c.to = route::set_aside;
    if (auto wrong = check_names(t, {"after", "limit"})) return wrong;
    if (const auto* after = find_parameter(t, "after")) c.id = *after;
    c.limit = set_aside_limit_default;
    return take_limit(t, set_aside_limit_max, c.limit);
  }
  if (t.count != 5 || t.segment(4) != "drop") return unknown_route();
  if (r.how != method::post) return wrong_method("POST");
  c.to = route::drop_set_aside;
  c.id = t.segment(3);
  if (auto wrong = refuse_preconditions(r, "what is set aside has no tag")) return wrong;
  return check_names(t, {});
}

} // namespace acta::http
