// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/units.hpp>

#include <catch2/catch.hpp>

namespace units_test {

using namespace acta;
using namespace std::chrono_literals;

TEST_CASE("a duration is a whole number and a unit") {
  CHECK(parse_duration("10us").value() == 10us);
  CHECK(parse_duration("10ms").value() == 10ms);
  CHECK(parse_duration("5s").value() == 5s);
  CHECK(parse_duration("2min").value() == 2min);
  CHECK(parse_duration("0s").value() == 0s);
  CHECK(parse_duration("24h").value() == 24h);
  CHECK(parse_duration("7d").value() == 168h);
  for (const auto* bad : {"", "10", "ms", "10 ms", "1.5s", "-1s", "10m", "10MS", "10sec",
                          "99999999999999999999s", "9223372036854775807s"}) {
    INFO(bad);
    CHECK_FALSE(parse_duration(bad));
  }
}

TEST_CASE("a size is a whole number and a binary unit") {
  CHECK(parse_size("1B").value() == 1);
  CHECK(parse_size("64MiB").value() == 64ULL << 20);
  CHECK(parse_size("1TiB").value() == 1ULL << 40);
  for (const auto* bad : {"64", "64MB", "64M", "64mib", "1KB", "99999999TiB"}) {
    INFO(bad);
    CHECK_FALSE(parse_size(bad));
  }
}

TEST_CASE("a wrong unit is answered with the units there are") {
  const auto wrong = parse_size("64MB");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().detail() == "'64MB' has the unknown unit 'MB'; a size is a whole number and "
                                  "one of B KiB MiB GiB TiB, such as \"64MiB\"");
}

TEST_CASE("durations and sizes are written as they are read") {
  for (const auto* text : {"0us", "1us", "1500us", "10ms", "5s", "90s", "2min", "1h", "7d"})
    CHECK(format_duration(parse_duration(text).value()) == text);
  for (const auto* text : {"0B", "1B", "1000B", "1KiB", "64MiB", "3GiB", "1TiB"})
    CHECK(format_size(parse_size(text).value()) == text);
}

} // namespace units_test
