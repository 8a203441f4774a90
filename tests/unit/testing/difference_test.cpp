// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/difference.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

namespace difference_test {

using acta::testing::difference;

namespace {

struct point {
  int x = 0, y = 0;
};
struct shape {
  std::string label;
  std::vector<point> corners;
  std::optional<point> center;
};
struct with_equals {
  int counts = 0, does_not = 0;
  friend bool operator==(const with_equals& a, const with_equals& b) {
    return a.counts == b.counts;
  }
};
class closed {
public:
  explicit closed(int shown = 0, int hidden = 0) : shown_(shown), hidden_(hidden) {}
  template <class A> void serialize(A& ar) { ar(shown_); }

private:
  int shown_;
  [[maybe_unused]] int hidden_;
};
struct nothing {};
struct derived : point {
  int z = 0;
  template <class A> void serialize(A& ar) { ar(x, y, z); }
};
struct with_c_array {
  int numbers[3] = {};
  std::string text;
  template <class A> void serialize(A& ar) { ar(numbers, text); }
};
struct no_default {
  explicit no_default(int n) : number(n) {}
  int number;
  template <class A> void serialize(A& ar) { ar(number); }
};
struct holds_no_default {
  no_default inner{7};
  int after = 0;
  template <class A> void serialize(A& ar) { ar(inner, after); }
};
struct tree {
  int value = 0;
  std::vector<tree> below;
  std::unique_ptr<tree> next;
};
class mute {
public:
  mute(int n = 0) : number_(n) {}
  int number() const { return number_; }

private:
  int number_;
};
struct writes_its_member {
  mute inner;
  template <class A> void save(A& ar) const { ar(inner.number()); }
  template <class A> void load(A& ar) {
    int number = 0;
    ar(number);
    inner = number;
  }
};
enum class color { red, green };
struct sixteen {
  int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
  std::string i, j, k, l, m, n, o, p;
};
struct seventeen {
  int a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
  int i = 0, j = 0, k = 0, l = 0, m = 0, n = 0, o = 0, p = 0, q = 0;
  template <class A> void serialize(A& ar) {
    ar(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
  }
};

} // namespace

TEST_CASE("the members of a plain struct are found without its help") {
  using acta::testing::detail::has_known_fields;
  CHECK(has_known_fields<point>());
  CHECK(has_known_fields<shape>());
  CHECK(has_known_fields<tree>());
  CHECK(has_known_fields<sixteen>());
  CHECK_FALSE(has_known_fields<seventeen>());
  CHECK_FALSE(has_known_fields<nothing>());
  CHECK_FALSE(has_known_fields<closed>());
  CHECK_FALSE(has_known_fields<derived>());
  CHECK_FALSE(has_known_fields<with_c_array>());
  CHECK_FALSE(has_known_fields<holds_no_default>());
}

TEST_CASE("structs without operator== are compared member by member") {
  CHECK_FALSE(difference(point{1, 2}, point{1, 2}));
  CHECK(difference(point{1, 2}, point{1, 3}) == "member 2");
  const shape a{"a", {{1, 2}, {3, 4}}, point{0, 0}};
  auto b = a;
  CHECK_FALSE(difference(a, b));
  b.corners[1].x = 9;
  CHECK(difference(a, b) == "member 2, element 2, member 1");
  b = a;
  b.center.reset();
  CHECK(difference(a, b) == "member 3");
  b = a;
  b.corners.pop_back();
  CHECK(difference(a, b) == "member 2, the number of elements");
  sixteen last;
  last.p = "x";
  CHECK(difference(sixteen{}, last) == "member 16");
}

TEST_CASE("an operator== has the say") {
  CHECK_FALSE(difference(with_equals{1, 2}, with_equals{1, 3}));
  CHECK(difference(std::vector{with_equals{1, 2}}, std::vector{with_equals{2, 2}}) == "element 1");
}

TEST_CASE("what cannot be taken apart is compared by its binary form") {
  CHECK(difference(closed{1}, closed{2}) == "the binary form");
  CHECK_FALSE(difference(closed{1, 1}, closed{1, 2}));
  with_c_array a, b;
  b.numbers[2] = 1;
  CHECK(difference(a, b));
  derived c, d;
  d.z = 1;
  CHECK(difference(c, d));
  holds_no_default e, f;
  f.after = 1;
  CHECK(difference(e, f));
  seventeen g, h;
  h.q = 1;
  CHECK(difference(g, h));
}

TEST_CASE("what is comparable is compared even beside what is not") {
  using both = std::pair<closed, point>;
  CHECK(difference(both{closed{1}, {1, 1}}, both{closed{1}, {1, 2}}) == "member 2, member 2");
  CHECK(difference(both{closed{1}, {1, 1}}, both{closed{2}, {1, 1}}) ==
        "member 1, the binary form");
}

TEST_CASE("what has no binary form of its own is compared by that of the class around it") {
  CHECK_FALSE(difference(writes_its_member{1}, writes_its_member{1}));
  CHECK(difference(writes_its_member{1}, writes_its_member{2}) == "the binary form");
}

TEST_CASE("containers of every kind are compared by what they hold") {
  CHECK_FALSE(difference(std::map<int, point>{{1, {1, 1}}}, std::map<int, point>{{1, {1, 1}}}));
  CHECK(difference(std::map<int, point>{{1, {1, 1}}}, std::map<int, point>{{1, {1, 2}}}));
  CHECK(difference(std::map<int, point>{{1, {1, 1}}}, std::map<int, point>{{2, {1, 1}}}));
  CHECK(difference(std::set<int>{1, 2}, std::set<int>{1, 3}));
  CHECK(difference(std::vector<bool>{true, false}, std::vector<bool>{true, true}) == "element 2");
  CHECK(difference(std::array<point, 2>{}, std::array<point, 2>{point{}, point{0, 1}}) ==
        "element 2, member 2");
  CHECK(difference(std::variant<int, point>{1}, std::variant<int, point>{point{}}));
  CHECK(difference(std::variant<point, point>{std::in_place_index<1>, point{0, 1}},
                   std::variant<point, point>{std::in_place_index<1>}) == "member 2");
  CHECK_FALSE(difference(std::monostate{}, std::monostate{}));
  CHECK_FALSE(difference(nothing{}, nothing{}));
  CHECK(difference(color::red, color::green));
  CHECK(difference(std::chrono::seconds{1}, std::chrono::seconds{2}));
}

TEST_CASE("hash tables are the same in any order") {
  std::unordered_map<int, point> forward, backward;
  std::unordered_multimap<int, int> many_forward, many_backward;
  for (int i = 0; i < 100; ++i) forward[i] = {i, i}, many_forward.emplace(i, i);
  for (int i = 100; i-- > 0;) backward[i] = {i, i}, many_backward.emplace(i, i);
  CHECK_FALSE(difference(forward, backward));
  CHECK_FALSE(difference(many_forward, many_backward));
  backward[50].y = 0;
  CHECK(difference(forward, backward));
  CHECK(difference(std::unordered_set<int>{1, 2}, std::unordered_set<int>{1, 3}));
  CHECK(difference(std::unordered_map<int, int>{{1, 1}}, std::unordered_map<int, int>{{2, 1}}) ==
        "the keys");
}

TEST_CASE("pointers are compared by what they point to, at any depth") {
  const auto make = [](int deepest) {
    tree t{1, {}, nullptr};
    t.below.push_back({2, {}, std::make_unique<tree>(tree{deepest, {}, nullptr})});
    return t;
  };
  CHECK_FALSE(difference(make(3), make(3)));
  CHECK(difference(make(3), make(4)) == "member 2, element 1, member 3, member 1");
  CHECK(difference(std::make_shared<int>(1), std::shared_ptr<int>{}));
  CHECK_FALSE(difference(std::shared_ptr<int>{}, std::shared_ptr<int>{}));
}

TEST_CASE("a NaN is the same as a NaN") {
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(difference(nan, nan));
  CHECK(difference(nan, 1.0));
}

namespace has_functions {
struct pair_of {
  std::int32_t a = 0, b = 0;
};
template <class T> int fields_of(const T&) { return 0; }
} // namespace has_functions

TEST_CASE("a function of the domain that is called as one of the kit is not taken for it") {
  CHECK(difference(has_functions::pair_of{1, 2}, has_functions::pair_of{1, 3}) == "member 2");
}

} // namespace difference_test
