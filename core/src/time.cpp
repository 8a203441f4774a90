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

} // namespace

time_point system_now() { return floor<microseconds>(system_clock::now()); }
microseconds monotonic_now() { return floor<microseconds>(steady_clock::now().time_since_epoch()); }

std::string to_rfc3339(time_point t) {
  const auto day = floor<days>(t);
  const year_month_day date(day);
  const hh_mm_ss time(t - day);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return text;
}

result<time_point> parse_rfc3339(std::string_view text) {
  const auto bad = [whole = std::string(text)] {
    return error(errc::invalid_argument,
                 "not an RFC 3339 time, like 2026-11-22T10:00:00Z: '" + whole + "'");
  };
  const int y = take_number(text, 4);
  if (y < 0 || !take(text, "-")) return bad();
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
  const year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok()) return bad();

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
  return sys_days{date} + hours{h} + minutes{mi} + seconds{s} +
         floor<microseconds>(nanoseconds{nanos}) - offset;
}

} // namespace acta
