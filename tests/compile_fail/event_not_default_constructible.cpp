// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An event that cannot be read into a fresh one.
#include "bank.hpp"

namespace bank {
struct closed {
  explicit closed(std::int64_t) {}
  template <class A> void serialize(A&) {}
};
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened, credited, closed>;
  using commands = acta::one_of<open_account, credit>;
  using decision = acta::decision<acta::one_of<opened, credited, closed>>;

  decision decide(const open_account&) const { return opened{}; }
  decision decide(const credit& c) const { return credited{c.cents}; }
  void evolve(const opened&) {}
  void evolve(const credited&) {}
  void evolve(const closed&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
