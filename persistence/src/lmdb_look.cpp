// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lmdb_check.hpp"
#include "lmdb_tables.hpp"
#include "name_sums.hpp"

#include <acta/persistence/errc.hpp>

#include <cerrno>

namespace acta::persistence {

namespace {

/// One read transaction.
class look_reader final : public log_reader {
public:
  look_reader(const std::filesystem::path& folder, MDB_txn* txn, MDB_cursor* cursor)
      : folder_(folder), txn_(txn), cursor_(cursor) {}
  ~look_reader() override {
    mdb_cursor_close(cursor_);
    mdb_txn_abort(txn_);
  }

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
    if (rc == 0 && key.mv_size != sizeof out.position)
      return lmdb_error(MDB_CORRUPTED, "reading " + folder_.string());
    if (rc != 0) return lmdb_error(rc, "reading " + folder_.string());
    std::memcpy(&out.position, key.mv_data, sizeof out.position);
    out.bytes = from_val(value);
    return true;
  }

  const std::filesystem::path& folder_;
  MDB_txn* txn_;
  MDB_cursor* cursor_;
};

class lmdb_look final : public log_store {
public:
  explicit lmdb_look(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~lmdb_look() override {
    if (env_ != nullptr) mdb_env_close(env_);
  }

  /// @param in_use  a process writes to it: then LMDB's own lock keeps what is read in its place
  result<void> open(const store_identity& identity, bool in_use) {
    // Another process may be writing the very pages that this would look at.
    if (!in_use)
      if (auto sound = check_lmdb_file(folder_); !sound) return sound;
    int rc = mdb_env_create(&env_);
    if (rc == 0) rc = mdb_env_set_assert(env_, &tell_lmdb_damage);
    if (rc == 0) rc = mdb_env_set_maxdbs(env_, lmdb_tables_max);
    // Without a size the map is as large as the writer's, so that what it adds can be read.
    if (rc == 0 && !in_use) rc = mdb_env_set_mapsize(env_, 65536);
    const unsigned flags = MDB_NOTLS | MDB_RDONLY | (in_use ? 0u : MDB_NOLOCK);
    if (rc == 0) rc = mdb_env_open(env_, folder_.c_str(), flags, 0640);
    if (rc != 0) return lmdb_error(rc, "looking at " + folder_.string());
    return open_tables(identity);
  }

  result<log_reading> read() override {
    MDB_txn* txn = nullptr;
    MDB_cursor* cursor = nullptr;
    int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn);
    if (rc == 0) rc = mdb_cursor_open(txn, log_, &cursor);
    if (rc == 0) return log_reading(new look_reader(folder_, txn, cursor));
    if (txn != nullptr) mdb_txn_abort(txn);
    return lmdb_error(rc, "starting to read " + folder_.string());
  }
  result<std::vector<std::string>> names() override { return all_names_; }

  result<void> begin() override { return refused(); }
  result<void> append(std::uint64_t, bytes_view) override { return refused(); }
  result<void> commit() override { return refused(); }
  void abort() noexcept override {}
  result<void> add_names(std::uint32_t, std::span<const std::string>) override { return refused(); }

private:
  [[nodiscard]] error refused() const {
    return error(errc::io, folder_.string() + " is only looked at");
  }

