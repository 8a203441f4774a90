// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Where a library's log lines go: to a function of the host's.
#pragma once

#include <functional>
#include <string_view>

namespace acta {

enum class log_level { debug, info, warning, error };

/// Takes one line without a newline. Called from any thread; must not block and must not throw.
using log_sink = std::function<void(log_level, std::string_view)>;

} // namespace acta
