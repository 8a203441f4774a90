// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "items.hpp"

#include <random>

namespace row_session_test {

using acta::row_session;
using acta::row_table;
using items::item;

namespace {

/// What the table of indexes must hold, made from the rows alone.
std::map<std::string, std::string, std::less<>>
indexes_of(const std::map<std::string, item>& rows) {
  std::map<std::string, std::string, std::less<>> all;
  const auto& indexes = items::type().indexes;
  for (const auto& [key, row] : rows)
    for (std::size_t i = 0; i < indexes.size(); ++i) {
      std::string columns;
      if (!indexes[i].append_key(&row, columns)) continue;
      acta::close_index_key(columns);
      all[static_cast<char>(i) + columns + (indexes[i].unique ? "" : key)] = key;
    }
  return all;
}

void check_tables(items::counted_rows& tables, const std::map<std::string, item>& rows) {
  REQUIRE(tables.entries(row_table::rows).size() == rows.size());
  for (const auto& [key, row] : rows) REQUIRE(items::get(tables, key) == row);
  REQUIRE(tables.entries(row_table::indexes) == indexes_of(rows));
}

} // namespace

TEST_CASE("a row is read once and written once, however often a batch changes it") {
  items::counted_rows tables;
  items::put(tables, "a", {.owner = "ada"});
  tables.reads.clear(), tables.writes.clear();
  row_session session(items::type(), tables);
  for (int i = 1; i <= 10; ++i) REQUIRE(items::put(session, "a", {.owner = "ada", .rank = i}));
  CHECK(session.find("a"));
  CHECK(session.bytes() > 0);
  REQUIRE(session.flush());
  CHECK(tables.reads["a"] == 1);
  CHECK(tables.writes["a"] == 1);
  CHECK(session.rows_changed() == 1);
  CHECK(session.bytes() == 0);
  check_tables(tables, {{"a", {.owner = "ada", .rank = 10}}});
}

TEST_CASE("a row that comes out as it was is not written") {
  items::counted_rows tables;
  items::put(tables, "a", {.owner = "ada"});
  tables.writes.clear();
  row_session session(items::type(), tables);
  REQUIRE(items::put(session, "a", {.owner = "bob"}));
  REQUIRE(items::put(session, "a", {.owner = "ada"}));
  REQUIRE(session.find("b"));
  REQUIRE(session.flush());
  CHECK(tables.writes.empty());
  CHECK(session.rows_changed() == 0);
}

TEST_CASE("a removed row is gone with its entries, and an event after that begins anew") {
  items::counted_rows tables;
  items::put(tables, "a", {.owner = "ada", .email = "a@x", .rank = 7});
  row_session session(items::type(), tables);
  CHECK(*session.remove("a"));
  CHECK_FALSE(*session.remove("a"));
  CHECK(*session.find("a") == nullptr);
  SECTION("and stays gone") {
    REQUIRE(session.flush());
    CHECK(session.rows_changed() == 1);
    check_tables(tables, {});
  }
  SECTION("unless something comes after it") {
    const auto fresh = session.open("a");
    REQUIRE(fresh);
    CHECK(*static_cast<const item*>(*fresh) == item{});
    REQUIRE(session.changed("a"));
    REQUIRE(session.flush());
    check_tables(tables, {{"a", {}}});
  }
}

TEST_CASE("a row that a batch makes and removes leaves nothing behind") {
  items::counted_rows tables;
  row_session session(items::type(), tables);
  REQUIRE(items::put(session, "a", {.owner = "ada", .email = "a@x"}));
  CHECK(*session.remove("a"));
  REQUIRE(items::put(session, "b", {.email = "a@x"}));
  REQUIRE(session.flush());
  CHECK(session.rows_changed() == 1);
  check_tables(tables, {{"b", {.email = "a@x"}}});
}

TEST_CASE("a row that was opened and not changed is not kept") {
  items::counted_rows tables;
  row_session session(items::type(), tables);
  REQUIRE(session.open("a"));
  CHECK(*session.find("a") == nullptr);
  REQUIRE(session.flush());
  check_tables(tables, {});
}

TEST_CASE("the second row with a unique value is refused, and both rows are named") {
  items::counted_rows tables;
  const auto refused = [&](row_session& session) {
    const auto put = items::put(session, "b", {.email = "a@x"});
    REQUIRE_FALSE(put);
    CHECK(put.error().code() == acta::domain_errc::unique_violation);
    CHECK(put.error().detail() ==
          "view 'items': index 'by_email' is unique, and row 'a' has the value that row 'b' is to "
          "get");
  };
  row_session first(items::type(), tables);
  REQUIRE(items::put(first, "a", {.email = "a@x"}));
  SECTION("within one batch") { refused(first); }
  SECTION("across batches") {
    REQUIRE(first.flush());
    row_session second(items::type(), tables);
    refused(second);
  }
}

TEST_CASE("two rows can swap a unique value within one batch, if neither has it twice on the way") {
  items::counted_rows tables;
  items::put(tables, "a", {.email = "1"});
  items::put(tables, "b", {.email = "2"});
  row_session session(items::type(), tables);
  REQUIRE(items::put(session, "a", {}));
  REQUIRE(items::put(session, "b", {.email = "1"}));
  REQUIRE(items::put(session, "a", {.email = "2"}));
  REQUIRE(session.flush());
  check_tables(tables, {{"a", {.email = "2"}}, {"b", {.email = "1"}}});
}

TEST_CASE("a removed row gives its unique value free, at once and for later batches") {
  items::counted_rows tables;
  items::put(tables, "a", {.email = "1"});
  row_session session(items::type(), tables);
  REQUIRE(session.remove("a"));
  REQUIRE(items::put(session, "b", {.email = "1"}));
  SECTION("to another row") {
    REQUIRE(session.flush());
    check_tables(tables, {{"b", {.email = "1"}}});
  }
  SECTION("and not to a third") { CHECK_FALSE(items::put(session, "a", {.email = "1"})); }
}

TEST_CASE("rows whose column is empty are left out of the index, also of a unique one") {
  items::counted_rows tables;
  items::put(tables, "a", {});
  items::put(tables, "b", {});
  check_tables(tables, {{"a", {}}, {"b", {}}});
  items::put(tables, "a", {.email = ""});
  check_tables(tables, {{"a", {.email = ""}}, {"b", {}}});
}

TEST_CASE("a key that no stream's id could be is refused, each time it is tried") {
  items::counted_rows tables;
  row_session session(items::type(), tables);
  for (const auto& bad : {std::string(), std::string("a\nb"), std::string("\xff"),
                          std::string(257, 'x'), std::string(1, '\0')})
    for (int i = 0; i < 2; ++i) {
      const auto opened = session.open(bad);
      REQUIRE_FALSE(opened);
      CHECK(opened.error().code() == acta::errc::invalid_argument);
      CHECK(opened.error().detail().find("view 'items': row key") == 0);
      CHECK_FALSE(session.find(bad));
      CHECK_FALSE(session.remove(bad));
    }
  CHECK(session.open(std::string(256, 'x')));
}

TEST_CASE("an exception from a function of an index is an error that names the index") {
  items::counted_rows tables;
  row_session session(items::type(), tables);
  REQUIRE(items::put(session, "a", {.owner = "bad"}));
  const auto flushed = session.flush();
  REQUIRE_FALSE(flushed);
  CHECK(flushed.error().code() == acta::domain_errc::evolve_threw);
  CHECK(flushed.error().detail() == "view 'items': index 'strict': no such owner");
}

TEST_CASE("a stored row that cannot be read fails the batch") {
  items::counted_rows tables;
  REQUIRE(tables.put(row_table::rows, acta::as_bytes_view("a"), acta::as_bytes_view("?")));
  row_session session(items::type(), tables);
  const auto opened = session.open("a");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == acta::condition::corrupt);
}

