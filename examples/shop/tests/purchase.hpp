// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// An order that tests buy.
#pragma once

#include <shop/order_events.hpp>

#include <vector>

namespace test {

inline std::vector<shop::cart_line> two_lines() {
  return {{"book-1", "Dune", 2, {1299, "EUR"}}, {"book-2", "Emma", 1, {950, "EUR"}}};
}

/// Ada's, as the order holds it.
inline shop::order_contents dune_and_emma() {
  return {"ada", "Ada", "ada@example.org", two_lines(), {2 * 1299 + 950, "EUR"}};
}

} // namespace test
