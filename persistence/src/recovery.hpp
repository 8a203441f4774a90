// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What happens between opening the files and the first command: is the derived data this
/// journal's, and what does it lack?
#pragma once

#include "damage.hpp"
#include "indexer.hpp"
#include "journal_thread.hpp"
#include "lane.hpp"
#include "names.hpp"

namespace acta::persistence {

/// Does the derived store describe this log? False if it is ahead of it or was made from another
/// history. Errors: `io`, `corrupt_commit` (of the log).
result<bool> is_derived_from(std::uint32_t partition, log_store& log, derived_store& derived,
                             const derived_head& head);

struct recovery_run {
  std::uint32_t partition;
  log_store& log;
  derived_store& derived;
  lane_registry& lanes;
  name_table& names;
  indexer& index;
  journal_thread& journal;
  const partition_options& options;
  const open_progress& progress;

  /// Reads the commits the index lacks into the lanes' tails; a long way behind, it writes the
  /// index as it goes. Every commit read is checked: checksum, no gap in positions, no gap in its
  /// stream's versions. Errors: `corrupt_commit` (names the position), `io`, `store_full`;
  /// `damaged_index` if what the journal says does not go on from the derived data, which then must
  /// be made anew.
  result<void> run(recovery_report& report);
};

} // namespace acta::persistence
