// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"
#include "lmdb_tables.hpp"
#include "name_sums.hpp"

#include <acta/persistence/errc.hpp>

#include <cerrno>

namespace acta::persistence {

namespace {

error lost(const std::filesystem::path& folder, std::string_view how) {
  return error(errc::damaged_file, (folder / "data.mdb").string() + ' ' + std::string(how) +
                                       ", but the store was made with a journal there: restore it "
                                       "from a backup");
}

class lmdb_log_reader final : public log_reader {
public:
  lmdb_log_reader(const lmdb_env& env, lmdb_reader_pool::lease lease, MDB_cursor* cursor)
      : env_(env), lease_(std::move(lease)), cursor_(cursor) {}

  result<bool> seek(std::uint64_t position, log_record& out) override {
    MDB_val key{sizeof position, &position};
    return get(key, out, MDB_SET_KEY);
  }
  result<bool> seek_holding(std::uint64_t position, log_record& out) override {
    MDB_val key{sizeof position, &position};
    auto found = get(key, out, MDB_SET_RANGE);
    if (!found || (*found && out.position == position)) return found;
    return get(key, out, *found ? MDB_PREV : MDB_LAST);
  }
  result<bool> next(log_record& out) override {
    MDB_val key{};
    return get(key, out, MDB_NEXT);
  }
  void done() noexcept override { delete this; }

private:
  result<bool> get(MDB_val& key, log_record& out, MDB_cursor_op op) {
    MDB_val value{};
    const int rc = mdb_cursor_get(cursor_, &key, &value, op);
    if (rc == MDB_NOTFOUND) return false;
    if (rc != 0) return env_.failure(rc, "reading");
    if (key.mv_size != sizeof out.position) return env_.failure(MDB_CORRUPTED, "reading");
    std::memcpy(&out.position, key.mv_data, sizeof out.position);
    out.bytes = from_val(value);
    return true;
  }

  const lmdb_env& env_;
  lmdb_reader_pool::lease lease_;
  MDB_cursor* cursor_;
};

class lmdb_log final : public log_store {
public:
  explicit lmdb_log(std::unique_ptr<lmdb_env> env) : env_(std::move(env)), readers_(*env_) {}

  result<void> open_tables(const store_identity& identity, if_missing missing) {
    const bool is_new = env_->is_empty();
    if (is_new && missing == if_missing::refuse) return lost(env_->folder(), "has no tables");
    lmdb_write txn;
    if (const int rc = txn.begin(*env_); rc != 0) return env_->failure(rc, "opening the tables of");
    const auto open = [&](const char* name, unsigned flags, MDB_dbi& to) {
      return env_->open_table(txn.get(), name, flags | (is_new ? MDB_CREATE : 0u), to);
    };
    for (const int rc : {open("meta", 0, meta_), open("names", MDB_INTEGERKEY, names_),
                         open("log", MDB_INTEGERKEY, log_)}) {
      if (rc == MDB_NOTFOUND)
        return error(errc::wrong_format,
                     env_->folder().string() + " is an LMDB environment, but not one of Acta's");
      if (rc != 0) return env_->failure(rc, "opening the tables of");
    }
    if (auto same =
            check_identity(txn.get(), meta_, identity, journal_format, env_->folder(), is_new);
        !same)
      return same;
    const auto kept = check_names(txn.get());
    if (!kept) return kept.error();
    if (const int rc = txn.commit(); rc != 0) return env_->failure(rc, "opening the tables of");
    // An older program made it. If they cannot be written, the next open does it.
    if (!*kept && !is_new) (void)keep_sums();
    return {};
  }

  result<void> begin() override {
    write_lock_ = std::unique_lock(write_mutex_);
    bytes_ = 0;
    int rc = txn_.begin(*env_);
    if (rc == 0) rc = mdb_cursor_open(txn_.get(), log_, &cursor_);
    if (rc == 0) return {};
    abort();
    return env_->failure(rc, "starting to write");
  }
  result<void> append(std::uint64_t position, bytes_view record) override {
    MDB_val key{sizeof position, &position};
    MDB_val value{record.size(), nullptr};
    // A cursor kept at the end spares the walk down from the root; the record goes straight into
    // LMDB's page.
    const int rc = mdb_cursor_put(cursor_, &key, &value, MDB_APPEND | MDB_RESERVE);
    if (rc == 0) {
      std::memcpy(value.mv_data, record.data(), record.size());
      bytes_ += record.size();
      return {};
    }
    abort();
    return env_->failure(rc, "writing");
  }
  result<void> commit() override {
    int rc = txn_.commit();
    // Pages hold records with some slack; the tree above them and its copies are small beside it.
    if (rc == EIO) {
      if (const int missing = env_->missing_room(bytes_ + bytes_ / 2 + (std::size_t{1} << 20));
          missing != 0)
        rc = missing;
    }
    write_lock_.unlock();
    if (rc != 0) return env_->failure(rc, "writing");
    return {};
  }
  void abort() noexcept override {
    txn_.abort();
    if (write_lock_.owns_lock()) write_lock_.unlock();
  }

  result<log_reading> read() override {
    auto lease = readers_.take();
    if (!lease) return std::move(lease).error();
    MDB_cursor* cursor = nullptr;
    if (const int rc = (*lease)->cursor(log_, cursor); rc != 0) return env_->failure(rc, "reading");
    return log_reading(new lmdb_log_reader(*env_, std::move(*lease), cursor));
  }

