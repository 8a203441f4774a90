// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The JSON form of values: commands and answers over HTTP, states and events shown to people.
///
///   type                               form
///   a class                            object of its fields in their order, named by CEREAL_NVP;
///                                      unnamed ones are "value0", "value1"; those of a
///                                      cereal::base_class stand among them
///   a class with save_minimal          what that returns
///   a class led by a size tag          array (cereal::make_size_tag)
///   bool                               true, false
///   integers, char                     number, all 64 bits of it
///   float, double                      number, the shortest that reads back the same; "NaN",
///                                      "Infinity" and "-Infinity" are strings
///   enum                               number; with `enum_names` (below) its name
///   std::string                        string, which must be UTF-8
///   vector, deque, list, sets          array
///   std::array, C array, pair, tuple   array
///   map, unordered_map                 object if the key is a string, integer, enum, uuid,
///   position
///                                      or a class with a save_minimal to string or integer;
///                                      else array of [key, value]
///   multimap                           array of [key, value]
///   optional                           the value or null; an absent field reads as null
///   unique_ptr, shared_ptr             the value or null; the field must be there
///   variant                            {"type": name, "value": form}; names are below
///   monostate                          null
///   duration                           its count
///   time_point of system_clock         RFC 3339 string, UTC, rounded down to microseconds; a year
///                                      beyond 0..9999 as "+010000-01-01T00:00:00.000000Z"
///   time_point of another clock        its count
///   acta::uuid, acta::position         string
///
/// An alternative of a variant is named by its class (`T::name`, else the identifier), or string,
/// bool, i8 to u64, f32, f64, list, map, tuple, time, duration, null. If that gives two of them one
/// name, or none to an alternative (an optional, a variant), all are named by their index: "0",
/// "1".
///
/// Names for an enum are given beside it, and found by its namespace:
///
///   enum class color { red, green };
///   constexpr std::array<std::pair<color, std::string_view>, 2> enum_names(color) {
///     return {{{color::red, "red"}, {color::green, "green"}}};
///   }
///
/// Reading is strict: fields may come in any order, but an unknown, missing or repeated one is
/// refused, and so is whatever could lose something: a number that does not fit, a fraction for an
/// integer, text behind the value. Each error names the place as a JSON pointer (RFC 6901).
///
/// What the binary form can carry this form can: what is left is text that is not UTF-8, an enum's
/// value without a name, a time that 64 bits of microseconds do not reach.
///
/// Threads: any.
#pragma once

#include <acta/core/result.hpp>
#include <acta/domain/codec/json_reader.hpp>
#include <acta/domain/codec/json_writer.hpp>

#include <string>
#include <string_view>

namespace acta {

/// Appends the JSON form of `value`.
///
/// Errors: `encode_failed` with a JSON pointer (a string that is not UTF-8, an enum value without
///   name, nested deeper than `codec_depth_max` or `json_depth_max`, a `serialize` that throws);
///   `out` is then as before.
template <class T> result<void> append_json(const T& value, std::string& out) {
  const auto size = out.size();
  json_writer writer(out);
  try {
    writer(value);
    return {};
  } catch (...) {
    auto error = codec_detail::caught(codec_errc::encode_failed, writer.where());
    out.resize(size);
    return error;
  }
}
template <class T> result<std::string> to_json(const T& value) {
  std::string out;
  if (auto written = append_json(value, out); !written) return std::move(written).error();
  return out;
}

/// Reads a value from a whole JSON text of up to `json_bytes_max` bytes.
///
/// Errors: `json_invalid`: detail says what, where is a JSON pointer ("" is the whole; text that is
/// no JSON has
///   `at byte N` in its detail); `into` is then valid but mixed.
template <class T> result<void> from_json(std::string_view text, T& into) {
  try {
    codec_detail::json_document document(text);
    json_reader reader(document);
    try {
      reader(into);
      return {};
    } catch (...) { return reader.caught(); }
  } catch (...) { return codec_detail::caught(codec_errc::json_invalid, {}); }
}
template <class T> result<T> from_json(std::string_view text) {
  result<T> value;
  if (auto read = from_json(text, *value); !read) return std::move(read).error();
  return value;
}

} // namespace acta
