// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A store that is looked at and not opened: its contract and its journals, for tools that judge.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/persistence/partition.hpp>
#include <acta/persistence/view_store.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace acta::persistence {

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
  [[nodiscard]] virtual std::span<const std::unique_ptr<journal_reader>>
  journals() const noexcept = 0;
  /// A copy of the environment in a folder of the store, `processes`, as it is at this moment; null
  /// if there is none. It lies among the system's temporary files, and is gone when it is closed.
  /// Errors: as open_view_store.
  virtual result<std::unique_ptr<view_store>> copy_of(std::string_view folder,
                                                      const view_identity& identity,
                                                      const view_store_options& options) const = 0;
  /// A process has it open.
  [[nodiscard]] virtual bool is_in_use() const noexcept = 0;
};

} // namespace acta::persistence
