// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// contract.txt: its first line holds a checksum of the others, so that a file cut short is found
/// out.
#pragma once

#include <acta/core/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace acta::persistence {

/// Puts the first line before `lines`.
std::string seal_contract(std::string_view lines);

/// The lines without the first. A file without that line is one of an older program, or was edited
/// by hand. Errors: `damaged_file` (naming file and line) if the checksum is another, or a line is
/// not `kind name schema shape`.
result<std::string> unseal_contract(const std::filesystem::path& path, std::string_view text);

} // namespace acta::persistence
