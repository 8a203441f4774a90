// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "purchase.hpp"

#include <shop/checkout.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace checkout_test {

using acta::rejected;
using acta::send;
using acta::testing::default_time;
using namespace shop;
using namespace std::chrono_literals;
using namespace test;

namespace {

const auto what = dune_and_emma();
const checked_out bought{"ada", two_lines(), what.total, default_time};
const order_noted noted{"42", "Ada", "ada@example.org"};
const stock_reserved dune{"42", "book-1", 2}, emma{"42", "book-2", 1};
const rejected<reserve> no_emma{"out_of_stock", "1 of book-2 asked for, 0 available", {"42", 1}};
const payment_confirmed paid{"psp-1", what.total};
const payment_failed not_paid{"Ada", "ada@example.org", what.total, "no_confirmation"};

template <class... Inputs> auto after(const Inputs&... inputs) {
  return acta::given<checkout>(inputs...).with_id("42");
}
template <class... More> auto placed(const More&... more) {
  return after(bought, noted, order_placed{what}, more...);
}
template <class... More> auto reserved(const More&... more) { return placed(dune, emma, more...); }
template <class... More> auto shipping(const More&... more) {
  return reserved(paid, order_paid{what}, more...);
}

auto is(checkout_stage stage) {
  return [stage](const checkout& c) { return c.stage == stage; };
}
auto cancel(std::string reason, std::string detail) {
  return send<order>("42", cancel_order{std::move(reason), std::move(detail)});
}
auto ask_for_payment() {
  return send<payment>("42", request_payment{"Ada", "ada@example.org", what.total});
}

} // namespace

TEST_CASE("a purchase that nothing stands in the way of") {
  acta::given<checkout>()
      .with_id("42")
      .when(bought)
      .then(send<customer>("ada", note_order{"42"}))
      .when(noted)
      .then(send<order>("42", place_order{what}))
      .when(order_placed{what})
      .then(send<stock>("book-1", reserve{"42", 2}), send<stock>("book-2", reserve{"42", 1}))
      .when(dune)
      .then_nothing()
      .when(emma)
      .then(ask_for_payment(), acta::after(15min, payment_due{}))
      .then_timers({{"payment_due", default_time + 15min}})
      .when(paid)
      .then(acta::cancel<payment_due>(), send<order>("42", mark_paid{}))
      .then_timers({})
      .when(order_paid{what})
      .then(send<stock>("book-1", ship{"42"}), send<stock>("book-2", ship{"42"}))
      .when(stock_shipped{"42", "book-2", 1})
      .then_nothing()
      .when(stock_shipped{"42", "book-1", 2})
      .then(send<order>("42", mark_shipped{}))
      .when(order_shipped{what})
      .then(acta::finish())
      .then_finished();
}

TEST_CASE("a cart and a payment lead to the process of their own id") {
  acta::metadata about;
  about.stream = "cart/42/b";
  CHECK(checkout::key(bought, about) == "42/b");
  about.stream = "payment/42/b";
  CHECK(checkout::key(paid, about) == "42/b");
  CHECK(checkout::key(not_paid, about) == "42/b");
}

TEST_CASE("a customer whom nobody knows gets an order that says so") {
  order_contents of_nobody = what;
  of_nobody.name = of_nobody.email = "";
  after(bought)
      .when(rejected<note_order>{"unknown_customer", "there is no such customer", {"42"}})
      .then(send<order>("42", place_order{of_nobody}))
      .when(order_placed{of_nobody})
      .then(cancel("unknown_customer", "there is no such customer"))
      .when(order_cancelled{of_nobody, "unknown_customer", ""})
      .then(acta::finish());
}

TEST_CASE("an order that is somebody else's is left alone") {
  after(bought, noted)
      .when(rejected<place_order>{"already_placed", "", {what}})
      .then(acta::finish())
      .then_state([](const checkout& c) { return c.reason == "already_placed"; });
}

TEST_CASE("if one line is refused, the others are released before the order is cancelled") {
  placed(dune)
      .when(no_emma)
      .then(send<stock>("book-1", release{"42"}))
      .when(stock_released{"42", "book-1", 2})
      .then(cancel("out_of_stock", no_emma.message))
      .when(order_cancelled{what, "out_of_stock", ""})
      .then(acta::finish())
      .then_finished();
}

TEST_CASE("a refused line does not end the wait: what is reserved later would stay so for ever") {
  placed().when(no_emma).then_nothing().when(dune).then(send<stock>("book-1", release{"42"}));
}

TEST_CASE("the order is not cancelled before every release is answered") {
  reserved(not_paid)
      .when(stock_released{"42", "book-2", 1})
      .then_nothing()
      .when(rejected<release>{"not_reserved", "", {"42"}})
      .then(cancel("payment_failed", "no_confirmation"));
}

