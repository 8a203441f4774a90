// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The threads of one subscriber: they take events, let them be handled, and settle what comes of
// it. Nothing here waits for the disk.
#include "subscriber_runner.hpp"

#include "engine.hpp"

#include <acta/domain/codec/errc.hpp>
#include <acta/domain/errc.hpp>

#include <algorithm>
#include <system_error>

#include <pthread.h>

namespace acta::detail {

namespace {

/// A thread without work ends after this time. Cost of less: starting it again; of more: a stack.
constexpr std::chrono::seconds idle_time{5};

/// Trying again would not change it.
bool is_final(const error& e) {
  return e.code() == condition::invalid || e.code() == codec_errc::decode_failed ||
         e.code() == domain_errc::unknown_event || e.code() == domain_errc::newer_schema;
}

} // namespace

void subscriber_runner::hire() {
  if (!may_take()) return;
  while (window_->ready() > idle_ && threads_.size() < type_->options.concurrency) {
    const auto self = threads_.emplace(threads_.end());
    try {
      *self = std::thread([this, self] { work(self); });
    } catch (const std::system_error& e) {
      threads_.erase(self);
      hiring_trouble_ = e.what();
      break; // the next event, or the next turn, tries again
    }
    ++idle_;
    ::pthread_setname_np(self->native_handle(), ("acta-" + type_->name).substr(0, 15).c_str());
  }
  if (window_->ready() > 0) work_.notify_all();
}

void subscriber_runner::work(std::list<std::thread>::iterator self) {
  std::unique_lock lock(mutex_);
  const auto has_work = [this] { return stopping_ || (may_take() && window_->ready() > 0); };
  while (!stopping_) {
    auto* i = may_take() ? window_->take() : nullptr;
    if (i == nullptr) {
      if (!work_.wait_for(lock, idle_time, has_work)) break;
      continue;
    }
    --idle_;
    lock.unlock();
    auto done = [&]() -> result<void> {
      try {
        return handle(i->event, i->attempts + 1);
      } catch (...) { return error(domain_errc::handle_threw, describe_exception()); } // memory
    }();
    lock.lock();
    ++idle_;
    if (const auto line = settle(*i, done); !line.empty()) {
      lock.unlock();
      engine_.log(log_level::warning, "subscriber {}: {}", type_->name, line);
      lock.lock();
    }
    call_();
  }
  --idle_;
  ended_.splice(ended_.end(), threads_, self);
  work_.notify_all(); // the destructor
  call_();
}

result<void> subscriber_runner::handle(const recorded_event& event, unsigned attempt) const {
  result<void> done;
  std::uint16_t parts = 0; // of what an event that an earlier release wrote is today
  auto read = event.for_each_present([&](const event_type& type, bytes_view payload) {
    const auto part = parts++; // of all, also those that it does not take now: keys rest on it
    if (!done) return;
    const auto taken = std::ranges::find_if(
        type_->events, [&](const subscriber_event& e) { return *e.type == *type.type; });
    if (taken == type_->events.end()) return;
    const effect_context c{
        event.metadata,
        effect_key(engine_.store().id(), type_->name, event.metadata.position, part), attempt};
    auto answer = taken->handle(type_->subscriber.get(), payload, c);
    if (answer)
      done = check_effect(*answer);
    else
      done = std::move(answer).error();
    if (done) done = perform(*answer, c);
  });
  return read ? std::move(done) : std::move(read);
}

result<void> subscriber_runner::perform(const effect& e, const effect_context& c) const {
  try {
    if (const auto* mail = std::get_if<acta::mail>(&e)) return engine_.options().mail(*mail, c);
    if (const auto* webhook = std::get_if<acta::webhook>(&e))
      return engine_.options().webhook(*webhook, c);
    return {};
  } catch (...) { return error(domain_errc::handle_threw, "the channel: " + describe_exception()); }
}

std::string subscriber_runner::settle(item& i, const result<void>& done) {
  using kind = subscriber_note::kind;
  subscriber_note note;
  note.where = i.where();
  if (done) {
    ++delivered_;
    note.what = i.is_letter ? kind::letter_done : kind::done;
    note.attempts = i.attempts;
    window_->finish(i);
    notes_.push_back(std::move(note));
    return {};
  }
  ++failures_;
  ++i.attempts;
  const auto& why = done.error();
  note.attempts = i.attempts;
  note.reason = reason_of(why);
  note.at = engine_.now();
  std::string line;
  if (i.is_letter || i.attempts >= type_->options.attempts || is_final(why)) {
    note.what = i.is_letter ? kind::letter_failed : kind::parked;
    line = fmt::format("{} at {} is given up after {} attempts: {}", i.event.type,
                       note.where.to_string(), i.attempts, note.reason);
    window_->finish(i);
  } else {
    note.what = kind::failed;
    if (window_->waiting() == 0)
      line = fmt::format("{} at {} has failed and is tried again: {}", i.event.type,
                         note.where.to_string(), note.reason);
    trouble_ = why;
    trouble_at_ = note.where;
    const auto limit =
        backoff_limit(type_->options.backoff_min, type_->options.backoff_max, i.attempts);
    const std::chrono::microseconds most = limit;
    const std::chrono::microseconds pause(
        std::uniform_int_distribution<std::int64_t>(0, most.count())(random_));
    const std::chrono::microseconds asked = std::min(why.retry_after(), retry_after_max);
    if (asked.count() > 0) note.not_before = note.at + asked;
    // Behind what was asked, not at it: others were told the same.
    window_->retry_at(i, clock::now() + (asked.count() > 0 ? asked + pause : pause));
  }
  notes_.push_back(std::move(note));
  return line;
}

} // namespace acta::detail
