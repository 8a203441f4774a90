// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A command that became two: what waits is one command, and stays one.
#include "bank.hpp"

namespace bank {
struct save_v1 {
  template <class A> void serialize(A&) {}
};
struct save {
  static constexpr unsigned schema = 2;
  static std::vector<save> upcast(const save_v1&) { return {}; }
  template <class A> void serialize(A&) {}
};
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened>;
  using commands = acta::one_of<save>;
  acta::decision<events> decide(const save&) const { return opened{}; }
  void evolve(const opened&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
