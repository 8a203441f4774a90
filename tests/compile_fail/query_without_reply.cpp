// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A query that does not say what its answer is.
#include "bank.hpp"

namespace bank {
struct how_much {
  static constexpr std::string_view name = "how_much";
  acta::result<std::int64_t> answer(const acta::picture&) const { return 0; }
  template <class A> void serialize(A&) {}
};
} // namespace bank

void fill(acta::model& model) { model.query<bank::how_much>(); }
