// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Damages commits behind a closed store's back, as a failing disk would.
#pragma once

#include <catch2/catch.hpp>

#include <lmdb.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace test {

/// Changes the record at `position` of a partition's journal (`p000/journal`).
inline void change_record(const std::filesystem::path& journal, std::uint64_t position,
                          const std::function<void(std::string&)>& change) {
  MDB_env* env = nullptr;
  REQUIRE(mdb_env_create(&env) == 0);
  REQUIRE(mdb_env_set_maxdbs(env, 16) == 0);
  REQUIRE(mdb_env_set_mapsize(env, std::size_t{1} << 30) == 0);
  REQUIRE(mdb_env_open(env, journal.c_str(), 0, 0644) == 0);
  MDB_txn* txn = nullptr;
  REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
  MDB_dbi log = 0;
  REQUIRE(mdb_dbi_open(txn, "log", MDB_INTEGERKEY, &log) == 0);
  MDB_val key{sizeof position, &position};
  MDB_val stored{};
  REQUIRE(mdb_get(txn, log, &key, &stored) == 0);
  std::string bytes(static_cast<const char*>(stored.mv_data), stored.mv_size);
  change(bytes);
  MDB_val changed{bytes.size(), bytes.data()};
  REQUIRE(mdb_put(txn, log, &key, &changed, 0) == 0);
  REQUIRE(mdb_txn_commit(txn) == 0);
  mdb_env_close(env);
}

/// Turns the last bit of its last byte: its header stays as it was.
inline void damage_commit(const std::filesystem::path& journal, std::uint64_t position) {
  change_record(journal, position, [](std::string& bytes) { bytes.back() ^= 1; });
}

} // namespace test
