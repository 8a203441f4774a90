// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "read_side.hpp"

#include <shop/queries.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace shop;
using namespace std::chrono_literals;

namespace {

const auto noon = *acta::parse_rfc3339("2026-11-24T12:00:00Z");

test::read_side with_carts() {
  acta::model model;
  model.aggregate<cart>().view<carts>().query<items_in_cart>();
  return test::read_side(model);
}

item_added dune(std::int32_t quantity) { return {"book-1", "Dune", quantity, {1299, "EUR"}}; }
item_added emma(std::int32_t quantity) { return {"book-2", "Emma", quantity, {950, "EUR"}}; }

std::vector<std::string> open_carts(const test::read_side& shop) {
  return shop.keys<carts>({.index = "open_by_updated_at"});
}

} // namespace

TEST_CASE("the cart's page shows what was added, with quantities and prices") {
  auto shop = with_carts();
  shop.take("cart/1", dune(2), emma(1), dune(3));
  const auto page = shop.ask(items_in_cart{"1"});
  REQUIRE(page);
  REQUIRE(page->lines.size() == 2);
  CHECK(page->lines[0].sku == "book-1");
  CHECK(page->lines[0].quantity == 5);
  CHECK(page->lines[0].unit_price == money{1299, "EUR"});
  CHECK(page->lines[1].sku == "book-2");
  CHECK(page->item_count == 6);
  CHECK(page->total == money{5 * 1299 + 950, "EUR"});
  CHECK_FALSE(page->is_checked_out);
}

TEST_CASE("the cart's page follows a changed quantity and a removed item") {
  auto shop = with_carts();
  shop.take("cart/1", dune(2), emma(1), quantity_changed{"book-2", 4});
  CHECK(shop.ask(items_in_cart{"1"})->item_count == 6);
  CHECK(shop.ask(items_in_cart{"1"})->total == money{2 * 1299 + 4 * 950, "EUR"});
  shop.take("cart/1", item_removed{"book-1"});
  const auto page = shop.ask(items_in_cart{"1"});
  REQUIRE(page->lines.size() == 1);
  CHECK(page->lines[0].sku == "book-2");
  CHECK(page->item_count == 4);
  CHECK(page->total == money{4 * 950, "EUR"});
}

TEST_CASE("an emptied cart costs nothing in no currency, and takes another one") {
  auto shop = with_carts();
  shop.take("cart/1", dune(2), item_removed{"book-1"});
  CHECK(shop.ask(items_in_cart{"1"})->lines.empty());
  CHECK(shop.ask(items_in_cart{"1"})->item_count == 0);
  CHECK(shop.ask(items_in_cart{"1"})->total == money{});
  shop.take("cart/1", item_added{"book-3", "Ulysses", 1, {1450, "USD"}});
  CHECK(shop.ask(items_in_cart{"1"})->total == money{1450, "USD"});
}

TEST_CASE("the page of a cart that nobody has put anything into is empty, and no error") {
  const auto page = with_carts().ask(items_in_cart{"nobody's"});
  REQUIRE(page);
  CHECK(page->lines.empty());
  CHECK(page->item_count == 0);
}

TEST_CASE("a cart that is checked out keeps its page") {
  auto shop = with_carts();
  shop.take("cart/1", dune(2),
            checked_out{{{"book-1", "Dune", 2, {1299, "EUR"}}}, {2598, "EUR"}, noon});
  const auto page = shop.ask(items_in_cart{"1"});
  CHECK(page->is_checked_out);
  CHECK(page->item_count == 2);
  CHECK(page->total == money{2598, "EUR"});
}

TEST_CASE("carts wait in the order of their last change until they are checked out or empty") {
  auto shop = with_carts();
  shop.take({test::stored("cart/1", dune(1), noon), test::stored("cart/2", emma(1), noon + 1s),
             test::stored("cart/3", dune(1), noon + 2s)});
  CHECK(open_carts(shop) == std::vector<std::string>{"1", "2", "3"});

  shop.take({test::stored("cart/1", quantity_changed{"book-1", 2}, noon + 3s)});
  CHECK(open_carts(shop) == std::vector<std::string>{"2", "3", "1"});
  CHECK(shop.row<carts>("1")->updated_at == noon + 3s);

  shop.take({test::stored("cart/2", item_removed{"book-2"}, noon + 4s),
             test::stored("cart/3", checked_out{}, noon + 5s)});
  CHECK(open_carts(shop) == std::vector<std::string>{"1"});
  CHECK(shop.keys<carts>() == std::vector<std::string>{"1", "2", "3"});
  CHECK(shop.keys<carts>({.index = "open_by_updated_at", .to = acta::key(noon)}).empty());
}

TEST_CASE("the cart's page and its row are what people see over HTTP") {
  auto shop = with_carts();
  shop.take({test::stored("cart/1", dune(2), noon)});
  const std::string line = R"({"sku":"book-1","name":"Dune","quantity":2,)"
                           R"("unit_price":{"amount":1299,"currency":"EUR"}})";
  CHECK(*acta::to_json(*shop.ask(items_in_cart{"1"})) ==
        R"({"lines":[)" + line +
            R"(],"item_count":2,"total":{"amount":2598,"currency":"EUR"},"checked_out":false})");
  CHECK(*acta::to_json(*shop.row<carts>("1")) ==
        R"({"lines":[)" + line +
            R"(],"total":{"amount":2598,"currency":"EUR"},"item_count":2,"currency":"EUR",)"
            R"("checked_out":false,"updated_at":"2026-11-24T12:00:00.000000Z"})");
}
