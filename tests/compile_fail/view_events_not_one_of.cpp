// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Events in a list of another kind.
#include "bank.hpp"

#include <tuple>

namespace bank {
struct balance {
  static constexpr std::string_view name = "balances";
  using events = std::tuple<credited>;
  void evolve(const credited&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.view<bank::balance>(); }
