// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The grammar of shapes (codec/shape.hpp), as far as whoever walks one needs it: names, brackets
/// and enums. Each `take` removes from the front of `text` what it returns, and stops at its end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace acta::shape_text {

inline constexpr std::string_view opening = "{[(<", closing = "}])>", ending = ",|;}])>";

inline bool is_one_of_these(std::string_view these, std::string_view text) {
  return !text.empty() && these.find(text.front()) != std::string_view::npos;
}

inline std::size_t quoted_size(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

/// One part of a shape: a quoted name, or a character.
inline std::string_view take(std::string_view& text) {
  const auto size =
      text.starts_with('"') ? quoted_size(text) : std::min<std::size_t>(1, text.size());
  const auto part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

/// What a type is up to where the next begins.
inline std::string_view whole_type(std::string_view text) {
  auto rest = text;
  for (int depth = 0; !rest.empty() && (depth > 0 || !is_one_of_these(ending, rest));) {
    if (is_one_of_these(opening, rest)) ++depth;
    if (is_one_of_these(closing, rest)) --depth;
    (void)take(rest);
  }
  return text.substr(0, text.size() - rest.size());
}

/// `red` of `red=1,…`, with its quotes if it has some.
inline std::string_view take_name(std::string_view& text, char until) {
  auto rest = text;
  while (!rest.empty() && rest.front() != until && !is_one_of_these("{}", rest)) (void)take(rest);
  const auto name = text.substr(0, text.size() - rest.size());
  text = rest;
  return name;
}

struct enumerator {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const enumerator&, const enumerator&) = default;
};
struct enumeration {
  std::string_view kind;
  std::vector<enumerator> names;
};

/// Takes `enum<u8:red=1,green=2>`.
inline enumeration take_enum(std::string_view& text) {
  enumeration e;
  text.remove_prefix(std::string_view("enum<").size());
  auto rest = text;
  while (!rest.empty() && rest.front() != '>') (void)take(rest);
  auto inside = text.substr(0, text.size() - rest.size());
  (void)take(rest);
  text = rest;
  e.kind = inside.substr(0, inside.find(':'));
  inside.remove_prefix(std::min(inside.size(), e.kind.size() + 1));
  while (!inside.empty()) {
    enumerator one;
    one.name = take_name(inside, '=');
    one.value = inside.substr(std::min<std::size_t>(1, inside.size()));
    one.value = one.value.substr(0, one.value.find(','));
    inside.remove_prefix(std::min(inside.size(), one.value.size() + 2));
    e.names.push_back(one);
  }
  return e;
}

/// The parts of what stands between two brackets: `a,b`, `a|b` or `a:b`.
inline std::vector<std::string_view> parts_of(std::string_view inside, char between) {
  std::vector<std::string_view> all;
  while (!inside.empty()) {
    auto rest = inside;
    for (int depth = 0; !rest.empty() && (depth > 0 || rest.front() != between);) {
      if (is_one_of_these(opening, rest)) ++depth;
      if (is_one_of_these(closing, rest)) --depth;
      (void)take(rest);
    }
    all.push_back(inside.substr(0, inside.size() - rest.size()));
    inside = rest.substr(std::min<std::size_t>(1, rest.size()));
  }
  return all;
}

/// Name and shape of an alternative: `credited:{cents:i64}`, `string`.
inline std::pair<std::string_view, std::string_view> alternative_of(std::string_view text) {
  auto rest = text;
  while (!rest.empty() && !is_one_of_these(opening, rest) && rest.front() != ':') {
    if (rest.front() == '?') return {{}, text};
    (void)take(rest);
  }
  if (rest.empty() || rest.front() != ':') return {{}, text};
  auto name = text.substr(0, text.size() - rest.size());
  // `name"whole::name"`: the short one.
  if (const auto quoted = name.find('"'); quoted != 0 && quoted != std::string_view::npos)
    name = name.substr(0, quoted);
  return {name, rest.substr(1)};
}

} // namespace acta::shape_text
