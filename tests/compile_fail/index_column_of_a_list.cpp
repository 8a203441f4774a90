// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An index over something that has no order of its own.
#include "bank.hpp"

namespace bank {
struct balance {
  static constexpr std::string_view name = "balances";
  using events = acta::one_of<credited>;
  std::vector<std::int64_t> credits;
  void evolve(const credited& e) { credits.push_back(e.cents); }
  static auto indexes() { return acta::indexes(acta::index("by_credits", &balance::credits)); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(credits)); }
};
} // namespace bank

void fill(acta::model& model) { model.view<bank::balance>(); }