TEST_CASE("if all lines are refused, there is nothing to release, and the first reason counts") {
  placed(no_emma)
      .when(rejected<reserve>{"out_of_stock", "none of book-1", {"42", 2}})
      .then(cancel("out_of_stock", no_emma.message));
}

TEST_CASE("an order that costs nothing is paid at once") {
  auto free = what;
  for (auto& line : free.lines) line.unit_price.amount = 0;
  free.total.amount = 0;
  after(checked_out{"ada", free.lines, free.total, default_time}, noted, order_placed{free}, dune)
      .when(emma)
      .then(acta::cancel<payment_due>(), send<order>("42", mark_paid{}))
      .when(rejected<mark_paid>{"already_cancelled", "", {}})
      .then(send<stock>("book-1", release{"42"}), send<stock>("book-2", release{"42"}))
      .when(stock_released{"42", "book-1", 2})
      .then_nothing()
      .when(stock_released{"42", "book-2", 1})
      .then(cancel("already_cancelled", ""))
      .when(rejected<cancel_order>{"already_cancelled", "", {}})
      .then(acta::finish());
}

TEST_CASE("no word before the deadline lets the payment fail, and all that was kept is let go") {
  reserved()
      .after(15min - 1us)
      .then_nothing()
      .after(1us)
      .then(send<payment>("42", fail_payment{"no_confirmation"}))
      .when(not_paid)
      .then(send<stock>("book-1", release{"42"}), send<stock>("book-2", release{"42"}))
      .when(stock_released{"42", "book-1", 2})
      .then_nothing()
      .when(stock_released{"42", "book-2", 1})
      .then(cancel("payment_failed", "no_confirmation"))
      .when(order_cancelled{what, "payment_failed", "no_confirmation"})
      .then(acta::finish())
      .then_finished();
}

TEST_CASE("the provider's word that crosses the deadline wins if the payment says so") {
  reserved()
      .after(15min)
      .then(send<payment>("42", fail_payment{"no_confirmation"}))
      .when(paid)
      .then(acta::cancel<payment_due>(), send<order>("42", mark_paid{}))
      .when(order_paid{what})
      .then(send<stock>("book-1", ship{"42"}), send<stock>("book-2", ship{"42"}));
}

TEST_CASE("the deadline means nothing once the word is there") {
  reserved(paid).after(24h).then_nothing();
  reserved(paid).when(payment_due{}).then_nothing().then_state(is(checkout_stage::paying));
  shipping().when(payment_due{}).then_nothing();
  reserved(not_paid).after(24h).then_nothing().then_state(is(checkout_stage::releasing));
}

TEST_CASE("a payment that the provider refuses fails before the deadline") {
  const payment_failed declined{"Ada", "ada@example.org", what.total, "card_declined"};
  reserved()
      .when(declined)
      .then(send<stock>("book-1", release{"42"}), send<stock>("book-2", release{"42"}))
      .when(stock_released{"42", "book-1", 2})
      .then_nothing()
      .when(stock_released{"42", "book-2", 1})
      .then(cancel("payment_failed", "card_declined"));
}

TEST_CASE("a payment that cannot be requested fails") {
  const rejected<request_payment> no{"already_requested", "it is requested", {}};
  reserved()
      .when(no)
      .then(send<stock>("book-1", release{"42"}), send<stock>("book-2", release{"42"}))
      .then_state([](const checkout& c) {
        return c.reason == "payment_failed" && c.detail == "it is requested";
      });
  reserved(payment_due{}).when(no).then_state(is(checkout_stage::releasing));
}

TEST_CASE("money that came before it was asked for is returned when the order is cancelled") {
  // By hand, past the process: the payment was requested and confirmed while stock was reserved.
  placed(dune, paid, emma)
      .when(rejected<request_payment>{"already_requested", "", {}})
      .then(send<stock>("book-1", release{"42"}), send<stock>("book-2", release{"42"}))
      .when(stock_released{"42", "book-1", 2})
      .then_nothing()
      .when(stock_released{"42", "book-2", 1})
      .then(cancel("payment_failed", ""))
      .when(order_cancelled{what, "payment_failed", ""})
      .then(send<payment>("42", refund{"psp-1"}))
      .when(payment_refunded{})
      .then(acta::finish());
}

TEST_CASE("an order that was cancelled while the money came gives it back, and its stock") {
  const auto releasing = reserved(paid).when(rejected<mark_paid>{"already_cancelled", "no", {}});
  releasing.then(send<stock>("book-1", release{"42"}), send<stock>("book-2", release{"42"}));
  const auto refunding = releasing.when(stock_released{"42", "book-1", 2})
                             .then_nothing()
                             .when(stock_released{"42", "book-2", 1})
                             .then(cancel("already_cancelled", "no"))
                             .when(rejected<cancel_order>{"already_cancelled", "", {}})
                             .then(send<payment>("42", refund{"psp-1"}));
  refunding.when(payment_refunded{}).then(acta::finish()).then_finished();
  refunding.when(rejected<refund>{"already_refunded", "", {}}).then(acta::finish());
}

