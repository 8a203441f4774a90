// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "aggregate.hpp"

#include "engine.hpp"
#include "request_mark.hpp"

#include <acta/domain/errc.hpp>
#include <acta/domain/process.hpp>
#include <acta/runtime/errc.hpp>

#include <algorithm>

namespace acta::detail {

namespace {

/// Commands handled in one turn: bounds how long one hot aggregate keeps a worker from the others.
constexpr int commands_per_turn = 128;
/// Fewer events than this are replayed faster than a snapshot is written and read.
constexpr std::uint64_t snapshot_events_min = 10;
/// Tickets with a command id that may stay, answered, until the next one comes. Cost of none: one
/// more message whenever nothing is in flight.
constexpr std::size_t answered_ids_max = 64;

bool is_expected(const command_options& o, version_number version) noexcept {
  return (!o.expected_version || *o.expected_version == version) &&
         (o.expected_versions.empty() ||
          std::ranges::find(o.expected_versions, version) != o.expected_versions.end()) &&
         (!o.expected_to_exist || version != 0);
}

error conflict(const command_options& o, version_number version) {
  std::string wanted = "a stream with events";
  if (o.expected_version)
    wanted = "version " + std::to_string(*o.expected_version);
  else if (!o.expected_versions.empty())
    wanted = "one of " + std::to_string(o.expected_versions.size()) + " versions";
  return error(runtime_errc::version_conflict,
               "expected " + wanted + ", the stream is at " + std::to_string(version))
      .with_actual_version(version);
}

error reused(const ticket& t) {
  return error(runtime_errc::command_id_reused,
               "the command id " + t.options.command_id.to_string() +
                   " was given to another command before, or to one with other content; '" +
                   t.command->name + "' needs a new one");
}

/// Commits from before there were marks have none, nor have those of the runtime's own commands.
bool is_retry_of(const persistence::commit_view& commit, const ticket& t) {
  if (t.mark.empty()) return true;
  const auto attributes = commit.attributes_of();
  const auto mark = attributes.find(std::string(request_attribute));
  return mark == attributes.end() || may_be_retry(mark->second, t.mark);
}

} // namespace

void intrusive_ptr_add_ref(const aggregate* a) noexcept { a->add_reference(); }
void intrusive_ptr_release(const aggregate* a) noexcept { a->drop_reference(); }

aggregate::aggregate(engine& owner, std::shared_ptr<const acta::detail::binding> type,
                     persistence::stream_key key)
    : engine_(owner), binding_(std::move(type)),
      key_(std::make_shared<const persistence::stream_key>(std::move(key))),
      state_(nullptr, nullptr) {}

aggregate::~aggregate() {
  if (actor != nullptr) engine_.host().release(actor);
}

bool aggregate::push(ticket& t, std::size_t inbox_max, bool& needs_wake) noexcept {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= inbox_max) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  auto* head = inbox_.load(std::memory_order_relaxed);
  do t.next = head;
  while (!inbox_.compare_exchange_weak(head, &t, std::memory_order_release,
                                       std::memory_order_relaxed));
  needs_wake = head == nullptr;
  return true;
}

void aggregate::wake() noexcept { engine_.host().wake(actor); }

void aggregate::signal(std::uint32_t bits) noexcept {
  signals_.fetch_or(bits);
  wake();
}

void aggregate::settle(std::uint64_t position, time_point recorded_at) noexcept {
  if (position != 0) {
    durable_time_.store(recorded_at.time_since_epoch().count(), std::memory_order_relaxed);
    durable_position_.store(position, std::memory_order_release);
  }
  // Sequentially consistent on both sides: either this sees `draining`, or drained() sees zero.
  if (in_flight_.fetch_sub(1) == 1 && (signals_.load() & draining) != 0) wake();
}

bool aggregate::drained() noexcept {
  if (in_flight_.load() == 0) return true;
  signals_.fetch_or(draining);
  if (in_flight_.load() != 0) return false;
  signals_.fetch_and(~static_cast<std::uint32_t>(draining));
  return true;
}

void aggregate::take_inbox() noexcept {
  auto* newest = inbox_.exchange(nullptr, std::memory_order_acquire);
  ticket* oldest = nullptr;
  while (newest != nullptr) {
    auto* next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    auto* next = oldest->next;
    backlog_.push_back(oldest);
    oldest = next;
  }
}

