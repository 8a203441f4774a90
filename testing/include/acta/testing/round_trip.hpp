// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Values as a report shows them, and their way through both codecs and back.
#pragma once

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/type_name.hpp>
#include <acta/testing/difference.hpp>
#include <acta/testing/failure.hpp>

#include <string>

namespace acta::testing {

/// The value as JSON; if it has none, why.
template <class T> std::string show(const T& value) {
  auto json = to_json(value);
  return json ? std::move(json).value() : "<no JSON: " + json.error().to_string() + '>';
}

/// The durable name and the value: `debited {"cents":80}`.
template <class T> std::string show_named(const T& value) {
  return std::string(type_name<T>()) + ' ' + show(value);
}

namespace detail {

template <class T>
void must_be_same(const T& before, const T& after, promise broken, const char* form,
                  const report& background) {
  const auto found = difference(before, after);
  if (!found) return;
  report(background)
      .line("before", show_named(before))
      .line("after", show_named(after))
      .line("differs", *found)
      .fail(broken, std::string(type_name<T>()) + " does not come back from its " + form +
                        " form as it was: does serialize show every member?");
}

} // namespace detail

/// `value`, written in binary and read again. Throws `failure` if it is not the same; `background`
/// goes into its text.
template <class T> T through_binary(const T& value, const report& background = {}) {
  byte_buffer bytes;
  T back{};
  auto done = encode_binary(value, bytes);
  if (done) done = decode_binary(bytes, back);
  if (!done)
    report(background)
        .line("value", show_named(value))
        .line("error", done.error().to_string())
        .fail(promise::binary_round_trip,
              std::string(type_name<T>()) + " cannot be written in binary and read again");
  detail::must_be_same(value, back, promise::binary_round_trip, "binary", background);
  return back;
}

/// `value`, written as JSON and read again. Throws `failure` if it is not the same.
template <class T> T through_json(const T& value, const report& background = {}) {
  T back{};
  auto json = to_json(value);
  auto done = json ? from_json(*json, back) : result<void>(json.error());
  if (!done)
    report(background)
        .line("value", show_named(value))
        .line("error", done.error().to_string())
        .fail(promise::json_round_trip,
              std::string(type_name<T>()) + " cannot be written as JSON and read again");
  detail::must_be_same(value, back, promise::json_round_trip, "JSON", background);
  return back;
}

} // namespace acta::testing
