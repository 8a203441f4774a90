// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What a shape is told to be in C++ compiles, and has that shape: each case is one text, which is
// compiled here and compared with what is told.
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/shape.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#define CODE(...)                                                                                  \
  __VA_ARGS__;                                                                                     \
  constexpr std::string_view code = #__VA_ARGS__

namespace shape_code_test {

using acta::shape_of;
using acta::struct_of;

// clang-format off
namespace scalars {
CODE(struct old { bool a{}; std::int8_t b{}; std::int16_t c{}; std::int32_t d{}; std::int64_t e{}; std::uint8_t f{}; std::uint16_t g{}; std::uint32_t h{}; std::uint64_t i{}; float j{}; double k{}; std::string l{}; acta::uuid m{}; acta::position n{}; std::monostate o{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(a), CEREAL_NVP(b), CEREAL_NVP(c), CEREAL_NVP(d), CEREAL_NVP(e), CEREAL_NVP(f), CEREAL_NVP(g), CEREAL_NVP(h), CEREAL_NVP(i), CEREAL_NVP(j), CEREAL_NVP(k), CEREAL_NVP(l), CEREAL_NVP(m), CEREAL_NVP(n), CEREAL_NVP(o)); } });
} // namespace scalars
namespace containers {
CODE(struct old { std::vector<std::string> a{}; std::array<std::int32_t, 3> b{}; std::set<std::int32_t> c{}; std::multiset<bool> d{}; std::map<std::string, std::vector<std::int64_t>> e{}; std::multimap<std::string, bool> f{}; std::tuple<std::int32_t, std::string> g{}; std::optional<std::uint32_t> h{}; std::array<std::array<bool, 2>, 1> i{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(a), CEREAL_NVP(b), CEREAL_NVP(c), CEREAL_NVP(d), CEREAL_NVP(e), CEREAL_NVP(f), CEREAL_NVP(g), CEREAL_NVP(h), CEREAL_NVP(i)); } });
} // namespace containers
namespace times {
CODE(struct old { acta::time_point at{}; std::chrono::duration<std::int64_t, std::ratio<1, 1000>> pause{}; std::chrono::duration<double, std::ratio<60, 1>> minutes{}; std::chrono::sys_time<std::chrono::duration<std::int64_t, std::ratio<1, 1>>> second{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(at), CEREAL_NVP(pause), CEREAL_NVP(minutes), CEREAL_NVP(second)); } });
} // namespace times
namespace nothing {
CODE(struct old { template <class A> void serialize(A&) {} });
} // namespace nothing
namespace nested {
CODE(struct old { struct price_type { std::int64_t amount; std::string currency; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount), CEREAL_NVP(currency)); } }; struct lines_type { struct at_type { std::int32_t x; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(x)); } }; at_type at; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(at)); } }; price_type price{}; std::vector<lines_type> lines{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(price), CEREAL_NVP(lines)); } });
} // namespace nested
namespace within_itself {
CODE(struct old { std::int32_t value{}; std::unique_ptr<old> left{}; std::vector<old> others{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(value), CEREAL_NVP(left), CEREAL_NVP(others)); } });
} // namespace within_itself
namespace enums {
CODE(struct old { enum class colour_type : std::int16_t { blue = -3, red = 1 }; friend constexpr std::array<std::pair<colour_type, std::string_view>, 2> enum_names(colour_type) { return {{{colour_type::blue, "blue"}, {colour_type::red, "red"}}}; } enum class level_type : std::uint8_t {}; colour_type colour{}; std::vector<level_type> level{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(colour), CEREAL_NVP(level)); } });
} // namespace enums
namespace variants {
CODE(struct old { struct cash { std::int64_t amount; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); } }; struct cheque { std::string number; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(number)); } }; std::variant<cash, cheque, std::int32_t> by{}; std::variant<cash> first{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(by), CEREAL_NVP(first)); } });
} // namespace variants
// clang-format on

namespace {

template <class T> void check(std::string_view code) {
  const auto shape = shape_of<T>();
  INFO(shape);
  const auto told = struct_of(shape, "old");
  REQUIRE(told);
  CHECK(*told == std::string(code) + ';');
}

} // namespace

TEST_CASE("a struct that is told by its shape compiles, and has that shape") {
  check<scalars::old>(scalars::code);
  check<containers::old>(containers::code);
  check<times::old>(times::code);
  check<nothing::old>(nothing::code);
  check<nested::old>(nested::code);
  check<within_itself::old>(within_itself::code);
  check<enums::old>(enums::code);
  check<variants::old>(variants::code);
}

TEST_CASE("what a shape alone cannot tell is not told wrongly") {
  CHECK_FALSE(struct_of("i32", "old"));
  CHECK_FALSE(struct_of("{#[i32]}", "old"));
  CHECK_FALSE(struct_of("{a-b:i32}", "old"));
  CHECK_FALSE(struct_of("{class:i32}", "old"));
  CHECK_FALSE(struct_of("{a:i32,a:i64}", "old"));
  CHECK_FALSE(struct_of("{old:i32}", "old"));
  CHECK_FALSE(struct_of("{price:{amount:i64},price_type:i32}", "old"));
  CHECK_FALSE(struct_of("{by:(cash:{a:i32}|i32),to:(cash:{a:i64}|i32)}", "old"));
  CHECK_FALSE(struct_of("{at:clock<i64,1/1000000000>}", "old"));
  CHECK_FALSE(struct_of("{a:^7}", "old"));
  CHECK_FALSE(struct_of("{a:enum<i32:default=1>}", "old"));
  CHECK_FALSE(struct_of("{a:enum<x:b=1>}", "old"));
  CHECK_FALSE(struct_of("{a:" + std::string(300'000, '[') + "i32" + std::string(300'000, ']') + '}',
                        "old"));
}

} // namespace shape_code_test
