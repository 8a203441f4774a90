// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "raw_lmdb.hpp"

#include <lmdb.h>

#include <cstring>
#include <stdexcept>
#include <vector>

namespace bench {

namespace {
void check(int rc) {
  if (rc != MDB_SUCCESS) throw std::runtime_error(mdb_strerror(rc));
}
} // namespace

raw_figures raw_lmdb(const std::filesystem::path& folder, std::size_t batch,
                     std::size_t record_bytes, std::chrono::milliseconds time) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  MDB_env* env = nullptr;
  check(mdb_env_create(&env));
  check(mdb_env_set_mapsize(env, std::size_t{1} << 40));
  check(mdb_env_set_maxdbs(env, 2));
  check(mdb_env_open(env, folder.c_str(), MDB_NOTLS, 0644));
  MDB_txn* txn = nullptr;
  MDB_dbi log = 0;
  check(mdb_txn_begin(env, nullptr, 0, &txn));
  check(mdb_dbi_open(txn, "log", MDB_CREATE | MDB_INTEGERKEY, &log));
  check(mdb_txn_commit(txn));

  const std::vector<char> record(record_bytes, 'x');
  std::size_t position = 1;
  std::size_t commits = 0;
  const auto start = std::chrono::steady_clock::now();
  std::chrono::duration<double> spent{0};
  while (spent < time) {
    check(mdb_txn_begin(env, nullptr, 0, &txn));
    for (std::size_t i = 0; i < batch; ++i, ++position) {
      MDB_val key{sizeof position, &position};
      MDB_val value{record.size(), nullptr};
      check(mdb_put(txn, log, &key, &value, MDB_APPEND | MDB_RESERVE));
      std::memcpy(value.mv_data, record.data(), record.size());
    }
    check(mdb_txn_commit(txn));
    ++commits;
    spent = std::chrono::steady_clock::now() - start;
  }
  mdb_env_close(env);
  std::filesystem::remove_all(folder);
  return {static_cast<double>(position - 1) / spent.count(),
          spent.count() * 1e6 / static_cast<double>(commits)};
}

} // namespace bench
