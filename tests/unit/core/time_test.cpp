// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/time.hpp>

#include <catch2/catch.hpp>

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
