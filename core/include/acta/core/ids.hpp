// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Positions, 128-bit ids and the limits of names.
#pragma once

#include <acta/core/result.hpp>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace acta {

/// Number of an event in its stream, from 1; 0 means "no event yet".
using version_number = std::uint64_t;

/// Where an event stands in its partition; written `partition:number`. Numbers start at 1 and have
/// no gap; 0 means "before the first event".
struct position {
  std::uint32_t partition = 0;
  std::uint64_t number = 0;

  friend auto operator<=>(const position&, const position&) = default;
  [[nodiscard]] std::string to_string() const;
  /// Errors: `invalid_argument` unless the text is exactly `<u32>:<u64>` in decimal.
  static result<position> parse(std::string_view text);
};

std::ostream& operator<<(std::ostream& out, const position& p);

/// A 128-bit id for commands, correlations and causes. All zero means "none".
struct uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const uuid&, const uuid&) = default;
  [[nodiscard]] bool is_nil() const noexcept { return *this == uuid{}; }
  explicit operator bool() const noexcept { return !is_nil(); }
  /// Lower-case, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`.
  [[nodiscard]] std::string to_string() const;
  /// Accepts the form of `to_string`, upper or lower case, with or without hyphens.
  /// Errors: `invalid_argument`.
  static result<uuid> parse(std::string_view text);
  /// A version 7 uuid (RFC 9562): 48 bits of Unix time in ms, the rest random. Threads: any.
  static uuid random();
};

std::ostream& operator<<(std::ostream& out, const uuid& id);

/// Limits of names; longer ones are refused before anything is stored.
inline constexpr std::size_t type_name_bytes_max = 64;
inline constexpr std::size_t stream_id_bytes_max = 256;

/// Checks the id part of a stream: 1..256 bytes of UTF-8 without control characters (the id is part
/// of file keys, URLs and logs). Errors: `invalid_argument`, naming what is wrong.
/// Two spellings of one text (NFC and NFD, upper and lower case) are two ids: bytes are compared.
result<void> check_stream_id(std::string_view id);
/// The same for a stream that is to begin, which must not be `.` or `..` either: clients take such
/// segments out of a URL, even as `%2E`, so nobody could address it.
result<void> check_new_stream_id(std::string_view id);
/// Checks a durable type or aggregate name: 1..64 of `a-z A-Z 0-9 _ . -`, starting with a letter.
result<void> check_type_name(std::string_view name);

} // namespace acta

template <> struct std::hash<acta::uuid> {
  std::size_t operator()(const acta::uuid& id) const noexcept;
};