  result<void> open_tables(const store_identity& identity) {
    MDB_txn* txn = nullptr;
    if (const int rc = mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn); rc != 0)
      return lmdb_error(rc, "starting to read " + folder_.string());
    auto looked = look_at(txn, identity);
    // An abort would close the tables again.
    if (const int rc = mdb_txn_commit(txn); rc != 0 && looked)
      return lmdb_error(rc, "reading " + folder_.string());
    return looked;
  }
  result<void> look_at(MDB_txn* txn, const store_identity& identity) {
    MDB_dbi meta = 0;
    MDB_dbi names = 0;
    for (const int rc :
         {open_table(txn, "meta", 0, meta), open_table(txn, "names", MDB_INTEGERKEY, names),
          open_table(txn, "log", MDB_INTEGERKEY, log_)}) {
      if (rc == MDB_NOTFOUND)
        return error(errc::wrong_format,
                     folder_.string() + " is an LMDB environment, but not one of Acta's");
      if (rc != 0) return lmdb_error(rc, "opening the tables of " + folder_.string());
    }
    if (auto same = check_identity(txn, meta, identity, journal_format, folder_, false); !same)
      return same;
    if (auto read = read_names(txn, names); !read) return read;
    return check_names(txn, meta);
  }
  static int open_table(MDB_txn* txn, const char* name, unsigned flags, MDB_dbi& out) {
    unsigned found = 0;
    int rc = mdb_dbi_open(txn, name, flags, &out);
    if (rc == 0) rc = mdb_dbi_flags(txn, out, &found);
    return rc != 0 ? rc : found == flags ? 0 : MDB_CORRUPTED;
  }
  result<void> read_names(MDB_txn* txn, MDB_dbi names) {
    MDB_cursor* cursor = nullptr;
    MDB_val key{};
    MDB_val value{};
    int rc = mdb_cursor_open(txn, names, &cursor);
    if (rc == 0) rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
      all_names_.emplace_back(as_text(from_val(value)));
    if (cursor != nullptr) mdb_cursor_close(cursor);
    if (rc != MDB_NOTFOUND) return lmdb_error(rc, "reading the names of " + folder_.string());
    return {};
  }
  result<void> check_names(MDB_txn* txn, MDB_dbi meta) const {
    auto key = to_val("names");
    MDB_val stored{};
    const int rc = mdb_get(txn, meta, &key, &stored);
    if (rc == MDB_NOTFOUND) return {}; // an older program made it
    if (rc != 0) return lmdb_error(rc, "reading the names of " + folder_.string());
    name_sums sums;
    for (const auto& name : all_names_) sums.add(name);
    if (auto same = sums.check(from_val(stored), all_names_); !same)
      return error(errc::damaged_file,
                   (folder_ / "data.mdb").string() + " is damaged: in table names " +
                       std::string(same.error().detail()) + ": restore the journal from a backup");
    return {};
  }

  std::filesystem::path folder_;
  MDB_env* env_ = nullptr;
  MDB_dbi log_ = 0;
  std::vector<std::string> all_names_;
};

} // namespace

result<bool> copy_lmdb(const std::filesystem::path& from, const std::filesystem::path& to,
                       bool in_use) {
  std::error_code code;
  if (!std::filesystem::exists(from / "data.mdb", code)) return false;
  if (!in_use)
    if (auto sound = check_lmdb_file(from); !sound) return std::move(sound).error();
  MDB_env* env = nullptr;
  int rc = mdb_env_create(&env);
  if (rc == 0) rc = mdb_env_set_assert(env, &tell_lmdb_damage);
  if (rc == 0 && !in_use) rc = mdb_env_set_mapsize(env, 65536);
  const unsigned flags = MDB_NOTLS | MDB_RDONLY | (in_use ? 0u : MDB_NOLOCK);
  if (rc == 0) rc = mdb_env_open(env, from.c_str(), flags, 0640);
  if (rc == 0) rc = mdb_env_copy2(env, to.c_str(), MDB_CP_COMPACT);
  if (env != nullptr) mdb_env_close(env);
  if (rc != 0) return lmdb_error(rc, "copying " + from.string() + " to " + to.string());
  return true;
}

result<std::unique_ptr<log_store>> look_at_lmdb_log(const std::filesystem::path& folder,
                                                    const store_identity& identity, bool in_use) {
  if (auto there = check_journal_is_there(folder); !there) return std::move(there).error();
  auto look = std::make_unique<lmdb_look>(folder);
  if (auto opened = look->open(identity, in_use); !opened) return std::move(opened).error();
  return std::unique_ptr<log_store>(std::move(look));
}

} // namespace acta::persistence
