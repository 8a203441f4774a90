// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A key that would never be called, so that rows would go under the stream's id.
#include "bank.hpp"

namespace bank {
struct balance {
  static constexpr std::string_view name = "balances";
  using events = acta::one_of<credited>;
  static std::string key(const credited&) { return "all"; }
  void evolve(const credited&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.view<bank::balance>(); }
