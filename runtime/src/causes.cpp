// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "causes.hpp"

#include "engine.hpp"

#include <acta/domain/process.hpp>

#include <algorithm>
#include <iterator>

namespace acta {

std::string_view to_string(cause_kind kind) noexcept {
  switch (kind) {
  case cause_kind::request:
    return "request";
  case cause_kind::command:
    return "command";
  case cause_kind::rejection:
    return "rejection";
  case cause_kind::event:
    return "event";
  case cause_kind::timer:
    return "timer";
  }
  return "unknown";
}

namespace detail {

namespace {

bool is_step(const recorded_event& e) {
  return e.known_as && *e.known_as->type == typeid(process_step);
}

} // namespace

result<std::vector<recorded_event>> cause_finder::commit_at(position at) {
  std::vector<recorded_event> events;
  if (at.partition >= engine_.partitions() || at.number == 0) return events;
  const auto& names = engine_.read_side().names(at.partition);
  if (at.number > names.partition().last_position()) return events;
  metadata of_commit;
  auto read = names.partition().read_log(at.number, [&](const persistence::commit_view& c) {
    names.describe(c, of_commit);
    c.for_each_event(
        [&](const persistence::event_view& e) { events.push_back(names.record(e, of_commit)); });
    return false;
  });
  if (!read) return std::move(read).error();
  return events;
}

result<std::optional<recorded_event>> cause_finder::event_at(position at) {
  auto events = commit_at(at);
  if (!events) return std::move(events).error();
  for (auto& e : *events)
    if (e.metadata.position == at) return std::optional(std::move(e));
  return std::optional<recorded_event>{};
}

result<cause> cause_finder::cause_of(const recorded_event& e) {
  const auto key = key_of(e.metadata.command_id);
  if (!key || key->kind == delivery_kind::event) return cause{};
  cause because{.of = key->from};
  auto reason = event_at(key->from);
  if (!reason) return std::move(reason).error();
  if (!*reason) return cause{}; // an id that only looks like ours
  const auto step = (*reason)->get<process_step>();
  switch (key->kind) {
  case delivery_kind::command:
  case delivery_kind::rejection:
    because.kind =
        key->kind == delivery_kind::command ? cause_kind::command : cause_kind::rejection;
    if (step && key->index < step->commands.size())
      because.name = step->commands[key->index].command;
    return because;
  case delivery_kind::timer:
    because.kind = cause_kind::timer;
    if (step && key->index < step->timers.size()) because.name = step->timers[key->index].name;
    return because;
  default:
    because.kind = cause_kind::event;
    because.name = (*reason)->type;
    return because;
  }
}

std::vector<cause_finder::place> cause_finder::places_after(const recorded_event& e) const {
  std::vector<place> to;
  const auto& m = e.metadata;
  if (is_step(e)) {
    const auto [process, id] = split_stream(m.stream);
    const auto step = e.get<process_step>();
    for (std::uint16_t i = 0; step && i < step->commands.size(); ++i) {
      const auto& c = step->commands[i];
      to.push_back({c.aggregate, c.id, {m.position, i, delivery_kind::command}});
      to.push_back({process, id, {m.position, i, delivery_kind::rejection}});
    }
    for (std::uint16_t i = 0; step && i < step->timers.size(); ++i)
      to.push_back({process, id, {m.position, i, delivery_kind::timer}});
  }
  if (e.known_as) add_inputs(e, to);
  return to;
}

void cause_finder::add_inputs(const recorded_event& e, std::vector<place>& to) const {
  const auto& m = e.metadata;
  std::pair<std::string, std::string> sender;
  if (const auto by = m.attributes.find(std::string(process_attribute)); by != m.attributes.end())
    sender = split_stream(by->second);
  const auto processes = engine_.model().processes();
  // 0; in older stores the number of the process, in the program that ran then.
  const auto add = [&](const std::string& process, const std::string& id, delivery_kind kind) {
    for (std::uint16_t i = 0; i <= processes.size(); ++i)
      to.push_back({process, id, {m.position, i, kind}});
  };
  for (const auto& process : processes)
    for (const auto& input : process->inputs) {
      if (*input.type != *e.known_as->type) continue;
      if (process->name == sender.first) {
        add(process->name, sender.second, delivery_kind::returned);
      } else if (input.key != nullptr) {
        const auto key = input.key(e.payload, m);
        if (key && *key && check_stream_id(**key)) add(process->name, **key, delivery_kind::keyed);
      }
    }
}

result<std::optional<position>> cause_finder::find(const place& where, time_point not_before) {
  const auto* r = engine_.find_route(where.aggregate);
  if (r == nullptr || !check_stream_id(where.id)) return std::optional<position>{};
  const persistence::stream_key stream(r->type->name, where.id);
  auto& part = *engine_.bound(*r, stream).partition;
  const auto id = id_of(where.key);
  auto at = part.find_command(stream, id);
  if (!at) return std::move(at).error();
  std::optional<position> found;
  if (*at) found = position{part.number(), **at};
  if (found) return found;
  auto forgotten = engine_.forgotten_until();
  if (!forgotten) return std::move(forgotten).error();
  if (!*forgotten || not_before > **forgotten) return found;
  // Too old for the index: the stream itself is looked through.
  auto read = part.read_stream(stream, 1, [&](const persistence::commit_view& c) {
    if (c.header().command_id == id) found = position{part.number(), c.position()};
    if (!found && old_commits_left_ == 0) is_cut_short_ = true;
    if (found || is_cut_short_) return false;
    --old_commits_left_;
    return true;
  });
  if (!read) return std::move(read).error();
  return found;
}

result<void> cause_finder::grow(std::vector<recorded_event> roots, const causes_options& limits,
                                event_causes& into) {
  struct waiting {
    recorded_event event;
    std::size_t depth;
  };
  std::vector<waiting> stack;
  const auto push = [&](std::vector<recorded_event> events, std::size_t depth) {
    for (auto& e : events) stack.push_back({std::move(e), depth});
  };
  std::ranges::reverse(roots);
  push(std::move(roots), 0);
  while (!stack.empty()) {
    if (into.tree.size() >= limits.tree_max) {
      into.truncated = true;
      return {};
    }
    auto [event, depth] = std::move(stack.back());
    stack.pop_back();
    auto because = cause_of(event);
    if (!because) return std::move(because).error();
    std::vector<recorded_event> children;
    for (const auto& p : places_after(event)) {
      auto at = find(p, event.metadata.recorded_at);
      if (!at) return std::move(at).error();
      if (!*at) continue;
      auto events = commit_at(**at);
      if (!events) return std::move(events).error();
      std::ranges::move(*events, std::back_inserter(children));
    }
    std::ranges::reverse(children);
    into.tree.push_back({std::move(event), std::move(*because), depth});
    push(std::move(children), depth + 1);
    if (is_cut_short_) into.truncated = true;
  }
  return {};
}

result<event_causes> cause_finder::find(position of, const causes_options& limits) {
  event_causes found;
  old_commits_left_ = limits.search_max;
  auto asked = event_at(of);
  if (!asked) return std::move(asked).error();
  if (!*asked) return error(errc::not_found, "there is no event at " + of.to_string());
  for (auto next = std::move(*asked); next;) {
    auto because = cause_of(*next);
    if (!because) return std::move(because).error();
    const auto reason = because->of;
    const auto ends = because->kind == cause_kind::request;
    found.chain.push_back({std::move(*next), std::move(*because)});
    next.reset();
    if (ends) break;
    if (found.chain.size() >= limits.chain_max) {
      found.truncated = true;
      break;
    }
    auto before = event_at(reason);
    if (!before) return std::move(before).error();
    next = std::move(*before);
  }
  const auto depth = found.chain.size();
  for (std::size_t i = 0; i < depth; ++i) found.chain[i].depth = depth - 1 - i;
  auto roots = commit_at(found.chain.back().event.metadata.position);
  if (!roots) return std::move(roots).error();
  if (auto grown = grow(std::move(*roots), limits, found); !grown) return std::move(grown).error();
  return found;
}

} // namespace detail

} // namespace acta
