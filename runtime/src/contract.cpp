// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "contract.hpp"

#include <acta/domain/codec/shape.hpp>
#include <acta/domain/contract_text.hpp>
#include <acta/domain/errc.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace acta::detail {

using namespace contract_text;

namespace {

/// What a line is written in that no program has known since there is a second form.
constexpr std::string_view first_form_mark = "1:";
/// Whose contract it is. An older program wrote none.
constexpr std::string_view owner_line = "contract store 1";

constexpr std::string_view release_line = "release ";

std::string_view without_mark(std::string_view shape) {
  if (shape.starts_with(first_form_mark)) shape.remove_prefix(first_form_mark.size());
  return shape;
}

/// Takes the line `contract form 2` out of what a store holds, and marks all shapes of a store that
/// has none. Errors: `wrong_format` for a form that this program does not know.
result<void> read_form(std::map<std::string, std::string>& stored) {
  const auto at = stored.lower_bound(std::string(form_line));
  if (at != stored.end() && at->first.starts_with(form_line)) {
    const auto form = at->first.substr(form_line.size());
    if (form != std::to_string(static_cast<int>(shape_form_now)))
      return error(persistence::errc::wrong_format,
                   "its shapes are of form " + form + ", this program reads forms 1 and " +
                       std::to_string(static_cast<int>(shape_form_now)),
                   "contract.txt");
    stored.erase(at);
    return {};
  }
  for (auto& [type, shape] : stored)
    if (type.starts_with(event_line) || type.starts_with(input_line))
      shape.insert(0, first_form_mark);
  return {};
}

/// Errors: `damaged_file` if it is another store's.
result<void> check_owner(std::map<std::string, std::string>& stored, const uuid& store) {
  const auto& owner = stored.try_emplace(std::string(owner_line), store.to_string()).first->second;
  if (owner == store.to_string()) return {};
  return error(persistence::errc::damaged_file,
               "it belongs to store " + owner + ", and this one is " + store.to_string() +
                   ": restore the file from a backup of this store",
               "contract.txt: " + std::string(owner_line));
}

/// Whether what the store holds under `known` can be read by the program.
std::optional<shape_change> change_of_line(const std::string& type, std::string_view known,
                                           const std::string& first, const std::string& now) {
  const auto as = type.starts_with(input_line) ? kept_as::json : kept_as::binary;
  if (!known.starts_with(first_form_mark)) return change_of(known, now, as);
  return change_of(without_mark(known), first, as);
}
/// Whether an event's shape in the store is the program's, but for more names of enums. A value
/// without a name has no JSON, which processes keep their inputs in, so this is not for inputs.
bool has_more_names(const std::string& type, std::string_view known, const std::string& now) {
  return type.starts_with(event_line) && known != now && !known.starts_with(first_form_mark) &&
         !change_of(now, known, kept_as::binary);
}

/// What a release writes of each aggregate and process, by which it is known again: nothing of
/// Acta's own, and nothing of earlier releases, for that grows without anything new being written.
std::map<std::string, std::string> types_today(const model& program) {
  std::map<std::string, std::set<std::string>> all;
  for (const auto& a : program.aggregates())
    if (!a->built_in && !program.find_process(a->name))
      for (const auto& e : a->events)
        all[a->name].insert(fmt::format("{} {} {}\n", e.name, e.schema, e.shape));
  for (const auto& p : program.processes())
    if (!p->built_in)
      for (const auto& i : p->stored_as->commands)
        all[p->name].insert(fmt::format("{} {} {}\n", i.name, i.schema, i.shape));
  std::map<std::string, std::string> text;
  for (const auto& [owner, types] : all)
    text.emplace(owner, fmt::format("{}", fmt::join(types, "")));
  return text;
}

unsigned number_in(const std::string& text) {
  unsigned n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

std::string count_text(const stored_inputs& found) {
  std::string text;
  const auto add = [&](std::uint64_t n, std::string_view what) {
    if (n == 0) return;
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", n, what, n == 1 ? "" : "s");
  };
  add(found.steps, "step");
  add(found.timers, "pending timer");
  if (found.deliveries > 0)
    text += fmt::format("{}{} waiting deliver{}", text.empty() ? "" : ", ", found.deliveries,
                        found.deliveries == 1 ? "y" : "ies");
  return text;
}

} // namespace

result<contract> contract::read(std::string_view text, const uuid& store) {
  contract c;
  c.lines = lines_of(text);
  if (auto read = read_form(c.lines); !read) return std::move(read).error();
  if (auto owned = check_owner(c.lines, store); !owned) return std::move(owned).error();
  return c;
}

std::string contract::text() const {
  auto all = std::string(form_line) + std::to_string(static_cast<int>(shape_form_now)) + '\n';
  for (const auto& [type, shape] : lines) all.append(type).append(" ").append(shape).append("\n");
  return all;
}

std::vector<std::string> contract::unreadable_events(const model& program) const {
  std::set<std::string_view> own;
  for (const auto& a : program.aggregates())
    if (a->built_in)
      for (const auto& e : a->events) own.insert(e.name);
  std::vector<std::string> all;
  for (auto at = lines.lower_bound(std::string(event_line));
       at != lines.end() && at->first.starts_with(event_line); ++at)
    if (!own.contains(type_in(at->first).first) && !reading_of_event(program, at->first).can_read())
      all.push_back(at->first.substr(event_line.size()));
  std::ranges::sort(all);
  return all;
}

catalog::shapes contract::event_shapes() const {
  catalog::shapes all;
  for (auto at = lines.lower_bound(std::string(event_line));
       at != lines.end() && at->first.starts_with(event_line); ++at)
    all.emplace(type_in(at->first), without_mark(at->second));
  return all;
}

result<void> contract::take_types(const model& program, const std::set<std::string>& older) {
  const auto first = lines_of(program.contract(shape_form::first));
  for (const auto& [type, shape] : lines_of(program.contract())) {
    auto& known = lines.try_emplace(type, shape).first->second;
    if (older.contains(std::string(owner_of(type_in(type).first))) &&
        has_more_names(type, known, shape)) {
      notes_.push_back("a later release of the program knows more names of an enum in " + type +
                       "; a value that this one has no name for is a number to its code, and "
                       "cannot be shown as JSON");
      continue;
    }
    if (const auto change = change_of_line(type, known, first.at(type), shape))
      return error(runtime_errc::contract_changed,
                   change->what + "; what is stored could not be read. " +
                       advice_for_change(program, type, without_mark(known)),
                   "contract.txt: " + type + (change->where.empty() ? "" : ", " + change->where));
    known = shape;
  }
  return {};
}

std::set<std::string> contract::note_releases(const model& program) {
  std::set<std::string> older;
  for (const auto& [owner, types] : types_today(program)) {
    const auto prefix = fmt::format("{}{}#", release_line, owner);
    unsigned newest = 0;
    for (auto at = lines.lower_bound(prefix); at != lines.end() && at->first.starts_with(prefix);
         ++at)
      newest = std::max(newest, number_in(at->second));
    const auto line = fmt::format("{}{:016x} 1", prefix, fingerprint_of(types));
    const auto [at, is_new] = lines.try_emplace(line, std::to_string(newest + 1));
    if (!is_new && number_in(at->second) < newest) older.insert(owner);
  }
  return older;
}

bool contract::note_damage(const std::string& line) {
  notes_.push_back(fmt::format("no type of the program reads {}, and none was found; but commits "
                               "that are damaged may hold some, so its line stays",
                               line));
  return true;
}

result<bool> contract::still_stands(const model& program, const event_reading& has,
                                    const std::string& line, const std::string& shape,
                                    bool is_older_release, const event_census& census) {
  const auto [name, schema] = type_in(line);
  const bool is_newer = has.versions.name.empty()
                            ? is_older_release
                            : has.versions.no_reader(schema).code() == domain_errc::newer_schema;
  if (is_newer) {
    notes_.push_back(fmt::format("a later release of the program has stored events {} of schema "
                                 "{}; streams that hold one are quarantined until it runs again",
                                 name, schema));
    return true;
  }
  auto found = census(name, schema);
  if (!found) return std::move(found).error();
  if (found->count == 0) return found->has_damage && note_damage(line);
  return error(runtime_errc::contract_changed,
               fmt::format("the store holds {} event{} of this type, the first at {}, and the "
                           "program cannot read {}. {}",
                           found->count, found->count == 1 ? "" : "s", found->first.to_string(),
                           found->count == 1 ? "it" : "them",
                           advice_for_missing(program, line, without_mark(shape))),
               "contract.txt: " + line);
}

result<bool> contract::still_stands(const model& program, const input_reading& has,
                                    const std::string& line, const std::string& shape,
                                    bool is_older_release, const input_census& census) {
  const auto [name, schema] = type_in(line);
  if (has.input != nullptr ? schema > has.input->schema : is_older_release) {
    notes_.push_back(fmt::format(
        "a later release of the program has stored inputs {} of schema {}; instances whose steps "
        "hold one are quarantined, and what waits under it is kept, until it runs again",
        name, schema));
    return true;
  }
  auto found = census({has.process->name, type_of(name), schema,
                       schema == 1 || !lines.contains(fmt::format("{}{} 1", input_line, name))});
  if (!found) return std::move(found).error();
  if (found->none()) return found->has_damage && note_damage(line);
  return error(runtime_errc::contract_changed,
               fmt::format("the store holds this input in {}, the first from {}, and the program "
                           "cannot read it. {}",
                           count_text(*found), found->first.to_string(),
                           advice_for_missing(program, line, without_mark(shape))),
               "contract.txt: " + line);
}

result<void> contract::take_events(const model& program, const std::set<std::string>& older,
                                   const event_census& census) {
  std::set<std::string> absent;
  for (auto at = lines.lower_bound(std::string(event_line));
       at != lines.end() && at->first.starts_with(event_line);) {
    const auto has = reading_of_event(program, at->first);
    if (has.aggregate == nullptr) absent.emplace(owner_of(type_in(at->first).first));
    // What an aggregate has stored that the program does not have waits for one that has it.
    if (has.aggregate == nullptr || has.can_read()) {
      ++at;
      continue;
    }
    auto stands = still_stands(program, has, at->first, at->second,
                               older.contains(has.aggregate->name), census);
    if (!stands) return std::move(stands).error();
    at = *stands ? std::next(at) : lines.erase(at);
  }
  for (const auto& owner : absent)
    if (!program.find_process(owner) && !lines.contains("process " + owner + " 1") &&
        !owner.starts_with("acta."))
      notes_.push_back(fmt::format("the store knows events of aggregate '{}', which is not in the "
                                   "model; nothing of it is lost. If it has another name now, give "
                                   "it back its `name`",
                                   owner));
  return {};
}

result<void> contract::take_inputs(const model& program, const std::set<std::string>& older,
                                   const input_census& census) {
  for (auto at = lines.lower_bound(std::string(input_line));
       at != lines.end() && at->first.starts_with(input_line);) {
    const auto has = reading_of_input(program, at->first);
    if (!has.process || has.process->built_in || has.can_read) {
      ++at;
      continue;
    }
    auto stands = still_stands(program, has, at->first, at->second,
                               older.contains(has.process->name), census);
    if (!stands) return std::move(stands).error();
    at = *stands ? std::next(at) : lines.erase(at);
  }
  return {};
}

result<void> contract::take(const model& program, const store_census& census) {
  notes_.clear();
  const auto older = note_releases(program);
  if (auto taken = take_types(program, older); !taken) return taken;
  if (auto taken = take_events(program, older, census.events); !taken) return taken;
  return take_inputs(program, older, census.inputs);
}

} // namespace acta::detail
