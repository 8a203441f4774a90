// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What waits as JSON under a name: commands and inputs in the steps of processes, in deliveries,
/// timers and schedules. The name says the version: `credit`, and `credit@2` of schema 2. A later
/// release reads it through the `upcast` of the type, as it does events (upcast.hpp), with two
/// differences: one value stays one value, so an upcast that returns none or several does not read
/// it, and an upcast that takes metadata gets empty ones, for there is no event.
#pragma once

#include <acta/core/result.hpp>
#include <acta/domain/aggregate_type.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/type_name.hpp>
#include <acta/domain/upcast.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
/// @param own  schema of the type today
[[nodiscard]] error no_kept_version(std::string_view name, std::uint16_t schema, unsigned own);

/// The name under which a `T` is kept.
template <class T> const std::string& kept_name_of() {
  static const auto name = kept_name_text(type_name<T>(), schema_version<T>());
  return name;
}

template <class Older, unsigned Newer> consteval unsigned number_before() {
  if constexpr (has_own_schema<Older>)
    return Older::schema;
  else
    return Newer > 1 ? Newer - 1 : 1;
}
/// The schema of the version before schema `Newer`.
template <class Older, unsigned Newer> struct schema_before {
  static constexpr unsigned value = number_before<Older, Newer>();
};

/// One value stays one value.
template <class T> constexpr bool upcasts_to_one() {
  if constexpr (has_upcast<T>)
    return std::same_as<std::remove_cvref_t<decltype(call_member_upcast<T>(
                            std::declval<const older_of<T>&>(), std::declval<const metadata&>()))>,
                        T>;
  else
    return false;
}
template <class T> inline constexpr bool upcasts_to_itself = upcasts_to_one<T>();
struct none {};
template <class T> struct older_or_none_of { using type = none; };
template <has_upcast T> struct older_or_none_of<T> { using type = older_of<T>; };
template <class T> using older_or_none = typename older_or_none_of<T>::type;

/// There is an upcast that reads the version before schema `Schema` of `T`.
template <class T, unsigned Schema> constexpr bool reads_the_one_before() {
  if constexpr (upcasts_to_itself<T>)
    return std::default_initializable<older_of<T>> &&
           schema_before<older_of<T>, Schema>::value < Schema;
  else
    return false;
}

/// Whether what `T`, and each version before it, says of the one before can be used.
template <class T, unsigned Schema> constexpr bool has_right_upcasts() {
  if constexpr (reads_the_one_before<T, Schema>())
    return has_right_upcasts<older_of<T>, schema_before<older_of<T>, Schema>::value>();
  else
    return !has_upcast<T> && !has_member_upcast<T>;
}
template <class Newer, unsigned Schema> struct kept_upcast_must_be_one {
  static_assert(has_upcast<Newer> || !has_member_upcast<Newer>,
                "acta: the upcast of the Newer of kept_upcast_must_be_one<Newer, Schema> must be "
                "one public static function of the older struct, `static Newer upcast(const "
                "Older&)`. Several older versions are chained: each has an upcast from the one "
                "before.");
  static_assert(!has_upcast<Newer> || upcasts_to_itself<Newer>,
                "acta: the upcast of the Newer of kept_upcast_must_be_one<Newer, Schema> must "
                "return a Newer, and nothing else: what waits is one command, and stays one.");
  static_assert(
      !upcasts_to_itself<Newer> || reads_the_one_before<Newer, Schema>(),
      "acta: the struct that the upcast of the Newer of kept_upcast_must_be_one<Newer, "
      "Schema> takes must be default-constructible, and have a lower `schema` than Newer: "
      "raise that of Newer.");
};
/// The first that is wrong. As tell_missing_of_aggregate.
template <class T, unsigned Schema = schema_version<T>()> void tell_wrong_kept_upcast() {
  if constexpr (reads_the_one_before<T, Schema>())
    tell_wrong_kept_upcast<older_of<T>, schema_before<older_of<T>, Schema>::value>();
  else
    (void)sizeof(kept_upcast_must_be_one<T, Schema>);
}

/// Calls f.template operator()<Older, schema>() with each version before `T`, newest first.
template <class T, unsigned Schema, class F> void for_each_older(F&& f) {
  if constexpr (reads_the_one_before<T, Schema>()) {
    using older = older_of<T>;
    constexpr auto schema = schema_before<older, Schema>::value;
    f.template operator()<older, schema>();
    for_each_older<older, schema>(f);
  }
}
/// The versions before `T` that it is read from, newest first.
template <class T> std::vector<kept_version> earlier_versions_of() {
  std::vector<kept_version> all;
  for_each_older<T, schema_version<T>()>([&]<class Older, unsigned Schema>() {
    all.push_back({static_cast<std::uint16_t>(Schema), shape_of<Older>(),
                   shape_of<Older>(shape_form::first)});
  });
  return all;
}

/// Reads a `T` that was kept as `schema` of it. May throw what an upcast throws.
/// @tparam Schema  of T itself
/// @tparam Own  of the type that it becomes in the end
template <class T, unsigned Schema, unsigned Own = Schema>
result<T> read_kept(std::uint16_t schema, std::string_view json) {
  if (schema == Schema) {
    T value{};
    if (auto read = from_json(json, value); !read) return std::move(read).error();
    return value;
  }
  if constexpr (reads_the_one_before<T, Schema>()) {
    using older = older_of<T>;
    auto old = read_kept<older, schema_before<older, Schema>::value, Own>(schema, json);
    if (!old) return std::move(old).error();
    return call_member_upcast<T>(static_cast<const older&>(*old), metadata{});
  }
  return no_kept_version(type_name<T>(), schema, Own);
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
    for (const auto& version : detail::earlier_versions_of<T>())
      if (auto as_then = detail::read_kept<T, own>(version.schema, json)) return as_then;
    return read;
  } catch (...) { return error(domain_errc::upcast_threw, detail::describe_exception()); }
}

} // namespace acta
