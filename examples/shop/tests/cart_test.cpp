// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/cart.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

namespace cart_test {

using namespace shop;

namespace {

constexpr auto amount_max = std::numeric_limits<std::int64_t>::max();

add_item add_dune(std::int32_t quantity = 2) { return {"book-1", "Dune", quantity, {1299, "EUR"}}; }
item_added dune(std::int32_t quantity = 2) { return {"book-1", "Dune", quantity, {1299, "EUR"}}; }
item_added emma(std::int32_t quantity = 1) { return {"book-2", "Emma", quantity, {950, "EUR"}}; }
checked_out some_checkout() {
  return {
      "ada", {{"book-1", "Dune", 2, {1299, "EUR"}}}, {2598, "EUR"}, acta::testing::default_time};
}

std::vector<item_added> items(int count) {
  std::vector<item_added> all;
  for (int i = 1; i <= count; ++i) {
    const auto number = std::to_string(i);
    all.push_back({"sku-" + number, "Item " + number, 1, {100, "EUR"}});
  }
  return all;
}

} // namespace

TEST_CASE("an item is added to an empty cart") {
  acta::given<cart>().when(add_dune()).then(dune()).then_state([](const cart& c) {
    REQUIRE(c.lines.size() == 1);
    CHECK(c.lines[0].sku == "book-1");
    CHECK(c.lines[0].name == "Dune");
    CHECK(c.lines[0].quantity == 2);
    CHECK(c.lines[0].unit_price == money{1299, "EUR"});
    CHECK(c.currency == currency("EUR"));
    CHECK_FALSE(c.is_checked_out);
  });
}

TEST_CASE("the command of the README is read as it is printed there") {
  add_item command;
  REQUIRE(acta::from_json(R"({"sku":"book-1","name":"Dune","quantity":2,)"
                          R"("unit_price":{"amount":1299,"currency":"EUR"}})",
                          command));
  acta::given<cart>().with_id("42").when(command).then(dune());
}

TEST_CASE("more of an item goes to its line, under the newest name") {
  auto renamed = add_dune(3);
  renamed.name = "Dune, 2nd edition";
  acta::given<cart>(dune(), emma()).when(renamed).then_state([](const cart& c) {
    REQUIRE(c.lines.size() == 2);
    CHECK(c.lines[0].quantity == 5);
    CHECK(c.lines[0].name == "Dune, 2nd edition");
    CHECK(c.lines[1].sku == "book-2");
  });
}

TEST_CASE("a line holds 1 to 999 pieces when it is added") {
  acta::given<cart>().when(add_dune(1)).then(dune(1));
  acta::given<cart>().when(add_dune(999)).then(dune(999));
  acta::given<cart>().when(add_dune(0)).then_rejected("quantity_out_of_range");
  acta::given<cart>().when(add_dune(-1)).then_rejected("quantity_out_of_range");
  acta::given<cart>().when(add_dune(1000)).then_rejected("quantity_out_of_range");
  acta::given<cart>()
      .when(add_dune(std::numeric_limits<std::int32_t>::max()))
      .then_rejected("quantity_out_of_range");
}

TEST_CASE("a line holds at most 999 pieces after more are added") {
  acta::given<cart>(dune(998))
      .when(add_dune(1))
      .then(dune(1))
      .when(add_dune(1))
      .then_rejected("quantity_out_of_range");
  acta::given<cart>(dune(998)).when(add_dune(2)).then_rejected("quantity_out_of_range");
  acta::given<cart>(dune(1)).when(add_dune(999)).then_rejected("quantity_out_of_range");
}

TEST_CASE("a line holds 1 to 999 pieces after a change") {
  const auto given = acta::given<cart>(dune());
  given.when(change_quantity{"book-1", 1}).then(quantity_changed{"book-1", 1});
  given.when(change_quantity{"book-1", 999}).then(quantity_changed{"book-1", 999});
  given.when(change_quantity{"book-1", 0}).then_rejected("quantity_out_of_range");
  given.when(change_quantity{"book-1", -1}).then_rejected("quantity_out_of_range");
  given.when(change_quantity{"book-1", 1000}).then_rejected("quantity_out_of_range");
}

TEST_CASE("a change to the same quantity is accepted and changes nothing") {
  acta::given<cart>(dune(2)).when(change_quantity{"book-1", 2}).then_nothing();
}

TEST_CASE("a cart has at most 100 lines") {
  const add_item one_more{"sku-new", "New", 1, {100, "EUR"}};
  acta::given<cart>(items(99)).when(one_more).then_state(
      [](const cart& c) { return c.lines.size() == 100; });
  acta::given<cart>(items(100)).when(one_more).then_rejected("too_many_lines");
}

TEST_CASE("a full cart still takes more of what is in it, and something else for what left it") {
  const auto full = acta::given<cart>(items(100));
  full.when(add_item{"sku-7", "Item 7", 1, {100, "EUR"}})
      .then(item_added{"sku-7", "Item 7", 1, {100, "EUR"}});
  full.when(remove_item{"sku-7"})
      .then(item_removed{"sku-7"})
      .when(add_item{"sku-new", "New", 1, {100, "EUR"}})
      .then(item_added{"sku-new", "New", 1, {100, "EUR"}})
      .then_state([](const cart& c) { return c.lines.back().sku == "sku-new"; });
}

TEST_CASE("the id of a cart has 1 to 64 bytes, so that it can be part of the key of a row") {
  acta::given<cart>().with_id(std::string(64, 'i')).when(add_dune()).then(dune());
  acta::given<cart>()
      .with_id(std::string(65, 'i'))
      .when(add_dune())
      .then_rejected("cart_id_invalid");
}

TEST_CASE("a sku has 1 to 64 bytes") {
  auto item = add_dune();
  for (const auto good : {1, 64}) {
    item.sku = std::string(static_cast<std::size_t>(good), 's');
    acta::given<cart>().when(item).then(
        item_added{item.sku, item.name, item.quantity, item.unit_price});
  }
  for (const auto bad : {0, 65}) {
    item.sku = std::string(static_cast<std::size_t>(bad), 's');
    acta::given<cart>().when(item).then_rejected("sku_invalid");
  }
}

TEST_CASE("a sku that could not name a row of a view is refused before it is an event") {
  auto item = add_dune();
  for (const auto* bad : {"book\n1", "\x7F", "\u0001"}) {
    CAPTURE(bad);
    item.sku = bad;
    acta::given<cart>().when(item).then_rejected("sku_invalid");
  }
  CHECK_FALSE(is_sku("book\xFF"));
  CHECK_FALSE(is_sku(std::string_view("book\0", 5)));
}

TEST_CASE("a name has 1 to 200 bytes") {
  auto item = add_dune();
  for (const auto good : {1, 200}) {
    item.name = std::string(static_cast<std::size_t>(good), 'n');
    acta::given<cart>().when(item).then(
        item_added{item.sku, item.name, item.quantity, item.unit_price});
  }
  for (const auto bad : {0, 201}) {
    item.name = std::string(static_cast<std::size_t>(bad), 'n');
    acta::given<cart>().when(item).then_rejected("name_invalid");
  }
}

TEST_CASE("a price is 0 or more") {
  auto item = add_dune();
  item.unit_price.amount = 0;
  acta::given<cart>().when(item).then(item_added{"book-1", "Dune", 2, {0, "EUR"}});
  item.unit_price.amount = -1;
  acta::given<cart>().when(item).then_rejected("price_negative");
}

TEST_CASE("a sku has one price in a cart") {
  auto dearer = add_dune();
  ++dearer.unit_price.amount;
  acta::given<cart>(dune()).when(dearer).then_rejected("price_differs");
}

TEST_CASE("a cart has one currency") {
  const add_item in_dollars{"book-2", "Emma", 1, {950, "USD"}};
  acta::given<cart>(dune())
      .when(in_dollars)
      .then_rejected("currency_differs", "this cart is in EUR");
}

TEST_CASE("an emptied cart takes another currency") {
  const add_item in_dollars{"book-2", "Emma", 1, {950, "USD"}};
  acta::given<cart>(dune(), item_removed{"book-1"})
      .then_state(cart{})
      .when(in_dollars)
      .then_state([](const cart& c) { return c.currency == currency("USD"); });
}

TEST_CASE("a total that does not fit is refused when an item is added") {
  const auto add = [](std::int32_t quantity, std::int64_t amount) {
    return add_item{"yacht", "Yacht", quantity, {amount, "EUR"}};
  };
  acta::given<cart>().when(add(1, amount_max)).then_state([](const cart& c) {
    return c.lines.size() == 1;
  });
  acta::given<cart>().when(add(2, amount_max / 2)).then_state([](const cart& c) {
    return c.lines.size() == 1;
  });
  acta::given<cart>().when(add(2, amount_max / 2 + 1)).then_rejected("total_too_large");

  const item_added nearly_all{"island", "Island", 1, {amount_max - 1, "EUR"}};
  acta::given<cart>(nearly_all).when(add(1, 1)).then_state([](const cart& c) {
    return c.lines.size() == 2;
  });
  acta::given<cart>(nearly_all).when(add(1, 2)).then_rejected("total_too_large");
  acta::given<cart>(nearly_all).when(add(2, 1)).then_rejected("total_too_large");
}

TEST_CASE("a total that does not fit is refused when a quantity grows") {
  const auto given =
      acta::given<cart>(item_added{"island", "Island", 1, {amount_max / 2, "EUR"}}, dune(1));
  given.when(change_quantity{"island", 2}).then_rejected("total_too_large");
  given.when(add_item{"island", "Island", 1, {amount_max / 2, "EUR"}})
      .then_rejected("total_too_large");
}

TEST_CASE("an item is removed and the others stay in their order") {
  acta::given<cart>(items(3))
      .when(remove_item{"sku-2"})
      .then(item_removed{"sku-2"})
      .then_state([](const cart& c) {
        REQUIRE(c.lines.size() == 2);
        CHECK(c.lines[0].sku == "sku-1");
        CHECK(c.lines[1].sku == "sku-3");
      });
}

TEST_CASE("what is not in the cart cannot be changed or removed") {
  const auto given = acta::given<cart>(dune(), emma(), item_removed{"book-2"});
  given.when(change_quantity{"book-2", 1}).then_rejected("unknown_item");
  given.when(remove_item{"book-2"}).then_rejected("unknown_item");
  acta::given<cart>().when(remove_item{""}).then_rejected("unknown_item");
}

TEST_CASE("check-out tells the lines, the total and the time") {
  const auto noon = *acta::parse_rfc3339("2026-11-22T12:00:00Z");
  acta::given<cart>(dune(2), emma(1), quantity_changed{"book-2", 3})
      .at(noon)
      .when(check_out{"ada"})
      .then(checked_out{"ada",
                        {{"book-1", "Dune", 2, {1299, "EUR"}}, {"book-2", "Emma", 3, {950, "EUR"}}},
                        {5448, "EUR"},
                        noon})
      .then_state([](const cart& c) { return c.is_checked_out && c.lines.size() == 2; });
}

TEST_CASE("a cart is checked out by somebody to whom commands can be sent") {
  const auto given = acta::given<cart>(dune());
  const std::string longest(id_bytes_max, 'c');
  given.when(check_out{longest}).then_state([](const cart& c) { return c.is_checked_out; });
  for (const auto& bad : {std::string(), longest + 'c', std::string("a\nb")})
    given.when(check_out{bad}).then_rejected("customer_invalid");
}

TEST_CASE("an empty cart cannot be checked out") {
  acta::given<cart>().when(check_out{"ada"}).then_rejected("cart_empty");
  acta::given<cart>(dune(), item_removed{"book-1"})
      .when(check_out{"ada"})
      .then_rejected("cart_empty");
}

TEST_CASE("a cart that is checked out does not change any more") {
  const auto done = acta::given<cart>(dune(), some_checkout());
  done.when(add_dune()).then_rejected("already_checked_out");
  done.when(change_quantity{"book-1", 1}).then_rejected("already_checked_out");
  done.when(remove_item{"book-1"}).then_rejected("already_checked_out");
  done.when(check_out{"ada"}).then_rejected("already_checked_out");
}

TEST_CASE("the largest cart makes the largest check-out") {
  auto many = items(100);
  for (auto& item : many) item.quantity = 999;
  acta::given<cart>(many).when(check_out{"ada"}).then_state([](const cart& c) {
    return c.is_checked_out;
  });
}

TEST_CASE("a cart's state is what people see over HTTP") {
  acta::given<cart>(dune()).then_state([](const cart& c) {
    CHECK(*acta::to_json(c) == R"({"lines":[{"sku":"book-1","name":"Dune","quantity":2,)"
                               R"("unit_price":{"amount":1299,"currency":"EUR"}}],)"
                               R"("currency":"EUR","checked_out":false})");
  });
}

} // namespace cart_test
