// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An aggregate without a list of events.
#include "bank.hpp"

namespace bank {
struct account {
  static constexpr std::string_view name = "account";
  using commands = acta::one_of<open_account, credit>;
  using decision = acta::decision<acta::one_of<opened, credited>>;

  decision decide(const open_account&) const { return opened{}; }
  decision decide(const credit& c) const { return credited{c.cents}; }
  void evolve(const opened&) {}
  void evolve(const credited&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
