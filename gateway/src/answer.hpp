// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Answers of the routes: what the runtime says, as JSON.
#pragma once

#include "call.hpp"
#include "request.hpp"
#include "response.hpp"

#include <acta/runtime/runtime.hpp>

namespace acta::http {

/// Bytes of one page of events after which it ends early, with `next`.
inline constexpr std::size_t events_page_bytes_max = std::size_t{4} << 20;

void answer_receipt(const receipt& given, response& to);
/// Blocking: reads the store.
void answer_state(runtime& from, const call& c, response& to, const log_sink& log);
/// Blocking: reads the store.
void answer_events(runtime& from, const call& c, response& to, const log_sink& log);
void answer_live(response& to);
/// `reasons` not to be ready; none means ready.
void answer_ready(const runtime_figures& figures, std::vector<std::string> reasons, response& to);

/// Answers with the problem an error is, and logs what a client is not told.
void answer_error(const error& e, const call& c, response& to, const log_sink& log);

} // namespace acta::http
