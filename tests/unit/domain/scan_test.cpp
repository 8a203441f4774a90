// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "items.hpp"

#include <acta/domain/scan.hpp>

#include <algorithm>
#include <random>
#include <set>

namespace scan_test {

using acta::key;
using acta::scan_options;
using items::item;
using strings = std::vector<std::string>;

namespace {

using tables = acta::testing::memory_rows;

struct page {
  strings keys;
  std::string next;
};

acta::result<page> scan(tables& t, const scan_options& options) {
  auto plan = acta::plan_scan(items::type(), options);
  if (!plan) return std::move(plan).error();
  page p;
  auto next =
      acta::scan_rows(t, *plan, options.limit, [&](std::string_view row_key, acta::bytes_view row) {
        item decoded;
        REQUIRE(acta::decode_binary(row, decoded));
        REQUIRE(items::get(t, row_key) == decoded);
        p.keys.emplace_back(row_key);
        return true;
      });
  if (!next) return std::move(next).error();
  p.next = *next;
  if (options.cursor.empty() && p.next.empty()) {
    const auto counted = acta::count_rows(t, *plan);
    REQUIRE(counted);
    CHECK(*counted == p.keys.size());
  }
  return p;
}

/// Keys in both directions, which must be the same.
strings keys(tables& t, scan_options options) {
  auto forward = scan(t, options);
  REQUIRE(forward);
  options.reverse = true;
  auto backward = scan(t, options);
  REQUIRE(backward);
  std::ranges::reverse(backward->keys);
  CHECK(forward->keys == backward->keys);
  return forward->keys;
}

std::string refused(const scan_options& options) {
  const auto plan = acta::plan_scan(items::type(), options);
  REQUIRE_FALSE(plan);
  CHECK(plan.error().code() == acta::condition::invalid);
  return std::string(plan.error().detail());
}

tables some_rows() {
  tables t;
  items::put(t, "a", {.owner = "ada", .email = "a@x", .rank = 1});
  items::put(t, "b", {.owner = "bob", .email = "b@x", .rank = -2, .open = false});
  items::put(t, "c", {.owner = "ada", .rank = -1});
  items::put(t, "d", {.owner = "adam", .email = "d@x", .rank = 5});
  items::put(t, "e", {.owner = "bob", .rank = 3});
  return t;
}

} // namespace

TEST_CASE("rows are found by key and by index, both ways, bounds within") {
  auto t = some_rows();
  CHECK(keys(t, {}) == strings{"a", "b", "c", "d", "e"});
  CHECK(keys(t, {.from = key("b"), .to = key("d")}) == strings{"b", "c", "d"});
  CHECK(keys(t, {.from = key("b5")}) == strings{"c", "d", "e"});
  CHECK(keys(t, {.to = key("b5")}) == strings{"a", "b"});
  CHECK(keys(t, {.from = key("d"), .to = key("b")}).empty());
  CHECK(keys(t, {.equal = key("c")}) == strings{"c"});
  CHECK(keys(t, {.equal = key("")}).empty());
  CHECK(keys(t, {.prefix = key("")}) == strings{"a", "b", "c", "d", "e"});

  CHECK(keys(t, {.index = "by_owner"}) == strings{"a", "c", "d", "b", "e"});
  CHECK(keys(t, {.index = "by_owner", .equal = key("ada")}) == strings{"a", "c"});
  CHECK(keys(t, {.index = "by_owner", .from = key("adam")}) == strings{"d", "b", "e"});
  CHECK(keys(t, {.index = "by_owner", .to = key("ada")}) == strings{"a", "c"});
  CHECK(keys(t, {.index = "by_owner", .prefix = key("ad")}) == strings{"a", "c", "d"});
  CHECK(keys(t, {.index = "by_email"}) == strings{"a", "b", "d"});
  CHECK(keys(t, {.index = "by_email", .equal = key("b@x")}) == strings{"b"});
}

TEST_CASE("bounds may name fewer columns than the index has") {
  auto t = some_rows();
  CHECK(keys(t, {.index = "by_open_and_rank"}) == strings{"b", "c", "a", "e", "d"});
  CHECK(keys(t, {.index = "by_open_and_rank", .equal = key(true)}) == strings{"c", "a", "e", "d"});
  CHECK(keys(t, {.index = "by_open_and_rank", .equal = key(true, 3)}) == strings{"e"});
  CHECK(keys(t, {.index = "by_open_and_rank", .from = key(true, 1), .to = key(true, 3)}) ==
        strings{"a", "e"});
  CHECK(keys(t, {.index = "by_open_and_rank", .to = key(false)}) == strings{"b"});
  CHECK(keys(t, {.index = "by_owner_and_rank", .prefix = key("ada")}) == strings{"c", "a", "d"});
}

TEST_CASE("a page ends where it must, and the last one has no cursor") {
  auto t = some_rows();
  const auto first = scan(t, {.limit = 5});
  CHECK(first->next.empty());
  const auto part = scan(t, {.limit = 3});
  CHECK(part->keys == strings{"a", "b", "c"});
  const auto rest = scan(t, {.limit = 3, .cursor = part->next});
  CHECK(rest->keys == strings{"d", "e"});
  CHECK(rest->next.empty());
}

TEST_CASE("what a scan cannot mean is refused, and said") {
  CHECK(refused({.limit = 0}) == "limit is 0, expected 1 to 10000");
  CHECK(refused({.limit = 10'001}) == "limit is 10001, expected 1 to 10000");
  CHECK(refused({.equal = key("a"), .from = key("a")}) ==
        "give either equal, or prefix, or from and to");
  CHECK(refused({.index = "by_owner", .equal = key(1)}) ==
        "equal of index 'by_owner': value 1: the column is of kind text, the bound is integer");
  CHECK(refused({.index = "by_open_and_rank", .to = key(true, "7")}) ==
        "to of index 'by_open_and_rank': value 2: the column is of kind integer, the bound is text "
        "'7'");
  CHECK(refused({.from = key(7)}) ==
        "from of the keys of view 'items': value 1: the column is of kind text, the bound is "
        "integer");
  CHECK(refused({.index = "by_owner", .equal = key("a", 1)}) ==
        "equal of index 'by_owner': it has 2 values, expected 1 to 1");
  CHECK(refused({.equal = acta::index_key()}).find("it has 0 values") != std::string::npos);
  CHECK(refused({.index = "by_open_and_rank", .prefix = key(true, 1)}) ==
        "prefix of index 'by_open_and_rank': only text can be looked for by its beginning");
  const auto unknown = acta::plan_scan(items::type(), {.index = "by_age"});
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code() == acta::domain_errc::unknown_index);
  CHECK(unknown.error().detail() == "view 'items' has no index 'by_age'");
}

namespace {
struct other_view : items::view {
  static constexpr std::string_view name = "others";
};
} // namespace

TEST_CASE("a cursor of another scan is refused, and so is one that nobody has given out") {
  auto t = some_rows();
  const scan_options by_owner{.index = "by_owner", .limit = 2};
  const auto cursor = scan(t, by_owner)->next;
  REQUIRE_FALSE(cursor.empty());
  const auto with = [](scan_options options, std::string text) {
    options.cursor = std::move(text);
    return options;
  };
  CHECK(acta::plan_scan(items::type(), with(by_owner, cursor)));
  const auto said = refused(with({}, cursor));
  CHECK(said == "the cursor is not one of a scan of this view, by this index, in this direction");
  CHECK(refused(with({.index = "by_owner", .reverse = true}, cursor)) == said);
  CHECK(refused(with({.index = "by_owner_and_rank"}, cursor)) == said);
  CHECK_FALSE(acta::plan_scan(acta::make_view_type<other_view>(), with(by_owner, cursor)));
  CHECK(refused(with({.index = "by_owner", .to = key("a")}, cursor)) ==
        "the cursor lies outside of the range");
  CHECK(refused(with(by_owner, "zz")) == said);
  CHECK(refused(with(by_owner, "0")) == said);
  CHECK(refused(with(by_owner, cursor.substr(0, 16))) == said);
  // A table's key has a limit, and what is sought in it must keep to that.
  CHECK(refused(with(by_owner, cursor + std::string(1100, '6'))) == said);
}

TEST_CASE("bounds that no key can reach find what lies on their side, in any table") {
  auto t = some_rows();
  const std::string much(2000, 'b');
  CHECK(keys(t, {.equal = key(much)}).empty());
  CHECK(keys(t, {.from = key(much)}) == strings{"c", "d", "e"});
  CHECK(keys(t, {.to = key(much)}) == strings{"a", "b"});
  CHECK(keys(t, {.prefix = key(much)}).empty());
  const auto longest = std::string(256, 'b');
  items::put(t, longest, {});
  CHECK(keys(t, {.equal = key(longest)}) == strings{longest});
  CHECK(keys(t, {.equal = key(longest + "b")}).empty());
  CHECK(keys(t, {.to = key(longest + "b")}) == strings{"a", "b", longest});
  CHECK(keys(t, {.from = key(longest + "b")}) == strings{"c", "d", "e"});
  const auto plan = acta::plan_scan(items::type(), {.to = key(much)});
  CHECK(plan->high.size() <= acta::table_key_bytes_max);
}

TEST_CASE("an index that names a row that is gone is found out") {
  auto t = some_rows();
  REQUIRE(t.erase(acta::row_table::rows, acta::as_bytes_view("b")));
  const auto found = scan(t, {.index = "by_owner"});
  REQUIRE_FALSE(found);
  CHECK(found.error().code() == acta::domain_errc::damaged_view);
  CHECK(found.error().detail().find("names row 'b'") != std::string::npos);
}

TEST_CASE("columns longer than an entry are found by all of them, not by their beginning") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  tables t;
  std::map<std::string, std::string> owners;
  strings values;
  // Lengths around all limits, alike far beyond the cut.
  for (int i = 0; i < 200; ++i) {
    auto owner = std::string(225 + random() % 90, 'o');
    for (auto changes = random() % 3; changes > 0; --changes)
      owner[200 + random() % (owner.size() - 200)] = random() % 2 == 0 ? 'a' : 'z';
    values.push_back(owner);
    owners["row" + std::to_string(i)] = owner;
    items::put(t, "row" + std::to_string(i), {.owner = owner});
  }
  const auto agree = [&](const char* index, const scan_options& options, auto within) {
    auto o = options;
    o.index = index;
    o.limit = 1000;
    auto found = keys(t, o);
    std::ranges::sort(found);
    strings expected;
    for (const auto& [row_key, owner] : owners)
      if (within(owner)) expected.push_back(row_key);
    std::ranges::sort(expected);
    REQUIRE(found == expected);
    // In pages, too.
    o.limit = 7;
    strings paged;
    do {
      auto p = scan(t, o);
      REQUIRE(p);
      REQUIRE_FALSE((p->keys.empty() && !p->next.empty()));
      paged.insert(paged.end(), p->keys.begin(), p->keys.end());
      o.cursor = p->next;
    } while (!o.cursor.empty());
    std::ranges::sort(paged);
    REQUIRE(paged == expected);
  };
  for (int i = 0; i < 20; ++i) {
    auto bound = values[random() % values.size()];
    if (random() % 2 == 0) bound.resize(200 + random() % (bound.size() - 200));
    for (const auto* index : {"by_owner", "by_owner_and_rank"}) {
      agree(index, {.equal = key(bound)}, [&](const auto& o) { return o == bound; });
      agree(index, {.from = key(bound)}, [&](const auto& o) { return o >= bound; });
      agree(index, {.to = key(bound)}, [&](const auto& o) { return o <= bound; });
      agree(index, {.prefix = key(bound)}, [&](const auto& o) { return o.starts_with(bound); });
    }
  }
}

TEST_CASE("ranges agree with a filter over all rows, whatever the bounds") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  tables t;
  std::map<std::string, item> rows;
  const auto text = [&] {
    std::string some(random() % 3, 'a');
    for (auto& c : some) c = "ab\0\xff"[random() % 4];
    return some;
  };
  for (int i = 0; i < 150; ++i) {
    const item row{.owner = text(), .rank = static_cast<std::int32_t>(random() % 7) - 3};
    const auto row_key = std::to_string(i);
    rows[row_key] = row;
    items::put(t, row_key, row);
  }
  using columns = std::pair<std::string, std::int32_t>;
  for (int round = 0; round < 300; ++round) {
    const columns low{text(), static_cast<std::int32_t>(random() % 7) - 3};
    const columns high{text(), static_cast<std::int32_t>(random() % 7) - 3};
    const bool whole_low = random() % 2 == 0, whole_high = random() % 2 == 0;
    scan_options options{.index = "by_owner_and_rank", .limit = 1000};
    options.from = whole_low ? key(low.first, low.second) : key(low.first);
    options.to = whole_high ? key(high.first, high.second) : key(high.first);
    std::vector<std::pair<columns, std::string>> expected;
    for (const auto& [row_key, row] : rows) {
      const columns c{row.owner, row.rank};
      if ((whole_low ? c >= low : c.first >= low.first) &&
          (whole_high ? c <= high : c.first <= high.first))
        expected.emplace_back(c, row_key);
    }
    std::ranges::sort(expected);
    strings wanted;
    for (const auto& one : expected) wanted.push_back(one.second);
    REQUIRE(keys(t, options) == wanted);
  }
}

TEST_CASE("rows that come and go between pages neither repeat nor hide others") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 40; ++round) {
    tables t;
    std::set<std::string> steady, passing;
    const auto row = [&](const std::string& row_key) {
      return item{.owner = std::to_string(std::hash<std::string>{}(row_key) % 5)};
    };
    for (int i = 0; i < 60; ++i) {
      const auto row_key = std::to_string(random() % 1000);
      if (!steady.insert(row_key).second) continue;
      items::put(t, row_key, row(row_key));
    }
    scan_options options{.index = random() % 2 == 0 ? "by_owner" : "",
                         .reverse = random() % 2 == 0,
                         .limit = 1 + random() % 7};
    std::multiset<std::string> seen;
    do {
      const auto p = scan(t, options);
      REQUIRE(p);
      seen.insert(p->keys.begin(), p->keys.end());
      options.cursor = p->next;
      for (int i = 0; i < 6; ++i) {
        const auto row_key = std::to_string(random() % 1000);
        if (random() % 3 == 0) {
          items::remove(t, row_key);
          steady.erase(row_key);
          passing.insert(row_key);
        } else if (!steady.contains(row_key)) {
          items::put(t, row_key, row(row_key));
          passing.insert(row_key);
        }
      }
      // The very row a cursor stands on goes most easily unnoticed.
      if (!p->keys.empty()) {
        items::remove(t, p->keys.back());
        steady.erase(p->keys.back());
        passing.insert(p->keys.back());
      }
    } while (!options.cursor.empty());
    for (const auto& one : steady)
      if (!passing.contains(one)) REQUIRE(seen.count(one) == 1);
    for (const auto& one : seen)
      if (!passing.contains(one)) REQUIRE(seen.count(one) == 1);
  }
}

TEST_CASE("counts agree with scans, and one that a visitor ends can be gone on with") {
  auto t = some_rows();
  const auto plan = acta::plan_scan(items::type(), {});
  REQUIRE(plan);
  CHECK(*acta::count_rows(t, *plan) == 5);
  int visited = 0;
  const auto next = acta::scan_rows(t, *plan, 100, [&](auto, auto) { return ++visited < 2; });
  REQUIRE(next);
  CHECK(visited == 2);
  const auto rest = acta::plan_scan(items::type(), {.cursor = *next});
  REQUIRE(rest);
  const auto end = acta::scan_rows(t, *rest, 100, [&](auto, auto) { return ++visited != 0; });
  REQUIRE(end);
  CHECK(end->empty());
  CHECK(visited == 5);
}

} // namespace scan_test
