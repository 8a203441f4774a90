// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lmdb_env.hpp"

#include "lmdb_check.hpp"
#include "lmdb_page.hpp"
#include "unique_fd.hpp"

#include <acta/core/descriptors.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace acta::persistence {

namespace {

/// More than a node's query threads and command lines together; LMDB's default of 126 is not.
constexpr unsigned readers_max = 1024;
/// Of LMDB's lock file: its head, and 64 bytes for each reader.
constexpr std::size_t lock_file_bytes = (readers_max + 2) * 64;
/// How long a transaction waits for others to end before a broken environment is opened again.
constexpr std::chrono::milliseconds patience{1000};

/// LMDB makes the lock file sparse and writes to it through a map, where a full disk is SIGBUS: its
/// blocks are taken before. @returns errno.
int reserve_lock_file(const std::filesystem::path& folder) {
  const unique_fd fd(::open((folder / "lock.mdb").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  struct stat file {};
  if (!fd || ::fstat(fd.get(), &file) != 0) return errno;
  const auto bytes = std::max<off_t>(file.st_size, lock_file_bytes);
  if (file.st_size >= bytes && file.st_blocks * 512 >= bytes) return 0;
  return ::posix_fallocate(fd.get(), 0, bytes);
}

/// LMDB leaves its data file open in the programs that this one starts, and writable; its other
/// files it does not. @returns errno.
int close_at_exec(MDB_env* env) {
  mdb_filehandle_t fd;
  if (const int rc = mdb_env_get_fd(env, &fd); rc != 0) return rc;
  const int flags = ::fcntl(fd, F_GETFD);
  return flags < 0 || ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0 ? errno : 0;
}

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

void tell_lmdb_damage(MDB_env* env, const char* what) {
  const char* folder = nullptr;
  if (mdb_env_get_path(env, &folder) != 0 || folder == nullptr) folder = "?";
  std::fprintf(
      stderr,
      "acta: %s/data.mdb is damaged and LMDB ends the process (%s): see \"Damaged files\" in "
      "docs/storage-format.md\n",
      folder, what);
}

error lmdb_error(int rc, std::string_view doing) {
  return error(code_of(rc), std::string(doing) + ": " + mdb_strerror(rc));
}

lmdb_env::lmdb_env(std::filesystem::path folder) : folder_(std::move(folder)) {}

result<std::unique_ptr<lmdb_env>> lmdb_env::open(const std::filesystem::path& folder,
                                                 std::size_t map_bytes, std::string_view option,
                                                 unsigned flags, after_panic panic) {
  if (auto held = hold_standard_descriptors(); !held) return std::move(held).error();
  std::unique_ptr<lmdb_env> env(new lmdb_env(folder));
  env->option_ = option;
  env->flags_ = flags;
  env->panic_ = panic;
  // LMDB wants whole pages; a size of the user's is rounded down, never up beyond what was allowed.
  env->map_bytes_ = std::max<std::size_t>(map_bytes / 65536 * 65536, 65536);
  auto opened = env->open_files();
  if (!opened) return std::move(opened).error();
  env->env_ = *opened;
  return env;
}

lmdb_env::~lmdb_env() {
  ACTA_ASSERT(users_ == 0);
  idle_.clear();
  if (env_ != nullptr) mdb_env_close(env_);
  if (broken_ != nullptr) mdb_env_close(broken_);
}

result<MDB_env*> lmdb_env::open_files() const {
  if (auto sound = check_lmdb_file(folder_); !sound) return std::move(sound).error();
  if (const int rc = reserve_lock_file(folder_); rc != 0)
    return failure(rc, "reserving room for lock.mdb in");
  MDB_env* env = nullptr;
  int rc = mdb_env_create(&env);
  if (rc == 0) rc = mdb_env_set_assert(env, &tell_lmdb_damage);
  if (rc == 0) rc = mdb_env_set_maxdbs(env, lmdb_tables_max);
  if (rc == 0) rc = mdb_env_set_maxreaders(env, readers_max);
  if (rc == 0) rc = mdb_env_set_mapsize(env, map_bytes_);
  if (rc == 0) rc = mdb_env_open(env, folder_.c_str(), MDB_NOTLS | flags_, 0640);
  const bool no_address_space = rc == ENOMEM;
  if (rc == 0) rc = close_at_exec(env);
  int dead = 0;
  if (rc == 0) rc = mdb_reader_check(env, &dead);
  if (rc == 0) return env;
  if (env != nullptr) mdb_env_close(env);
  if (no_address_space)
    return error(errc::io, "cannot reserve " + std::to_string(map_bytes_) +
                               " bytes of address space for " + folder_.string() + " (option " +
                               option_ + ", or the limit `ulimit -v`)");
  return failure(rc, "opening");
}

/// Beside one that LMDB writes to no more: what must not be opened twice is the lock file.
result<MDB_env*> lmdb_env::open_for_reading() const {
  MDB_env* env = nullptr;
  int rc = mdb_env_create(&env);
  if (rc == 0) rc = mdb_env_set_assert(env, &tell_lmdb_damage);
  if (rc == 0) rc = mdb_env_set_maxdbs(env, lmdb_tables_max);
  // Of the size that the file has; it does not grow any more.
  if (rc == 0) rc = mdb_env_set_mapsize(env, 65536);
  if (rc == 0)
    rc = mdb_env_open(env, folder_.c_str(), MDB_NOTLS | MDB_RDONLY | MDB_NOLOCK | flags_, 0640);
  if (rc == 0) rc = close_at_exec(env);
  if (rc == 0) return env;
  if (env != nullptr) mdb_env_close(env);
  return failure(rc, "opening for reading");
}

int lmdb_env::open_tables(MDB_env* in) const {
  MDB_txn* txn = nullptr;
  int rc = mdb_txn_begin(in, nullptr, MDB_RDONLY, &txn);
  for (const auto& t : tables_) {
    MDB_dbi number = 0;
    if (rc == 0) rc = mdb_dbi_open(txn, t.name.c_str(), t.flags, &number);
    if (rc == 0 && number != t.number) rc = MDB_BAD_DBI;
  }
  if (rc == 0) return mdb_txn_commit(txn); // an abort would close them again
  if (txn != nullptr) mdb_txn_abort(txn);
  return rc;
}

int lmdb_env::open_table(MDB_txn* txn, const char* name, unsigned flags, MDB_dbi& out) {
  const auto wanted = flags & ~static_cast<unsigned>(MDB_CREATE);
  unsigned found = 0;
  int rc = mdb_dbi_open(txn, name, flags, &out);
  if (rc == 0) rc = mdb_dbi_flags(txn, out, &found);
  if (rc != 0) return rc;
  if (found != wanted)
    return MDB_CORRUPTED; // LMDB believes what the file says of the order of keys
  tables_.push_back({name, wanted, out});
  return 0;
}

lmdb_env::visit lmdb_env::enter() {
  const std::lock_guard lock(gate_);
  ++users_;
  return {env_, number_};
}

void lmdb_env::leave() noexcept {
  bool last = false;
  {
    const std::lock_guard lock(gate_);
    last = --users_ == 0;
  }
  if (last) left_.notify_all();
}

int lmdb_env::replace(const visit& before) {
  std::unique_lock lock(gate_);
  const auto done = [&] { return number_ != before.number; };
  if (done()) return 0;
  if (panic_ == after_panic::stay) return MDB_PANIC;
  if (panic_ == after_panic::read) {
    if (broken_ != nullptr) return MDB_PANIC;
    auto opened = open_for_reading();
    if (!opened) return MDB_PANIC;
    if (open_tables(*opened) != 0) {
      mdb_env_close(*opened);
      return MDB_PANIC;
    }
    broken_ = std::exchange(env_, *opened);
  } else {
    // Two environments of the same file in one process would spoil each other's lock file.
    if (!left_.wait_for(lock, patience, [&] { return users_ == 0 || done(); })) return MDB_PANIC;
    if (done()) return 0;
    idle_.clear();
    if (env_ != nullptr) mdb_env_close(std::exchange(env_, nullptr));
    auto opened = open_files();
    if (!opened) return MDB_PANIC;
    if (open_tables(*opened) != 0) {
      mdb_env_close(*opened);
      return MDB_PANIC;
    }
    env_ = *opened;
  }
  idle_.clear();
  ++number_;
  return 0;
}

int lmdb_env::begin_read(std::unique_ptr<lmdb_reader>& out) {
  for (bool again = true;; again = false) {
    const auto in = enter();
    std::unique_ptr<lmdb_reader> reader;
    {
      const std::lock_guard lock(gate_);
      if (!idle_.empty() && number_ == in.number) {
        reader = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!reader) reader = std::make_unique<lmdb_reader>();
    int rc = in.env == nullptr ? MDB_PANIC : reader->begin(in.env, in.number);
    if (rc == 0) {
      out = std::move(reader);
      return 0;
    }
    reader.reset(); // before the environment may be closed
    leave();
    if (rc != MDB_PANIC || !again) return rc;
    if (rc = replace(in); rc != 0) return rc;
  }
}

void lmdb_env::end_read(std::unique_ptr<lmdb_reader> reader) noexcept {
  reader->end();
  bool last = false;
  {
    const std::lock_guard lock(gate_);
    if (reader->environment() == number_ && idle_.size() < idle_max)
      idle_.push_back(std::move(reader));
    else
      reader.reset();
    last = --users_ == 0;
  }
  if (last) left_.notify_all();
}

int lmdb_env::begin_write(MDB_txn*& out) {
  for (bool again = true;; again = false) {
    const auto in = enter();
    const bool read_only = [&] {
      const std::lock_guard lock(gate_);
      return broken_ != nullptr;
    }();
    int rc = in.env == nullptr || read_only ? MDB_PANIC : mdb_txn_begin(in.env, nullptr, 0, &out);
    if (rc == 0) return 0;
    leave();
    if (rc != MDB_PANIC || !again || read_only) return rc;
    if (rc = replace(in); rc != 0) return rc;
  }
}

void lmdb_env::tidy_header() noexcept {
  const std::lock_guard lock(gate_);
  auto* env = broken_ != nullptr ? broken_ : env_;
  MDB_txn* txn = nullptr;
  const int rc = env == nullptr ? EIO : mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn);
  if (rc == 0) mdb_txn_abort(txn);
  mdb_filehandle_t fd;
  if (rc != MDB_PANIC || mdb_env_get_fd(env, &fd) != 0) return; // from now on LMDB writes nothing
  std::array<std::array<std::byte, lmdb_meta_bytes>, 2> headers;
  std::array<std::optional<lmdb_meta>, 2> known;
  off_t second_at = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const auto got = ::pread(fd, headers[i].data(), headers[i].size(), i == 0 ? 0 : second_at);
    if (got != static_cast<ssize_t>(headers[i].size())) return;
    known[i] = decode_lmdb_meta(headers[i]);
    if (!known[i]) return;
    if (i == 0) second_at = static_cast<off_t>(known[0]->page_bytes);
  }
  const std::size_t newer = known[1]->transaction > known[0]->transaction ? 1 : 0;
  const std::size_t older = 1 - newer;
  // If it cannot be written the disk has what it had before, or the whole transaction.
  [[maybe_unused]] const auto wrote =
      ::pwrite(fd, headers[newer].data() + lmdb_tables_at, 2 * lmdb_tree::bytes,
               static_cast<off_t>(older == 0 ? 0 : second_at) + static_cast<off_t>(lmdb_tables_at));
}

int lmdb_env::sync() {
  const auto in = enter();
  const int rc = in.env == nullptr ? MDB_PANIC : mdb_env_sync(in.env, 1);
  leave();
  return rc;
}

bool lmdb_env::is_empty() const noexcept {
  MDB_stat stat;
  const std::lock_guard lock(gate_);
  return env_ != nullptr && mdb_env_stat(env_, &stat) == 0 && stat.ms_entries == 0;
}

error lmdb_env::failure(int rc, std::string_view doing) const {
  auto text = std::string(doing) + ' ' + folder_.string() + ": " + mdb_strerror(rc);
  if (rc == MDB_MAP_FULL)
    text += " (" + std::to_string(map_bytes_) + " bytes, option " + option_ + ")";
  if (rc == MDB_PANIC)
    text +=
        panic_ == after_panic::read
            ? " (a write of its header has failed: it can only be read until the store is opened "
              "again)"
            : " (a write of its header has failed: it is opened again when no picture of it is "
              "open)";
  if (rc == MDB_READERS_FULL)
    text += " (too many pictures are open, the limit is " + std::to_string(readers_max) + ")";
  return error(code_of(rc), std::move(text));
}

int lmdb_env::missing_room(std::size_t bytes) const {
  MDB_envinfo info;
  MDB_stat stat;
  mdb_filehandle_t fd;
  const std::lock_guard lock(gate_); // so that it is not closed meanwhile
  if (env_ == nullptr || mdb_env_info(env_, &info) != 0 || mdb_env_stat(env_, &stat) != 0 ||
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
  const std::lock_guard lock(gate_);
  if (env_ == nullptr || mdb_env_get_fd(env_, &fd) != 0 || ::fstat(fd, &file) != 0) return 0;
  return static_cast<std::uint64_t>(file.st_size);
}

lmdb_reader::~lmdb_reader() {
  for (auto& kept : cursors_)
    if (kept.cursor != nullptr) mdb_cursor_close(kept.cursor);
  if (txn_ != nullptr) mdb_txn_abort(txn_);
}

int lmdb_reader::begin(MDB_env* env, std::uint64_t number) {
  number_ = number;
  if (txn_ == nullptr) return mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn_);
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
  if (const int rc = env_.begin_read(reader); rc != 0) return env_.failure(rc, "starting to read");
  return lease(reader.release(), give_back{&env_});
}

} // namespace acta::persistence
