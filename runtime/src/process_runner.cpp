// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The loop: answers, pauses that are over, events, timers, and now and then a transaction.
#include "process_runner.hpp"

#include "engine.hpp"
#include "process_limits.hpp"

#include <acta/runtime/errc.hpp>

#include <algorithm>

#include <pthread.h>

namespace acta::detail {

result<void> process_runner::start() {
  make_routes();
  if (auto found = find_versions(); !found) return found;
  subscription_options from;
  for (const auto& a : engine_.model().aggregates())
    for (const auto& v : versions_of(*a))
      if (std::ranges::any_of(a->events, [&](const event_type& e) {
            return routes_.contains(&e) && may_be(*a, v, *e.type);
          }))
        from.filter.types.emplace_back(v.name);
  for (std::uint32_t p = 0; p < engine_.partitions(); ++p) {
    auto scanned = engine_.last_position(p);
    for (const auto& f : followers_) scanned = std::min(scanned, f.start[p]);
    from.from.push_back({p, scanned + 1});
    scanned_.push_back({p, scanned});
    start_positions_.push_back(engine_.last_position(p));
  }
  auto events = engine_.read_side().subscribe(from);
  if (!events) return std::move(events).error();
  events_ = std::move(*events);
  auto stored = outbox_.count();
  if (!stored) return std::move(stored).error();
  waiting_ = stored->deliveries;
  counted_.timers = stored->timers;
  counted_.set_aside = stored->set_aside;
  auto first = outbox_.visit_due(fire_after_, time_point::min(), [](auto, auto) { return false; });
  if (!first) return std::move(first).error();
  next_due_ = *first;
  in_flight_max_ = std::clamp<std::size_t>(engine_.options().outstanding_max / 2, 1, in_flight_max);
  if (waiting_ > 0)
    engine_.log(log_level::info, "processes: {} deliveries of an earlier run are sent again",
                waiting_);
  if (waiting_ > 0)
    if (auto told = tell_unreadable(); !told) return told;
  if (stored->set_aside > 0)
    engine_.log(log_level::error, "processes: {} rows that could not be read are set aside",
                stored->set_aside);
  if (auto noted = note_versions(); !noted) return noted;
  publish();
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "acta-processes");
  return {};
}

result<void> process_runner::check_history(std::uint32_t partition,
                                           const persistence::checkpoint& at) const {
  auto held = engine_.journal_proof().holds(partition, at);
  if (!held) return std::move(held).error();
  if (*held) return {};
  return error(
      runtime_errc::other_history,
      "processes/ was kept beside another history of this journal, which has been put back "
      "or replaced: put back the folder that belongs to it, or move it away, and all that "
      "processes have decided is looked through again (docs/processes.md)",
      position{partition, at.position}.to_string());
}

result<void> process_runner::judge() {
  for (const auto& process : engine_.model().processes()) {
    auto& f = followers_.emplace_back();
    f.process = process.get();
    for (std::uint32_t p = 0; p < engine_.partitions(); ++p) {
      auto known = outbox_.checkpoint(process->name, p);
      if (!known) return std::move(known).error();
      f.noted.push_back(known->value_or(persistence::checkpoint{}).position);
      if (*known) {
        if (auto same = check_history(p, **known); !same) return same;
        f.start.push_back((*known)->position);
        continue;
      }
      auto common = outbox_.common_checkpoint(p);
      if (!common) return std::move(common).error();
      if (auto same = check_history(p, *common); !same) return same;
      // Before it began there is nothing of it.
      f.start.push_back(process->built_in && !engine_.has_schedules()
                            ? engine_.last_position(p)
                            : std::max(common->position, engine_.process_start(process->name, p)));
      note_change(outbox_delay);
    }
  }
  return {};
}

result<void> process_runner::find_versions() {
  for (auto& f : followers_) {
    auto now = versions_with(engine_.model(), [&](const std::type_info& type) {
      return std::ranges::any_of(f.process->inputs,
                                 [&](const process_input& i) { return *i.type == type; });
    });
    const auto& step = f.process->stored_as->events.front();
    now.push_back(version_text(step.name, step.schema));
    std::ranges::sort(now);
    for (std::uint32_t p = 0; p < engine_.partitions(); ++p) {
      auto known = outbox_.versions(f.process->name, p);
      if (!known) return std::move(known).error();
      const auto before = known->value_or(versions_taken{});
      if (auto same = check_history(p, {before.reached, before.reached_checksum}); !same)
        return same;
      auto versions = before;
      const auto reached = f.start[p];
      f.start[p] = versions.begin(now, engine_.unreadable(), reached,
                                  engine_.journal_proof().checkpoint_at({p, reached}).checksum);
      if (f.start[p] < reached)
        engine_.log(log_level::info,
                    "process {}: goes back from {} to {} for events that an older release of the "
                    "program has passed over",
                    f.process->name, position{p, reached}.to_string(),
                    position{p, f.start[p]}.to_string());
      if (versions != before) changes_.versions.push_back({f.process->name, p, versions});
      f.versions.push_back(std::move(versions));
    }
  }
  return {};
}

