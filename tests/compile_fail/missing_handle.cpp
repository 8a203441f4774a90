// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A subscriber that does not handle one of its events.
#include "bank.hpp"

namespace bank {
struct notes {
  static constexpr std::string_view name = "notes";
  using events = acta::one_of<opened, credited>;
  acta::mail handle(const opened&) const { return {}; }
};
} // namespace bank

void fill(acta::model& model) { model.subscriber<bank::notes>(); }
