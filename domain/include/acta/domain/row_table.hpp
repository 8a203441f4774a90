// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The seam under a view: two ordered tables of bytes, as one transaction sees them.
///
/// What a row is, how indexes are kept and how a range is scanned is written once, over this seam;
/// LMDB implements it for a runtime, a std::map for tests of a domain.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>

#include <cstdint>
#include <memory>

namespace acta {

enum class row_table : std::uint8_t {
  rows,    ///< row key -> encoded row
  indexes, ///< index number, encoded columns [, row key] -> row key
};

/// The longest key of either table: of an index entry with its row's key.
inline constexpr std::size_t table_key_bytes_max = 511;
/// Keys of rows are what ids of streams are.
inline constexpr std::size_t row_key_bytes_max = stream_id_bytes_max;

struct table_entry {
  bytes_view key, value; ///< valid until the cursor moves or the table is written to
};

/// A place in a table. All members: false at the end (or beginning) of the table.
class table_cursor {
public:
  virtual ~table_cursor() = default;
  /// The first entry at or after `key`; the very first one for an empty key.
  virtual result<bool> seek(bytes_view key, table_entry& out) = 0;
  /// The last entry before `key`; the very last one for an empty key.
  virtual result<bool> seek_before(bytes_view key, table_entry& out) = 0;
  /// The neighbours of the entry last found. Pre: one was found.
  virtual result<bool> next(table_entry& out) = 0;
  virtual result<bool> previous(table_entry& out) = 0;
};

/// Threads: one at a time, cursors included, which must not outlive it.
class row_reader {
public:
  virtual ~row_reader() = default;
  /// False if there is no such key. The value is valid until the next write or the end of the
  /// transaction.
  virtual result<bool> get(row_table table, bytes_view key, bytes_view& value) = 0;
  virtual result<std::unique_ptr<table_cursor>> scan(row_table table) = 0;
  /// Entries of the table. Cost: none.
  virtual result<std::uint64_t> count(row_table table) = 0;
};

class row_writer : public row_reader {
public:
  /// Pre: 1..table_key_bytes_max bytes of key. Errors: `store_full`, `io`; the transaction is then
  /// only good for being given up.
  virtual result<void> put(row_table table, bytes_view key, bytes_view value) = 0;
  virtual result<void> erase(row_table table, bytes_view key) = 0;
};

} // namespace acta
