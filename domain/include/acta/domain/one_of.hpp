// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// `one_of<Ts...>`: a list of types, such as the events or the commands of an aggregate.
#pragma once

#include <concepts>
#include <cstddef>

namespace acta {

template <class... Ts> struct one_of { static constexpr std::size_t size = sizeof...(Ts); };

namespace detail {

template <class T, class List> inline constexpr bool contains = false;
template <class T, class... Ts>
inline constexpr bool contains<T, one_of<Ts...>> = (std::same_as<T, Ts> || ...);

/// Index of `T` in the list. Pre: contains<T, List>.
template <class T, class... Ts> consteval std::size_t index_in(one_of<Ts...>) {
  std::size_t index = 0;
  (void)((std::same_as<T, Ts> || (++index, false)) || ...);
  return index;
}

template <class List> inline constexpr bool is_one_of = false;
template <class... Ts> inline constexpr bool is_one_of<one_of<Ts...>> = true;

} // namespace detail

} // namespace acta
