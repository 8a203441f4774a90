// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Two earlier events, each of which is said to be the other.
#include "bank.hpp"

namespace bank {
struct moved {
  template <class A> void serialize(A&) {}
};
struct shifted {
  template <class A> void serialize(A&) {}
};
shifted upcast(const moved&) { return {}; }
moved upcast(const shifted&) { return {}; }
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened>;
  using earlier = acta::one_of<moved, shifted>;
  using commands = acta::one_of<open_account>;
  acta::decision<events> decide(const open_account&) const { return opened{}; }
  void evolve(const opened&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
