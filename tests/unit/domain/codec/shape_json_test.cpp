// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/shape.hpp>

#include "samples.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace shape_json_test {

using namespace acta;

namespace {

enum class paint : std::int8_t { red = -1, green = 3 };
constexpr std::array<std::pair<paint, std::string_view>, 3> enum_names(paint) {
  return {{{paint::red, "red"}, {paint::red, "crimson"}, {paint::green, "gr\"een"}}};
}
enum class plain : std::uint16_t { one = 1 };

struct node {
  std::int32_t value = 0;
  std::vector<node> below;
  std::unique_ptr<node> beside;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(value), CEREAL_NVP(below), CEREAL_NVP(beside));
  }
};
struct minimal {
  std::string text;
  template <class A> std::string save_minimal(const A&) const { return text; }
  template <class A> void load_minimal(const A&, const std::string& from) { text = from; }
  auto operator<=>(const minimal&) const = default;
};
struct empty {
  template <class A> void serialize(A&) {}
};
struct odd_name {
  int a = 4;
  template <class A> void serialize(A& ar) { ar(cereal::make_nvp("a,b:\"c\"", a), a); }
};
struct table {
  std::map<std::string, std::uint32_t> rows;
  template <class A> void save(A& ar) const {
    ar(cereal::make_size_tag(static_cast<cereal::size_type>(rows.size())));
    for (const auto& [name, count] : rows) ar(name, count);
  }
  template <class A> void load(A& ar) {
    cereal::size_type count = 0;
    ar(cereal::make_size_tag(count));
    for (; count > 0; --count) {
      std::string name;
      std::uint32_t n = 0;
      ar(name, n);
      rows.emplace(name, n);
    }
  }
};

template <class T> std::string by_shape(const T& value) {
  byte_buffer bytes;
  REQUIRE(encode_binary(value, bytes));
  std::string json = "before ";
  const auto done = append_json_of(shape_of<T>(), bytes, json);
  if (!done) return done.error().to_string();
  return json.substr(7);
}
template <class T> void check(const T& value) {
  CAPTURE(shape_of<T>());
  const auto json = to_json(value);
  REQUIRE(json);
  CHECK(by_shape(value) == *json);
}

} // namespace

TEST_CASE("a shape tells the JSON of a value as its type does") {
  using namespace std::chrono;
  check(true);
  check(std::int64_t{-9'007'199'254'740'993});
  check(std::uint64_t{18'446'744'073'709'551'615U});
  check(std::uint8_t{200});
  check(std::int8_t{-3});
  check('a');
  check(0.1F);
  check(1e300);
  check(std::nan(""));
  check(-std::numeric_limits<double>::infinity());
  check(std::string("quotes \" and \\ and \n and é"));
  check(paint::green);
  check(paint::red);
  check(plain::one);
  check(std::vector<std::vector<std::string>>{{"a", "b"}, {}, {"c"}});
  check(std::array<std::int16_t, 3>{1, 2, 3});
  check(std::set<std::string>{"x", "y"});
  check(std::multimap<int, bool>{{1, true}, {1, false}});
  check(std::map<std::string, std::optional<int>>{{"a", 1}, {"b", {}}});
  check(std::map<std::int64_t, std::string>{{-4, "minus"}, {5, ""}});
  check(std::map<paint, int>{{paint::red, 1}});
  check(std::map<plain, int>{{plain::one, 1}});
  check(std::map<minimal, int>{{minimal{"key"}, 1}});
  check(std::map<bool, int>{{true, 1}});
  check(std::map<std::pair<int, int>, int>{{{1, 2}, 3}});
  check(std::tuple<int, std::string, bool>{1, "two", true});
  check(std::tuple<int>{7});
  check(std::pair<std::string, std::tuple<>>{"a", {}});
  check(std::variant<std::monostate, std::int64_t, std::string, node>{std::int64_t{4}});
  check(std::variant<std::monostate, std::int64_t, std::string, node>{});
  check(std::variant<std::monostate, std::int64_t, std::string, node>{node{}});
  check(std::variant<int, std::optional<int>>{std::optional<int>{5}});
  check(std::variant<std::vector<int>, std::set<int>>{std::set<int>{5}});
  check(std::variant<std::tuple<int, int>, microseconds>{microseconds{5}});
  check(std::variant<std::string>{"only"});
  check(milliseconds{-5});
  check(duration<double>{0.5});
  check(sys_time<microseconds>{microseconds{1'700'000'000'123'456}});
  check(sys_time<nanoseconds>{nanoseconds{-1}});
  check(sys_days{days{20'000}});
  check(acta::time_point{microseconds{-62'135'596'800'000'000}});
  check(uuid::random());
  check(position{3, 17});
  check(minimal{"text"});
  check(empty{});
  check(odd_name{});
  check(table{{{"a", 1}, {"b", 2}}});
  check(table{});
  node tree{1, {}, std::make_unique<node>()};
  tree.below.push_back({2, {}, nullptr});
  tree.below.back().below.push_back({3, {}, nullptr});
  check(tree);
}

TEST_CASE("a class that shows its fields in any way is told by its shape") {
  check(sample::everything{});
}

TEST_CASE("bytes that are not of the shape are an error, and nothing is appended") {
  byte_buffer bytes;
  REQUIRE(encode_binary(std::tuple<std::string, int>{"text", 4}, bytes));
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::string json = "before";
    const auto done = append_json_of("(string,i32)", bytes.view().first(size), json);
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == codec_errc::decode_failed);
    CHECK(json == "before");
  }
  std::string json;
  CHECK_FALSE(append_json_of("(string)", bytes, json)); // bytes are left
}

TEST_CASE("a shape that no type has is an error, wherever it is wrong") {
  node tree{1, {}, std::make_unique<node>()};
  tree.below.push_back({2, {}, nullptr});
  byte_buffer bytes;
  REQUIRE(encode_binary(tree, bytes));
  const auto shape = shape_of<node>();
  std::string json;
  for (std::size_t at = 0; at < shape.size(); ++at)
    for (const char c : std::string_view("{}[]()<>^?#:,;|\"\\9az")) {
      auto wrong = shape;
      wrong[at] = c;
      (void)append_json_of(wrong, bytes, json); // an error or a value, and never more
      (void)append_json_of(wrong.substr(0, at), bytes, json);
    }
  for (const auto* odd : {"", "x", "{", "[", "(", "^1", "{a:^9}", "enum<", "enum<u8:", "time<i64>",
                          "time<i64,0/0>", "[u8;99999999999]", "map[", "{#x}", "?"})
    CHECK_FALSE(append_json_of(odd, bytes, json));
}

} // namespace shape_json_test
