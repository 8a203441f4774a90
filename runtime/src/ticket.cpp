// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "ticket.hpp"

#include "aggregate.hpp"
#include "reply_thread.hpp"

#include <acta/projections/catalog.hpp>

#include <cstring>

namespace acta::detail {

void ticket::keep_record(bytes_view bytes) {
  storage = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
  std::memcpy(storage.get(), bytes.data(), bytes.size());
  record = {storage.get(), bytes.size()};
}

bool ticket::answer(std::optional<error> final_error) {
  std::function<void(result<receipt>)> callback;
  {
    const std::lock_guard lock(mutex_);
    if (answered_) return false;
    error_ = std::move(final_error);
    answered_ = true;
    callback = std::move(callback_);
    answered_cv_.notify_all();
  }
  if (callback) call_later(std::move(callback));
  return true;
}

bool ticket::ready() const noexcept {
  const std::lock_guard lock(mutex_);
  return answered_;
}

result<receipt> ticket::wait_until(std::chrono::steady_clock::time_point until) {
  {
    std::unique_lock lock(mutex_);
    const auto is_answered = [this] { return answered_; };
    if (until == std::chrono::steady_clock::time_point::max())
      answered_cv_.wait(lock, is_answered);
    else if (!answered_cv_.wait_until(lock, until, is_answered))
      return error(
          errc::timeout,
          "no answer yet; the command may still be stored, retry with the same command id");
  }
  return take();
}

void ticket::notify(std::function<void(result<receipt>)> callback, bool may_wait) {
  {
    const std::lock_guard lock(mutex_);
    if (!answered_) {
      callback_ = std::move(callback);
      return;
    }
  }
  const auto replies = replies_; // an answer given meanwhile may let go of this
  if (may_wait) replies->wait_for_room();
  call_later(std::move(callback));
}

void ticket::call_later(std::function<void(result<receipt>)> callback) {
  const auto replies = replies_; // the callback may let go of the last reference to all this
  replies->push(shared_from_this(), std::move(callback));
}

bool ticket::in_callback() const noexcept { return replies_->is_in_callback(); }

result<receipt> ticket::take() {
  {
    const std::lock_guard lock(mutex_);
    ACTA_ASSERT(answered_);
    if (error_) return *error_;
  }
  // Not its answer: that may have been a time-out of its own, before it was stored.
  return duplicate_of ? duplicate_of->stored_receipt() : stored_receipt();
}

receipt ticket::stored_receipt() {
  receipt r;
  if (key) r.stream = key->text();
  r.version = version;
  r.position = last_position;
  if (storage) r.events = shared_from_this();
  return r;
}

std::vector<receipt_event> ticket::list() const {
  std::vector<receipt_event> all;
  const auto view = persistence::commit_view::parse(last_position.partition, position, record);
  if (!view) return all;
  all.reserve(view->event_count());
  metadata about;
  bool is_described = false;
  view->for_each_event([&](const persistence::event_view& e) {
    const auto* known = binding->find_versions(e.name);
    const auto [present, earlier] = known != nullptr ? known->find(e.schema) : event_reader{};
    if (earlier == nullptr || earlier->is_retired()) {
      all.push_back({present, e.version, e.position, e.payload});
      return;
    }
    // The answer to a command that an earlier release has taken.
    if (!is_described) describe_commit(*view, about);
    is_described = true;
    about.stream = key->text();
    about.version = e.version;
    about.position = {last_position.partition, e.position};
    const auto today = std::make_shared<present_events>();
    if (!earlier->upcast(e.payload, about, *today)) return;
    for (const auto& one : today->all())
      all.push_back({&binding->type->events[one.event], e.version, e.position, one.payload, today});
  });
  return all;
}

} // namespace acta::detail
