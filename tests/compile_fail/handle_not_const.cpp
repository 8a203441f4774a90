// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A handle that could change what other threads use.
#include "bank.hpp"

namespace bank {
struct notes {
  static constexpr std::string_view name = "notes";
  using events = acta::one_of<credited>;
  void handle(const credited&) {}
};
} // namespace bank

void fill(acta::model& model) { model.subscriber<bank::notes>(); }
