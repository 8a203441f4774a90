// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/money.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <limits>

namespace money_test {

using shop::add_up;
using shop::currency;
using shop::money;
using shop::to_text;

namespace {
constexpr auto amount_max = std::numeric_limits<std::int64_t>::max();
constexpr auto amount_min = std::numeric_limits<std::int64_t>::min();
} // namespace

TEST_CASE("a currency is three capital letters and nothing else") {
  CHECK(currency::parse("EUR") == currency("EUR"));
  CHECK(currency::parse("EUR")->code() == "EUR");
  for (const auto* bad : {"", "EU", "EURO", "eur", "EuR", "E1R", "E R", "\xC3\x84U"}) {
    CAPTURE(bad);
    CHECK_FALSE(currency::parse(bad));
  }
}

TEST_CASE("money adds up within one currency") {
  CHECK(add(money{1299, "EUR"}, money{-300, "EUR"}) == money{999, "EUR"});
  CHECK_FALSE(add(money{1, "EUR"}, money{1, "USD"}));
}

TEST_CASE("money that does not fit is nothing, not another amount") {
  CHECK(add(money{amount_max - 1, "EUR"}, money{1, "EUR"}) == money{amount_max, "EUR"});
  CHECK_FALSE(add(money{amount_max, "EUR"}, money{1, "EUR"}));
  CHECK_FALSE(add(money{amount_min, "EUR"}, money{-1, "EUR"}));
  CHECK(multiply(money{amount_max / 999, "EUR"}, 999));
  CHECK_FALSE(multiply(money{amount_max / 999 + 1, "EUR"}, 999));
  CHECK_FALSE(multiply(money{amount_min, "EUR"}, -1));
}

TEST_CASE("money is an amount and a code in JSON") {
  CHECK(*acta::to_json(money{1299, "EUR"}) == R"({"amount":1299,"currency":"EUR"})");
  (void)acta::testing::through_json(money{1299, "EUR"});
  (void)acta::testing::through_binary(money{amount_min, "JPY"});
}

TEST_CASE("a currency that is none is refused where it is read, by the place of the field") {
  money m;
  const auto json = acta::from_json(R"({"amount":1299,"currency":"euro"})", m);
  REQUIRE_FALSE(json);
  CHECK(json.error().where() == "/currency");
  CHECK(json.error().code() == acta::condition::invalid);
  CHECK(json.error().detail().find("three capital letters") != std::string_view::npos);
}

TEST_CASE("money is written as people read it, with the digits of its currency") {
  CHECK(to_text({1299, "EUR"}) == "12.99 EUR");
  CHECK(to_text({0, "EUR"}) == "0.00 EUR");
  CHECK(to_text({5, "USD"}) == "0.05 USD");
  CHECK(to_text({-5, "EUR"}) == "-0.05 EUR");
  CHECK(to_text({-1299, "EUR"}) == "-12.99 EUR");
  CHECK(to_text({1299, "JPY"}) == "1299 JPY");
  CHECK(to_text({1299, "KWD"}) == "1.299 KWD");
  CHECK(to_text({12999, "CLF"}) == "1.2999 CLF");
  CHECK(to_text({5, "UYW"}) == "0.0005 UYW");
  for (const auto* code : {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
                           "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}) {
    CAPTURE(code);
    CHECK(to_text({1299, *currency::parse(code)}) == "1299 " + std::string(code));
  }
  // They had parts once, or are often taken for such that have none.
  for (const auto* code : {"HUF", "TWD", "IDR", "COP", "MGA", "MRU", "LAK", "AFN"}) {
    CAPTURE(code);
    CHECK(shop::minor_digits(*currency::parse(code)) == 2);
  }
  CHECK(to_text({amount_max, "EUR"}) == "92233720368547758.07 EUR");
  CHECK(to_text({amount_min, "EUR"}) == "-92233720368547758.08 EUR");
}

TEST_CASE("a report's sum that does not fit stays at the largest there is") {
  CHECK(add_up(1, 2) == 3);
  CHECK(add_up(amount_max - 1, 1) == amount_max);
  CHECK(add_up(amount_max, 1) == amount_max);
  CHECK(add_up(1, amount_max) == amount_max);
}

} // namespace money_test
