// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "contract_advice.hpp"

#include "contract_lines.hpp"

#include <acta/domain/codec/shape.hpp>

#include <fmt/format.h>

#include <cctype>

namespace acta::detail {

namespace {

/// The struct behind a line: what the no to a command holds is the command.
struct told_struct {
  std::string name;  ///< durable, of the struct
  std::string shape; ///< of it
  bool is_rejection = false;
};
told_struct struct_behind(std::string_view type, std::string_view shape) {
  constexpr std::string_view no = "rejected.", command = ",command:";
  shape = without_mark(shape);
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
std::string versioned(std::string_view name, std::uint16_t schema) {
  return fmt::format("{}_v{}", identifier_for(name), schema);
}
std::string schema_member(unsigned schema) {
  return fmt::format("static constexpr unsigned schema = {};", schema);
}

/// The struct that was there when the shape was written, or a request for it.
/// @param members  that it must have besides, or nothing
std::string struct_to_keep(std::string_view shape, const std::string& name,
                           const std::string& members = {}) {
  auto code = struct_of(without_mark(shape), name);
  if (!code)
    return fmt::format("the struct as it was, as `{}`{} (its shape: {})", name,
                       members.empty() ? "" : " with `" + members + "`", without_mark(shape));
  if (!members.empty()) code->insert(code->find('{') + 1, ' ' + members);
  return '`' + *code + '`';
}

/// How to read again what an upcast can lead to today's version, of schema `own`.
std::string advice_for_upcast(const told_struct& of, std::uint16_t schema, unsigned own) {
  const auto name = identifier_for(of.name), old = versioned(of.name, schema);
  // Without a number of its own it has the one before the struct that reads it.
  const auto members = schema + 1u == own ? std::string() : schema_member(schema);
  return fmt::format("Keep {}, and give `{}`, or the version after it, the member `static {} "
                     "upcast(const {}& old)`",
                     struct_to_keep(of.shape, old, members), name, name, old);
}
/// What a struct says of itself that is neither called as it is stored nor of schema 1.
std::string own_members(const told_struct& of, std::uint16_t schema) {
  std::string members;
  if (identifier_for(of.name) != of.name)
    members = fmt::format("static constexpr std::string_view name = \"{}\";", of.name);
  if (schema != 1) members += (members.empty() ? "" : " ") + schema_member(schema);
  return members;
}

} // namespace

std::string advice_for_change(std::string_view line, std::string_view stored) {
  const auto [whole, schema] = type_in(line);
  const auto of = struct_behind(type_of(whole), stored);
  const auto name = identifier_for(of.name), old = versioned(of.name, schema);
  return fmt::format("Take the change back, or make it a new version: keep {}, and give {}`{}` the "
                     "members `{}` and `static {} upcast(const {}& old)`",
                     struct_to_keep(of.shape, old), of.is_rejection ? "the command " : "", name,
                     schema_member(schema + 1u), name, old);
}

std::string advice_for_older(std::string_view line, std::string_view stored) {
  const auto [whole, schema] = type_in(line);
  const auto of = struct_behind(type_of(whole), stored);
  return fmt::format("An older version stays as it was when it was stored: {}",
                     struct_to_keep(of.shape, versioned(of.name, schema)));
}

std::string advice_for_missing(const event_versions* known, std::string_view event,
                               std::uint16_t schema, std::string_view shape) {
  const told_struct of{std::string(type_of(event)), std::string(without_mark(shape))};
  if (known != nullptr && known->present != nullptr)
    return advice_for_upcast(of, schema, known->present->schema);
  const auto name = identifier_for(of.name);
  return fmt::format("Keep {}, write a function `upcast(const {}&)` beside it that returns what it "
                     "is today, and list `{}` in the aggregate's `earlier`; or, if no state needs "
                     "it any more, list `acta::retired<\"{}\">` there",
                     struct_to_keep(of.shape, name, own_members(of, schema)), name, name, of.name);
}

std::string advice_for_missing(const command_type* known, const input_version& what,
                               std::string_view shape) {
  const auto of = struct_behind(what.input, shape);
  if (known != nullptr) return advice_for_upcast(of, what.schema, known->schema);
  const auto name = identifier_for(of.name);
  return fmt::format(
      "Keep {}, and list `{}` in the `inputs` of the process, with its `react` and `evolve`; or, "
      "if "
      "no state needs it any more and nothing that waits under it need be done, give the process "
      "`using earlier = acta::one_of<acta::retired<\"{}\">>;`",
      struct_to_keep(of.shape, name, own_members(of, what.schema)),
      of.is_rejection ? "acta::rejected<" + name + '>' : name, what.input);
}

} // namespace acta::detail
