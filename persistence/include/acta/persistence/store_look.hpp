// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A store that is looked at and not opened: its contract and its journals, for tools that judge.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/persistence/partition.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace acta::persistence {

/// The journal of one partition. As the members of `partition` of the same names.
class partition_look {
public:
  virtual ~partition_look() = default;
  [[nodiscard]] virtual std::uint32_t number() const noexcept = 0;
  [[nodiscard]] virtual std::string name_of(std::uint32_t id) const = 0;
  virtual result<void> read_log(std::uint64_t from, const commit_visitor& visit) = 0;
  virtual result<std::uint64_t> next_commit(std::uint64_t position) = 0;
  [[nodiscard]] virtual std::uint64_t last_position() const noexcept = 0;
};

/// Nothing is written into the store's folder. While no process has the store open, this keeps any
/// from opening it: a node that starts meanwhile waits a second, and is then told `store_locked`.
/// While one has, journals are read as LMDB lets other processes read: only a reader's place in
/// their lock.mdb is taken, and given back. A process that is killed while it looks leaves that
/// place taken until the store is opened the next time; journals then grow faster.
///
/// Derived data is not looked at, nor what subscribers and views have.
/// Threads: one at a time.
class store_look {
public:
  /// Errors: `no_store`; `store_locked` if this process itself has it open; as store::open for what
  /// is damaged or of another format.
  static result<std::unique_ptr<store_look>> open(const std::filesystem::path& folder);

  virtual ~store_look() = default;
  [[nodiscard]] virtual const uuid& id() const noexcept = 0;
  /// As store::contract().
  virtual result<std::string> contract() const = 0;
  [[nodiscard]] virtual std::span<const std::unique_ptr<partition_look>>
  partitions() const noexcept = 0;
  /// A process has it open.
  [[nodiscard]] virtual bool is_in_use() const noexcept = 0;
};

} // namespace acta::persistence
