// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A view's two tables in memory: what a view's test folds into, instead of an LMDB environment.
#pragma once

#include <acta/domain/row_table.hpp>

#include <functional>
#include <map>
#include <string>

namespace acta::testing {

/// Both tables as maps of bytes. Writes take effect at once and are never given up: a test that
/// fails half way throws its copy away.
///
/// A value: a copy is a picture. Threads: one at a time. Limits: none besides the memory.
class memory_rows : public row_writer {
public:
  /// Ordered as LMDB orders: by unsigned bytes, the shorter first.
  using table = std::map<std::string, std::string, std::less<>>;

  result<bool> get(row_table table, bytes_view key, bytes_view& value) override;
  /// The cursor follows the table: after a write it goes on from the key it stood on.
  result<std::unique_ptr<table_cursor>> scan(row_table table) override;
  result<std::uint64_t> count(row_table table) override;
  result<void> put(row_table table, bytes_view key, bytes_view value) override;
  /// An absent key is no error.
  result<void> erase(row_table table, bytes_view key) override;

  [[nodiscard]] const table& entries(row_table t) const noexcept {
    return t == row_table::rows ? rows_ : indexes_;
  }
  friend bool operator==(const memory_rows& a, const memory_rows& b) noexcept {
    return a.rows_ == b.rows_ && a.indexes_ == b.indexes_;
  }

private:
  table& writable(row_table t) noexcept { return t == row_table::rows ? rows_ : indexes_; }

  table rows_;
  table indexes_;
};

} // namespace acta::testing
