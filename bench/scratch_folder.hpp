// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A new folder on the disk to measure, gone when the run is over. Nothing else there is touched.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace bench {

class scratch_folder {
public:
  /// @param under  made if it is not there, and then removed again
  explicit scratch_folder(const std::filesystem::path& under)
      : under_(under), made_(std::filesystem::create_directories(under)) {
    auto pattern = (under / "acta-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw std::runtime_error("no folder can be made in " + under.string());
    path_ = pattern;
  }
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    if (made_) std::filesystem::remove(under_, ignored); // unless there is something else by now
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path under_;
  std::filesystem::path path_;
  bool made_;
};

} // namespace bench
