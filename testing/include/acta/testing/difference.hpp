// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Whether two values are the same, for types that need no operator==.
///
/// A class is compared by its operator== if it has one, else member by member (see fields.hpp),
/// else by its binary form. The first two see members that `serialize` forgot; an operator== that
/// leaves a member out (a cache) says that this member does not count.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/kinds.hpp>
#include <acta/domain/type_name.hpp>
#include <acta/testing/fields.hpp>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace acta::testing {

namespace detail {

template <class T>
concept has_equals = requires(const T& a, const T& b) {
  { a == b } -> std::convertible_to<bool>;
};

template <class T>
inline constexpr bool is_hashed = (codec_detail::is_set<T> || codec_detail::is_map<T>)&&requires {
  typename T::hasher;
};

/// The types whose `==` looks at all of them. Containers have one as well, but it may not compile.
template <class T>
inline constexpr bool is_scalar =
    std::is_arithmetic_v<T> || std::is_enum_v<T> || codec_detail::is_string<T> ||
    codec_detail::is_duration<T> || codec_detail::is_time_point<T> || std::same_as<T, uuid> ||
    std::same_as<T, position> || std::same_as<T, std::monostate>;

/// One comparison. It stops at the first difference and notes the way to it.
class comparison {
public:
  [[nodiscard]] bool different() const noexcept { return different_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  template <class T> void compare(const T& a, const T& b) {
    using namespace codec_detail;
    if constexpr (std::floating_point<T>)
      note(!(a == b || (std::isnan(a) && std::isnan(b))));
    else if constexpr (is_scalar<T>)
      note(!(a == b));
    else if constexpr (is_hashed<T>)
      compare_hashed(a, b);
    else if constexpr (is_sequence<T> || is_array<T> || is_set<T> || is_map<T>)
      compare_elements(a, b);
    else if constexpr (is_tuple<T>)
      compare_members(a, b, std::make_index_sequence<std::tuple_size_v<T>>{});
    else if constexpr (is_optional<T> || is_pointer<T>) {
      if (static_cast<bool>(a) != static_cast<bool>(b))
        note(true);
      else if (a)
        compare(*a, *b);
    } else if constexpr (is_variant<T>) {
      if (a.index() != b.index())
        note(true);
      else
        compare_alternative(a, b, std::make_index_sequence<std::variant_size_v<T>>{});
    } else if constexpr (has_equals<T>)
      note(!(a == b));
    else if constexpr (!std::is_empty_v<T>)
      compare_class(a, b);
  }

private:
  void note(bool different, const char* what = "") {
    if (!different || different_) return;
    different_ = true;
    path_ = what;
  }

  template <class T>
  void compare_step(const T& a, const T& b, const char* kind, std::size_t number) {
    if (different_) return;
    compare(a, b);
    if (different_)
      path_ = std::string(kind) + std::to_string(number) + (path_.empty() ? "" : ", ") + path_;
  }
  template <class T> void compare_class(const T& a, const T& b) {
    const bool outside = std::exchange(complete_, has_known_fields<T>());
    if constexpr (has_known_fields<T>()) {
      const auto left = detail::fields_of(a); // and none of the type's own namespace
      const auto right = detail::fields_of(b);
      compare_members(left, right, std::make_index_sequence<std::tuple_size_v<decltype(left)>>{});
    }
    if constexpr (cereal::traits::is_output_serializable<T, binary_writer>::value) {
      if (!complete_ && !different_) compare_bytes(a, b);
      complete_ = true;
    }
    complete_ = complete_ && outside;
  }
  template <class T> void compare_bytes(const T& a, const T& b) {
    byte_buffer left, right;
    note(!encode_binary(a, left) || !encode_binary(b, right) || as_text(left) != as_text(right),
         "the binary form");
  }
  template <class T, std::size_t... I>
  void compare_members(const T& a, const T& b, std::index_sequence<I...>) {
    (compare_step(std::get<I>(a), std::get<I>(b), "member ", I + 1), ...);
  }
  template <class T, std::size_t... I>
  void compare_alternative(const T& a, const T& b, std::index_sequence<I...>) {
    (void)((a.index() == I && (compare(*std::get_if<I>(&a), *std::get_if<I>(&b)), true)) || ...);
  }
  template <class T> void compare_elements(const T& a, const T& b) {
    if (std::size(a) != std::size(b)) return note(true, "the number of elements");
    auto other = std::begin(b);
    std::size_t number = 0;
    for (const auto& element : a) compare_step(element, *other++, "element ", ++number);
  }
  /// Equal hashed containers may be in different orders.
  template <class T> void compare_hashed(const T& a, const T& b) {
    if (a.size() != b.size()) return note(true, "the number of elements");
    if constexpr (!codec_detail::has_unique_keys<T>) {
      if constexpr (has_equals<typename T::value_type>)
        note(!(a == b));
      else
        complete_ = false;
    } else if constexpr (codec_detail::is_map<T>) {
      for (const auto& [key, value] : a) {
        const auto at = b.find(key);
        if (at == b.end()) return note(true, "the keys");
        compare(value, at->second);
      }
    } else {
      note(!std::ranges::all_of(a, [&](const auto& key) { return b.contains(key); }));
    }
  }

  bool different_ = false;
  /// False while something was met that could not be compared on its own. The class around it then
  /// is, by its bytes.
  bool complete_ = true;
  std::string path_;
};

} // namespace detail

/// Where `a` and `b` differ, in words for a report; nothing if they are the same.
template <class T> std::optional<std::string> difference(const T& a, const T& b) {
  detail::comparison found;
  found.compare(a, b);
  if (!found.different()) return std::nullopt;
  return found.path().empty() ? "the value itself" : found.path();
}

} // namespace acta::testing
