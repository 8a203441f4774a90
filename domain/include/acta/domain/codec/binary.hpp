// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The binary form of values: what events and snapshots are on disk.
/// On disk: never change a row of this table.
///
///   type                                form
///   bool                                1 byte, 0 or 1; another value is an error
///   integers, char, float, double       their 1, 2, 4 or 8 bytes, little-endian (IEEE 754)
///   enum                                its underlying type
///   a size                              LEB128: 7 bits a byte, low bits first, as short as can be,
///                                       below 2^32
///   std::string                         size, bytes (not checked to be UTF-8)
///   vector, deque, list, sets           size, elements
///   maps                                size, then key and value of each
///   std::array, C array                 elements
///   pair, tuple                         elements
///   optional, unique_ptr, shared_ptr    1 byte, 0 or 1, then the value if 1
///   variant                             index as a size, then the value
///   monostate                           nothing
///   duration, time_point                the count
///   acta::uuid                          16 bytes
///   acta::position                      u32 partition, u64 number
///   a class                             what its `serialize` shows, in that order; no names
///
/// A class takes part with any of cereal's forms: `serialize`, `save` and `load`, `save_minimal`
/// and `load_minimal`, as members (private ones with `friend class cereal::access`) or free
/// functions. Unordered containers are written in their own order, so equal ones may differ in
/// bytes; encode_canonical() sorts them. Shared pointers are written as values: two pointers to one
/// object come back as two objects.
///
/// Threads: archives are value types, used by one thread.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/codec/failure.hpp>
#include <acta/domain/codec/kinds.hpp>

#include <cereal/cereal.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace acta {

/// Elements in the containers of one value, together, that may take no byte (empty structs). Bounds
/// the work and the memory of sizes that no input stands behind.
inline constexpr std::size_t zero_byte_elements_max = 65'536;

namespace codec_detail {
/// Throws failure beyond `zero_byte_elements_max`.
void count_zero_byte(std::size_t& elements);
} // namespace codec_detail

/// Writes values to the end of a buffer. Most code calls `encode_binary` instead: this class
/// throws.
class binary_writer : public cereal::OutputArchive<binary_writer, cereal::AllowEmptyClassElision> {
  using base = cereal::OutputArchive<binary_writer, cereal::AllowEmptyClassElision>;

public:
  /// @param canonical  equal unordered containers become equal bytes, for the price of a copy of
  ///   each
  explicit binary_writer(byte_buffer& out, bool canonical = false)
      : base(this), out_(out), canonical_(canonical) {}

  template <class... T> binary_writer& operator()(T&&... values) {
    (put(values), ...);
    return *this;
  }
  template <class T> binary_writer& operator&(T&& value) { return (*this)(value); }
  template <class T> binary_writer& operator<<(T&& value) { return (*this)(value); }

private:
  template <class T> void put(const T& value);
  template <class T> void put_elements(const T& values);
  template <class T> void put_class(const T& value);
  void put_size(std::size_t size);
  void sort_pieces(std::size_t begin, const std::vector<std::size_t>& ends);

  byte_buffer& out_;
  bool canonical_;
  std::size_t depth_ = 0;
  std::size_t zero_byte_elements_ = 0;
};

/// Reads values from bytes, never beyond their end. Most code calls `decode_binary` instead: this
/// class throws.
class binary_reader : public cereal::InputArchive<binary_reader, cereal::AllowEmptyClassElision> {
  using base = cereal::InputArchive<binary_reader, cereal::AllowEmptyClassElision>;

public:
  explicit binary_reader(bytes_view from)
      : base(this), begin_(from.data()), at_(begin_), end_(begin_ + from.size()) {}

  template <class... T> binary_reader& operator()(T&&... values) {
    (get(values), ...);
    return *this;
  }
  template <class T> binary_reader& operator&(T&& value) { return (*this)(value); }
  template <class T> binary_reader& operator>>(T&& value) { return (*this)(value); }

  /// Throws unless every byte has been read.
  void finish() const {
    if (at_ != end_) fail_trailing();
  }
  /// Bytes read so far.
  [[nodiscard]] std::size_t offset() const noexcept {
    return static_cast<std::size_t>(at_ - begin_);
  }
  [[nodiscard]] std::size_t remaining() const noexcept {
    return static_cast<std::size_t>(end_ - at_);
  }

private:
  template <class T> void get(T& value);
  template <class T> void get_elements(T& values);
  template <class T> void get_map(T& values);
  template <class T> void get_class(T& value);
  template <class T, std::size_t... I>
  void get_alternative(T& value, std::size_t index, std::index_sequence<I...>);

