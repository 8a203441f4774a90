// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Ranges of a view's rows: by key or by an index, both ways, in pages.
#pragma once

#include <acta/domain/row_table.hpp>
#include <acta/domain/view_type.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace acta {

inline constexpr std::size_t scan_limit_max = 10'000;

/// Which rows, in which order. Bounds are inclusive and may name fewer columns than the index has:
/// then every row that agrees in those is within.
///
/// Rows come in the order of the index's columns, then of their keys. Of columns longer together
/// than an entry (index_bytes_max) only the beginning orders; bounds are exact all the same.
struct scan_options {
  /// Empty: by the rows' keys, which are one column of text.
  std::string index{};
  std::optional<index_key> equal{};
  std::optional<index_key> from{};
  std::optional<index_key> to{};
  /// The last value is text, and rows that only begin with it are within.
  std::optional<index_key> prefix{};
  bool reverse = false;
  /// Rows in one page, 1..scan_limit_max.
  std::size_t limit = 100;
  /// `next` of the page before, with the same options. Stable: rows that come and go in between
  /// neither repeat nor hide others. A row that moves within the index may be met twice or not at
  /// all.
  std::string cursor{};
};

/// A range, resolved against the view and encoded.
struct scan_plan {
  const view_type* view = nullptr;
  const index_type* index = nullptr; ///< null: by key
  std::string low;                   ///< first entry of the table that is within
  std::string high;                  ///< first one that is not; empty: to the end
  bool reverse = false;
  /// A bound is longer than what an entry holds of it: low and high take in too much, and the
  /// columns of each row are compared with the whole bounds.
  bool compare_whole = false;
  std::string whole_low;
  std::string whole_high; ///< empty: to the end
};

/// Valid as long as `type`. Errors: `unknown_index`; `invalid_argument` for bounds of other kinds
/// or more columns than the index has, a limit out of range, a cursor of another scan; each named.
result<scan_plan> plan_scan(const view_type& type, const scan_options& options);

/// Called per row; false ends the scan.
using row_visitor = std::function<bool(std::string_view key, bytes_view row)>;

/// Visits at most `limit` rows. @returns the cursor of the next page, empty if there is none; if
/// `visit` ended it, one that goes on after the row it saw last, even if nothing follows.
/// Errors: what `rows` answers, `damaged_view` if an index names a row that is not there.
result<std::string> scan_rows(row_reader& rows, const scan_plan& plan, std::size_t limit,
                              const row_visitor& visit);
/// Rows in the range. Cost: one step an entry; without bounds none.
result<std::uint64_t> count_rows(row_reader& rows, const scan_plan& plan);

} // namespace acta
