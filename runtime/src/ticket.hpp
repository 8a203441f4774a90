// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// One command on its way: request, journal entry and reply in a single allocation.
///
/// A ticket is owned by whoever waits for the answer and, while it is in the pipeline, by itself
/// (`enter`/`leave`). The answer is given once; a later one (the commit after a time-out) is
/// dropped.
///
/// Threads: the request is written before the ticket is delivered; then the actor owns it, then the
/// journal, in turn. The answer is guarded by a mutex.
#pragma once

#include "binding.hpp"

#include <acta/persistence/journal.hpp>
#include <acta/runtime/options.hpp>
#include <acta/runtime/pending.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace acta::detail {

class aggregate;
class reply_queue;
void intrusive_ptr_add_ref(const aggregate* a) noexcept;
void intrusive_ptr_release(const aggregate* a) noexcept;
using aggregate_ptr = boost::intrusive_ptr<aggregate>;

class ticket final : public reply,
                     public receipt_events,
                     public persistence::append_entry,
                     public std::enable_shared_from_this<ticket> {
public:
  explicit ticket(std::shared_ptr<reply_queue> replies) noexcept : replies_(std::move(replies)) {}

  // -- the request, written by the caller ----------------------------------
  std::shared_ptr<const acta::detail::binding> binding;
  const command_type* command = nullptr;
  erased_command payload{nullptr, nullptr};
  command_options options;
  std::string mark; ///< of a caller's command with an id; see request_mark.hpp
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  // -- the pipeline, written by the actor ----------------------------------
  ticket* next = nullptr; ///< in an inbox or a backlog
  aggregate_ptr target;   ///< kept alive until the journal has answered
  std::shared_ptr<const persistence::stream_key> key;
  std::unique_ptr<std::byte[]> storage;
  /// For an entry without events: what to answer when everything before it is on disk.
  std::optional<error> prepared_error;
  std::shared_ptr<ticket> duplicate_of;
  /// Taken at this commit's version; worth keeping only if the commit succeeds.
  std::unique_ptr<persistence::snapshot> snapshot;
  /// Version and position the receipt will name.
  version_number version = 0;
  acta::position last_position;

  void enter() { self_ = shared_from_this(); }
  /// Ends the stay in the pipeline; may destroy the ticket.
  void leave() {
    target.reset();
    stream.reset();
    const auto last = std::move(self_);
  }

  /// Copies a finished record into the ticket, as a journal entry or as the body of a receipt.
  void keep_record(bytes_view record);

  /// Gives the answer unless there is one. Returns whether this was it. `final_error` empty: the
  /// receipt.
  bool answer(std::optional<error> final_error);
  [[nodiscard]] bool answered() const noexcept { return ready(); }

  // -- reply -----------------------------------------------------------------
  [[nodiscard]] bool ready() const noexcept override;
  result<receipt> wait_until(std::chrono::steady_clock::time_point until) override;
  void notify(std::function<void(result<receipt>)> callback, bool may_wait) override;
  [[nodiscard]] bool in_callback() const noexcept override;
  result<receipt> take() override;

  // -- receipt_events ----------------------------------------------------------
  [[nodiscard]] std::vector<receipt_event> list() const override;

private:
  void call_later(std::function<void(result<receipt>)> callback);
  /// Pre: everything it names is on disk.
  [[nodiscard]] receipt stored_receipt();

  const std::shared_ptr<reply_queue> replies_; ///< shared: a ticket may outlive the runtime
  std::shared_ptr<ticket> self_;

  mutable std::mutex mutex_;
  std::condition_variable answered_cv_;
  bool answered_ = false;
  std::optional<error> error_;
  std::function<void(result<receipt>)> callback_;
};

using ticket_ptr = std::shared_ptr<ticket>;

/// A FIFO of tickets linked through `next`. Threads: one.
class ticket_list {
public:
  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
  void push_back(ticket* t) noexcept {
    t->next = nullptr;
    (head_ == nullptr ? head_ : tail_->next) = t;
    tail_ = t;
  }
  ticket* pop_front() noexcept {
    auto* t = head_;
    head_ = t->next;
    t->next = nullptr;
    return t;
  }

private:
  ticket* head_ = nullptr;
  ticket* tail_ = nullptr;
};

} // namespace acta::detail
