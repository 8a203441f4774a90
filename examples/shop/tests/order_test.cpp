// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "purchase.hpp"

#include <shop/order.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

namespace order_test {

using namespace shop;
using namespace test;

namespace {

auto placed() { return acta::given<order>(order_placed{dune_and_emma()}); }
auto paid() { return acta::given<order>(order_placed{dune_and_emma()}, order_paid{}); }
auto shipped() {
  return acta::given<order>(order_placed{dune_and_emma()}, order_paid{}, order_shipped{});
}
auto cancelled() {
  return acta::given<order>(order_placed{dune_and_emma()},
                            order_cancelled{dune_and_emma(), "out_of_stock", ""});
}
/// What is said to a place_order that was changed by `spoil`.
template <class F> auto placing(F spoil) {
  place_order command{dune_and_emma()};
  spoil(command.contents);
  return acta::given<order>().when(command);
}

} // namespace

TEST_CASE("an order goes from placed to paid to shipped, and every event says all of it") {
  const auto what = dune_and_emma();
  acta::given<order>()
      .when(place_order{what})
      .then(order_placed{what})
      .when(mark_paid{})
      .then(order_paid{what})
      .when(mark_shipped{})
      .then(order_shipped{what})
      .then_state([](const order& o) { return o.state == order_state::shipped; });
}

TEST_CASE("an order is cancelled with a reason") {
  placed()
      .when(cancel_order{"out_of_stock", "no book-1"})
      .then(order_cancelled{dune_and_emma(), "out_of_stock", "no book-1"})
      .then_state([](const order& o) {
        CHECK(o.reason == "out_of_stock");
        CHECK(o.detail == "no book-1");
        return o.state == order_state::cancelled;
      });
}

TEST_CASE("what is not placed cannot be paid, shipped, cancelled or have a problem") {
  const auto none = acta::given<order>();
  none.when(mark_paid{}).then_rejected("not_placed");
  none.when(mark_shipped{}).then_rejected("not_placed");
  none.when(cancel_order{"out_of_stock", ""}).then_rejected("not_placed");
  none.when(report_problem{"?"}).then_rejected("not_placed");
}

TEST_CASE("an order is placed once, whatever became of it") {
  placed().when(place_order{dune_and_emma()}).then_rejected("already_placed");
  paid().when(place_order{dune_and_emma()}).then_rejected("already_placed");
  shipped().when(place_order{dune_and_emma()}).then_rejected("already_placed");
  cancelled().when(place_order{dune_and_emma()}).then_rejected("already_placed");
}

TEST_CASE("an order is paid once, and a cancelled one never") {
  paid().when(mark_paid{}).then_rejected("already_paid");
  shipped().when(mark_paid{}).then_rejected("already_paid");
  cancelled().when(mark_paid{}).then_rejected("already_cancelled");
}

TEST_CASE("an order is shipped once, and not before it is paid") {
  placed().when(mark_shipped{}).then_rejected("not_paid");
  shipped().when(mark_shipped{}).then_rejected("already_shipped");
  cancelled().when(mark_shipped{}).then_rejected("already_cancelled");
}

TEST_CASE("an order is cancelled once, and not after it is paid") {
  const cancel_order command{"out_of_stock", ""};
  paid().when(command).then_rejected("already_paid");
  shipped().when(command).then_rejected("already_paid");
  cancelled().when(command).then_rejected("already_cancelled");
}

TEST_CASE("a reason is for programs, and a detail for people has an end") {
  for (const auto& bad : {std::string(), std::string(65, 'r'), std::string("Out of stock")})
    placed().when(cancel_order{bad, ""}).then_rejected("reason_invalid");
  const std::string longest(500, 'd');
  placed()
      .when(cancel_order{std::string(64, 'r'), longest})
      .then(order_cancelled{dune_and_emma(), std::string(64, 'r'), longest});
  placed().when(cancel_order{"r", longest + 'd'}).then_rejected("detail_too_long");
  placed().when(report_problem{longest + 'd'}).then_rejected("detail_too_long");
}

TEST_CASE("a problem is noted at any time, and leaves the order as it is") {
  paid()
      .when(report_problem{"no pieces"})
      .then(problem_reported{"no pieces"})
      .then_state([](const order& o) {
        CHECK(o.problem == "no pieces");
        return o.state == order_state::paid;
      });
  cancelled().when(report_problem{"?"}).then(problem_reported{"?"});
}

TEST_CASE("an order of nobody may be placed, to be cancelled") {
  placing([](auto& c) { c.name = c.email = ""; }).then_state([](const order& o) {
    return o.state == order_state::placed;
  });
}

TEST_CASE("half a contact, or one that no letter reaches, is refused") {
  placing([](auto& c) { c.name = ""; }).then_rejected("contact_invalid");
  placing([](auto& c) { c.email = ""; }).then_rejected("contact_invalid");
  placing([](auto& c) { c.email = "ada"; }).then_rejected("contact_invalid");
  placing([](auto& c) { c.name = "A\nda"; }).then_rejected("contact_invalid");
  placing([](auto& c) { c.customer = ""; }).then_rejected("customer_invalid");
  placing([](auto& c) { c.customer.assign(65, 'c'); }).then_rejected("customer_invalid");
}

TEST_CASE("the id of an order is one that its stock and its payment can keep") {
  acta::given<order>()
      .with_id(std::string(65, 'o'))
      .when(place_order{dune_and_emma()})
      .then_rejected("order_id_invalid");
}

TEST_CASE("lines that no cart would hold are refused") {
  placing([](auto& c) { c.lines.clear(); }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines.assign(101, c.lines[0]); }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines[1] = c.lines[0]; }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines[0].sku = ""; }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines[0].name = ""; }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines[0].name.assign(201, 'n'); }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines[0].quantity = 0; }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines[0].quantity = 1000; }).then_rejected("lines_invalid");
  placing([](auto& c) { c.lines[0].unit_price.amount = -1; }).then_rejected("lines_invalid");
}

TEST_CASE("a total that is not that of the lines is refused, also one that does not fit") {
  placing([](auto& c) { ++c.total.amount; }).then_rejected("total_differs");
  placing([](auto& c) { c.total.currency = "USD"; }).then_rejected("total_differs");
  placing([](auto& c) { c.lines[1].unit_price.currency = "USD"; }).then_rejected("total_differs");
  placing([](auto& c) {
    c.lines[0].unit_price.amount = std::numeric_limits<std::int64_t>::max();
  }).then_rejected("total_differs");
}

TEST_CASE("an order's state is what people see over HTTP") {
  placed().then_state([](const order& o) {
    CHECK(*acta::to_json(o) ==
          R"({"customer":"ada","name":"Ada","email":"ada@example.org","lines":[)"
          R"({"sku":"book-1","name":"Dune","quantity":2,)"
          R"("unit_price":{"amount":1299,"currency":"EUR"}},)"
          R"({"sku":"book-2","name":"Emma","quantity":1,)"
          R"("unit_price":{"amount":950,"currency":"EUR"}}],)"
          R"("total":{"amount":3548,"currency":"EUR"},"state":"placed","reason":"","detail":"",)"
          R"("problem":""})");
  });
}

} // namespace order_test
