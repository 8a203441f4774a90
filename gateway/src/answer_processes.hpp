// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Answers about processes, and what they have set aside.
#pragma once

#include "call.hpp"
#include "response.hpp"

#include <acta/core/log.hpp>
#include <acta/runtime/runtime.hpp>

namespace acta::http {

void answer_processes(const runtime& from, response& to);
/// Blocking: reads the store.
void answer_set_aside(const runtime& from, const call& c, response& to, const log_sink& log);
/// Blocking: writes the outbox.
void answer_drop_set_aside(runtime& in, const call& c, response& to, const log_sink& log);

} // namespace acta::http
