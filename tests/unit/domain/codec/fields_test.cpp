// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/fields.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/shape.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace fields_test {

using acta::named_text;

namespace {

enum class color { red, green };
constexpr std::array<std::pair<color, std::string_view>, 2> enum_names(color) {
  return {{{color::red, "red"}, {color::green, "green"}}};
}
enum class plain { a, b };

struct inner {
  int x = 0;
  std::string y;
  friend bool operator==(const inner&, const inner&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(x), CEREAL_NVP(y)); }
};

struct everything {
  std::string text;
  std::int64_t number = 0;
  bool flag = false;
  acta::uuid id;
  acta::position at;
  acta::time_point time{};
  color paint = color::red;
  plain choice = plain::a;
  std::vector<std::string> list;
  inner nested;
  std::map<std::string, int> table;
  std::variant<int, std::string> either;
  std::optional<std::string> maybe_text;
  std::optional<int> maybe_number;
  std::unique_ptr<int> pointer;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(text), CEREAL_NVP(number), CEREAL_NVP(flag), CEREAL_NVP(id), CEREAL_NVP(at),
       CEREAL_NVP(time), CEREAL_NVP(paint), CEREAL_NVP(choice), CEREAL_NVP(list),
       CEREAL_NVP(nested), CEREAL_NVP(table), CEREAL_NVP(either), CEREAL_NVP(maybe_text),
       CEREAL_NVP(maybe_number), CEREAL_NVP(pointer));
  }
};

struct small {
  std::string text;
  int number = 0;
  std::optional<std::string> maybe;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(text), CEREAL_NVP(number), CEREAL_NVP(maybe));
  }
};
struct nothing {
  template <class A> void serialize(A&) {}
};

template <class T> acta::result<std::string> json(std::vector<named_text> fields) {
  return acta::json_of_fields(acta::shape_of<T>(), fields);
}
std::string pointer_of(std::vector<named_text> fields) {
  const auto made = json<small>(std::move(fields));
  if (made) return "made " + *made;
  CHECK(made.error().code() == acta::codec_errc::json_invalid);
  return std::string(made.error().where());
}

} // namespace

TEST_CASE("texts of all kinds become a value as its JSON would") {
  const auto made = json<everything>({{"text", "5"},
                                      {"number", "-5"},
                                      {"flag", "true"},
                                      {"id", "0190a5e2-7b1c-7000-8000-000000000001"},
                                      {"at", "0:17"},
                                      {"time", "2026-11-22T10:00:00Z"},
                                      {"paint", "green"},
                                      {"choice", "1"},
                                      {"list", R"(["a","b,c"])"},
                                      {"nested", R"({"x":1,"y":"z"})"},
                                      {"table", R"({"k":7})"},
                                      {"either", R"({"type":"string","value":"s"})"},
                                      {"maybe_number", "3"}});
  if (!made) FAIL(made.error());
  auto read = std::make_unique<everything>();
  const auto ok = acta::from_json(*made, *read);
  if (!ok) FAIL(ok.error());
  CHECK(read->text == "5");
  CHECK(read->number == -5);
  CHECK(read->flag);
  CHECK(read->id.to_string() == "0190a5e2-7b1c-7000-8000-000000000001");
  CHECK(read->at == acta::position{0, 17});
  CHECK(acta::to_rfc3339(read->time) == "2026-11-22T10:00:00.000000Z");
  CHECK(read->paint == color::green);
  CHECK(read->choice == plain::b);
  CHECK(read->list == std::vector<std::string>{"a", "b,c"});
  CHECK(read->nested == inner{1, "z"});
  CHECK(read->table.at("k") == 7);
  CHECK(std::get<std::string>(read->either) == "s");
  CHECK_FALSE(read->maybe_text);
  CHECK(read->maybe_number == 3);
  CHECK(read->pointer == nullptr);
}

TEST_CASE("absent optional fields are null, and null is a text where texts are wanted") {
  CHECK(*json<small>({{"text", "null"}, {"number", "1"}}) ==
        R"({"text":"null","number":1,"maybe":null})");
  CHECK(*json<small>({{"text", ""}, {"number", "1"}, {"maybe", "null"}}) ==
        R"({"text":"","number":1,"maybe":"null"})");
  CHECK(*json<nothing>({}) == "{}");
}

TEST_CASE("an enum may be given by number, or if it has names by name, in quotes or not") {
  const auto made = [](std::vector<named_text> fields) {
    return *acta::json_of_fields("{paint:enum<i32:\"3d,>\"=0,green=1>,other:?enum<i32>}", fields);
  };
  CHECK(made({{"paint", "green"}}) == R"({"paint":"green","other":null})");
  CHECK(made({{"paint", "3d,>"}, {"other", "null"}}) == R"({"paint":"3d,>","other":null})");
  CHECK(made({{"paint", "\"green\""}, {"other", "1"}}) == R"({"paint":"green","other":1})");
}

TEST_CASE("a number may be one that JSON has no number for") {
  const auto made = [](std::string_view text) {
    return *acta::json_of_fields("{ratio:f64}", std::vector<named_text>{{"ratio", text}});
  };
  CHECK(made("NaN") == R"({"ratio":"NaN"})");
  CHECK(made("-Infinity") == R"({"ratio":"-Infinity"})");
  CHECK(made("1e3") == R"({"ratio":1e3})");
}

TEST_CASE("a field that is unknown, missing, doubled or no JSON is pointed at") {
  CHECK(pointer_of({{"text", "a"}, {"number", "1"}, {"nubmer", "1"}}) == "/nubmer");
  CHECK(pointer_of({{"text", "a"}}) == "/number");
  CHECK(pointer_of({}) == "/text");
  CHECK(pointer_of({{"text", "a"}, {"number", "1"}, {"text", "b"}}) == "/text");
  CHECK(pointer_of({{"text", "a"}, {"number", "five"}}) == "/number");
  CHECK(pointer_of({{"text", "a"}, {"number", ""}}) == "/number");
  CHECK(pointer_of({{"text", "a\xff"}, {"number", "1"}}) == "/text");
  CHECK(pointer_of({{"text", "a"}, {"number", "1"}, {"a/b~c", ""}}) == "/a~1b~0c");
}

TEST_CASE("a text cannot break out of its field") {
  CHECK(*json<small>({{"text", R"(","number":7,")"}, {"number", "1"}}) ==
        R"({"text":"\",\"number\":7,\"","number":1,"maybe":null})");
  CHECK(pointer_of({{"text", "a"}, {"number", R"(1,"maybe":"x")"}}) == "/number");
  CHECK(pointer_of({{"text", "a"}, {"number", "1}"}}) == "/number");
}

TEST_CASE("what has no named fields cannot be given by fields") {
  for (const auto* shape : {"[string]", "string", "{#,string}", "!reason", ""}) {
    INFO(shape);
    const auto no = acta::json_of_fields(shape, {});
    REQUIRE_FALSE(no);
    CHECK(no.error().where().empty());
  }
}

} // namespace fields_test
