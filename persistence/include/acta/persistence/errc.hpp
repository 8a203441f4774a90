// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a store can answer instead of success.
#pragma once

#include <acta/core/error.hpp>

namespace acta::persistence {

enum class errc {
  version_conflict = 1, ///< The stream is not at the expected version. -> conflict
  store_full, ///< Map size or disk exhausted; nothing of the commit was written. -> unavailable
  io, ///< The operating system refused; the store takes no more commits until reopened. -> io
  corrupt_commit, ///< A record's checksum or structure is wrong; `where()` is its position. ->
                  ///< corrupt
  store_locked,   ///< Another process writes this store; the detail names its pid. -> conflict
  wrong_format,   ///< Not a store, another format version, or parts of different stores. -> invalid
  overloaded,     ///< The journal's queue is full; nothing was queued. -> unavailable
  stopped,        ///< The store is closing or closed. -> unavailable
  too_large,      ///< A commit beyond the limits of commit.hpp. -> invalid
  unknown_position, ///< A caller names a position that the journal does not have. -> invalid
  damaged_file,     ///< A file is missing, cut short or not what it must be; the detail names it.
                    ///< -> corrupt
  no_store,         ///< No store is there, and none was to be made. -> invalid
  damaged_index,    ///< Derived data contradicts itself or the journal; `where()` is the stream. It
                    ///< is made anew at the next open. -> corrupt
};

std::error_code make_error_code(errc e) noexcept;

} // namespace acta::persistence

template <> struct std::is_error_code_enum<acta::persistence::errc> : std::true_type {};
