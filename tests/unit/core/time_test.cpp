// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/time.hpp>

#include <catch2/catch.hpp>

#include <cstdio>
#include <limits>

namespace time_test {

using namespace std::chrono;

TEST_CASE("times print as RFC 3339 and read back to the microsecond") {
  const acta::time_point t{microseconds{1'700'000'000'123'456}};
  CHECK(acta::to_rfc3339(t) == "2023-11-14T22:13:20.123456Z");
  CHECK(*acta::parse_rfc3339("2023-11-14T22:13:20.123456Z") == t);
  CHECK(acta::to_rfc3339(acta::time_point{microseconds{-1}}) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("offsets and short fractions are understood") {
  CHECK(*acta::parse_rfc3339("2023-11-14T23:13:20.5+01:00") ==
        *acta::parse_rfc3339("2023-11-14T22:13:20.500000Z"));
  CHECK(*acta::parse_rfc3339("2023-11-14T20:43:20-01:30") ==
        *acta::parse_rfc3339("2023-11-14T22:13:20Z"));
}

TEST_CASE("what is not a time is refused") {
  for (const auto* bad : {"", "2023", "2023-02-30T00:00:00Z", "2023-11-14T24:00:00Z",
                          "2023-11-14T22:60:00Z", "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z",
                          "2023-11-14T22:13:20Zx", "2023-11-14T22:13:20+1:00"}) {
    CAPTURE(bad);
    CHECK_FALSE(acta::parse_rfc3339(bad));
  }
}

TEST_CASE("times beyond the range of nanoseconds are read like any other") {
  for (const auto* text : {"0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"}) {
    const auto t = acta::parse_rfc3339(text);
    REQUIRE(t);
    CHECK(acta::to_rfc3339(*t) == text);
  }
}

TEST_CASE("every time there is prints, and is read back: a row of the year 10000 hides no list") {
  constexpr auto us = [](std::int64_t n) { return acta::time_point{microseconds{n}}; };
  constexpr auto year_10000 = std::int64_t{253'402'300'800} * 1'000'000;
  constexpr auto year_0 = std::int64_t{-62'167'219'200} * 1'000'000;
  CHECK(acta::to_rfc3339(us(year_10000)) == "+010000-01-01T00:00:00.000000Z");
  CHECK(acta::to_rfc3339(us(year_0 - 1)) == "-000001-12-31T23:59:59.999999Z");
  CHECK(acta::to_rfc3339(us(std::numeric_limits<std::int64_t>::max())) ==
        "+294247-01-10T04:00:54.775807Z");
  CHECK(acta::to_rfc3339(us(std::numeric_limits<std::int64_t>::min())) ==
        "-290308-12-21T19:59:05.224192Z");
  for (auto n :
       {year_10000, year_10000 - 1, year_0, year_0 - 1, std::int64_t{0}, std::int64_t{-1},
        std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::max() - 1,
        std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::min() + 1}) {
    CAPTURE(n);
    const auto read = acta::parse_rfc3339(acta::to_rfc3339(us(n)));
    REQUIRE(read);
    CHECK(*read == us(n));
  }
  // An offset may lead out of the four digits.
  CHECK(acta::to_rfc3339(*acta::parse_rfc3339("9999-12-31T23:59:59-01:00")) ==
        "+010000-01-01T00:59:59.000000Z");
}

TEST_CASE("the calendar is that of std::chrono, through all leap years of two eras") {
  for (auto day = sys_days{year{1'599} / 12 / 1}; day < sys_days{year{2'405} / 1 / 1};
       day += days{1}) {
    const year_month_day date(day);
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT00:00:00.000000Z",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()));
    if (acta::to_rfc3339(day) != text || *acta::parse_rfc3339(text) != day) {
      CAPTURE(text);
      CHECK(acta::to_rfc3339(day) == text);
      FAIL("read as another day");
    }
  }
}

TEST_CASE("a time that no 64 bits of microseconds hold is refused, not wrapped around") {
  for (const auto* bad : {"+294247-01-10T04:00:54.775808Z", "-290308-12-21T19:59:05.224191Z",
                          "+999999-12-31T23:59:59Z", "-999999-01-01T00:00:00Z"}) {
    CAPTURE(bad);
    const auto read = acta::parse_rfc3339(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().detail().find("64 bits") != std::string::npos);
  }
  for (const auto* bad :
       {"-000000-01-01T00:00:00Z", "+10000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
        "+010001-02-29T00:00:00Z", "-2023-11-14T22:13:20Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(acta::parse_rfc3339(bad));
  }
  CHECK(acta::parse_rfc3339("+010000-02-29T00:00:00Z"));
}

} // namespace time_test
