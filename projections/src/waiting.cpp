// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "waiting.hpp"

#include "feed.hpp"

namespace acta {

std::uint64_t waiting::add(position until, callback f) {
  const std::lock_guard lock(mutex_);
  const auto number = next_++;
  by_number_[number] = waiters_.emplace(until, waiter{number, std::move(f)});
  return number;
}

void waiting::advance(position reached) {
  std::vector<callback> done;
  {
    const std::lock_guard lock(mutex_);
    auto at = waiters_.lower_bound({reached.partition, 0});
    while (at != waiters_.end() && at->first <= reached) {
      by_number_.erase(at->second.number);
      done.push_back(std::move(at->second.f));
      at = waiters_.erase(at);
    }
  }
  for (const auto& f : done) call_back(log_, f, result<void>{});
}

bool waiting::has(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return by_number_.contains(number);
}

void waiting::give_up(std::uint64_t number, const error& why) {
  callback f;
  {
    const std::lock_guard lock(mutex_);
    const auto at = by_number_.find(number);
    if (at == by_number_.end()) return;
    f = std::move(at->second->second.f);
    waiters_.erase(at->second);
    by_number_.erase(at);
  }
  call_back(log_, f, result<void>(why));
}

void waiting::give_up_all(const error& why) {
  std::multimap<position, waiter> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(waiters_);
    by_number_.clear();
  }
  for (auto& [position, w] : all) call_back(log_, w.f, result<void>(why));
}

} // namespace acta
