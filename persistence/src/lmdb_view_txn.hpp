// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The tables of a view's environment, as one transaction of LMDB sees them. The layout is in
/// docs/storage-format.md.
#pragma once

#include "lmdb_env.hpp"

#include <acta/persistence/view_store.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace acta::persistence {

struct view_tables {
  MDB_dbi meta = 0;
  MDB_dbi rows = 0;
  MDB_dbi indexes = 0;
  MDB_dbi parked = 0;
  bool takes_old = false; ///< checkpoints and heads of format 1, which have no checksums

  [[nodiscard]] MDB_dbi of(row_table table) const noexcept {
    return table == row_table::rows ? rows : indexes;
  }
};

using checkpoint_key = std::array<std::byte, 14>;
checkpoint_key checkpoint_key_of(std::uint32_t partition) noexcept;
using checkpoint_bytes = std::array<std::byte, 24>;
checkpoint_bytes encode_checkpoint(std::uint32_t partition, const checkpoint& c) noexcept;
/// Ordered as positions are.
using letter_key = std::array<std::byte, 12>;
letter_key letter_key_of(position where) noexcept;
byte_buffer encode_letter(const dead_letter& letter);

inline constexpr std::string_view view_head_key = "head";
using head_bytes = std::array<std::byte, 33>;
head_bytes encode_head(const view_head& head) noexcept;

class view_cursor;

/// What readings and writings have in common. The first failure of LMDB is kept, and every later
/// member answers it: LMDB itself then only says that the transaction is no longer good.
///
/// Lifecycle: end() before the transaction of LMDB ends; it closes the cursors that are still open.
class view_txn {
public:
  view_txn(const lmdb_env& env, const view_tables& tables) : env_(env), tables_(tables) {}
  ~view_txn() { end(); }
  view_txn(const view_txn&) = delete;
  view_txn& operator=(const view_txn&) = delete;

  void begin(MDB_txn* txn) noexcept { txn_ = txn; }
  /// To be called before every put and erasure: cursors find their place again after it.
  void before_write();
  void end() noexcept;

  [[nodiscard]] const std::optional<error>& failure() const noexcept { return failure_; }
  error fail(int rc, std::string_view doing);

  result<bool> find(MDB_dbi table, bytes_view key, bytes_view& value);
  result<std::unique_ptr<table_cursor>> scan(MDB_dbi table);
  result<std::uint64_t> count(MDB_dbi table);

  result<view_head> head();
  result<persistence::checkpoint> checkpoint(std::uint32_t partition);
  result<std::optional<dead_letter>> find_dead_letter(position where);
  result<std::vector<dead_letter>> dead_letters(std::size_t limit, position from);

private:
  friend class view_cursor;
  [[nodiscard]] error corrupt(std::string_view what) const;

  const lmdb_env& env_;
  const view_tables& tables_;
  MDB_txn* txn_ = nullptr;
  std::vector<view_cursor*> cursors_;
  std::optional<error> failure_;
};

} // namespace acta::persistence
