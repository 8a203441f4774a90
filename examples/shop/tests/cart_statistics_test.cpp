// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "read_side.hpp"

#include <shop/queries.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

using namespace shop;
using namespace std::chrono_literals;

namespace {

const auto noon = *acta::parse_rfc3339("2026-11-24T12:00:00Z");

test::read_side with_statistics() {
  acta::model model;
  model.aggregate<cart>().aggregate<product>();
  model.view<carts>().view<products>().view<cart_statistics>();
  model.query<top_products>().query<items_per_day>();
  return test::read_side(model);
}

item_added dune(std::int32_t quantity) { return {"book-1", "Dune", quantity, {1299, "EUR"}}; }
item_added emma(std::int32_t quantity) { return {"book-2", "Emma", quantity, {950, "EUR"}}; }

template <class Kind> std::optional<Kind> row(const test::read_side& shop, const std::string& key) {
  const auto found = shop.row<cart_statistics>(key);
  return found ? std::optional(std::get<Kind>(*found)) : std::nullopt;
}
std::optional<product_items> items_of(const test::read_side& shop, const std::string& sku) {
  return row<product_items>(shop, cart_statistics::product_key(sku));
}
std::optional<items_of_day> on(const test::read_side& shop, const std::string& day) {
  return row<items_of_day>(shop, cart_statistics::day_key(day));
}

} // namespace

TEST_CASE("items count for their product and for the day on which they moved") {
  auto shop = with_statistics();
  shop.take("cart/1", dune(2));
  shop.take("cart/2", dune(3), emma(1));
  CHECK(items_of(shop, "book-1") == product_items{5, 0});
  CHECK(items_of(shop, "book-2") == product_items{1, 0});
  CHECK(on(shop, "2026-01-01") == items_of_day{6, 0, 0});
}

TEST_CASE("a changed quantity counts by its difference, a removed item by what it held") {
  auto shop = with_statistics();
  shop.take("cart/1", dune(2), dune(3), quantity_changed{"book-1", 9});
  CHECK(items_of(shop, "book-1") == product_items{9, 0});
  shop.take("cart/1", quantity_changed{"book-1", 4}, emma(1), item_removed{"book-1"}, dune(7));
  CHECK(items_of(shop, "book-1") == product_items{7, 0});
  CHECK(on(shop, "2026-01-01") == items_of_day{2 + 3 + 4 + 1 + 7, 5 + 4, 0});
}

TEST_CASE("what is in no cart any more has no row, nor has an empty cart") {
  auto shop = with_statistics();
  shop.take("cart/1", dune(2), item_removed{"book-1"});
  CHECK(shop.keys<cart_statistics>() == std::vector<std::string>{"day/2026-01-01"});
  CHECK(shop.index_entries<cart_statistics>() == 0);
}

TEST_CASE("a check-out sells what the cart holds, and the cart needs no row any more") {
  auto shop = with_statistics();
  shop.take("cart/1", dune(2), emma(1),
            checked_out{{{"book-1", "Dune", 2, {1299, "EUR"}}, {"book-2", "Emma", 1, {950, "EUR"}}},
                        {3548, "EUR"},
                        noon});
  CHECK(items_of(shop, "book-1") == product_items{2, 2});
  CHECK(items_of(shop, "book-2") == product_items{1, 1});
  CHECK(on(shop, "2026-01-01") == items_of_day{3, 0, 3});
  CHECK(shop.keys<cart_statistics>() ==
        std::vector<std::string>{"day/2026-01-01", "product/book-1", "product/book-2"});
}

TEST_CASE("the longest ids that the rules allow make rows, too") {
  const std::string id(cart::id_bytes_max, 'i'), sku(sku_bytes_max, 's');
  auto shop = with_statistics();
  shop.take("cart/" + id, item_added{sku, "Thing", 1, {100, "EUR"}});
  CHECK(items_of(shop, sku) == product_items{1, 0});
  CHECK(row<cart_items>(shop, "cart/" + id) == cart_items{{{sku, 1}}});
}

TEST_CASE("a day ends at midnight UTC") {
  auto shop = with_statistics();
  const auto midnight = *acta::parse_rfc3339("2026-11-25T01:00:00+01:00");
  shop.take(
      {test::stored("cart/1", dune(1), midnight - 1us), test::stored("cart/1", dune(2), midnight)});
  CHECK(on(shop, "2026-11-24") == items_of_day{1, 0, 0});
  CHECK(on(shop, "2026-11-25") == items_of_day{2, 0, 0});
}

TEST_CASE("the report of days holds both of its ends, and only days on which something moved") {
  auto shop = with_statistics();
  for (const int day : {0, 1, 5, 6})
    shop.take({test::stored("cart/1", dune(day + 1), noon + std::chrono::days(day))});
  const auto report = shop.ask(items_per_day{"2026-11-25", "2026-11-30"});
  REQUIRE(report);
  CHECK(*acta::to_json(*report) ==
        R"({"days":[{"day":"2026-11-25","added":2,"removed":0,"sold":0},)"
        R"({"day":"2026-11-29","added":6,"removed":0,"sold":0},)"
        R"({"day":"2026-11-30","added":7,"removed":0,"sold":0}]})");
  CHECK(shop.ask(items_per_day{"2026-11-24", "2026-11-24"})->days.size() == 1);
}

