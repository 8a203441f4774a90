// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The archive that reads JSON. Most code calls `from_json` of codec/json.hpp, where the forms are
/// listed.
#pragma once

#include <acta/domain/codec/json_document.hpp>
#include <acta/domain/codec/json_writer.hpp>

namespace acta {

/// Reads one value from a parsed document. Throws; a value type, used by one thread.
class json_reader : public cereal::InputArchive<json_reader, cereal::AllowEmptyClassElision> {
  using base = cereal::InputArchive<json_reader, cereal::AllowEmptyClassElision>;

public:
  explicit json_reader(codec_detail::json_document& document) : base(this), document_(document) {}

  template <class... T> json_reader& operator()(T&&... values) {
    (get_member(values), ...);
    return *this;
  }
  template <class T> json_reader& operator&(T&& value) { return (*this)(value); }
  template <class T> json_reader& operator>>(T&& value) { return (*this)(value); }

  /// JSON pointer to what is being read.
  [[nodiscard]] std::string where() const;
  /// The exception that has ended the reading, as an error; a field that is missing comes before
  /// what user code says of its default value. Pre: inside a catch block.
  [[nodiscard]] error caught() const;

private:
  template <class T>
  requires(std::is_arithmetic_v<T> ||
           codec_detail::is_string<T>) friend void CEREAL_LOAD_FUNCTION_NAME(json_reader& ar,
                                                                             T& value);

  enum class form : std::uint8_t { open, object, array };
  static constexpr auto none = std::numeric_limits<std::uint32_t>::max();
  struct frame {
    std::uint32_t node;
    std::uint32_t child;  ///< being read, or none
    std::uint32_t cursor; ///< where to look for the next member first
    std::uint32_t taken;
    std::uint32_t unnamed;
    form is;
  };

  template <class T> void get_member(T& value);
  template <class T> void get_field(std::string_view name, T& value);
  template <class T> void get(T& value);
  template <class T> void get_elements(T& values);
  template <class T> void get_map(T& values);
  template <class T> void get_variant(T& value);
  template <class T> void get_time(T& value);
  template <class T, std::size_t... I>
  void get_alternative(T& value, std::size_t index, std::index_sequence<I...>);
  template <class K> K to_key(std::string_view text);

  /// Goes down into the value under the cursor. Throws unless it is of that form (open: an object
  /// or an array).
  void enter(form is);
  void leave();
  /// Next element of an array, or member of an object that is a map; false at the end.
  bool next();
  bool find(std::string_view name);
  void done();
  [[nodiscard]] std::uint32_t count() const { return document_[levels_[depth_ - 1].node].count; }
  void require_count(std::size_t count) const;
  std::string next_unnamed();
  std::size_t size_tag();

  [[nodiscard]] bool is_null() const {
    return document_[at_].kind == codec_detail::json_kind::null;
  }
  void null() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max) const;
  [[nodiscard]] std::uint64_t integer(std::uint64_t max) const;
  void real(double& value) const;
  void real(float& value) const;
  [[nodiscard]] time_point time() const;

  [[noreturn]] void fail(std::string detail) const;
  [[noreturn]] void fail_kind(std::string_view expected) const;
  /// A field that is missing is told when its object ends: another may stand there misspelt.
  void note_missing(std::string_view name);
  /// An object has other members than its class.
  [[noreturn]] void fail_members();
  [[noreturn]] void fail_alternative(std::string_view missing);

  codec_detail::json_document& document_;
  std::uint32_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t classes_ = 0;       ///< of those levels
  std::size_t missing_depth_ = 0; ///< of the object that lacks `missing_`; 0: none does
  std::string missing_;           ///< name of its first field that is not there
  std::string missing_in_;        ///< pointer to the object
  std::array<frame, json_depth_max> levels_;
};

template <class T>
requires(std::is_arithmetic_v<T> ||
         codec_detail::is_string<T>) void CEREAL_LOAD_FUNCTION_NAME(json_reader& ar, T& value) {
  ar.get(value);
}

namespace codec_detail {
/// Whole decimal text to an integer, in the one form the writer gives it.
[[nodiscard]] bool parse_integer(std::string_view text, std::int64_t min, std::int64_t max,
                                 std::int64_t& to);
[[nodiscard]] bool parse_integer(std::string_view text, std::uint64_t max, std::uint64_t& to);
} // namespace codec_detail