TEST_CASE("an order that was marked paid by hand is shipped") {
  reserved(paid)
      .when(rejected<mark_paid>{"already_paid", "", {}})
      .then(send<stock>("book-1", ship{"42"}), send<stock>("book-2", ship{"42"}));
}

TEST_CASE("an order that is marked shipped by hand does not keep the process") {
  shipping(stock_shipped{"42", "book-1", 2}, stock_shipped{"42", "book-2", 1})
      .when(rejected<mark_shipped>{"already_shipped", "", {}})
      .then(acta::finish());
}

TEST_CASE("a paid line that cannot be shipped is shown to people, when all have answered") {
  const rejected<ship> gone{"not_reserved", "gone", {"42"}};
  const std::string detail = "a line is paid and cannot be shipped: gone";
  const auto reported = send<order>("42", report_problem{detail});
  shipping(gone).when(stock_shipped{"42", "book-2", 1}).then(reported);
  const auto reporting = shipping(stock_shipped{"42", "book-1", 2}).when(gone);
  reporting.then(reported);
  reporting.when(problem_reported{detail}).then(acta::finish()).then_finished();
  reporting.when(rejected<report_problem>{"not_placed", "", {}}).then(acta::finish());
}

TEST_CASE("an order that cannot be cancelled is shown to people") {
  placed(no_emma, no_emma)
      .when(rejected<cancel_order>{"already_paid", "it is paid", {}})
      .then(
          send<order>("42", report_problem{"it cannot be cancelled, and has no stock: it is paid"}))
      .when(problem_reported{})
      .then(acta::finish());
}

TEST_CASE("an input of another stage changes nothing, whatever it is") {
  // As commands sent by hand, or sent again after the store was closed for long, may bring them.
  const auto passed_over = [](const auto& scenario, const auto&... inputs) {
    (scenario.when(inputs).then_nothing(), ...);
  };
  const auto all = [&](const auto& scenario) {
    passed_over(scenario, bought, payment_due{}, order_shipped{}, rejected<mark_shipped>{},
                problem_reported{}, rejected<report_problem>{}, stock_released{},
                rejected<release>{}, payment_refunded{}, rejected<refund>{}, stock_shipped{},
                rejected<ship>{}, order_paid{}, rejected<mark_paid>{});
  };
  all(after(bought));
  all(after(bought, noted));
  all(placed());
  all(placed(dune));
  const auto earlier = [&](const auto& scenario) {
    passed_over(scenario, bought, noted, rejected<note_order>{}, order_placed{},
                rejected<place_order>{}, dune, no_emma);
  };
  earlier(reserved());
  earlier(reserved(paid));
  earlier(shipping());
  earlier(reserved(not_paid));
  passed_over(reserved(), order_cancelled{}, rejected<cancel_order>{"already_cancelled", "", {}},
              rejected<cancel_order>{"already_paid", "", {}});
  passed_over(reserved(paid), paid, not_paid, rejected<request_payment>{});
  passed_over(reserved(not_paid), paid, not_paid, rejected<request_payment>{});
}

TEST_CASE("a payment that nobody has ordered anything for waits for the cart") {
  after(paid).when(not_paid).then_nothing().when(bought).then(
      send<customer>("ada", note_order{"42"}));
}

TEST_CASE("the largest cart fits one step of the process") {
  order_contents large{"ada", "Ada", "ada@example.org", {}, {0, "EUR"}};
  for (std::size_t i = 0; i < cart::lines_max; ++i)
    large.lines.push_back({std::string(61, 's') + std::to_string(100 + i),
                           std::string(200, 'n'),
                           cart::quantity_max,
                           {1, "EUR"}});
  large.total.amount = static_cast<std::int64_t>(cart::lines_max) * cart::quantity_max;
  after(checked_out{"ada", large.lines, large.total, default_time}, noted)
      .when(order_placed{large})
      .then_state(is(checkout_stage::reserving));
}

TEST_CASE("a check-out's state is what people see over HTTP") {
  after(bought).then_state([](const checkout& c) {
    const auto json = *acta::to_json(c);
    CAPTURE(json);
    CHECK(json.starts_with(R"({"stage":"noting","customer":"ada","name":"",)"));
    CHECK(json.ends_with(R"("answers":0,"reserved":[],"reason":"","detail":"","reference":""})"));
  });
}

} // namespace checkout_test
