// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A row that LMDB does not find any more, because a bit turned in what leads to it, is missed.
///
/// The rows of `ends` and `dedupe` are divided by the first 12 bits of their stream's hash into
/// portions, which lie together. The sum of the checksums of a portion's rows is kept in a table of
/// its own, by the transactions that change the rows. Before a reader believes for the first time
/// that a row is not there, it walks through the row's portion and compares.
#pragma once

#include "derived_records.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include <lmdb.h>

namespace acta::persistence {

inline constexpr std::size_t portion_count = sums_sheet_portions * sums_sheet_count;

/// Pre: a key of at least 2 bytes.
std::size_t portion_of(bytes_view key) noexcept;

/// What one transaction changes in the sums.
class row_sums {
public:
  row_sums(MDB_txn* txn, MDB_dbi table) noexcept : txn_(txn), table_(table) {}

  /// A row is there now, or not any more. Pre: it is whole. @returns LMDB's code, MDB_CORRUPTED if
  /// the sums themselves are not what was written.
  int add(summed_table of, bytes_view key, bytes_view value);
  int subtract(summed_table of, bytes_view key, bytes_view value);
  int write();

private:
  int find(summed_table of, bytes_view key, std::uint64_t*& sum);

  MDB_txn* txn_;
  MDB_dbi table_;
  std::array<std::unique_ptr<sums_sheet>, sums_sheet_count> sheets_; ///< those that are changed
};

/// Walks through the rows of a portion: each must be whole, their keys must rise, and their sum
/// must be what the transactions that wrote them say. @param rows  at the table `of`.
/// @returns LMDB's code, MDB_CORRUPTED if not.
int check_portion(MDB_txn* txn, MDB_dbi sums, MDB_cursor* rows, summed_table of,
                  std::size_t portion);

/// Portions that have been found to be whole since the environment was opened. Threads: any.
class known_portions {
public:
  [[nodiscard]] bool holds(std::size_t portion) const noexcept {
    return (bits_[portion / 64].load(std::memory_order_relaxed) >> portion % 64 & 1) != 0;
  }
  void add(std::size_t portion) noexcept {
    bits_[portion / 64].fetch_or(std::uint64_t{1} << portion % 64, std::memory_order_relaxed);
  }

private:
  std::array<std::atomic<std::uint64_t>, portion_count / 64> bits_{};
};

} // namespace acta::persistence
