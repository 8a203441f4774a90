// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A row's columns in an index, with the exceptions of user code caught.
#pragma once

#include <acta/domain/view_type.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace acta {

/// As index_type::append_key. Errors: `evolve_threw`, naming view and index.
result<bool> append_columns(const view_type& view, const index_type& index, const void* row,
                            std::string& out);

/// `NaN`, `Infinity` and `-Infinity`, as JSON has them.
[[nodiscard]] std::optional<double> real_of_name(std::string_view text) noexcept;

} // namespace acta
