// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What an event asks for: the commands and timers of a step, inputs for processes; and timers that
// are due.
#include "process_runner.hpp"

#include "engine.hpp"
#include "process_limits.hpp"
#include "schedule_process.hpp"

#include <acta/domain/process.hpp>

namespace acta::detail {

namespace {

uuid event_id(position p) { return id_of({p, 0, delivery_kind::event}); }

uuid correlation_of(const metadata& m) {
  if (m.correlation_id) return m.correlation_id;
  if (m.command_id) return m.command_id;
  return event_id(m.position);
}

} // namespace

void process_runner::make_routes() {
  const auto& model = engine_.model();
  for (const auto& process : model.processes()) {
    routes_[&process->stored_as->events.front()];
    for (std::size_t i = 0; i < process->inputs.size(); ++i)
      for (const auto& a : model.aggregates())
        for (const auto& e : a->events)
          if (*e.type == *process->inputs[i].type)
            routes_[&e].push_back({process.get(), &process->inputs[i], i});
  }
}

void process_runner::take_event(const recorded_event& e) {
  at(crash_point::event_unread);
  const auto receivers = routes_.find(e.known_as.get());
  if (receivers == routes_.end()) {
    engine_.log(log_level::error,
                "processes: {} at {} has an unknown schema; nothing is done for it", e.type,
                e.metadata.position.to_string());
    return;
  }
  if (*e.known_as->type == typeid(process_step)) take_step(e);
  route(e, receivers->second);
  at(crash_point::event_taken);
}

void process_runner::take_step(const recorded_event& e) {
  process_step step;
  const auto& m = e.metadata;
  if (auto decoded = decode_binary(e.payload, step); !decoded) {
    engine_.log(log_level::error,
                "processes: the step at {} cannot be read; nothing is done for it: {}",
                m.position.to_string(), decoded.error().to_string());
    return;
  }
  const auto correlation = correlation_of(m);
  // Before the commands: what they cause may set the timers anew.
  take_timers(m, step, correlation);
  const auto due = m.attributes.find(std::string(due_attribute));
  const auto sender = sender_of(m.stream);
  for (std::size_t i = 0; i < step.commands.size(); ++i) {
    auto& c = step.commands[i];
    item command;
    command.key = {m.position, static_cast<std::uint16_t>(i), delivery_kind::command};
    command.sender = sender;
    auto& d = command.what;
    d.aggregate = std::move(c.aggregate);
    d.id = std::move(c.id);
    d.command = std::move(c.command);
    d.json = std::move(c.json);
    d.correlation_id = correlation;
    d.causation_id = event_id(m.position);
    d.attributes.emplace(process_attribute, m.stream);
    if (due != m.attributes.end()) d.attributes.insert(*due);
    add(std::move(command));
  }
}

void process_runner::take_timers(const metadata& m, process_step& step, const uuid& correlation) {
  if (!step.fired.empty()) change_timer(row_of_timer(m.stream, step.fired), {});
  for (const auto& name : step.cancelled) change_timer(row_of_timer(m.stream, name), {});
  if (step.finished) {
    const auto rows = rows_of_timers(m.stream);
    auto& all = changes_.timers;
    auto first = all.lower_bound(rows);
    auto last = first;
    while (last != all.end() && last->first.starts_with(rows)) ++last;
    all.erase(first, last);
    changes_.ended.insert(m.stream);
    ++changes_count_;
    return;
  }
  for (std::size_t i = 0; i < step.timers.size(); ++i) {
    auto& t = step.timers[i];
    auto row = row_of_timer(m.stream, t.name);
    const delivery_key key{m.position, static_cast<std::uint16_t>(i), delivery_kind::timer};
    if (!next_due_unwritten_ || t.due < *next_due_unwritten_) next_due_unwritten_ = t.due;
    change_timer(std::move(row),
                 {pending_timer{m.stream, std::move(t.name), std::move(t.input), std::move(t.json),
                                t.due, m.version, key, correlation}});
  }
}

void process_runner::change_timer(std::string row, timer_change c) {
  changes_.timers.insert_or_assign(std::move(row), std::move(c));
  ++changes_count_;
}

void process_runner::route(const recorded_event& e, const std::vector<receiver>& receivers) {
  if (receivers.empty()) return;
  const auto& m = e.metadata;
  std::pair<std::string, std::string> sender;
  if (const auto by = m.attributes.find(std::string(process_attribute)); by != m.attributes.end())
    sender = split_stream(by->second);
  for (const auto& to : receivers) {
    const auto& name = to.process->name;
    item input;
    input.key = {m.position, 0, delivery_kind::returned};
    input.sender = sender_of(m.stream);
    auto& d = input.what;
    if (name == sender.first) {
      d.id = sender.second;
    } else if (to.input->key != nullptr) {
      auto key = to.input->key(e.payload, m);
      if (!key) {
        engine_.log(log_level::error, "process {}: key of {} at {}: {}", name, e.type,
                    m.position.to_string(), key.error().to_string());
        continue;
      }
      if (!*key || m.position.number <= engine_.process_start(name, m.position.partition)) continue;
      if (!check_stream_id(**key)) {
        engine_.log(log_level::error, "process {}: the key of {} at {} is no id", name, e.type,
                    m.position.to_string());
        continue;
      }
      d.id = std::move(**key);
      input.key.kind = delivery_kind::keyed;
    } else {
      continue;
    }
    d.aggregate = name;
    d.command = to.input->name;
    d.correlation_id = correlation_of(m);
    d.causation_id = event_id(m.position);
    input.event = e.known_as;
    input.to = &to;
    input.payload.append(e.payload);
    add(std::move(input));
  }
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
  const auto any = std::ranges::find_if(type->inputs, &process_input::any_rejection);
  if (any == type->inputs.end()) return std::nullopt;
  auto json = to_json(refused_command{no.code, no.message, d.command});
  if (!json) return std::nullopt;
  delivery back;
  back.aggregate = type->name;
  back.command = any->name;
  back.json = std::move(*json);
  back.correlation_id = d.correlation_id;
  return back;
}

std::optional<process_runner::item> process_runner::told_of(const item& i,
                                                            const rejection& no) const {
  const auto sender = i.what.attributes.find(std::string(process_attribute));
  if (sender == i.what.attributes.end()) return std::nullopt;
  auto [process, id] = split_stream(sender->second);
  auto back = rejection_for(process, i.what, no);
  if (!back) return std::nullopt;
  item told;
  told.key = i.key;
  told.key.kind = delivery_kind::rejection;
  told.what = std::move(*back);
  told.what.id = std::move(id);
  told.sender = sender_of(i.what.target());
  told.what.causation_id = id_of(i.key);
  return told;
}

bool process_runner::is_held_up(const std::string& name) const {
  const auto at = targets_.find(name);
  return at != targets_.end() && at->second.held_up();
}

bool process_runner::is_held_up(const pending_timer& t) const {
  if (is_held_up(t.stream)) return true;
  if (held_up_ == 0 || !is_schedule(t.stream)) return false;
  const auto due = from_json<schedule_due>(t.json);
  return due && is_held_up(due->target);
}

result<bool> process_runner::fire() {
  std::vector<item> due;
  const auto now = engine_.now();
  auto next =
      outbox_.visit_due(fire_after_, now, [&](std::string_view entry, result<pending_timer> t) {
        if (!t) {
          engine_.log(log_level::error, "processes: a timer cannot be read and is set aside: {}",
                      t.error().to_string());
          changes_.unreadable_timers.emplace_back(entry);
          ++counted_.set_aside;
          ++changes_count_;
          note_change(outbox_delay);
          return true;
        }
        const auto known = fired_.find(std::string(entry));
        if (known != fired_.end() && known->second == t->version) return true;
        if (is_held_up(*t)) {
          left_out_ = true;
          return true;
        }
        if (due.size() == turn_events_max || active_ + due.size() >= waiting_max) return false;
        item i;
        i.key = t->key;
        auto& d = i.what;
        std::tie(d.aggregate, d.id) = split_stream(t->stream);
        d.command = std::move(t->input);
        d.json = std::move(t->json);
        d.correlation_id = t->correlation_id;
        d.causation_id = event_id(t->key.from);
        d.attributes.emplace(timer_attribute, t->name + '@' + std::to_string(t->version));
        d.attributes.emplace(due_attribute, to_rfc3339(t->due));
        i.sender = sender_of(t->stream);
        i.entry = entry;
        i.timer_version = t->version;
        due.push_back(std::move(i));
        return true;
      });
  if (!next) return std::move(next).error();
  next_due_ = *next;
  for (auto& i : due) {
    at(crash_point::timer_due);
    fired_.insert_or_assign(i.entry, i.timer_version);
    ++counted_.timers_fired;
    add(std::move(i));
  }
  return !due.empty();
}

} // namespace acta::detail
