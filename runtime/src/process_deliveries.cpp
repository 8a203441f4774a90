// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Who gets what, and when: of one sender one delivery at a time to a target, again after
// a pause if it failed.
#include "process_runner.hpp"

#include "engine.hpp"
#include "process_limits.hpp"
#include "schedule_process.hpp"

#include <acta/domain/process.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace acta::detail {

namespace {

/// The same again would have the same answer, whatever the state of the target and whatever program
/// runs. What a later program may take (an unknown command, fields of another type, a reaction that
/// throws) is not of that kind: it waits, and shows as stuck.
bool can_never_succeed(const error& why) {
  return why.code() == persistence::errc::too_large || why.code() == errc::invalid_argument;
}

} // namespace

process_runner::target& process_runner::find_target(std::string name) {
  const auto [at, is_new] = targets_.try_emplace(std::move(name));
  if (is_new) at->second.name = at->first;
  return at->second;
}

void process_runner::add(item i) {
  auto& t = find_target(i.what.target());
  ++waiting_;
  if (t.attempts >= stuck_attempts) ++waiting_stuck_;
  i.bytes = bytes_of(i);
  if (!i.is_timer()) {
    count_change(i.bytes);
    note_change(outbox_delay);
    list(t);
    if (t.on_disk > 0 || !t.late.empty() || is_beyond_loaded(t.name)) {
      t.late.push_back(std::move(i));
      return;
    }
  }
  t.items.push_back(std::move(i));
  count_in(t, t.items.back());
  if (t.held_up()) list(t);
  if (t.in_flight < target_window) dispatch(t);
}

std::size_t process_runner::bytes_of(const item& i) {
  const auto& d = i.what;
  auto bytes = sizeof(item) + d.aggregate.size() + d.id.size() + d.command.size() + d.json.size() +
               i.payload.size() + i.entry.size();
  for (const auto& [name, value] : d.attributes) bytes += name.size() + value.size() + 64;
  return bytes;
}

void process_runner::count_in(target& t, item& i) {
  i.bytes = bytes_of(i);
  t.bytes += i.bytes;
  (t.held_up() ? held_up_bytes_ : active_bytes_) += i.bytes;
  if (!t.held_up()) ++active_;
}

void process_runner::count_out(target& t, const item& i) {
  t.bytes -= i.bytes;
  (t.held_up() ? held_up_bytes_ : active_bytes_) -= i.bytes;
  if (!t.held_up()) --active_;
}

bool process_runner::may_send() const {
  return in_flight_ < in_flight_max_ && (in_flight_bytes_ < in_flight_bytes_max || in_flight_ == 0);
}

result<void> process_runner::refill(target& t, item& i) {
  if (!i.emptied) return {};
  auto stored = outbox_.find(row_of_delivery(t.name, i.key));
  if (!stored) return std::move(stored).error();
  count_out(t, i);
  i.what = std::move(*stored);
  i.emptied = false;
  count_in(t, i);
  return {};
}

void process_runner::list(target& t) {
  if (std::exchange(t.listed, true)) return;
  listed_.push_back(&t);
}

void process_runner::take_answer(answer& a) {
  auto& t = *a.from;
  auto& i = *a.which;
  i.sent = false;
  --t.in_flight;
  --in_flight_;
  in_flight_bytes_ -= i.bytes;
  const auto* no = a.outcome ? a.outcome->rejection() : nullptr;
  if (a.outcome && no == nullptr) {
    const auto has_json = make_json(i);
    if (has_json && !can_never_succeed(*a.outcome)) return failed(t, i, *a.outcome);
    if (t.held_up() && !t.waits) recovered(t);
    set_aside(t, t.items, a.which, has_json ? a.outcome->to_string() : std::string(no_json));
    return dispatch(t);
  }
  const bool was_timer = i.is_timer();
  auto told = no == nullptr ? std::nullopt : told_of(i, *no);
  if (told) at(crash_point::rejection_taken);
  ++counted_.delivered;
  // What was sent along with one that has failed proves nothing.
  if (t.held_up() && !t.waits) recovered(t);
  pop(t, a.which);
  at(was_timer ? crash_point::timer_answered : crash_point::answer_taken);
  dispatch(t);
  if (!told) return;
  if (const auto to = told->what.target(); is_schedule(to)) {
    ++counted_.schedules_refused;
    engine_.log(log_level::warning, "{}: its command was refused: {}", to, told->what.json);
  }
  add(std::move(*told));
  at(crash_point::rejection_told);
}

