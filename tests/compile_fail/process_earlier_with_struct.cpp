// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An earlier input of a process with its struct: it would never be read.
#include "bank.hpp"

namespace bank {
struct remind {
  template <class A> void serialize(A&) {}
};
struct warn {
  template <class A> void serialize(A&) {}
};
struct refill {
  static constexpr std::string_view name = "refill";
  using inputs = acta::one_of<remind>;
  using earlier = acta::one_of<warn>;
  acta::reaction react(const remind&) const { return {}; }
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.process<bank::refill>(); }
