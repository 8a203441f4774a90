// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/error.hpp>

#include <catch2/catch.hpp>

namespace error_test {

TEST_CASE("an error prints its code, what happened and where") {
  const acta::error e(acta::errc::invalid_argument, "expected a number", "/lines/3/quantity");
  CHECK(e.to_string() == "invalid_argument: expected a number (at /lines/3/quantity)");
  CHECK(e.code() == acta::condition::invalid);
  CHECK(e.rejection() == nullptr);
}

TEST_CASE("a rejection travels inside an error and is told apart from failures") {
  const acta::error e(acta::rejection{"insufficient_funds", "balance is 50"});
  REQUIRE(e.rejection() != nullptr);
  CHECK(e.rejection()->code == "insufficient_funds");
  CHECK(e.code() == acta::condition::rejected);
  CHECK(e.to_string() == "rejected: insufficient_funds: balance is 50");
}

TEST_CASE("every code of the core maps to a condition a caller can act on") {
  using enum acta::errc;
  CHECK(make_error_code(timeout) == acta::condition::timeout);
  CHECK(make_error_code(cancelled) == acta::condition::unavailable);
  CHECK(make_error_code(not_found) == acta::condition::invalid);
  CHECK(make_error_code(io) == acta::condition::io);
  CHECK(make_error_code(io) != acta::condition::corrupt);
}

TEST_CASE("the actual version rides on a copy and leaves the original as it was") {
  const acta::error e(acta::errc::invalid_argument, "text");
  const auto with = e.with_actual_version(7);
  CHECK(with.actual_version() == 7);
  CHECK(with.detail() == "text");
  CHECK(e.actual_version() == 0);
}

} // namespace error_test
