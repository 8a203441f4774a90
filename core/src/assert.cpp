// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace acta::detail {

void assertion_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "acta: assertion failed: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

} // namespace acta::detail
