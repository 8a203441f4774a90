// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which types the archives handle themselves. Private to the codecs.
///
/// Acta's archives decide by these before cereal looks for a `serialize`, so a domain needs no
/// cereal/types header, and including one changes nothing: the encoded form of a std type is fixed
/// here.
#pragma once

#include <acta/core/ids.hpp>

#include <cereal/access.hpp>
#include <cereal/cereal.hpp>

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <ratio>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace acta::codec_detail {

class probe_writer;
class probe_reader;

} // namespace acta::codec_detail

CEREAL_SETUP_ARCHIVE_TRAITS(acta::codec_detail::probe_reader, acta::codec_detail::probe_writer)

namespace acta::codec_detail {

template <class T>
concept number = std::is_arithmetic_v<T> && !std::same_as<T, bool> &&
                 !std::same_as<T, long double> && !std::same_as<T, wchar_t>;

template <class> inline constexpr bool is_string = false;
template <class A>
inline constexpr bool is_string<std::basic_string<char, std::char_traits<char>, A>> = true;

template <class> inline constexpr bool is_vector = false;
template <class T, class A> inline constexpr bool is_vector<std::vector<T, A>> = true;

/// vector, deque, list: `emplace_back`.
template <class T> inline constexpr bool is_sequence = is_vector<T>;
template <class T, class A> inline constexpr bool is_sequence<std::deque<T, A>> = true;
template <class T, class A> inline constexpr bool is_sequence<std::list<T, A>> = true;

template <class> inline constexpr bool is_array = false;
template <class T, std::size_t N> inline constexpr bool is_array<std::array<T, N>> = true;
template <class T, std::size_t N> inline constexpr bool is_array<T[N]> = true;

template <class> inline constexpr bool is_set = false;
template <class K, class C, class A> inline constexpr bool is_set<std::set<K, C, A>> = true;
template <class K, class C, class A> inline constexpr bool is_set<std::multiset<K, C, A>> = true;
template <class K, class H, class E, class A>
inline constexpr bool is_set<std::unordered_set<K, H, E, A>> = true;
template <class K, class H, class E, class A>
inline constexpr bool is_set<std::unordered_multiset<K, H, E, A>> = true;

template <class> inline constexpr bool is_map = false;
template <class K, class V, class C, class A>
inline constexpr bool is_map<std::map<K, V, C, A>> = true;
template <class K, class V, class C, class A>
inline constexpr bool is_map<std::multimap<K, V, C, A>> = true;
template <class K, class V, class H, class E, class A>
inline constexpr bool is_map<std::unordered_map<K, V, H, E, A>> = true;
template <class K, class V, class H, class E, class A>
inline constexpr bool is_map<std::unordered_multimap<K, V, H, E, A>> = true;

template <class T>
concept is_unordered = (is_set<T> || is_map<T>)&&requires {
  typename T::hasher;
};

/// Sets and maps whose `emplace` can refuse a key.
template <class T> inline constexpr bool has_unique_keys = requires(T t) {
  { t.insert(std::declval<typename T::value_type>()).second } -> std::convertible_to<bool>;
};

template <class> inline constexpr bool is_tuple = false;
template <class A, class B> inline constexpr bool is_tuple<std::pair<A, B>> = true;
template <class... T> inline constexpr bool is_tuple<std::tuple<T...>> = true;

template <class> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;

template <class> inline constexpr bool is_pointer = false;
template <class T> inline constexpr bool is_pointer<std::unique_ptr<T>> = true;
template <class T> inline constexpr bool is_pointer<std::shared_ptr<T>> = true;

/// What may be null in JSON: only one of them can stand around a value.
template <class T>
inline constexpr bool is_nullable =
    is_optional<T> || is_pointer<T> || std::same_as<T, std::monostate>;

template <class> inline constexpr bool is_variant = false;
template <class... T> inline constexpr bool is_variant<std::variant<T...>> = true;

template <class> inline constexpr bool is_duration = false;
template <class R, class P> inline constexpr bool is_duration<std::chrono::duration<R, P>> = true;

template <class> inline constexpr bool is_time_point = false;
template <class C, class D>
inline constexpr bool is_time_point<std::chrono::time_point<C, D>> = true;

template <class> inline constexpr bool is_system_time = false;
template <class D>
inline constexpr bool is_system_time<std::chrono::time_point<std::chrono::system_clock, D>> = true;

template <class> inline constexpr bool is_field = false;
template <class T> inline constexpr bool is_field<cereal::NameValuePair<T>> = true;

template <class> inline constexpr bool is_size_tag = false;
template <class T> inline constexpr bool is_size_tag<cereal::SizeTag<T>> = true;

template <class> inline constexpr bool is_base_class = false;
template <class T> inline constexpr bool is_base_class<cereal::base_class<T>> = true;
template <class T> inline constexpr bool is_base_class<cereal::virtual_base_class<T>> = true;

/// What a cereal::base_class stands for.
template <class Tag>
using base_of_tag =
    std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<Tag&>().base_ptr)>>;

template <class> inline constexpr bool is_cereal_extra = false;
template <class T> inline constexpr bool is_cereal_extra<cereal::BinaryData<T>> = true;
template <class T> inline constexpr bool is_cereal_extra<cereal::DeferredData<T>> = true;

template <class> inline constexpr bool is_weak_ptr = false;
template <class T> inline constexpr bool is_weak_ptr<std::weak_ptr<T>> = true;

