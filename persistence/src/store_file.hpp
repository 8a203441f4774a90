// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// store.toml: what a store is, readable by people. It gets its name when all partitions are there
/// (store_folder.hpp).
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/core/time.hpp>

#include <filesystem>

namespace acta::persistence {

/// On disk: rises with every change that an older program could not read.
inline constexpr std::uint32_t store_format = 1;

struct store_file {
  uuid id;
  std::uint32_t partitions = 1;
  std::string created_by = "acta";
  time_point created_at{};
  /// All journals were there when the file was written. Programs before November 2026 wrote it
  /// first, and without this key.
  bool complete = true;
  /// The number of the newest contract.txt; 0: an older program wrote it, or nobody has.
  std::uint64_t contract = 0;
  /// It had a checksum when it was read. Older programs wrote none.
  bool is_sealed = true;
  /// Somebody has edited it on purpose, and says so in place of the checksum.
  bool is_edited = false;
};

/// Errors: `wrong_format` (names the file, the key and what was expected), `damaged_file` (another
/// checksum, or none in a file that only programs wrote that write one), `io`.
result<store_file> read_store_file(const std::filesystem::path& path);
/// The error for a file that has lost its checksum: `damaged_file`.
[[nodiscard]] error store_file_is_cut(const std::filesystem::path& path);
result<void> write_store_file(const std::filesystem::path& path, const store_file& file);

} // namespace acta::persistence
