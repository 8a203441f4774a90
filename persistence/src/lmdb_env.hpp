// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// LMDB with owners: environments, write transactions, pooled readers, and its errors as ours.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <lmdb.h>

namespace acta::persistence {

/// `store_full` for an exhausted map, disk, quota or file size, `corrupt_commit` for a damaged
/// file, `overloaded` for too many readers, else `io`.
error lmdb_error(int rc, std::string_view doing);

inline MDB_val to_val(bytes_view bytes) noexcept {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}
inline MDB_val to_val(std::string_view text) noexcept { return to_val(as_bytes_view(text)); }
inline bytes_view from_val(const MDB_val& val) noexcept {
  return {static_cast<const std::byte*>(val.mv_data), val.mv_size};
}

/// Threads: as LMDB with MDB_NOTLS: any, one write transaction at a time.
class lmdb_env {
public:
  /// @param option  name of the option that `map_bytes` came from, for messages.
  /// @param flags  of mdb_env_open, besides MDB_NOTLS: how much a commit syncs.
  static result<std::unique_ptr<lmdb_env>> open(const std::filesystem::path& folder,
                                                std::size_t map_bytes, std::string_view option,
                                                unsigned flags = 0);
  ~lmdb_env();
  lmdb_env(const lmdb_env&) = delete;
  lmdb_env& operator=(const lmdb_env&) = delete;

  [[nodiscard]] MDB_env* get() const noexcept { return env_; }
  /// No tables yet: new, or its creation was interrupted.
  [[nodiscard]] bool is_empty() const noexcept;
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  /// As lmdb_error, naming the folder and, for a full map, the option.
  [[nodiscard]] error failure(int rc, std::string_view doing) const;
  /// LMDB reports a write cut short as EIO, whether the disk is full or broken. This asks the file
  /// itself, by writing zeros where the failed transaction would have put its pages (beyond the
  /// last page in use). Pre: no write transaction is open. @returns the errno that stands in the
  /// way, 0 if there is room.
  [[nodiscard]] int missing_room(std::size_t bytes) const;
  /// Of the data file; 0 if the operating system does not say.
  [[nodiscard]] std::uint64_t file_bytes() const noexcept;

private:
  explicit lmdb_env(std::filesystem::path folder) : folder_(std::move(folder)) {}
  MDB_env* env_ = nullptr;
  std::filesystem::path folder_;
  std::size_t map_bytes_ = 0;
  std::string option_;
};

/// Aborted unless committed.
class lmdb_write {
public:
  lmdb_write() = default;
  lmdb_write(lmdb_write&& other) noexcept : txn_(std::exchange(other.txn_, nullptr)) {}
  lmdb_write& operator=(lmdb_write&& other) noexcept {
    std::swap(txn_, other.txn_);
    return *this;
  }
  ~lmdb_write() { abort(); }

  int begin(const lmdb_env& env) { return mdb_txn_begin(env.get(), nullptr, 0, &txn_); }
  /// LMDB ends the transaction in any case.
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }
  void abort() noexcept {
    if (txn_ != nullptr) mdb_txn_abort(std::exchange(txn_, nullptr));
  }
  [[nodiscard]] MDB_txn* get() const noexcept { return txn_; }

private:
  MDB_txn* txn_ = nullptr;
};

inline constexpr std::size_t lmdb_tables_max = 6;

/// A read transaction with one cursor per table, opened at first use and kept across renewals.
class lmdb_reader {
public:
  lmdb_reader() = default;
  lmdb_reader(const lmdb_reader&) = delete;
  lmdb_reader& operator=(const lmdb_reader&) = delete;
  ~lmdb_reader();

  int begin(const lmdb_env& env);
  void end() noexcept;
  [[nodiscard]] MDB_txn* txn() const noexcept { return txn_; }
  int cursor(MDB_dbi table, MDB_cursor*& out);

private:
  struct slot {
    MDB_cursor* cursor = nullptr;
    bool current = false; ///< renewed in this transaction
  };
  MDB_txn* txn_ = nullptr;
  std::array<slot, lmdb_tables_max + 2> cursors_; ///< LMDB's own two tables take numbers 0 and 1
};

/// Keeps idle readers, because a fresh one takes a slot in the lock file and several allocations.
/// Threads: any.
class lmdb_reader_pool {
public:
  explicit lmdb_reader_pool(const lmdb_env& env) : env_(env) {}

  struct give_back {
    lmdb_reader_pool* pool = nullptr;
    void operator()(lmdb_reader* reader) const noexcept { pool->put(reader); }
  };
  using lease = std::unique_ptr<lmdb_reader, give_back>;
  result<lease> take();

private:
  static constexpr std::size_t idle_max = 64;
  void put(lmdb_reader* reader) noexcept;

  const lmdb_env& env_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<lmdb_reader>> idle_;
};

} // namespace acta::persistence