template <class T> void json_reader::get_member(T& value) {
  using namespace codec_detail;
  static_assert(!std::is_const_v<T> || is_field<std::remove_const_t<T>>,
                "cannot read into a const value");
  if constexpr (is_field<std::remove_const_t<T>>) {
    if (depth_ == 0)
      get(value.value);
    else
      get_field(value.name, value.value);
  } else if constexpr (is_size_tag<T>) {
    value.size = static_cast<std::remove_cvref_t<decltype(value.size)>>(size_tag());
  } else if constexpr (is_base_class<T>) {
    if constexpr (is_read<base_of_tag<T>>)
      base::operator()(value);
    else
      (void)sizeof(class_must_be_shown<base_of_tag<T>>);
  } else if (depth_ == 0) {
    get(value);
  } else if (levels_[depth_ - 1].is == form::array) {
    if (!next()) fail("too few elements");
    get(value);
  } else {
    get_field(next_unnamed(), value);
  }
}

template <class T> void json_reader::get_field(std::string_view name, T& value) {
  if (find(name)) {
    get(value);
    done();
  } else if constexpr (codec_detail::is_optional<T>) {
    value.reset();
  } else {
    note_missing(name);
  }
}

template <class T> void json_reader::get(T& value) {
  using namespace codec_detail;
  static_assert(!std::is_const_v<T>, "cannot read into a const value");
  if constexpr (!has_a_form<T>) {
    (void)sizeof(type_must_have_a_form<T>);
  } else if constexpr (std::same_as<T, bool>) {
    value = boolean();
  } else if constexpr (std::is_floating_point_v<T>) {
    real(value);
  } else if constexpr (number<T> && std::is_signed_v<T>) {
    value = static_cast<T>(integer(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
  } else if constexpr (number<T>) {
    value = static_cast<T>(integer(std::numeric_limits<T>::max()));
  } else if constexpr (named_enum<T>) {
    value = to_key<T>(text());
  } else if constexpr (is_plain_enum<T, json_writer>()) {
    std::underlying_type_t<T> number{};
    get(number);
    value = static_cast<T>(number);
  } else if constexpr (is_string<T>) {
    value = text();
  } else if constexpr (is_sequence<T> || is_set<T> || is_array<T>) {
    get_elements(value);
  } else if constexpr (is_map<T>) {
    get_map(value);
  } else if constexpr (is_tuple<T>) {
    enter(form::array);
    require_count(std::tuple_size_v<T>);
    std::apply([this](auto&... item) { ((void(this->next()), this->get(item)), ...); }, value);
    leave();
  } else if constexpr (is_optional<T>) {
    static_assert(!is_nullable<typename T::value_type>,
                  "JSON has one null: an optional of an optional cannot come back");
    if (is_null())
      value.reset();
    else
      get(value.emplace());
  } else if constexpr (is_pointer<T>) {
    using element = std::remove_const_t<typename T::element_type>;
    check_pointer<element>();
    static_assert(!is_nullable<element>,
                  "JSON has one null: a pointer to an optional cannot come back");
    if (is_null()) {
      value = nullptr;
    } else {
      auto to = std::make_unique<element>();
      get(*to);
      value = std::move(to);
    }
  } else if constexpr (is_variant<T>) {
    get_variant(value);
  } else if constexpr (std::same_as<T, std::monostate>) {
    null();
  } else if constexpr (is_duration<T>) {
    typename T::rep count{};
    get(count);
    value = T{count};
  } else if constexpr (is_system_time<T>) {
    get_time(value);
  } else if constexpr (is_time_point<T>) {
    typename T::rep count{};
    get(count);
    value = T{typename T::duration{count}};
  } else if constexpr (std::same_as<T, uuid> || std::same_as<T, position>) {
    value = to_key<T>(text());
  } else if constexpr (!std::is_void_v<minimal_t<T, json_writer>>) {
    base::operator()(value); // comes back through CEREAL_LOAD_FUNCTION_NAME
  } else if constexpr (is_read<T>) {
    if (++classes_ > codec_depth_max) fail_too_deep();
    enter(form::open);
    base::operator()(value);
    leave();
    --classes_;
  } else {
    (void)sizeof(class_must_be_shown<T>);
  }
}

template <class T> void json_reader::get_elements(T& values) {
  using namespace codec_detail;
  enter(form::array);
  if constexpr (is_array<T>) {
    require_count(std::size(values));
    for (auto& value : values) {
      (void)next();
      get(value);
    }
  } else {
    using element = typename T::value_type;
    values.clear();
    if constexpr (is_vector<T>) values.reserve(count());
    while (next()) {
      if constexpr (is_sequence<T> && !std::same_as<element, bool>) {
        get(values.emplace_back());
      } else {
        element value{};
        get(value);
        if constexpr (is_sequence<T>) {
          values.push_back(value);
        } else {
          const auto before = values.size();
          values.insert(values.end(), std::move(value));
          if (values.size() == before) fail("an element of a set twice");
        }
      }
    }
  }
  leave();
}

template <class T> void json_reader::get_map(T& values) {
  using namespace codec_detail;
  constexpr bool as_object = is_object_map<T>();
  values.clear();
  enter(as_object ? form::object : form::array);
  while (next()) {
    std::pair<typename T::key_type, typename T::mapped_type> item{};
    if constexpr (as_object) {
      item.first = to_key<typename T::key_type>(document_.key(document_[at_]));
      get(item.second);
    } else {
      get(item);
    }
    const auto before = values.size();
    values.emplace_hint(values.end(), std::move(item.first), std::move(item.second));
    if (values.size() == before) fail("a key of a map twice");
  }
  leave();
}

template <class T> void json_reader::get_variant(T& value) {
  static const auto names = codec_detail::variant_names<T>::all();
  enter(form::object);
  std::string name;
  if (!find("type")) fail_alternative("type");
  get(name);
  std::size_t index = 0;
  while (index < names.size() && names[index] != name) ++index;
  if (index == names.size()) {
    std::string known;
    for (const auto& each : names) {
      if (!known.empty()) known += ", ";
      append_json_string(known, each);
    }
    std::string got;
    append_json_string(got, name);
    fail("unknown alternative " + got + "; known are " + known);
  }
  done();
  if (!find("value")) fail_alternative("value");
  get_alternative(value, index, std::make_index_sequence<std::variant_size_v<T>>{});
  done();
  leave();
}

template <class T, std::size_t... I>
void json_reader::get_alternative(T& value, std::size_t index, std::index_sequence<I...>) {
  (void)((index == I && (get(value.template emplace<I>()), true)) || ...);
}

template <class T> void json_reader::get_time(T& value) {
  using namespace std::chrono;
  const auto t = time();
  if constexpr (std::same_as<T, time_point>) {
    value = t;
    return;
  }
  // In seconds as double first: the exact conversion could overflow.
  const auto seconds = duration<double>(t.time_since_epoch()).count();
  if (seconds <= duration<double>(T::min().time_since_epoch()).count() ||
      seconds >= duration<double>(T::max().time_since_epoch()).count())
    fail("a time outside of what the field can hold");
  value = floor<typename T::duration>(t);
  if (value != t) fail("a time finer than the field's unit");
}

/// Text of a key, a named enum or an id.
template <class K> K json_reader::to_key(std::string_view from) {
  using namespace codec_detail;
  K key{};
  if constexpr (is_string<K>) {
    key = from;
  } else if constexpr (std::same_as<K, uuid> || std::same_as<K, position>) {
    auto parsed = K::parse(from);
    if (!parsed) fail(std::string(parsed.error().detail()));
    key = *parsed;
  } else if constexpr (std::is_integral_v<K>) {
    std::conditional_t<std::is_signed_v<K>, std::int64_t, std::uint64_t> value{};
    bool fits;
    if constexpr (std::is_signed_v<K>)
      fits =
          parse_integer(from, std::numeric_limits<K>::min(), std::numeric_limits<K>::max(), value);
    else
      fits = parse_integer(from, std::numeric_limits<K>::max(), value);
    if (!fits)
      fail("a key must be an integer " + std::to_string(std::numeric_limits<K>::min()) + ".." +
           std::to_string(std::numeric_limits<K>::max()));
    key = static_cast<K>(value);
  } else if constexpr (named_enum<K>) {
    for (const auto& [known, name] : enum_names(K{}))
      if (name == from) return known;
    std::string got;
    append_json_string(got, from);
    fail("unknown name " + got + "; known are " + known_names<K>());
  } else if constexpr (is_plain_enum<K, json_writer>()) {
    key = static_cast<K>(to_key<std::underlying_type_t<K>>(from));
  } else if constexpr (minimal<K, json_writer>::member) {
    cereal::access::member_load_minimal(*this, key, to_key<minimal_t<K, json_writer>>(from));
  } else {
    CEREAL_LOAD_MINIMAL_FUNCTION_NAME(std::as_const(*this), key,
                                      to_key<minimal_t<K, json_writer>>(from));
  }
  return key;
}

} // namespace acta
