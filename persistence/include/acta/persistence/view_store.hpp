// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Where one generation of one view is kept: rows, indexes, checkpoints and dead letters in one
/// LMDB environment, so that rows and checkpoint always agree.
///
/// Derived: it may be deleted whole, and is made anew from the journals. A power loss may undo its
/// last transactions, never damage it (`view_sync::ordered`): what is undone is projected again.
/// Tables: docs/storage-format.md.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/row_table.hpp>
#include <acta/persistence/checkpoint.hpp>
#include <acta/persistence/errc.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace acta::persistence {

/// Whose rows an environment holds.
struct view_identity {
  uuid store_id;
  std::string view;
  std::uint64_t layout_fingerprint = 0; ///< view_type's
  std::uint64_t fingerprint = 0;        ///< view_type's
};

/// An event that a view could not take and has passed over. By position, never by copy.
struct dead_letter {
  position where;
  time_point at{};            ///< when it was parked
  std::uint32_t attempts = 0; ///< before it was parked, and since
  std::string reason;
};

/// What an environment says of itself.
struct view_head {
  std::uint64_t layout_fingerprint = 0;
  std::uint64_t fingerprint = 0;
  bool built = false;  ///< it has once caught up: it may serve
  bool paused = false; ///< by an operator; survives restarts
  /// Transactions that changed a row, since the environment was made.
  std::uint64_t changes = 0;
};

enum class view_sync : std::uint8_t {
  ordered, ///< data before the meta page (MDB_NOMETASYNC): always whole
  none,    ///< for scratch environments, which no restart will see (MDB_NOSYNC)
};

struct view_store_options {
  /// Address space; reaching it is `store_full`. Sparse.
  std::size_t map_bytes = std::size_t{256} << 30;
  view_sync sync = view_sync::ordered;
  /// Whether what an earlier format has written is taken over and raised to this one. For what
  /// cannot be made anew; the checkpoints in it have no checksums until they are set again.
  bool upgrade = false;
  /// False: an environment whose making did not come to its end is `wrong_format`, not made now.
  bool create = true;
  /// Where a new environment starts, by partition; those not named at 0. Written with its identity:
  /// it is never seen without them.
  std::vector<std::pair<std::uint32_t, checkpoint>> start{};
};

/// A frozen picture of one environment. Threads: one at a time; begun and ended on any.
class view_reading : public row_reader {
public:
  [[nodiscard]] virtual result<view_head> head() = 0;
  /// How far the view has scanned a partition; 0 at first. Errors: `corrupt_commit`, `io`.
  [[nodiscard]] virtual result<persistence::checkpoint> checkpoint(std::uint32_t partition) = 0;
  /// In order of position, at most `limit`. @param from  first position wanted
  [[nodiscard]] virtual result<std::vector<dead_letter>> dead_letters(std::size_t limit,
                                                                      position from) = 0;
  [[nodiscard]] result<std::vector<dead_letter>> dead_letters(std::size_t limit) {
    return dead_letters(limit, position{});
  }
  [[nodiscard]] virtual result<std::uint64_t> dead_letter_count() = 0;
};

/// A write transaction; given up unless committed. Threads: the one that began it.
class view_writing : public row_writer {
public:
  /// Pre: `to` is of this partition's journal (commit_view::record_checksum,
  /// partition::checkpoint_at).
  virtual result<void> set_checkpoint(std::uint32_t partition,
                                      const persistence::checkpoint& to) = 0;
  [[nodiscard]] virtual result<persistence::checkpoint> checkpoint(std::uint32_t partition) = 0;
  virtual result<void> set_built() = 0;
  virtual result<void> set_paused(bool paused) = 0;
  /// Over the old one if the position is parked already.
  virtual result<void> park(const dead_letter& letter) = 0;
  /// False if it is not parked.
  virtual result<bool> unpark(position where) = 0;
  [[nodiscard]] virtual result<std::optional<dead_letter>> find_dead_letter(position where) = 0;
  /// Durability: as the environment's view_sync. @param rows_changed  counts one in
  /// view_head::changes. Errors: `store_full`, `io`; nothing of the transaction was kept.
  virtual result<void> commit(bool rows_changed) = 0;
};

/// Lifecycle: readings and writings must end before it does. Threads: any; write() blocks while
/// another thread's writing goes on.
class view_store {
public:
  virtual ~view_store() = default;
  virtual result<std::unique_ptr<view_reading>> read() = 0;
  virtual result<std::unique_ptr<view_writing>> write() = 0;
  /// Everything committed survives power loss from here on.
  virtual result<void> sync() = 0;
  /// Bytes of the file.
  [[nodiscard]] virtual std::uint64_t file_bytes() const = 0;
  [[nodiscard]] virtual const std::filesystem::path& folder() const noexcept = 0;
};

/// Opens or creates the environment in `folder`. An existing one keeps the fingerprints it was made
/// with (view_head), whatever `identity` says; the caller compares.
/// Errors: `wrong_format` (another format, view or store), `store_full`, `io`, `corrupt_commit`.
result<std::unique_ptr<view_store>> open_view_store(const std::filesystem::path& folder,
                                                    const view_identity& identity,
                                                    const view_store_options& options);
/// One that nobody else sees and nothing survives: its files are unlinked as soon as they are open.
/// They lie in the system's folder for temporary files. Errors: `store_full`, `io`.
result<std::unique_ptr<view_store>> make_scratch_view_store(const view_identity& identity,
                                                            view_store_options options);

} // namespace acta::persistence
