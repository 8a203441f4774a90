// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// LMDB with owners: environments, write transactions, pooled readers, and its errors as ours.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>

#include <array>
#include <condition_variable>
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

/// For mdb_env_set_assert: LMDB calls this, and then abort().
void tell_lmdb_damage(MDB_env* env, const char* what);

inline MDB_val to_val(bytes_view bytes) noexcept {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}
inline MDB_val to_val(std::string_view text) noexcept { return to_val(as_bytes_view(text)); }
inline bytes_view from_val(const MDB_val& val) noexcept {
  return {static_cast<const std::byte*>(val.mv_data), val.mv_size};
}

/// What is done about MDB_PANIC: after one failed write of a header (a meta page) LMDB refuses
/// every transaction of the environment, reading too.
enum class after_panic : std::uint8_t {
  reopen, ///< it is closed and opened again, as soon as no transaction is open
  read,   ///< it is opened a second time, for reading only; nothing is written to it any more
  stay,   ///< nothing: its files have no names
};

class lmdb_reader;

/// Threads: as LMDB with MDB_NOTLS: any, one write transaction at a time. Between begin_… and end_…
/// the environment stays as it is.
class lmdb_env {
public:
  /// @param option  name of the option that `map_bytes` came from, for messages.
  /// @param flags  of mdb_env_open, besides MDB_NOTLS: how much a commit syncs.
  /// Errors: `damaged_file` (check_lmdb_file), `wrong_format`, `store_full`, `io`.
  static result<std::unique_ptr<lmdb_env>> open(const std::filesystem::path& folder,
                                                std::size_t map_bytes, std::string_view option,
                                                unsigned flags = 0,
                                                after_panic panic = after_panic::stay);
  /// Pre: no transaction is open.
  ~lmdb_env();
  lmdb_env(const lmdb_env&) = delete;
  lmdb_env& operator=(const lmdb_env&) = delete;

  /// No tables yet: new, or its creation was interrupted.
  [[nodiscard]] bool is_empty() const noexcept;
  /// As mdb_dbi_open; after a reopening the table has the same number. MDB_CORRUPTED if it is of
  /// another kind.
  int open_table(MDB_txn* txn, const char* name, unsigned flags, MDB_dbi& out);

  /// Readers are kept, because a fresh one takes a slot in the lock file and several allocations.
  int begin_read(std::unique_ptr<lmdb_reader>& out);
  void end_read(std::unique_ptr<lmdb_reader> reader) noexcept;
  int begin_write(MDB_txn*& out);
  void end_write() noexcept { leave(); }
  /// After a commit that failed. LMDB then puts the old number back into the header that it could
  /// not write, but leaves the new tables in it: as if a bit had turned in the number, for which
  /// the next open would refuse the file (check_lmdb_file). This puts the tables of the other
  /// header there. Does nothing if the header was not the reason.
  void tidy_header() noexcept;
  int sync();
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
  static constexpr std::size_t idle_max = 64;
  struct table {
    std::string name;
    unsigned flags;
    MDB_dbi number;
  };
  /// The environment of the moment, and its number.
  struct visit {
    MDB_env* env = nullptr;
    std::uint64_t number = 0;
  };

  explicit lmdb_env(std::filesystem::path folder);
  result<MDB_env*> open_files() const;
  result<MDB_env*> open_for_reading() const;
  [[nodiscard]] int open_tables(MDB_env* in) const;
  [[nodiscard]] visit enter();
  void leave() noexcept;
  /// 0 if there is another environment than that of `before` now.
  int replace(const visit& before);

  std::filesystem::path folder_;
  std::size_t map_bytes_ = 0;
  std::string option_;
  unsigned flags_ = 0;
  after_panic panic_ = after_panic::stay;
  std::vector<table> tables_; ///< in the order of their opening, which gives them their numbers

  mutable std::mutex gate_; ///< what follows
  std::condition_variable left_;
  MDB_env* env_ = nullptr;    ///< none after a reopening that failed
  MDB_env* broken_ = nullptr; ///< readers begun before the panic go on in it
  std::uint64_t number_ = 0;  ///< rises with each reopening
  std::size_t users_ = 0;     ///< transactions that are open
  std::vector<std::unique_ptr<lmdb_reader>> idle_;
};

/// Aborted unless committed.
class lmdb_write {
public:
  lmdb_write() = default;
  lmdb_write(lmdb_write&& other) noexcept
      : env_(other.env_), txn_(std::exchange(other.txn_, nullptr)) {}
  lmdb_write& operator=(lmdb_write&& other) noexcept {
    std::swap(env_, other.env_);
    std::swap(txn_, other.txn_);
    return *this;
  }
  ~lmdb_write() { abort(); }

  int begin(lmdb_env& env) {
    env_ = &env;
    return env.begin_write(txn_);
  }
  /// LMDB ends the transaction in any case.
  int commit() {
    const int rc = mdb_txn_commit(std::exchange(txn_, nullptr));
    if (rc != 0) env_->tidy_header();
    env_->end_write();
    return rc;
  }
  void abort() noexcept {
    if (txn_ == nullptr) return;
    mdb_txn_abort(std::exchange(txn_, nullptr));
    env_->end_write();
  }
  [[nodiscard]] MDB_txn* get() const noexcept { return txn_; }

private:
  lmdb_env* env_ = nullptr;
  MDB_txn* txn_ = nullptr;
};

inline constexpr std::size_t lmdb_tables_max = 7;

/// A read transaction with one cursor per table, opened at first use and kept across renewals.
class lmdb_reader {
public:
  lmdb_reader() = default;
  lmdb_reader(const lmdb_reader&) = delete;
  lmdb_reader& operator=(const lmdb_reader&) = delete;
  ~lmdb_reader();

  /// @param number  of the environment; later calls must name the same.
  int begin(MDB_env* env, std::uint64_t number);
  void end() noexcept;
  [[nodiscard]] std::uint64_t environment() const noexcept { return number_; }
  [[nodiscard]] MDB_txn* txn() const noexcept { return txn_; }
  int cursor(MDB_dbi table, MDB_cursor*& out);

private:
  struct slot {
    MDB_cursor* cursor = nullptr;
    bool current = false; ///< renewed in this transaction
  };
  MDB_txn* txn_ = nullptr;
  std::uint64_t number_ = 0;
  std::array<slot, lmdb_tables_max + 2> cursors_; ///< LMDB's own two tables take numbers 0 and 1
};

/// Lends the readers of an environment. Threads: any.
class lmdb_reader_pool {
public:
  explicit lmdb_reader_pool(lmdb_env& env) : env_(env) {}

  struct give_back {
    lmdb_env* env = nullptr;
    void operator()(lmdb_reader* reader) const noexcept {
      env->end_read(std::unique_ptr<lmdb_reader>(reader));
    }
  };
  using lease = std::unique_ptr<lmdb_reader, give_back>;
  result<lease> take();

private:
  lmdb_env& env_;
};

} // namespace acta::persistence
