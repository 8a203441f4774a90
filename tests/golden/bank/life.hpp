// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What each release does in its life, and what that comes to: the program that writes the stores
/// and the test that opens them agree on it.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace bank {

/// Releases live a month each, in a year that no clock of today has reached.
inline acta::time_point begin_of_life(int release) {
  using namespace std::chrono;
  return sys_days{year{2090} / static_cast<unsigned>(release) / 1};
}
/// Promises and schedules of one release are due when the next one lives.
inline constexpr std::chrono::hours due_after{24 * 20};
inline acta::time_point end_of_life(int release) {
  return begin_of_life(release) + std::chrono::hours{24};
}

/// Of a command that may be asked for again.
inline acta::uuid once(int release) {
  acta::uuid id;
  id.bytes = {0xD0, static_cast<std::uint8_t>(release)};
  return id;
}

/// Ada's account, in cents.
inline constexpr std::int64_t at_first = 100'000;
/// When the release has ended.
inline constexpr std::int64_t earned_in_life(int k) {
  return 1000 * k + 17 + 19 + 29 + k - k - (10 * k + 1) - 5 - 3 - 23;
}
/// What comes of what it left undone.
inline constexpr std::int64_t earned_later = -31;
/// And when its timers are due.
inline constexpr std::int64_t earned_when_due = 11 + 13;

inline constexpr std::int64_t cents_at_end_of_life(int release) {
  auto cents = at_first;
  for (int k = 1; k <= release; ++k) {
    cents += earned_in_life(k);
    if (k < release) cents += earned_later + earned_when_due;
  }
  return cents;
}

/// Ada's row of the view of withdrawals, when all is done.
inline constexpr std::int64_t withdrawals_in_all(int release) { return 7 * release; }
inline constexpr std::int64_t withdrawn_in_all(int release) {
  std::int64_t cents = 0;
  for (int k = 1; k <= release; ++k) cents += k + 10 * k + 5 + 7 + 3 + 23 + 31;
  return cents;
}

/// A command of a release, as JSON: `of` is who asks for it.
namespace json {

inline std::string number(std::int64_t n) { return std::to_string(n); }
inline std::string open_account(int of, const std::string& who, const std::string& kind) {
  const auto start = std::string(of < 3 ? R"({"owner":")" : R"({"holder":")") + who;
  return start + R"(","kind":")" + kind + '"' + (of < 6 ? "}" : R"(,"limit":0})");
}
inline std::string set_limit(int of, std::int64_t euros) {
  return of < 4 ? R"({"euros":)" + number(euros) + '}' : R"({"cents":)" + number(100 * euros) + '}';
}
inline std::string cents(std::int64_t n) { return R"({"cents":)" + number(n) + '}'; }
inline std::string deposit(int of, std::int64_t n) {
  return of < 2 ? cents(n) : R"({"cents":)" + number(n) + R"(,"currency":"CHF"})";
}
inline std::string transfer(int of, const std::string& from, const std::string& to,
                            std::int64_t n) {
  return R"({"from":")" + from + R"(","to":")" + to + R"(","cents":)" + number(n) +
         (of < 4 ? "}" : R"(,"reference":"rent"})");
}
inline std::string promise(std::int64_t n, std::chrono::seconds pause) {
  return R"({"account":"ada","cents":)" + number(n) + R"(,"seconds":)" + number(pause.count()) +
         '}';
}

} // namespace json

} // namespace bank
