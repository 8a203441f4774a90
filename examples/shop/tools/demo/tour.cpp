// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "tour.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace shop::demo {

namespace json = boost::json;
using tools::answer;
using tools::list_at;
using tools::number_at;
using tools::request;
using tools::text_at;
using tools::asio::awaitable;

namespace {

json::object euros(std::int64_t cents) { return {{"amount", cents}, {"currency", "EUR"}}; }

/// Whether there is an event of that type in that stream.
bool has(const json::array& events, const std::string& stream, const std::string& type) {
  return std::ranges::any_of(events, [&](const json::value& e) {
    return text_at(e, "/stream") == stream && text_at(e, "/type") == type;
  });
}

} // namespace

awaitable<void> tour::walk() {
  co_await choose_names();
  co_await open_shop();
  co_await success();
  co_await nobody_pays();
  co_await second_line_sold_out();
  co_await late_payment();
  co_await why();
}

awaitable<void> tour::choose_names() {
  // Ids are for life: in a store that has seen a tour, the next one takes others.
  for (int number = 2;; ++number) {
    const auto known = request::state("customer", named("ada"));
    const auto found = co_await guide_.quietly(known);
    if (!found.ok()) break;
    suffix_ = "-" + std::to_string(number);
  }
  book_.sku = named("book");
  lamp_.sku = named("lamp");
}

awaitable<void> tour::enroll(std::string id, std::string person) {
  json::object who;
  who["name"] = person;
  who["email"] = email(named(id));
  const auto registering = request::command("customer", named(id), "register", who);
  co_await guide_.command(registering, "customer.customer_registered");
}

awaitable<void> tour::offer(item what, std::string category, std::int64_t pieces) {
  json::object product;
  product["name"] = what.name;
  product["category"] = category;
  product["price"] = euros(what.price);
  const auto listing = request::command("product", what.sku, "list_product", product);
  co_await guide_.command(listing, "product.product_listed");
  json::object delivery;
  delivery["quantity"] = pieces;
  const auto receiving = request::command("stock", what.sku, "receive_stock", delivery);
  co_await guide_.command(receiving, "stock.stock_received");
}

awaitable<std::string> tour::add(std::string order, item what, std::int64_t pieces) {
  json::object line;
  line["sku"] = what.sku;
  line["name"] = what.name;
  line["quantity"] = pieces;
  line["unit_price"] = euros(what.price);
  const auto adding = request::command("cart", order, "add_item", line);
  const auto added = co_await guide_.command(adding, "cart.item_added");
  co_return added.position();
}

awaitable<std::string> tour::check_out(std::string order, std::string customer) {
  json::object who;
  who["customer"] = customer;
  const auto checking_out = request::command("cart", order, "check_out", who);
  const auto done = co_await guide_.command(checking_out, "cart.checked_out");
  co_return done.position();
}

awaitable<answer> tour::confirm(std::string order, std::int64_t amount) {
  json::object call;
  call["reference"] = "psp-" + order;
  call["amount"] = euros(amount);
  const auto confirming = request::command("payment", order, "confirm", call);
  co_return co_await guide_.ask(confirming);
}

awaitable<void> tour::wait_until_order_is(std::string order, std::string state,
                                          std::string reason) {
  const auto row = request::row("orders", order);
  const auto what = "the order is " + state + (reason.empty() ? "" : ": " + reason);
  const auto is_so = [&](const answer& a) {
    return text_at(a.body, "/row/state") == state && text_at(a.body, "/row/reason") == reason;
  };
  co_await guide_.wait(row, what, is_so);
}

awaitable<void> tour::stock_is(item what, std::int64_t available, std::int64_t reserved,
                               std::int64_t shipped) {
  const auto row = request::row("stock_levels", what.sku);
  const auto should = what.name + ": " + std::to_string(available) + " available, " +
                      std::to_string(reserved) + " reserved, " + std::to_string(shipped) +
                      " shipped";
  const auto is_so = [&](const answer& a) {
    return number_at(a.body, "/row/available") == available &&
           number_at(a.body, "/row/reserved") == reserved &&
           number_at(a.body, "/row/shipped") == shipped;
  };
  co_await guide_.wait(row, should, is_so);
}

