// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Stands in for caf_host.cpp where ThreadSanitizer judges the runtime: actors on plain threads,
/// all of it instrumented.
#include <acta/actors/host.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace acta::actors {

namespace {

/// Guarded by the host's mutex, but for `object` while the actor runs.
struct thread_actor {
  enum class phase { sleeping, queued, running, running_and_woken, ended };
  boost::intrusive_ptr<body> object;
  phase at = phase::sleeping;
};
using thread_actor_ptr = std::shared_ptr<thread_actor>;

class thread_host final : public host {
public:
  explicit thread_host(std::size_t workers) {
    for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
  }
  ~thread_host() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }

  handle spawn(body& b) override {
    auto actor = std::make_shared<thread_actor>();
    actor->object.reset(&b);
    const std::lock_guard lock(mutex_);
    ++living_;
    return new thread_actor_ptr(std::move(actor));
  }

  void wake(handle reference) noexcept override {
    const auto& actor = *static_cast<thread_actor_ptr*>(reference);
    const std::lock_guard lock(mutex_);
    if (actor->at == thread_actor::phase::running)
      actor->at = thread_actor::phase::running_and_woken;
    if (actor->at == thread_actor::phase::sleeping) enqueue(actor);
  }

  void release(handle reference) noexcept override {
    delete static_cast<thread_actor_ptr*>(reference);
  }

  bool await_all(std::chrono::steady_clock::time_point deadline) override {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, deadline, [this] { return living_ == 0; });
  }

private:
  void enqueue(const thread_actor_ptr& actor) {
    actor->at = thread_actor::phase::queued;
    queue_.push_back(actor);
    wake_.notify_one();
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      auto actor = std::move(queue_.front());
      queue_.pop_front();
      actor->at = thread_actor::phase::running;
      lock.unlock();
      const auto next = actor->object->run();
      // The last reference may go here, and with it this very actor's handle: not under the lock.
      if (next == turn::gone) actor->object.reset();
      lock.lock();
      if (next == turn::gone) {
        actor->at = thread_actor::phase::ended;
        if (--living_ == 0) empty_.notify_all();
      } else if (next == turn::again || actor->at == thread_actor::phase::running_and_woken) {
        enqueue(actor);
      } else {
        actor->at = thread_actor::phase::sleeping;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable empty_;
  std::deque<thread_actor_ptr> queue_;
  std::size_t living_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

} // namespace

std::unique_ptr<host> make_caf_host(std::size_t workers) {
  return std::make_unique<thread_host>(workers);
}

} // namespace acta::actors
