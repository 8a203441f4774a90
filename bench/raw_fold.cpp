// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "raw_fold.hpp"

#include <lmdb.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bench {

namespace {

void check(int rc) {
  if (rc != MDB_SUCCESS) throw std::runtime_error(mdb_strerror(rc));
}
MDB_val to_val(std::string_view s) { return {s.size(), const_cast<char*>(s.data())}; }

struct env {
  env(const std::filesystem::path& folder, unsigned flags) {
    check(mdb_env_create(&get));
    check(mdb_env_set_mapsize(get, std::size_t{1} << 40));
    check(mdb_env_set_maxdbs(get, 4));
    check(mdb_env_open(get, folder.c_str(), MDB_NOTLS | flags, 0644));
  }
  ~env() { mdb_env_close(get); }
  env(const env&) = delete;
  env& operator=(const env&) = delete;
  MDB_env* get = nullptr;
};

/// Where a record of the journal says what; see docs/storage-format.md.
template <class T> T load(const MDB_val& record, std::size_t at) {
  T value;
  std::memcpy(&value, static_cast<const char*>(record.mv_data) + at, sizeof value);
  return value;
}
std::string_view stream_of(const MDB_val& record) {
  const auto flags = load<std::uint8_t>(record, 9);
  const auto ids = static_cast<std::size_t>((flags & 1) + ((flags >> 1) & 1) + ((flags >> 2) & 1));
  return {static_cast<const char*>(record.mv_data) + 44 + 16 * ids,
          load<std::uint16_t>(record, 36)};
}

/// A row is a count of events, and filling.
struct row {
  std::uint64_t stored = 0;
  std::uint64_t now = 0;
};

class writer {
public:
  explicit writer(const raw_fold_setup& s) : setup_(s), env_(s.folder, MDB_NOMETASYNC) {
    begin();
    check(mdb_dbi_open(txn_, "rows", MDB_CREATE, &rows_));
    check(mdb_dbi_open(txn_, "indexes", MDB_CREATE, &indexes_));
    check(mdb_txn_commit(txn_));
  }
  void begin() { check(mdb_txn_begin(env_.get, nullptr, 0, &txn_)); }
  void take(std::string_view stream, std::uint64_t events) {
    key_.assign(stream);
    const auto [at, is_new] = batch_.try_emplace(key_);
    if (is_new) {
      auto key = to_val(stream);
      MDB_val stored{};
      const int rc = mdb_get(txn_, rows_, &key, &stored);
      if (rc != MDB_NOTFOUND) {
        check(rc);
        at->second.stored = at->second.now = load<std::uint64_t>(stored, 0);
      }
    }
    at->second.now += events;
  }
  void commit() {
    std::vector<std::pair<std::string_view, row>> sorted(batch_.begin(), batch_.end());
    std::ranges::sort(sorted, {}, [](const auto& one) { return one.first; });
    std::vector<std::pair<std::string, std::string_view>> gone, come;
    for (const auto& [key, r] : sorted)
      for (std::size_t i = 0; i < setup_.moving_entries; ++i) {
        if (r.stored != 0) gone.emplace_back(entry(i, r.stored, key), key);
        come.emplace_back(entry(i, r.now, key), key);
      }
    std::ranges::sort(gone);
    std::ranges::sort(come);
    for (const auto& [entry, row_key] : gone) {
      auto key = to_val(entry);
      check(mdb_del(txn_, indexes_, &key, nullptr));
    }
    for (const auto& [entry, row_key] : come) put(indexes_, entry, row_key);
    std::string bytes(setup_.row_bytes, 'x');
    for (const auto& [key, r] : sorted) {
      std::memcpy(bytes.data(), &r.now, sizeof r.now);
      put(rows_, key, bytes);
    }
    check(mdb_txn_commit(txn_));
    batch_.clear();
  }

private:
  [[nodiscard]] std::string entry(std::size_t index, std::uint64_t value,
                                  std::string_view key) const {
    std::string e(std::max<std::size_t>(setup_.entry_bytes, 1 + sizeof value), '\0');
    e[0] = static_cast<char>(index);
    const auto ordered = __builtin_bswap64(value);
    std::memcpy(e.data() + e.size() - sizeof ordered, &ordered, sizeof ordered);
    return e.append(key);
  }
  void put(MDB_dbi table, std::string_view key, std::string_view value) {
    auto k = to_val(key);
    auto v = to_val(value);
    check(mdb_put(txn_, table, &k, &v, 0));
  }

  const raw_fold_setup& setup_;
  env env_;
  MDB_txn* txn_ = nullptr;
  MDB_dbi rows_ = 0, indexes_ = 0;
  std::unordered_map<std::string, row> batch_;
  std::string key_;
};

} // namespace

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

raw_fold_figures raw_fold(const raw_fold_setup& s) {
  std::filesystem::remove_all(s.folder);
  std::filesystem::create_directories(s.folder);
  raw_fold_figures f;
  {
    const env journal(s.journal, MDB_RDONLY);
    writer to(s);
    const auto cpu = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    MDB_txn* txn = nullptr;
    MDB_dbi log = 0;
    MDB_cursor* cursor = nullptr;
    check(mdb_txn_begin(journal.get, nullptr, MDB_RDONLY, &txn));
    check(mdb_dbi_open(txn, "log", MDB_INTEGERKEY, &log));
    check(mdb_cursor_open(txn, log, &cursor));
    MDB_val key{}, record{};
    std::uint64_t in_batch = 0;
    to.begin();
    while (mdb_cursor_get(cursor, &key, &record, MDB_NEXT) == MDB_SUCCESS) {
      const auto events = load<std::uint16_t>(record, 10);
      to.take(stream_of(record), events);
      f.events += events;
      in_batch += events;
      if (in_batch < s.batch_events) continue;
      to.commit();
      to.begin();
      in_batch = 0;
    }
    to.commit();
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    f.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    f.cpu_seconds = cpu_seconds() - cpu;
  }
  std::filesystem::remove_all(s.folder);
  return f;
}

} // namespace bench
