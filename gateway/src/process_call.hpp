// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Requests about what processes have set aside: `/v1/processes/set-aside`.
#pragma once

#include "call.hpp"

#include <optional>

namespace acta::http {

inline constexpr std::size_t set_aside_limit_default = 100;
inline constexpr std::size_t set_aside_limit_max = 1000;

/// Pre: `t.segment(1) == "processes"`.
std::optional<problem> understand_processes(const request& r, const target& t, call& c);

} // namespace acta::http
