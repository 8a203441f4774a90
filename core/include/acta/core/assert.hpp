// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// ACTA_ASSERT: a bug in Acta or a broken precondition. Kept in release builds, because going on
/// with a broken invariant could write a wrong history; aborting cannot.
#pragma once

namespace acta::detail {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line) noexcept;
} // namespace acta::detail

#define ACTA_ASSERT(expression)                                                                    \
  (static_cast<bool>(expression)                                                                   \
       ? void(0)                                                                                   \
       : ::acta::detail::assertion_failed(#expression, __FILE__, __LINE__))