TEST_CASE("a report of days that are none, or of too many, says which end is wrong") {
  const auto shop = with_statistics();
  const auto refused = [&](const items_per_day& query, std::string_view where) {
    const auto answer = shop.ask(query);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code() == acta::condition::invalid);
    CHECK(answer.error().where() == where);
  };
  for (const auto* bad : {"", "today", "2026-11-31", "2026-11-24T00:00:00Z", "26-11-24"}) {
    CAPTURE(bad);
    refused({bad, "2026-11-24"}, "/from");
    refused({"2026-11-24", bad}, "/to");
  }
  refused({"2026-11-24", "2026-11-23"}, "/to");
  refused({"2026-01-01", "2027-01-02"}, "/to");
  CHECK(shop.ask(items_per_day{"2026-01-01", "2027-01-01"}));
}

TEST_CASE("top products are those of which carts hold most, named by the catalogue") {
  auto shop = with_statistics();
  shop.take("product/book-1", product_listed{"Dune, 2nd edition", "books", {1299, "EUR"}});
  shop.take("product/book-2", product_listed{"Emma", "books", {950, "EUR"}});
  shop.take("cart/1", dune(2), emma(3));
  shop.take("cart/2", item_added{"book-3", "Ulysses", 9, {1450, "EUR"}}, dune(4));
  const auto top = shop.ask(top_products{});
  REQUIRE(top);
  CHECK(*acta::to_json(*top) ==
        R"({"products":[{"sku":"book-3","name":null,"quantity":9,"sold":0},)"
        R"({"sku":"book-1","name":"Dune, 2nd edition","quantity":6,"sold":0},)"
        R"({"sku":"book-2","name":"Emma","quantity":3,"sold":0}]})");
  CHECK(shop.ask(top_products{.limit = 1})->products.size() == 1);

  shop.take("product/book-2", product_retired{});
  shop.take("cart/1", quantity_changed{"book-2", 99});
  const auto first = shop.ask(top_products{.limit = 1})->products.at(0);
  CHECK(first.sku == "book-2");
  CHECK_FALSE(first.name);
  CHECK(shop.ask(top_products{.limit = 0}).error().where() == "/limit");
}

namespace {

/// A past that the real aggregates decided: few carts and skus, so that everything happens.
struct random_past {
  explicit random_past(std::uint64_t seed) : random(seed) {}

  std::mt19937_64 random;
  test::write_side<cart> aggregates;
  std::vector<test::stored_event> events;
  acta::time_point now = noon;

  std::int32_t upto(std::int32_t n) { return static_cast<std::int32_t>(random() % n) + 1; }
  template <class C> void decide(const std::string& id, const C& command) {
    for (auto& event : aggregates.decide(id, command, now)) events.push_back(std::move(event));
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
      decide(id, check_out{});
  }
};

struct sums {
  std::int64_t quantity = 0, sold = 0;
  friend bool operator==(const sums&, const sums&) = default;
};

sums of_aggregates(const random_past& past) {
  sums all;
  for (const auto& [id, cart] : past.aggregates.all())
    for (const auto& line : cart.lines) {
      all.quantity += line.quantity;
      if (cart.is_checked_out) all.sold += line.quantity;
    }
  return all;
}
sums of_carts(const test::read_side& shop) {
  sums all;
  test::must(shop.picture().view<carts>().each({}, [&](std::string_view, const carts& cart) {
    all.quantity += cart.item_count;
    if (cart.contents.is_checked_out) all.sold += cart.item_count;
  }));
  return all;
}

struct statistics {
  sums products, days;
  std::int64_t held = 0; ///< by the rows of carts that are open
};
statistics of_statistics(const test::read_side& shop) {
  statistics all;
  const auto rows = shop.picture();
  test::must(
      rows.view<cart_statistics>().each({}, [&](std::string_view, const cart_statistics::row& row) {
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
    auto shop = with_statistics();
    std::size_t taken = 0;
    for (int i = 0; i < 1000; ++i) {
      past.step();
      if (past.upto(20) != 1) continue; // batches of any length
      shop.take({past.events.begin() + static_cast<std::ptrdiff_t>(taken), past.events.end()});
      taken = past.events.size();

      const auto expected = of_aggregates(past);
      REQUIRE(of_carts(shop) == expected);
      const auto all = of_statistics(shop);
      REQUIRE(all.products == expected);
      REQUIRE(all.days == expected);
      REQUIRE(all.held == expected.quantity - expected.sold);
    }
    REQUIRE(taken > 100);
    REQUIRE(of_carts(shop).sold > 0);
    past.events.resize(taken);

    // Built anew from the past, in one batch.
    auto rebuilt = with_statistics();
    rebuilt.take(past.events);
    CHECK(rebuilt.same<carts>(shop));
    CHECK(rebuilt.same<cart_statistics>(shop));

    // Built anew with another order between the streams, as several partitions may give it.
    std::ranges::stable_sort(past.events, {}, [](const auto& e) { return e.about.stream; });
    auto by_stream = with_statistics();
    by_stream.take(past.events);
    CHECK(by_stream.same<carts>(shop));
    CHECK(by_stream.same<cart_statistics>(shop));
  }
}
