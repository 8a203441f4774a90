// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// contract.txt: its first line holds a checksum of the others, so that a file cut short is found
/// out, and how often the file has been written, so that an older copy is.
#pragma once

#include "store_file.hpp"

#include <acta/core/result.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace acta::persistence {

struct sealed_contract {
  std::string lines;        ///< without the first
  std::uint64_t number = 0; ///< 0: of an older program, or edited by hand
  bool has_types = false;
};

/// Whether a program wrote it that writes a checksum.
[[nodiscard]] bool is_sealed_contract(std::string_view text) noexcept;
/// Puts the first line before the others.
std::string seal_contract(std::string_view lines, std::uint64_t number);

/// A file without the first line is one of an older program, or was edited by hand. Errors:
/// `damaged_file` (naming file and line) if the checksum is another, or a line is not `kind name
/// schema shape`.
result<sealed_contract> unseal_contract(const std::filesystem::path& path, std::string_view text);

/// The file, compared with what its store.toml says of it. Errors: as store::contract().
result<sealed_contract> read_contract(const std::filesystem::path& path, const store_file& about,
                                      const std::function<bool()>& has_events);

} // namespace acta::persistence