/// What a type's own save_minimal returns, void without one (or with cereal's, which every enum
/// has).
template <class T, class Writer> struct minimal {
  static constexpr bool member = cereal::traits::has_member_save_minimal<T, Writer>::value;
  static constexpr bool free = cereal::traits::has_non_member_save_minimal<T, Writer>::value;
  using type =
      std::conditional_t<member, typename cereal::traits::has_member_save_minimal<T, Writer>::type,
                         typename cereal::traits::has_non_member_save_minimal<T, Writer>::type>;
};
template <class T, class Writer>
using minimal_t = std::remove_cvref_t<typename minimal<T, Writer>::type>;

/// The enum has `enum_names(E)`, found by its namespace: a range of pairs of value and name.
template <class E>
concept named_enum = requires(E e) {
  { (*std::begin(enum_names(e))).first } -> std::convertible_to<E>;
  { (*std::begin(enum_names(e))).second } -> std::convertible_to<std::string_view>;
};

/// An enum without a save_minimal of its own.
template <class T, class Writer> constexpr bool is_plain_enum() {
  if constexpr (std::is_enum_v<T>)
    return std::same_as<minimal_t<T, Writer>, std::underlying_type_t<T>>;
  return false;
}

/// A class or enum of the domain, not one of those above.
template <class T> constexpr bool is_users() {
  return (std::is_class_v<T> || std::is_enum_v<T>)&&!is_string<T> && !is_sequence<T> &&
         !is_array<T> && !is_set<T> && !is_map<T> && !is_tuple<T> && !is_nullable<T> &&
         !is_variant<T> && !is_duration<T> && !is_time_point<T> && !std::same_as<T, uuid> &&
         !std::same_as<T, position>;
}

/// What no archive of Acta accepts has a type of its own that says so, and is looked at only then:
/// the compiler's message names the class, stands there once, and nothing of the class is compiled
/// after it.
template <class T>
inline constexpr bool has_a_form =
    !std::is_pointer_v<T> && !is_weak_ptr<T> && !std::same_as<T, long double> &&
    !std::same_as<T, wchar_t> && !std::same_as<T, std::string_view> && !is_cereal_extra<T>;

template <class Type> struct type_must_have_a_form {
  static_assert(!std::is_pointer_v<Type>, "acta: a raw pointer has no encoded form: hold a value, "
                                          "a std::optional or a std::unique_ptr");
  static_assert(!is_weak_ptr<Type>, "acta: a std::weak_ptr has no encoded form");
  static_assert(!std::same_as<Type, long double> && !std::same_as<Type, wchar_t>,
                "acta: long double and wchar_t differ between platforms: use double or char32_t");
  static_assert(!std::same_as<Type, std::string_view>,
                "acta: a std::string_view cannot own what is decoded: use std::string");
  static_assert(!is_cereal_extra<Type>,
                "acta: cereal::binary_data and cereal::defer are not supported");
};

/// Asks cereal, for all archives of Acta at once, what a class shows of itself.
class probe_writer : public cereal::OutputArchive<probe_writer, cereal::AllowEmptyClassElision> {};
class probe_reader : public cereal::InputArchive<probe_reader, cereal::AllowEmptyClassElision> {};

template <class Class>
inline constexpr bool has_versions =
    cereal::traits::has_member_versioned_serialize<Class, probe_writer>::value ||
    cereal::traits::has_non_member_versioned_serialize<Class, probe_writer>::value ||
    cereal::traits::has_member_versioned_save<Class, probe_writer>::value ||
    cereal::traits::has_non_member_versioned_save<Class, probe_writer>::value ||
    cereal::traits::has_member_versioned_load<Class, probe_reader>::value ||
    cereal::traits::has_non_member_versioned_load<Class, probe_reader>::value;
template <class Class>
inline constexpr bool
    is_written = (cereal::traits::is_output_serializable<Class, probe_writer>::value ||
                  std::is_empty_v<Class>)&&!has_versions<Class>;
template <class Class>
inline constexpr bool
    is_read = (cereal::traits::is_input_serializable<Class, probe_reader>::value ||
               std::is_empty_v<Class>)&&!has_versions<Class>;

template <class Class> struct class_must_be_shown {
  static_assert(!has_versions<Class>, "acta: serialize with a class version is not supported: Acta "
                                      "has schema versions and upcasts");
  static_assert(
      has_versions<Class> || is_written<Class> || is_read<Class>,
      "acta: the Class of class_must_be_shown<Class> does not show its fields: give it `template "
      "<class Archive> void serialize(Archive& ar) { ar(CEREAL_NVP(one), CEREAL_NVP(two)); }`, or "
      "a `save` and a `load`; just one of these ways, and public, or with `friend class "
      "cereal::access;`.");
  static_assert(is_written<Class> || !is_read<Class>,
                "acta: the Class of class_must_be_shown<Class> has a `load` and no `save(Archive& "
                "ar) const` that fits it.");
  static_assert(is_read<Class> || !is_written<Class>,
                "acta: the Class of class_must_be_shown<Class> has a `save` and no `load(Archive& "
                "ar)` that fits it.");
};

/// Pointers are written by value; a base class pointer would lose what it points to.
template <class T> constexpr void check_pointer() {
  static_assert(!std::is_polymorphic_v<T>, "a pointer to a polymorphic class has no encoded form: "
                                           "use std::variant");
}

} // namespace acta::codec_detail