awaitable<void> tour::open_shop() {
  auto& tell = guide_.tell();
  tell.chapter("The shop opens");
  tell.say("Customers register.");
  co_await enroll("ada", "Ada Lovelace");
  co_await enroll("bea", "Beatrix Potter");
  co_await enroll("carl", "Carl Sagan");
  co_await enroll("dora", "Dora Maar");
  tell.say("Products are listed, and their stock comes in: ten books, and one lamp.");
  co_await offer(book_, "books", 10);
  co_await offer(lamp_, "lamps", 1);
}

awaitable<void> tour::success() {
  auto& tell = guide_.tell();
  const auto order = named("order-ada");
  tell.chapter("A purchase that succeeds");
  tell.say("Ada browses the catalogue, and searches it.");
  const auto catalogue = request::rows("products", {{"limit", "10"}});
  const auto shows_book = [&](const answer& a) {
    return std::ranges::any_of(list_at(a.body, "/rows"), [&](const json::value& row) {
      return text_at(row, "/key") == book_.sku;
    });
  };
  co_await guide_.wait(catalogue, "the catalogue shows the book", shows_book);
  const auto search = request::query("find_products", {{"name_prefix", "du"}, {"limit", "1000"}});
  co_await guide_.wait(search, "a search for 'du' finds the book", shows_book);

  tell.say("She puts two into her cart, and looks at it. `at_least` is the position of her own "
           "command: the page waits until the view shows it.");
  const auto added = co_await add(order, book_, 2);
  const auto page = request::query("items_in_cart", {{"cart", order}, {"at_least", added}});
  const auto seen = co_await guide_.ask(page);
  tell.expect(number_at(seen.body, "/item_count") == 2 &&
                  number_at(seen.body, "/total/amount") == 2 * book_.price,
              "she sees what she has just done: 2 books for 25.98");

  tell.say("She checks out. From here the process `checkout` leads: order, stock, payment.");
  const auto begin = co_await check_out(order, named("ada"));
  const auto payment = request::state("payment", order);
  const auto requested = [](const answer& a) {
    return text_at(a.body, "/state/state") == "requested";
  };
  co_await guide_.wait(payment, "the payment is requested", requested);
  tell.say("What has happened so far, in the order of the journal:");
  const auto events = co_await guide_.events_after(begin);
  tell.expect(has(events, "order/" + order, "order.order_placed"), "the order is placed");
  tell.expect(has(events, "stock/" + book_.sku, "stock.stock_reserved"), "its stock is reserved");
  co_await wait_until_order_is(order, "placed");
  co_await stock_is(book_, 8, 2, 0);

  tell.say("The payment provider calls back: the money is there. Then it calls again, as they do.");
  const auto paid = co_await confirm(order, 2 * book_.price);
  tell.expect(paid.event("payment.payment_confirmed") != nullptr, "the payment is confirmed");
  const auto again = co_await confirm(order, 2 * book_.price);
  tell.expect(again.ok() && list_at(again.body, "/events").empty(),
              "the second call is accepted, and changes nothing");
  co_await wait_until_order_is(order, "shipped");
  tell.say("Since the confirmation:");
  co_await guide_.events_after(paid.position());
  co_await stock_is(book_, 8, 0, 2);
  co_await guide_.letter("Your order " + order + " is confirmed", email(named("ada")));
  co_await guide_.letter("Your order " + order + " is on its way", email(named("ada")));
}

awaitable<void> tour::nobody_pays() {
  auto& tell = guide_.tell();
  const auto order = named("order-bea");
  const auto other = named("order-dora");
  tell.chapter("A payment that does not come");
  tell.say("Bea and Dora check out, and do not pay.");
  co_await add(order, book_, 3);
  const auto begin = co_await check_out(order, named("bea"));
  co_await add(other, book_, 1);
  co_await check_out(other, named("dora"));
  co_await stock_is(book_, 4, 4, 2);
  tell.say("This node gives them a few seconds. A timer of the process wakes it when they are over "
           "...");
  co_await wait_until_order_is(order, "cancelled", "payment_failed");
  co_await wait_until_order_is(other, "cancelled", "payment_failed");
  tell.say("What has happened since Bea's check-out:");
  const auto events = co_await guide_.events_after(begin);
  tell.expect(has(events, "payment/" + order, "payment.payment_failed"),
              "her payment has failed: no confirmation in time");
  tell.expect(has(events, "stock/" + book_.sku, "stock.stock_released"), "her books are released");
  co_await stock_is(book_, 8, 0, 2);
  const auto row = request::row("failed_payments", order);
  const auto is_noted = [&](const answer& a) {
    return number_at(a.body, "/row/amount/amount") == 3 * book_.price &&
           text_at(a.body, "/row/reason") == "no_confirmation";
  };
  co_await guide_.wait(row, "the view failed_payments has it", is_noted);
  co_await guide_.letter("Your order " + order + " was cancelled", email(named("bea")));
}

