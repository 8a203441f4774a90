// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The reading side of a partition: a stream through the index and the tail, the log from a
/// position.
#pragma once

#include "lane.hpp"
#include "log_store.hpp"
#include "names.hpp"

namespace acta::persistence {

/// The log of a partition, whoever has it: as the members of `partition`. No position: there is no
/// commit after that one.
result<void> read_log(std::uint32_t partition, log_store& log, std::uint64_t from,
                      const commit_visitor& visit);
result<std::optional<std::uint64_t>> next_commit(std::uint32_t partition, log_store& log,
                                                 std::uint64_t position);

/// Threads: any.
struct stream_reading {
  std::uint32_t partition;
  log_store& log;
  derived_store& derived;
  lane_registry& lanes;
  const name_table& names;
  std::uint64_t in_doubt = 0; ///< recovery_report's

  result<void> read_stream(const stream_key& stream, version_number from,
                           const commit_visitor& visit) const;
  result<void> read_log(std::uint64_t from, const commit_visitor& visit) const;
  /// Pre: the log ends at `position` or after it.
  result<checkpoint> checkpoint_at(std::uint64_t position) const;
  /// Where the commit after the one that holds `position` begins, if there is one in the log.
  result<std::optional<std::uint64_t>> next_commit(std::uint64_t position) const;
  /// Pre: as checkpoint_at.
  result<bool> holds(const checkpoint& c) const;
  /// By the index, and compared with the journal; 0 for a stream it does not know.
  result<version_number> indexed_version(const stream_key& stream) const;

private:
  result<void> check_end(const stream_key& stream, const stream_end& end) const;
};

} // namespace acta::persistence
