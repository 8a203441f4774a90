// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An earlier event of which nobody says what it is today.
#include "bank.hpp"

namespace bank {
struct moved {
  template <class A> void serialize(A&) {}
};
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened>;
  using earlier = acta::one_of<moved>;
  using commands = acta::one_of<open_account>;
  acta::decision<events> decide(const open_account&) const { return opened{}; }
  void evolve(const opened&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
