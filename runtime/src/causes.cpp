// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "causes.hpp"

#include "engine.hpp"

#include <acta/domain/process.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <set>

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

/// By the id of the effect alone.
cause unread_cause(const delivery_key& key) {
  cause because{.of = key.from};
  switch (key.kind) {
  case delivery_kind::command:
    because.kind = cause_kind::command;
    break;
  case delivery_kind::rejection:
    because.kind = cause_kind::rejection;
    break;
  case delivery_kind::timer:
    because.kind = cause_kind::timer;
    break;
  default:
    because.kind = cause_kind::event;
  }
  return because;
}

bool is_step(const recorded_event& e) {
  return e.known_as && *e.known_as->type == typeid(process_step);
}

} // namespace

result<void>
cause_finder::visit_commit(position at,
                           const std::function<void(const persistence::event_view&)>& f,
                           metadata& of_commit) {
  if (at.partition >= engine_.partitions() || at.number == 0) return {};
  const auto& names = engine_.read_side().names(at.partition);
  if (at.number > names.partition().last_position()) return {};
  return names.partition().read_log(at.number, [&](const persistence::commit_view& c) {
    names.describe(c, of_commit);
    c.for_each_event(f);
    return false;
  });
}

result<std::vector<position>> cause_finder::commit_at(position at) {
  std::vector<position> events;
  metadata of_commit;
  auto read = visit_commit(
      at,
      [&](const persistence::event_view& e) {
        events.push_back({at.partition, e.position});
      },
      of_commit);
  if (!read) return std::move(read).error();
  return events;
}

result<std::optional<recorded_event>> cause_finder::event_at(position at) {
  std::optional<recorded_event> found;
  const auto& names =
      engine_.read_side().names(at.partition < engine_.partitions() ? at.partition : 0);
  metadata of_commit;
  auto read = visit_commit(
      at,
      [&](const persistence::event_view& e) {
        if (e.position == at.number) found = names.record(e, of_commit);
      },
      of_commit);
  if (!read) return std::move(read).error();
  return found;
}

bool cause_finder::leads_to(const recorded_event& reason, const delivery_key& key,
                            const recorded_event& effect) const {
  const auto& before = reason.metadata;
  const auto& after = effect.metadata;
  // Of two partitions nothing tells which was first: clocks may be set back.
  if (before.position.partition == after.position.partition &&
      before.position.number >= after.position.number)
    return false;
  auto sent_because = key;
  if (key.kind != delivery_kind::rejection) sent_because = {key.from, 0, delivery_kind::event};
  if (key.kind == delivery_kind::rejection) sent_because.kind = delivery_kind::command;
  if (after.causation_id != id_of(sent_because)) return false;
  const auto step = reason.get<process_step>();
  switch (key.kind) {
  case delivery_kind::command: {
    if (!step || key.index >= step->commands.size()) return false;
    const auto& c = step->commands[key.index];
    return after.stream == c.aggregate + '/' + c.id;
  }
  case delivery_kind::rejection:
    return step && key.index < step->commands.size() && after.stream == before.stream;
  case delivery_kind::timer:
    return step && key.index < step->timers.size() && after.stream == before.stream;
  default:
    return is_step(effect);
  }
}

bool cause_finder::is_damage(const error& e, position where) {
  if (e.code() != persistence::errc::corrupt_commit) return false;
  if (std::ranges::find(damaged_, where) == damaged_.end()) damaged_.push_back(where);
  return true;
}

result<cause> cause_finder::cause_of(const recorded_event& e) {
  const auto key = key_of(e.metadata.command_id);
  if (!key || key->kind == delivery_kind::event) return cause{};
  cause because{.of = key->from};
  auto reason = event_at(key->from);
  if (!reason) {
    if (is_damage(reason.error(), key->from)) return unread_cause(*key);
    return std::move(reason).error();
  }
  // Or an id only looks like ours.
  if (!*reason || !leads_to(**reason, *key, e)) return cause{};
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
      to.push_back({c.aggregate, c.id, {m.position, i, delivery_kind::command}, {}});
      to.push_back({process, id, {m.position, i, delivery_kind::rejection}, {}});
    }
    for (std::uint16_t i = 0; step && i < step->timers.size(); ++i)
      to.push_back({process, id, {m.position, i, delivery_kind::timer}, {}});
  }
  std::uint16_t part = 0;
  (void)e.for_each_present([&](const event_type& type, bytes_view payload) {
    add_inputs(e.metadata, type, payload, part++, to);
  });
  return to;
}

