// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The archive that writes JSON. Most code calls `to_json` of codec/json.hpp, where the forms are
/// listed.
#pragma once

#include <acta/core/time.hpp>
#include <acta/domain/codec/failure.hpp>
#include <acta/domain/codec/kinds.hpp>
#include <acta/domain/type_name.hpp>

#include <cereal/cereal.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace acta {

class json_reader;

/// Appends `text` as a JSON string with its quotes; what is not UTF-8 becomes U+FFFD. For JSON
/// written by hand.
void append_json_string(std::string& out, std::string_view text);

namespace codec_detail {

/// Appends as `append_json_string`; false, and part of it, at the first byte that is not UTF-8.
[[nodiscard]] bool append_json_text(std::string& out, std::string_view text);
void append_json_number(std::string& out, std::int64_t value);
void append_json_number(std::string& out, std::uint64_t value);
/// Shortest text that reads back as the same value. Pre: finite.
void append_json_number(std::string& out, double value);
void append_json_number(std::string& out, float value);

/// The name of `value`, empty if it has none.
template <named_enum E> std::string_view enum_name(E value) {
  for (const auto& [known, name] : enum_names(value))
    if (known == value) return name;
  return {};
}
/// `"red", "green"`, for a person who wrote another name.
template <named_enum E> std::string known_names() {
  std::string list;
  for (const auto& [known, name] : enum_names(E{})) {
    if (!list.empty()) list += ", ";
    append_json_string(list, name);
  }
  return list;
}

/// How an alternative of a variant is called in "type", before a look at its sisters.
template <class T> consteval std::string_view kind_name() {
  if constexpr (std::same_as<T, std::monostate>)
    return "null";
  else if constexpr (std::same_as<T, bool>)
    return "bool";
  else if constexpr (is_string<T>)
    return "string";
  else if constexpr (std::is_integral_v<T>) {
    constexpr std::array<std::string_view, 9> names{"", "u8", "u16", "", "u32", "", "", "", "u64"};
    constexpr std::array<std::string_view, 9> signed_names{"", "i8", "i16", "",   "i32",
                                                           "", "",   "",    "i64"};
    return std::is_signed_v<T> ? signed_names[sizeof(T)] : names[sizeof(T)];
  } else if constexpr (std::is_floating_point_v<T>)
    return sizeof(T) == 4 ? "f32" : "f64";
  else if constexpr (is_sequence<T> || is_array<T> || is_set<T>)
    return "list";
  else if constexpr (is_map<T>)
    return "map";
  else if constexpr (is_tuple<T>)
    return "tuple";
  else if constexpr (is_duration<T>)
    return "duration";
  else if constexpr (is_time_point<T>)
    return "time";
  else if constexpr (is_optional<T> || is_pointer<T> || is_variant<T>)
    return "";
  else
    return type_name<T>();
}

template <class Variant> struct variant_names;
template <class... T> struct variant_names<std::variant<T...>> {
  static constexpr bool distinct = [] {
    const std::array<std::string_view, sizeof...(T)> names{kind_name<T>()...};
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].empty()) return false;
      for (std::size_t j = 0; j < i; ++j)
        if (names[i] == names[j]) return false;
    }
    return true;
  }();
  /// By index.
  static std::array<std::string, sizeof...(T)> all() {
    if constexpr (distinct) return {std::string(kind_name<T>())...};
    std::array<std::string, sizeof...(T)> names;
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i);
    return names;
  }
};

} // namespace codec_detail

/// Writes one value to the end of a string. Throws; a value type, used by one thread.
class json_writer : public cereal::OutputArchive<json_writer, cereal::AllowEmptyClassElision> {
  using base = cereal::OutputArchive<json_writer, cereal::AllowEmptyClassElision>;

public:
  explicit json_writer(std::string& out) : base(this), out_(out) {}

  template <class... T> json_writer& operator()(T&&... values) {
    (put_member(values), ...);
    return *this;
  }
  template <class T> json_writer& operator&(T&& value) { return (*this)(value); }
  template <class T> json_writer& operator<<(T&& value) { return (*this)(value); }

