// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "folded.hpp"

#include <shop/queries.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace cart_statistics_test {

using namespace shop;
using namespace std::chrono_literals;

namespace {

const auto noon = *acta::parse_rfc3339("2026-11-24T12:00:00Z");

item_added dune(std::int32_t quantity) { return {"book-1", "Dune", quantity, {1299, "EUR"}}; }
item_added emma(std::int32_t quantity) { return {"book-2", "Emma", quantity, {950, "EUR"}}; }

auto cart_1() { return acta::given<cart_statistics>().in("cart/1"); }

} // namespace

TEST_CASE("items count for their product and for the day on which they moved") {
  cart_1()
      .happened(dune(2))
      .in("cart/2")
      .happened(dune(3), emma(1))
      .then_rows({{"cart/1", cart_items{{{"book-1", 2}}}},
                  {"cart/2", cart_items{{{"book-1", 3}, {"book-2", 1}}}},
                  {"day/2026-01-01", items_of_day{6, 0, 0}},
                  {"product/book-1", product_items{5, 0}},
                  {"product/book-2", product_items{1, 0}}})
      .then_index("products_by_quantity", acta::key(5), {"product/book-1"});
}

TEST_CASE("a changed quantity counts by its difference, a removed item by what it held") {
  const auto changed = cart_1().happened(dune(2), dune(3), quantity_changed{"book-1", 9});
  changed.then_row("product/book-1", product_items{9, 0});
  changed.happened(quantity_changed{"book-1", 4}, emma(1), item_removed{"book-1"}, dune(7))
      .then_row("product/book-1", product_items{7, 0})
      .then_row("day/2026-01-01", items_of_day{2 + 3 + 4 + 1 + 7, 5 + 4, 0});
}

TEST_CASE("what is in no cart any more has no row, nor has an empty cart") {
  cart_1()
      .happened(dune(2), item_removed{"book-1"})
      .then_rows({{"day/2026-01-01", items_of_day{2, 2, 0}}});
}

TEST_CASE("a check-out sells what the cart holds, and the cart needs no row any more") {
  cart_1()
      .happened(
          dune(2), emma(1),
          checked_out{"ada",
                      {{"book-1", "Dune", 2, {1299, "EUR"}}, {"book-2", "Emma", 1, {950, "EUR"}}},
                      {3548, "EUR"},
                      noon})
      .then_rows({{"day/2026-01-01", items_of_day{3, 0, 3}},
                  {"product/book-1", product_items{2, 2}},
                  {"product/book-2", product_items{1, 1}}});
}

TEST_CASE("the longest ids that the rules allow make rows, too") {
  const std::string id(id_bytes_max, 'i'), sku(sku_bytes_max, 's');
  acta::given<cart_statistics>()
      .in("cart/" + id)
      .happened(item_added{sku, "Thing", 1, {100, "EUR"}})
      .then_row(cart_statistics::product_key(sku), product_items{1, 0})
      .then_row(cart_statistics::cart_key(id), cart_items{{{sku, 1}}});
}

TEST_CASE("a day ends at midnight UTC") {
  const auto midnight = *acta::parse_rfc3339("2026-11-25T01:00:00+01:00");
  cart_1()
      .at(midnight - 1us)
      .happened(dune(1))
      .at(midnight)
      .happened(dune(2))
      .then_row("day/2026-11-24", items_of_day{1, 0, 0})
      .then_row("day/2026-11-25", items_of_day{2, 0, 0});
}

TEST_CASE("the report of days holds both of its ends, and only days on which something moved") {
  auto shop = cart_1();
  for (const int day : {0, 1, 5, 6})
    shop = shop.at(noon + std::chrono::days(day)).happened(dune(day + 1));
  shop.when(items_per_day{"2026-11-25", "2026-11-30"})
      .then({{{"2026-11-25", 2, 0, 0}, {"2026-11-29", 6, 0, 0}, {"2026-11-30", 7, 0, 0}}})
      .when(items_per_day{"2026-11-24", "2026-11-24"})
      .then({{{"2026-11-24", 1, 0, 0}}});
}

