// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/product.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace product_test {

using namespace shop;

namespace {

list_product list_dune() { return {"Dune", "books", {1299, "EUR"}}; }
product_listed dune() { return {"Dune", "books", {1299, "EUR"}}; }

} // namespace

TEST_CASE("a product is listed under its sku") {
  acta::given<product>()
      .with_id("book-1")
      .when(list_dune())
      .then(dune())
      .then_state([](const product& p) {
        CHECK(p.title == "Dune");
        CHECK(p.category == "books");
        CHECK(p.price == money{1299, "EUR"});
        CHECK(p.is_listed);
        CHECK_FALSE(p.is_retired);
      });
}

TEST_CASE("a sku that no cart would take is not listed") {
  for (const auto& good : {std::string("b"), std::string(64, 's'),
                           std::string("b\xC3\xBC"
                                       "cher/1")})
    acta::given<product>().with_id(good).when(list_dune()).then(dune());
  acta::given<product>()
      .with_id(std::string(65, 's'))
      .when(list_dune())
      .then_rejected("sku_invalid");
}

TEST_CASE("a product's name has 1 to 200 bytes") {
  auto command = list_dune();
  for (const std::size_t good : {1, 200}) {
    command.name.assign(good, 'n');
    acta::given<product>().when(command).then(
        product_listed{command.name, command.category, command.price});
  }
  for (const std::size_t bad : {0, 201}) {
    command.name.assign(bad, 'n');
    acta::given<product>().when(command).then_rejected("name_invalid");
  }
}

TEST_CASE("a category has 1 to 64 lower-case letters, digits and hyphens") {
  auto command = list_dune();
  for (const auto& good : {std::string("b"), std::string("sci-fi-2"), std::string(64, 'c')}) {
    command.category = good;
    acta::given<product>().when(command).then(
        product_listed{command.name, command.category, command.price});
  }
  for (const auto& bad :
       {std::string(), std::string(65, 'c'), std::string("Books"), std::string("sci fi"),
        std::string("b\xC3\xBC"
                    "cher"),
        std::string("a/b"), std::string(1, '\0')}) {
    CAPTURE(bad);
    command.category = bad;
    acta::given<product>().when(command).then_rejected("category_invalid");
  }
}

TEST_CASE("a product's price is 0 or more") {
  auto free = list_dune();
  free.price.amount = 0;
  acta::given<product>().when(free).then(product_listed{"Dune", "books", {0, "EUR"}});
  auto paid_for = list_dune();
  paid_for.price.amount = -1;
  acta::given<product>().when(paid_for).then_rejected("price_negative");
  acta::given<product>(dune())
      .when(change_price{{-1, "EUR"}})
      .then_rejected("price_negative")
      .when(change_price{{0, "EUR"}})
      .then(price_changed{{0, "EUR"}});
}

TEST_CASE("a price changes, and the same price again changes nothing") {
  acta::given<product>(dune())
      .when(change_price{{999, "EUR"}})
      .then(price_changed{{999, "EUR"}})
      .when(change_price{{999, "EUR"}})
      .then_nothing()
      .then_state([](const product& p) {
        return p.price == money{999, "EUR"};
      });
}

TEST_CASE("a product has one currency for life") {
  acta::given<product>(dune())
      .when(change_price{{1299, "USD"}})
      .then_rejected("currency_differs", "this product is sold in EUR");
}

TEST_CASE("a product is listed once") {
  acta::given<product>(dune()).when(list_dune()).then_rejected("already_listed");
}

TEST_CASE("what is not listed cannot change its price or be retired") {
  acta::given<product>().when(change_price{{999, "EUR"}}).then_rejected("not_listed");
  acta::given<product>().when(retire_product{}).then_rejected("not_listed");
}

TEST_CASE("a retired product does not come back") {
  const auto gone = acta::given<product>(dune()).when(retire_product{}).then(product_retired{});
  gone.when(list_dune()).then_rejected("retired");
  gone.when(change_price{{999, "EUR"}}).then_rejected("retired");
  gone.when(retire_product{}).then_rejected("retired");
}

TEST_CASE("a product's state is what people see over HTTP") {
  acta::given<product>(dune()).then_state([](const product& p) {
    CHECK(*acta::to_json(p) == R"({"name":"Dune","category":"books",)"
                               R"("price":{"amount":1299,"currency":"EUR"},)"
                               R"("listed":true,"retired":false})");
  });
}

} // namespace product_test
