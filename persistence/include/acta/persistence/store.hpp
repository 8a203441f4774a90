// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A store: the directory, its lock, and its partitions.
#pragma once

#include <acta/persistence/partition.hpp>

namespace acta::persistence {

struct store_options {
  /// Partitions of a new store, 1..1024; an existing one keeps its own count, and another wish than
  /// 0 or that is `wrong_format`.
  std::uint32_t partitions = 0;
  /// False: opens a store that is there, and never makes one (`no_store`). For tools that judge.
  bool create = true;
  partition_options partition;
  /// Called while opening takes long (a rebuild of derived data), with a sentence and the share
  /// done (0..1).
  std::function<void(std::string_view, double)> progress;
};

/// Lifecycle: open() takes the lock, the destructor gives it back. Threads: every member from any
/// thread. Processes: a child made by fork() has neither the lock nor the threads, so it must do
/// nothing with a store but exec or _exit; the parent goes on.
class store {
public:
  /// Creates the directory if it is missing or empty. What the store was found to be made of must
  /// be there: a missing journal is never made anew.
  /// Errors: `store_locked` (names the pid), `wrong_format` (names the file and what was expected),
  /// `damaged_file` (names the file), `no_store`, `store_full`, `io`, `corrupt_commit`.
  static result<std::unique_ptr<store>> open(const std::filesystem::path& folder,
                                             store_options options);
  static std::unique_ptr<store> in_memory(store_options options);

  virtual ~store() = default;
  [[nodiscard]] virtual const uuid& id() const noexcept = 0;
  /// Empty if the store is in memory.
  [[nodiscard]] virtual const std::filesystem::path& folder() const noexcept = 0;
  [[nodiscard]] virtual std::span<const std::unique_ptr<partition>> partitions() const noexcept = 0;
  /// hash modulo count; durable.
  [[nodiscard]] virtual partition& of(const stream_key& stream) const noexcept = 0;
  /// contract.txt: names and shapes of durable types, one per line; empty in a new store. See
  /// docs/storage-format.md. Errors: `damaged_file` if it is missing although there are events, or
  /// is not what was written; `io`.
  virtual result<std::string> contract() const = 0;
  virtual result<void> write_contract(std::string_view text) = 0;
  /// This opening has made it, on disk.
  [[nodiscard]] virtual bool is_new() const noexcept { return false; }
};

} // namespace acta::persistence
