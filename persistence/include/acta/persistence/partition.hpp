// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A partition: one totally ordered journal with its index, dedupe records and snapshots.
#pragma once

#include <acta/persistence/checkpoint.hpp>
#include <acta/persistence/commit.hpp>
#include <acta/persistence/journal.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acta::persistence {

/// Called per commit in order; false ends the reading. The view is valid during the call. Must not
/// throw.
using commit_visitor = std::function<bool(const commit_view&)>;

/// Saved state of one aggregate. Derived: it may be missing, and is ignored when its fingerprint is
/// not the reader's.
struct snapshot {
  version_number version = 0;
  std::uint64_t position = 0;    ///< of the event at `version`
  time_point recorded_at{};      ///< of the commit at `version`
  std::uint64_t fingerprint = 0; ///< of the state's shape
  byte_buffer state;
};

/// A larger state is not saved; one of this size already takes longer to load than a long stream to
/// replay.
inline constexpr std::size_t snapshot_bytes_max = std::size_t{64} << 20;
/// Snapshots that may wait for the indexer; beyond them offer_snapshot answers false.
inline constexpr std::size_t snapshot_backlog_bytes_max = std::size_t{128} << 20;

/// What opening had to do.
struct recovery_report {
  std::uint64_t streams = 0;      ///< streams in the partition
  std::uint64_t events = 0;       ///< events in the partition
  std::uint64_t tail_commits = 0; ///< commits read again because the index was behind
  std::uint64_t tail_streams = 0; ///< streams among them
  bool index_rebuilt = false;     ///< derived data was missing or unusable
  std::string index_unusable{};   ///< why; empty if it was missing
  /// The last position that derived data knew, if the journal ends before it; else 0. A journal
  /// that was put back to an older copy looks like one that has lost its end, so nothing is
  /// refused.
  std::uint64_t index_knew = 0;
  /// Positions of damaged commits among what was read again. Each stops its stream alone.
  std::vector<std::uint64_t> damaged{};
  /// The last damaged commit of which nobody can tell whose it was; 0: there is none. Streams that
  /// have not written since it answer `corrupt_commit`: they may have ended with it.
  std::uint64_t in_doubt = 0;
  std::chrono::microseconds took{0};
};

/// Figures for metrics and tests; each read is a snapshot of a counter.
struct partition_figures {
  std::uint64_t commits = 0, events = 0, batches = 0, failed_batches = 0;
  std::size_t queue_bytes = 0;
  std::uint64_t indexed_up_to = 0;
  std::uint64_t lanes = 0;
  std::uint64_t unindexed_commits = 0; ///< on disk and in memory, waiting for the index
  std::uint64_t index_failures =
      0; ///< index transactions that failed and are tried again; rising is an alert
  std::uint64_t snapshots_dropped = 0;
  /// Answers refused because derived data was not what was written; any is an alert: open the store
  /// again, which makes it anew.
  std::uint64_t index_damages = 0;
  /// Times that the clock went more than clock_jump_min away from the monotonic one between two
  /// transactions; rising is an alert.
  std::uint64_t clock_jumps = 0;
  std::chrono::microseconds last_clock_jump{0}; ///< by how much; negative: backward
  /// How far the time of the last commit is ahead of the clock. Times only rise, so after a jump
  /// forward commits carry a time that is yet to come until the clock has caught up.
  std::chrono::microseconds ahead_of_clock{0};
};

/// What the clock may go away from the monotonic one between two transactions without being counted
/// as a jump.
inline constexpr std::chrono::minutes clock_jump_min{1};

/// The journal of one partition, as a reader of all of it needs it. Threads: as the class that
/// implements it says.
class journal_reader {
public:
  virtual ~journal_reader() = default;
  [[nodiscard]] virtual std::uint32_t number() const noexcept = 0;
  /// Empty if unknown.
  [[nodiscard]] virtual std::string name_of(std::uint32_t id) const = 0;
  /// Visits the journal from the commit that holds position `from`. Errors and blocking as
  /// partition::read_stream.
  virtual result<void> read_log(std::uint64_t from, const commit_visitor& visit) = 0;
  /// Where the commit after the one that holds `position` begins; last_position() + 1 after the
  /// last one. It looks at keys alone, so a reader that has met `corrupt_commit` can step over it.
  /// Cost: one search in the log. Errors: `unknown_position`, `io`.
  virtual result<std::uint64_t> next_commit(std::uint64_t position) = 0;
  /// Position of the last event on disk, 0 if none.
  [[nodiscard]] virtual std::uint64_t last_position() const noexcept = 0;
};

/// Lifecycle: opened with a path (LMDB) or in memory; start() before the first submit(); stop() or
/// the destructor drains the queue, writes the index and closes. Several may live in one process.
/// Threads: every member from any thread unless it says otherwise.
class partition : public journal_reader {
public:
  /// Gives `names` ids that never change, and returns them in order. Cost: one synced transaction
  /// if any is new. Blocking: yes; meant for start-up. Errors: `store_full`, `io`.
  virtual result<std::vector<std::uint32_t>> intern(std::span<const std::string> names) = 0;

