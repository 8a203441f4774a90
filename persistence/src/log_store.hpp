// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The seam under a partition: where records, index, dedupe records and snapshots are kept.
///
/// Group commit, lanes, recovery and reading are written once, over these two interfaces; LMDB and
/// memory implement them, and tests put faults between.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>
#include <acta/core/time.hpp>
#include <acta/persistence/partition.hpp>
#include <acta/persistence/stream.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acta::persistence {

struct log_record {
  std::uint64_t position = 0;
  bytes_view bytes; ///< valid while the reader is held

  /// As it is stored, whether it is right or not; 0 if not even that is left.
  [[nodiscard]] std::uint64_t checksum() const noexcept {
    return bytes.size() < sizeof(std::uint64_t) ? 0 : load_le<std::uint64_t>(bytes.data());
  }
};

/// A cursor over a frozen picture of the log. Threads: one at a time.
class log_reader {
public:
  virtual ~log_reader() = default;
  /// The record whose first event is at `position`; false if there is none.
  virtual result<bool> seek(std::uint64_t position, log_record& out) = 0;
  /// The last record that starts at or before `position`; false if there is none.
  virtual result<bool> seek_holding(std::uint64_t position, log_record& out) = 0;
  /// The record after the current one; false at the end.
  virtual result<bool> next(log_record& out) = 0;
  /// Ends the picture; the reader may be used again by its store. Called by log_reading.
  virtual void done() noexcept = 0;
};

struct end_log_reading {
  void operator()(log_reader* reader) const noexcept { reader->done(); }
};
using log_reading = std::unique_ptr<log_reader, end_log_reading>;

/// Threads: begin, append, commit, abort from one thread at a time; the rest from any.
class log_store {
public:
  virtual ~log_store() = default;

  virtual result<void> begin() = 0;
  /// Pre: between begin() and commit(), position above all before. On failure the transaction is
  /// gone.
  virtual result<void> append(std::uint64_t position, bytes_view record) = 0;
  /// Durability: on success everything appended since begin() survives power loss; on failure
  /// nothing of it was kept. Errors: `store_full` (later transactions may succeed), anything else:
  /// the log must not be used for writing again.
  virtual result<void> commit() = 0;
  virtual void abort() noexcept = 0;

  virtual result<log_reading> read() = 0;

  /// All names; the id of the first is 1.
  virtual result<std::vector<std::string>> names() = 0;
  virtual result<void> add_names(std::uint32_t first_id, std::span<const std::string> names) = 0;
};

/// One line of the stream index.
struct index_entry {
  version_number first_version = 0;
  std::uint64_t position = 0;
  std::uint32_t events = 0;
};

/// Where a stream ends. Kept beside the index, so that "nothing found" in one of the two is not
/// taken for "there is nothing".
struct stream_end {
  version_number version = 0;
  std::uint64_t position = 0; ///< of the commit that holds it
  std::uint64_t checksum = 0; ///< of that commit
};

/// What the journal knows about a commit and the derived store does not yet.
struct index_item {
  const stream_key* stream = nullptr;
  index_entry entry;
  std::uint64_t checksum = 0; ///< of the commit
  std::uint64_t age = 0;      ///< as derived_head::age, of the commit; no two have the same
  uuid command_id;
};

/// How far derived data has come, and a check that it belongs to this journal.
struct derived_head {
  std::uint64_t indexed_up_to = 0; ///< position of the last event in the index
  std::uint64_t checksum = 0;      ///< of the commit that holds it
  std::uint64_t streams = 0;       ///< streams in the index
  /// Microseconds for which the partition had been open when that commit was written, by the
  /// monotonic clock, over all runs: no jump of the clock makes a command id old.
  std::uint64_t age = 0;
  std::uint64_t forgotten_up_to = 0; ///< command ids of commits after this position are all there
};

struct snapshot_item {
  stream_key stream;
  snapshot saved;
};

/// One transaction of the indexer: all or nothing.
struct derived_batch {
  std::span<const index_item> items; ///< those of a stream together, by version
  std::span<const snapshot_item> snapshots;
  derived_head head; ///< forgotten_up_to: as it was; it rises with what this batch forgets
  /// Command ids of a lesser age are not written, and swept out bit by bit.
  std::uint64_t forget_before = 0;
};

using index_visitor = std::function<bool(const index_entry&)>;

/// Threads: write() from one thread at a time; the rest from any.
class derived_store {
public:
  virtual ~derived_store() = default;
  /// Errors: `damaged_index`.
  virtual result<derived_head> head() = 0;
  /// @returns the head as written. Errors: `store_full`, `io`, `damaged_index` (what is there does
  /// not go on to what is to be written); nothing of the batch was kept.
  virtual result<derived_head> write(const derived_batch& batch) = 0;
  /// Nothing for a stream without events. Errors (also of what follows): `io`; `damaged_index` if
  /// index and ends disagree or are not what was written.
  virtual result<std::optional<stream_end>> last_of(const stream_key& stream) = 0;
  /// From the commit that holds `from`, in order of versions, without a hole up to the stream's
  /// end; nothing if it ends before.
  virtual result<void> scan(const stream_key& stream, version_number from,
                            const index_visitor& visit) = 0;
  virtual result<std::optional<std::uint64_t>> find_command(const stream_key& stream,
                                                            const uuid& command_id) = 0;
  virtual result<std::optional<snapshot>> newest_snapshot(const stream_key& stream) = 0;
  /// Notes that this data cannot be believed: the next open makes it anew.
  virtual void condemn(const error& why) noexcept = 0;
  /// What is written between the two is worth something only as a whole: an open that finds the
  /// second undone makes this data anew. Errors: `io`, `store_full`.
  virtual result<void> begin_unfinished() = 0;
  virtual result<void> end_unfinished() = 0;
};

/// Whose data a folder holds; another store's journal is refused, another's derived data is thrown
/// away.
struct store_identity {
  uuid store_id;
  std::uint32_t partition = 0;
};

/// Errors: `io`, `wrong_format`, `damaged_file`.
result<std::unique_ptr<log_store>> open_lmdb_log(const std::filesystem::path& folder,
                                                 const store_identity& identity,
                                                 const partition_options& options,
                                                 if_missing missing = if_missing::create);
/// A journal that was made must not be made again: it would be an empty one. Errors:
/// `damaged_file`, `io`.
result<void> check_journal_is_there(const std::filesystem::path& folder);
/// The journal as store_look has it: nothing can be written. Its names are those of now.
/// @param in_use  another process has it open; never this one
result<std::unique_ptr<log_store>> look_at_lmdb_log(const std::filesystem::path& folder,
                                                    const store_identity& identity, bool in_use);
/// Copies an environment as it is at one moment, without what is free in it. False if there is
/// none.
/// @param to  an empty folder @param in_use  as look_at_lmdb_log
result<bool> copy_lmdb(const std::filesystem::path& from, const std::filesystem::path& to,
                       bool in_use);
/// Opens derived data, or says by `wrong_format` or a code of condition::corrupt that it must be
/// made anew.
result<std::unique_ptr<derived_store>> open_lmdb_derived(const std::filesystem::path& folder,
                                                         const store_identity& identity,
                                                         const partition_options& options);
/// Removes derived data, so that opening makes it anew. Errors: `io`.
result<void> remove_lmdb_derived(const std::filesystem::path& folder);
std::unique_ptr<log_store> make_memory_log();
std::unique_ptr<derived_store> make_memory_derived();

} // namespace acta::persistence
