// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The shape of a type: the text by which a store and a program compare what they mean by a name.
/// On disk (in contract.txt): never change how a type is written but by a new `shape_form`.
///
///   type                               shape
///   bool                               bool
///   integers, char                     i8 i16 i32 i64 u8 u16 u32 u64
///   float, double                      f32 f64
///   enum                               enum<i32>, by its underlying type; one with `enum_names`
///                                      has them behind it, by value: enum<i32:red=1,green=2>
///   std::string                        string
///   vector, deque, list                [T]
///   std::array, C array                [T;3]
///   sets; multisets                    set[T]; multiset[T]
///   maps; multimaps                    map[K:V]; multimap[K:V]
///   pair, tuple                        (A,B)
///   optional, unique_ptr, shared_ptr   ?T
///   variant                            (A|B), and (A|) of one; classes and enums as name:shape,
///                                      or name"whole::name":shape if a sister has the name too
///   monostate                          null
///   duration                           duration<i64,1/1000>: count, unit in seconds
///   time_point                         time<i64,1/1000000>; clock<…> for others than system_clock
///   acta::uuid, acta::position         uuid, position
///   a class                            {sku:string,quantity:u32}: the fields of its `serialize`;
///                                      value0 and so on without a name; those of a base class
///                                      stand among them
///   a class with save_minimal          what that returns
///   a class led by a size tag          {#[A,B]}: what it shows of one element
///   a class within itself              ^1 for the innermost class around it, ^2 for the next
///
/// Kinds that share a binary form (list and vector, unique_ptr and optional) share a shape, except
/// sets and maps, which refuse what a list allows.
#pragma once

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/failure.hpp>
#include <acta/domain/codec/kinds.hpp>
#include <acta/domain/type_name.hpp>

#include <cereal/cereal.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acta {

/// How shapes are written; the first line of contract.txt says it.
enum class shape_form : std::uint8_t {
  /// The layout of the binary form alone: without names of enums, whole names of alternatives and
  /// elements behind a size tag. Stores have it that were made before there was a second form.
  first = 1,
  second,
};
inline constexpr auto shape_form_now = shape_form::second;

namespace codec_detail {

/// One alternative of a variant.
template <class T, class Variant> struct alternative {
  using type = T;
  using variant = Variant;
};
template <class> inline constexpr bool is_alternative = false;
template <class T, class V> inline constexpr bool is_alternative<alternative<T, V>> = true;

/// Alternatives of the variant that are called as `T`.
template <class T, class> inline constexpr std::size_t namesakes = 0;
template <class T, class... Ts>
inline constexpr std::size_t namesakes<T, std::variant<Ts...>> = [] {
  const auto is_one = []<class Other>(std::type_identity<Other>) {
    if constexpr (is_users<Other>())
      return type_name<Other>() == type_name<T>();
    else
      return false;
  };
  return (std::size_t{is_one(std::type_identity<Ts>{})} + ... + 0);
}();

/// A class that may be led by a size tag: a container of the domain's own. The others need not be
/// able to come back from bytes, as a query's reply.
template <class T>
inline constexpr bool may_hold_elements =
    std::default_initializable<T>&& cereal::traits::is_input_serializable<T, probe_reader>::value &&
    (cereal::traits::has_member_load<T, probe_reader>::value ||
     cereal::traits::has_non_member_load<T, probe_reader>::value || requires(const T& t) {
       std::begin(t);
       std::end(t);
     });

/// A value with one element, made of nothing but its size; nothing if no such bytes are one.
template <class T> std::optional<T> with_one_element() {
  constexpr std::size_t enough = 4'096;
  // What refuses an element of zeros, an empty name, may take one of ones.
  for (const auto filling : {std::byte{0}, std::byte{1}}) {
    byte_buffer bytes;
    std::fill_n(bytes.extend(enough), enough, filling);
    *bytes.data() = std::byte{1};
    try {
      std::optional<T> made(std::in_place);
      binary_reader reader(bytes.view());
      reader(*made);
      return made;
    } catch (...) { continue; }
  }
  return std::nullopt;
}

} // namespace codec_detail

