// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Durable names of types: `T::name` if there is one, else the unqualified C++ identifier.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace acta {

namespace detail {

/// A data member called `name` or `schema` (an item has a name, too) says nothing about the type.
template <class T>
concept has_name_member = requires {
  requires std::is_member_object_pointer_v<decltype(&T::name)>;
};
template <class T>
concept has_schema_member = requires {
  requires std::is_member_object_pointer_v<decltype(&T::schema)>;
};

template <class T>
concept has_own_name = !has_name_member<T> && requires {
  { T::name } -> std::convertible_to<std::string_view>;
};
template <class T>
concept has_own_schema = !has_schema_member<T> && requires {
  { T::schema } -> std::convertible_to<unsigned>;
};

template <class T> consteval std::string_view pretty() { return __PRETTY_FUNCTION__; }

/// `T` as the compiler spells it. What stands before and after the type is measured on `int`, so
/// that no character of the type itself (of a lambda, of a template argument) can be taken for its
/// end.
template <class T> consteval std::string_view spelling() {
  const auto sample = pretty<int>();
  const auto before = sample.rfind("int");
  auto text = pretty<T>();
  text.remove_prefix(before);
  text.remove_suffix(sample.size() - before - 3);
  return text;
}

/// The last part of the spelling, without namespaces and without its template arguments.
template <class T> consteval std::string_view identifier() {
  const auto text = spelling<T>();
  std::size_t start = 0, end = text.size(), depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<' || c == '(' || c == '[' || c == '{') {
      if (depth++ == 0 && c == '<') end = i;
    } else if (c == '>' || c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ':' && depth == 0) {
      start = i + 1;
      end = text.size();
    }
  }
  return text.substr(start, end - start);
}

template <class T> consteval unsigned schema_version() {
  if constexpr (has_own_schema<T>) {
    static_assert(T::schema <= 65'535, "acta: a schema is at most 65535: it is stored in 16 bits.");
    return T::schema;
  } else {
    return 1;
  }
}

template <class T> consteval std::string_view name_of() {
  if constexpr (has_own_name<T>)
    return T::name;
  else
    return identifier<T>();
}
/// A variable, because clang 14 takes no call of a consteval function in a default argument.
template <class T> inline constexpr std::string_view durable_name = name_of<T>();

} // namespace detail

/// The name under which `T` is stored and addressed. Renaming a C++ type without giving it its old
/// name as `static constexpr std::string_view name` makes it another durable type.
template <class T> constexpr std::string_view type_name() { return detail::durable_name<T>; }

} // namespace acta
