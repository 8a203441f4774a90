// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "columns.hpp"

#include <acta/core/hash.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/index.hpp>

#include <bit>
#include <cmath>
#include <limits>

namespace acta {

namespace {

void append_big_endian(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

/// One byte of sign before the bits, so that the whole range of signed and unsigned numbers orders.
void append_integer(bool negative, std::uint64_t bits, std::string& out) {
  out.push_back(negative ? 0 : 1);
  append_big_endian(bits, out);
}

/// IEEE 754 bits order as numbers do once the sign is turned, and for negative ones all the rest.
void append_real(double value, std::string& out) {
  if (value == 0) value = 0; // there are two zeros
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  auto bits = std::bit_cast<std::uint64_t>(value);
  constexpr auto sign = std::uint64_t{1} << 63;
  bits = (bits & sign) != 0 ? ~bits : bits | sign;
  append_big_endian(bits, out);
}

/// A zero byte is written 00 FF, the end 00 00: shorter text comes before longer.
void append_text(std::string_view text, std::string& out) {
  for (const char c : text) {
    out.push_back(c);
    if (c == 0) out.push_back('\xff');
  }
  out.append(2, '\0');
}

/// The number as a double, if there is one.
template <class Integer> std::optional<double> exactly(Integer value) {
  const auto real = static_cast<double>(value);
  // The doubles next to the limits round out of the range of integers, where a cast is undefined.
  constexpr auto bits = std::numeric_limits<Integer>::digits;
  if (real >= std::ldexp(1.0, bits) || static_cast<Integer>(real) != value) return std::nullopt;
  return real;
}

std::string_view kind_of(const column_value& value) {
  constexpr std::string_view names[] = {"boolean", "integer", "integer", "real",
                                        "text",    "id",      "time"};
  return names[value.index()];
}

} // namespace

std::optional<double> real_of_name(std::string_view text) noexcept {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

std::string_view to_string(column_kind k) noexcept {
  switch (k) {
  case column_kind::boolean:
    return "boolean";
  case column_kind::integer:
    return "integer";
  case column_kind::real:
    return "real";
  case column_kind::text:
    return "text";
  case column_kind::id:
    return "id";
  case column_kind::time:
    return "time";
  }
  return "unknown";
}

void append_column(const column_value& value, std::string& out) {
  std::visit(
      [&out]<class T>(const T& v) {
        if constexpr (std::same_as<T, bool>)
          out.push_back(v ? 1 : 0);
        else if constexpr (std::same_as<T, std::int64_t>)
          append_integer(v < 0, static_cast<std::uint64_t>(v), out);
        else if constexpr (std::same_as<T, std::uint64_t>)
          append_integer(false, v, out);
        else if constexpr (std::same_as<T, double>)
          append_real(v, out);
        else if constexpr (std::same_as<T, std::string>)
          append_text(v, out);
        else if constexpr (std::same_as<T, uuid>)
          out.append(reinterpret_cast<const char*>(v.bytes.data()), v.bytes.size());
        else
          append_column(static_cast<std::int64_t>(v.time_since_epoch().count()), out);
      },
      value);
}

void close_index_key(std::string& encoded) {
  if (encoded.size() < index_bytes_max) return;
  const auto digest = sha256(encoded);
  encoded.resize(index_exact_bytes);
  encoded.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  encoded.push_back(0);
}

result<column_value> convert_column(const column_value& value, column_kind to) {
  const auto* text = std::get_if<std::string>(&value);
  switch (to) {
  case column_kind::boolean:
    if (std::holds_alternative<bool>(value)) return value;
    break;
  case column_kind::integer:
    if (std::holds_alternative<std::int64_t>(value) || std::holds_alternative<std::uint64_t>(value))
      return value;
    break;
  case column_kind::real:
    if (std::holds_alternative<double>(value)) return value;
    if (text != nullptr)
      if (const auto named = real_of_name(*text)) return column_value(*named);
    if (const auto* i = std::get_if<std::int64_t>(&value))
      if (const auto real = exactly(*i)) return column_value(*real);
    if (const auto* u = std::get_if<std::uint64_t>(&value))
      if (const auto real = exactly(*u)) return column_value(*real);
    break;
  case column_kind::text:
    if (text != nullptr) return value;
    break;
  case column_kind::id:
    if (std::holds_alternative<uuid>(value)) return value;
    if (text != nullptr)
      if (auto id = uuid::parse(*text)) return column_value(*id);
    break;
  case column_kind::time:
    if (std::holds_alternative<time_point>(value)) return value;
    if (text != nullptr)
      if (auto time = parse_rfc3339(*text)) return column_value(*time);
    break;
  }
  return error(errc::invalid_argument,
               "the column is of kind " + std::string(to_string(to)) + ", the bound is " +
                   std::string(kind_of(value)) +
                   (text != nullptr ? " '" + text->substr(0, 64) + "'" : ""));
}

} // namespace acta
