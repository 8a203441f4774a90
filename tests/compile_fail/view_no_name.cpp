// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A view without a durable name.
#include "bank.hpp"

namespace bank {
struct balance {
  using events = acta::one_of<credited>;
  void evolve(const credited&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.view<bank::balance>(); }
