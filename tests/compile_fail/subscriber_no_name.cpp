// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A subscriber without a durable name.
#include "bank.hpp"

namespace bank {
struct notes {
  using events = acta::one_of<credited>;
  void handle(const credited&) const {}
};
} // namespace bank

void fill(acta::model& model) { model.subscriber<bank::notes>(); }
