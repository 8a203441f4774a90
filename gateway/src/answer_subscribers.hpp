// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Answers about subscribers.
#pragma once

#include "call.hpp"
#include "response.hpp"

#include <acta/runtime/runtime.hpp>

namespace acta::http {

/// Blocking: reads the store.
void answer_subscribers(const runtime& from, response& to);
/// Blocking: reads the store.
void answer_dead_letters(runtime& from, const call& c, response& to, const log_sink& log);
/// Does what an operator asks for. Blocking: writes the subscriber's record.
void answer_order(runtime& to_whom, const call& c, response& to, const log_sink& log);

} // namespace acta::http
