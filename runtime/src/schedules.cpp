// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "schedules.hpp"

#include "engine.hpp"

#include <acta/domain/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <algorithm>

namespace acta::detail {

namespace {

/// An input that no name leads to: only the runtime says anything to a schedule.
template <class I> pending tell(engine& e, std::string_view id, I input, command_options options) {
  ticket_ptr t;
  e.submit(e.find_route(schedule_process::name), schedule_process::name, id,
           index_in<I>(schedule_process::inputs{}), own(std::move(input)), std::move(options), t);
  return pending(std::move(t));
}

std::string in_quotes(std::string_view text) { return '\'' + std::string(text) + '\''; }

schedule_status status_of(std::string_view id, const schedule_process& p) {
  schedule_status s;
  s.id = id;
  s.stream = std::string(schedule_process::name) + '/' + s.id;
  s.state = p.state;
  s.aggregate = p.order.command.aggregate;
  s.target = p.order.command.id;
  s.command = p.order.command.command;
  s.json = p.order.command.json;
  s.timing = p.order.timing;
  s.misfire = p.order.misfire;
  s.next_due = p.next_due;
  s.last_due = p.last_due;
  s.fired = p.fired;
  s.passed_over = p.passed_over;
  s.refused = p.refused;
  if (p.refused > 0) s.last_refusal = rejection{p.refusal_code, p.refusal_message};
  return s;
}

} // namespace

result<void> schedules::check(command_to_send& c) const {
  const auto* to = engine_.find_route(c.aggregate);
  if (to == nullptr)
    return error(domain_errc::unknown_aggregate, "no aggregate " + in_quotes(c.aggregate));
  if (!engine_.is_open(c.aggregate, c.command))
    return error(domain_errc::unknown_command, "process " + in_quotes(c.aggregate) + " takes " +
                                                   in_quotes(c.command) +
                                                   " from the runtime alone");
  const auto* command = to->type->find_command(c.command);
  if (command == nullptr)
    return error(domain_errc::unknown_command,
                 "aggregate " + in_quotes(c.aggregate) + " has no command " + in_quotes(c.command));
  if (auto ok = check_stream_id(c.id); !ok) return ok;
  if (c.json.size() > schedule_json_bytes_max)
    return error(errc::invalid_argument, "a scheduled command has more than " +
                                             std::to_string(schedule_json_bytes_max) + " bytes");
  if (auto read = engine_.read_asked(*to->type, *command, c.command, c.json); !read)
    return std::move(read).error();
  // What is named without a version is of today, and kept as such.
  if (kept_name::parse(c.command).name.size() == c.command.size())
    c.command = kept_name_text(command->name, command->schema);
  return {};
}

bool schedules::is_same(const schedule_start& known, const schedule_start& asked) const {
  if (known == asked) return true;
  auto otherwise_same = known;
  otherwise_same.command.command = asked.command.command;
  otherwise_same.command.json = asked.command.json;
  const auto was = kept_name::parse(known.command.command),
             now = kept_name::parse(asked.command.command);
  const auto* to = engine_.find_route(asked.command.aggregate);
  if (otherwise_same != asked || was.name != now.name || was.schema == now.schema || to == nullptr)
    return false;
  const auto* type = to->type->find_command(now.name);
  if (type == nullptr) return false;
  // The same to a release that has both.
  byte_buffer one, other;
  const auto bytes_of = [&](const kept_name& name, const std::string& json, byte_buffer& out) {
    const auto command = type->from_kept(name.schema, json);
    return command && type->append_canonical(command->get(), out);
  };
  return bytes_of(was, known.command.json, one) && bytes_of(now, asked.command.json, other) &&
         std::ranges::equal(one.view(), other.view());
}

result<std::optional<schedules::stored>> schedules::read(std::string_view id) {
  stored found;
  auto state = engine_.read_state(schedule_process::name, id, {},
                                  [&](const aggregate_type& t, erased_state& s) -> result<void> {
                                    t.move_state(s.get(), &found.process);
                                    return {};
                                  });
  if (!state && state.error().code() == errc::not_found) return std::optional<stored>{};
  if (!state) return std::move(state).error();
  found.version = state->version;
  return std::optional(std::move(found));
}

result<std::optional<version_number>> schedules::place_for(const schedule_start& what,
                                                           std::string_view id) {
  auto there = read(id);
  if (!there) return std::move(there).error();
  if (!*there) return std::optional(version_number{0});
  const auto& p = (*there)->process;
  const auto exists = [&](std::string_view why) {
    return error(runtime_errc::schedule_exists,
                 "schedule " + in_quotes(id) + ' ' + std::string(why));
  };
  if (is_same(p.order, what))
    return p.state == schedule_state::cancelled
               // A repetition that comes late must not bring it back.
               ? result<std::optional<version_number>>(
                     exists("was cancelled; the same again needs another id"))
               : std::optional<version_number>{};
  if (p.state == schedule_state::waiting)
    return exists("goes on with another command or timing; cancel it first");
  return std::optional((*there)->version);
}

result<schedule_id> schedules::start(schedule_start what, schedule_options options) {
  const auto deadline = later(std::chrono::steady_clock::now(), options.timeout);
  if (auto ok = check(what.command); !ok) return std::move(ok).error();
  const auto due = first_due(what, engine_.now());
  if (!due) return due.error();
  if (!*due) {
    // Asked for again, after its end, it has its one effect all the same.
    if (!options.id.empty()) {
      auto place = place_for(what, options.id);
      if (!place) return std::move(place).error();
      if (!*place) return std::move(options.id);
    }
    return error(errc::invalid_argument, "it would never be due: `until` is before its first time");
  }
  version_number at = 0;
  auto id = std::move(options.id);
  if (id.empty()) id = uuid::random().to_string();
  if (auto ok = check_stream_id(id); !ok) return std::move(ok).error();
  if (auto ready = engine_.use_schedules(); !ready) return std::move(ready).error();
  for (;;) {
    command_options o;
    o.expected_version = at;
    o.caller = options.caller;
    auto started =
        tell(engine_, id, what, std::move(o)).wait_for(deadline - std::chrono::steady_clock::now());
    if (started) return id;
    if (started.error().code() != runtime_errc::version_conflict) return std::move(started).error();
    if (std::chrono::steady_clock::now() >= deadline) // others start and end it all the time
      return error(errc::timeout, "schedule " + in_quotes(id) + " could not be stored in time");
    auto place = place_for(what, id);
    if (!place) return std::move(place).error();
    if (!*place) return id;
    at = **place;
  }
}

result<bool> schedules::cancel(std::string_view id, std::chrono::milliseconds timeout) {
  auto there = read(id);
  if (!there) return std::move(there).error();
  // What is not there gets no stream by being cancelled.
  if (!*there || (*there)->process.state != schedule_state::waiting) return false;
  auto stopped = tell(engine_, id, schedule_stop{}, {}).wait_for(timeout);
  if (!stopped) return std::move(stopped).error();
  const auto* step = stopped->get<process_step>();
  return step != nullptr && !step->cancelled.empty();
}

result<schedule_status> schedules::status(std::string_view id) {
  auto there = read(id);
  if (!there) return std::move(there).error();
  if (!*there) return error(errc::not_found, "no schedule " + in_quotes(id));
  return status_of(id, (*there)->process);
}

result<std::vector<schedule_status>> schedules::list(std::size_t limit, std::string_view after) {
  limit = std::min(limit, schedules_max);
  std::vector<schedule_status> all;
  const std::string prefix = std::string(schedule_process::name) + '/';
  auto from = prefix + std::string(after);
  auto* processes = engine_.processes();
  while (processes != nullptr && all.size() < limit) {
    auto streams = processes->streams_with_timers(prefix, from, limit - all.size());
    if (!streams) return std::move(streams).error();
    if (streams->empty()) break;
    from = streams->back();
    for (const auto& stream : *streams) {
      const auto id = stream.substr(prefix.size());
      auto there = read(id);
      if (!there) return std::move(there).error();
      // It may have ended since, which the outbox learns a little later.
      if (*there && (*there)->process.state == schedule_state::waiting)
        all.push_back(status_of(id, (*there)->process));
    }
  }
  return all;
}

} // namespace acta::detail
