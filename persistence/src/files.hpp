// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Directories and small files, written so that they survive power loss. Errors are `io` and name
/// the path.
#pragma once

#include <acta/core/result.hpp>

#include <filesystem>
#include <string>
#include <string_view>

namespace acta::persistence {

[[nodiscard]] bool file_exists(const std::filesystem::path& path) noexcept;
/// Creates what is missing of the path and syncs the parents of what it created.
result<void> make_folders(const std::filesystem::path& folder);
result<void> sync_folder(const std::filesystem::path& folder);
/// Old or new content after a crash, never a mixture.
result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text);
/// Empty if the file does not exist.
result<std::string> read_file(const std::filesystem::path& path);

} // namespace acta::persistence
