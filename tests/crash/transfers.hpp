// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What victim and judge of the processes' crash test agree on.
#pragma once

#include "transfer.hpp"

#include <cstdint>
#include <string>

namespace crash {

inline constexpr int accounts = 8;
inline constexpr std::int64_t opening_cents = 100'000;

inline acta::model money() {
  acta::model m;
  m.aggregate<test::account>({.snapshot_every = 50}).process<test::transfer>();
  return m;
}

} // namespace crash
