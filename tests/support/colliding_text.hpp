// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a hostile client does: finds text of the same xxHash64 as another one, by running the hash
/// backward. With seed 0 nothing is secret in it.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace test {

namespace xxh64 {

inline constexpr std::uint64_t p1 = 0x9E3779B185EBCA87;
inline constexpr std::uint64_t p2 = 0xC2B2AE3D27D4EB4F;
inline constexpr std::uint64_t p3 = 0x165667B19E3779F9;
inline constexpr std::uint64_t p4 = 0x85EBCA77C2B2AE63;
inline constexpr std::uint64_t p5 = 0x27D4EB2F165667C5;

/// Of an odd number, modulo 2^64.
constexpr std::uint64_t inverse(std::uint64_t odd) {
  auto found = odd;
  for (int i = 0; i < 6; ++i) found *= 2 - odd * found;
  return found;
}
static_assert(p1 * inverse(p1) == 1);

constexpr std::uint64_t unshift(std::uint64_t h, int by) {
  auto found = h;
  for (int done = by; done < 64; done += by) found = h ^ (found >> by);
  return found;
}

/// The state before the final mixing.
constexpr std::uint64_t before_mixing(std::uint64_t hash) {
  hash = unshift(hash, 32) * inverse(p3);
  hash = unshift(hash, 29) * inverse(p2);
  return unshift(hash, 33);
}
inline std::uint64_t before_byte(std::uint64_t h, unsigned char c) {
  return std::rotr(h * inverse(p1), 11) ^ (c * p5);
}
inline std::uint64_t before_word(std::uint64_t h, std::uint32_t word) {
  return std::rotr((h - p3) * inverse(p2), 23) ^ (word * p1);
}
inline std::uint64_t round_of(std::uint64_t word) { return std::rotl(word * p2, 31) * p1; }
inline std::uint64_t after_long(std::uint64_t h, std::uint64_t word) {
  return std::rotl(h ^ round_of(word), 27) * p1 + p4;
}
/// The 8 bytes that lead from one state to the other.
inline std::uint64_t word_between(std::uint64_t from, std::uint64_t to) {
  const auto round = from ^ std::rotr((to - p4) * inverse(p1), 27);
  return std::rotr(round * inverse(p1), 31) * inverse(p2);
}

} // namespace xxh64

/// `text` followed by 16 letters and digits, with the xxHash64 `hash`. Pre: `text` has 7 bytes.
/// Cost: about 100 000 tries.
inline std::string colliding_text(std::string_view text, std::uint64_t hash, std::uint64_t seed) {
  static constexpr std::string_view alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::mt19937_64 random(seed);
  const auto letter = [&] { return alphabet[random() % alphabet.size()]; };
  for (;;) {
    std::string made(text);
    while (made.size() < 23) made += letter();
    std::uint64_t first = 0;
    std::uint32_t third = 0;
    std::memcpy(&first, made.data(), 8);
    std::memcpy(&third, made.data() + 16, 4);
    auto wanted = xxh64::before_mixing(hash);
    for (std::size_t i = 23; i-- > 20;)
      wanted = xxh64::before_byte(wanted, static_cast<unsigned char>(made[i]));
    wanted = xxh64::before_word(wanted, third);
    const auto second = xxh64::word_between(xxh64::after_long(xxh64::p5 + 23, first), wanted);
    std::memcpy(made.data() + 8, &second, 8);
    if (made.find_first_not_of(alphabet, 8) == std::string::npos) return made;
  }
}

} // namespace test
