// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/stock.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

namespace stock_test {

using namespace shop;

namespace {

auto five_books() { return acta::given<stock>(stock_received{5}).with_id("book-1"); }
auto is(std::int64_t available, std::int64_t reserved, std::int64_t shipped) {
  return [=](const stock& s) {
    CHECK(s.available() == available);
    CHECK(s.reserved == reserved);
    CHECK(s.shipped == shipped);
    CHECK(s.on_hand() == available + reserved);
    CHECK(s.received == available + reserved + shipped);
  };
}

} // namespace

TEST_CASE("what is received is available") {
  acta::given<stock>()
      .with_id("book-1")
      .when(receive_stock{5})
      .then(stock_received{5})
      .when(receive_stock{2})
      .then(stock_received{2})
      .then_state(is(7, 0, 0));
}

TEST_CASE("1 to a million pieces are received at once") {
  for (const std::int32_t good : {1, 1'000'000})
    acta::given<stock>().when(receive_stock{good}).then(stock_received{good});
  for (const std::int32_t bad : {0, -1, 1'000'001, std::numeric_limits<std::int32_t>::min()})
    acta::given<stock>().when(receive_stock{bad}).then_rejected("quantity_out_of_range");
}

TEST_CASE("more than a billion pieces are not on hand, however they came") {
  const std::vector<stock_received> many(999, stock_received{1'000'000});
  acta::given<stock>(many, stock_received{999'999})
      .when(receive_stock{1})
      .then(stock_received{1})
      .when(receive_stock{1})
      .then_rejected("stock_too_large");
}

TEST_CASE("stock of a sku that no cart would take is not received") {
  acta::given<stock>().with_id(std::string(64, 's')).when(receive_stock{1}).then(stock_received{1});
  acta::given<stock>()
      .with_id(std::string(65, 's'))
      .when(receive_stock{1})
      .then_rejected("sku_invalid");
}

TEST_CASE("what is reserved is not available, and stays on hand") {
  five_books()
      .when(reserve{"42", 2})
      .then(stock_reserved{"42", "book-1", 2})
      .then_state(is(3, 2, 0))
      .when(reserve{"43", 3})
      .then(stock_reserved{"43", "book-1", 3})
      .then_state(is(0, 5, 0));
}

TEST_CASE("more than is available is not promised to anybody") {
  five_books()
      .when(reserve{"42", 6})
      .then_rejected("out_of_stock", "6 of book-1 asked for, 5 available")
      .when(reserve{"42", 5})
      .then(stock_reserved{"42", "book-1", 5})
      .when(reserve{"43", 1})
      .then_rejected("out_of_stock");
  acta::given<stock>().when(reserve{"42", 1}).then_rejected("out_of_stock");
}

TEST_CASE("a sku that is too long to have been received is out of stock, and no error") {
  acta::given<stock>()
      .with_id(std::string(65, 's'))
      .when(reserve{"42", 1})
      .then_rejected("out_of_stock");
}

TEST_CASE("a reservation that comes again is told from a new one") {
  five_books()
      .when(reserve{"42", 2})
      .then(stock_reserved{"42", "book-1", 2})
      .when(reserve{"42", 2})
      .then_rejected("already_reserved")
      .when(reserve{"42", 1})
      .then_rejected("already_reserved")
      .then_state(is(3, 2, 0));
}

TEST_CASE("1 to 999 pieces are reserved, for an order that can be") {
  const auto plenty = acta::given<stock>(stock_received{2000});
  for (const std::int32_t good : {1, 999})
    plenty.when(reserve{"42", good}).then_state(is(2000 - good, good, 0));
  for (const std::int32_t bad : {0, -1, 1000, std::numeric_limits<std::int32_t>::min()})
    plenty.when(reserve{"42", bad}).then_rejected("quantity_out_of_range");
  for (const auto& bad : {std::string(), std::string(65, 'o'), std::string("4\n2")})
    plenty.when(reserve{bad, 1}).then_rejected("order_invalid");
}

TEST_CASE("a hot product does not fill the memory with orders that nobody pays") {
  stock hot;
  hot.evolve(stock_received{1'000'000});
  const acta::context context("hot", 1, acta::testing::default_time);
  for (std::size_t i = 0; i < stock::reservations_max; ++i) {
    const reserve one{std::to_string(i), 1};
    const auto decided = hot.decide(one, context);
    REQUIRE(decided.rejected() == nullptr);
    decided.for_each([&](const auto& e) { hot.evolve(e); });
  }
  const auto refused = hot.decide(reserve{"one more", 1}, context);
  REQUIRE(refused.rejected() != nullptr);
  CHECK(refused.rejected()->code == "too_many_reservations");
  hot.evolve(stock_shipped{"7", "hot", 1});
  CHECK(hot.decide(reserve{"one more", 1}, context).rejected() == nullptr);
}

TEST_CASE("what is released is available again, once") {
  five_books()
      .when(reserve{"42", 2})
      .then(stock_reserved{"42", "book-1", 2})
      .when(release{"42"})
      .then(stock_released{"42", "book-1", 2})
      .then_state(is(5, 0, 0))
      .when(release{"42"})
      .then_rejected("not_reserved")
      .when(ship{"42"})
      .then_rejected("not_reserved");
}

TEST_CASE("what is shipped has left, once") {
  five_books()
      .when(reserve{"42", 2})
      .then(stock_reserved{"42", "book-1", 2})
      .when(ship{"42"})
      .then(stock_shipped{"42", "book-1", 2})
      .then_state(is(3, 0, 2))
      .when(ship{"42"})
      .then_rejected("not_reserved")
      .when(release{"42"})
      .then_rejected("not_reserved");
}

TEST_CASE("one order's pieces are not another's") {
  five_books()
      .when(reserve{"42", 2})
      .then(stock_reserved{"42", "book-1", 2})
      .when(ship{"43"})
      .then_rejected("not_reserved")
      .when(release{""})
      .then_rejected("not_reserved")
      .then_state(is(3, 2, 0));
}

TEST_CASE("a stock's state is what people see over HTTP") {
  acta::given<stock>(stock_received{5}, stock_reserved{"42", "book-1", 2})
      .then_state([](const stock& s) {
        CHECK(*acta::to_json(s) ==
              R"({"received":5,"reserved":2,"shipped":0,"reservations":{"42":2}})");
      });
}

} // namespace stock_test
