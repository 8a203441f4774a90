// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An event that a view in the general form does not project: the function is not const.
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
  void project(const credited&, const acta::event_context&, acta::rows<row>&) {}
};
} // namespace bank

void fill(acta::model& model) { model.view<bank::totals>(); }
