// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The fields of a plain struct, without its help: what `serialize` shows must be checked against
/// what is there. Private to the kit.
///
/// A struct qualifies if it is an aggregate in the sense of C++, has no base class, and has 1 to 20
/// members of which none is a C array. Boost.PFR does the same; it is not used because no header of
/// Boost may be reached from a public one of Acta.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <tuple>
#include <type_traits>
#include <utility>

namespace acta::testing::detail {

inline constexpr std::size_t fields_max = 16;

/// Converts to any type; never evaluated. Defined all the same: clang misses it for a local type.
struct anything {
  template <class T> operator T() const { std::abort(); }
};
/// Converts to the base classes of `T` only.
template <class T> struct base_of {
  template <class B>
  requires(std::is_base_of_v<B, T> && !std::is_same_v<B, T>) operator B() const;
};

template <class T, std::size_t... I> consteval bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), anything{})...}; };
}

/// Most initializers that `T` takes. More than it has members if one is a C array, whose elements
/// then count.
template <class T> consteval std::size_t initializers() {
  std::size_t most = 0;
  [&]<std::size_t... N>(std::index_sequence<N...>) {
    ((takes<T>(std::make_index_sequence<N>{}) ? most = N : 0), ...);
  }
  (std::make_index_sequence<fields_max + 2>{});
  return most;
}

/// Most empty braces that `T` takes: each stands for one whole member. Fewer than it has members if
/// one has a default value but no default constructor.
template <class T> consteval std::size_t braces() {
  // clang-format off
#define ACTA_BRACES_4 {}, {}, {}, {}
#define ACTA_BRACES_16 ACTA_BRACES_4, ACTA_BRACES_4, ACTA_BRACES_4, ACTA_BRACES_4
#define ACTA_TAKES(count, ...)                                                                     \
  if constexpr (requires { T{__VA_ARGS__}; }) return count
  ACTA_TAKES(17, ACTA_BRACES_16, {});
  else ACTA_TAKES(16, ACTA_BRACES_16);
  else ACTA_TAKES(15, ACTA_BRACES_4, ACTA_BRACES_4, ACTA_BRACES_4, {}, {}, {});
  else ACTA_TAKES(14, ACTA_BRACES_4, ACTA_BRACES_4, ACTA_BRACES_4, {}, {});
  else ACTA_TAKES(13, ACTA_BRACES_4, ACTA_BRACES_4, ACTA_BRACES_4, {});
  else ACTA_TAKES(12, ACTA_BRACES_4, ACTA_BRACES_4, ACTA_BRACES_4);
  else ACTA_TAKES(11, ACTA_BRACES_4, ACTA_BRACES_4, {}, {}, {});
  else ACTA_TAKES(10, ACTA_BRACES_4, ACTA_BRACES_4, {}, {});
  else ACTA_TAKES(9, ACTA_BRACES_4, ACTA_BRACES_4, {});
  else ACTA_TAKES(8, ACTA_BRACES_4, ACTA_BRACES_4);
  else ACTA_TAKES(7, ACTA_BRACES_4, {}, {}, {});
  else ACTA_TAKES(6, ACTA_BRACES_4, {}, {});
  else ACTA_TAKES(5, ACTA_BRACES_4, {});
  else ACTA_TAKES(4, ACTA_BRACES_4);
  else ACTA_TAKES(3, {}, {}, {});
  else ACTA_TAKES(2, {}, {});
  else ACTA_TAKES(1, {});
  else return 0;
#undef ACTA_TAKES
#undef ACTA_BRACES_16
#undef ACTA_BRACES_4
  // clang-format on
}

/// Whether `fields_of` takes a `T`. Where the two ways of counting disagree, neither is trusted.
template <class T> consteval bool has_known_fields() {
  if constexpr (!std::is_aggregate_v<T> || std::is_empty_v<T>)
    return false;
  else if constexpr (requires { T{base_of<T>{}}; })
    return false;
  else
    return braces<T>() == initializers<T>() && braces<T>() >= 1 && braces<T>() <= fields_max;
}

/// References to all members of `v`. Pre: has_known_fields.
template <class T> auto fields_of(const T& v) {
  constexpr auto count = braces<T>();
  // clang-format off
#define ACTA_FIELDS(n, ...)                                                                        \
  if constexpr (count == n) {                                                                      \
    const auto& [__VA_ARGS__] = v;                                                                 \
    return std::tie(__VA_ARGS__);                                                                  \
  }
  ACTA_FIELDS(1, a)
  else ACTA_FIELDS(2, a, b)
  else ACTA_FIELDS(3, a, b, c)
  else ACTA_FIELDS(4, a, b, c, d)
  else ACTA_FIELDS(5, a, b, c, d, e)
  else ACTA_FIELDS(6, a, b, c, d, e, f)
  else ACTA_FIELDS(7, a, b, c, d, e, f, g)
  else ACTA_FIELDS(8, a, b, c, d, e, f, g, h)
  else ACTA_FIELDS(9, a, b, c, d, e, f, g, h, i)
  else ACTA_FIELDS(10, a, b, c, d, e, f, g, h, i, j)
  else ACTA_FIELDS(11, a, b, c, d, e, f, g, h, i, j, k)
  else ACTA_FIELDS(12, a, b, c, d, e, f, g, h, i, j, k, l)
  else ACTA_FIELDS(13, a, b, c, d, e, f, g, h, i, j, k, l, m)
  else ACTA_FIELDS(14, a, b, c, d, e, f, g, h, i, j, k, l, m, n)
  else ACTA_FIELDS(15, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o)
  else ACTA_FIELDS(16, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p)
#undef ACTA_FIELDS
  // clang-format on
}

} // namespace acta::testing::detail