awaitable<void> tour::second_line_sold_out() {
  auto& tell = guide_.tell();
  const auto order = named("order-carl");
  tell.chapter("Out of stock on the second line");
  tell.say("Carl wants a book and two lamps. There is one lamp.");
  co_await add(order, book_, 1);
  co_await add(order, lamp_, 2);
  const auto begin = co_await check_out(order, named("carl"));
  co_await wait_until_order_is(order, "cancelled", "out_of_stock");
  tell.say("The book was reserved already. The process gives it back before it cancels:");
  const auto events = co_await guide_.events_after(begin);
  for (const auto& e : events)
    if (text_at(e, "/type") == "order.order_cancelled") cancelled_ = text_at(e, "/position");
  tell.expect(has(events, "stock/" + book_.sku, "stock.stock_reserved"), "the book was reserved");
  tell.expect(has(events, "stock/" + book_.sku, "stock.stock_released"), "and is released");
  tell.expect(!has(events, "stock/" + lamp_.sku, "stock.stock_reserved"),
              "no lamp was ever reserved");
  tell.expect(!has(events, "payment/" + order, "payment.payment_requested"),
              "and no payment requested");
  co_await stock_is(book_, 8, 0, 2);
  co_await stock_is(lamp_, 1, 0, 0);
  co_await guide_.letter("Your order " + order + " was cancelled", email(named("carl")));
}

awaitable<void> tour::late_payment() {
  auto& tell = guide_.tell();
  const auto order = named("order-dora");
  tell.chapter("A payment that comes too late");
  tell.say("Dora's order is cancelled. Now the provider calls: she has paid after all.");
  const auto late = co_await confirm(order, book_.price);
  const auto* const received = late.event("payment.unexpected_payment_received");
  tell.expect(received != nullptr && text_at(*received, "/why") == "late",
              "the money is noted as late, and the order stays cancelled");
  const auto row = request::row("failed_payments", order);
  const auto is_refunded = [&](const answer& a) {
    return number_at(a.body, "/row/late/amount") == book_.price &&
           number_at(a.body, "/row/refunded/amount") == book_.price;
  };
  co_await guide_.wait(row, "the view failed_payments has what came late, and what went back",
                       is_refunded);
  tell.say("The process `refund` has returned it:");
  const auto events = co_await guide_.events_after(late.position());
  tell.expect(has(events, "payment/" + order, "payment.payment_refunded"),
              "the money is on its way back");
  if (!events.empty()) last_ = text_at(events[events.size() - 1], "/position");
  co_await guide_.letter("Your payment for order " + order + " was returned", email(named("dora")));
}

awaitable<answer> tour::ask_why(std::string position, std::string root) {
  auto& tell = guide_.tell();
  const auto asking = request::get("why", "/v1/events/" + position + "/why");
  tell.request(asking);
  auto told = co_await guide_.quietly(asking);
  if (!told.ok()) tell.answer(told);
  for (const auto& one : list_at(told.body, "/tree")) tell.cause(one);
  tell.expect(text_at(told.body, "/event/position") == position, "it is the event asked for");
  const auto& causes = list_at(told.body, "/causes");
  tell.expect(!causes.empty() && text_at(causes[causes.size() - 1], "/type") == root &&
                  text_at(causes[causes.size() - 1], "/because/kind") == "request",
              "its first cause is " + root + ", which somebody asked for");
  co_return told;
}

awaitable<void> tour::why() {
  auto& tell = guide_.tell();
  tell.chapter("Why?");
  tell.say("Every event knows what caused it. Why was Carl's order cancelled? The tree holds all "
           "that his check-out led to; the event that is asked for is marked.");
  const auto cancelled = co_await ask_why(cancelled_, "cart.checked_out");
  const auto& tree = list_at(cancelled.body, "/tree");
  tell.expect(std::ranges::any_of(tree,
                                  [](const json::value& one) {
                                    return text_at(one, "/because/kind") == "rejection" &&
                                           text_at(one, "/because/name") == "reserve";
                                  }),
              "the no to the reservation of the lamps stands among it");
  tell.say("And the last event that you have seen, of the refund?");
  co_await ask_why(last_, "payment.unexpected_payment_received");
}

} // namespace shop::demo