/// Records the shape of what is written to it; values do not matter, types do. A value type, used
/// by one thread.
class shape_recorder
    : public cereal::OutputArchive<shape_recorder, cereal::AllowEmptyClassElision> {
  using base = cereal::OutputArchive<shape_recorder, cereal::AllowEmptyClassElision>;

public:
  explicit shape_recorder(shape_form form = shape_form_now) : base(this), form_(form) {}

  template <class... T> shape_recorder& operator()(T&&... values) {
    (record_member(values), ...);
    return *this;
  }
  template <class T> shape_recorder& operator&(T&& value) { return (*this)(value); }
  template <class T> shape_recorder& operator<<(T&& value) { return (*this)(value); }

  /// Appends the shape of `T`, as its default value shows it.
  template <class T> void record();

  [[nodiscard]] std::string& text() noexcept { return out_; }

private:
  template <class T>
  requires(std::is_arithmetic_v<T> ||
           codec_detail::is_string<T>) friend void CEREAL_SAVE_FUNCTION_NAME(shape_recorder& ar,
                                                                             const T& value);

  struct frame {
    const void* type;
    std::uint32_t members;
    std::uint32_t unnamed;
    std::size_t elements_at; ///< in out_: behind the size tag; 0 without one
    bool of_elements;        ///< what follows the size tag is that of one element
  };

  template <class T> void record_member(const T& value);
  template <class T> void record_class(const T& value);
  template <class T> void record_elements_of();
  template <class E> void record_enum();
  template <class T> void record_ratio(std::string_view kind);
  template <class... T>
  void record_list(std::string_view open, char between, std::string_view close);
  template <class T, std::size_t... I> void record_elements(std::index_sequence<I...>);

  void name(std::string_view field);
  void separate();
  /// Appends a name, in quotes if something in it could be taken for the shape's own.
  void put_name(std::string_view name);
  /// Appends a type's whole name as all compilers would spell it: without spaces beside
  /// punctuation, and with one form of the namespace without a name.
  void put_spelling(std::string_view type);
  void size_tag();
  /// Writes the marker if the class is being recorded further out.
  bool recurring(const void* type);

  template <class T> static constexpr char type_mark = 0;

  shape_form form_;
  std::string out_;
  std::vector<frame> frames_;
};

template <class T>
requires(std::is_arithmetic_v<T> ||
         codec_detail::is_string<T>) void CEREAL_SAVE_FUNCTION_NAME(shape_recorder& ar, const T&) {
  ar.record<T>();
}

/// The shape of `T`, taken from its default value: fields that a `save` writes only now and then
/// are not seen. If that `save` throws, the shape is `!` and the reason, which equals no shape on
/// disk.
template <class T> std::string shape_of(shape_form form = shape_form_now) {
  shape_recorder recorder(form);
  try {
    recorder.record<T>();
    return std::move(recorder.text());
  } catch (...) { return "!" + codec_detail::caught(codec_errc::encode_failed, {}).to_string(); }
}

/// 64-bit FNV-1a of the shape's bytes. On disk: never change.
/// Source: RFC 9923 (The FNV Non-Cryptographic Hash Algorithm).
[[nodiscard]] std::uint64_t fingerprint_of(std::string_view shape) noexcept;

/// Whether a shape has a class whose elements cannot be seen, because it is led by a size tag and
/// no value of one element could be made: two such shapes may be equal and mean other things.
[[nodiscard]] bool hides_elements(std::string_view shape) noexcept;

/// In what form values of a shape are kept. JSON holds the names of enums.
enum class kept_as : std::uint8_t { binary, json };

