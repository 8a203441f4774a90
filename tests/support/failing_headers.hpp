// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A disk that takes no write of LMDB's headers (meta pages), the one failure after which LMDB
/// refuses every transaction (MDB_PANIC). The test program must be built with failing_headers.cpp,
/// which puts its own pwrite() before the C library's.
#pragma once

#include <filesystem>
#include <limits>

namespace test {

/// While there is one, headers of files under `folder` fail with EIO, the first `failures_max` of
/// them. One at a time.
class failing_headers {
public:
  explicit failing_headers(const std::filesystem::path& folder,
                           int failures_max = std::numeric_limits<int>::max());
  ~failing_headers();
  failing_headers(const failing_headers&) = delete;
  failing_headers& operator=(const failing_headers&) = delete;
  /// How many have failed.
  [[nodiscard]] static int count();
};

} // namespace test
