// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Hashes over text that strangers choose. A hash without a secret can be run backward: whoever
/// knows it makes any number of names that meet in one place of a table, or two that are taken for
/// one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace acta {

struct hash_secret {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  /// From the operating system's source of randomness.
  static hash_secret random();
};

/// SipHash-1-3: nobody without the secret can find texts of one hash. On disk: never change.
/// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012. Cost: about 15 ns.
[[nodiscard]] std::uint64_t secret_hash(const hash_secret& secret, std::string_view text) noexcept;

/// The same with a secret of this process: for tables in memory, never for a disk.
[[nodiscard]] std::uint64_t process_hash(std::string_view text) noexcept;

/// For `std::unordered_map` and its like, keyed by text that strangers choose.
struct process_text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return process_hash(text); }
};

/// SHA-256: texts of the same digest may be taken for the same text. On disk: never change.
/// Source: FIPS 180-4.
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view text) noexcept;

} // namespace acta