  const std::byte* take(std::size_t count) {
    if (count > remaining()) fail_truncated(count);
    const auto* at = at_;
    at_ += count;
    return at;
  }
  bool take_bool() {
    const auto byte = std::to_integer<unsigned>(*take(1));
    if (byte > 1) fail_bool(byte);
    return byte != 0;
  }
  std::size_t take_size() {
    const auto byte = std::to_integer<std::size_t>(*take(1));
    return byte < 0x80 ? byte : take_long_size(byte & 0x7F);
  }
  std::size_t take_long_size(std::size_t low);
  /// A size of elements that may have to be made one by one.
  std::size_t take_count() {
    const auto count = take_size();
    if (count > remaining() && count > zero_byte_elements_max) fail_truncated(count);
    return count;
  }
  void count_element(const std::byte* before) {
    if (at_ == before) codec_detail::count_zero_byte(zero_byte_elements_);
  }
  [[noreturn]] void fail_truncated(std::size_t count) const;
  [[noreturn]] void fail_trailing() const;
  [[noreturn]] void fail_bool(unsigned byte) const;
  [[noreturn]] void fail_index(std::size_t index, std::size_t alternatives) const;
  [[noreturn]] void fail_duplicate() const;

  const std::byte* begin_;
  const std::byte* at_;
  const std::byte* end_;
  std::size_t depth_ = 0;
  std::size_t zero_byte_elements_ = 0;
};

/// What save_minimal returns comes back to the archive through cereal.
template <class T>
requires(std::is_arithmetic_v<T> ||
         codec_detail::is_string<T>) void CEREAL_SAVE_FUNCTION_NAME(binary_writer& ar,
                                                                    const T& value) {
  ar(value);
}
template <class T>
requires(std::is_arithmetic_v<T> ||
         codec_detail::is_string<T>) void CEREAL_LOAD_FUNCTION_NAME(binary_reader& ar, T& value) {
  ar(value);
}

/// Appends the binary form of `value`.
///
/// Errors: `encode_failed` (a `serialize` that throws, nested too deep, out of memory); `out` is
/// then as before.
template <class T> result<void> encode_binary(const T& value, byte_buffer& out) {
  const auto size = out.size();
  try {
    binary_writer writer(out);
    writer(value);
    return {};
  } catch (...) {
    out.truncate(size);
    return codec_detail::caught(codec_errc::encode_failed, {});
  }
}

/// The same, with the elements of unordered containers sorted by their bytes: equal values become
/// equal bytes. For comparing, and nothing that is stored.
template <class T> result<void> encode_canonical(const T& value, byte_buffer& out) {
  const auto size = out.size();
  try {
    binary_writer writer(out, true);
    writer(value);
    return {};
  } catch (...) {
    out.truncate(size);
    return codec_detail::caught(codec_errc::encode_failed, {});
  }
}

/// Reads a value that takes exactly the bytes of `from`.
///
/// Errors: `decode_failed` at `byte N` (truncated, trailing bytes, a bool that is neither, a
/// variant's index that is
///   none, a key twice, nested too deep, a `serialize` that throws, out of memory); `into` is then
///   valid but mixed.
/// Cost: memory in proportion to what was decoded: sizes are claims, and checked against the bytes
/// behind them.
template <class T> result<void> decode_binary(bytes_view from, T& into) {
  binary_reader reader(from);
  try {
    reader(into);
    reader.finish();
    return {};
  } catch (...) {
    return codec_detail::caught(codec_errc::decode_failed,
                                "byte " + std::to_string(reader.offset()));
  }
}
template <class T> result<T> decode_binary(bytes_view from) {
  result<T> value;
  if (auto read = decode_binary(from, *value); !read) return std::move(read).error();
  return value;
}

} // namespace acta

CEREAL_SETUP_ARCHIVE_TRAITS(acta::binary_reader, acta::binary_writer)

