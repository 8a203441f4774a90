// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "process_runner.hpp"

#include "engine.hpp"

#include <acta/domain/process.hpp>

#include <algorithm>

#include <pthread.h>

namespace acta::detail {

namespace {

/// Events looked at, and timers fired, in one transaction.
constexpr std::size_t turn_events_max = 512;
/// Deliveries in memory; with more waiting no further events are looked at.
constexpr std::size_t waiting_max = 16'384;
/// How often the clock is looked at while timers are set: it may be set forward.
constexpr std::chrono::milliseconds timer_look_every{100};
/// Attempts after which a delivery counts as stuck.
constexpr unsigned stuck_attempts = 5;

uuid correlation_of(const metadata& m) {
  if (m.correlation_id) return m.correlation_id;
  if (m.command_id) return m.command_id;
  return id_of({m.position, 0, delivery_kind::event});
}

} // namespace

result<void> process_runner::start() {
  subscription_options from;
  const auto& model = engine_.model();
  for (const auto& process : model.processes()) {
    from.filter.types.push_back(process->stored_as->events.front().name);
    for (const auto& input : process->inputs)
      for (const auto& a : model.aggregates())
        for (const auto& e : a->events)
          if (*e.type == *input.type) from.filter.types.push_back(e.name);
  }
  for (std::uint32_t p = 0; p < engine_.partitions(); ++p) {
    auto scanned = outbox_.checkpoint(p);
    if (!scanned) return std::move(scanned).error();
    from.from.push_back({p, *scanned + 1});
  }
  auto events = engine_.read_side().subscribe(from);
  if (!events) return std::move(events).error();
  events_ = std::move(*events);
  auto loaded = outbox_.visit([this](const delivery_key& key, delivery d) {
    queues_[d.target()].push_back({key, std::move(d), 0, {}});
    ++waiting_;
  });
  if (!loaded) return loaded;
  if (waiting_ > 0)
    engine_.log(log_level::info, "processes: {} deliveries of an earlier run are sent again",
                waiting_);
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "acta-processes");
  return {};
}

void process_runner::stop() {
  {
    const std::lock_guard lock(inbox_->mutex);
    inbox_->stopping = true;
  }
  inbox_->wake.notify_all();
  if (thread_.joinable()) thread_.join();
}

