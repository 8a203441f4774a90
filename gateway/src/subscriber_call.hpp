// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Requests about subscribers, checked: how they are doing, their dead letters, and what an
/// operator asks for.
#pragma once

#include "call.hpp"

namespace acta::http {

inline constexpr std::size_t dead_letters_limit_default = 100;
inline constexpr std::size_t dead_letters_limit_max = 1000;

/// Pre: `t.segment(1) == "subscribers"`.
std::optional<problem> understand_subscribers(const request& r, const target& t, call& c);

} // namespace acta::http
