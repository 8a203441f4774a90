// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "bank.hpp"

namespace bank {
struct closed {
  std::string why;
};
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened, closed>;
  using commands = acta::one_of<open_account>;
  using decision = acta::decision<events>;

  decision decide(const open_account&) const { return opened{}; }
  void evolve(const opened&) {}
  void evolve(const closed&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
