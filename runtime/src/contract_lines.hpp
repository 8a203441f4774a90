// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What is in a line of contract.txt.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace acta::detail {

/// What a line is written in that no program has known since there is a second form.
inline constexpr std::string_view first_form_mark = "1:";
inline constexpr std::string_view event_line = "event ";
inline constexpr std::string_view input_line = "input ";

inline std::string_view without_mark(std::string_view shape) {
  if (shape.starts_with(first_form_mark)) shape.remove_prefix(first_form_mark.size());
  return shape;
}

/// `event account.credited 2` -> name and schema.
inline std::pair<std::string, std::uint16_t> type_in(std::string_view line) {
  line.remove_prefix(line.find(' ') + 1);
  const auto space = line.rfind(' ');
  std::uint16_t schema = 0;
  std::from_chars(line.data() + space + 1, line.data() + line.size(), schema);
  return {std::string(line.substr(0, space)), schema};
}
/// `credited` of `account.credited`, `rejected.credit` of `transfer.rejected.credit`.
inline std::string_view type_of(std::string_view name) { return name.substr(name.find('.') + 1); }

} // namespace acta::detail