actors::turn aggregate::run() noexcept {
  const auto asked = signals_.fetch_and(leave); // who still waits for `draining` asks again
  take_inbox();
  if ((asked & permit) != 0) {
    awaits_permit_ = false;
    has_permit_ = true;
    if (phase_ == phase::waiting && state_) phase_ = phase::loading;
  }
  if ((asked & leave) != 0) {
    if (try_leave(true)) return actors::turn::gone;
    return inbox_empty() ? actors::turn::idle
                         : actors::turn::again; // idle: woken again when nothing is in flight
  }
  // After a pause or a quarantine the replay starts afresh; a half-way one waits for its permit.
  if ((asked & retry) != 0 && !awaits_permit_ &&
      (phase_ == phase::waiting || phase_ == phase::quarantined)) {
    phase_ = phase::cold;
    if (reason_) {
      reason_.reset();
      attempts_ = 0;
    }
  }
  leave_when_idle_ =
      (asked & passivate) != 0 || (leave_when_idle_ && backlog_.empty()); // who is used again stays
  for (int done = 0; !backlog_.empty(); ++done) {
    if (done == commands_per_turn) return actors::turn::again;
    try {
      if (phase_ != phase::quarantined && !load())
        return phase_ == phase::loading ? actors::turn::again : actors::turn::idle;
      handled_ = backlog_.pop_front();
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      handle(*handled_);
    } catch (...) {
      // Little of the user's arrives here (a clock, a constructor); that, or being out of memory,
      // must not end the actor, nor leave its tickets without an answer.
      const auto what = describe_exception();
      if (handled_ != nullptr) answer_now(*handled_, error(domain_errc::decide_threw, what));
      forget_state();
      load_failed(error(runtime_errc::quarantined, what));
    }
  }
  if (in_flight_ids_ && in_flight_ids_->by_age.size() > answered_ids_max && drained())
    in_flight_ids_.reset(); // what was stored is found in the partition
  if (leave_when_idle_ && try_leave(false)) return actors::turn::gone;
  return actors::turn::idle;
}

void aggregate::handle(ticket& t) {
  if (phase_ == phase::quarantined) return answer_now(t, *reason_);
  if (t.deadline != std::chrono::steady_clock::time_point::max() && t.answered())
    return answer_now(t, error(errc::timeout, "not decided in time; nothing was stored"));
  if (t.options.command_id && answer_retry(t)) return;
  if (!is_expected(t.options, version_)) return answer_behind(t, conflict(t.options, version_));
  if (!binding_->partition->has_room())
    return answer_now(t, error(runtime_errc::overloaded, "the journal's queue is full"));
  execute(t);
}

bool aggregate::came_after_end(const ticket& t) const {
  // An input that is taken leaves a step. A timer may be overtaken by what ends or replaces it,
  // which means nothing.
  return is_brought(t.options.command_id) &&
         !t.options.metadata.contains(std::string(timer_attribute)) &&
         engine_.model().find_process(binding_->type->name) != nullptr;
}

void aggregate::execute(ticket& t) {
  thread_local byte_buffer scratch;
  persistence::commit_header header;
  header.aggregate_name = binding_->name_id;
  header.stream_id = key_->id();
  header.first_version = version_ + 1;
  header.command_id = t.options.command_id;
  header.correlation_id = t.options.correlation_id;
  header.causation_id = t.options.causation_id;
  header.caller = t.options.caller;
  attributes marked; // decide() sees what the caller said, and no more
  if (!t.mark.empty()) {
    marked = t.options.metadata;
    marked.emplace(request_attribute, t.mark);
  }
  const auto& noted = t.mark.empty() ? t.options.metadata : marked;
  if (!noted.empty()) header.metadata = &noted;
  if (auto begun = persistence::begin_commit(scratch, header); !begun)
    return answer_now(t, std::move(begun).error());

  context c(key_->id(), version_, engine_.now());
  c.with_caller(t.options.caller).with_command(t.options.command_id, t.options.correlation_id);
  c.with_attributes(t.options.metadata);
  event_writer writer(scratch, binding_->event_ids);
  auto done = t.command->execute(state_.get(), t.payload.get(), c, writer);
  switch (done.how) {
  case execution::ending::rejected:
    return answer_behind(t, error(std::move(done.no)));
  case execution::ending::decide_failed:
    engine_.log(log_level::warning, "{}: {} threw while deciding: {}", key_->text(),
                t.command->name, done.what);
    return answer_behind(t, error(domain_errc::decide_threw, std::move(done.what)));
  case execution::ending::evolve_failed:
    engine_.log(log_level::error,
                "{}: evolve threw after {}: {}; nothing stored, the state is read again",
                key_->text(), t.command->name, done.what);
    answer_behind(t, error(domain_errc::evolve_threw, std::move(done.what)));
    return forget_state();
  case execution::ending::decided:
    break;
  }
  if (writer.count() == 0) {
    if (came_after_end(t)) engine_.count_passed_over(binding_->type->name);
    return answer_behind(t, std::nullopt);
  }

  if (auto finished = persistence::finish_commit(scratch, writer.count()); !finished) {
    answer_behind(t, std::move(finished).error());
    return forget_state(); // it has evolved with events that will not be stored
  }
  t.keep_record(scratch);
  t.events = writer.count();
  t.first_version = version_ + 1;
  version_ += writer.count();
  t.version = version_;
  t.snapshot = snapshot_if_due(binding_->type->options.snapshot_every);
  if (t.options.command_id) {
    if (!in_flight_ids_) in_flight_ids_ = std::make_unique<ids_in_flight>();
    in_flight_ids_->by_age.push_back(t.shared_from_this());
    in_flight_ids_->by_id.emplace(t.options.command_id, &t);
  }
  if (!submit(t)) forget_state();
}