void process_runner::failed(target& t, item& i, const error& why) {
  ++counted_.failures;
  if (t.waits) return;
  if (t.attempts++ == 0) {
    active_ -= t.items.size();
    active_bytes_ -= t.bytes;
    held_up_bytes_ += t.bytes;
    ++held_up_;
    t.since = engine_.now();
  }
  if (t.attempts == stuck_attempts) {
    waiting_stuck_ += t.total();
    engine_.log(log_level::warning, "processes: {} for {} is stuck: {}", i.what.command, t.name,
                why.to_string());
  }
  if (t.attempts >= stuck_attempts) {
    const auto sender = i.what.attributes.find(std::string(process_attribute));
    const std::lock_guard lock(figures_mutex_);
    stuck_.insert_or_assign(
        t.name, stuck_delivery{t.name, i.what.command,
                               sender == i.what.attributes.end() ? t.name : sender->second,
                               t.attempts, why, t.since});
  }
  const auto pause = backoff(engine_.options(), t.attempts);
  t.retry = retries_.emplace(std::chrono::steady_clock::now() + pause, &t);
  t.waits = true;
  if (t.items.size() > 1 || t.bytes > held_up_bytes_max) list(t), note_change(outbox_delay);
}

void process_runner::recovered(target& t) {
  if (t.attempts >= stuck_attempts) {
    waiting_stuck_ -= t.total();
    const std::lock_guard lock(figures_mutex_);
    stuck_.erase(t.name);
  }
  t.attempts = 0;
  --held_up_;
  active_ += t.items.size();
  active_bytes_ += t.bytes;
  held_up_bytes_ -= t.bytes;
  if (!std::exchange(left_out_, false)) return;
  fire_after_.clear();
  next_due_ = time_point::min();
}

process_runner::item_list::iterator process_runner::pop(target& t, item_list::iterator i) {
  if (i->is_timer()) {
    // Unless its row is to be changed anyway.
    changes_.timers.try_emplace(std::string(row_of_entry(i->entry)),
                                timer_change{{}, i->timer_version});
    fired_done_.emplace_back(std::move(i->entry), i->timer_version);
  } else if (i->stored) {
    changes_.answered.push_back(row_of_delivery(t.name, i->key));
  }
  if (i->is_timer() || i->stored) {
    count_change(0);
    note_change(outbox_delay);
  }
  count_out(t, *i);
  if (t.attempts >= stuck_attempts) --waiting_stuck_;
  --waiting_;
  return t.items.erase(i);
}

bool process_runner::make_json(item& i) {
  if (!i.event || i.stored || !i.what.json.empty()) return true;
  if (!i.without_json && !i.event->append_json(i.payload, i.what.json)) {
    i.without_json = true;
    i.what.json.clear(); // of half a value
  }
  return !i.without_json;
}

process_runner::item_list::iterator
process_runner::set_aside(target& t, item_list& from, item_list::iterator i, std::string_view why) {
  put_aside(t.name, i->key, i->what, why);
  if (&from == &t.items) return pop(t, i);
  if (t.attempts >= stuck_attempts) --waiting_stuck_;
  --waiting_;
  return from.erase(i);
}

void process_runner::put_aside(const std::string& to, const delivery_key& key, delivery d,
                               std::string_view why) {
  engine_.log(log_level::error, "processes: {} for {}, asked for at {}, is set aside: {}",
              d.command, to, key.from.to_string(), why);
  keep_aside(to, key, std::move(d), why);
}

void process_runner::keep_aside(const std::string& to, const delivery_key& key, delivery d,
                                std::string_view why) {
  // What it comes from stays in the journal.
  if (d.json.size() > set_aside_json_bytes_max) d.json.clear();
  d.attributes.insert_or_assign(std::string(set_aside_attribute),
                                std::string(why.substr(0, set_aside_reason_bytes_max)));
  changes_.set_aside.insert_or_assign(row_of_delivery(to, key), std::move(d));
  ++counted_.set_aside;
  count_change(set_aside_reason_bytes_max);
  note_change(outbox_delay);
}

void process_runner::dispatch(target& t) {
  if (t.waits || (t.held_up() && t.in_flight > 0)) return;
  std::array<std::uint64_t, 2 * target_window> before;
  std::size_t count = 0;
  for (auto i = t.items.begin();
       i != t.items.end() && t.in_flight < target_window && count < before.size();) {
    const auto seen = std::span(before).first(count);
    const bool blocked =
        i->sent || (count > 0 && i->sender == 0) ||
        std::ranges::any_of(seen, [&](auto s) { return s == i->sender || s == 0; });
    if (!blocked) {
      if (!may_send()) {
        if (!std::exchange(t.ready, true)) ready_.push_back(&t);
        return;
      }
      const auto answered = answered_before(*i);
      if (!answered) return failed(t, *i, answered.error());
      if (*answered != past_answer::none) {
        if (t.held_up()) recovered(t);
        i = *answered == past_answer::given ? pop(t, i) : set_aside(t, t.items, i, unknown_answer);
        continue;
      }
      if (auto there = refill(t, *i); !there) {
        if (there.error().code() == condition::io || there.error().code() == condition::unavailable)
          return failed(t, *i, there.error());
        if (t.held_up()) recovered(t);
        i = set_aside(t, t.items, i, there.error().to_string());
        continue;
      }
      if (auto sent = send(t, i); !sent) {
        if (t.held_up()) recovered(t);
        i = set_aside(t, t.items, i, sent.error().to_string());
        continue;
      }
      if (t.held_up()) return; // first let it take this one
    }
    before[count++] = i->sender;
    ++i;
  }
  if (!t.items.empty()) return;
  if (t.on_disk > 0)
    want_reload(t);
  else
    forget_if_empty(t);
}

