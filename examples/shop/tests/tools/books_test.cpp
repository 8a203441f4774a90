// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "load/books.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>

namespace books_test {

using namespace shop;
using namespace shop::load;

namespace {

/// A run with an order of each kind, whose books are even.
struct example {
  ledger known;
  node_books shown;
  day_sums before{.orders = 7, .amount = 7000, .refunds = 70};
  std::vector<tools::letter> letters;

  example() {
    known.mail_domain = "r.example";
    known.goods.plenty = {{"r-item0", "Kettle", "kitchen", 500, 100}};
    known.goods.scarce = {{"r-rare0", "Atlas", "books", 1000, 1}};
    shown.stock["r-item0"] = {.received = 100, .available = 97, .reserved = 0, .shipped = 3};
    shown.stock["r-rare0"] = {.received = 1, .available = 0, .reserved = 0, .shipped = 1};
    shown.days = {.orders = 9, .amount = 9500, .refunds = 2070};

    // One pays, one pays twice, one pays late, one wants what is gone.
    add("r-o1", {{"r-item0", 1}, {"r-rare0", 1}}, 1500, "shipped", "", 1500, 0);
    add("r-o2", {{"r-item0", 2}}, 1000, "shipped", "", 1000, 1000);
    add("r-o3", {{"r-item0", 2}}, 1000, "cancelled", "payment_failed", 0, 1000);
    add("r-o4", {{"r-rare0", 1}}, 1000, "cancelled", "out_of_stock", 0, 0);
    shown.failed["r-o3"] = {.amount = 1000, .late = 1000, .refunded = 1000};
  }

