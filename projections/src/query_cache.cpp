// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "query_cache.hpp"

#include "view_unit.hpp"

#include <algorithm>
#include <iterator>

namespace acta {

namespace {

/// What an entry costs besides its key and its reply, about.
constexpr std::size_t entry_bytes = 256;

bool still_holds(const dependency& d, position at_least, answer_info& info) {
  const auto now = d.view->serving();
  if (!now) return false;
  // The checkpoint first: it is told after the change it belongs to.
  for (const auto& at : (*now)->scanned()) add_shown(info, at);
  add_standing(info, d.view->standing());
  return (at_least.number == 0 || (*now)->scanned(at_least.partition) >= at_least.number) &&
         (*now)->number() == d.generation && (*now)->changes() == d.changes;
}

} // namespace

std::shared_ptr<const void> query_cache::find(const std::string& key, position at_least,
                                              answer_info& info) {
  std::vector<dependency> rests_on;
  std::shared_ptr<const void> reply;
  {
    const std::lock_guard lock(mutex_);
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return nullptr;
    const auto& e = at->second->what;
    if (std::chrono::steady_clock::now() >= e.until) return drop(at->second), nullptr;
    rests_on = e.rests_on;
    reply = e.reply;
  }
  const bool fresh = std::ranges::all_of(
      rests_on, [&](const dependency& d) { return still_holds(d, at_least, info); });
  const std::lock_guard lock(mutex_);
  const auto at = by_key_.find(key);
  if (at == by_key_.end() || at->second->what.reply != reply) return fresh ? reply : nullptr;
  if (!fresh) {
    drop(at->second);
    return nullptr;
  }
  by_use_.splice(by_use_.begin(), by_use_, at->second);
  ++hits_;
  return reply;
}

void query_cache::keep(std::string key, entry e) {
  e.bytes += key.size() + entry_bytes;
  if (e.bytes > bytes_max_) return;
  const std::lock_guard lock(mutex_);
  if (const auto at = by_key_.find(key); at != by_key_.end()) drop(at->second);
  bytes_ += e.bytes;
  by_use_.push_front({std::move(key), std::move(e)});
  by_key_[by_use_.front().key] = by_use_.begin();
  while (bytes_ > bytes_max_) drop(std::prev(by_use_.end()));
}

void query_cache::drop(std::list<kept>::iterator at) {
  bytes_ -= at->what.bytes;
  by_key_.erase(at->key);
  by_use_.erase(at);
}

query_cache::figures query_cache::count() const {
  const std::lock_guard lock(mutex_);
  return {hits_, by_use_.size(), bytes_};
}

} // namespace acta