void process_runner::run() {
  for (auto& [target, q] : queues_) dispatch(target, q);
  unsigned failures = 0;
  for (;;) {
    std::vector<answer> answers;
    {
      const std::lock_guard lock(inbox_->mutex);
      if (inbox_->stopping) return;
      answers.swap(inbox_->answers);
      inbox_->told = false;
    }
    auto more = turn(answers);
    if (more) {
      failures = 0;
      settle();
      dispatch_due();
      if (*more) continue;
    } else {
      added_.clear();
      retried_.clear();
      done_.clear();
      if (failures++ == 0)
        engine_.log(log_level::error, "processes: {}; trying again", more.error().to_string());
      const std::lock_guard lock(inbox_->mutex);
      inbox_->answers.insert(inbox_->answers.begin(), answers.begin(), answers.end());
    }
    auto until = std::chrono::steady_clock::now() +
                 (more ? std::chrono::milliseconds{60'000}
                       : std::min(engine_.options().restart_backoff_max,
                                  engine_.options().restart_backoff_min *
                                      (1u << std::min(failures - 1, 16u))));
    until = std::min(until, next_retry());
    if (more && outbox_.timers().value_or(0u) > 0)
      until = std::min(until, std::chrono::steady_clock::now() + timer_look_every);
    if (waiting_ < waiting_max)
      events_->notify([in = inbox_] {
        {
          const std::lock_guard lock(in->mutex);
          in->told = true;
        }
        in->wake.notify_one();
      });
    std::unique_lock lock(inbox_->mutex);
    inbox_->wake.wait_until(lock, until, [&] {
      return inbox_->stopping || (more && (inbox_->told || !inbox_->answers.empty()));
    });
  }
}

result<bool> process_runner::turn(const std::vector<answer>& answers) {
  // A page of a transaction that failed is not given again by the subscription.
  if (!page_ && waiting_ < waiting_max) {
    auto next = events_->next(turn_events_max);
    if (!next) return std::move(next).error();
    page_ = std::move(*next);
  }
  const auto now = engine_.now();
  auto due = outbox_.next_due();
  if (!due) return std::move(due).error();
  const bool fires = *due && **due <= now;
  const bool moved = page_ && page_->scanned != scanned_;
  if (answers.empty() && !moved && !fires) {
    page_.reset();
    return false;
  }
  auto txn = outbox_.write();
  if (!txn) return std::move(txn).error();
  for (const auto& a : answers)
    if (auto ok = take_answer(*txn, a); !ok) return std::move(ok).error();
  if (page_) {
    for (const auto& e : page_->events)
      if (auto ok = take_event(*txn, e); !ok) return std::move(ok).error();
    for (const auto& at : page_->scanned)
      if (auto ok = txn->set_checkpoint(at); !ok) return std::move(ok).error();
  }
  if (fires)
    if (auto ok = txn->take_due(now, turn_events_max,
                                [&](const pending_timer& t) { return fire(*txn, t); });
        !ok)
      return std::move(ok).error();
  if (auto ok = txn->commit(); !ok) return std::move(ok).error();
  if (page_) scanned_ = std::move(page_->scanned);
  page_.reset();
  return true;
}

result<void> process_runner::take_answer(outbox_writing& txn, const answer& a) {
  const auto& target = sent_.at(a.key);
  const auto& d = queues_.at(target).front().what;
  if (a.outcome && a.outcome->rejection() == nullptr) {
    retried_.push_back(a);
    return {};
  }
  if (a.outcome) {
    const auto sender = d.attributes.find(std::string(process_attribute));
    if (sender != d.attributes.end()) {
      const auto [process, id] = split_stream(sender->second);
      if (auto back = rejection_for(process, d, *a.outcome->rejection()); back) {
        back->id = id;
        auto key = a.key;
        key.kind = delivery_kind::rejection;
        back->causation_id = id_of(a.key);
        if (auto added = add(txn, key, std::move(*back)); !added) return added;
      }
    }
  }
  done_.push_back(a.key);
  return txn.erase(a.key);
}

std::optional<delivery> process_runner::rejection_for(std::string_view process, const delivery& d,
                                                      const rejection& no) const {
  const auto type = engine_.model().find_process(process);
  const auto* to = engine_.find_route(d.aggregate);
  const auto* command = to == nullptr ? nullptr : to->type->find_command(d.command);
  if (!type || command == nullptr) return std::nullopt;
  for (const auto& input : type->inputs) {
    if (input.rejected == nullptr || *input.rejected != *command->type) continue;
    delivery back;
    back.aggregate = type->name;
    back.command = input.name;
    back.json = "{\"code\":";
    (void)append_json(no.code, back.json).has_value();
    back.json += ",\"message\":";
    (void)append_json(no.message, back.json).has_value();
    back.json += ",\"command\":" + d.json + '}';
    back.correlation_id = d.correlation_id;
    return back;
  }
  return std::nullopt;
}

result<void> process_runner::take_event(outbox_writing& txn, const recorded_event& e) {
  if (e.known_as && *e.known_as->type == typeid(process_step))
    if (auto taken = take_step(txn, e); !taken) return taken;
  return route(txn, e);
}

result<void> process_runner::take_step(outbox_writing& txn, const recorded_event& e) {
  const auto step = e.get<process_step>();
  if (!step) {
    engine_.log(log_level::error,
                "processes: the step at {} cannot be read; nothing is done for it",
                e.metadata.position.to_string());
    return {};
  }
  const auto& m = e.metadata;
  const auto correlation = correlation_of(m);
  for (std::size_t i = 0; i < step->commands.size(); ++i) {
    const auto& c = step->commands[i];
    delivery d;
    d.aggregate = c.aggregate;
    d.id = c.id;
    d.command = c.command;
    d.json = c.json;
    d.correlation_id = correlation;
    d.causation_id = id_of({m.position, 0, delivery_kind::event});
    d.attributes.emplace(process_attribute, m.stream);
    if (auto added = add(txn, {m.position, static_cast<std::uint16_t>(i), delivery_kind::command},
                         std::move(d));
        !added)
      return added;
  }
  if (!step->fired.empty())
    if (auto gone = txn.cancel_timer(m.stream, step->fired); !gone) return gone;
  for (const auto& name : step->cancelled)
    if (auto gone = txn.cancel_timer(m.stream, name); !gone) return gone;
  if (step->finished) return txn.cancel_timers(m.stream);
  for (std::size_t i = 0; i < step->timers.size(); ++i) {
    const auto& t = step->timers[i];
    const delivery_key key{m.position, static_cast<std::uint16_t>(i), delivery_kind::timer};
    if (auto set =
            txn.set_timer({m.stream, t.name, t.input, t.json, t.due, m.version, key, correlation});
        !set)
      return set;
  }
  return {};
}

result<void> process_runner::route(outbox_writing& txn, const recorded_event& e) {
  if (!e.known_as) return {};
  std::pair<std::string, std::string> sender;
  if (const auto by = e.metadata.attributes.find(std::string(process_attribute));
      by != e.metadata.attributes.end())
    sender = split_stream(by->second);
  std::uint16_t index = 0;
  for (const auto& process : engine_.model().processes()) {
    ++index;
    const auto input = std::ranges::find_if(
        process->inputs, [&](const auto& i) { return *i.type == *e.known_as->type; });
    if (input == process->inputs.end()) continue;
    delivery d;
    auto kind = delivery_kind::returned;
    if (process->name == sender.first) {
      d.id = sender.second;
    } else if (input->key != nullptr) {
      auto key = input->key(e.payload, e.metadata);
      if (!key) {
        engine_.log(log_level::error, "process {}: key of {} at {}: {}", process->name, e.type,
                    e.metadata.position.to_string(), key.error().to_string());
        continue;
      }
      if (!*key || e.metadata.position.number <=
                       engine_.process_start(process->name, e.metadata.position.partition))
        continue;
      if (!check_stream_id(**key)) {
        engine_.log(log_level::error, "process {}: the key of {} at {} is no id", process->name,
                    e.type, e.metadata.position.to_string());
        continue;
      }
      d.id = std::move(**key);
      kind = delivery_kind::keyed;
    } else {
      continue;
    }
    auto json = e.to_json();
    if (!json) {
      engine_.log(log_level::error, "process {}: {} at {} cannot be read: {}", process->name,
                  e.type, e.metadata.position.to_string(), json.error().to_string());
      continue;
    }
    d.aggregate = process->name;
    d.command = input->name;
    d.json = std::move(*json);
    d.correlation_id = correlation_of(e.metadata);
    d.causation_id = id_of({e.metadata.position, 0, delivery_kind::event});
    if (auto added = add(txn, {e.metadata.position, index, kind}, std::move(d)); !added)
      return added;
  }
  return {};
}

result<void> process_runner::fire(outbox_writing& txn, const pending_timer& t) {
  delivery d;
  std::tie(d.aggregate, d.id) = split_stream(t.stream);
  d.command = t.input;
  d.json = t.json;
  d.correlation_id = t.correlation_id;
  d.causation_id = id_of({t.key.from, 0, delivery_kind::event});
  d.attributes.emplace(timer_attribute, t.name + '@' + std::to_string(t.version));
  return add(txn, t.key, std::move(d));
}

result<void> process_runner::add(outbox_writing& txn, delivery_key key, delivery d) {
  if (auto put = txn.put(key, d); !put) return put;
  added_.push_back({key, std::move(d), 0, {}});
  return {};
}

void process_runner::settle() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& a : retried_) {
    const auto target = sent_.extract(a.key).mapped();
    auto& front = queues_.at(target).front();
    ++front.attempts;
    if (front.attempts == stuck_attempts)
      engine_.log(log_level::warning, "processes: {} for {} is stuck: {}", front.what.command,
                  target, a.outcome->to_string());
    front.not_before =
        now + std::min<std::chrono::milliseconds>(engine_.options().restart_backoff_max,
                                                  engine_.options().restart_backoff_min *
                                                      (1u << std::min(front.attempts - 1, 16u)));
  }
  for (const auto& key : done_) {
    const auto target = sent_.extract(key).mapped();
    auto& q = queues_.at(target);
    q.pop_front();
    --waiting_;
    if (q.empty())
      queues_.erase(target);
    else
      dispatch(target, q);
  }
  std::uint64_t fired = 0;
  for (auto& i : added_) {
    if (i.key.kind == delivery_kind::timer) ++fired;
    auto target = i.what.target();
    auto& q = queues_[target];
    q.push_back(std::move(i));
    ++waiting_;
    if (q.size() == 1) dispatch(target, q);
  }
  const std::lock_guard lock(figures_mutex_);
  figures_.delivered += done_.size();
  figures_.failures += retried_.size();
  figures_.timers_fired += fired;
  figures_.waiting = waiting_;
  figures_.stuck = static_cast<std::uint64_t>(std::ranges::count_if(
      queues_, [](const auto& q) { return q.second.front().attempts >= stuck_attempts; }));
  added_.clear();
  retried_.clear();
  done_.clear();
}

