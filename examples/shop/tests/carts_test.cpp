// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/queries.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace carts_test {

using namespace shop;
using namespace std::chrono_literals;

namespace {

const auto noon = *acta::parse_rfc3339("2026-11-24T12:00:00Z");

item_added dune(std::int32_t quantity) { return {"book-1", "Dune", quantity, {1299, "EUR"}}; }
item_added emma(std::int32_t quantity) { return {"book-2", "Emma", quantity, {950, "EUR"}}; }
cart_line line_of(const item_added& e) { return {e.sku, e.name, e.quantity, e.unit_price}; }

auto cart_1() { return acta::given<carts>().in("cart/1"); }

/// The carts that wait, in order.
struct waiting_carts {
  static constexpr std::string_view name = "waiting_carts";
  using reply = acta::page<carts>;
  acta::result<reply> answer(const acta::picture& p) const {
    return p.view<carts>().scan({.index = "open_by_updated_at"});
  }
  template <class A> void serialize(A&) {}
};
auto are(const std::vector<std::string>& expected) {
  return [expected](const acta::page<carts>& page) {
    std::vector<std::string> keys;
    for (const auto& one : page.rows) keys.push_back(one.key);
    CHECK(keys == expected);
  };
}

} // namespace

TEST_CASE("the cart's page shows what was added, with quantities and prices") {
  cart_1()
      .happened(dune(2), emma(1), dune(3))
      .when(items_in_cart{"1"})
      .then({.lines = {line_of(dune(5)), line_of(emma(1))},
             .item_count = 6,
             .total = {5 * 1299 + 950, "EUR"}});
}

TEST_CASE("the cart's page follows a changed quantity and a removed item") {
  const auto changed = cart_1().happened(dune(2), emma(1), quantity_changed{"book-2", 4});
  changed.when(items_in_cart{"1"})
      .then({.lines = {line_of(dune(2)), line_of(emma(4))},
             .item_count = 6,
             .total = {2 * 1299 + 4 * 950, "EUR"}});
  changed.happened(item_removed{"book-1"})
      .when(items_in_cart{"1"})
      .then({.lines = {line_of(emma(4))}, .item_count = 4, .total = {4 * 950, "EUR"}});
}

TEST_CASE("an emptied cart costs nothing in no currency, and takes another one") {
  const auto emptied = cart_1().happened(dune(2), item_removed{"book-1"});
  emptied.when(items_in_cart{"1"}).then({.lines = {}, .item_count = 0, .total = {}});
  emptied.happened(item_added{"book-3", "Ulysses", 1, {1450, "USD"}})
      .when(items_in_cart{"1"})
      .then([](const cart_page& page) {
        return page.total == money{1450, "USD"};
      });
}

TEST_CASE("the page of a cart that nobody has put anything into is empty, and no error") {
  acta::given<carts>().when(items_in_cart{"nobody's"}).then(cart_page{});
  acta::given<carts>().when(items_in_cart{""}).then(cart_page{});
}

TEST_CASE("a cart that is checked out keeps its page") {
  cart_1()
      .happened(dune(2), checked_out{"ada", {line_of(dune(2))}, {2598, "EUR"}, noon})
      .when(items_in_cart{"1"})
      .then({.lines = {line_of(dune(2))},
             .item_count = 2,
             .total = {2598, "EUR"},
             .is_checked_out = true});
}

TEST_CASE("carts wait in the order of their last change until they are checked out or empty") {
  const auto three = acta::given<carts>()
                         .in("cart/1")
                         .at(noon)
                         .happened(dune(1))
                         .in("cart/2")
                         .at(noon + 1s)
                         .happened(emma(1))
                         .in("cart/3")
                         .at(noon + 2s)
                         .happened(dune(1));
  three.when(waiting_carts{}).then(are({"1", "2", "3"}));

  const auto changed = three.in("cart/1").at(noon + 3s).happened(quantity_changed{"book-1", 2});
  changed.then_row("1", [](const carts& row) { return row.updated_at == noon + 3s; });
  changed.then_index("open_by_updated_at", acta::key(noon + 3s), {"1"});
  changed.then_index("open_by_updated_at", acta::key(noon), {});
  changed.when(waiting_carts{}).then(are({"2", "3", "1"}));

  changed.in("cart/2")
      .at(noon + 4s)
      .happened(item_removed{"book-2"})
      .in("cart/3")
      .at(noon + 5s)
      .happened(checked_out{})
      .when(waiting_carts{})
      .then(are({"1"}));
}

TEST_CASE("the cart's page and its row are what people see over HTTP") {
  const std::string line = R"({"sku":"book-1","name":"Dune","quantity":2,)"
                           R"("unit_price":{"amount":1299,"currency":"EUR"}})";
  cart_1()
      .at(noon)
      .happened(dune(2))
      .then([&](const carts& row) {
        CHECK(*acta::to_json(row) ==
              R"({"lines":[)" + line +
                  R"(],"total":{"amount":2598,"currency":"EUR"},"item_count":2,"currency":"EUR",)"
                  R"("checked_out":false,"updated_at":"2026-11-24T12:00:00.000000Z"})");
      })
      .when(items_in_cart{"1"})
      .then([&](const cart_page& page) {
        CHECK(*acta::to_json(page) ==
              R"({"lines":[)" + line +
                  R"(],"item_count":2,"total":{"amount":2598,"currency":"EUR"},)"
                  R"("checked_out":false})");
      });
}

} // namespace carts_test
