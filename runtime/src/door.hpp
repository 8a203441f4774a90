// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What callers may say about a command. Some names are the runtime's alone: it knows by them what
/// it has sent before, and to whom an event belongs, so that a caller who took one could have a
/// process's command swallowed, or an event brought to a process that has not caused it.
///
/// engine::submit asks here when a caller sends; the runtime's own commands go by.
#pragma once

#include <acta/core/result.hpp>
#include <acta/runtime/options.hpp>

namespace acta::detail {

/// Errors: `invalid_argument`: a command id that the runtime computes for what processes do, an
/// attribute of the runtime's own.
result<void> check_caller_options(const command_options& options);

} // namespace acta::detail
