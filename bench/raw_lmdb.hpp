// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The yardstick: LMDB appending the same bytes, in the same batches, synced as often, and nothing
/// else.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>

namespace bench {

struct raw_figures {
  double records_per_second = 0;
  double commit_us = 0; ///< mean time of one transaction
};

/// Appends records of `record_bytes` in transactions of `batch` for about `time`. The folder is
/// removed before and after.
raw_figures raw_lmdb(const std::filesystem::path& folder, std::size_t batch,
                     std::size_t record_bytes, std::chrono::milliseconds time);

} // namespace bench