  /// JSON pointer to what is being written.
  [[nodiscard]] std::string where() const;

private:
  template <class T>
  requires(std::is_arithmetic_v<T> ||
           codec_detail::is_string<T>) friend void CEREAL_SAVE_FUNCTION_NAME(json_writer& ar,
                                                                             const T& value);

  /// A class is open until its first member tells an object from an array (a size tag).
  enum class form : std::uint8_t { open, object, array };
  struct frame {
    form is;
    std::uint32_t members;
    std::uint32_t unnamed;
    std::size_t key_at; ///< in out_
    std::size_t key_size;
  };

  template <class T> void put_member(const T& value);
  template <class T> void put(const T& value);
  template <class T> void put_map(const T& values);
  template <class T> void put_key(const T& key);
  template <class D> void put_time(std::chrono::sys_time<D> t);

  void enter(form is);
  void leave();
  /// Starts the next member: a comma, and in an object its key.
  void element();
  void key(std::string_view name);
  void unnamed();
  void make_array();
  void text(std::string_view value);
  void real(double value);
  void real(float value);
  void time(time_point t);
  [[noreturn]] static void fail_time();

  std::string& out_;
  std::size_t depth_ = 0;
  std::size_t classes_ = 0; ///< of those levels
  std::array<frame, json_depth_max> levels_;
};

template <class T>
requires(std::is_arithmetic_v<T> ||
         codec_detail::is_string<T>) void CEREAL_SAVE_FUNCTION_NAME(json_writer& ar,
                                                                    const T& value) {
  ar.put(value);
}

namespace codec_detail {

/// A key that is the text of a JSON field: std::string, integers, enums, ids and classes that are
/// minimally one of the first two.
template <class K> constexpr bool is_text_key() {
  if constexpr (std::same_as<K, bool>)
    return false;
  else if constexpr (is_string<K> || std::same_as<K, uuid> || std::same_as<K, position>)
    return true;
  else if constexpr (std::is_integral_v<K>)
    return true;
  else if constexpr (named_enum<K>)
    return true;
  else if constexpr (is_plain_enum<K, json_writer>())
    return !std::same_as<std::underlying_type_t<K>, bool>;
  else if constexpr (is_users<K>())
    return is_string<minimal_t<K, json_writer>> || (std::is_integral_v<minimal_t<K, json_writer>> &&
                                                    !std::same_as<minimal_t<K, json_writer>, bool>);
  else
    return false;
}

/// Maps that are an object; the others are an array of pairs, because a key cannot stand twice in
/// an object.
template <class Map> constexpr bool is_object_map() {
  return has_unique_keys<Map> && is_text_key<typename Map::key_type>();
}

} // namespace codec_detail

} // namespace acta

CEREAL_SETUP_ARCHIVE_TRAITS(acta::json_reader, acta::json_writer)

