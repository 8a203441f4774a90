// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "directory.hpp"

#include "engine.hpp"

#include <acta/runtime/errc.hpp>

namespace acta::detail {

namespace {
constexpr std::size_t first_buckets = 64;
constexpr std::chrono::milliseconds coarse_tick{250};
} // namespace

directory::shard::shard()
    : buckets(first_buckets), members(set::bucket_traits(buckets.data(), buckets.size())) {}

aggregate* directory::shard::find(const persistence::stream_key& key) {
  const auto at = members.find(
      key, [](const persistence::stream_key& k) { return k.spread(); },
      [](const persistence::stream_key& k, const aggregate& a) { return k == a.key(); });
  return at == members.end() ? nullptr : &*at;
}

void directory::shard::insert(aggregate& a) {
  if (members.size() >= buckets.size()) {
    std::vector<set::bucket_type> more(buckets.size() * 2);
    members.rehash(set::bucket_traits(more.data(), more.size()));
    buckets.swap(more);
  }
  members.insert(a);
  by_use.push_front(a);
}

directory::directory(engine& owner, std::size_t resident_max, std::size_t inbox_max)
    : engine_(owner), shard_max_(std::max<std::size_t>(1, resident_max / shard_count)),
      inbox_max_(inbox_max) {}

directory::~directory() {
  for (auto& s : shards_) {
    s.members.clear();
    s.by_use.clear_and_dispose([](aggregate* a) { intrusive_ptr_release(a); });
  }
}

std::uint32_t directory::coarse_now() const noexcept {
  return static_cast<std::uint32_t>((std::chrono::steady_clock::now() - start_) / coarse_tick);
}

result<void> directory::deliver(ticket& t, persistence::stream_key key) {
  auto& s = shard_of(key);
  const auto now = coarse_now();
  bool needs_wake = false;
  aggregate_ptr target;
  std::array<aggregate_ptr, 2>
      least_used; // two out for one in: the shard shrinks back to its limit
  {
    const std::lock_guard lock(s.mutex);
    if (s.closed) return error(runtime_errc::stopped, "the runtime is stopping");
    target = s.find(key);
    if (!target) {
      target = new aggregate(engine_, t.binding, std::move(key));
      target->actor = engine_.host().spawn(*target);
      target->last_used = now;
      s.insert(*target);
      intrusive_ptr_add_ref(target.get()); // the shard's
      size_.fetch_add(1, std::memory_order_relaxed);
      // Who is asked to leave goes to the front, so that the next newcomer asks somebody else.
      for (auto& slot : least_used) {
        if (s.by_use.size() <= shard_max_ || &s.by_use.back() == target.get()) break;
        slot = &s.by_use.back();
        s.by_use.splice(s.by_use.begin(), s.by_use, s.by_use.iterator_to(*slot));
      }
    } else if (target->last_used != now) {
      target->last_used = now;
      s.by_use.splice(s.by_use.begin(), s.by_use, s.by_use.iterator_to(*target));
    }
    if (!target->push(t, inbox_max_, needs_wake))
      return error(runtime_errc::overloaded, "too many commands wait for " + target->key().text());
  }
  if (needs_wake) target->wake();
  for (const auto& a : least_used)
    if (a) a->signal(aggregate::passivate);
  return {};
}

bool directory::remove(aggregate& a, bool stopping) {
  auto& s = shard_of(a.key());
  {
    const std::lock_guard lock(s.mutex);
    if (!a.inbox_empty()) return false;
    s.members.erase(s.members.iterator_to(a));
    s.by_use.erase(s.by_use.iterator_to(a));
  }
  size_.fetch_sub(1, std::memory_order_relaxed);
  if (!stopping) engine_.counters().passivations.fetch_add(1, std::memory_order_relaxed);
  intrusive_ptr_release(&a); // the shard's; the caller holds one of its own
  return true;
}

aggregate_ptr directory::find(const persistence::stream_key& key) {
  auto& s = shard_of(key);
  const std::lock_guard lock(s.mutex);
  return s.find(key);
}

void directory::sweep() {
  const auto now = coarse_now();
  std::vector<aggregate_ptr> leaving;
  for (auto& s : shards_) {
    leaving.clear();
    {
      const std::lock_guard lock(s.mutex);
      auto surplus = s.by_use.size() > shard_max_ ? s.by_use.size() - shard_max_ : 0;
      for (auto at = s.by_use.rbegin(); at != s.by_use.rend(); ++at) {
        const auto idle = coarse_tick * (now - std::min(now, at->last_used)); // used meanwhile
        if (surplus > 0)
          --surplus;
        else if (idle < engine_.shortest_idle_time())
          break; // everything in front was used later
        else if (idle < at->type().type->options.passivate_after)
          continue;
        leaving.emplace_back(&*at);
      }
    }
    for (const auto& a : leaving) a->signal(aggregate::passivate);
  }
}

void directory::close() {
  std::vector<aggregate_ptr> all;
  for (auto& s : shards_) {
    all.clear();
    {
      const std::lock_guard lock(s.mutex);
      s.closed = true;
      all.reserve(s.by_use.size());
      for (auto& a : s.by_use) all.emplace_back(&a);
    }
    for (const auto& a : all) a->signal(aggregate::leave);
  }
}

} // namespace acta::detail
