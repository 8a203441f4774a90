// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "reply_thread.hpp"

#include <acta/domain/aggregate.hpp>

namespace acta::detail {

namespace {

/// A callback that this thread is in. One within another: stop() calls what is queued, and a
/// runtime without a reply thread any more calls back whoever asks, also a callback of another
/// runtime's.
struct under_way {
  const reply_queue* of = nullptr;
  const under_way* outer = nullptr;
};
thread_local const under_way* innermost = nullptr;

/// For a caller that fills the queue of a runtime that stops. Cost of more: threads that end later;
/// of less: more memory, if a callback never returns and the caller asks for ever.
constexpr std::chrono::milliseconds hurried_wait_max{10};

std::size_t calls_of(const reply_queue* queue) noexcept {
  std::size_t count = 0;
  for (const auto* c = innermost; c != nullptr; c = c->outer) count += c->of == queue ? 1 : 0;
  return count;
}

} // namespace

reply_queue::reply_queue(events told, std::size_t most_waiting)
    : told_(std::move(told)), waiting_max_(most_waiting) {}

bool reply_queue::is_in_callback() const noexcept { return calls_of(this) != 0; }

bool reply_queue::is_at_rest() const noexcept { return waiting_.load() <= calls_of(this); }

void reply_queue::push(ticket_ptr t, std::function<void(result<receipt>)> callback) {
  push(item{std::move(t), std::move(callback), {}});
}

void reply_queue::push(std::function<void()> callback) { push(item{{}, {}, std::move(callback)}); }

void reply_queue::push(item i) {
  std::unique_lock lock(mutex_);
  queue_.push_back(std::move(i));
  waiting_.fetch_add(1);
  pushed_.fetch_add(1);
  if (!ended_) {
    if (queue_.size() == 1) filled_.notify_one();
    return;
  }
  if (std::exchange(draining_, true)) return;
  lock.unlock();
  run_queued();
}

void reply_queue::wait_for_room() {
  if (is_in_callback()) return;
  std::unique_lock lock(mutex_);
  const auto has_room = [this] { return ended_ || queue_.size() < waiting_max_; };
  room_.wait(lock, [&] { return hurried_ || has_room(); });
  if (hurried_) room_.wait_for(lock, hurried_wait_max, has_room);
}

void reply_queue::hurry_callers() {
  const std::lock_guard lock(mutex_);
  hurried_ = true;
  room_.notify_all();
}

void reply_queue::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = hurried_ = true;
  filled_.notify_one();
  room_.notify_all();
}

bool reply_queue::wait_for_end(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const auto has_ended = [this] { return ended_; };
  if (deadline != std::chrono::steady_clock::time_point::max())
    return room_.wait_until(lock, deadline, has_ended);
  room_.wait(lock, has_ended);
  return true;
}

void reply_queue::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) {
        ended_ = true;
        room_.notify_all();
        return;
      }
    }
    run_queued();
  }
}

bool reply_queue::run_queued(std::chrono::steady_clock::time_point deadline) {
  const auto is_late = [deadline] {
    return deadline != std::chrono::steady_clock::time_point::max() &&
           std::chrono::steady_clock::now() >= deadline;
  };
  for (;;) {
    while (next_ < batch_.size()) {
      if (is_late()) return false;      // the caller of this callback goes on with the rest
      call(std::move(batch_[next_++])); // a call may come back here
    }
    batch_.clear();
    next_ = 0;
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) {
      draining_ = false;
      return true;
    }
    batch_.swap(queue_);
    room_.notify_all();
  }
}

void reply_queue::call(item i) noexcept {
  const under_way now{this, innermost};
  innermost = &now;
  try {
    if (i.other)
      i.other();
    else
      i.callback(i.t->take());
  } catch (...) { told_.threw(describe_exception()); }
  i = {}; // what the callback holds goes before it counts as over
  innermost = now.outer;
  if (waiting_.fetch_sub(1) == 1) told_.at_rest();
}

reply_thread::reply_thread(reply_queue::events told, std::size_t most_waiting)
    : queue_(std::make_shared<reply_queue>(std::move(told), most_waiting)),
      thread_([queue = queue_] { queue->run(); }) {}

reply_thread::~reply_thread() {
  stop(std::chrono::steady_clock::time_point::max());
  if (thread_.joinable()) thread_.detach(); // this is a callback of its own
}

bool reply_thread::stop(std::chrono::steady_clock::time_point deadline) {
  queue_->stop();
  if (thread_.get_id() == std::this_thread::get_id())
    return queue_->run_queued(deadline); // now, while what the callbacks refer to is still there
  if (!queue_->wait_for_end(deadline)) return false;
  if (thread_.joinable()) thread_.join();
  return true;
}

} // namespace acta::detail
