// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "purchase.hpp"

#include <shop/failed_payments.hpp>
#include <shop/queries.hpp>
#include <shop/sales_by_day.hpp>
#include <shop/stock_levels.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace order_views_test {

using namespace shop;
using namespace std::chrono_literals;
using namespace test;

namespace {

const auto noon = *acta::parse_rfc3339("2026-11-24T12:00:00Z");
const auto what = dune_and_emma();

order_contents of(std::string customer) {
  auto order = what;
  order.customer = std::move(customer);
  return order;
}
/// Ada's 1 (shipped), 2 (cancelled) and 4 (placed), Bob's 3 (paid, with a problem).
auto four_orders() {
  return acta::given_views<orders, carts>()
      .in("order/1")
      .at(noon)
      .happened(order_placed{of("ada")})
      .in("order/2")
      .at(noon + 1s)
      .happened(order_placed{of("ada")})
      .in("order/3")
      .at(noon + 2s)
      .happened(order_placed{of("bob")})
      .in("order/4")
      .at(noon + 3s)
      .happened(order_placed{of("ada")})
      .in("order/1")
      .at(noon + 4s)
      .happened(order_paid{of("ada")}, order_shipped{of("ada")})
      .in("order/2")
      .happened(order_cancelled{of("ada"), "out_of_stock", "no book-1"})
      .in("order/3")
      .happened(order_paid{of("bob")}, problem_reported{"no pieces"});
}
auto are(std::vector<std::string> expected) {
  return [expected](const acta::page<orders>& page) {
    std::vector<std::string> keys;
    for (const auto& one : page.rows) keys.push_back(one.key);
    CHECK(keys == expected);
  };
}
acta::page<orders> page_of(const orders_of_customer& query) {
  acta::page<orders> found;
  four_orders().when(query).then([&](const auto& page) { found = page; });
  return found;
}

} // namespace

TEST_CASE("a customer sees the own orders, the newest first, and nobody else's") {
  const auto shop = four_orders();
  shop.when(orders_of_customer{"ada"}).then(are({"4", "2", "1"}));
  shop.when(orders_of_customer{"bob"}).then(are({"3"}));
  shop.when(orders_of_customer{"ad"}).then(are({}));
  shop.when(orders_of_customer{""}).then(are({}));
}

TEST_CASE("pages of orders lead through all of them, once") {
  const auto first = page_of({"ada", 2});
  are({"4", "2"})(first);
  REQUIRE_FALSE(first.next.empty());
  const auto second = page_of({"ada", 2, first.next});
  are({"1"})(second);
  CHECK(second.next.empty());
  four_orders()
      .when(orders_of_customer{"ada", 0})
      .then_error(acta::condition::invalid, "/limit")
      .when(orders_of_customer{"bob", 2, first.next})
      .then_error(acta::condition::invalid, "/cursor");
}

TEST_CASE("the back office sees orders by their state, and what needs looking after") {
  const auto order_3 = acta::given<orders>()
                           .in("order/3")
                           .at(noon)
                           .happened(order_placed{of("bob")})
                           .then_index("by_state", acta::key("placed"), {"3"})
                           .then_index("by_problem", acta::key(noon), {})
                           .at(noon + 1s)
                           .happened(order_paid{of("bob")}, problem_reported{"no pieces"});
  order_3.then_index("by_state", acta::key("placed"), {})
      .then_index("by_state", acta::key("paid"), {"3"})
      .then_index("by_customer", acta::key("bob"), {"3"})
      .then_index("by_problem", acta::key(noon + 1s), {"3"})
      .then_row("3", [](const orders& row) {
        CHECK(row.placed_at == noon);
        CHECK(row.updated_at == noon + 1s);
        return row.now.problem == "no pieces";
      });
}

TEST_CASE("the row of an order is what people see over HTTP") {
  acta::given<orders>()
      .in("order/2")
      .at(noon)
      .happened(order_placed{what}, order_cancelled{what, "out_of_stock", "no book-1"})
      .then([](const orders& row) {
        const auto json = *acta::to_json(row);
        CAPTURE(json);
        CHECK(json.starts_with(R"({"customer":"ada","name":"Ada","email":"ada@example.org",)"));
        CHECK(json.ends_with(
            R"("state":"cancelled","reason":"out_of_stock","detail":"no book-1","problem":"",)"
            R"("placed_at":"2026-11-24T12:00:00.000000Z",)"
            R"("updated_at":"2026-11-24T12:00:00.000000Z"})"));
      });
}

