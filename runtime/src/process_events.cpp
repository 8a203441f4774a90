// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What an event asks for: the commands and timers of a step, inputs for processes; and timers that
// are due.
#include "process_runner.hpp"

#include "engine.hpp"
#include "process_limits.hpp"
#include "schedule_process.hpp"

#include <acta/domain/codec/json_writer.hpp>
#include <acta/domain/process.hpp>

#include <algorithm>
#include <tuple>

namespace acta::detail {

namespace {

uuid event_id(position p) { return id_of({p, 0, delivery_kind::event}); }

uuid correlation_of(const metadata& m) {
  if (m.correlation_id) return m.correlation_id;
  if (m.command_id) return m.command_id;
  return event_id(m.position);
}

/// Text of the domain's own need be neither short nor UTF-8; the process is told all the same.
void append_text(std::string& json, std::string_view text) {
  const auto is_cut = text.size() > rejection_text_bytes_max;
  if (is_cut) {
    text = text.substr(0, rejection_text_bytes_max);
    // Not within a character.
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
      text.remove_suffix(1);
    if (!text.empty() && (static_cast<unsigned char>(text.back()) & 0x80) != 0)
      text.remove_suffix(1);
  }
  append_json_string(json, is_cut ? std::string(text) + "..." : std::string(text));
}

/// The input that tells a process of a rejection. @param command  JSON
delivery tells(const std::string& process, const std::string& input, const rejection& no,
               std::string_view command, const uuid& correlation) {
  delivery back;
  back.aggregate = process;
  back.command = input;
  back.json = "{\"code\":";
  append_text(back.json, no.code);
  back.json += ",\"message\":";
  append_text(back.json, no.message);
  back.json.append(",\"command\":").append(command).append("}");
  back.correlation_id = correlation;
  return back;
}

} // namespace

void process_runner::make_routes() {
  const auto& model = engine_.model();
  for (const auto& f : followers_) {
    routes_[&f.process->stored_as->events.front()].stepped = &f;
    const auto& inputs = f.process->inputs;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      for (const auto& a : model.aggregates())
        for (const auto& e : a->events)
          if (*e.type == *inputs[i].type) routes_[&e].receivers.push_back({&f, &inputs[i], i});
  }
}

void process_runner::take_event(const recorded_event& e) {
  at(crash_point::event_unread);
  // A later release wrote it, and takes it when it runs again.
  if (!e.check_reader()) return;
  std::uint16_t parts = 0; // of what an event that an earlier release wrote is today
  auto read = e.for_each_present([&](const event_type& type, bytes_view payload) {
    const auto part = parts++; // of all, also those that nobody takes now: ids rest on it
    const auto found = routes_.find(&type);
    if (found == routes_.end()) return;
    const auto& to = found->second;
    if (to.stepped != nullptr && !to.stepped->has_taken(e)) take_step(e, payload);
    bring(e, {&type, payload, part}, to.receivers);
  });
  if (!read) set_step_aside(e, read.error().to_string());
  at(crash_point::event_taken);
}

void process_runner::set_step_aside(const recorded_event& e, std::string_view why) {
  const auto& at = e.metadata.position;
  // Others than the runtime's own; of those nothing is new.
  if (std::ranges::all_of(followers_,
                          [&](const follower& f) { return f.process->built_in || f.has_taken(e); }))
    return;
  delivery d;
  std::tie(d.aggregate, d.id) = split_stream(e.metadata.stream);
  d.command = e.type;
  put_aside(e.metadata.stream, {at, 0, delivery_kind::event}, std::move(d), why);
}

result<bool> process_runner::pass_over_commit() {
  auto lost = pass_over_damage(engine_, *events_);
  if (!lost) return std::move(lost).error();
  set_commit_aside(*lost);
  // The records and the checkpoints behind the commit are written in one transaction, so a restart
  // neither forgets it nor counts it again.
  scanned_ = events_->scanned();
  note_change(outbox_delay);
  return true;
}

void process_runner::set_commit_aside(const lost_commit& lost) {
  const position last{lost.first.partition, lost.last};
  const auto reason = lost.why.to_string();
  std::string losers;
  for (const auto& f : followers_) {
    if (last.number <= f.start[last.partition] || (f.process->built_in && !engine_.has_schedules()))
      continue;
    losers.append(losers.empty() ? "" : ", ").append(f.process->name);
    delivery d;
    d.aggregate = f.process->name;
    d.command = damaged_commit;
    append_json_string(d.json, lost.text());
    keep_aside(f.process->name + '/', {lost.first, 0, delivery_kind::event}, std::move(d), reason);
  }
  if (!losers.empty())
    engine_.log(log_level::error,
                "processes: a damaged commit is passed over; what {} asked for is lost to {}: {}",
                lost.text(), losers, reason);
}

void process_runner::take_step(const recorded_event& e, bytes_view payload) {
  process_step step;
  const auto& m = e.metadata;
  if (auto decoded = decode_binary(payload, step); !decoded) {
    set_step_aside(e, decoded.error().to_string());
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
    count_change(m.stream.size());
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
  count_change(row.size() + (c.set ? sizeof(timer_change) + c.set->json.size() : 0));
  changes_.timers.insert_or_assign(std::move(row), std::move(c));
}

void process_runner::bring(const recorded_event& e, const present_event& today,
                           const std::vector<receiver>& receivers) {
  if (receivers.empty()) return;
  const auto& m = e.metadata;
  std::pair<std::string, std::string> sender;
  if (const auto by = m.attributes.find(std::string(process_attribute)); by != m.attributes.end())
    sender = split_stream(by->second);
  for (const auto& to : receivers) {
    if (to.of->has_taken(e)) continue;
    const auto& name = to.process()->name;
    const auto cannot_tell = [&](std::string_view why) {
      delivery d;
      d.aggregate = name;
      d.command = to.input->kept_as;
      put_aside(name + '/', {m.position, today.part, delivery_kind::keyed}, std::move(d), why);
    };
    item input;
    input.key = {m.position, today.part, delivery_kind::returned};
    input.sender = sender_of(m.stream);
    auto& d = input.what;
    if (name == sender.first) {
      d.id = sender.second;
    } else if (to.input->key != nullptr) {
      if (m.position.number <= engine_.process_start(name, m.position.partition)) continue;
      auto key = to.input->key(today.payload, m);
      if (!key) {
        cannot_tell(key.error().to_string());
        continue;
      }
      if (!*key) continue;
      d.id = std::move(**key);
      input.key.kind = delivery_kind::keyed;
    } else {
      continue;
    }
    d.aggregate = name;
    d.command = to.input->kept_as;
    d.correlation_id = correlation_of(m);
    d.causation_id = event_id(m.position);
    input.event = std::shared_ptr<const event_type>(e.aggregate, today.type);
    input.to = &to;
    input.payload.append(today.payload);
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
    // The command in it is of the version that was sent.
    const auto sent = kept_name::parse(d.command).schema;
    return tells(type->name, kept_name_text(input.name, sent), no, d.json, d.correlation_id);
  }
  const auto any = std::ranges::find_if(type->inputs, &process_input::any_rejection);
  if (any == type->inputs.end()) return std::nullopt;
  std::string name;
  append_json_string(name, kept_name::parse(d.command).name);
  return tells(type->name, any->name, no, name, d.correlation_id);
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
  std::size_t bytes_due = 0;
  const auto now = engine_.now();
  auto next =
      outbox_.visit_due(fire_after_, now, [&](std::string_view entry, result<pending_timer> t) {
        if (!t) {
          engine_.log(log_level::error, "processes: a timer cannot be read and is set aside: {}",
                      t.error().to_string());
          changes_.unreadable_timers.emplace_back(entry);
          ++counted_.set_aside;
          count_change(entry.size());
          note_change(outbox_delay);
          return true;
        }
        const auto known = fired_.find(std::string(entry));
        if (known != fired_.end() && known->second == t->version) return true;
        if (engine_.find_route(split_stream(t->stream).first) == nullptr) {
          // Its process may be back in a later program; in this one it holds up nobody.
          return true;
        }
        if (is_held_up(*t)) {
          left_out_ = true;
          return true;
        }
        if (due.size() == turn_events_max || active_ + due.size() >= waiting_max ||
            active_bytes_ + bytes_due >= waiting_bytes_max)
          return false;
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
        bytes_due += bytes_of(i);
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
