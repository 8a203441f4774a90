// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Secondary indexes of a view: how they are declared, and how their values are written so that
/// bytes order as values do.
///
///   static auto indexes() {
///     return acta::indexes(acta::index("by_owner", &balance::owner),
///                          acta::unique_index("by_email", &balance::email),
///                          acta::index("by_state_and_day", &balance::state, &balance::day));
///   }
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

namespace acta {

/// What a column of an index holds, and thus how it orders. On disk: never renumber.
enum class column_kind : std::uint8_t {
  boolean = 1, ///< and an enum over bool; false first
  integer,     ///< any signed or unsigned integer, or another enum, by value
  real,        ///< by value, NaN last
  text,        ///< by bytes
  id,          ///< uuid, by bytes
  time,        ///< by time, in microseconds
};
[[nodiscard]] std::string_view to_string(column_kind k) noexcept;

/// One value of a column.
using column_value =
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string, uuid, time_point>;

namespace detail {

template <class> inline constexpr bool is_optional_column = false;
template <class T> inline constexpr bool is_optional_column<std::optional<T>> = true;

template <class T> consteval column_kind kind_of_column() {
  if constexpr (is_optional_column<T>)
    return kind_of_column<typename T::value_type>();
  else if constexpr (std::same_as<T, bool>)
    return column_kind::boolean;
  else if constexpr (std::is_enum_v<T>)
    return kind_of_column<std::underlying_type_t<T>>();
  else if constexpr (std::integral<T>)
    return column_kind::integer;
  else if constexpr (std::floating_point<T>)
    return column_kind::real;
  else if constexpr (std::convertible_to<T, std::string_view>)
    return column_kind::text;
  else if constexpr (std::same_as<T, uuid>)
    return column_kind::id;
  else {
    static_assert(
        std::convertible_to<T, time_point>,
        "acta: an index's column is a bool, an integer, an enum, a floating-point number, "
        "a string, an acta::uuid or a time; for anything else give a function of the row "
        "that returns one of those");
    return column_kind::time;
  }
}

/// Pre: not an empty optional.
template <class T> column_value to_column(const T& value) {
  if constexpr (is_optional_column<T>)
    return to_column(*value);
  else if constexpr (std::same_as<T, bool>)
    return value;
  else if constexpr (std::is_enum_v<T>)
    return to_column(static_cast<std::underlying_type_t<T>>(value));
  else if constexpr (std::signed_integral<T>)
    return static_cast<std::int64_t>(value);
  else if constexpr (std::unsigned_integral<T>)
    return static_cast<std::uint64_t>(value);
  else if constexpr (std::floating_point<T>)
    return static_cast<double>(value);
  else if constexpr (std::convertible_to<T, std::string_view>)
    return std::string(std::string_view(value));
  else if constexpr (std::same_as<T, uuid>)
    return value;
  else if constexpr (std::convertible_to<T, time_point>)
    return time_point(value);
  else
    return {}; // kind_of_column has said that this is not a column
}

} // namespace detail

/// Values for the leading columns of an index: the bounds of a scan.
class index_key {
public:
  index_key() = default;
  explicit index_key(std::vector<column_value> values) : values_(std::move(values)) {}
  [[nodiscard]] const std::vector<column_value>& values() const noexcept { return values_; }

private:
  std::vector<column_value> values_;
};

/// `acta::key("books", 1000)`: a bound over one or more columns. One string is also a bound over
/// the rows' own keys.
template <class... Ts>
requires(sizeof...(Ts) > 0) index_key key(const Ts&... values) {
  std::vector<column_value> all;
  all.reserve(sizeof...(Ts));
  const auto add = [&all]<class T>(const T& value) {
    static_assert(!detail::is_optional_column<T>,
                  "acta: a bound has values; a row whose column is empty is not in the index");
    if constexpr (std::convertible_to<const T&, std::string_view>)
      all.emplace_back(std::string(std::string_view(value)));
    else
      all.push_back(detail::to_column(value));
  };
  (add(values), ...);
  return index_key(std::move(all));
}

/// Bytes that order as the columns do, followed by nothing: a key with fewer columns is a prefix of
/// those with more. An encoding of index_bytes_max or more is cut to index_exact_bytes and closed
/// with the SHA-256 of the whole and a zero byte, which no other encoding has there: equal ones
/// stay equal, others stay apart whoever chose them, but beyond the cut nothing orders.
///
/// On disk (docs/storage-format.md): never change without a new format of the view's environment.
inline constexpr std::size_t index_bytes_max = 240;
inline constexpr std::size_t index_exact_bytes = index_bytes_max - 32 - 1;
void append_column(const column_value& value, std::string& out);
/// Shortens what is too long.
void close_index_key(std::string& encoded);

/// Converts `value` to the kind if that loses nothing (an int for a real, text that reads as a
/// time). Errors: `invalid_argument`, naming both kinds.
result<column_value> convert_column(const column_value& value, column_kind to);

/// The type-erased index of a view.
struct index_type {
  std::string name;
  bool unique = false;
  std::vector<column_kind> columns;
  /// Appends the encoded columns of a row; false (and garbage appended) if one of them is an empty
  /// optional: the row is then not in this index. May throw what user code throws.
  bool (*append_key)(const void* row, std::string& out) = nullptr;
};

/// One index as declared; a column is a member of the row or a function of it.
template <class... Columns> struct index_definition {
  std::string_view name;
  bool unique;
  std::tuple<Columns...> columns;
};

/// @param name  1..64 of `a-z A-Z 0-9 _ . -`.
/// @param columns  pointers to members, or functions of the row. A row for which one of them gives
///   an empty optional is left out of the index.
template <class... Columns>
requires(sizeof...(Columns) > 0) constexpr auto index(std::string_view name, Columns... columns) {
  return index_definition<Columns...>{name, false, {columns...}};
}
/// Two rows with the same columns are an error of the event that made the second.
template <class... Columns>
requires(sizeof...(Columns) > 0) constexpr auto unique_index(std::string_view name,
                                                             Columns... columns) {
  return index_definition<Columns...>{name, true, {columns...}};
}
template <class... Indexes> constexpr auto indexes(Indexes... all) { return std::tuple(all...); }

inline constexpr std::size_t indexes_max = 64;

namespace detail {

template <class Row, class Column>
using column_of =
    std::remove_cvref_t<std::invoke_result_t<const std::remove_reference_t<Column>&, const Row&>>;

template <class V, class Row, std::size_t I> bool append_key_of(const void* row, std::string& out) {
  const auto all = V::indexes();
  return std::apply(
      [&](const auto&... columns) {
        bool present = true;
        const auto add = [&](const auto& column) {
          const auto& value = std::invoke(column, *static_cast<const Row*>(row));
          if constexpr (is_optional_column<std::remove_cvref_t<decltype(value)>>)
            if (!value) {
              present = false;
              return;
            }
          append_column(to_column(value), out);
        };
        ((present ? add(columns) : void()), ...);
        return present;
      },
      std::get<I>(all).columns);
}

template <class V, class Row, std::size_t I> index_type make_index_type() {
  const auto all = V::indexes();
  const auto& one = std::get<I>(all);
  index_type t;
  t.name = one.name;
  t.unique = one.unique;
  t.append_key = append_key_of<V, Row, I>;
  [&]<class... Columns>(const index_definition<Columns...>&) {
    (t.columns.push_back(kind_of_column<column_of<Row, Columns>>()), ...);
  }(one);
  return t;
}

template <class V, class Row> std::vector<index_type> make_index_types() {
  std::vector<index_type> all;
  if constexpr (requires { V::indexes(); }) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (all.push_back(make_index_type<V, Row, I>()), ...);
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(V::indexes())>>{});
  }
  return all;
}

} // namespace detail

} // namespace acta