  result<std::vector<std::string>> names() override {
    auto lease = readers_.take();
    if (!lease) return std::move(lease).error();
    MDB_cursor* cursor = nullptr;
    if (const int rc = (*lease)->cursor(names_, cursor); rc != 0)
      return env_->failure(rc, "reading the names of");
    return names_at(cursor);
  }
  result<void> add_names(std::uint32_t first_id, std::span<const std::string> names) override {
    const std::lock_guard lock(write_mutex_);
    lmdb_write txn;
    int rc = txn.begin(*env_);
    auto sums = sums_;
    for (auto id = first_id; rc == 0 && id - first_id < names.size(); ++id) {
      MDB_val key{sizeof id, &id};
      auto value = to_val(std::string_view(names[id - first_id]));
      rc = mdb_put(txn.get(), names_, &key, &value, MDB_NOOVERWRITE);
      sums.add(names[id - first_id]);
    }
    if (rc == 0) rc = put_sums(txn.get(), sums);
    if (rc == 0) rc = txn.commit();
    if (rc == EIO)
      if (const int missing = env_->missing_room(std::size_t{1} << 20); missing != 0) rc = missing;
    if (rc != 0) return env_->failure(rc, "writing the names of");
    sums_ = std::move(sums);
    return {};
  }

private:
  /// Of the table `names`.
  result<std::vector<std::string>> names_at(MDB_cursor* cursor) const {
    std::vector<std::string> all;
    MDB_val key{};
    MDB_val value{};
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
      std::uint32_t id = 0;
      if (key.mv_size == sizeof id) std::memcpy(&id, key.mv_data, sizeof id);
      if (id != all.size() + 1)
        return error(errc::corrupt_commit, "table names of " + env_->folder().string() +
                                               " has a gap before id " + std::to_string(id));
      all.emplace_back(as_text(from_val(value)));
    }
    if (rc != MDB_NOTFOUND) return env_->failure(rc, "reading the names of");
    return all;
  }
  /// Names are interned by what they say: one that says something else would begin all its streams
  /// anew. @returns false if the sums must be written.
  result<bool> check_names(MDB_txn* txn) {
    MDB_cursor* cursor = nullptr;
    int rc = mdb_cursor_open(txn, names_, &cursor);
    if (rc != 0) return env_->failure(rc, "reading the names of");
    const auto all = names_at(cursor);
    mdb_cursor_close(cursor);
    if (!all) return all.error();
    for (const auto& name : *all) sums_.add(name);
    auto key = to_val(sums_key);
    MDB_val stored{};
    rc = mdb_get(txn, meta_, &key, &stored);
    if (rc == MDB_NOTFOUND) return false;
    if (rc != 0) return env_->failure(rc, "reading the names of");
    auto same = sums_.check(from_val(stored), *all);
    if (same) return same;
    return error(errc::damaged_file,
                 (env_->folder() / "data.mdb").string() + " is damaged: in table names " +
                     std::string(same.error().detail()) + ": restore the journal from a backup");
  }
  int put_sums(MDB_txn* txn, const name_sums& sums) const {
    auto key = to_val(sums_key);
    const auto bytes = sums.bytes();
    auto value = to_val(bytes_view(bytes));
    return mdb_put(txn, meta_, &key, &value, 0);
  }
  int keep_sums() {
    lmdb_write txn;
    int rc = txn.begin(*env_);
    if (rc == 0) rc = put_sums(txn.get(), sums_);
    return rc == 0 ? txn.commit() : rc;
  }

  std::unique_ptr<lmdb_env> env_;
  lmdb_reader_pool readers_;
  MDB_dbi meta_ = 0;
  MDB_dbi names_ = 0;
  MDB_dbi log_ = 0;
  static constexpr std::string_view sums_key = "names"; ///< in `meta`
  name_sums sums_; ///< of all names; after the opening under write_mutex_

  // LMDB has its own writers' lock, but lets go of it before missing_room() may look.
  std::mutex write_mutex_;
  std::unique_lock<std::mutex> write_lock_;
  lmdb_write txn_;
  MDB_cursor* cursor_ = nullptr; ///< LMDB closes it with the transaction
  std::size_t bytes_ = 0;
};

} // namespace

result<void> check_journal_is_there(const std::filesystem::path& folder) {
  std::error_code code;
  const auto size = std::filesystem::file_size(folder / "data.mdb", code);
  if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory)
    return lost(folder, "is missing");
  if (code) return error(errc::io, "looking at " + folder.string() + ": " + code.message());
  if (size == 0) return lost(folder, "is empty");
  return {};
}

result<std::unique_ptr<log_store>> open_lmdb_log(const std::filesystem::path& folder,
                                                 const store_identity& identity,
                                                 const partition_options& options,
                                                 if_missing missing) {
  if (missing == if_missing::refuse)
    if (auto there = check_journal_is_there(folder); !there) return std::move(there).error();
  return open_lmdb<log_store, lmdb_log>(folder, options.journal_map_bytes, "journal_map_bytes",
                                        after_panic::read, identity, missing);
}

} // namespace acta::persistence
