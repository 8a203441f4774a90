// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Bounds of a scan as text: what a query string or a command line can say.
#pragma once

#include <acta/core/result.hpp>
#include <acta/domain/index.hpp>

#include <span>
#include <string_view>

namespace acta {

/// Reads values for the leading columns of an index, whose kinds are `columns` (one of text for the
/// rows' own keys).
///
/// Text that begins with `[` is a JSON array of values: numbers, booleans, and strings for text,
/// ids and times. Any other text is the value of the first column as it stands, without quotes:
/// `books`, `1000`, `-0.5`, `true`, a uuid, a time of RFC 3339. (A text that itself begins with
/// `[` needs the array.)
///
/// Pre: `columns` is not empty. Errors: `invalid_argument`, naming the value and the kind of its
/// column.
result<index_key> parse_bound(std::string_view text, std::span<const column_kind> columns);

} // namespace acta
