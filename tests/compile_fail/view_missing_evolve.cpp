// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An event that a view does not fold.
#include "bank.hpp"

namespace bank {
struct balance {
  static constexpr std::string_view name = "balances";
  using events = acta::one_of<opened, credited>;
  void evolve(const opened&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.view<bank::balance>(); }