void process_runner::dispatch(const std::string& target, queue& q) {
  sent_.emplace(q.front().key, target);
  send(q.front());
}

void process_runner::dispatch_due() {
  const auto now = std::chrono::steady_clock::now();
  for (auto& [target, q] : queues_)
    if (!sent_.contains(q.front().key) && q.front().not_before <= now) dispatch(target, q);
}

std::chrono::steady_clock::time_point process_runner::next_retry() const {
  auto next = std::chrono::steady_clock::time_point::max();
  for (const auto& [target, q] : queues_)
    if (!sent_.contains(q.front().key)) next = std::min(next, q.front().not_before);
  return next;
}

void process_runner::send(const item& i) {
  command_options options;
  options.command_id = id_of(i.key);
  options.metadata = i.what.attributes;
  options.correlation_id = i.what.correlation_id;
  options.causation_id = i.what.causation_id;
  engine_.submit_json(i.what.aggregate, i.what.id, i.what.command, i.what.json, std::move(options))
      .then([in = inbox_, key = i.key](const result<receipt>& r) {
        {
          const std::lock_guard lock(in->mutex);
          in->answers.push_back({key, r ? std::nullopt : std::optional(r.error())});
        }
        in->wake.notify_one();
      });
}

process_figures process_runner::figures() const {
  auto f = [this] {
    const std::lock_guard lock(figures_mutex_);
    return figures_;
  }();
  f.timers = outbox_.timers().value_or(0u);
  return f;
}

} // namespace acta::detail
