// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/memory_rows.hpp>

#include <catch2/catch.hpp>

namespace memory_rows_test {

using acta::as_bytes_view;
using acta::as_text;
using acta::row_table;
using acta::table_entry;
using acta::testing::memory_rows;

namespace {

void put(memory_rows& rows, std::string_view key, std::string_view value) {
  REQUIRE(rows.put(row_table::rows, as_bytes_view(key), as_bytes_view(value)));
}

} // namespace

TEST_CASE("the two tables know nothing of each other") {
  memory_rows rows;
  put(rows, "a", "1");
  acta::bytes_view value;
  CHECK_FALSE(*rows.get(row_table::indexes, as_bytes_view("a"), value));
  REQUIRE(*rows.get(row_table::rows, as_bytes_view("a"), value));
  CHECK(as_text(value) == "1");
  CHECK(*rows.count(row_table::rows) == 1);
  CHECK(*rows.count(row_table::indexes) == 0);
  REQUIRE(rows.erase(row_table::indexes, as_bytes_view("a")));
  CHECK(*rows.count(row_table::rows) == 1);
  REQUIRE(rows.erase(row_table::rows, as_bytes_view("a")));
  CHECK(rows == memory_rows{});
}

TEST_CASE("a cursor finds its neighbours in the order of unsigned bytes") {
  memory_rows rows;
  for (const auto* key : {"b", "a", "\xff", "ab"}) put(rows, key, key);
  auto cursor = rows.scan(row_table::rows);
  REQUIRE(cursor);
  table_entry at;
  std::string order;
  for (auto found = (*cursor)->seek({}, at); *found; found = (*cursor)->next(at))
    order += as_text(at.key);
  CHECK(order == "aabb\xff");
  order.clear();
  for (auto found = (*cursor)->seek_before({}, at); *found; found = (*cursor)->previous(at))
    order += as_text(at.value);
  CHECK(order == "\xff"
                 "baba");
  CHECK(*(*cursor)->seek(as_bytes_view("aa"), at));
  CHECK(as_text(at.key) == "ab");
  CHECK(*(*cursor)->seek_before(as_bytes_view("b"), at));
  CHECK(as_text(at.key) == "ab");
  CHECK_FALSE(*(*cursor)->seek_before(as_bytes_view("a"), at));
  CHECK_FALSE(*(*cursor)->seek(as_bytes_view("\xff\xff"), at));
}

TEST_CASE("a cursor outlives the entry it stands on") {
  memory_rows rows;
  for (const auto* key : {"a", "b", "c"}) put(rows, key, key);
  auto cursor = rows.scan(row_table::rows);
  table_entry at;
  REQUIRE(*(*cursor)->seek(as_bytes_view("b"), at));
  REQUIRE(rows.erase(row_table::rows, as_bytes_view("b")));
  REQUIRE(*(*cursor)->next(at));
  CHECK(as_text(at.key) == "c");
  REQUIRE(*(*cursor)->previous(at));
  CHECK(as_text(at.key) == "a");
}

TEST_CASE("a copy is a picture") {
  memory_rows rows;
  put(rows, "a", "1");
  const auto picture = rows;
  put(rows, "a", "2");
  CHECK(picture.entries(row_table::rows).at("a") == "1");
}

} // namespace memory_rows_test
