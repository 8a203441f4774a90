// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A disk that fails to make things safe: fsync and fdatasync say EIO. The test program must be
/// built with failing_syncs.cpp, which puts its own before the C library's.
#pragma once

#include <filesystem>

namespace test {

enum class sync_scope : bool { folder_alone, all_under_it };

/// While there is one, syncs of a folder (and of all under it) are counted, and those from number
/// `from` (0: the first) on fail, `failures_max` of them. One at a time.
class failing_syncs {
public:
  failing_syncs(const std::filesystem::path& folder, int from, int failures_max,
                sync_scope scope = sync_scope::all_under_it);
  ~failing_syncs();
  failing_syncs(const failing_syncs&) = delete;
  failing_syncs& operator=(const failing_syncs&) = delete;
  /// How many have failed.
  [[nodiscard]] static int count();
};

} // namespace test
