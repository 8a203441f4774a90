// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the worker that ends at a crash point and its judge agree on: a small world in which every
/// point is passed, and which shows every effect that came twice or never.
#pragma once

#include "noter.hpp"
#include "transfer.hpp"

#include <cstdint>
#include <string>

namespace crash {

/// Asked for under the same command ids in every life.
inline constexpr int transfers = 12;
inline constexpr int reminders = 6;
inline constexpr std::int64_t opening_cents = 100;

/// Transfer 0, 1, 2: done, refused (too much), returned (nobody is there); and so on.
inline test::request_transfer transfer_of(int i) {
  if (i % 3 == 1) return {"ada", "bob", 1'000'000};
  return {"ada", i % 3 == 0 ? "bob" : "nobody", 1 + i};
}
inline std::string state_of_transfer(int i) {
  return i % 3 == 0 ? "done" : i % 3 == 1 ? "refused: insufficient_funds" : "returned";
}
inline std::string transfer_id(int i) { return "t" + std::to_string(i); }
inline std::string reminder_id(int i) { return "r" + std::to_string(i); }

inline acta::model points_model() {
  acta::model m;
  m.aggregate<test::account>().process<test::transfer>().process<test::reminder>();
  return m;
}

} // namespace crash
