// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a runtime can be opened with.
#pragma once

#include <acta/core/result.hpp>
#include <acta/runtime/options.hpp>

namespace acta::detail {

/// Refuses values with which a runtime would hang, spin, answer nothing but `overloaded`, or
/// overflow, in its nested structs too. Errors: `invalid_argument`, naming the field, what it holds
/// and what it must be.
result<void> check_options(const runtime_options& o);

} // namespace acta::detail
