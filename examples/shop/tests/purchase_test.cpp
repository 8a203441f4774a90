// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
//
// The purchase flow in a runtime: many carts at once, and the books at the end.
#include "market.hpp"

#include "eventually.hpp"

#include <shop/failed_payments.hpp>
#include <shop/queries.hpp>
#include <shop/sales_by_day.hpp>
#include <shop/stock_levels.hpp>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <random>
#include <string>

namespace purchase_test {

using namespace shop;

namespace {

std::uint64_t seed() {
  const auto* given = std::getenv("ACTA_SEED");
  const auto one = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  WARN("seed " << one << " (repeat with ACTA_SEED=" << one << ")");
  return one;
}

/// What the aggregates say: the truth that views and letters are held against.
struct books {
  std::map<std::string, std::int64_t> shipped; ///< pieces, by sku
  std::map<std::string, int> letters;          ///< due, by subject
  std::int64_t sold = 0, returned = 0;         ///< in cents
  std::int64_t paid_orders = 0;
  std::map<std::string, failed_payment> failed;
};

void take_payment(test::market& m, const std::string& id, const order& o, books& all) {
  std::int64_t kept = 0, came = 0;
  if (const auto p = m.runtime().state<payment>(id)) {
    CHECK(p->state != payment_state::requested);
    for (const auto& r : p->receipts) {
      came += r.amount.amount;
      if (!r.refunded) {
        kept += r.amount.amount;
        continue;
      }
      all.returned += r.amount.amount;
      ++all.letters["Your payment for order " + id + " was returned"];
    }
    if (p->state == payment_state::failed) {
      auto& row = all.failed[id];
      row.amount = p->amount;
      row.reason = p->reason;
      row.late = row.refunded = {came, p->amount.currency};
    }
  }
  const auto taken = m.taken();
  const auto known = taken.find(id);
  CHECK(came == (known == taken.end() ? 0 : known->second));
  CHECK(kept == (o.state == order_state::shipped ? o.contents.total.amount : 0));
}

books read(test::market& m) {
  books all;
  for (const auto& bought : m.purchases()) {
    CAPTURE(bought.id, static_cast<int>(bought.then));
    const auto o = m.runtime().state<order>(bought.id);
    REQUIRE(o);
    const bool shipped = o->state == order_state::shipped;
    CHECK((shipped || o->state == order_state::cancelled));
    CHECK(o->problem.empty());
    CHECK(o->contents.lines.size() == bought.items.size());
    CHECK((bought.customer == "nobody" ? !shipped : !o->contents.email.empty()));
    if (shipped) {
      all.sold += o->contents.total.amount;
      ++all.paid_orders;
      for (const auto& line : o->contents.lines) all.shipped[line.sku] += line.quantity;
    }
    if (!o->contents.email.empty()) {
      const auto order = "Your order " + bought.id;
      if (shipped) ++all.letters[order + " is confirmed"];
      ++all.letters[order + (shipped ? " is on its way" : " was cancelled")];
    }
    take_payment(m, bought.id, *o, all);
  }
  return all;
}

void check_stock(test::market& m, const books& all) {
  for (const auto& [sku, received] : m.received()) {
    CAPTURE(sku);
    const auto s = m.runtime().state<stock>(sku);
    REQUIRE(s);
    const auto shipped = all.shipped.contains(sku) ? all.shipped.at(sku) : 0;
    CHECK(s->received == received);
    CHECK(s->reserved == 0);
    CHECK(s->reservations.empty());
    CHECK(s->shipped == shipped);
    CHECK(s->available() == received - shipped);
    // Nor was more promised at any time than there was.
    const auto events = m.runtime().events<stock>(sku, {.limit = 100'000});
    REQUIRE(events);
    for (const auto& e : *events) {
      const auto then = m.runtime().state<stock>(sku, acta::at_version{e.metadata.version});
      REQUIRE(then);
      CHECK(then->available() >= 0);
    }
    const auto row = m.runtime().view<stock_levels>().get(sku);
    REQUIRE(row);
    CHECK(row->received == received);
    CHECK(row->available == received - shipped);
    CHECK(row->reserved == 0);
    CHECK(row->shipped == shipped);
  }
}

void check_views(test::market& m, const books& all) {
  const auto picture = m.runtime().picture();
  sales_by_day sales;
  REQUIRE(picture.view<sales_by_day>().each({}, [&](std::string_view, const sales_by_day& day) {
    sales.orders += day.orders;
    sales.amount += day.amount;
    sales.refunds += day.refunds;
  }));
  CHECK(sales.orders == all.paid_orders);
  CHECK(sales.amount == all.sold);
  CHECK(sales.refunds == all.returned);

  std::size_t failed = 0;
  REQUIRE(
      picture.view<failed_payments>().each({}, [&](std::string_view id, const failed_payment& row) {
        ++failed;
        REQUIRE(all.failed.contains(std::string(id)));
        const auto& expected = all.failed.at(std::string(id));
        CHECK(row.amount == expected.amount);
        CHECK(row.reason == expected.reason);
        CHECK(row.late == expected.late);
        CHECK(row.refunded == expected.refunded);
      }));
  CHECK(failed == all.failed.size());

  std::size_t listed = 0;
  for (const auto* customer : {"ada", "bob", "eve", "nobody"}) {
    auto page = m.runtime().query(orders_of_customer{customer, 1000});
    REQUIRE(page);
    listed += page->rows.size();
  }
  CHECK(listed == m.purchases().size());
}

void check_letters(const test::market& m, const books& all) {
  std::map<std::string, int> sent;
  for (const auto& letter : m.letters()) ++sent[letter.subject];
  CHECK(sent == all.letters);
}

/// A view that is behind the journal shows books that do not add up yet.
bool views_are_there(acta::runtime& r) {
  return test::eventually([&] { return r.figures().projections.behind_max == 0; });
}

} // namespace

TEST_CASE("whatever customers do at once, stock, money, orders and letters add up at the end") {
  test::market m(seed());
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    m.round(60);
    const bool settled = m.settled();
    for (const auto& what : m.failures()) FAIL_CHECK(what);
    REQUIRE(settled);
    REQUIRE(views_are_there(m.runtime()));

    const auto all = read(m);
    check_stock(m, all);
    check_views(m, all);
    check_letters(m, all);
    CHECK(m.runtime().figures().processes.stuck == 0);
    CHECK(m.runtime().quarantined().empty());
    // Or the rest would prove nothing.
    CHECK(all.paid_orders > 0);
    CHECK(all.returned > 0);
    CHECK(all.failed.size() > 0);
  }
}

} // namespace purchase_test