result<void> process_runner::note_versions() {
  if (changes_.versions.empty()) return {};
  outbox_changes c;
  c.versions = changes_.versions;
  for (const auto& of : c.versions) {
    const auto f = std::ranges::find(followers_, of.process,
                                     [](const follower& one) { return one.process->name; });
    c.looked_through.push_back(
        {of.process, of.partition,
         engine_.journal_proof().checkpoint_at({of.partition, f->start[of.partition]})});
  }
  const auto noted = outbox_.write().and_then([&](outbox_writing txn) {
    auto applied = txn.apply(c);
    return applied ? txn.commit() : applied;
  });
  if (!noted) return noted.error().code() == condition::unavailable ? result<void>{} : noted;
  for (const auto& of : c.looked_through)
    std::ranges::find(followers_, of.process, [](const follower& one) {
      return one.process->name;
    })->noted[of.partition] = of.at.position;
  changes_.versions.clear();
  return {};
}

process_runner::~process_runner() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void process_runner::stop() {
  const std::lock_guard lock(inbox_->mutex);
  inbox_->stopping = true;
  inbox_->wake_up();
}

bool process_runner::await(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(inbox_->mutex);
  const auto has_ended = [this] { return inbox_->ended || !thread_.joinable(); };
  if (deadline != std::chrono::steady_clock::time_point::max())
    return inbox_->end.wait_until(lock, deadline, has_ended);
  inbox_->end.wait(lock, has_ended);
  return true;
}

void process_runner::look() {
  const std::lock_guard lock(inbox_->mutex);
  inbox_->look = true;
  ++inbox_->looks;
  inbox_->wake_up();
}

void process_runner::released(std::string_view name) {
  const std::lock_guard lock(inbox_->mutex);
  inbox_->released.emplace_back(name);
  inbox_->wake_up();
}

void process_runner::at(crash_point p) const {
  if (engine_.on_crash_point != nullptr) engine_.on_crash_point(p);
}

void process_runner::run() {
  run_until_stopped();
  // So that the next start has nothing to send again that was answered.
  if (auto noted = flush(); !noted)
    engine_.log(log_level::warning, "processes: {}; what was answered is sent again at the start",
                noted.error().to_string());
  const std::lock_guard lock(inbox_->mutex);
  inbox_->ended = true;
  inbox_->end.notify_all();
}

void process_runner::run_until_stopped() {
  for (;;) {
    std::vector<answer> answers;
    std::vector<std::string> released;
    {
      const std::lock_guard lock(inbox_->mutex);
      if (inbox_->stopping) return;
      answers.swap(inbox_->answers);
      released.swap(inbox_->released);
      if (std::exchange(inbox_->told, false)) subscribed_ = false;
      looks_ = inbox_->looks;
      if (std::exchange(inbox_->look, false) && flush_at_)
        flush_at_ = std::chrono::steady_clock::time_point{};
    }
    const bool more = turn(answers, released);
    publish();
    if (!more) wait();
  }
}

bool process_runner::turn(std::vector<answer>& answers, const std::vector<std::string>& released) {
  for (auto& a : answers) take_answer(a);
  for (const auto& name : released)
    if (const auto found = targets_.find(name);
        found != targets_.end() && found->second.held_up()) {
      auto& t = found->second;
      if (std::exchange(t.waits, false)) retries_.erase(t.retry);
      recovered(t); // or so it is said: attempts count from one again
      dispatch(t);
    }
  retry_due();
  dispatch_ready();
  // Each by itself: a journal that cannot be read does not keep the outbox from being written, and
  // a full disk keeps nobody waiting but the outbox. The outbox comes first: at the start it is
  // read, and what is taken from the journal before that has to wait for it.
  bool more = attempt(outbox_trouble_, [this] { return write_outbox(); });
  more = attempt(journal_trouble_, [this] { return read_events(); }) || more;
  more = attempt(timer_trouble_, [this] { return fire_due(); }) || more;
  return more || (!reloads_.empty() && outbox_trouble_.failures == 0);
}

bool process_runner::attempt(trouble& t, const std::function<result<bool>()>& f) {
  if (std::chrono::steady_clock::now() < t.until) return false;
  const auto done = f();
  if (done) {
    t = {};
    return *done;
  }
  if (t.failures++ == 0)
    engine_.log(log_level::error, "processes: {}; trying again", done.error().to_string());
  t.until = std::chrono::steady_clock::now() + backoff(engine_.options(), t.failures);
  return false;
}

result<bool> process_runner::write_outbox() {
  const bool load = may_load() || !reloads_.empty();
  const bool due = next_due_unwritten_ && *next_due_unwritten_ <= engine_.now();
  const bool settle = engine_.settling().anybody_waits() && waiting_ == waiting_stuck_;
  if (load || due || changes_count_ >= changes_soft_max ||
      changes_bytes_ >= changes_soft_bytes_max ||
      (flush_at_ && (settle || *flush_at_ <= std::chrono::steady_clock::now()))) {
    if (auto noted = flush(); !noted) return std::move(noted).error();
    if (load)
      if (auto loaded = load_more(); !loaded) return std::move(loaded).error();
  }
  return false;
}

