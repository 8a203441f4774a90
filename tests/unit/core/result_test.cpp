// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/result.hpp>

#include <catch2/catch.hpp>

#include <memory>

namespace result_test {

TEST_CASE("a result holds either a value or an error") {
  acta::result<int> good = 7;
  acta::result<int> bad = acta::error(acta::errc::timeout, "late");
  CHECK(good);
  CHECK(*good == 7);
  CHECK_FALSE(bad);
  CHECK(bad.error().detail() == "late");
  CHECK(bad.value_or(3) == 3);
}

TEST_CASE("a result carries move-only values through and_then and transform") {
  acta::result<std::unique_ptr<int>> made = std::make_unique<int>(5);
  auto doubled = std::move(made).transform([](std::unique_ptr<int> p) { return *p * 2; });
  CHECK(*doubled == 10);
  auto failed = std::move(doubled).and_then(
      [](int) { return acta::result<int>(acta::error(acta::errc::io)); });
  CHECK(failed.error().code() == acta::errc::io);
  auto still = std::move(failed).transform([](int) { return 1; });
  CHECK(still.error().code() == acta::errc::io);
}

TEST_CASE("a result without a value is success or an error") {
  acta::result<void> good;
  acta::result<void> bad = acta::error(acta::errc::cancelled);
  CHECK(good);
  CHECK_FALSE(bad);
  CHECK_FALSE(std::move(good).and_then([&] { return bad; }));
}

} // namespace result_test
