// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The live tail of a partition: its newest commits in memory, one copy for everybody who follows
/// the journal, so that who keeps up never reads the disk.
#pragma once

#include <acta/persistence/commit.hpp>
#include <acta/persistence/journal.hpp>

#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace acta {

/// The commits of one transaction of the journal. Immutable; parsed when first asked for. Threads:
/// any.
class commit_batch {
public:
  /// Copies the records of what was stored. Pre: at least one entry was.
  commit_batch(std::uint32_t partition, std::span<persistence::append_entry* const> entries);

  [[nodiscard]] std::uint64_t first_position() const noexcept { return items_.front().position; }
  [[nodiscard]] std::uint64_t last_position() const noexcept { return last_position_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return records_.size(); }
  [[nodiscard]] std::span<const persistence::commit_view> commits() const;

private:
  struct item {
    std::uint64_t position;
    std::size_t offset, size;
  };
  std::uint32_t partition_;
  byte_buffer records_;
  std::vector<item> items_;
  std::uint64_t last_position_ = 0;
  mutable std::once_flag parsed_;
  mutable std::vector<persistence::commit_view> commits_;
};

/// Threads: publish from the journal's; the rest from any.
class commit_tail {
public:
  /// @param bytes_max  of records kept; the newest batch is kept whatever its size.
  explicit commit_tail(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void publish(std::shared_ptr<const commit_batch> batch);
  /// The batch that holds `position`; null if it is older than the tail, or not yet there.
  [[nodiscard]] std::shared_ptr<const commit_batch> holding(std::uint64_t position) const;

private:
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<const commit_batch>> batches_;
  std::size_t bytes_ = 0;
};

} // namespace acta
