// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What waits as JSON under a name: commands and inputs in the steps of processes, in deliveries,
/// timers and schedules. The name says the version: `credit`, and `credit@2` of schema 2. A later
/// release reads it through the `upcast` of the type, as it does events (upcast.hpp), but one value
/// stays one value.
#pragma once

#include <acta/core/result.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/type_name.hpp>
#include <acta/domain/upcast.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace acta {

/// `credit@2`, taken apart. A name alone is of schema 1; older programs wrote none for any.
struct kept_name {
  std::string_view name;
  std::uint16_t schema = 1;

  /// Of a text that no program wrote, all is the name.
  static kept_name parse(std::string_view text) noexcept;
};

namespace detail {

[[nodiscard]] std::string kept_name_text(std::string_view name, unsigned schema);
[[nodiscard]] error no_kept_version(std::string_view name, std::uint16_t schema);

/// The name under which a `T` is kept.
template <class T> const std::string& kept_name_of() {
  static const auto name = kept_name_text(type_name<T>(), schema_version<T>());
  return name;
}

template <class Older, unsigned Newer> consteval unsigned kept_schema_before() {
  if constexpr (has_own_schema<Older>)
    return Older::schema;
  else
    return Newer > 1 ? Newer - 1 : 1;
}

/// One value stays one value.
template <class T> constexpr bool upcasts_to_one() {
  if constexpr (has_upcast<T>)
    return std::same_as<
        std::remove_cvref_t<decltype(call_member_upcast<T>(std::declval<const older_of<T>&>(),
                                                           std::declval<const metadata&>()))>,
        T>;
  else
    return false;
}
template <class T> inline constexpr bool upcasts_to_itself = upcasts_to_one<T>();
struct none {};
template <class T> struct older_or_none_of { using type = none; };
template <has_upcast T> struct older_or_none_of<T> { using type = older_of<T>; };
template <class T> using older_or_none = typename older_or_none_of<T>::type;

/// Reads a `T` that was kept as `schema` of it. May throw what an upcast throws.
/// @tparam Schema  of T itself
template <class T, unsigned Schema>
result<T> read_kept(std::uint16_t schema, std::string_view json) {
  if (schema == Schema) {
    T value{};
    if (auto read = from_json(json, value); !read) return std::move(read).error();
    return value;
  }
  if constexpr (has_upcast<T>) {
    using older = older_of<T>;
    if constexpr (std::default_initializable<older> && upcasts_to_itself<T>) {
      auto old = read_kept<older, kept_schema_before<older, Schema>()>(schema, json);
      if (!old) return std::move(old).error();
      return call_member_upcast<T>(static_cast<const older&>(*old), metadata{});
    }
  }
  return no_kept_version(type_name<T>(), schema);
}

} // namespace detail

/// Reads what was kept under `T`'s name. Errors: `json_invalid`; `unknown_event`, `newer_schema` if
/// the program has no such version; `upcast_threw`.
template <class T> result<T> from_kept(std::uint16_t schema, std::string_view json) {
  constexpr auto own = detail::schema_version<T>();
  try {
    auto read = detail::read_kept<T, own>(schema, json);
    if (read || schema != 1 || own == 1) return read;
    // Programs that wrote no version wrote each so.
    if (auto as_today = detail::read_kept<T, own>(own, json)) return as_today;
    return read;
  } catch (...) { return error(domain_errc::upcast_threw, detail::describe_exception()); }
}

} // namespace acta
