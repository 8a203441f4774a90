// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Answers from views, queries and the events of all streams.
#pragma once

#include "call.hpp"
#include "request.hpp"
#include "response.hpp"
#include "target.hpp"

#include <acta/runtime/runtime.hpp>

#include <optional>
#include <string>

namespace acta::http {

/// Answers route::row, rows or query as things are, without waiting for `c.read.at_least`.
///
/// @returns the view that has not come so far, empty if none: `to` is then what the client is told
/// at its deadline, and until then it may be tried again. Blocking: reads the store.
std::string answer_read(runtime& from, const call& c, const target& t, const request& r,
                        response& to, const log_sink& log);
/// Blocking: reads the store.
void answer_views(const runtime& from, response& to);
/// Blocking: reads the store.
void answer_all_events(runtime& from, const call& c, response& to, const log_sink& log);

/// Blocking: reads the store.
void answer_why(runtime& from, const call& c, response& to, const log_sink& log);

/// After `why`, which next() has said: the first position of a damaged commit that is passed over.
/// Nothing if that was not the trouble.
std::optional<position> pass_over(subscription& events, const error& why);

/// The events a call wants. Errors: `invalid_argument`, `unknown_aggregate`, `unknown_event_type`,
/// naming the parameter.
result<subscription> follow(runtime& from, const call& c);
/// A name in a query string that does not exist is a mistake in the request, not a resource that is
/// not there.
[[nodiscard]] problem follow_problem(const error& e);

} // namespace acta::http
