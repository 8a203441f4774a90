// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The shape of a type: the text by which a store and a program compare what they mean by a name.
/// On disk (in contract.txt): never change how a type is written.
///
///   type                               shape
///   bool                               bool
///   integers, char                     i8 i16 i32 i64 u8 u16 u32 u64
///   float, double                      f32 f64
///   enum                               enum<i32>, by its underlying type
///   std::string                        string
///   vector, deque, list                [T]
///   std::array, C array                [T;3]
///   sets; multisets                    set[T]; multiset[T]
///   maps; multimaps                    map[K:V]; multimap[K:V]
///   pair, tuple                        (A,B)
///   optional, unique_ptr, shared_ptr   ?T
///   variant                            (A|B), and (A|) of one; classes and enums as name:shape
///   monostate                          null
///   duration                           duration<i64,1/1000>: count, unit in seconds
///   time_point                         time<i64,1/1000000>; clock<…> for others than system_clock
///   acta::uuid, acta::position         uuid, position
///   a class                            {sku:string,quantity:u32}: the fields of its `serialize`;
///                                      value0 and so on without a name; those of a base class
///                                      stand among them
///   a class with save_minimal          what that returns
///   a class led by a size tag          {#,…}
///   a class within itself              ^1 for the innermost class around it, ^2 for the next
///
/// Kinds that share a binary form (list and vector, unique_ptr and optional) share a shape, except
/// sets and maps, which refuse what a list allows.
#pragma once

#include <acta/domain/codec/failure.hpp>
#include <acta/domain/codec/kinds.hpp>
#include <acta/domain/type_name.hpp>

#include <cereal/cereal.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace acta {

namespace codec_detail {

template <class T> struct alternative { using type = T; };
template <class> inline constexpr bool is_alternative = false;
template <class T> inline constexpr bool is_alternative<alternative<T>> = true;

} // namespace codec_detail

/// Records the shape of what is written to it; values do not matter, types do. A value type, used
/// by one thread.
class shape_recorder
    : public cereal::OutputArchive<shape_recorder, cereal::AllowEmptyClassElision> {
  using base = cereal::OutputArchive<shape_recorder, cereal::AllowEmptyClassElision>;

public:
  shape_recorder() : base(this) {}

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
  };

  template <class T> void record_member(const T& value);
  template <class T> void record_class(const T& value);
  template <class T> void record_ratio(std::string_view kind);
  template <class... T>
  void record_list(std::string_view open, char between, std::string_view close);
  template <class T, std::size_t... I> void record_elements(std::index_sequence<I...>);

  void name(std::string_view field);
  void separate();
  /// Writes the marker if the class is being recorded further out.
  bool recurring(const void* type);

  template <class T> static constexpr char type_mark = 0;

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
template <class T> std::string shape_of() {
  shape_recorder recorder;
  try {
    recorder.record<T>();
    return std::move(recorder.text());
  } catch (...) { return "!" + codec_detail::caught(codec_errc::encode_failed, {}).to_string(); }
}

/// 64-bit FNV-1a of the shape's bytes. On disk: never change.
/// Source: RFC 9923 (The FNV Non-Cryptographic Hash Algorithm).
[[nodiscard]] std::uint64_t fingerprint_of(std::string_view shape) noexcept;

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
    separate();
    out_ += '#';
  } else if constexpr (is_base_class<T>) {
    base::operator()(value);
  } else {
    if (!frames_.empty()) name("value" + std::to_string(frames_.back().unnamed++));
    record<T>();
  }
}

template <class T> void shape_recorder::record() {
  using namespace codec_detail;
  check_supported<T, shape_recorder>();
  if constexpr (std::same_as<T, bool>) {
    out_ += "bool";
  } else if constexpr (number<T>) {
    out_ += std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    out_ += std::to_string(sizeof(T) * 8);
  } else if constexpr (is_plain_enum<T, shape_recorder>()) {
    record_list<std::underlying_type_t<T>>("enum<", ',', ">");
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
      record_list<alternative<A>...>("(", '|', sizeof...(A) == 1 ? "|)" : ")");
    }(static_cast<T*>(nullptr));
  } else if constexpr (is_alternative<T>) {
    // By name: two alternatives alike that change places would change what is on disk.
    if constexpr (is_users<typename T::type>()) (out_ += type_name<typename T::type>()) += ':';
    record<typename T::type>();
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
  } else {
    if (!recurring(&type_mark<T>)) record_class(T{});
  }
}

template <class T> void shape_recorder::record_class(const T& value) {
  frames_.push_back({&type_mark<T>, 0, 0});
  out_ += '{';
  base::operator()(value);
  out_ += '}';
  frames_.pop_back();
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
  record_list<std::tuple_element_t<I, T>...>("(", ',', ")");
}

} // namespace acta
