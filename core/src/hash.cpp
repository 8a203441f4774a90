// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/hash.hpp>

#include <bit>
#include <cstring>
#include <random>

namespace acta {

namespace {

struct sip_state {
  std::uint64_t v0, v1, v2, v3;

  explicit sip_state(const hash_secret& s) noexcept
      : v0(s.low ^ 0x736F6D6570736575), v1(s.high ^ 0x646F72616E646F6D),
        v2(s.low ^ 0x6C7967656E657261), v3(s.high ^ 0x7465646279746573) {}

  void round() noexcept {
    v0 += v1, v1 = std::rotl(v1, 13) ^ v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3, v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1, v1 = std::rotl(v1, 17) ^ v2, v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    v0 ^= word;
  }
  std::uint64_t end() noexcept {
    v2 ^= 0xFF;
    for (int i = 0; i < 3; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

using sha256_state = std::array<std::uint32_t, 8>;

constexpr std::array<std::uint32_t, 64> sha256_constants = {
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2};

void sha256_block(sha256_state& state, const unsigned char* block) noexcept {
  std::array<std::uint32_t, 64> w;
  for (std::size_t i = 0; i < 16; ++i)
    w[i] = std::uint32_t{block[4 * i]} << 24 | std::uint32_t{block[4 * i + 1]} << 16 |
           std::uint32_t{block[4 * i + 2]} << 8 | std::uint32_t{block[4 * i + 3]};
  for (std::size_t i = 16; i < 64; ++i) {
    const auto a = w[i - 15];
    const auto b = w[i - 2];
    w[i] = w[i - 16] + (std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3)) + w[i - 7] +
           (std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10));
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const auto first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                       ((e & f) ^ (~e & g)) + sha256_constants[i] + w[i];
    const auto second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first;
    d = c, c = b, b = a, a = first + second;
  }
  const sha256_state added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] += added[i];
}

} // namespace

hash_secret hash_secret::random() {
  std::random_device device;
  const auto word = [&] { return std::uint64_t{device()} << 32 | device(); };
  hash_secret made;
  made.low = word();
  made.high = word();
  return made;
}

std::uint64_t secret_hash(const hash_secret& secret, std::string_view text) noexcept {
  static_assert(std::endian::native == std::endian::little, "big-endian hosts need byte swaps");
  sip_state state(secret);
  const auto* at = text.data();
  auto left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    state.take(word);
  }
  auto last = std::uint64_t{text.size()} << 56;
  for (std::size_t i = 0; i < left; ++i)
    last |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  state.take(last);
  return state.end();
}

std::uint64_t process_hash(std::string_view text) noexcept {
  static const hash_secret secret = hash_secret::random();
  return secret_hash(secret, text);
}

std::array<std::uint8_t, 32> sha256(std::string_view text) noexcept {
  sha256_state state = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                        0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  auto left = text.size();
  for (; left >= 64; at += 64, left -= 64) sha256_block(state, at);
  // The rest, a bit, zeros, and the length in bits, big-endian, at the end of a block.
  std::array<unsigned char, 128> end{};
  if (left > 0) std::memcpy(end.data(), at, left);
  end[left] = 0x80;
  const std::size_t size = left < 56 ? 64 : 128;
  const auto bits = std::uint64_t{text.size()} * 8;
  for (std::size_t i = 0; i < 8; ++i)
    end[size - 1 - i] = static_cast<unsigned char>(bits >> (8 * i));
  for (std::size_t done = 0; done < size; done += 64) sha256_block(state, end.data() + done);
  std::array<std::uint8_t, 32> digest;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

} // namespace acta
