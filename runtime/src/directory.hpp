// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which aggregates are in memory: stream -> aggregate, with the order of last use. Sharded; the
/// only way to an inbox.
///
/// A ticket is pushed while the shard is locked, and an aggregate is removed only if its inbox is
/// then empty under the same lock. So no ticket can be lost between passivation and arrival, and
/// there is never a second aggregate for a stream.
///
/// Threads: all members from any.
#pragma once

#include "aggregate.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <mutex>
#include <vector>

namespace acta::detail {

class directory {
public:
  directory(engine& owner, std::size_t resident_max, std::size_t inbox_max);
  ~directory();

  /// Hands `t` to the aggregate of `key`, making it if it is not in memory.
  /// Errors: `overloaded` (inbox full), `stopped`.
  result<void> deliver(ticket& t, persistence::stream_key key);

  /// Takes an idle aggregate out. False if a ticket has arrived meanwhile.
  bool remove(aggregate& a, bool stopping);
  /// Null if it is not in memory.
  [[nodiscard]] aggregate_ptr find(const persistence::stream_key& key);

  /// Asks those idle for as long as their type says to leave, and the least recently used ones
  /// beyond the limit.
  void sweep();
  /// No more deliveries; asks everybody to leave.
  void close();
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }

private:
  static constexpr std::size_t shard_count = 64;
  struct hash_of {
    std::size_t operator()(const aggregate& a) const noexcept { return a.key().spread(); }
  };
  struct same_key {
    bool operator()(const aggregate& a, const aggregate& b) const noexcept {
      return a.key() == b.key();
    }
  };
  using set = boost::intrusive::unordered_set<aggregate, boost::intrusive::hash<hash_of>,
                                              boost::intrusive::equal<same_key>,
                                              boost::intrusive::power_2_buckets<true>>;

  struct shard {
    shard();
    std::mutex mutex;
    std::vector<set::bucket_type> buckets;
    set members;
    boost::intrusive::list<aggregate> by_use; ///< most recent first
    bool closed = false;

    aggregate* find(const persistence::stream_key& key);
    void insert(aggregate& a);
  };

  /// The low bits of the hash choose the bucket, so the shard takes high ones.
  shard& shard_of(const persistence::stream_key& key) noexcept {
    return shards_[key.spread() >> 58];
  }
  /// Quarter seconds since the directory was made: fine enough for an order of use, and cheap to
  /// keep.
  [[nodiscard]] std::uint32_t coarse_now() const noexcept;

  engine& engine_;
  const std::size_t shard_max_;
  const std::size_t inbox_max_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::array<shard, shard_count> shards_;
  std::atomic<std::size_t> size_{0};
};

} // namespace acta::detail