namespace acta {

template <class T> void json_writer::put_member(const T& value) {
  using namespace codec_detail;
  if constexpr (is_field<T>) {
    key(value.name);
    put(value.value);
  } else if constexpr (is_size_tag<T>) {
    make_array();
  } else if constexpr (is_base_class<T>) {
    // Its members stand among those of the derived class.
    if constexpr (is_written<base_of_tag<T>>)
      base::operator()(value);
    else
      (void)sizeof(class_must_be_shown<base_of_tag<T>>);
  } else {
    unnamed();
    put(value);
  }
}

template <class T> void json_writer::put(const T& value) {
  using namespace codec_detail;
  if constexpr (!has_a_form<T>) {
    (void)sizeof(type_must_have_a_form<T>);
  } else if constexpr (std::same_as<T, bool>) {
    out_ += value ? "true" : "false";
  } else if constexpr (std::is_floating_point_v<T>) {
    real(value);
  } else if constexpr (number<T>) {
    append_json_number(
        out_,
        static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(value));
  } else if constexpr (named_enum<T>) {
    const auto name = enum_name(value);
    if (name.empty()) throw failure("an enum value without a name; known are " + known_names<T>());
    text(name);
  } else if constexpr (is_plain_enum<T, json_writer>()) {
    put(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (is_string<T>) {
    text(value);
  } else if constexpr (is_sequence<T> || is_set<T> || is_array<T>) {
    enter(form::array);
    for (const auto& item : value) {
      element();
      put(item);
    }
    leave();
  } else if constexpr (is_map<T>) {
    put_map(value);
  } else if constexpr (is_tuple<T>) {
    enter(form::array);
    std::apply([this](const auto&... item) { ((this->element(), this->put(item)), ...); }, value);
    leave();
  } else if constexpr (is_optional<T> || is_pointer<T>) {
    if constexpr (is_pointer<T>) check_pointer<typename T::element_type>();
    using inner = std::remove_cvref_t<decltype(*value)>;
    static_assert(!is_nullable<inner>,
                  "JSON has one null: an optional of an optional cannot come back");
    if (value)
      put(*value);
    else
      out_ += "null";
  } else if constexpr (is_variant<T>) {
    if (value.valueless_by_exception()) throw failure("a variant without a value");
    enter(form::object);
    key("type");
    static const auto names = variant_names<T>::all();
    text(names[value.index()]);
    key("value");
    std::visit([this](const auto& alternative) { this->put(alternative); }, value);
    leave();
  } else if constexpr (std::same_as<T, std::monostate>) {
    out_ += "null";
  } else if constexpr (is_duration<T>) {
    put(value.count());
  } else if constexpr (is_system_time<T>) {
    put_time(value);
  } else if constexpr (is_time_point<T>) {
    put(value.time_since_epoch().count());
  } else if constexpr (std::same_as<T, uuid> || std::same_as<T, position>) {
    text(value.to_string());
  } else if constexpr (!std::is_void_v<minimal_t<T, json_writer>>) {
    base::operator()(value); // comes back through CEREAL_SAVE_FUNCTION_NAME
  } else if constexpr (is_written<T>) {
    if (++classes_ > codec_depth_max) fail_too_deep();
    enter(form::open);
    base::operator()(value);
    leave();
    --classes_;
  } else {
    (void)sizeof(class_must_be_shown<T>);
  }
}

template <class T> void json_writer::put_map(const T& values) {
  using namespace codec_detail;
  if constexpr (is_object_map<T>()) {
    enter(form::object);
    for (const auto& [name, value] : values) {
      put_key(name);
      put(value);
    }
    leave();
  } else {
    enter(form::array);
    for (const auto& pair : values) {
      element();
      put(pair);
    }
    leave();
  }
}

template <class T> void json_writer::put_key(const T& name) {
  using namespace codec_detail;
  if constexpr (is_string<T>) {
    key(name);
  } else if constexpr (std::same_as<T, uuid> || std::same_as<T, position>) {
    key(name.to_string());
  } else if constexpr (std::is_integral_v<T>) {
    std::string digits;
    append_json_number(
        digits,
        static_cast<std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>(name));
    key(digits);
  } else if constexpr (named_enum<T>) {
    if (enum_name(name).empty())
      throw failure("an enum value without a name; known are " + known_names<T>());
    key(enum_name(name));
  } else if constexpr (is_plain_enum<T, json_writer>()) {
    put_key(static_cast<std::underlying_type_t<T>>(name));
  } else if constexpr (minimal<T, json_writer>::member) {
    put_key(cereal::access::member_save_minimal(*this, name));
  } else {
    put_key(CEREAL_SAVE_MINIMAL_FUNCTION_NAME(std::as_const(*this), name));
  }
}

template <class D> void json_writer::put_time(std::chrono::sys_time<D> t) {
  using namespace std::chrono;
  if constexpr (!std::same_as<D, microseconds>) {
    // Coarse first, in seconds as double: the exact conversion could overflow.
    const auto seconds = duration<double>(t.time_since_epoch()).count();
    if (!(seconds >= -9'223'372'036'854.0 && seconds <= 9'223'372'036'854.0)) fail_time();
  }
  time(floor<microseconds>(t));
}

} // namespace acta