/// What keeps a program from reading what was written under another shape.
struct shape_change {
  std::string where; ///< `/lines/*/colour`: fields, and `*` for what a container holds
  std::string what;  ///< `the store has the enumerator red=1, the program …`
};
/// Compares two shapes of one form. What may differ: an enum may have more names than it had; a
/// second name for a value is one of them. Nothing if the program can read all that was written.
[[nodiscard]] std::optional<shape_change> change_of(std::string_view stored, std::string_view now,
                                                    kept_as as);

/// A struct, on one line, that has this shape: what somebody may copy who no longer has the one
/// that wrote it. Nothing for what cannot be told by a shape alone: a class led by a size tag,
/// names that are no identifiers, two classes of one name, other clocks.
/// @param shape  of a class, in shape_form_now
[[nodiscard]] std::optional<std::string> struct_of(std::string_view shape, std::string_view name);

/// Appends the JSON of a value that no type of the program describes, but its shape does (in
/// shape_form_now): the same text as its type would give, but that an enum's value without a name
/// is a number, and text that is not UTF-8 has U+FFFD in it. Errors: `decode_failed`; `out` is then
/// as before.
result<void> append_json_of(std::string_view shape, bytes_view payload, std::string& out);

template <class T> void shape_recorder::record_member(const T& value) {
  using namespace codec_detail;
  if constexpr (is_field<T>) {
    using type = std::remove_cvref_t<decltype(value.value)>;
    name(value.name);
    if constexpr (is_base_class<type>)
      record_class(*value.value.base_ptr);
    else
      record<type>();
  } else if constexpr (is_size_tag<T>) {
    size_tag();
  } else if constexpr (is_base_class<T>) {
    if constexpr (is_written<base_of_tag<T>>)
      base::operator()(value);
    else
      (void)sizeof(class_must_be_shown<base_of_tag<T>>);
  } else {
    if (!frames_.empty()) name("value" + std::to_string(frames_.back().unnamed++));
    record<T>();
  }
}

template <class T> void shape_recorder::record() {
  using namespace codec_detail;
  if constexpr (!has_a_form<T>) {
    (void)sizeof(type_must_have_a_form<T>);
  } else if constexpr (std::same_as<T, bool>) {
    out_ += "bool";
  } else if constexpr (number<T>) {
    out_ += std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    out_ += std::to_string(sizeof(T) * 8);
  } else if constexpr (is_plain_enum<T, shape_recorder>()) {
    record_enum<T>();
  } else if constexpr (is_string<T>) {
    out_ += "string";
  } else if constexpr (is_sequence<T>) {
    record_list<typename T::value_type>("[", ',', "]");
  } else if constexpr (is_array<T>) {
    using element = std::remove_cvref_t<decltype(*std::begin(std::declval<T&>()))>;
    constexpr std::size_t count = [] {
      if constexpr (std::is_array_v<T>)
        return std::extent_v<T>;
      else
        return std::tuple_size_v<T>;
    }();
    record_list<element>("[", ',', ";" + std::to_string(count) + "]");
  } else if constexpr (is_set<T>) {
    record_list<typename T::key_type>(has_unique_keys<T> ? "set[" : "multiset[", ',', "]");
  } else if constexpr (is_map<T>) {
    record_list<typename T::key_type, typename T::mapped_type>(
        has_unique_keys<T> ? "map[" : "multimap[", ':', "]");
  } else if constexpr (is_tuple<T>) {
    record_elements<T>(std::make_index_sequence<std::tuple_size_v<T>>{});
  } else if constexpr (is_optional<T>) {
    record_list<typename T::value_type>("?", ',', "");
  } else if constexpr (is_pointer<T>) {
    check_pointer<typename T::element_type>();
    record_list<std::remove_const_t<typename T::element_type>>("?", ',', "");
  } else if constexpr (is_variant<T>) {
    [this]<class... A>(std::variant<A...>*) {
      this->template record_list<alternative<A, std::variant<A...>>...>(
          "(", '|', sizeof...(A) == 1 ? "|)" : ")");
    }(static_cast<T*>(nullptr));
  } else if constexpr (is_alternative<T>) {
    // By name: two alternatives alike that change places would change what is on disk.
    using type = typename T::type;
    if constexpr (is_users<type>()) {
      out_ += type_name<type>();
      if (namesakes < type, typename T::variant >> 1 && form_ != shape_form::first)
        put_spelling(acta::detail::spelling<type>());
      out_ += ':';
    }
    record<type>();
  } else if constexpr (std::same_as<T, std::monostate>) {
    out_ += "null";
  } else if constexpr (is_duration<T>) {
    record_ratio<T>("duration<");
  } else if constexpr (is_time_point<T>) {
    record_ratio<typename T::duration>(is_system_time<T> ? "time<" : "clock<");
  } else if constexpr (std::same_as<T, uuid>) {
    out_ += "uuid";
  } else if constexpr (std::same_as<T, position>) {
    out_ += "position";
  } else if constexpr (!std::is_void_v<minimal_t<T, shape_recorder>>) {
    record<minimal_t<T, shape_recorder>>();
  } else if constexpr (is_written<T>) {
    if (!recurring(&type_mark<T>)) record_class(T{});
  } else {
    (void)sizeof(class_must_be_shown<T>);
  }
}

