// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/contract_text.hpp>

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

/// `credited` of `account.credited`.
std::string type_of(std::string_view event) {
  return std::string(event.substr(event.find('.') + 1));
}

std::string versioned(std::string_view event, std::uint16_t schema) {
  return type_of(event) + "_v" + std::to_string(schema);
}

/// The struct that was there when the shape was written, or a request for it.
std::string struct_to_keep(std::string_view shape, const std::string& name) {
  if (const auto code = struct_of(shape, name)) return '`' + *code + '`';
  return "the struct as it was, as `" + name + "` (its shape: " + std::string(shape) + ')';
}

} // namespace

std::map<std::string, std::string> lines_of(std::string_view text) {
  std::map<std::string, std::string> types;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line[0] != '#') types.insert(split_line(line));
  return types;
}

std::pair<std::string, std::uint16_t> event_of(std::string_view type) {
  type.remove_prefix(event_line.size());
  const auto space = type.rfind(' ');
  std::uint16_t schema = 0;
  std::from_chars(type.data() + space + 1, type.data() + type.size(), schema);
  return {std::string(type.substr(0, space)), schema};
}

std::string advice_for_change(std::string_view type, std::string_view stored) {
  if (!type.starts_with(event_line))
    return "Take the change back, or give the type a new `static constexpr unsigned schema`";
  const auto [event, schema] = event_of(type);
  const auto name = type_of(event);
  const auto old = versioned(event, schema);
  return "Take the change back, or make it a new version: keep " + struct_to_keep(stored, old) +
         ", and give `" + name + "` the members `static constexpr unsigned schema = " +
         std::to_string(schema + 1) + ";` and `static " + name + " upcast(const " + old +
         "& old)`";
}

std::string advice_for_missing(const event_versions* known, const std::string& event,
                               std::uint16_t schema, std::string_view stored) {
  const auto name = type_of(event);
  if (known != nullptr && known->present != nullptr) {
    const auto old = versioned(event, schema);
    return "Keep " + struct_to_keep(stored, old) + ", and give `" + name +
           "`, or the version after it, the member `static " + name + " upcast(const " + old +
           "& old)`";
  }
  return "If it has only another name now, give it `static constexpr std::string_view name = \"" +
         name + "\";`. Else keep " + struct_to_keep(stored, name) +
         ", write a function `upcast(const " + name +
         "&)` beside it that returns what it is today, and list `" + name +
         "` in the aggregate's `earlier`; or, if no state needs it any more, list "
         "`acta::retired<\"" +
         name + "\">` there";
}

} // namespace acta::detail::contract_text
