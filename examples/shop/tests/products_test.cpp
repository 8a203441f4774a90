// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "folded.hpp"

#include <shop/queries.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace products_test {

using namespace shop;

namespace {

using skus = std::vector<std::string>;
using shop_of = acta::testing::scenario<products>;

const auto noon = *acta::parse_rfc3339("2026-11-24T12:00:00Z");

shop_of with_products() {
  return acta::given<products>()
      .in("product/b1")
      .happened(product_listed{"Dune", "books", {1299, "EUR"}})
      .in("product/b2")
      .happened(product_listed{"dune messiah", "books", {999, "EUR"}})
      .in("product/b3")
      .happened(product_listed{"Emma", "books", {950, "EUR"}})
      .in("product/b4")
      .happened(product_listed{"Ulysses", "books", {1050, "USD"}})
      .in("product/f1")
      .happened(product_listed{"DUNE, the film", "films", {1000, "EUR"}})
      .in("product/f2")
      .happened(product_listed{"Arrival", "films", {800, "USD"}});
}

skus skus_of(const acta::page<products>& page) {
  skus all;
  for (const auto& one : page.rows) all.push_back(one.key);
  return all;
}
acta::page<products> page_of(const shop_of& shop, const find_products& query) {
  acta::page<products> found;
  shop.when(query).then([&](const auto& page) { found = page; });
  return found;
}
skus found(const shop_of& shop, const find_products& query) {
  return skus_of(page_of(shop, query));
}

} // namespace

TEST_CASE("the catalogue shows a product as it was listed, and when") {
  const std::string row = R"({"name":"Dune","category":"books",)"
                          R"("price":{"amount":1299,"currency":"EUR"},)"
                          R"("listed_at":"2026-11-24T12:00:00.000000Z"})";
  acta::given<products>()
      .in("product/b1")
      .at(noon)
      .happened(product_listed{"Dune", "books", {1299, "EUR"}})
      .then([&](const products& listed) { CHECK(*acta::to_json(listed) == row); })
      .when(find_products{})
      .then([&](const auto& page) {
        CHECK(*acta::to_json(page) == R"({"rows":[{"key":"b1","row":)" + row + R"(}],"next":""})");
      });
}

TEST_CASE("products are listed by name without regard to case") {
  CHECK(found(with_products(), {}) == skus{"f2", "b1", "b2", "f1", "b3", "b4"});
}

TEST_CASE("products are found by the beginning of their name in any case") {
  const auto shop = with_products();
  CHECK(found(shop, {.name_prefix = "dune"}) == skus{"b1", "b2", "f1"});
  CHECK(found(shop, {.name_prefix = "DUNE "}) == skus{"b2"});
  CHECK(found(shop, {.name_prefix = "une"}).empty());
  CHECK(found(shop, {.name_prefix = ""}) == found(shop, {}));
  CHECK(found(shop, {.name_prefix = "", .category = "books"}) ==
        found(shop, {.category = "books"}));
}

TEST_CASE("a category is listed by price, each currency for itself") {
  const auto shop = with_products();
  CHECK(found(shop, {.category = "books"}) == skus{"b3", "b2", "b1", "b4"});
  CHECK(found(shop, {.category = "book"}).empty());
}

TEST_CASE("a range of prices holds both of its ends, and no other currency") {
  const auto shop = with_products();
  CHECK(found(shop, {.price_from = money{950, "EUR"}, .price_to = money{1000, "EUR"}}) ==
        skus{"b3", "b2", "f1"});
  CHECK(found(shop, {.price_from = money{1000, "EUR"}}) == skus{"f1", "b1"});
  CHECK(found(shop, {.price_to = money{1000, "USD"}}) == skus{"f2"});
  CHECK(found(shop, {.price_from = money{0, "JPY"}}).empty());
  CHECK(found(shop, {.price_from = money{2, "EUR"}, .price_to = money{1, "EUR"}}).empty());
}

TEST_CASE("category and prices together are one range") {
  const auto shop = with_products();
  CHECK(found(shop, {.category = "books", .price_from = money{960, "EUR"}}) == skus{"b2", "b1"});
  CHECK(found(shop, {.category = "books", .price_to = money{999, "EUR"}}) == skus{"b3", "b2"});
  CHECK(found(shop, {.category = "films",
                     .price_from = money{800, "USD"},
                     .price_to = money{800, "USD"}}) == skus{"f2"});
}

