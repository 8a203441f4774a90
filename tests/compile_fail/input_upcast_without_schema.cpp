// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An input with an upcast, but still of schema 1: it could not be told from the older one.
#include "bank.hpp"

namespace bank {
struct remind_v1 {
  template <class A> void serialize(A&) {}
};
struct remind {
  static remind upcast(const remind_v1&) { return {}; }
  template <class A> void serialize(A&) {}
};
struct refill {
  static constexpr std::string_view name = "refill";
  using inputs = acta::one_of<remind>;
  acta::reaction react(const remind&) const { return {}; }
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.process<bank::refill>(); }
