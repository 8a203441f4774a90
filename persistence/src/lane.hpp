// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Lanes as the partition knows them, and the registry that finds them.
///
/// A lane lives while somebody outside holds it, an entry in the queue names it, or its tail
/// (commits on disk that the index does not have yet) is not empty. A million of them must be
/// cheap, so a lane has no mutex and no hash node of its own: the registry has one mutex per shard,
/// and its chains run through the lanes.
#pragma once

#include "log_store.hpp"

#include <acta/persistence/journal.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace acta::persistence {

class lane_registry;

/// A commit that is on disk and not yet in the index.
struct tail_commit {
  index_entry entry;
  std::uint64_t checksum = 0;
  std::uint64_t age = 0; ///< as index_item::age
  uuid command_id;
};

class lane_impl final : public lane, public std::enable_shared_from_this<lane_impl> {
public:
  lane_impl(lane_registry& registry, stream_key stream, version_number durable_version);
  ~lane_impl() override;

  // -- the journal's thread only
  // --------------------------------------------------------------------------------------

  /// The version the next commit must start with, counting what the open transaction holds.
  [[nodiscard]] version_number next_version() const noexcept { return next_version_; }
  void expect(version_number next) noexcept { next_version_ = next; }
  void set_durable(version_number version) noexcept {
    durable_version_.store(version, std::memory_order_release);
  }
  /// Everything decided on the state that the failed commit would have made fails with `why`.
  void fail(error why);
  /// Pre: fail() was called.
  [[nodiscard]] const error& failure() const noexcept { return *rare_->failure; }

private:
  friend class lane_registry;

  /// What most lanes do not have most of the time. Guarded by the shard's mutex, but for `failure`,
  /// which belongs to the journal's thread.
  struct rare {
    std::vector<tail_commit> tail;
    /// Command ids of the tail, once it is long: a retry must not search through 64k commits.
    std::unique_ptr<std::unordered_map<uuid, std::uint64_t>> commands;
    std::optional<error> failure;
  };

  lane_registry& registry_;
  version_number next_version_;
  std::unique_ptr<rare> rare_;
  lane_impl* next_in_chain_ = nullptr;
};

/// Threads: any, unless a function says otherwise.
struct lane_commit {
  lane_impl* lane = nullptr;
  tail_commit commit;
};

class lane_registry {
public:
  struct forget_partition {
    void operator()(lane_registry* registry) const noexcept { registry->release(); }
  };
  /// Lives until the partition and every lane are gone: a lane may be dropped after its partition.
  using owner = std::unique_ptr<lane_registry, forget_partition>;
  static owner make() { return owner(new lane_registry); }

  /// The living lane of a stream, or null.
  [[nodiscard]] std::shared_ptr<lane_impl> find(const stream_key& stream);
  /// The lane, made with what `durable_version` finds if there is none. That runs unlocked and may
  /// run again.
  template <class F>
  result<std::shared_ptr<lane_impl>> find_or_make(const stream_key& stream, F&& durable_version);

  /// The journal's thread (or recovery): adds commits to the tails of their lanes, then makes their
  /// versions visible, so that who sees a version finds its commit. Lanes whose tail was empty are
  /// appended to `first`. The order of one lane's commits is kept. Cost: one lock per shard
  /// touched, not per commit.
  void push(std::span<const lane_commit> commits, std::vector<std::shared_ptr<lane_impl>>& first);
  /// Appends to `out` the commits of the tail up to `position`.
  void copy_tail(lane_impl& lane, std::uint64_t position, std::vector<index_item>& out);
  /// Takes out of the tail what is now in the index. @returns true if the tail is empty.
  bool trim(lane_impl& lane, std::uint64_t position);
  /// The commits of the tail that hold versions >= `from`.
  void tail_from(lane_impl& lane, version_number from, std::vector<index_entry>& out);
  [[nodiscard]] std::optional<std::uint64_t> find_command(lane_impl& lane, const uuid& id);

  [[nodiscard]] std::uint64_t size() const noexcept {
    return references_.load(std::memory_order_relaxed) - 1;
  }

private:
  friend class lane_impl;

  /// Tails up to here are searched one by one.
  static constexpr std::size_t searched_max = 32;
  static constexpr std::size_t shard_count = 64;

  struct alignas(64) shard {
    std::mutex mutex;
    std::vector<lane_impl*> chains = std::vector<lane_impl*>(8);
    std::size_t lanes = 0;
    std::uint64_t removals = 0;

    lane_impl*& chain_of(std::uint64_t hash) { return chains[(hash >> 6) & (chains.size() - 1)]; }
    lane_impl* find(const stream_key& stream);
    void insert(lane_impl* lane);
    /// False if it is not there any more.
    bool remove(lane_impl* lane);
  };
  static std::size_t shard_number(const lane_impl& lane) noexcept {
    return lane.stream().spread() % shard_count;
  }
  shard& shard_of(const stream_key& stream) { return shards_[stream.spread() % shard_count]; }
  static bool push_locked(const lane_commit& pushed);
  void remove(lane_impl* lane) noexcept;
  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  std::array<shard, shard_count> shards_;
  std::vector<const lane_commit*> by_shard_; ///< of push()
  std::atomic<std::uint64_t> references_{1}; ///< lanes, and the partition
};

template <class F>
result<std::shared_ptr<lane_impl>> lane_registry::find_or_make(const stream_key& stream,
                                                               F&& durable_version) {
  auto& place = shard_of(stream);
  for (;;) {
    std::uint64_t removals = 0;
    {
      const std::lock_guard lock(place.mutex);
      if (auto* found = place.find(stream); found != nullptr)
        if (auto alive = found->weak_from_this().lock()) return alive;
      removals = place.removals;
    }
    result<version_number> version = durable_version();
    if (!version) return std::move(version).error();
    auto made = std::make_shared<lane_impl>(*this, stream, *version);
    std::shared_ptr<lane_impl> other;
    const std::lock_guard lock(place.mutex);
    auto* found = place.find(stream);
    if (found != nullptr) other = found->weak_from_this().lock();
    if (other) return other;
    // A lane that came, wrote and went between the two looks would make the version found stale; so
    // would one that is just being destroyed.
    if (found != nullptr) place.remove(found);
    if (place.removals != removals) continue;
    place.insert(made.get());
    return made;
  }
}

} // namespace acta::persistence