TEST_CASE("a name's beginning goes together with category and prices") {
  const auto shop = with_products();
  CHECK(found(shop, {.name_prefix = "dune", .category = "books"}) == skus{"b1", "b2"});
  CHECK(found(shop, {.name_prefix = "dune", .price_to = money{1000, "EUR"}}) == skus{"b2", "f1"});
  CHECK(found(shop, {.name_prefix = "dune",
                     .category = "films",
                     .price_from = money{1, "EUR"},
                     .price_to = money{1000, "EUR"}}) == skus{"f1"});
  CHECK(found(shop, {.name_prefix = "dune", .price_from = money{1, "USD"}}).empty());
}

TEST_CASE("pages of any length lead through all that is found, once") {
  const auto shop = with_products();
  for (const auto& query :
       {find_products{}, find_products{.name_prefix = "dune"}, find_products{.category = "books"},
        find_products{.name_prefix = "d", .price_to = money{1000, "EUR"}}}) {
    const auto all = found(shop, query);
    for (std::uint32_t limit = 1; limit <= 7; ++limit) {
      CAPTURE(limit);
      auto one = query;
      one.limit = limit;
      skus together;
      for (int pages = 0; pages < 20; ++pages) {
        const auto page = page_of(shop, one);
        CHECK(page.rows.size() <= limit);
        const auto some = skus_of(page);
        together.insert(together.end(), some.begin(), some.end());
        if (page.next.empty()) break;
        one.cursor = page.next;
      }
      CHECK(together == all);
    }
  }
}

TEST_CASE("a search that passes over thousands of products stops, and goes on from there") {
  std::vector<test::stored_event> many;
  for (int i = 0; i < 2500; ++i)
    many.emplace_back("product/p" + std::to_string(i),
                      product_listed{"Thing", "common", {100, "EUR"}}, noon);
  many.emplace_back("product/q", product_listed{"Thing", "rare", {100, "EUR"}}, noon);
  test::folded<products> shop;
  shop.take(many);
  find_products query{.name_prefix = "thing", .category = "rare", .limit = 5000};
  for (int empty_pages = 0; empty_pages < 2; ++empty_pages) {
    const auto page = query.answer(shop.picture());
    REQUIRE(page);
    CHECK(page->rows.empty());
    REQUIRE_FALSE(page->next.empty());
    query.cursor = page->next;
  }
  CHECK(skus_of(query.answer(shop.picture()).value()) == skus{"q"});
}

TEST_CASE("a changed price moves the product in every index of prices") {
  const auto shop = with_products().in("product/b1").happened(price_changed{{900, "EUR"}});
  CHECK(found(shop, {.category = "books"}) == skus{"b1", "b3", "b2", "b4"});
  CHECK(found(shop, {.price_to = money{940, "EUR"}}) == skus{"b1"});
  CHECK(found(shop, {.price_from = money{1299, "EUR"}}).empty());
}

TEST_CASE("a retired product is gone from the catalogue and from all indexes") {
  const auto shop = with_products().in("product/b1").happened(product_retired{});
  CHECK(found(shop, {}) == skus{"f2", "b2", "f1", "b3", "b4"});
  CHECK(found(shop, {.name_prefix = "dune"}) == skus{"b2", "f1"});
  CHECK(found(shop, {.category = "books"}) == skus{"b3", "b2", "b4"});
  CHECK(found(shop, {.price_from = money{1299, "EUR"}}).empty());
  shop.then_no_row("b1");
}

TEST_CASE("a product listed, changed and retired within one batch leaves nothing") {
  acta::given<products>(product_listed{"Dune", "books", {1299, "EUR"}}, price_changed{{1, "EUR"}},
                        product_retired{})
      .then_nothing();
}

TEST_CASE("a search that cannot be answered says why") {
  const auto shop = with_products();
  const auto refused = [&](const find_products& query, std::string_view where) {
    shop.when(query).then_error(acta::condition::invalid, where);
  };
  refused({.limit = 0}, "/limit");
  refused({.price_from = money{1, "EUR"}, .price_to = money{2, "USD"}}, "/price_to");
  refused({.category = "books", .cursor = page_of(shop, {.limit = 1}).next}, "/cursor");
  refused({.cursor = "no cursor"}, "/cursor");
}

TEST_CASE("fields of a search may be left out of its JSON") {
  find_products query;
  REQUIRE(
      acta::from_json(R"({"category":"books","price_to":{"amount":999,"currency":"EUR"}})", query));
  CHECK(found(with_products(), query) == skus{"b3", "b2"});
  REQUIRE(acta::from_json("{}", query));
}

} // namespace products_test
