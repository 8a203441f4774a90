// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "append_queue.hpp"

#include <thread>

namespace acta::persistence {

void append_queue::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}

result<void> append_queue::push(append_entry& entry) {
  if (!has_room()) return error(errc::overloaded, "the journal's queue is full");
  entry.next_ = nullptr;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return error(errc::stopped, "the journal takes no more commits");
    if (last_ != nullptr)
      last_->next_ = &entry;
    else
      first_ = &entry;
    last_ = &entry;
    ++pushed_;
    bytes_.fetch_add(cost_of(entry), std::memory_order_relaxed);
    wake = std::exchange(waiting_, false);
  }
  if (wake) filled_.notify_one();
  return {};
}

bool append_queue::take(std::size_t bytes_max, std::vector<append_entry*>& out) {
  out.clear();
  std::unique_lock lock(mutex_);
  if (first_ == nullptr) {
    while (first_ == nullptr && open_) {
      waiting_ = true;
      filled_.wait(lock);
    }
    if (first_ == nullptr) return false;
    if (linger_.count() > 0 && open_) {
      // Too short for a timed wait, whose wake-up alone costs as much: yield until the time is
      // over.
      lock.unlock();
      const auto until = std::chrono::steady_clock::now() + linger_;
      while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
      lock.lock();
    }
  }
  // Only the list's head is cut under the lock; walking it touches every entry's memory.
  auto* at = std::exchange(first_, nullptr);
  auto* const last = std::exchange(last_, nullptr);
  lock.unlock();

  std::size_t bytes = 0;
  std::size_t cost = 0;
  append_entry* entry = at;
  while (entry != nullptr && (out.empty() || bytes + entry->record.size() <= bytes_max)) {
    out.push_back(entry);
    bytes += entry->record.size();
    cost += cost_of(*entry);
    entry = std::exchange(entry->next_, nullptr);
  }
  bytes_.fetch_sub(cost, std::memory_order_relaxed);
  if (entry != nullptr) {
    lock.lock();
    last->next_ = first_;
    if (first_ == nullptr) last_ = last;
    first_ = entry;
  }
  return true;
}

void append_queue::close() {
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
    waiting_ = false;
  }
  filled_.notify_all();
}

std::uint64_t append_queue::pushed() const {
  const std::lock_guard lock(mutex_);
  return pushed_;
}

} // namespace acta::persistence