  /// Starts the journal's and the indexer's threads. Pre: called once.
  virtual void start(batch_sink sink) = 0;

  /// The lane of a stream, with its durable version looked up and compared with the journal. Cost:
  /// three look-ups (about 2 us) unless the lane is alive. Errors: `io`, `corrupt_commit`,
  /// `damaged_index`.
  virtual result<lane_ptr> attach(const stream_key& stream) = 0;

  /// Queues `entry`; on success the journal owns it until the sink gets it. On failure it stays the
  /// caller's. What goes wrong later (`version_conflict`, `store_full`, `io`) is in
  /// `entry.failure`. Pre: the record was finished and says the same as the entry. Errors:
  /// `overloaded` (the queue is full, or the index is too far behind the journal), `stopped`,
  /// `too_large`. Blocking: no.
  virtual result<void> submit(append_entry& entry) = 0;
  /// False while submit() would answer `overloaded`: do not even decide. Cost: two atomic reads.
  [[nodiscard]] virtual bool has_room() const noexcept = 0;

  /// Visits the commits of a stream that hold versions >= `from`, in order (the first may start
  /// before `from`). Sees everything acknowledged before the call. Errors: `corrupt_commit`,
  /// `damaged_index`, `io`. Blocking: page faults. Holds one read transaction for the time of the
  /// call.
  virtual result<void> read_stream(const stream_key& stream, version_number from,
                                   const commit_visitor& visit) = 0;
  /// 0 for a stream without events.
  virtual result<version_number> last_version(const stream_key& stream) = 0;

  /// The checkpoint of a reader that has read up to `position`, which may be in the middle of a
  /// commit. Cost: one search in the log. Errors: `unknown_position` if the journal ends before it;
  /// `corrupt_commit` (a gap), `io`.
  virtual result<checkpoint> checkpoint_at(std::uint64_t position) = 0;
  /// Whether the journal has the events that a reader had read when it kept `c`. False: it was put
  /// back, or replaced, and `c` must not be gone on from. One without a checksum is compared by its
  /// position alone. Cost: as checkpoint_at. Errors: `corrupt_commit` if the commit is damaged, so
  /// that nobody can tell; `io`.
  virtual result<bool> holds(const checkpoint& c) = 0;

  /// Position up to which command ids may be forgotten; those of later commits are remembered.
  /// Asked after find_command() has found nothing, it covers what was forgotten until then. Cost:
  /// one look-up. Errors: `damaged_index`, `io`.
  virtual result<std::uint64_t> forgotten_up_to() = 0;

  /// Position of the commit a command id led to in this stream, if it is still remembered.
  virtual result<std::optional<std::uint64_t>> find_command(const stream_key& stream,
                                                            const uuid& command_id) = 0;

  /// The newest snapshot, whatever its fingerprint; damaged ones (own checksum) count as none.
  virtual result<std::optional<snapshot>> newest_snapshot(const stream_key& stream) = 0;
  /// Hands a snapshot to the indexer, which writes it with its next batch, never before the journal
  /// holds its version; an older one than the stored is dropped. A full backlog drops it (false):
  /// snapshots are derived.
  virtual bool offer_snapshot(const stream_key& stream, snapshot s) = 0;

  /// Blocks until everything submitted and offered before the call is on disk and indexed. For
  /// tests and shutdown.
  virtual result<void> flush() = 0;
  /// Refuses new entries, commits what is queued, writes the index, ends the threads. Idempotent;
  /// reading goes on working. Not from the sink, which runs on a thread that this waits for.
  virtual void stop() = 0;

  [[nodiscard]] virtual const recovery_report& recovery() const noexcept = 0;
  [[nodiscard]] virtual partition_figures figures() const = 0;
};

/// Called while opening takes long, with a sentence and the share done (0..1), on the opening
/// thread.
using open_progress = std::function<void(std::string_view, double)>;

/// What is done about a journal that is not there: a new one is made, or it is `damaged_file`.
enum class if_missing : std::uint8_t { create, refuse };

/// Opens or creates the partition in `folder` (journal/ and derived/ inside it).
/// Errors: `io`, `store_full`, `wrong_format` (another format, partition or store),
/// `damaged_file` (names the file), `corrupt_commit` (names the position).
result<std::unique_ptr<partition>> open_partition(const std::filesystem::path& folder,
                                                  std::uint32_t number, const uuid& store_id,
                                                  partition_options options,
                                                  const open_progress& progress = {},
                                                  if_missing journal = if_missing::create);
/// The same without a disk: nothing survives it. For tests of domains and for the contract suite.
std::unique_ptr<partition> make_memory_partition(std::uint32_t number, partition_options options);

} // namespace acta::persistence
