// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "bank.hpp"

namespace bank {
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened>;
  using commands = acta::one_of<open_account>;
  using decision = acta::decision<events>;
  bool is_open = false;

  decision decide(const open_account&) const { return opened{}; }
  void evolve(const opened&) { is_open = true; }
};
} // namespace bank

void fill(acta::model& model) { model.aggregate<bank::account>(); }