void process_runner::want_reload(target& t) {
  if (!std::exchange(t.reload, true)) reloads_.push_back(&t);
}

void process_runner::forget_if_empty(target& t) {
  if (t.total() == 0 && !t.listed && !t.ready && !t.reload) targets_.erase(t.name);
}

result<void> process_runner::send(target& t, item_list::iterator which) {
  auto& i = *which;
  at(crash_point::before_send);
  command_options options;
  options.command_id = id_of(i.key);
  options.metadata = i.what.attributes;
  options.correlation_id = i.what.correlation_id;
  options.causation_id = i.what.causation_id;
  std::optional<pending> reply;
  if (i.event) {
    auto input = i.to->input->from_event(i.payload);
    if (!input) return std::move(input).error();
    ticket_ptr ticket;
    engine_.submit(engine_.find_route(i.what.aggregate), i.what.aggregate, i.what.id,
                   i.to->input_index, std::move(*input), std::move(options), ticket);
    reply.emplace(std::move(ticket));
  } else {
    reply.emplace(engine_.submit_json(i.what.aggregate, i.what.id, i.what.command, i.what.json,
                                      std::move(options)));
  }
  i.sent = true;
  ++t.in_flight;
  ++in_flight_;
  in_flight_bytes_ += i.bytes;
  reply->then_without_waiting( // stop() waits for this thread
      [in = inbox_, to = &t, which, hook = engine_.on_crash_point](const result<receipt>& r) {
        if (hook != nullptr) hook(crash_point::answer_unseen);
        const std::lock_guard lock(in->mutex);
        in->answers.push_back({to, which, r ? std::nullopt : std::optional(r.error())});
        in->wake_up();
      });
  at(crash_point::after_send);
  return {};
}

void process_runner::dispatch_ready() {
  while (!ready_.empty() && may_send()) {
    auto& t = *ready_.front();
    ready_.pop_front();
    t.ready = false;
    dispatch(t);
  }
}

void process_runner::retry_due() {
  const auto now = std::chrono::steady_clock::now();
  while (!retries_.empty() && retries_.begin()->first <= now) {
    auto& t = *retries_.begin()->second;
    retries_.erase(retries_.begin());
    t.waits = false;
    dispatch(t);
  }
}

result<process_runner::past_answer> process_runner::answered_before(item& i) {
  if (i.key.from.number > start_positions_[i.key.from.partition] || i.looked)
    return past_answer::none;
  if (i.is_timer()) return past_answer::none; // the process knows which of its timers are set
  const auto sender = i.what.attributes.find(std::string(process_attribute));
  if (i.key.kind == delivery_kind::command && sender != i.what.attributes.end()) {
    // A command that was rejected has left nothing at its target. If its process has been told, it
    // must not be decided anew: it might be accepted now.
    auto key = i.key;
    key.kind = delivery_kind::rejection;
    auto told = was_taken(sender->second, id_of(key), key.from);
    // A damaged stream of the process must not hold up the target.
    if (!told && told.error().code() == persistence::errc::corrupt_commit)
      return past_answer::unreadable;
    if (!told) return std::move(told).error();
    if (*told) return past_answer::given;
  }
  // The target recognises what it remembers. Nobody knows when it may forget this one.
  auto taken = was_taken(i.what.target(), id_of(i.key), i.key.from);
  if (!taken) return std::move(taken).error();
  if (*taken) return past_answer::given;
  // Only now: what could not be looked up must be looked for again before it is sent.
  i.looked = true;
  return past_answer::none;
}

result<bool> process_runner::was_taken(std::string_view stream, const uuid& command_id,
                                       position from) {
  const auto [aggregate, id] = split_stream(stream);
  auto known = engine_.recall_command(aggregate, id, command_id, from);
  if (!known) return std::move(known).error();
  if (*known != engine::recall::forgotten) return *known == engine::recall::taken;
  auto& past = past_commands_;
  if (past.stream == stream) return std::ranges::binary_search(past.ids, command_id);
  past = {};
  bool found = false, is_whole = true;
  auto read = engine_.visit_commands(aggregate, id, [&](const uuid& its_id, position at) {
    if (at.number > start_positions_[at.partition]) return false; // of this run
    found = found || its_id == command_id;
    is_whole = is_whole && past.ids.size() < past_commands_max;
    if (is_whole && key_of(its_id)) past.ids.push_back(its_id);
    return is_whole || !found;
  });
  if (!read) return std::move(read).error();
  if (!is_whole) { // more than are kept
    past = {};
    return found;
  }
  std::ranges::sort(past.ids);
  past.stream = stream;
  return found;
}

} // namespace acta::detail
