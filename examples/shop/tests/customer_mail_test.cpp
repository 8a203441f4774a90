// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "purchase.hpp"

#include <shop/customer_mail.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace customer_mail_test {

using namespace shop;
using namespace test;

namespace {

auto about_order_42() { return acta::given_subscriber<customer_mail>().in("order/42"); }

constexpr auto goods = "  2 x Dune, 12.99 EUR each\n"
                       "  1 x Emma, 9.50 EUR\n"
                       "\n"
                       "Total: 35.48 EUR\n";
acta::mail to_ada(std::string subject, const std::string& text) {
  return {"ada@example.org", std::move(subject),
          "Dear Ada,\n\n" + text + "\nYours sincerely\nThe shop\n"};
}
auto says(std::string text) {
  return [text](const acta::mail& m) {
    CAPTURE(m.text);
    return m.text.find(text) != std::string::npos;
  };
}

} // namespace

TEST_CASE("a customer who has paid reads what was bought and what it cost") {
  about_order_42()
      .when(order_paid{dune_and_emma()})
      .then(to_ada("Your order 42 is confirmed",
                   "thank you for your order. Your payment has arrived, and we are packing:\n\n" +
                       std::string(goods)));
}

TEST_CASE("a customer reads that the parcel has left") {
  about_order_42()
      .when(order_shipped{dune_and_emma()})
      .then(to_ada("Your order 42 is on its way",
                   "your parcel has left our house. In it are:\n\n" + std::string(goods)));
}

TEST_CASE("a customer reads why an order was cancelled, and that nothing is owed") {
  about_order_42()
      .when(order_cancelled{dune_and_emma(), "payment_failed", "no_confirmation"})
      .then(to_ada("Your order 42 was cancelled",
                   "your payment has not arrived in time. So we have cancelled this order:\n\n" +
                       std::string(goods) +
                       "\nYou owe us nothing, and what you may have paid is returned.\n"));
  const auto cancelled = [](std::string reason, std::string detail) {
    return about_order_42().when(
        order_cancelled{dune_and_emma(), std::move(reason), std::move(detail)});
  };
  cancelled("payment_failed", "card_declined").then(says("your payment was not made."));
  cancelled("out_of_stock", "1 of book-2 asked for, 0 available")
      .then(says("not all that you ordered is in stock any more."));
  cancelled("already_noted", "").then(says("we cannot carry out your order."));
}

TEST_CASE("a customer reads that money was returned, and why") {
  const auto returned = [](std::string why) {
    return acta::given_subscriber<customer_mail>()
        .in("payment/42")
        .when(payment_refunded{"Ada", "ada@example.org", {3548, "EUR"}, "psp-1", std::move(why)});
  };
  returned("late").then(
      to_ada("Your payment for order 42 was returned",
             "we have returned 35.48 EUR to you, your payment psp-1. It came when the order was "
             "cancelled already.\n"));
  returned("twice").then(says("psp-1. The order was paid already.\n"));
  returned("").then(says("your payment psp-1.\n\nYours"));
}

TEST_CASE("nobody is written to whom the shop does not know") {
  auto of_nobody = dune_and_emma();
  of_nobody.name = of_nobody.email = "";
  about_order_42().when(order_cancelled{of_nobody, "unknown_customer", ""}).then_nothing();
}

TEST_CASE("the name of a product does not write lines of the shop's own into a letter") {
  auto order = dune_and_emma();
  order.lines[0].name = "Dune\n\nTotal: 0.00 EUR";
  about_order_42()
      .when(order_paid{order})
      .then(says("  2 x Dune  Total: 0.00 EUR, 12.99 EUR each\n"));
}

} // namespace customer_mail_test
