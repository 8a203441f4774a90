// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The only file that knows CAF (0.17.6). An actor is only ever told to run again; what it is to do
// lies with its body, so nothing is lost with a mailbox, and a busy actor is scheduled once for
// much work.
#include <acta/actors/host.hpp>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/actor_traits.hpp>
#include <caf/exit_reason.hpp>
#include <caf/local_actor.hpp>
#include <caf/logger.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <latch>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace acta::actors {

namespace {

/// Counts living actors, so that the host can wait for the last one with a deadline: CAF's own wait
/// has none.
class census {
public:
  void add() noexcept {
    const std::lock_guard lock(mutex_);
    ++living_;
  }
  void remove() noexcept {
    const std::lock_guard lock(mutex_);
    if (--living_ == 0) empty_.notify_all();
  }
  bool wait(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    return empty_.wait_until(lock, deadline, [this] { return living_ == 0; });
  }

private:
  std::mutex mutex_;
  std::size_t living_ = 0;
  std::condition_variable empty_;
};

/// The leanest actor CAF can schedule. CAF's own event-based actors carry a mailbox of four queues
/// and a stack of behaviors, 600 bytes and a message's allocation that an actor with an inbox of
/// its own has no use for.
///
/// `state_` says whether it lies in the scheduler's queue or runs (`active`), and whether it was
/// woken since its last run began (`pending`). All changes are read-modify-write, so a wake-up
/// either precedes the run that will see what it was for, or schedules another.
class lean_actor final : public caf::local_actor,
                         public caf::resumable,
                         public caf::dynamically_typed_actor_base {
public:
  using behavior_type = caf::behavior; // what spawn() takes the kind of handle from

  lean_actor(caf::actor_config& config, census& living, boost::intrusive_ptr<body> b)
      : caf::local_actor(config), living_(living), body_(std::move(b)) {
    living_.add();
  }

  void wake() {
    if ((state_.fetch_or(pending | active, std::memory_order_acq_rel) & active) != 0) return;
    caf::intrusive_ptr_add_ref(ctrl()); // the scheduler's, given back after each resume
    // An actor that is not queued never runs, so this waits until there is memory to queue it.
    for (bool queued = false; !queued;) try {
        home_system().scheduler().enqueue(this);
        queued = true;
      } catch (const std::bad_alloc&) { std::this_thread::sleep_for(std::chrono::milliseconds{1}); }
  }

  // -- resumable ---------------------------------------------------------------
  resume_result resume(caf::execution_unit* unit, std::size_t) override {
    state_.exchange(active, std::memory_order_acq_rel);
    switch (body_->run()) { // noexcept: an exception would end the worker
    case turn::again:
      return resume_later;
    case turn::gone:
      cleanup(caf::exit_reason::normal, unit); // it stays active, so no wake-up schedules it again
      body_.reset();
      living_.remove();
      return done;
    case turn::idle:
      break;
    }
    auto expected = active;
    return state_.compare_exchange_strong(expected, 0, std::memory_order_acq_rel) ? awaiting_message
                                                                                  : resume_later;
  }
  void intrusive_ptr_add_ref_impl() override { caf::intrusive_ptr_add_ref(ctrl()); }
  void intrusive_ptr_release_impl() override { caf::intrusive_ptr_release(ctrl()); }

  // -- local_actor -------------------------------------------------------------
  const char* name() const override { return "acta.actor"; }
  void launch(caf::execution_unit*, bool, bool) override {} // it sleeps until it is woken
  /// Nobody has an address to send to; what came would have no meaning.
  void enqueue(caf::mailbox_element_ptr, caf::execution_unit*) override {}

private:
  static constexpr std::uint8_t pending = 1;
  static constexpr std::uint8_t active = 2;

  census& living_;
  boost::intrusive_ptr<body> body_;
  std::atomic<std::uint8_t> state_{0};
};

caf::actor_system_config config_for(std::size_t workers) {
  caf::actor_system_config config;
  // sharing: a job reaches a sleeping worker in 0.4 ms instead of 5, and idle workers cost nothing;
  // a bounded throughput: without it two self-feeding actors starve all others.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", workers);
  config.set("scheduler.max-throughput", std::size_t{100});
  return config;
}

/// CAF leaves a reference to the system's logger in each thread that makes the system or spawns,
/// and the system's destructor waits for the last one: without limit, if such a thread lives on.
void forget_logger() { caf::logger::set_current_actor_system(nullptr); }

class caf_host final : public host {
public:
  explicit caf_host(std::size_t workers) : config_(config_for(workers)), system_(config_) {
    forget_logger();
  }

  ~caf_host() override {
    // Actors that missed the deadline must not hang the process: CAF waits for them without limit.
    if (!living_.wait(std::chrono::steady_clock::now()))
      system_.await_actors_before_shutdown(false);
  }

  handle spawn(body& b) override {
    const auto actor = system_.spawn<lean_actor, caf::lazy_init>(std::ref(living_),
                                                                 boost::intrusive_ptr<body>(&b));
    forget_logger();
    return caf::actor_cast<caf::strong_actor_ptr>(actor).release();
  }

  void wake(handle actor) noexcept override {
    auto* control = static_cast<caf::actor_control_block*>(actor);
    static_cast<lean_actor*>(control->get())->wake();
  }

  void release(handle actor) noexcept override {
    const caf::strong_actor_ptr last(static_cast<caf::actor_control_block*>(actor), false);
  }

  bool await_all(std::chrono::steady_clock::time_point deadline) override {
    return living_.wait(deadline);
  }

private:
  caf::actor_system_config config_;
  census living_;
  caf::actor_system system_;
};

/// CAF's system starts these beside its workers: one for its clock, one for its printer.
constexpr std::size_t own_threads_of_caf = 2;

/// Has that many threads at once, for a moment. CAF 0.17 does not survive it when it gets too few
/// while its system is made: it ends the program, or waits for ever. So the want of them shows
/// here, before CAF is touched. Errors: throws std::system_error.
void rehearse(std::size_t threads) {
  struct crowd {
    std::latch leave{1};
    std::vector<std::thread> members;
    ~crowd() {
      leave.count_down();
      for (auto& member : members) member.join();
    }
  } all;
  all.members.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) all.members.emplace_back([&all] { all.leave.wait(); });
}

} // namespace

std::unique_ptr<host> make_caf_host(std::size_t workers) {
  rehearse(workers + own_threads_of_caf);
  return std::make_unique<caf_host>(workers);
}

} // namespace acta::actors
