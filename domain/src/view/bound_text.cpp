// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "columns.hpp"

#include <acta/domain/bound_text.hpp>
#include <acta/domain/codec/json_document.hpp>

#include <charconv>
#include <cmath>
#include <optional>

namespace acta {

namespace {

using codec_detail::json_document;
using codec_detail::json_kind;
using codec_detail::json_node;

template <class T> std::optional<T> number(std::string_view text) {
  T value{};
  const auto* end = text.data() + text.size();
  const auto [at, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || at != end) return std::nullopt;
  return value;
}

/// The whole range of signed and unsigned numbers.
std::optional<column_value> integer(std::string_view text) {
  if (const auto value = number<std::int64_t>(text)) return *value;
  if (const auto value = number<std::uint64_t>(text)) return *value;
  return std::nullopt;
}

/// Infinities and NaN by the names that JSON gives them, and by no other.
std::optional<column_value> real(std::string_view text) {
  if (const auto named = real_of_name(text)) return *named;
  if (const auto value = number<double>(text); value && std::isfinite(*value)) return *value;
  return std::nullopt;
}

error not_a(column_kind kind, std::string_view text) {
  return error(errc::invalid_argument, "the column is of kind " + std::string(to_string(kind)) +
                                           ", the bound is '" + std::string(text.substr(0, 64)) +
                                           "'");
}

result<column_value> from_bare(std::string_view text, column_kind kind) {
  std::optional<column_value> value;
  switch (kind) {
  case column_kind::boolean:
    if (text == "true" || text == "false") value = text == "true";
    break;
  case column_kind::integer:
    value = integer(text);
    break;
  case column_kind::real:
    value = real(text);
    break;
  default:
    return convert_column(std::string(text), kind);
  }
  if (!value) return not_a(kind, text);
  return *value;
}

result<column_value> from_json(const json_document& document, const json_node& node,
                               column_kind kind) {
  const auto text = document.text(node);
  switch (node.kind) {
  case json_kind::boolean:
    return convert_column(node.truth, kind);
  case json_kind::string:
    return convert_column(std::string(text), kind);
  case json_kind::number:
    // As it is written: an integer may be beyond what a double can hold.
    if (kind == column_kind::integer || kind == column_kind::real) return from_bare(text, kind);
    return not_a(kind, text);
  case json_kind::null:
    return error(errc::invalid_argument,
                 "null is no bound: a row whose column is empty is not in the index");
  default:
    return error(errc::invalid_argument, "a list or an object is no value of a column");
  }
}

error of_value(std::size_t i, const error& e) {
  return error(e.code(), "value " + std::to_string(i + 1) + ": " + std::string(e.detail()));
}

result<index_key> from_array(std::string_view text, std::span<const column_kind> columns) {
  const json_document document(text);
  const auto& array = document[0];
  if (array.count == 0 || array.count > columns.size())
    return error(errc::invalid_argument, "it has " + std::to_string(array.count) +
                                             " values, expected 1 to " +
                                             std::to_string(columns.size()));
  std::vector<column_value> values;
  for (std::uint32_t at = 1; at < array.next; at = document[at].next) {
    auto value = from_json(document, document[at], columns[values.size()]);
    if (!value) return of_value(values.size(), value.error());
    values.push_back(std::move(*value));
  }
  return index_key(std::move(values));
}

} // namespace

result<index_key> parse_bound(std::string_view text, std::span<const column_kind> columns) {
  if (!text.starts_with('[')) {
    auto value = from_bare(text, columns.front());
    if (!value) return std::move(value).error();
    return index_key({std::move(*value)});
  }
  try {
    return from_array(text, columns);
  } catch (const std::exception& e) {
    return error(errc::invalid_argument,
                 std::string("it begins with '[' but is not a JSON array: ") + e.what());
  }
}

} // namespace acta
