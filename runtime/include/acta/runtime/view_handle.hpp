// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The rows of one view, as they are at each call.
#pragma once

#include <acta/domain/picture.hpp>
#include <acta/projections/projections.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace acta {

/// A cheap value; valid as long as its runtime. Each call reads a picture of its own; to read
/// several things of one moment take acta::runtime::picture().
///
/// Threads: any. Blocking: page faults, and up to read_options::timeout if the view is to show a
/// position. Errors of all members: `view_late` (committed, but not yet shown by the deadline),
/// `view_building`, `unknown_view`, `decode_failed`, `io`.
template <class V> class view_handle {
public:
  using row = row_of<V>;

  explicit view_handle(projections& from) noexcept : from_(&from) {}

  /// Errors: `not_found`.
  [[nodiscard]] result<row> get(std::string_view key, const read_options& options = {}) const {
    return read(options, [&](const view_rows<V>& rows) { return rows.get(key); });
  }
  /// The same, where no row is an answer too.
  [[nodiscard]] result<std::optional<row>> find(std::string_view key,
                                                const read_options& options = {}) const {
    return read(options, [&](const view_rows<V>& rows) { return rows.find(key); });
  }
  /// One page of a range. Errors: `unknown_index`, `invalid_argument`.
  [[nodiscard]] result<page<row>> scan(const scan_options& range = {},
                                       const read_options& options = {}) const {
    return read(options, [&](const view_rows<V>& rows) { return rows.scan(range); });
  }
  /// All rows of a range: `f(key, row)`, which may return false to end it. Do not dawdle in `f`: a
  /// read is held open, with the age limit of a picture.
  template <class F>
  result<void> each(const scan_options& range, F&& f, const read_options& options = {}) const {
    return read(options, [&](const view_rows<V>& rows) { return rows.each(range, f); });
  }
  [[nodiscard]] result<std::uint64_t> count(const scan_options& range = {},
                                            const read_options& options = {}) const {
    return read(options, [&](const view_rows<V>& rows) { return rows.count(range); });
  }

private:
  template <class F> auto read(const read_options& options, F&& f) const {
    const auto source = from_->fresh(options);
    return f(view_rows<V>(*source));
  }

  projections* from_;
};

} // namespace acta
