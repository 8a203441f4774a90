// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What every client of the crash test sends, computed from a seed: so that a client that was
/// killed can send the very same commands again, and a judge who was not there can tell what must
/// be in the store.
#pragma once

#include <acta/core/ids.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace crash {

inline constexpr std::uint32_t clients = 8;
inline constexpr std::uint32_t streams = 40;
inline constexpr std::size_t window = 64; ///< commands a client keeps on their way

struct step {
  std::string stream_id;
  std::int64_t amount = 0;
  std::uint32_t events = 1;
  acta::uuid command_id;
};

/// Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014
/// (splitmix64).
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

/// Command `n` (from 1) of `client`.
inline step plan(std::uint64_t seed, std::uint32_t client, std::uint64_t n) {
  const auto random = mix(seed ^ mix(static_cast<std::uint64_t>(client) << 40 | n));
  step s;
  s.stream_id = "s" + std::to_string(random % streams);
  s.amount = static_cast<std::int64_t>(random >> 40);
  s.events = 1 + static_cast<std::uint32_t>((random >> 8) % 3);
  // The id names its origin, so that the judge can look a stored commit up in the plan.
  const std::uint32_t client_plus_one = client + 1;
  std::memcpy(s.command_id.bytes.data(), &n, 8);
  std::memcpy(s.command_id.bytes.data() + 8, &client_plus_one, 4);
  return s;
}

/// One acknowledgement, as the worker appends it to its log: a single write, so a kill leaves it
/// whole or absent.
struct acknowledgement {
  std::uint32_t client = 0;
  std::uint32_t reserved = 0;
  std::uint64_t n = 0;
  std::uint64_t version = 0;
  std::uint64_t position = 0;
};

inline std::vector<acknowledgement> read_acknowledged(const std::filesystem::path& folder) {
  std::vector<acknowledgement> all;
  std::ifstream in(folder / "acknowledged", std::ios::binary);
  for (acknowledgement a; in.read(reinterpret_cast<char*>(&a), sizeof a);) all.push_back(a);
  return all;
}

} // namespace crash
