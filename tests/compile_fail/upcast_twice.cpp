// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// An event with two upcasts: they are not chained.
#include "bank.hpp"

namespace bank {
struct saved_v1 {
  template <class A> void serialize(A&) {}
};
struct saved_v2 {
  template <class A> void serialize(A&) {}
};
struct saved {
  static constexpr unsigned schema = 3;
  static saved upcast(const saved_v1&) { return {}; }
  static saved upcast(const saved_v2&) { return {}; }
  template <class A> void serialize(A&) {}
};
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<saved>;
  using commands = acta::one_of<open_account>;
  acta::decision<events> decide(const open_account&) const { return saved{}; }
  void evolve(const saved&) {}
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