  void add(const std::string& id, std::map<std::string, std::int64_t> pieces, std::int64_t total,
           const std::string& state, const std::string& reason, std::int64_t confirmed,
           std::int64_t unexpected) {
    const auto customer = "c-" + id;
    const auto email = customer + "@r.example";
    known.sales.push_back({id, customer, email, std::move(pieces), total, confirmed, unexpected,
                           unexpected != 0 ? 1U : 0U});
    shown.orders[id] = {customer, state, reason, "", total};
    if (confirmed + unexpected != 0)
      shown.payments[id] = {confirmed, unexpected, unexpected, unexpected != 0 ? 1U : 0U};
    if (state == "shipped") {
      letters.push_back({"k1" + id, "0:1", email, "Your order " + id + " is confirmed", ""});
      letters.push_back({"k2" + id, "0:2", email, "Your order " + id + " is on its way", ""});
    } else {
      letters.push_back({"k3" + id, "0:3", email, "Your order " + id + " was cancelled", ""});
    }
    if (unexpected != 0)
      letters.push_back(
          {"k4" + id, "0:4", email, "Your payment for order " + id + " was returned", ""});
  }
  [[nodiscard]] balance compared() const { return compare(known, shown, before, &letters); }
};

} // namespace

TEST_CASE("books that are even are called even") {
  const example e;
  const auto result = e.compared();
  for (const auto& m : result.mismatches) UNSCOPED_INFO(m.book << ' ' << m.about << ' ' << m.what);
  CHECK(result.even());
  for (const auto& one : result.entries) CHECK(one.expected == one.found);
  // The e-mails of others who use the node are nobody's business.
  auto more = e.letters;
  more.push_back({"k", "0:9", "x@elsewhere.example", "Your order x is confirmed", ""});
  CHECK(compare(e.known, e.shown, e.before, &more).even());
}

TEST_CASE("whatever is wrong in the books is found and named") {
  struct row {
    const char* what;
    const char* book;
    const char* about;
    std::function<void(example&)> spoil;
  };
  const row rows[] = {
      {"an order is lost", "orders", "r-o1", [](example& e) { e.shown.orders.erase("r-o1"); }},
      {"an order stands still", "orders", "r-o1",
       [](example& e) { e.shown.orders["r-o1"].state = "paid"; }},
      {"an order has another price", "orders", "r-o2",
       [](example& e) { ++e.shown.orders["r-o2"].total; }},
      {"an order is another customer's", "orders", "r-o2",
       [](example& e) { e.shown.orders["r-o2"].customer = "c-r-o1"; }},
      {"an order waits for people", "orders", "r-o2",
       [](example& e) { e.shown.orders["r-o2"].problem = "a line cannot be shipped"; }},
      {"an order comes from nowhere", "orders", "r-o9",
       [](example& e) {
         e.shown.orders["r-o9"] = {"c", "shipped", "", "", 1};
       }},
      {"stock stays reserved", "stock", "r-item0",
       [](example& e) {
         --e.shown.stock["r-item0"].available;
         ++e.shown.stock["r-item0"].reserved;
       }},
      {"stock is gone", "stock", "r-item0",
       [](example& e) { --e.shown.stock["r-item0"].available; }},
      {"more is shipped than was ordered", "stock", "r-item0",
       [](example& e) {
         --e.shown.stock["r-item0"].available;
         ++e.shown.stock["r-item0"].shipped;
       }},
      {"more is sold than there is", "stock", "r-rare0",
       [](example& e) {
         --e.shown.stock["r-rare0"].available;
         ++e.shown.stock["r-rare0"].shipped;
       }},
      {"a delivery counts twice", "stock", "r-item0",
       [](example& e) {
         e.shown.stock["r-item0"].received += 100;
         e.shown.stock["r-item0"].available += 100;
       }},
      {"a sku has no row", "stock", "r-rare0", [](example& e) { e.shown.stock.erase("r-rare0"); }},
      {"a payment is forgotten", "money", "r-o1",
       [](example& e) { e.shown.payments.erase("r-o1"); }},
      {"an order is shipped and not paid", "money", "r-o4",
       [](example& e) { e.shown.orders["r-o4"].state = "shipped"; }},
      {"an order is paid and cancelled", "money", "r-o1",
       [](example& e) { e.shown.orders["r-o1"].state = "cancelled"; }},
      {"late money is kept", "money", "r-o3",
       [](example& e) { e.shown.payments["r-o3"].returned = 0; }},
      {"money goes back twice", "money", "r-o3",
       [](example& e) { ++e.shown.payments["r-o3"].returns; }},
      {"a failed payment is not shown", "failed payments", "r-o3",
       [](example& e) { e.shown.failed.erase("r-o3"); }},
      {"a failed payment has another amount", "failed payments", "r-o3",
       [](example& e) { ++e.shown.failed["r-o3"].amount; }},
      {"a refund is not shown", "failed payments", "r-o3",
       [](example& e) { e.shown.failed["r-o3"].refunded = 0; }},
      {"a payment that did not fail is shown", "failed payments", "r-o1",
       [](example& e) {
         e.shown.failed["r-o1"] = {1500, 0, 0};
       }},
      {"a day counts an order twice", "sales by day", "all",
       [](example& e) { ++e.shown.days.orders; }},
      {"a day's amount is off", "sales by day", "all", [](example& e) { --e.shown.days.amount; }},
      {"a day's refunds are off", "sales by day", "all",
       [](example& e) { --e.shown.days.refunds; }},
      {"an e-mail is lost", "e-mails", "r-o1",
       [](example& e) { e.letters.erase(e.letters.begin()); }},
      {"an e-mail is there twice under two keys", "e-mails", "r-o1",
       [](example& e) {
         e.letters.push_back(e.letters.front());
         e.letters.back().key = "another";
       }},
      {"two e-mails have one key", "e-mails", "Your order r-o1 is on its way",
       [](example& e) { e.letters[1].key = e.letters[0].key; }},
      {"an e-mail goes to a stranger", "e-mails", "r-o1",
       [](example& e) { e.letters[0].to = "eve@r.example"; }},
      {"a customer gets an e-mail about nothing", "e-mails", "all",
       [](example& e) {
         e.letters.push_back({"k", "0:9", "c-r-o1@r.example", "Your order r-o0 is confirmed", ""});
       }},
  };
  for (const auto& r : rows) {
    example e;
    r.spoil(e);
    const auto result = e.compared();
    INFO(r.what);
    CHECK(std::ranges::any_of(result.mismatches, [&](const mismatch& m) {
      return m.book == r.book && m.about == r.about;
    }));
  }
}

TEST_CASE("a shop where nobody has bought anything has even books") {
  ledger known;
  known.goods.plenty = {{"r-item0", "Kettle", "kitchen", 500, 100}};
  node_books shown;
  shown.stock["r-item0"] = {.received = 100, .available = 100};
  CHECK(compare(known, shown, {}, nullptr).even());
}

} // namespace books_test
