// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "read_side.hpp"

#include <shop/queries.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace shop;

namespace {

using skus = std::vector<std::string>;

const auto noon = *acta::parse_rfc3339("2026-11-24T12:00:00Z");

test::read_side empty_shop() {
  acta::model model;
  model.aggregate<product>().view<products>().query<find_products>();
  return test::read_side(model);
}

test::read_side with_products() {
  auto shop = empty_shop();
  shop.take("product/b1", product_listed{"Dune", "books", {1299, "EUR"}});
  shop.take("product/b2", product_listed{"dune messiah", "books", {999, "EUR"}});
  shop.take("product/b3", product_listed{"Emma", "books", {950, "EUR"}});
  shop.take("product/b4", product_listed{"Ulysses", "books", {1050, "USD"}});
  shop.take("product/f1", product_listed{"DUNE, the film", "films", {1000, "EUR"}});
  shop.take("product/f2", product_listed{"Arrival", "films", {800, "USD"}});
  return shop;
}

skus skus_of(const product_page& page) {
  skus all;
  for (const auto& one : page.products) all.push_back(one.sku);
  return all;
}
skus found(const test::read_side& shop, const find_products& query) {
  return skus_of(test::must(shop.ask(query)));
}

} // namespace

TEST_CASE("the catalogue shows a product as it was listed, and when") {
  auto shop = empty_shop();
  shop.take({test::stored("product/b1", product_listed{"Dune", "books", {1299, "EUR"}}, noon)});
  const auto page = shop.ask(find_products{});
  REQUIRE(page);
  CHECK(*acta::to_json(*page) == R"({"products":[{"sku":"b1","name":"Dune","category":"books",)"
                                 R"("price":{"amount":1299,"currency":"EUR"},)"
                                 R"("listed_at":"2026-11-24T12:00:00.000000Z"}],"next":""})");
  CHECK(*acta::to_json(*shop.row<products>("b1")) ==
        R"({"name":"Dune","category":"books","price":{"amount":1299,"currency":"EUR"},)"
        R"("listed_at":"2026-11-24T12:00:00.000000Z"})");
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
        const auto page = test::must(shop.ask(one));
        CHECK(page.products.size() <= limit);
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
  auto shop = empty_shop();
  std::vector<test::stored_event> many;
  for (int i = 0; i < 2500; ++i)
    many.push_back(test::stored("product/p" + std::to_string(i),
                                product_listed{"Thing", "common", {100, "EUR"}}));
  many.push_back(test::stored("product/q", product_listed{"Thing", "rare", {100, "EUR"}}));
  shop.take(many);
  find_products query{.name_prefix = "thing", .category = "rare"};
  for (int empty_pages = 0; empty_pages < 2; ++empty_pages) {
    const auto page = test::must(shop.ask(query));
    CHECK(page.products.empty());
    REQUIRE_FALSE(page.next.empty());
    query.cursor = page.next;
  }
  CHECK(found(shop, query) == skus{"q"});
}

TEST_CASE("a changed price moves the product in every index of prices") {
  auto shop = with_products();
  shop.take("product/b1", price_changed{{900, "EUR"}});
  CHECK(found(shop, {.category = "books"}) == skus{"b1", "b3", "b2", "b4"});
  CHECK(found(shop, {.price_to = money{940, "EUR"}}) == skus{"b1"});
  CHECK(found(shop, {.price_from = money{1299, "EUR"}}).empty());
}

TEST_CASE("a retired product is gone from the catalogue and from all indexes") {
  auto shop = with_products();
  const auto before = shop.index_entries<products>();
  shop.take("product/b1", product_retired{});
  CHECK(found(shop, {}) == skus{"f2", "b2", "f1", "b3", "b4"});
  CHECK(found(shop, {.name_prefix = "dune"}) == skus{"b2", "f1"});
  CHECK(found(shop, {.category = "books"}) == skus{"b3", "b2", "b4"});
  CHECK(found(shop, {.price_from = money{1299, "EUR"}}).empty());
  CHECK(shop.row<products>("b1").error().code() == acta::errc::not_found);
  CHECK(shop.index_entries<products>() == before - 3);
}

TEST_CASE("a product listed, changed and retired within one batch leaves nothing") {
  auto shop = empty_shop();
  shop.take({test::stored("product/b1", product_listed{"Dune", "books", {1299, "EUR"}}),
             test::stored("product/b1", price_changed{{1, "EUR"}}),
             test::stored("product/b1", product_retired{})});
  CHECK(shop.keys<products>().empty());
  CHECK(shop.index_entries<products>() == 0);
}

TEST_CASE("a search that cannot be answered says why") {
  const auto shop = with_products();
  const auto refused = [&](const find_products& query, std::string_view where) {
    const auto answer = shop.ask(query);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code() == acta::condition::invalid);
    CHECK(answer.error().where() == where);
  };
  refused({.limit = 0}, "/limit");
  refused({.limit = 101}, "/limit");
  refused({.price_from = money{1, "EUR"}, .price_to = money{2, "USD"}}, "/price_to");
  const auto page = test::must(shop.ask(find_products{.limit = 1}));
  refused({.category = "books", .cursor = page.next}, "");
  refused({.cursor = "no cursor"}, "");
}

TEST_CASE("fields of a search may be left out of its JSON") {
  find_products query;
  REQUIRE(
      acta::from_json(R"({"category":"books","price_to":{"amount":999,"currency":"EUR"}})", query));
  CHECK(found(with_products(), query) == skus{"b3", "b2"});
  REQUIRE(acta::from_json("{}", query));
}
