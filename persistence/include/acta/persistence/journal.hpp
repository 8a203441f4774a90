// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The writing side of a partition: lanes, entries and the rules of group commit.
///
/// One thread, the journal's, turns everything that waits into one transaction, syncs it, and hands
/// the batch back. Writers never block: a full queue is an answer. Each stream that is being
/// written has one `lane`.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/core/time.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/persistence/stream.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace acta::persistence {

/// The writing end of one stream. Obtained from `partition::attach`; the same object for the same
/// stream as long as anybody holds it or the index lags behind it.
///
/// Threads: durable_version() and generation() from any; the rest belongs to the partition.
class lane {
public:
  virtual ~lane() = default;
  [[nodiscard]] const stream_key& stream() const noexcept { return stream_; }
  /// Version of the last event on disk; 0 for a stream without events.
  [[nodiscard]] version_number durable_version() const noexcept {
    return durable_version_.load(std::memory_order_acquire);
  }
  /// Rises each time a commit of this stream fails. Entries that carry an older number fail
  /// unwritten, with the error of the one that failed first: they were decided on a state that
  /// never came to be.
  [[nodiscard]] std::uint32_t generation() const noexcept {
    return generation_.load(std::memory_order_acquire);
  }

protected:
  explicit lane(stream_key stream) : stream_(std::move(stream)) {}
  std::atomic<version_number> durable_version_{0};
  std::atomic<std::uint32_t> generation_{0};

private:
  stream_key stream_;
};

using lane_ptr = std::shared_ptr<lane>;

/// One commit, or a barrier, on its way to disk. The submitter allocates it (usually as a base of
/// something larger) and gets it back from the batch sink; in between the journal owns it and
/// nobody else may touch it.
class append_entry {
public:
  append_entry() = default;
  append_entry(const append_entry&) = delete;
  append_entry& operator=(const append_entry&) = delete;

  // Filled by the submitter.
  lane_ptr stream;
  std::uint32_t generation = 0;
  version_number first_version = 0;
  /// 0 makes the entry a barrier: nothing is written, it is answered when everything before it in
  /// its lane is.
  std::uint32_t events = 0;
  uuid command_id; ///< the same as in the record
  /// A finished record (commit.hpp); must stay valid until the sink has the entry. The journal
  /// seals it in place.
  std::span<std::byte> record;

  // Filled by the journal.
  std::uint64_t position = 0; ///< of the first event
  time_point recorded_at{};
  std::optional<error> failure;

protected:
  ~append_entry() = default;

private:
  friend class append_queue;
  append_entry* next_ = nullptr;
};

/// Takes the entries of one finished transaction, in journal order, successes and failures, on the
/// journal's thread. Everything acknowledged in it is on disk and readable. It must not block and
/// must not throw.
using batch_sink = std::function<void(std::span<append_entry* const>)>;

struct partition_options {
  /// Bytes of records that may wait; beyond them `submit` answers `overloaded`. Cost: that much
  /// memory.
  std::size_t queue_bytes_max = std::size_t{64} << 20;
  /// How long the journal waits for more after it was woken by the first entry while idle. Cost:
  /// that much latency for a lone writer; gain: fewer, larger transactions under load. 0..50 us.
  std::chrono::microseconds linger{0};
  /// Records in one transaction at most. Cost: dirty pages held in memory until the sync.
  std::size_t batch_bytes_max = std::size_t{16} << 20;
  /// The index is written when this many commits wait or after index_delay_max. Cost: about 150
  /// bytes of memory a commit, and that many commits to read again at start after a crash. When 16
  /// times as many wait, commits are refused: `overloaded` if the index is only late, `store_full`
  /// if it cannot be written.
  std::size_t index_commits_max = 65536;
  std::chrono::milliseconds index_delay_max{1000};
  /// How long a retry of a command id is recognised, counted while the partition is open, by the
  /// monotonic clock: neither a jump of the clock nor time in which nothing ran shortens it.
  std::chrono::hours dedupe_keep{24 * 7};
  /// Address space reserved for the files of one partition; reaching it is `store_full`. Cost: none
  /// until used (sparse). A store of many partitions has 64 TiB for all of them, so of 1024 each
  /// gets at most 64 GiB, in this proportion.
  std::size_t journal_map_bytes = std::size_t{1} << 40;
  std::size_t derived_map_bytes = std::size_t{256} << 30;
  /// Source of recorded_at before it is made strictly increasing.
  std::function<time_point()> clock = system_now;
  /// Source of the age of command ids: microseconds that never run backward and never jump.
  std::function<std::chrono::microseconds()> monotonic = monotonic_now;
};

} // namespace acta::persistence