namespace acta {

namespace codec_detail {
/// Elements whose bytes in memory are their binary form.
template <class T> constexpr bool is_plain() {
  if constexpr (is_plain_enum<T, binary_writer>())
    return !std::same_as<std::underlying_type_t<T>, bool>;
  return number<T>;
}
} // namespace codec_detail

inline void binary_writer::put_size(std::size_t size) {
  if (size > std::numeric_limits<std::uint32_t>::max())
    throw codec_detail::failure("more than 2^32 - 1 elements");
  std::byte bytes[5];
  std::size_t count = 0;
  for (; size >= 0x80; size >>= 7) bytes[count++] = static_cast<std::byte>(size | 0x80);
  bytes[count++] = static_cast<std::byte>(size);
  out_.append(bytes, count);
}

template <class T> void binary_writer::put(const T& value) {
  using namespace codec_detail;
  if constexpr (!has_a_form<T>) {
    (void)sizeof(type_must_have_a_form<T>);
  } else if constexpr (is_field<T>) {
    put(value.value);
  } else if constexpr (is_size_tag<T>) {
    put_size(static_cast<std::size_t>(value.size));
  } else if constexpr (std::same_as<T, bool>) {
    *out_.extend(1) = static_cast<std::byte>(value);
  } else if constexpr (number<T>) {
    static_assert(std::endian::native == std::endian::little);
    out_.append(&value, sizeof value);
  } else if constexpr (is_plain_enum<T, binary_writer>()) {
    put(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (is_string<T>) {
    put_size(value.size());
    out_.append(value.data(), value.size());
  } else if constexpr (is_sequence<T> || is_set<T> || is_map<T>) {
    put_size(value.size());
    put_elements(value);
  } else if constexpr (is_array<T>) {
    put_elements(value);
  } else if constexpr (is_tuple<T>) {
    std::apply([this](const auto&... element) { (this->put(element), ...); }, value);
  } else if constexpr (is_optional<T>) {
    put(value.has_value());
    if (value) put(*value);
  } else if constexpr (is_pointer<T>) {
    check_pointer<typename T::element_type>();
    put(value != nullptr);
    if (value) put(*value);
  } else if constexpr (is_variant<T>) {
    if (value.valueless_by_exception()) throw failure("a variant without a value");
    put_size(value.index());
    std::visit([this](const auto& alternative) { this->put(alternative); }, value);
  } else if constexpr (std::same_as<T, std::monostate>) {
  } else if constexpr (is_duration<T>) {
    put(value.count());
  } else if constexpr (is_time_point<T>) {
    put(value.time_since_epoch().count());
  } else if constexpr (std::same_as<T, uuid>) {
    out_.append(value.bytes.data(), value.bytes.size());
  } else if constexpr (std::same_as<T, position>) {
    out_.append_le(value.partition);
    out_.append_le(value.number);
  } else if constexpr (is_base_class<T>) {
    if constexpr (is_written<base_of_tag<T>>)
      base::operator()(value);
    else
      (void)sizeof(class_must_be_shown<base_of_tag<T>>);
  } else if constexpr (is_written<T>) {
    if (++depth_ > codec_depth_max) fail_too_deep();
    base::operator()(value);
    --depth_;
  } else {
    (void)sizeof(class_must_be_shown<T>);
  }
}

template <class T> void binary_writer::put_elements(const T& values) {
  using namespace codec_detail;
  using element = std::remove_cvref_t<decltype(*std::begin(values))>;
  if constexpr ((is_vector<T> || is_array<T>)&&is_plain<element>()) {
    out_.append(std::data(values), std::size(values) * sizeof(element));
  } else {
    const auto begin = out_.size();
    std::vector<std::size_t> ends;
    for (const auto& value : values) {
      const auto before = out_.size();
      put(value);
      if constexpr (!is_array<T>)
        if (out_.size() == before) codec_detail::count_zero_byte(zero_byte_elements_);
      if constexpr (is_unordered<T>)
        if (canonical_) ends.push_back(out_.size());
    }
    if constexpr (is_unordered<T>)
      if (canonical_) sort_pieces(begin, ends);
  }
}

inline void binary_writer::sort_pieces(std::size_t begin, const std::vector<std::size_t>& ends) {
  std::vector<std::string> pieces;
  pieces.reserve(ends.size());
  for (auto from = begin; const auto end : ends) {
    pieces.emplace_back(reinterpret_cast<const char*>(out_.data()) + from, end - from);
    from = end;
  }
  std::sort(pieces.begin(), pieces.end());
  out_.truncate(begin);
  for (const auto& piece : pieces) out_.append(piece.data(), piece.size());
}

template <class T> void binary_reader::get(T& value) {
  using namespace codec_detail;
  static_assert(!std::is_const_v<T> || is_field<std::remove_const_t<T>>,
                "cannot read into a const value");
  if constexpr (!has_a_form<T>) {
    (void)sizeof(type_must_have_a_form<T>);
  } else if constexpr (is_field<T>) {
    get(value.value);
  } else if constexpr (is_size_tag<T>) {
    value.size = static_cast<std::remove_cvref_t<decltype(value.size)>>(take_count());
  } else if constexpr (std::same_as<T, bool>) {
    value = take_bool();
  } else if constexpr (number<T>) {
    std::memcpy(&value, take(sizeof value), sizeof value);
  } else if constexpr (is_plain_enum<T, binary_writer>()) {
    std::underlying_type_t<T> number{};
    get(number);
    value = static_cast<T>(number);
  } else if constexpr (is_string<T>) {
    const auto size = take_size();
    value.assign(reinterpret_cast<const char*>(take(size)), size);
  } else if constexpr (is_sequence<T> || is_set<T> || is_array<T>) {
    get_elements(value);
  } else if constexpr (is_map<T>) {
    get_map(value);
  } else if constexpr (is_tuple<T>) {
    std::apply([this](auto&... element) { (this->get(element), ...); }, value);
  } else if constexpr (is_optional<T>) {
    if (take_bool())
      get(value.emplace());
    else
      value.reset();
  } else if constexpr (is_pointer<T>) {
    using element = std::remove_const_t<typename T::element_type>;
    check_pointer<element>();
    if (take_bool()) {
      auto to = std::make_unique<element>();
      get(*to);
      value = std::move(to);
    } else {
      value = nullptr;
    }
  } else if constexpr (is_variant<T>) {
    const auto index = take_size();
    if (index >= std::variant_size_v<T>) fail_index(index, std::variant_size_v<T>);
    get_alternative(value, index, std::make_index_sequence<std::variant_size_v<T>>{});
  } else if constexpr (std::same_as<T, std::monostate>) {
  } else if constexpr (is_duration<T>) {
    typename T::rep count{};
    get(count);
    value = T{count};
  } else if constexpr (is_time_point<T>) {
    typename T::rep count{};
    get(count);
    value = T{typename T::duration{count}};
  } else if constexpr (std::same_as<T, uuid>) {
    std::memcpy(value.bytes.data(), take(value.bytes.size()), value.bytes.size());
  } else if constexpr (std::same_as<T, position>) {
    get(value.partition);
    get(value.number);
  } else if constexpr (is_base_class<T>) {
    if constexpr (is_read<base_of_tag<T>>)
      base::operator()(value);
    else
      (void)sizeof(class_must_be_shown<base_of_tag<T>>);
  } else if constexpr (is_read<T>) {
    if (++depth_ > codec_depth_max) fail_too_deep();
    base::operator()(value);
    --depth_;
  } else {
    (void)sizeof(class_must_be_shown<T>);
  }
}

template <class T, std::size_t... I>
void binary_reader::get_alternative(T& value, std::size_t index, std::index_sequence<I...>) {
  (void)((index == I && (get(value.template emplace<I>()), true)) || ...);
}

template <class T> void binary_reader::get_elements(T& values) {
  using namespace codec_detail;
  if constexpr (is_array<T>) {
    using element = std::remove_cvref_t<decltype(*std::begin(values))>;
    if constexpr (is_plain<element>()) {
      const auto bytes = std::size(values) * sizeof(element);
      if (bytes != 0) std::memcpy(std::data(values), take(bytes), bytes);
    } else {
      for (auto& value : values) get(value);
    }
  } else if constexpr (is_vector<T> && is_plain<typename T::value_type>()) {
    using element = typename T::value_type;
    const auto count = take_size();
    if (count > remaining() / sizeof(element)) fail_truncated(count * sizeof(element));
    values.resize(count);
    if (count != 0)
      std::memcpy(values.data(), take(count * sizeof(element)), count * sizeof(element));
  } else {
    using element = typename T::value_type;
    const auto count = take_count();
    values.clear();
    // No more than the input is long: a size is a claim. Growth beyond it is paid for by decoded
    // elements.
    if constexpr (is_vector<T>) values.reserve(std::min(count, 1 + remaining() / sizeof(element)));
    for (std::size_t i = 0; i < count; ++i) {
      const auto* before = at_;
      if constexpr (is_sequence<T> && !std::same_as<element, bool>) {
        get(values.emplace_back());
      } else {
        element value{};
        get(value);
        if constexpr (is_sequence<T>) {
          values.push_back(value);
        } else {
          values.insert(values.end(), std::move(value));
          if constexpr (has_unique_keys<T>)
            if (values.size() != i + 1) fail_duplicate();
        }
      }
      count_element(before);
    }
  }
}

template <class T> void binary_reader::get_map(T& values) {
  const auto count = take_count();
  values.clear();
  for (std::size_t i = 0; i < count; ++i) {
    typename T::key_type key{};
    typename T::mapped_type value{};
    const auto* before = at_;
    get(key);
    get(value);
    count_element(before);
    values.emplace_hint(values.end(), std::move(key), std::move(value));
    if constexpr (codec_detail::has_unique_keys<T>)
      if (values.size() != i + 1) fail_duplicate();
  }
}

} // namespace acta
