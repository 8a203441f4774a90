// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What makes processes go: brings them their inputs, does what their steps say, fires their
/// timers.
///
/// One thread follows the journal. In one transaction of the outbox it notes what an event asks for
/// and that the event has been looked at; only then is anything sent. Each target gets its
/// deliveries one after another; whatever is not answered by a receipt or a rejection is sent again
/// after a pause. The order of steps, and a crash at each, is in docs/processes.md.
#pragma once

#include "outbox.hpp"

#include <acta/domain/model.hpp>
#include <acta/projections/subscription.hpp>
#include <acta/runtime/options.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace acta::detail {

class engine;

/// Lifecycle: start(), stop(). Threads: stop() and figures() from any.
class process_runner {
public:
  process_runner(engine& e, outbox o) : engine_(e), outbox_(std::move(o)) {}
  ~process_runner() { stop(); }

  /// Errors: `io`.
  result<void> start();
  /// Sends nothing more. What is not answered stays in the outbox.
  void stop();
  [[nodiscard]] process_figures figures() const;
  /// As outbox::schedules. Threads: any.
  [[nodiscard]] result<std::vector<std::string>> schedules(std::string_view after,
                                                           std::size_t limit) const {
    return outbox_.schedules(after, limit);
  }

private:
  struct answer {
    delivery_key key;
    std::optional<error> outcome; ///< empty: a receipt
  };
  /// Shared with the callbacks of commands, which may come after the end.
  struct inbox {
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<answer> answers;
    bool told = false; ///< there may be more events
    bool stopping = false;
  };
  struct item {
    delivery_key key;
    delivery what;
    unsigned attempts = 0;
    std::chrono::steady_clock::time_point not_before{};
  };
  using queue = std::deque<item>;

  void run();
  /// One transaction: answers, events, timers. Errors: the outbox's; nothing was changed.
  result<bool> turn(const std::vector<answer>& answers);
  result<void> take_answer(outbox_writing& txn, const answer& a);
  result<void> take_event(outbox_writing& txn, const recorded_event& e);
  result<void> take_step(outbox_writing& txn, const recorded_event& e);
  /// Whether a command of this process waits for this target to answer.
  [[nodiscard]] bool is_under_way(std::string_view process, const std::string& target) const;
  result<void> route(outbox_writing& txn, const recorded_event& e);
  /// The input that tells a process of a rejection; nothing if it has none for that command.
  [[nodiscard]] std::optional<delivery> rejection_for(std::string_view process, const delivery& d,
                                                      const rejection& no) const;
  result<void> fire(outbox_writing& txn, const pending_timer& t);
  result<void> add(outbox_writing& txn, delivery_key key, delivery d);

  /// After the transaction: what was put in it, and what it took out.
  void settle();
  void dispatch(const std::string& target, queue& q);
  void send(const item& i);
  void dispatch_due();
  [[nodiscard]] std::chrono::steady_clock::time_point next_retry() const;

  engine& engine_;
  outbox outbox_;
  std::optional<subscription> events_;
  std::shared_ptr<inbox> inbox_ = std::make_shared<inbox>();
  std::thread thread_;

  // The thread's own.
  std::unordered_map<std::string, queue> queues_; ///< by target; the front is sent
  std::map<delivery_key, std::string> sent_;      ///< target of each front that awaits an answer
  std::vector<item> added_;                       ///< in this transaction
  std::vector<answer> retried_;
  std::vector<delivery_key> done_;
  std::size_t waiting_ = 0;
  std::optional<event_page> page_; ///< taken from the journal, not yet in the outbox
  std::vector<position> scanned_;

  mutable std::mutex figures_mutex_;
  process_figures figures_;
};

} // namespace acta::detail
