// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lane.hpp"

#include <algorithm>

namespace acta::persistence {

lane_impl::lane_impl(lane_registry& registry, stream_key stream, version_number durable_version)
    : lane(std::move(stream)), registry_(registry), next_version_(durable_version + 1) {
  set_durable(durable_version);
  registry_.references_.fetch_add(1, std::memory_order_relaxed);
}

lane_impl::~lane_impl() {
  registry_.remove(this);
  registry_.release();
}

void lane_impl::fail(error why) {
  {
    const std::lock_guard lock(registry_.shard_of(stream()).mutex);
    if (!rare_) rare_ = std::make_unique<rare>();
    rare_->failure = std::move(why);
  }
  generation_.fetch_add(1, std::memory_order_release);
}

lane_impl* lane_registry::shard::find(const stream_key& stream) {
  for (auto* lane = chain_of(stream.spread()); lane != nullptr; lane = lane->next_in_chain_)
    if (lane->stream() == stream) return lane;
  return nullptr;
}

void lane_registry::shard::insert(lane_impl* lane) {
  if (++lanes > chains.size()) {
    auto old = std::exchange(chains, std::vector<lane_impl*>(chains.size() * 2));
    for (auto* at : old) {
      while (at != nullptr) {
        auto* next = at->next_in_chain_;
        auto*& chain = chain_of(at->stream().spread());
        at->next_in_chain_ = std::exchange(chain, at);
        at = next;
      }
    }
  }
  auto*& chain = chain_of(lane->stream().spread());
  lane->next_in_chain_ = std::exchange(chain, lane);
}

bool lane_registry::shard::remove(lane_impl* lane) {
  auto** link = &chain_of(lane->stream().spread());
  while (*link != nullptr && *link != lane) link = &(*link)->next_in_chain_;
  if (*link == nullptr) return false;
  *link = lane->next_in_chain_;
  --lanes;
  ++removals;
  return true;
}

std::shared_ptr<lane_impl> lane_registry::find(const stream_key& stream) {
  auto& place = shard_of(stream);
  const std::lock_guard lock(place.mutex);
  auto* found = place.find(stream);
  return found == nullptr ? nullptr : found->weak_from_this().lock();
}

void lane_registry::remove(lane_impl* lane) noexcept {
  auto& place = shard_of(lane->stream());
  const std::lock_guard lock(place.mutex);
  place.remove(lane);
}

void lane_registry::push(std::span<const lane_commit> commits,
                         std::vector<std::shared_ptr<lane_impl>>& first) {
  // A counting sort: an unlock waits until the stores before it are through, and these are often
  // cache misses.
  std::array<std::uint32_t, shard_count + 1> ends{};
  for (const auto& pushed : commits) ++ends[shard_number(*pushed.lane) + 1];
  for (std::size_t i = 1; i <= shard_count; ++i) ends[i] += ends[i - 1];
  by_shard_.resize(commits.size());
  for (const auto& pushed : commits) by_shard_[ends[shard_number(*pushed.lane)]++] = &pushed;
  std::size_t at = 0;
  for (std::size_t i = 0; i < shard_count; ++i) { // now ends[i] is where shard i ends
    if (at == ends[i]) continue;
    const std::lock_guard lock(shards_[i].mutex);
    for (; at < ends[i]; ++at) {
      const auto& pushed = *by_shard_[at];
      if (push_locked(pushed)) first.push_back(pushed.lane->shared_from_this());
      pushed.lane->set_durable(pushed.commit.entry.first_version + pushed.commit.entry.events - 1);
    }
  }
}

bool lane_registry::push_locked(const lane_commit& pushed) {
  auto& kept = pushed.lane->rare_;
  if (!kept) kept = std::make_unique<lane_impl::rare>();
  kept->tail.push_back(pushed.commit);
  if (kept->commands && pushed.commit.command_id)
    kept->commands->insert_or_assign(pushed.commit.command_id, pushed.commit.entry.position);
  return kept->tail.size() == 1;
}

void lane_registry::copy_tail(lane_impl& lane, std::uint64_t position,
                              std::vector<index_item>& out) {
  const std::lock_guard lock(shard_of(lane.stream()).mutex);
  if (!lane.rare_) return;
  for (const auto& commit : lane.rare_->tail) {
    if (commit.entry.position > position) break;
    out.push_back({&lane.stream(), commit.entry, commit.checksum, commit.age, commit.command_id});
  }
}

bool lane_registry::trim(lane_impl& lane, std::uint64_t position) {
  const std::lock_guard lock(shard_of(lane.stream()).mutex);
  if (!lane.rare_) return true;
  auto& rare = *lane.rare_;
  const auto end = std::ranges::find_if(
      rare.tail, [&](const tail_commit& c) { return c.entry.position > position; });
  rare.tail.erase(rare.tail.begin(), end);
  // Rebuilt at the next question: a hot stream is trimmed once a second, and rarely asked.
  rare.commands.reset();
  if (!rare.tail.empty()) return false;
  if (rare.failure)
    rare.tail.shrink_to_fit();
  else
    lane.rare_.reset();
  return true;
}

void lane_registry::tail_from(lane_impl& lane, version_number from, std::vector<index_entry>& out) {
  const std::lock_guard lock(shard_of(lane.stream()).mutex);
  if (!lane.rare_) return;
  const auto& tail = lane.rare_->tail;
  auto at = std::ranges::partition_point(
      tail, [&](const tail_commit& c) { return c.entry.first_version + c.entry.events <= from; });
  out.reserve(static_cast<std::size_t>(tail.end() - at));
  for (; at != tail.end(); ++at) out.push_back(at->entry);
}

std::optional<std::uint64_t> lane_registry::find_command(lane_impl& lane, const uuid& id) {
  const std::lock_guard lock(shard_of(lane.stream()).mutex);
  if (!lane.rare_) return std::nullopt;
  auto& rare = *lane.rare_;
  if (rare.tail.size() <= searched_max) {
    for (const auto& commit : rare.tail)
      if (commit.command_id == id) return commit.entry.position;
    return std::nullopt;
  }
  if (!rare.commands) {
    rare.commands = std::make_unique<std::unordered_map<uuid, std::uint64_t>>();
    for (const auto& commit : rare.tail)
      if (commit.command_id)
        rare.commands->insert_or_assign(commit.command_id, commit.entry.position);
  }
  const auto at = rare.commands->find(id);
  return at == rare.commands->end() ? std::nullopt : std::optional(at->second);
}

} // namespace acta::persistence
