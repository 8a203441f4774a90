// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What waits for the journal: a list through the entries, bounded in bytes, closed once.
///
/// A mutex and not a lock-free queue: it is held for a few instructions, and one wake-up costs more
/// than a thousand of them.
#pragma once

#include <acta/persistence/journal.hpp>

#include <condition_variable>
#include <mutex>
#include <vector>

namespace acta::persistence {

/// Threads: push, has_room, bytes and close from any; take from the journal's.
class append_queue {
public:
  append_queue(std::size_t bytes_max, std::chrono::microseconds linger)
      : bytes_max_(bytes_max), linger_(linger) {}

  /// Lets entries in. Before it, and after close(), push answers `stopped`.
  void open();
  /// Errors: `overloaded`, `stopped`.
  result<void> push(append_entry& entry);
  /// Moves up to `bytes_max` of records, at least one entry, to `out` (cleared first), in order.
  /// Waits while empty.
  /// @returns false when closed and empty.
  bool take(std::size_t bytes_max, std::vector<append_entry*>& out);
  void close();

  [[nodiscard]] bool has_room() const noexcept {
    return bytes_.load(std::memory_order_relaxed) < bytes_max_;
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return bytes_.load(std::memory_order_relaxed);
  }
  /// Entries pushed so far.
  [[nodiscard]] std::uint64_t pushed() const;

private:
  /// Barriers and small records cost memory too.
  static std::size_t cost_of(const append_entry& entry) noexcept {
    return sizeof(append_entry) + entry.record.size();
  }

  const std::size_t bytes_max_;
  const std::chrono::microseconds linger_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  append_entry* first_ = nullptr;
  append_entry* last_ = nullptr;
  std::uint64_t pushed_ = 0;
  bool open_ = false;
  bool waiting_ = false;
  std::atomic<std::size_t> bytes_{0};
};

} // namespace acta::persistence
