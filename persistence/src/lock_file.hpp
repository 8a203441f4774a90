// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One writing process per store.
#pragma once

#include "unique_fd.hpp"

#include <acta/core/result.hpp>

#include <filesystem>
#include <memory>

namespace acta::persistence {

/// Holds `flock` on a file that names its process. The kernel lets go of it when the process ends,
/// however it ends, so a file left behind is no obstacle. The file itself stays: removing it would
/// race with the next opener.
///
/// A forked child does not hold the lock: it closes its copy of the descriptor before fork()
/// returns in it. If its parent dies before that, the lock lives on until then, so take() waits a
/// moment for a lock whose holder has ended. Only clone() and vfork() without exec leave a child a
/// copy, for as long as it lives after its parent; the destructor unlocks, whoever has copies.
class lock_file {
public:
  /// Errors: `store_locked` (the detail names the pid of the holder), `io`. Blocking: one second at
  /// most, and only if the holder has ended.
  static result<lock_file> take(const std::filesystem::path& path);
  lock_file(lock_file&&) noexcept;
  lock_file& operator=(lock_file&&) noexcept;
  ~lock_file();

private:
  struct held; ///< at a place that does not move, where fork() finds it
  explicit lock_file(std::unique_ptr<held> h);
  std::unique_ptr<held> held_;
};

/// Keeps a store from being opened while somebody looks at it, and knows whether it is open. Writes
/// nothing. Several may have one at a time.
class look_lock {
public:
  /// Without the file nobody has the store open, and nobody is kept from opening it.
  /// Errors: `store_locked` if this process has the store open; `io`.
  static result<look_lock> take(const std::filesystem::path& path);
  /// A process had it open when the lock was to be taken.
  [[nodiscard]] bool is_in_use() const noexcept { return in_use_; }

private:
  unique_fd fd_; ///< with it the lock is let go of
  bool in_use_ = false;
};

} // namespace acta::persistence
