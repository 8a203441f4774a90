// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A view whose rows are of another type cannot fold into itself.
#include "bank.hpp"

namespace bank {
struct total {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct totals {
  static constexpr std::string_view name = "totals";
  using events = acta::one_of<credited>;
  using row = total;
  std::int64_t cents = 0;
  void evolve(const credited& e) { cents += e.cents; }
};
} // namespace bank

void fill(acta::model& model) { model.view<bank::totals>(); }