result<bool> process_runner::fire_due() {
  if (!next_due_ || !has_room_for_timers() || *next_due_ > engine_.now()) return false;
  return fire();
}

bool process_runner::has_room() const {
  return has_room_for_timers() && held_up_ < held_up_max && held_up_bytes_ < held_up_bytes_in_all;
}

bool process_runner::has_room_for_timers() const {
  return active_ < waiting_max && active_bytes_ < waiting_bytes_max &&
         changes_count_ < changes_hard_max && changes_bytes_ < changes_hard_bytes_max;
}

bool process_runner::may_load() const {
  return loading_ && active_ < waiting_max / 2 && active_bytes_ < waiting_bytes_max / 2;
}

result<bool> process_runner::read_events() {
  if (!has_room()) return false;
  auto page = events_->next(turn_events_max);
  if (!page) {
    if (page.error().code() == condition::corrupt) return pass_over_commit();
    return std::move(page).error();
  }
  if (page->scanned == scanned_) return false;
  for (const auto& e : page->events) take_event(e);
  if (!page->events.empty()) count_change(0);
  note_change(page->events.empty() ? checkpoint_delay : outbox_delay);
  scanned_ = std::move(page->scanned);
  return true;
}

std::chrono::steady_clock::time_point process_runner::look_again(time_point due) const {
  const auto now = std::chrono::steady_clock::now();
  const auto clock = engine_.now();
  if (due <= clock) return now;
  return now + (due < clock + timer_look_every ? due - clock
                                               : std::chrono::microseconds{timer_look_every});
}

void process_runner::wait() {
  const auto now = std::chrono::steady_clock::now();
  auto until = now + std::chrono::minutes{1};
  if (journal_trouble_.failures > 0) until = std::min(until, journal_trouble_.until);
  if (outbox_trouble_.failures > 0) until = std::min(until, outbox_trouble_.until);
  if (flush_at_) until = std::min(until, std::max(*flush_at_, outbox_trouble_.until));
  if (!retries_.empty()) until = std::min(until, retries_.begin()->first);
  if (next_due_ && has_room_for_timers())
    until = std::min(until, std::max(look_again(*next_due_), timer_trouble_.until));
  if (next_due_unwritten_)
    until = std::min(until, std::max(look_again(*next_due_unwritten_), outbox_trouble_.until));
  if (journal_trouble_.failures == 0 && !subscribed_ && has_room()) {
    subscribed_ = true;
    events_->notify([in = inbox_] {
      const std::lock_guard lock(in->mutex);
      in->told = true;
      in->wake_up();
    });
  }
  auto& in = *inbox_;
  std::unique_lock lock(in.mutex);
  while (!in.stopping && !in.look && !in.told && in.released.empty() && in.answers.empty()) {
    in.asleep = true;
    if (in.wake.wait_until(lock, until) == std::cv_status::timeout) break;
  }
  in.asleep = false;
}

void process_runner::publish() {
  {
    const std::lock_guard lock(figures_mutex_);
    counted_.waiting = waiting_;
    counted_.bytes = active_bytes_ + held_up_bytes_ + changes_bytes_;
    counted_.stuck = stuck_.size();
    figures_ = counted_;
    figures_.timers -= std::min<std::uint64_t>(figures_.timers, fired_.size());
    figures_.set_aside -= std::min(figures_.set_aside, dropped_);
    published_scanned_ = scanned_;
    published_due_ = next_due_;
    published_looks_ = looks_;
    published_rest_ = waiting_ == waiting_stuck_ && changes_count_ == 0 &&
                      journal_trouble_.failures + timer_trouble_.failures == 0;
  }
  engine_.settling().changed();
}

bool process_runner::at_rest() const {
  const auto looks = [this] {
    const std::lock_guard lock(inbox_->mutex);
    return inbox_->looks;
  }();
  const std::lock_guard lock(figures_mutex_);
  if (!published_rest_ || published_looks_ != looks) return false;
  if (published_due_ && *published_due_ <= engine_.now()) return false;
  return std::ranges::all_of(published_scanned_, [&](const position& p) {
    return p.number >= engine_.last_position(p.partition);
  });
}

std::vector<stuck_delivery> process_runner::stuck(std::size_t limit) const {
  const std::lock_guard lock(figures_mutex_);
  std::vector<stuck_delivery> all;
  for (const auto& [name, one] : stuck_) {
    if (all.size() == limit) break;
    all.push_back(one);
  }
  return all;
}

result<void> process_runner::drop_set_aside(std::string_view id) {
  auto gone = outbox_.drop_set_aside(id);
  if (!gone) return std::move(gone).error();
  if (!*gone) return error(errc::not_found, "nothing is set aside under this id");
  const std::lock_guard lock(figures_mutex_);
  ++dropped_;
  if (figures_.set_aside > 0) --figures_.set_aside;
  return {};
}

process_figures process_runner::figures() const {
  const std::lock_guard lock(figures_mutex_);
  return figures_;
}

} // namespace acta::detail
