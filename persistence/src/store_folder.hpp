// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What lies in a store's folder, and in which order it is made.
///
/// A new store is made while its description is called `store.toml.new`; when every partition is
/// there, that file is renamed to `store.toml`. So a folder with `store.toml` has all its journals,
/// and one that is missing is lost; a folder without it holds no event yet.
#pragma once

#include "store_file.hpp"

#include <acta/core/result.hpp>

#include <cstdint>
#include <filesystem>

namespace acta::persistence {

std::filesystem::path store_toml_in(const std::filesystem::path& folder);
std::filesystem::path contract_in(const std::filesystem::path& folder);
/// `p000` and so on.
std::filesystem::path partition_in(const std::filesystem::path& folder, std::uint32_t partition);

/// False if there is nothing, or only what an interrupted creation has left. Errors: `wrong_format`
/// (something else is there), `damaged_file` (a store without its `store.toml`), `io`.
result<bool> has_store(const std::filesystem::path& folder);

/// What store.toml says. Errors: as read_store_file.
result<store_file> find_store_file(const std::filesystem::path& folder);

/// Errors: `damaged_file` if there is a partition whose number is not below `partitions`; `io`.
result<void> check_no_other_partition(const std::filesystem::path& folder,
                                      std::uint32_t partitions);

/// Removes what an interrupted creation has left. Pre: locked, has_store() is false.
result<void> clear_half_made(const std::filesystem::path& folder);
/// From here to end_making() the folder holds no store. Pre: locked, has_store() is false.
result<void> begin_making(const std::filesystem::path& folder, const store_file& file);
/// Durability: on return the store is there, and survives power loss.
result<void> end_making(const std::filesystem::path& folder);

} // namespace acta::persistence
