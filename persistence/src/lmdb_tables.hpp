// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Helpers the two environments of a partition share.
#pragma once

#include "files.hpp"
#include "lmdb_env.hpp"
#include "log_store.hpp"

namespace acta::persistence {

/// On disk: rises with every change to the layout of the environment's tables.
inline constexpr std::uint32_t journal_format = 1;
inline constexpr std::uint32_t derived_format = 3;

/// Table `meta`, key `identity`: format u32, partition u32, store id 16 bytes. Written when the
/// environment is new. Errors: `wrong_format` if it says something else; `expected_in` names the
/// file in the message.
result<void> check_identity(MDB_txn* txn, MDB_dbi meta, const store_identity& identity,
                            std::uint32_t format, const std::filesystem::path& folder, bool is_new);

/// Opens or creates an environment in `folder` and the tables of `Store` in it, which gets `args`.
template <class Interface, class Store, class... Args>
result<std::unique_ptr<Interface>> open_lmdb(const std::filesystem::path& folder,
                                             std::size_t map_bytes, const char* map_option,
                                             after_panic panic, const Args&... args) {
  if (auto made = make_folders(folder); !made) return std::move(made).error();
  auto env = lmdb_env::open(folder, map_bytes, map_option, 0, panic);
  if (!env) return std::move(env).error();
  auto store = std::make_unique<Store>(std::move(*env));
  if (auto opened = store->open_tables(args...); !opened) return std::move(opened).error();
  // The directory entries of LMDB's files must be as durable as what is written into them.
  if (auto synced = sync_folder(folder); !synced) return std::move(synced).error();
  return std::unique_ptr<Interface>(std::move(store));
}

} // namespace acta::persistence
