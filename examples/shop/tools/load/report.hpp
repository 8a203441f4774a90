// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a run ends with.
#pragma once

#include "books.hpp"
#include "customer.hpp"

#include <chrono>
#include <string>

namespace shop::load {

struct run_report {
  const shop_floor& floor;
  const balance& books;
  std::chrono::duration<double> took; ///< without the wait for the books

  [[nodiscard]] bool good() const { return books.even() && floor.books.troubles.empty(); }
};

/// A table for people.
[[nodiscard]] std::string as_text(const run_report& r);
/// One JSON object for programs.
[[nodiscard]] std::string as_json(const run_report& r);

} // namespace shop::load
