// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "indexer.hpp"

#include <algorithm>
#include <iterator>

#include <pthread.h>

namespace acta::persistence {

indexer::indexer(log_store& log, derived_store& derived, lane_registry& lanes,
                 const partition_options& options, std::uint32_t partition)
    : log_(log), derived_(derived), registry_(lanes), options_(options), partition_(partition),
      waiting_max_(std::max<std::uint64_t>(options.index_commits_max, 1) * index_backlog_factor) {}

void indexer::resume(const derived_head& head) {
  head_ = head;
  position_ = head.indexed_up_to;
  age_ = head.age;
  indexed_up_to_ = head.indexed_up_to;
  streams_ = head.streams;
}

void indexer::start() {
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "acta-index");
}

void indexer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void indexer::note(std::vector<std::shared_ptr<lane_impl>>& lanes, std::size_t commits,
                   std::uint64_t position, std::uint64_t age) {
  waiting_.fetch_add(commits, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  const bool first = !has_work();
  std::ranges::move(lanes, std::back_inserter(lanes_));
  lanes.clear();
  const auto before = std::exchange(commits_, commits_ + commits);
  position_ = position;
  age_ = age;
  if (first || (before < options_.index_commits_max && commits_ >= options_.index_commits_max))
    wake_.notify_one();
}

bool indexer::offer(const stream_key& stream, snapshot s) {
  const auto bytes = s.state.size() + sizeof(snapshot_item);
  const std::lock_guard lock(mutex_);
  if (stopping_ || s.version == 0 || s.position == 0 || s.state.size() > snapshot_bytes_max ||
      snapshot_bytes_ + bytes > snapshot_backlog_bytes_max) {
    snapshots_dropped_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  const bool first = !has_work();
  snapshot_bytes_ += bytes;
  snapshots_.push_back({stream, std::move(s)});
  if (first || snapshot_bytes_ > snapshot_backlog_bytes_max / 4) wake_.notify_one();
  return true;
}

result<void> indexer::flush() {
  std::unique_lock lock(mutex_);
  const auto mine = ++flushes_wanted_;
  wake_.notify_one();
  passed_.wait(lock, [&] { return flushes_done_ >= mine || stopping_; });
  if (trouble_) return *trouble_;
  return {};
}

std::optional<error> indexer::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void indexer::run() {
  std::unique_lock lock(mutex_);
  const auto urgent = [&] {
    return stopping_ || flushes_wanted_ > flushes_done_ || commits_ >= options_.index_commits_max ||
           snapshot_bytes_ > snapshot_backlog_bytes_max / 4;
  };
  while (!stopping_) {
    wake_.wait(lock, [&] { return has_work() || urgent(); });
    wake_.wait_for(lock, options_.index_delay_max, urgent);
    const auto flushing = flushes_wanted_;
    lock.unlock();
    auto passed = pass();
    lock.lock();
    flushes_done_ = flushing;
    passed_.notify_all();
    // A store that cannot be written now will hardly be the next microsecond.
    if (!passed)
      wake_.wait_for(lock, options_.index_delay_max,
                     [&] { return stopping_ || flushes_wanted_ > flushes_done_; });
  }
  lock.unlock();
  (void)pass(); // what it cannot write now is found in the journal at the next start
  passed_.notify_all();
}

indexer::work indexer::take_work() {
  const std::lock_guard lock(mutex_);
  work todo;
  todo.lanes.swap(lanes_);
  todo.snapshots.swap(snapshots_);
  todo.commits = std::exchange(commits_, 0);
  todo.position = position_;
  todo.age = age_;
  snapshot_bytes_ = 0;
  return todo;
}

result<void> indexer::pass() {
  auto todo = take_work();
  if (todo.lanes.empty() && todo.snapshots.empty()) return {};
  std::vector<index_item> items;
  items.reserve(todo.commits);
  for (const auto& lane : todo.lanes) registry_.copy_tail(*lane, todo.position, items);

  auto written = write(todo, items);
  if (!written) {
    failures_.fetch_add(1, std::memory_order_relaxed);
    if (written.error().code() == errc::damaged_index) condemn(written.error());
  }
  {
    const std::lock_guard lock(mutex_);
    troubled_.store(!written, std::memory_order_relaxed);
    trouble_ = written ? std::nullopt : std::optional(written.error());
  }
  if (written) {
    std::erase_if(todo.lanes,
                  [&](const auto& lane) { return registry_.trim(*lane, todo.position); });
    waiting_.fetch_sub(items.size(), std::memory_order_relaxed);
    todo.commits = 0;
  }
  give_back(todo);
  return written;
}

result<void> indexer::write(work& todo, std::vector<index_item>& items) {
  auto reader = log_.read();
  if (!reader) return std::move(reader).error();
  auto head = head_;
  log_record last;
  auto found = (*reader)->seek_holding(todo.position, last);
  if (!found) return std::move(found).error();
  if (*found) head.checksum = last.checksum();
  head.indexed_up_to = todo.position;
  head.age = todo.age;
  for (const auto& item : items) head.streams += item.entry.first_version == 1 ? 1 : 0;

  std::vector<snapshot_item> all;
  all.swap(todo.snapshots);
  std::vector<snapshot_item> ready;
  for (auto& item : all) {
    if (item.saved.position > todo.position) {
      todo.snapshots.push_back(std::move(item)); // its commit comes with a later batch
      continue;
    }
    log_record record;
    auto at = (*reader)->seek_holding(item.saved.position, record);
    if (!at) return std::move(at).error();
    if (!*at) continue;
    auto view = commit_view::parse(partition_, record.position, record.bytes);
    const bool real =
        view && view->header().stream_id == item.stream.id() &&
        view->first_version() + (item.saved.position - view->position()) == item.saved.version &&
        item.saved.position <= view->last_position();
    // A snapshot of a state that the journal never held would poison every later start.
    if (real)
      ready.push_back(std::move(item));
    else
      snapshots_dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  reader->reset();

  derived_batch batch;
  batch.items = items;
  batch.snapshots = ready;
  batch.head = head;
  const auto keep = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(options_.dedupe_keep).count());
  batch.forget_before = todo.age - std::min(todo.age, keep);
  auto written = derived_.write(batch);
  if (!written) {
    std::ranges::move(ready, std::back_inserter(todo.snapshots));
    return std::move(written).error();
  }
  head_ = *written;
  streams_.store(head_.streams, std::memory_order_relaxed);
  indexed_up_to_.store(head_.indexed_up_to, std::memory_order_release);
  return {};
}

void indexer::condemn(const error& why) noexcept {
  damages_.fetch_add(1, std::memory_order_relaxed);
  derived_.condemn(why);
}

void indexer::give_back(work& todo) {
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(todo.lanes, std::back_inserter(lanes_));
    commits_ += todo.commits;
    for (auto& item : todo.snapshots) {
      snapshot_bytes_ += item.saved.state.size() + sizeof(snapshot_item);
      snapshots_.push_back(std::move(item));
    }
  }
  passed_.notify_all();
}

} // namespace acta::persistence
