// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A subscriber whose events are not a list.
#include "bank.hpp"

namespace bank {
struct notes {
  static constexpr std::string_view name = "notes";
  using events = credited;
  void handle(const credited&) const {}
};
} // namespace bank

void fill(acta::model& model) { model.subscriber<bank::notes>(); }