bool aggregate::submit(ticket& t) {
  t.stream = lane_;
  t.generation = generation_;
  t.command_id = t.options.command_id;
  t.target = this;
  t.key = key_;
  in_flight_.fetch_add(1);
  handled_ = nullptr;
  auto queued = binding_->partition->submit(t);
  if (queued) return true;
  t.storage.reset();
  answer_now(t, std::move(queued).error());
  // After the answer: `draining` must not be able to see zero while the ticket is still ours to
  // touch.
  settle(0, {});
  return false;
}

void aggregate::answer_now(ticket& t, std::optional<error> outcome) {
  handled_ = nullptr;
  t.key = key_;
  engine_.finish(t, std::move(outcome));
}

void aggregate::answer_behind(ticket& t, std::optional<error> outcome) {
  t.version = version_;
  // A version is durable a little before the journal hands its ticket back, and only then are the
  // receipt of a duplicate and durable_position() complete: nothing may be in flight.
  if (in_flight_.load() == 0 && lane_->durable_version() == version_) {
    t.last_position = {binding_->partition->number(), durable_position()};
    return answer_now(t, std::move(outcome));
  }
  t.events = 0;
  t.prepared_error = std::move(outcome);
  (void)submit(t); // if refused, it has been answered, and the state is as good as before
}

bool aggregate::answer_retry(ticket& t) {
  if (in_flight_ids_) {
    auto& [by_age, by_id] = *in_flight_ids_;
    while (!by_age.empty() && by_age.front()->version <= lane_->durable_version()) {
      by_id.erase(by_age.front()->options.command_id);
      by_age.pop_front();
    }
    if (const auto first = by_id.find(t.options.command_id); first != by_id.end()) {
      if (!may_be_retry(first->second->mark, t.mark)) return answer_now(t, reused(t)), true;
      t.duplicate_of = first->second->shared_from_this();
      answer_behind(t, std::nullopt);
      return true;
    }
  }
  auto found = binding_->partition->find_command(*key_, t.options.command_id);
  if (!found) return answer_now(t, std::move(found).error()), true;
  if (!*found) return false;
  std::optional<error> failed;
  const auto position = **found;
  auto read = binding_->partition->read_log(position, [&](const persistence::commit_view& commit) {
    if (!is_retry_of(commit, t)) {
      failed = reused(t);
      return false;
    }
    t.keep_record(commit.record());
    t.position = commit.position();
    t.version = commit.last_version();
    t.last_position = {binding_->partition->number(), commit.last_position()};
    return false;
  });
  if (!read) failed = std::move(read).error();
  answer_now(t, std::move(failed));
  return true;
}

std::unique_ptr<persistence::snapshot> aggregate::snapshot_if_due(std::uint64_t after_events) {
  if (binding_->type->options.snapshot_every == 0 || version_ - snapshot_version_ < after_events)
    return nullptr;
  auto s = std::make_unique<persistence::snapshot>();
  s->version = version_;
  s->fingerprint = binding_->type->fingerprint;
  if (auto encoded = binding_->type->encode_state(state_.get(), s->state); !encoded) {
    engine_.log(log_level::warning, "{}: no snapshot: {}", key_->text(),
                encoded.error().to_string());
    return nullptr;
  }
  snapshot_version_ = version_;
  return s;
}

void aggregate::give_permit_back() {
  if (std::exchange(has_permit_, false)) engine_.give_permit_back();
}

void aggregate::forget_state() noexcept {
  state_ = erased_state(nullptr, nullptr);
  if (phase_ == phase::live) engine_.counters().restarts.fetch_add(1, std::memory_order_relaxed);
  phase_ = phase::cold;
}

bool aggregate::try_leave(bool stopping) {
  if (stopping) {
    while (!backlog_.empty()) {
      auto& t = *backlog_.pop_front();
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      answer_now(t, error(runtime_errc::stopped, "the runtime is stopping; nothing was decided"));
    }
  } else if (phase_ == phase::loading || phase_ == phase::waiting || phase_ == phase::quarantined) {
    return leave_when_idle_ = false;
  }
  if (!drained()) return false; // comes back when it is
  if (phase_ == phase::live && lane_->generation() == generation_ &&
      lane_->durable_version() == version_)
    if (auto s = snapshot_if_due(snapshot_events_min)) {
      s->position = durable_position();
      s->recorded_at =
          time_point{std::chrono::microseconds{durable_time_.load(std::memory_order_relaxed)}};
      engine_.offer(*this, std::move(*s));
    }
  give_permit_back();
  return engine_.directory().remove(*this, stopping);
}

} // namespace acta::detail
