// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lmdb_env.hpp"

#include <acta/core/descriptors.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace acta::persistence {

namespace {

/// More than a node's query threads and command lines together; LMDB's default of 126 is not.
constexpr unsigned readers_max = 1024;

errc code_of(int rc) noexcept {
  switch (rc) {
  case MDB_MAP_FULL:
  case ENOSPC:
  case EFBIG:
  case EDQUOT:
    return errc::store_full;
  case MDB_PAGE_NOTFOUND:
  case MDB_CORRUPTED:
    return errc::corrupt_commit;
  case MDB_INVALID:
  case MDB_VERSION_MISMATCH:
  case MDB_INCOMPATIBLE:
    return errc::wrong_format;
  case MDB_READERS_FULL:
    return errc::overloaded;
  default:
    return errc::io;
  }
}

} // namespace

error lmdb_error(int rc, std::string_view doing) {
  return error(code_of(rc), std::string(doing) + ": " + mdb_strerror(rc));
}

result<std::unique_ptr<lmdb_env>> lmdb_env::open(const std::filesystem::path& folder,
                                                 std::size_t map_bytes, std::string_view option,
                                                 unsigned flags) {
  if (auto held = hold_standard_descriptors(); !held) return std::move(held).error();
  std::unique_ptr<lmdb_env> env(new lmdb_env(folder));
  env->option_ = option;
  const auto failed = [&](int rc) { return env->failure(rc, "opening"); };
  if (const int rc = mdb_env_create(&env->env_); rc != 0) return failed(rc);
  if (const int rc = mdb_env_set_maxdbs(env->env_, lmdb_tables_max); rc != 0) return failed(rc);
  if (const int rc = mdb_env_set_maxreaders(env->env_, readers_max); rc != 0) return failed(rc);
  // LMDB wants whole pages; a size of the user's is rounded down, never up beyond what was allowed.
  env->map_bytes_ = std::max<std::size_t>(map_bytes / 65536 * 65536, 65536);
  if (const int rc = mdb_env_set_mapsize(env->env_, env->map_bytes_); rc != 0) return failed(rc);
  if (const int rc = mdb_env_open(env->env_, folder.c_str(), MDB_NOTLS | flags, 0640); rc != 0) {
    if (rc == ENOMEM)
      return error(errc::io, "cannot reserve " + std::to_string(env->map_bytes_) +
                                 " bytes of address space for " + folder.string() + " (option " +
                                 env->option_ + ", or the limit `ulimit -v`)");
    return failed(rc);
  }
  int dead = 0;
  if (const int rc = mdb_reader_check(env->env_, &dead); rc != 0) return failed(rc);
  return env;
}

lmdb_env::~lmdb_env() {
  if (env_ != nullptr) mdb_env_close(env_);
}

bool lmdb_env::is_empty() const noexcept {
  MDB_stat stat;
  return mdb_env_stat(env_, &stat) == 0 && stat.ms_entries == 0;
}

error lmdb_env::failure(int rc, std::string_view doing) const {
  auto text = std::string(doing) + ' ' + folder_.string() + ": " + mdb_strerror(rc);
  if (rc == MDB_MAP_FULL)
    text += " (" + std::to_string(map_bytes_) + " bytes, option " + option_ + ")";
  if (rc == MDB_READERS_FULL)
    text += " (too many pictures are open, the limit is " + std::to_string(readers_max) + ")";
  return error(code_of(rc), std::move(text));
}

int lmdb_env::missing_room(std::size_t bytes) const {
  MDB_envinfo info;
  MDB_stat stat;
  mdb_filehandle_t fd;
  if (mdb_env_info(env_, &info) != 0 || mdb_env_stat(env_, &stat) != 0 ||
      mdb_env_get_fd(env_, &fd) != 0)
    return EIO;
  const std::vector<std::byte> zeros(65536);
  auto at = (info.me_last_pgno + 1) * stat.ms_psize;
  const auto end = std::min<std::size_t>(at + bytes, map_bytes_);
  while (at < end) {
    const auto wrote =
        ::pwrite(fd, zeros.data(), std::min(zeros.size(), end - at), static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    if (wrote == 0) return ENOSPC;
    at += static_cast<std::size_t>(wrote);
  }
  return 0;
}

std::uint64_t lmdb_env::file_bytes() const noexcept {
  mdb_filehandle_t fd;
  struct stat file;
  if (mdb_env_get_fd(env_, &fd) != 0 || ::fstat(fd, &file) != 0) return 0;
  return static_cast<std::uint64_t>(file.st_size);
}

lmdb_reader::~lmdb_reader() {
  for (auto& kept : cursors_)
    if (kept.cursor != nullptr) mdb_cursor_close(kept.cursor);
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

int lmdb_reader::begin(const lmdb_env& env) {
  if (txn_ == nullptr) return mdb_txn_begin(env.get(), nullptr, MDB_RDONLY, &txn_);
  return mdb_txn_renew(txn_);
}

void lmdb_reader::end() noexcept {
  mdb_txn_reset(txn_);
  for (auto& kept : cursors_) kept.current = false;
}

int lmdb_reader::cursor(MDB_dbi table, MDB_cursor*& out) {
  ACTA_ASSERT(table < cursors_.size());
  auto& kept = cursors_[table];
  int rc = 0;
  if (!kept.current)
    rc = kept.cursor == nullptr ? mdb_cursor_open(txn_, table, &kept.cursor)
                                : mdb_cursor_renew(txn_, kept.cursor);
  kept.current = rc == 0;
  out = kept.cursor;
  return rc;
}

result<lmdb_reader_pool::lease> lmdb_reader_pool::take() {
  std::unique_ptr<lmdb_reader> reader;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      reader = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!reader) reader = std::make_unique<lmdb_reader>();
  if (const int rc = reader->begin(env_); rc != 0) return env_.failure(rc, "starting to read");
  return lease(reader.release(), give_back{this});
}

void lmdb_reader_pool::put(lmdb_reader* reader) noexcept {
  std::unique_ptr<lmdb_reader> owned(reader);
  owned->end();
  const std::lock_guard lock(mutex_);
  if (idle_.size() < idle_max) idle_.push_back(std::move(owned));
}

} // namespace acta::persistence
