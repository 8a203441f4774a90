// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/aggregate.hpp>

namespace acta::testing::detail {

std::string show_rejection(const rejection& no) {
  return "rejected: " + no.code + (no.message.empty() ? "" : ": " + no.message);
}

} // namespace acta::testing::detail