TEST_CASE("the page of an order can be shown as soon as the cart is checked out") {
  const item_added dune{"book-1", "Dune", 2, {1299, "EUR"}};
  const std::vector<cart_line> lines{{"book-1", "Dune", 2, {1299, "EUR"}}};
  const auto cart = acta::given_views<orders, carts>().in("cart/42").happened(dune);
  cart.when(order_page{"42"}).then(order_status{});
  const auto checking = cart.happened(checked_out{"ada", lines, {2598, "EUR"}, noon});
  checking.when(order_page{"42"}).then({"checking", "", lines, {2598, "EUR"}});
  const auto placed =
      checking.in("order/42")
          .happened(order_placed{{"ada", "Ada", "ada@example.org", lines, {2598, "EUR"}}});
  placed.when(order_page{"42"}).then({"placed", "", lines, {2598, "EUR"}});
  placed.happened(order_cancelled{{}, "out_of_stock", ""})
      .when(order_page{"42"})
      .then({"cancelled", "out_of_stock", lines, {2598, "EUR"}})
      .when(order_page{"43"})
      .then(order_status{});
}

TEST_CASE("stock levels add up after every event") {
  const auto book = acta::given<stock_levels>().in("stock/book-1").happened(stock_received{5});
  book.then_row("book-1", {5, 5, 0, 0});
  const auto kept =
      book.happened(stock_reserved{"42", "book-1", 2}, stock_reserved{"43", "book-1", 1});
  kept.then_row("book-1", {5, 2, 3, 0});
  kept.happened(stock_released{"43", "book-1", 1}).then_row("book-1", {5, 3, 2, 0});
  kept.happened(stock_shipped{"42", "book-1", 2}, stock_received{1})
      .then_row("book-1", {6, 3, 1, 2})
      .then_index("by_available", acta::key(3), {"book-1"});
}

TEST_CASE("a failed payment is kept, with the money that came late and what went back of it") {
  const money price{3548, "EUR"};
  const auto failed =
      acta::given<failed_payments>()
          .in("payment/42")
          .at(noon)
          .happened(payment_failed{"Ada", "ada@example.org", price, "no_confirmation"});
  failed.then_row("42", {price, "no_confirmation", noon, {0, "EUR"}, {0, "EUR"}})
      .then_index("by_time", acta::key(noon), {"42"});
  const auto late =
      failed.at(noon + 1h).happened(unexpected_payment_received{"psp-1", price, "late"});
  late.then_row("42", {price, "no_confirmation", noon, price, {0, "EUR"}});
  late.happened(payment_refunded{"Ada", "ada@example.org", price, "psp-1", "late"})
      .then_row("42", {price, "no_confirmation", noon, price, price});
}

TEST_CASE("a payment that was confirmed is no failed one, also if money goes back") {
  const money price{3548, "EUR"};
  acta::given<failed_payments>()
      .in("payment/42")
      .happened(unexpected_payment_received{"psp-2", price, "twice"},
                payment_refunded{"Ada", "ada@example.org", price, "psp-2", "twice"})
      .then_nothing();
}

TEST_CASE("sales count on the day on which they were paid, each currency for itself") {
  const auto midnight = *acta::parse_rfc3339("2026-11-25T00:00:00Z");
  auto in_dollars = what;
  in_dollars.total.currency = "USD";
  acta::given<sales_by_day>()
      .in("order/1")
      .at(midnight - 1us)
      .happened(order_paid{what})
      .in("order/2")
      .happened(order_paid{what})
      .in("order/3")
      .happened(order_paid{in_dollars})
      .in("payment/2")
      .at(midnight)
      .happened(payment_refunded{"Ada", "ada@example.org", what.total, "psp-2", "twice"})
      .then_rows({{"2026-11-24 EUR", {2, 7096, 0}},
                  {"2026-11-24 USD", {1, 3548, 0}},
                  {"2026-11-25 EUR", {0, 0, 3548}}});
}

TEST_CASE("an order of all the money there is does not stop the report, nor wrap it") {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  auto island = what;
  island.total.amount = most;
  acta::given<sales_by_day>()
      .in("order/1")
      .at(noon)
      .happened(order_paid{island})
      .in("order/2")
      .happened(order_paid{what})
      .then_row("2026-11-24 EUR", {2, most, 0});
}

} // namespace order_views_test
