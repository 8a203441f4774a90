// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/contract_text.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>

namespace acta::detail::contract_text {

namespace {

/// `event NAME SCHEMA SHAPE` -> {"event NAME SCHEMA", "SHAPE"}; shapes hold no spaces before their
/// own end.
std::pair<std::string, std::string> split_line(const std::string& line) {
  std::size_t at = 0;
  for (int words = 0; words < 3 && at != std::string::npos; ++words)
    at = line.find(' ', at + (words > 0));
  if (at == std::string::npos) return {line, {}};
  return {line.substr(0, at), line.substr(at + 1)};
}

/// The struct behind a line: what the no to a command holds is the command.
struct told_struct {
  std::string name;  ///< durable, of the struct
  std::string shape; ///< of it
  bool is_rejection = false;
};
told_struct struct_behind(std::string_view type, std::string_view shape) {
  constexpr std::string_view no = "rejected.", command = ",command:";
  const auto at = shape.find(command);
  if (!type.starts_with(no) || at == std::string_view::npos)
    return {std::string(type), std::string(shape)};
  shape.remove_prefix(at + command.size());
  shape.remove_suffix(1);
  return {std::string(type.substr(no.size())), std::string(shape), true};
}

/// A name of a C++ type for a durable name.
std::string identifier_for(std::string_view name) {
  std::string text(name);
  for (auto& c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) text.insert(0, "_");
  return text;
}
std::string versioned(std::string_view name, unsigned schema) {
  return identifier_for(name) + "_v" + std::to_string(schema);
}
std::string schema_member(unsigned schema) {
  return "static constexpr unsigned schema = " + std::to_string(schema) + ';';
}
std::string upcast_member(const std::string& name, const std::string& old) {
  return "`static " + name + " upcast(const " + old + "& old)`";
}

/// The struct that was there when the shape was written, or a request for it.
/// @param members  that it must have besides, or nothing
std::string struct_to_keep(std::string_view shape, const std::string& name,
                           const std::string& members = {}) {
  auto code = struct_of(shape, name);
  if (!code)
    return "the struct as it was, as `" + name + '`' +
           (members.empty() ? "" : " with `" + members + '`') +
           " (its shape: " + std::string(shape) + ')';
  if (!members.empty()) code->insert(code->find('{') + 1, ' ' + members);
  return '`' + *code + '`';
}

/// How to read again what an upcast can lead to today's version, of schema `own`.
std::string advice_for_upcast(const told_struct& of, unsigned schema, unsigned own) {
  const auto name = identifier_for(of.name), old = versioned(of.name, schema);
  // Without a number of its own it has the one before the struct that reads it.
  const auto members = schema + 1 == own ? std::string() : schema_member(schema);
  return "Keep " + struct_to_keep(of.shape, old, members) + ", and give `" + name +
         "`, or the version after it, the member " + upcast_member(name, old);
}

/// What a struct says of itself that is neither called as it is stored nor of schema 1.
std::string own_members(const told_struct& of, unsigned schema) {
  std::string members;
  if (identifier_for(of.name) != of.name)
    members = "static constexpr std::string_view name = \"" + of.name + "\";";
  if (schema != 1) members += (members.empty() ? "" : " ") + schema_member(schema);
  return members;
}

/// Schema of today's type of a line, 0 if there is none.
unsigned schema_today(const model& program, std::string_view line) {
  if (line.starts_with(input_line)) {
    const auto of = reading_of_input(program, line);
    return of.input != nullptr ? of.input->schema : 0;
  }
  const auto of = reading_of_event(program, line);
  return of.versions.present != nullptr ? of.versions.present->schema : 0;
}

} // namespace

std::map<std::string, std::string> lines_of(std::string_view text) {
  std::map<std::string, std::string> types;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '#') types.insert(split_line(line));
  return types;
}

std::pair<std::string, std::uint16_t> type_in(std::string_view line) {
  line.remove_prefix(line.find(' ') + 1);
  const auto space = line.rfind(' ');
  std::uint16_t schema = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), schema);
  return {std::string(line.substr(0, space)), schema};
}

event_reading reading_of_event(const model& program, std::string_view line) {
  const auto type = type_in(line);
  const auto& name = type.first;
  event_reading r;
  const auto of = std::ranges::find_if(program.aggregates(), [&](const auto& a) {
    return !a->built_in && name.starts_with(a->name + '.');
  });
  if (of == program.aggregates().end()) return r;
  r.aggregate = of->get();
  const auto versions = versions_of(**of);
  const auto known = std::ranges::find(versions, name, &event_versions::name);
  if (known == versions.end()) return r;
  r.versions = *known;
  r.reader = known->find(type.second);
  return r;
}

input_reading reading_of_input(const model& program, std::string_view line) {
  const auto [name, schema] = type_in(line);
  input_reading r;
  r.process = program.find_process(owner_of(name));
  if (!r.process) return r;
  r.is_retired = std::ranges::find(r.process->retired, type_of(name)) != r.process->retired.end();
  if (!r.is_retired) r.input = r.process->stored_as->find_command(type_of(name));
  r.can_read = r.is_retired || (r.input != nullptr && r.input->reads(schema));
  return r;
}

std::string advice_for_change(const model& program, std::string_view line,
                              std::string_view stored) {
  const auto [whole, schema] = type_in(line);
  const auto of = struct_behind(type_of(whole), stored);
  const auto name = identifier_for(of.name), old = versioned(of.name, schema);
  if (schema_today(program, line) != schema)
    return "An older version stays as it was when it was stored: " + struct_to_keep(of.shape, old);
  return "Take the change back, or make it a new version: keep " + struct_to_keep(of.shape, old) +
         ", and give " + (of.is_rejection ? "the command " : "") + '`' + name + "` the members `" +
         schema_member(schema + 1u) + "` and " + upcast_member(name, old);
}

std::string advice_for_missing(const model& program, std::string_view line,
                               std::string_view stored) {
  const auto [whole, schema] = type_in(line);
  const auto type = type_of(whole);
  const auto of = struct_behind(type, stored);
  const auto name = identifier_for(of.name);
  const auto kept = struct_to_keep(of.shape, name, own_members(of, schema));
  if (line.starts_with(input_line)) {
    if (const auto has = reading_of_input(program, line); has.input != nullptr)
      return advice_for_upcast(of, schema, has.input->schema);
    return "Keep " + kept + ", and list `" +
           (of.is_rejection ? "acta::rejected<" + name + '>' : name) +
           "` in the `inputs` of the process, with its `react` and `evolve`; or, if no state needs "
           "it any more and nothing that waits under it need be done, give the process `using "
           "earlier = acta::one_of<acta::retired<\"" +
           std::string(type) + "\">>;`";
  }
  if (const auto has = reading_of_event(program, line); has.versions.present != nullptr)
    return advice_for_upcast(of, schema, has.versions.present->schema);
  return "If it has only another name now, give it `static constexpr std::string_view name = \"" +
         of.name + "\";`. Else keep " + kept + ", write a function `upcast(const " + name +
         "&)` beside it that returns what it is today, and list `" + name +
         "` in the aggregate's `earlier`; or, if no state needs it any more, list "
         "`acta::retired<\"" +
         of.name + "\">` there";
}

} // namespace acta::detail::contract_text
