// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Answers about what processes have set aside.
#pragma once

#include "call.hpp"
#include "response.hpp"

#include <acta/core/log.hpp>
#include <acta/runtime/runtime.hpp>

namespace acta::http {

/// Blocking: reads the store.
void answer_set_aside(const runtime& from, const call& c, response& to, const log_sink& log);
/// Blocking: writes the outbox.
void answer_drop_set_aside(runtime& in, const call& c, response& to, const log_sink& log);

} // namespace acta::http
