// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "retry_after.hpp"

#include <catch2/catch.hpp>

namespace retry_after_test {

using namespace std::chrono_literals;
using acta::channels::parse_retry_after;

namespace {
const auto now = *acta::parse_rfc3339("1994-11-06T08:49:00.5Z");
} // namespace

TEST_CASE("a receiver that asks for a pause in seconds or until a date gets it") {
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after("0", now) == 0s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == 37s);
  CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now) == 37s);
  CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", now) == 37s);
}

TEST_CASE("a pause that makes no sense is none, and one of years is a day") {
  for (const char* text : {"", "-5", "1.5", "5 apples", "soon", "Sun, 06 Nov 1994 08:48:37 GMT",
                           "Sun, 66 Nov 1994 08:49:37 GMT", "::", "0x10"}) {
    CAPTURE(text);
    CHECK(parse_retry_after(text, now) == 0s);
  }
  CHECK(parse_retry_after("86401", now) == 24h);
  CHECK(parse_retry_after(std::string(40, '9'), now) == 24h);
  CHECK(parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", now) == 24h);
}

} // namespace retry_after_test
