// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/time.hpp>

#include <cstdio>

namespace acta {

namespace {

using namespace std::chrono;

/// Reads exactly `digits` decimal digits from the front and drops them; -1 if they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// The calendar beyond std::chrono::year, which ends in the year 32767. Eras of 400 years, each of
/// which begins on the first of March.
/// Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms.
constexpr std::int64_t days_of_era = 146'097;
constexpr std::int64_t epoch_from_march_of_0 = 719'468;

struct civil {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

std::int64_t days_from(const civil& c) {
  const auto y = c.year - (c.month <= 2);
  const auto era = (y >= 0 ? y : y - 399) / 400;
  const auto year_of_era = y - era * 400;
  const auto day_of_year =
      static_cast<std::int64_t>((153 * (c.month > 2 ? c.month - 3 : c.month + 9) + 2) / 5) + c.day -
      1;
  const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_of_era + day_of_era - epoch_from_march_of_0;
}

civil civil_from(std::int64_t days) {
  days += epoch_from_march_of_0;
  const auto era = (days >= 0 ? days : days - (days_of_era - 1)) / days_of_era;
  const auto d = days - era * days_of_era;
  const auto year_of_era = (d - d / 1460 + d / 36524 - d / 146096) / 365;
  const auto day_of_year = d - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const auto m = (5 * day_of_year + 2) / 153; // from March
  const auto month = static_cast<unsigned>(m < 10 ? m + 3 : m - 9);
  return {year_of_era + era * 400 + (month <= 2), month,
          static_cast<unsigned>(day_of_year - (153 * m + 2) / 5 + 1)};
}

unsigned days_in(const civil& c) {
  constexpr unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = c.year % 4 == 0 && (c.year % 100 != 0 || c.year % 400 == 0);
  return days[c.month - 1] + (c.month == 2 && leap ? 1U : 0U);
}

/// Takes `2026`, `+010000` or `-000001`; false if none of them is there.
bool take_year(std::string_view& text, std::int64_t& year) {
  const bool negative = text.starts_with('-');
  if (!take(text, "+-")) {
    year = take_number(text, 4);
    return year >= 0;
  }
  const auto value = take_number(text, 6);
  year = negative ? -value : value;
  return value > 0 || (value == 0 && !negative); // -000000 is not a year
}

} // namespace

time_point system_now() { return floor<microseconds>(system_clock::now()); }
microseconds monotonic_now() { return floor<microseconds>(steady_clock::now().time_since_epoch()); }

std::string to_rfc3339(time_point t) {
  const auto day = floor<days>(t);
  // Not t - day: the first moments of 64 bits are in a day that begins before them.
  auto rest = t.time_since_epoch().count() % (86'400 * std::int64_t{1'000'000});
  if (rest < 0) rest += 86'400 * std::int64_t{1'000'000};
  const auto date = civil_from(day.time_since_epoch().count());
  const hh_mm_ss time{microseconds{rest}};
  char text[48];
  const bool plain = date.year >= 0 && date.year <= 9999;
  std::snprintf(
      text, sizeof text,
      plain ? "%04lld-%02u-%02uT%02d:%02d:%02d.%06dZ" : "%+07lld-%02u-%02uT%02d:%02d:%02d.%06dZ",
      static_cast<long long>(date.year), date.month, date.day,
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return text;
}

result<time_point> parse_rfc3339(std::string_view text) {
  const std::string whole_text(text);
  const auto bad = [&] {
    return error(errc::invalid_argument,
                 "not an RFC 3339 time, like 2026-11-22T10:00:00Z: '" + whole_text + "'");
  };
  std::int64_t y = 0;
  if (!take_year(text, y) || !take(text, "-")) return bad();
  const int mo = take_number(text, 2);
  if (mo < 0 || !take(text, "-")) return bad();
  const int d = take_number(text, 2);
  if (d < 0 || !take(text, "Tt ")) return bad();
  const int h = take_number(text, 2);
  if (h < 0 || h > 23 || !take(text, ":")) return bad();
  const int mi = take_number(text, 2);
  if (mi < 0 || mi > 59 || !take(text, ":")) return bad();
  const int s = take_number(text, 2);
  if (s < 0 || s > 59) return bad();
  const civil date{y, static_cast<unsigned>(mo), static_cast<unsigned>(d)};
  if (mo < 1 || mo > 12 || d < 1 || date.day > days_in(date)) return bad();

  std::int64_t nanos = 0;
  if (take(text, ".")) {
    std::size_t digits = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9' && digits < 9) {
      nanos = nanos * 10 + (text[0] - '0');
      text.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return bad();
    for (; digits < 9; ++digits) nanos *= 10;
  }

  minutes offset{0};
  if (!take(text, "Zz")) {
    if (text.empty() || (text[0] != '+' && text[0] != '-')) return bad();
    const bool negative = text[0] == '-';
    text.remove_prefix(1);
    const int oh = take_number(text, 2);
    if (oh < 0 || oh > 23 || !take(text, ":")) return bad();
    const int om = take_number(text, 2);
    if (om < 0 || om > 59) return bad();
    offset = hours{oh} + minutes{om};
    if (negative) offset = -offset;
  }
  if (!text.empty()) return bad();
  // Not in nanoseconds: 64 bits of them end in the year 2262.
  const auto seconds_of =
      days_from(date) * 86'400 + h * 3'600 + mi * 60 + s - duration_cast<seconds>(offset).count();
  std::int64_t count = 0;
  // The microseconds may lead back into what 64 bits hold, where the second begins before it.
  if (__builtin_mul_overflow(seconds_of + (seconds_of < 0), std::int64_t{1'000'000}, &count) ||
      __builtin_add_overflow(count, nanos / 1'000 - (seconds_of < 0 ? 1'000'000 : 0), &count))
    return error(errc::invalid_argument,
                 "a time that 64 bits of microseconds do not reach: '" + whole_text + "'");
  return time_point{microseconds{count}};
}

} // namespace acta
