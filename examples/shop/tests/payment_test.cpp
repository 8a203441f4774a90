// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/payment.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace payment_test {

using namespace shop;

namespace {

const money price{3548, "EUR"};
const payment_failed too_late{"Ada", "ada@example.org", price, "no_confirmation"};

payment_requested requested() { return {"Ada", "ada@example.org", price}; }
payment_refunded returned(std::string reference, std::string why) {
  return {"Ada", "ada@example.org", price, std::move(reference), std::move(why)};
}
auto waiting() { return acta::given<payment>(requested()); }
auto confirmed() { return acta::given<payment>(requested(), payment_confirmed{"psp-1", price}); }
auto failed() { return acta::given<payment>(requested(), too_late); }

} // namespace

TEST_CASE("a payment is requested once, from somebody, of an amount") {
  const request_payment command{"Ada", "ada@example.org", price};
  acta::given<payment>().when(command).then(requested());
  waiting().when(command).then_rejected("already_requested");
  confirmed().when(command).then_rejected("already_requested");
  failed().when(command).then_rejected("already_requested");
  for (const std::int64_t bad : {0, -1})
    acta::given<payment>()
        .when(request_payment{"Ada", "ada@example.org", {bad, "EUR"}})
        .then_rejected("amount_invalid");
  acta::given<payment>()
      .when(request_payment{"", "ada@example.org", price})
      .then_rejected("contact_invalid");
  acta::given<payment>()
      .when(request_payment{"Ada", "ada", price})
      .then_rejected("contact_invalid");
  acta::given<payment>()
      .with_id(std::string(65, 'p'))
      .when(command)
      .then_rejected("payment_id_invalid");
}

TEST_CASE("what nobody has asked for cannot be confirmed, fail, or be returned") {
  const auto none = acta::given<payment>();
  none.when(confirm{"psp-1", price}).then_rejected("not_requested");
  none.when(fail_payment{"no_confirmation"}).then_rejected("not_requested");
  none.when(refund{"psp-1"}).then_rejected("not_requested");
}

TEST_CASE("the provider's word confirms a payment") {
  waiting()
      .when(confirm{"psp-1", price})
      .then(payment_confirmed{"psp-1", price})
      .then_state([](const payment& p) { return p.state == payment_state::confirmed; });
}

TEST_CASE("the provider's word that comes again changes nothing") {
  confirmed()
      .when(confirm{"psp-1", price})
      .then_nothing()
      .when(confirm{"psp-1", price})
      .then_nothing();
  const auto late = failed().when(confirm{"psp-1", price});
  late.then(unexpected_payment_received{"psp-1", price, "late"});
  late.when(confirm{"psp-1", price}).then_nothing();
  late.when(refund{"psp-1"})
      .then(returned("psp-1", "late"))
      .when(confirm{"psp-1", price})
      .then_nothing();
}

TEST_CASE("another amount is not what was asked for, at any time") {
  for (const auto& wrong : {money{3547, "EUR"}, money{3549, "EUR"}, money{3548, "USD"}}) {
    waiting().when(confirm{"psp-1", wrong}).then_rejected("amount_differs");
    confirmed().when(confirm{"psp-1", wrong}).then_rejected("amount_differs");
    failed().when(confirm{"psp-2", wrong}).then_rejected("amount_differs");
  }
}

TEST_CASE("a reference that could not be part of an id is refused") {
  const std::string longest(128, 'r');
  waiting().when(confirm{longest, price}).then(payment_confirmed{longest, price});
  waiting().when(confirm{"pi_3Mt:wB-1", price}).then(payment_confirmed{"pi_3Mt:wB-1", price});
  for (const auto& bad : {std::string(), longest + 'r', std::string("a.b"), std::string("a b"),
                          std::string("a/b"), std::string("\xC3\xA4")}) {
    CAPTURE(bad);
    waiting().when(confirm{bad, price}).then_rejected("reference_invalid");
  }
}

TEST_CASE("money that comes after the end is noted, and the end stays as it was") {
  failed()
      .when(confirm{"psp-1", price})
      .then(unexpected_payment_received{"psp-1", price, "late"})
      .when(confirm{"psp-2", price})
      .then(unexpected_payment_received{"psp-2", price, "late"})
      .then_state([](const payment& p) { return p.state == payment_state::failed; });
  confirmed()
      .when(confirm{"psp-2", price})
      .then(unexpected_payment_received{"psp-2", price, "twice"})
      .then_state([](const payment& p) { return p.state == payment_state::confirmed; });
}

TEST_CASE("money comes in at most 100 times, and a repetition is none of them") {
  std::vector<unexpected_payment_received> many;
  for (int i = 2; i <= 100; ++i) many.push_back({"psp-" + std::to_string(i), price, "twice"});
  const auto full = acta::given<payment>(requested(), payment_confirmed{"psp-1", price}, many);
  full.when(confirm{"psp-101", price}).then_rejected("too_many_receipts");
  full.when(confirm{"psp-100", price}).then_nothing();
}

TEST_CASE("a payment fails once, and not when it is confirmed: the deadline may lose the race") {
  waiting()
      .when(fail_payment{"no_confirmation"})
      .then(too_late)
      .when(fail_payment{"no_confirmation"})
      .then_rejected("already_failed")
      .then_state([](const payment& p) {
        CHECK(p.reason == "no_confirmation");
        return p.state == payment_state::failed;
      });
  confirmed().when(fail_payment{"no_confirmation"}).then_rejected("already_confirmed");
  for (const auto& bad : {std::string(), std::string(201, 'r'), std::string("a\nb")})
    waiting().when(fail_payment{bad}).then_rejected("reason_invalid");
}

TEST_CASE("money is returned once, and only what was received") {
  failed()
      .when(confirm{"psp-1", price})
      .then(unexpected_payment_received{"psp-1", price, "late"})
      .when(refund{"psp-1"})
      .then(returned("psp-1", "late"))
      .when(refund{"psp-1"})
      .then_rejected("already_refunded")
      .when(refund{"psp-2"})
      .then_rejected("unknown_reference");
  waiting().when(refund{"psp-1"}).then_rejected("unknown_reference");
}

TEST_CASE("a payment that was expected can be returned as well") {
  confirmed()
      .when(refund{"psp-1"})
      .then(returned("psp-1", ""))
      .when(refund{"psp-1"})
      .then_rejected("already_refunded")
      .then_state([](const payment& p) { return p.state == payment_state::confirmed; });
}

TEST_CASE("one of two payments is returned without the other") {
  confirmed()
      .when(confirm{"psp-2", price})
      .then(unexpected_payment_received{"psp-2", price, "twice"})
      .when(refund{"psp-2"})
      .then(returned("psp-2", "twice"))
      .then_state(
          [](const payment& p) { return !p.receipts.at(0).refunded && p.receipts.at(1).refunded; });
}

TEST_CASE("a payment's state is what people see over HTTP") {
  confirmed().then_state([](const payment& p) {
    CHECK(*acta::to_json(p) ==
          R"({"name":"Ada","email":"ada@example.org","amount":{"amount":3548,"currency":"EUR"},)"
          R"("state":"confirmed","reason":"","receipts":[{"reference":"psp-1",)"
          R"("amount":{"amount":3548,"currency":"EUR"},"why":"","refunded":false}]})");
  });
}

} // namespace payment_test
