// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Durable names and their ids, in memory and in the log's table `names`.
#pragma once

#include "log_store.hpp"

#include <mutex>
#include <shared_mutex>
#include <unordered_map>

namespace acta::persistence {

/// Threads: any.
class name_table {
public:
  explicit name_table(log_store& log) : log_(log) {}
  result<void> load();
  result<std::vector<std::uint32_t>> intern(std::span<const std::string> names);
  /// Empty if unknown.
  [[nodiscard]] std::string name_of(std::uint32_t id) const;

private:
  log_store& log_;
  std::mutex interning_; ///< one at a time writes; readers are not held up by its sync
  mutable std::shared_mutex mutex_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::uint32_t> ids_;
};

} // namespace acta::persistence
