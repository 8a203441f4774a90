// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "reply_thread.hpp"

#include <acta/domain/aggregate.hpp>

namespace acta::detail {

reply_thread::reply_thread(std::function<void(std::string)> on_exception)
    : inside_(std::make_shared<inside>()) {
  inside_->on_exception = std::move(on_exception);
  thread_ = std::thread([shared = inside_] { shared->run(); });
}

reply_thread::~reply_thread() {
  stop();
  if (thread_.joinable()) thread_.detach(); // this is a callback of its own
}

void reply_thread::push(ticket_ptr t, std::function<void(result<receipt>)> callback) {
  item i{std::move(t), std::move(callback)};
  {
    const std::lock_guard lock(inside_->mutex);
    if (!inside_->stopping) {
      inside_->queue.push_back(std::move(i));
      inside_->waiting.fetch_add(1, std::memory_order_relaxed);
      if (inside_->queue.size() == 1) inside_->wake.notify_one();
      return;
    }
  }
  inside_->call(std::move(i));
}

void reply_thread::stop() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->stopping = true;
    inside_->wake.notify_one();
  }
  if (thread_.get_id() == std::this_thread::get_id())
    inside_->run_queued(); // now, while what the callbacks refer to is still there
  else if (thread_.joinable())
    thread_.join();
}

void reply_thread::inside::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
    }
    run_queued();
  }
}

void reply_thread::inside::run_queued() {
  for (;;) {
    while (next < batch.size()) { // a call may come back here
      waiting.fetch_sub(1, std::memory_order_relaxed);
      call(std::move(batch[next++]));
    }
    batch.clear();
    next = 0;
    const std::lock_guard lock(mutex);
    if (queue.empty()) return;
    batch.swap(queue);
  }
}

void reply_thread::inside::call(item i) noexcept {
  try {
    i.callback(i.t->take());
  } catch (...) { on_exception(describe_exception()); }
}

} // namespace acta::detail