TEST_CASE("after any changes in any batches, tables hold what the rows say and nothing else") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  items::counted_rows tables;
  std::map<std::string, item> rows;
  const auto some_item = [&] {
    item i{.owner = std::string(random() % 4 == 0 ? 300 : random() % 3, 'o'),
           .rank = static_cast<std::int32_t>(random() % 5) - 2,
           .open = random() % 2 == 0};
    if (random() % 4 == 0) i.owner += static_cast<char>('a' + random() % 3);
    if (random() % 2 == 0) i.email = std::to_string(random() % 20);
    return i;
  };
  int violations = 0;
  for (int batch = 0; batch < 300; ++batch) {
    const auto tables_before = tables;
    const auto rows_before = rows;
    row_session session(items::type(), tables);
    bool failed = false;
    for (auto steps = random() % 20; steps > 0 && !failed; --steps) {
      const auto key = std::to_string(random() % 12);
      if (random() % 4 == 0) {
        const auto removed = session.remove(key);
        REQUIRE(removed);
        REQUIRE(*removed == (rows.erase(key) == 1));
      } else if (random() % 8 == 0) {
        REQUIRE(session.flushed());
      } else {
        const auto value = some_item();
        const bool clashes = value.email && std::ranges::any_of(rows, [&](const auto& other) {
                               return other.first != key && other.second.email == value.email;
                             });
        const auto put = items::put(session, key, value);
        REQUIRE(put.has_value() == !clashes);
        failed = clashes;
        rows[key] = value;
      }
    }
    if (failed) {
      ++violations;
      tables = tables_before;
      rows = rows_before;
      continue;
    }
    REQUIRE(session.flush());
    check_tables(tables, rows);
  }
  CHECK(violations > 0);
}

} // namespace row_session_test
