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
#include <utility>

namespace acta::persistence {

[[nodiscard]] bool file_exists(const std::filesystem::path& path) noexcept;
/// Creates what is missing of the path and syncs the parents of what it created.
result<void> make_folders(const std::filesystem::path& folder);
result<void> sync_folder(const std::filesystem::path& folder);
/// XXH3 of a text file's lines, as 16 digits: for another of its lines.
std::string checksum_text(std::string_view lines);
/// Old or new content after a crash, never a mixture.
result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text);
/// Empty if the file does not exist.
result<std::string> read_file(const std::filesystem::path& path);

/// A folder of its own among the system's temporary files. Removed with what is in it, by remove()
/// or at the latest by the destructor.
class temporary_folder {
public:
  static result<temporary_folder> make(std::string_view prefix);
  temporary_folder(temporary_folder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  temporary_folder& operator=(temporary_folder&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~temporary_folder();
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  result<void> remove();

private:
  explicit temporary_folder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_; ///< empty once it is gone
};

} // namespace acta::persistence
