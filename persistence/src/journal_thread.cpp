// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "journal_thread.hpp"

#include <algorithm>

#include <pthread.h>

namespace acta::persistence {

namespace {

lane_impl& lane_of(const append_entry& entry) noexcept {
  return static_cast<lane_impl&>(*entry.stream);
}

bool is_barrier(const append_entry& entry) noexcept { return entry.events == 0; }

} // namespace

void journal_thread::resume(std::uint64_t last_position, time_point last_recorded_at,
                            std::uint64_t age) {
  last_position_ = last_position;
  last_recorded_at_ = last_recorded_at;
  last_age_ = age_at_start_ = age;
  started_at_ = options_.monotonic();
  if (last_position > 0) ahead_ = (last_recorded_at - options_.clock()).count();
}

journal_thread::clock_figures journal_thread::clock() const noexcept {
  using std::chrono::microseconds;
  return {clock_jumps_.load(std::memory_order_relaxed),
          microseconds(last_jump_.load(std::memory_order_relaxed)),
          std::max(microseconds(ahead_.load(std::memory_order_relaxed)), microseconds(0))};
}

time_point journal_thread::look_at_clock(std::chrono::microseconds monotonic) {
  const auto now = options_.clock();
  if (last_look_) {
    const auto jump = (now - last_look_->first) - (monotonic - last_look_->second);
    if (std::chrono::abs(jump) > clock_jump_min) {
      last_jump_.store(jump.count(), std::memory_order_relaxed);
      clock_jumps_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  last_look_.emplace(now, monotonic);
  return now;
}

void journal_thread::start(batch_sink sink) {
  sink_ = std::move(sink);
  queue_.open();
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "acta-journal");
}

void journal_thread::stop() {
  queue_.close();
  if (thread_.joinable()) thread_.join();
}

void journal_thread::wait_for_answers(std::uint64_t count) {
  std::unique_lock lock(answered_mutex_);
  answered_changed_.wait(lock, [&] { return answered_ >= count; });
}

void journal_thread::run() {
  std::vector<append_entry*> batch;
  while (queue_.take(options_.batch_bytes_max, batch)) {
    commit(batch);
    const auto answers = batch.size();
    // After the sink has an entry its submitter may free it.
    sink_(batch);
    {
      const std::lock_guard lock(answered_mutex_);
      answered_ += answers;
    }
    answered_changed_.notify_all();
  }
}

void journal_thread::commit(entries batch) {
  admit(batch);
  auto left = entries(admitted_);
  auto count = left.size();
  while (!left.empty()) {
    if (auto why = closed_by()) return refuse(batch, left, *why);
    auto stored = store(left.first(count));
    if (stored) {
      acknowledge(left.first(count));
      left = left.subspan(count);
      count = left.size();
      continue;
    }
    failed_batches_.fetch_add(1, std::memory_order_relaxed);
    const bool full = stored.error().code() == errc::store_full;
    if (!full) broken_ = stored.error();
    // A batch may be too big for what is left of the map or the disk while its front still fits.
    if (!full || count == 1) return refuse(batch, left, stored.error());
    count /= 2;
  }
}

std::optional<error> journal_thread::closed_by() const {
  if (broken_) return broken_;
  if (!indexer_.is_full()) return std::nullopt;
  const auto why = indexer_.trouble();
  if (!why) return std::nullopt; // only slow: what was let into the queue is still taken
  return error(errc::store_full, "the index cannot be written: " + why->to_string());
}

void journal_thread::admit(entries batch) {
  admitted_.clear();
  for (auto* entry : batch) admit(*entry);
}

void journal_thread::admit(append_entry& entry) {
  auto& lane = lane_of(entry);
  if (entry.generation != lane.generation()) {
    entry.failure = lane.failure();
  } else if (is_barrier(entry)) {
    return;
  } else if (entry.first_version == lane.next_version()) {
    lane.expect(entry.first_version + entry.events);
    admitted_.push_back(&entry);
  } else {
    const auto actual = lane.next_version() - 1;
    const error conflict(errc::version_conflict,
                         lane.stream().text() + " is at version " + std::to_string(actual) +
                             ", the commit expects " + std::to_string(entry.first_version - 1));
    entry.failure = conflict.with_actual_version(actual);
    // Those admitted before it may still be stored, so the next version stays.
    lane.fail(*entry.failure);
  }
}

result<void> journal_thread::store(entries admitted) {
  auto position = last_position_.load(std::memory_order_relaxed) + 1;
  const auto monotonic = options_.monotonic();
  const auto now = look_at_clock(monotonic);
  auto recorded_at = std::max(last_recorded_at_ + std::chrono::microseconds(1), now);
  ahead_.store((recorded_at - now).count(), std::memory_order_relaxed);
  const auto open_for =
      std::max((monotonic - started_at_).count(), std::chrono::microseconds::rep{0});
  age_of_batch_ = std::max(last_age_ + 1, age_at_start_ + static_cast<std::uint64_t>(open_for));
  if (auto begun = log_.begin(); !begun) return begun;
  for (auto* entry : admitted) {
    seal_commit(entry->record, position, recorded_at);
    if (auto appended = log_.append(position, entry->record); !appended) return appended;
    entry->position = position;
    entry->recorded_at = recorded_at;
    position += entry->events;
    recorded_at += std::chrono::microseconds(1);
  }
  return log_.commit();
}

void journal_thread::acknowledge(entries stored) {
  std::uint64_t events = 0;
  auto age = age_of_batch_;
  commits_of_batch_.clear();
  for (auto* entry : stored) {
    events += entry->events;
    commits_of_batch_.push_back({&lane_of(*entry),
                                 {{entry->first_version, entry->position, entry->events},
                                  load_le<std::uint64_t>(entry->record.data()),
                                  age++,
                                  entry->command_id}});
  }
  last_age_ = age - 1;
  registry_.push(commits_of_batch_, lanes_with_tail_);
  const auto& last = *stored.back();
  last_recorded_at_ = last.recorded_at;
  const auto last_position = last.position + last.events - 1;
  indexer_.note(lanes_with_tail_, stored.size(), last_position, last_age_);
  commits_.fetch_add(stored.size(), std::memory_order_relaxed);
  events_.fetch_add(events, std::memory_order_relaxed);
  batches_.fetch_add(1, std::memory_order_relaxed);
  last_position_.store(last_position, std::memory_order_release);
}

void journal_thread::refuse(entries batch, entries refused, const error& why) {
  for (auto* entry : refused) {
    auto& lane = lane_of(*entry);
    entry->position = 0;
    entry->recorded_at = {};
    entry->failure = why;
    lane.expect(lane.durable_version() + 1);
    // Not again for a later commit of the same state.
    if (entry->generation == lane.generation()) lane.fail(why);
  }
  // A barrier answers for what is before it in its lane.
  auto at = std::ranges::find(batch, refused.front());
  for (; at != batch.end(); ++at)
    if (auto& entry = **at;
        is_barrier(entry) && !entry.failure && entry.generation != lane_of(entry).generation())
      entry.failure = lane_of(entry).failure();
}

} // namespace acta::persistence