void cause_finder::add_inputs(const metadata& m, const event_type& type, bytes_view payload,
                              std::uint16_t part, std::vector<place>& to) const {
  std::pair<std::string, std::string> sender;
  if (const auto by = m.attributes.find(std::string(process_attribute)); by != m.attributes.end())
    sender = split_stream(by->second);
  const auto processes = engine_.model().processes();
  // The part; in older stores the number of the process, in the program that ran then.
  const auto add = [&](const std::string& process, const std::string& id, delivery_kind kind) {
    if (part > processes.size()) to.push_back({process, id, {m.position, part, kind}, {}});
    for (std::uint16_t i = part; i <= processes.size(); ++i)
      to.push_back({process, id, {m.position, i, kind}, {}});
  };
  for (const auto& process : processes)
    for (const auto& input : process->inputs) {
      if (*input.type != *type.type) continue;
      if (process->name == sender.first) {
        add(process->name, sender.second, delivery_kind::returned);
      } else if (input.key != nullptr) {
        const auto key = input.key(payload, m);
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
  if (!read) {
    // The effect may be behind it, or in it.
    const auto damaged = position::parse(read.error().where());
    if (!is_damage(read.error(), damaged ? *damaged : position{part.number(), 0}))
      return std::move(read).error();
  }
  return found;
}

result<void> cause_finder::grow(position root, std::size_t bytes_left, const causes_options& limits,
                                event_causes& into) {
  // Nothing of an event is in memory before it is its turn: places come of events that are in the
  // tree, so they are bounded as those are.
  std::vector<branch> stack;
  const auto push_commit = [&](position at, std::size_t depth) -> result<void> {
    auto events = commit_at(at);
    if (!events && is_damage(events.error(), at)) return {};
    if (!events) return std::move(events).error();
    for (auto e = events->rbegin(); e != events->rend(); ++e) stack.push_back({*e, depth});
    return {};
  };
  std::set<position> seen;
  if (auto pushed = push_commit(root, 0); !pushed) return pushed;
  while (!stack.empty()) {
    const auto [where, depth] = std::move(stack.back());
    stack.pop_back();
    if (const auto* p = std::get_if<place>(&where)) {
      auto at = find(*p, p->not_before);
      if (!at) return std::move(at).error();
      if (is_cut_short_) into.truncated = true;
      if (*at)
        if (auto pushed = push_commit(**at, depth); !pushed) return pushed;
      continue;
    }
    const auto at = std::get<position>(where);
    if (seen.contains(at)) continue;
    if (into.tree.size() >= limits.tree_max) {
      into.truncated = true;
      return {};
    }
    auto event = event_at(at);
    if (!event) return std::move(event).error();
    if (!*event) continue;
    auto because = cause_of(**event);
    if (!because) return std::move(because).error();
    // Found as the effect of something that it does not say it comes from.
    if (depth > 0 && !seen.contains(because->of)) continue;
    if ((*event)->payload.size() > bytes_left) {
      into.truncated = true;
      return {};
    }
    bytes_left -= (*event)->payload.size();
    seen.insert(at);
    auto places = places_after(**event);
    for (auto p = places.rbegin(); p != places.rend(); ++p) {
      p->not_before = (*event)->metadata.recorded_at;
      stack.push_back({std::move(*p), depth + 1});
    }
    into.tree.push_back({std::move(**event), std::move(*because), depth});
  }
  return {};
}

result<event_causes> cause_finder::find(position of, const causes_options& limits) {
  event_causes found;
  old_commits_left_ = limits.search_max;
  auto asked = event_at(of);
  if (!asked) return std::move(asked).error();
  if (!*asked) return error(errc::not_found, "there is no event at " + of.to_string());
  auto bytes_left = limits.bytes_max;
  for (auto next = std::move(*asked); next;) {
    auto because = cause_of(*next);
    if (!because) return std::move(because).error();
    const auto reason = because->of;
    const auto ends = because->kind == cause_kind::request;
    bytes_left -= std::min(bytes_left, next->payload.size());
    found.chain.push_back({std::move(*next), std::move(*because)});
    next.reset();
    if (ends) break;
    if (found.chain.size() >= limits.chain_max || bytes_left == 0) {
      found.truncated = true;
      break;
    }
    auto before = event_at(reason);
    if (before)
      next = std::move(*before);
    else if (!is_damage(before.error(), reason))
      return std::move(before).error();
  }
  const auto depth = found.chain.size();
  for (std::size_t i = 0; i < depth; ++i) found.chain[i].depth = depth - 1 - i;
  if (auto grown = grow(found.chain.back().event.metadata.position, bytes_left, limits, found);
      !grown)
    return std::move(grown).error();
  found.damaged = std::move(damaged_);
  return found;
}

} // namespace detail

} // namespace acta
