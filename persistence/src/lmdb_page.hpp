// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The pages of an LMDB file as they stand on disk, read by us and not by LMDB.
/// Source: LMDB 0.9, mdb.c: MDB_page, MDB_node, MDB_db, MDB_meta, and mdb_node_add(), which puts
/// the entries of a page side by side.
#pragma once

#include <acta/core/bytes.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace acta::persistence {

inline constexpr std::uint64_t no_lmdb_page = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::size_t lmdb_page_header_bytes = 16;
inline constexpr std::size_t lmdb_meta_bytes = lmdb_page_header_bytes + 136;
/// Of the descriptions of free pages and tables in a header.
inline constexpr std::size_t lmdb_tables_at = lmdb_page_header_bytes + 24;

/// How LMDB orders the keys of a table, from `MDB_db::md_flags`.
enum class lmdb_order : std::uint16_t { bytes = 0, integers = 8 };

/// A table (MDB_db).
struct lmdb_tree {
  static constexpr std::size_t bytes = 48;
  lmdb_order order = lmdb_order::bytes;
  std::uint16_t depth = 0;
  std::uint64_t overflow_pages = 0;
  std::uint64_t entries = 0;
  std::uint64_t root = no_lmdb_page;
};
/// Nothing if it is of a kind that we do not have.
std::optional<lmdb_tree> decode_lmdb_tree(bytes_view record);

struct lmdb_meta {
  std::uint32_t page_bytes = 0;
  std::optional<lmdb_tree> free_pages, tables;
  std::uint64_t last_page = 0;
  std::uint64_t transaction = 0;
};
/// Nothing if it is not a meta page.
std::optional<lmdb_meta> decode_lmdb_meta(bytes_view page);

/// An entry of a page.
struct lmdb_node {
  bytes_view key;
  bytes_view stored;       ///< of a leaf, as it lies in the page
  std::uint64_t child = 0; ///< of a branch
  std::uint64_t value_bytes = 0;
  bool is_elsewhere = false; ///< the value lies on pages of its own; `stored` is their number
  bool is_table = false;
};

/// Takes a page apart. @returns what is wrong with it, or nothing: it says that it is page `number`
/// and a branch or leaf, its entries fill it without a hole, and their keys rise.
std::string_view take_lmdb_page(bytes_view page, std::uint64_t number, bool is_branch,
                                lmdb_order order, std::vector<lmdb_node>& nodes);

/// How many pages a value takes that lies on pages of its own.
std::uint64_t lmdb_pages_of(std::uint64_t value_bytes, std::uint32_t page_bytes) noexcept;
/// How many the page that begins so is the first of; 0 if it is not page `number`, or not one of
/// those.
std::uint64_t lmdb_overflow_pages(bytes_view header, std::uint64_t number) noexcept;

} // namespace acta::persistence
