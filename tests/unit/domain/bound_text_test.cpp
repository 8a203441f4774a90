// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/bound_text.hpp>

#include <catch2/catch.hpp>

#include <limits>

namespace bound_text_test {

using acta::column_kind;
using acta::column_value;
using acta::parse_bound;

namespace {

std::vector<column_value> values_of(std::string_view text, std::vector<column_kind> columns) {
  const auto read = parse_bound(text, columns);
  if (!read) FAIL(read.error());
  return read->values();
}
column_value value_of(std::string_view text, column_kind kind) {
  const auto all = values_of(text, {kind});
  REQUIRE(all.size() == 1);
  return all.front();
}
std::string refusal(std::string_view text, std::vector<column_kind> columns) {
  const auto read = parse_bound(text, columns);
  if (read) return {};
  CHECK(read.error().code() == acta::errc::invalid_argument);
  return std::string(read.error().detail());
}

} // namespace

TEST_CASE("a bare bound is read as its column, not as what it looks like") {
  CHECK(value_of("42", column_kind::text) == column_value("42"));
  CHECK(value_of("true", column_kind::text) == column_value("true"));
  CHECK(value_of("\"x\"", column_kind::text) == column_value("\"x\""));
  CHECK(value_of("", column_kind::text) == column_value(""));
  CHECK(value_of("42", column_kind::integer) == column_value(std::int64_t{42}));
  CHECK(value_of("-42", column_kind::integer) == column_value(std::int64_t{-42}));
  CHECK(value_of("42", column_kind::real) == column_value(42.0));
  CHECK(value_of("-0.5e3", column_kind::real) == column_value(-500.0));
  CHECK(value_of("true", column_kind::boolean) == column_value(true));
  CHECK(value_of("false", column_kind::boolean) == column_value(false));
  CHECK(value_of("0190a5e2-7b1c-7000-8000-000000000001", column_kind::id) ==
        column_value(*acta::uuid::parse("0190a5e2-7b1c-7000-8000-000000000001")));
  CHECK(value_of("2026-11-22T12:00:00+02:00", column_kind::time) ==
        column_value(*acta::parse_rfc3339("2026-11-22T10:00:00Z")));
}

TEST_CASE("integers keep all 64 bits of either sign") {
  CHECK(value_of("18446744073709551615", column_kind::integer) ==
        column_value(std::numeric_limits<std::uint64_t>::max()));
  CHECK(value_of("-9223372036854775808", column_kind::integer) ==
        column_value(std::numeric_limits<std::int64_t>::min()));
  CHECK(value_of("[9007199254740993]", column_kind::integer) ==
        column_value(std::int64_t{9007199254740993}));
  CHECK_FALSE(refusal("18446744073709551616", {column_kind::integer}).empty());
}

TEST_CASE("a bound of another kind is refused with both kinds") {
  using enum column_kind;
  for (const auto& [text, kind] : {std::pair{"x", integer},
                                   {"1.5", integer},
                                   {"1 ", integer},
                                   {" 1", integer},
                                   {"+1", integer},
                                   {"", integer},
                                   {"0x10", integer},
                                   {"x", real},
                                   {"nan", real},
                                   {"inf", real},
                                   {"1e999", real},
                                   {"True", boolean},
                                   {"1", boolean},
                                   {"", boolean},
                                   {"xyz", id},
                                   {"yesterday", time},
                                   {"2026-11-22", time}}) {
    INFO(text);
    const auto why = refusal(text, {kind});
    CHECK(why.find("the column is of kind " + std::string(to_string(kind))) == 0);
  }
}

TEST_CASE("an array gives values for several columns") {
  using enum column_kind;
  CHECK(values_of(R"(["books",1000])", {text, integer}) ==
        std::vector<column_value>{"books", std::int64_t{1000}});
  CHECK(values_of(R"(["books"])", {text, integer}) == std::vector<column_value>{"books"});
  CHECK(values_of(R"([ true , 1.5, "2026-11-22T10:00:00Z" ])", {boolean, real, time}) ==
        std::vector<column_value>{true, 1.5, *acta::parse_rfc3339("2026-11-22T10:00:00Z")});
  CHECK(values_of(R"([1])", {real}) == std::vector<column_value>{1.0});
  CHECK(values_of(R"(["[a"])", {text}) == std::vector<column_value>{"[a"});
}

TEST_CASE("an array that is none, or does not fit, is refused and the value named") {
  using enum column_kind;
  CHECK(refusal("[books", {text}).find("it begins with '['") == 0);
  CHECK(refusal(R"(["a"] x)", {text}).find("it begins with '['") == 0);
  CHECK(refusal("[]", {text}) == "it has 0 values, expected 1 to 1");
  CHECK(refusal(R"(["a","b"])", {text}) == "it has 2 values, expected 1 to 1");
  CHECK(refusal(R"(["a","b"])", {text, integer}) ==
        "value 2: the column is of kind integer, the bound is text 'b'");
  CHECK(refusal("[5]", {text}).find("value 1: the column is of kind text") == 0);
  CHECK(refusal("[1.5]", {integer}).find("value 1: the column is of kind integer") == 0);
  CHECK(refusal("[null]", {text}).find("value 1: null is no bound") == 0);
  CHECK_FALSE(refusal("[[1]]", {integer}).empty());
  CHECK_FALSE(refusal(R"([{"a":1}])", {integer}).empty());
  CHECK_FALSE(refusal("[true]", {integer}).empty());
}

} // namespace bound_text_test
