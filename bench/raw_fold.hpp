// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The yardstick of views: LMDB reading the same journal and putting rows and index entries of the
/// same sizes, in the same order and batches, synced alike, and decoding no more than stream ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace bench {

struct raw_fold_setup {
  std::filesystem::path journal; ///< of a store that nobody has open
  std::filesystem::path folder;  ///< for the rows; removed before and after
  std::uint64_t batch_events = 1;
  std::size_t row_bytes = 0;
  std::size_t moving_entries = 0; ///< per changed row: erased and put elsewhere
  std::size_t entry_bytes = 0;    ///< besides the row's key
};

struct raw_fold_figures {
  double seconds = 0;
  double cpu_seconds = 0;
  std::uint64_t events = 0;
};

raw_fold_figures raw_fold(const raw_fold_setup& s);

/// Of this process, all threads.
double cpu_seconds();

} // namespace bench
