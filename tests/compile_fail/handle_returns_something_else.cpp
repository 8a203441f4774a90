// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A handle whose answer would be thrown away.
#include "bank.hpp"

namespace bank {
struct notes {
  static constexpr std::string_view name = "notes";
  using events = acta::one_of<credited>;
  bool handle(const credited&) const { return false; }
};
} // namespace bank

void fill(acta::model& model) { model.subscriber<bank::notes>(); }
