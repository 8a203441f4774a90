// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A process without a durable name.
#include "bank.hpp"

namespace bank {
struct refill {
  using inputs = acta::one_of<opened, acta::rejected<credit>>;
  acta::reaction react(const opened&) const { return {}; }
  acta::reaction react(const acta::rejected<credit>&) const { return {}; }
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.process<bank::refill>(); }