template <class T> void shape_recorder::record_class(const T& value) {
  frames_.push_back({&type_mark<T>, 0, 0, 0, false});
  out_ += '{';
  base::operator()(value);
  if (frames_.back().elements_at != 0 && form_ != shape_form::first) record_elements_of<T>();
  out_ += '}';
  frames_.pop_back();
}

/// Puts the shape of one element behind the size tag, if it can be seen.
template <class T> void shape_recorder::record_elements_of() {
  using namespace codec_detail;
  const auto before = frames_.back();
  const auto rest = out_.substr(before.elements_at);
  out_.resize(before.elements_at);
  frames_.back().of_elements = true;
  frames_.back().members = 0;
  if constexpr (may_hold_elements<T>)
    if (const auto one = with_one_element<T>()) base::operator()(*one);
  if constexpr (requires { typename T::value_type; })
    if (frames_.back().members == 0) {
      separate();
      record<std::remove_cv_t<typename T::value_type>>();
    }
  if (frames_.back().members != 0) out_ += ']';
  frames_.back() = before;
  out_ += rest;
}

template <class E> void shape_recorder::record_enum() {
  using namespace codec_detail;
  using number = std::underlying_type_t<E>;
  out_ += "enum<";
  record<number>();
  if constexpr (named_enum<E>)
    if (form_ != shape_form::first) {
      std::vector<std::pair<number, std::string_view>> names;
      for (const auto& [value, name] : enum_names(E{}))
        names.emplace_back(static_cast<number>(static_cast<E>(value)), name);
      std::stable_sort(names.begin(), names.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      char between = ':';
      for (const auto& [value, name] : names) {
        out_ += std::exchange(between, ',');
        put_name(name);
        (out_ += '=') += std::to_string(value);
      }
    }
  out_ += '>';
}

template <class T> void shape_recorder::record_ratio(std::string_view kind) {
  out_ += kind;
  record<typename T::rep>();
  ((out_ += ',') += std::to_string(T::period::num)) += '/';
  (out_ += std::to_string(T::period::den)) += '>';
}

template <class... T>
void shape_recorder::record_list(std::string_view open, [[maybe_unused]] char between,
                                 std::string_view close) {
  out_ += open;
  bool first = true;
  ((first ? void(first = false) : void(out_ += between), record<T>()), ...);
  out_ += close;
}

template <class T, std::size_t... I>
void shape_recorder::record_elements(std::index_sequence<I...>) {
  record_list<std::remove_const_t<std::tuple_element_t<I, T>>...>("(", ',', ")");
}

} // namespace acta