TEST_CASE("a report of days that are none, or of too many, says which end is wrong") {
  const auto empty = acta::given<cart_statistics>();
  const auto refused = [&](const items_per_day& query, std::string_view where) {
    empty.when(query).then_error(acta::condition::invalid, where);
  };
  for (const auto* bad : {"", "today", "2026-11-31", "2026-11-24T00:00:00Z", "26-11-24"}) {
    CAPTURE(bad);
    refused({bad, "2026-11-24"}, "/from");
    refused({"2026-11-24", bad}, "/to");
  }
  refused({"2026-11-24", "2026-11-23"}, "/to");
  refused({"2026-01-01", "2027-01-02"}, "/to");
  empty.when(items_per_day{"2026-01-01", "2027-01-01"}).then(daily_report{});
}

TEST_CASE("top products are those of which carts hold most, named by the catalogue") {
  const auto shop = acta::given_views<cart_statistics, products>()
                        .in("product/book-1")
                        .happened(product_listed{"Dune, 2nd edition", "books", {1299, "EUR"}})
                        .in("product/book-2")
                        .happened(product_listed{"Emma", "books", {950, "EUR"}})
                        .in("cart/1")
                        .happened(dune(2), emma(3))
                        .in("cart/2")
                        .happened(item_added{"book-3", "Ulysses", 9, {1450, "EUR"}}, dune(4));
  const auto first = [](const std::string& sku, const std::optional<std::string>& name) {
    return [=](const product_ranking& ranking) {
      REQUIRE(ranking.products.size() == 1);
      CHECK(ranking.products[0].sku == sku);
      CHECK(ranking.products[0].name == name);
    };
  };
  shop.when(top_products{})
      .then({{{"book-3", std::nullopt, 9, 0},
              {"book-1", "Dune, 2nd edition", 6, 0},
              {"book-2", "Emma", 3, 0}}})
      .when(top_products{.limit = 1})
      .then(first("book-3", std::nullopt))
      .when(top_products{.limit = 0})
      .then_error(acta::condition::invalid, "/limit")
      .when(top_products{.limit = 10'001})
      .then_error(acta::condition::invalid, "/limit");

  const auto emma_leads = shop.in("cart/1").happened(quantity_changed{"book-2", 99});
  emma_leads.when(top_products{.limit = 1}).then(first("book-2", "Emma"));
  emma_leads.in("product/book-2")
      .happened(product_retired{})
      .when(top_products{.limit = 1})
      .then(first("book-2", std::nullopt));
}

namespace {

/// A past that the real aggregates decided: few carts and skus, so that everything happens.
struct random_past {
  explicit random_past(std::uint64_t seed) : random(seed) {}

  std::mt19937_64 random;
  std::map<std::string, cart> aggregates;
  std::vector<test::stored_event> events;
  acta::time_point now = noon;

  std::int32_t upto(std::int32_t n) { return static_cast<std::int32_t>(random() % n) + 1; }
  template <class C> void decide(const std::string& id, const C& command) {
    auto& one = aggregates[id];
    const auto decision = [&] {
      if constexpr (requires { one.decide(command); })
        return one.decide(command);
      else
        return one.decide(command, acta::context(id, 0, now));
    }();
    decision.for_each([&](const auto& event) {
      one.evolve(event);
      events.emplace_back("cart/" + id, event, now);
    });
  }
  void step() {
    now += std::chrono::minutes(upto(90));
    const auto id = std::to_string(upto(40));
    const auto number = upto(6);
    const auto sku = "sku-" + std::to_string(number);
    const auto what = upto(100);
    if (what <= 50)
      decide(id, add_item{sku,
                          "Item",
                          upto(400),
                          {number * 100, upto(5) == 1 ? currency("USD") : currency("EUR")}});
    else if (what <= 75)
      decide(id, change_quantity{sku, upto(1100)});
    else if (what <= 97)
      decide(id, remove_item{sku});
    else
      decide(id, check_out{"ada"});
  }
};

struct sums {
  std::int64_t quantity = 0, sold = 0;
  friend bool operator==(const sums&, const sums&) = default;
};

sums of_aggregates(const random_past& past) {
  sums all;
  for (const auto& [id, cart] : past.aggregates)
    for (const auto& line : cart.lines) {
      all.quantity += line.quantity;
      if (cart.is_checked_out) all.sold += line.quantity;
    }
  return all;
}
sums of_carts(const test::folded<carts>& view) {
  sums all;
  const auto picture = view.picture();
  REQUIRE(picture.view<carts>().each({}, [&](std::string_view, const carts& cart) {
    all.quantity += cart.item_count;
    if (cart.contents.is_checked_out) all.sold += cart.item_count;
  }));
  return all;
}

struct read_side {
  test::folded<carts> pages;
  test::folded<cart_statistics> statistics;

  void take(std::span<const test::stored_event> batch) {
    pages.take(batch);
    statistics.take(batch);
  }
  friend bool operator==(const read_side&, const read_side&) = default;
};

struct statistics {
  sums products, days;
  std::int64_t held = 0; ///< by the rows of carts that are open
};
statistics of_statistics(const test::folded<cart_statistics>& view) {
  statistics all;
  const auto picture = view.picture();
  REQUIRE(picture.view<cart_statistics>().each(
      {}, [&](std::string_view, const cart_statistics::row& row) {
        if (const auto* product = std::get_if<product_items>(&row)) {
          all.products.quantity += product->quantity;
          all.products.sold += product->sold;
          CHECK(product->quantity > 0);
          CHECK(product->sold <= product->quantity);
        } else if (const auto* day = std::get_if<items_of_day>(&row)) {
          all.days.quantity += day->added - day->removed;
          all.days.sold += day->sold;
          CHECK((day->added >= 0 && day->removed >= 0 && day->sold >= 0));
        } else {
          for (const auto& [sku, quantity] : std::get<cart_items>(row).quantities)
            all.held += quantity;
        }
      }));
  return all;
}

} // namespace

TEST_CASE("carts, products and days add up to the same after whatever the carts have decided") {
  const auto* given = std::getenv("ACTA_SEED");
  const auto seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  WARN("seed " << seed << " (repeat with ACTA_SEED=" << seed << ")");
  for (std::uint64_t round = 0; round < 10; ++round) {
    CAPTURE(seed, round);
    random_past past(seed + round);
    read_side shop;
    std::size_t taken = 0;
    for (int i = 0; i < 1000; ++i) {
      past.step();
      if (past.upto(20) != 1) continue; // batches of any length
      shop.take(std::span(past.events).subspan(taken));
      taken = past.events.size();

      const auto expected = of_aggregates(past);
      REQUIRE(of_carts(shop.pages) == expected);
      const auto all = of_statistics(shop.statistics);
      REQUIRE(all.products == expected);
      REQUIRE(all.days == expected);
      REQUIRE(all.held == expected.quantity - expected.sold);
    }
    REQUIRE(taken > 100);
    REQUIRE(of_carts(shop.pages).sold > 0);
    past.events.erase(past.events.begin() + static_cast<std::ptrdiff_t>(taken), past.events.end());

    // Built anew from the past, in one batch.
    read_side rebuilt;
    rebuilt.take(past.events);
    CHECK(rebuilt == shop);

    // Built anew with another order between the streams, as several partitions may give it.
    std::ranges::stable_sort(past.events, {}, [](const auto& e) { return e.about.stream; });
    read_side by_stream;
    by_stream.take(past.events);
    CHECK(by_stream == shop);
  }
}

} // namespace cart_statistics_test
