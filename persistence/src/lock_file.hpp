// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One writing process per store.
#pragma once

#include "unique_fd.hpp"

#include <acta/core/result.hpp>

#include <filesystem>

namespace acta::persistence {

/// Holds `flock` on a file that names its process. The kernel lets go of it when the process ends,
/// however it ends, so a file left behind is no obstacle. The file itself stays: removing it would
/// race with the next opener.
class lock_file {
public:
  /// Errors: `store_locked` (the detail names the pid of the holder), `io`.
  static result<lock_file> take(const std::filesystem::path& path);

private:
  explicit lock_file(unique_fd fd) : fd_(std::move(fd)) {}
  unique_fd fd_;
};

} // namespace acta::persistence
