// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/shape.hpp>

#include "samples.hpp"

#include <catch2/catch.hpp>

using namespace acta;

namespace {

struct cash {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
struct cheque {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
struct line {
  std::string sku;
  std::uint32_t quantity = 0;
  sample::money unit_price;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(sku), CEREAL_NVP(quantity), CEREAL_NVP(unit_price));
  }
};
struct odd_names {
  int a = 0;
  template <class A> void serialize(A& ar) { ar(cereal::make_nvp("a,b:\"c\"", a)); }
};
struct outer {
  struct inner {
    std::unique_ptr<outer> up;
    std::vector<inner> same;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(up), CEREAL_NVP(same)); }
  };
  inner in;
  inner again;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(in), CEREAL_NVP(again)); }
};
struct named_base {
  sample::priced base;
  struct derived : sample::money {
    template <class A> void serialize(A& ar) {
      ar(cereal::make_nvp("base", cereal::base_class<sample::money>(this)));
    }
  };
};
struct throws {
  template <class A> void save(A&) const { throw std::runtime_error("not yet"); }
  template <class A> void load(A&) {}
};

} // namespace

TEST_CASE("a shape names every field and its type") {
  CHECK(shape_of<line>() == "{sku:string,quantity:u32,unit_price:{amount:i64,currency:string}}");
}

TEST_CASE("each kind of type has its shape, and none drifts: stores hold them") {
  CHECK(shape_of<bool>() == "bool");
  CHECK(shape_of<char>() == "i8");
  CHECK(shape_of<std::int16_t>() == "i16");
  CHECK(shape_of<unsigned long>() == "u64");
  CHECK(shape_of<unsigned long long>() == "u64");
  CHECK(shape_of<float>() == "f32");
  CHECK(shape_of<double>() == "f64");
  CHECK(shape_of<sample::color>() == "enum<i16>");
  CHECK(shape_of<sample::flag>() == "enum<bool>");
  CHECK(shape_of<sample::size>() == "string");
  CHECK(shape_of<std::string>() == "string");
  CHECK(shape_of<std::vector<bool>>() == "[bool]");
  CHECK(shape_of<std::list<std::string>>() == "[string]");
  CHECK(shape_of<std::array<int, 3>>() == "[i32;3]");
  CHECK(shape_of<std::array<std::array<bool, 0>, 2>>() == "[[bool;0];2]");
  CHECK(shape_of<std::set<int>>() == "set[i32]");
  CHECK(shape_of<std::unordered_multiset<int>>() == "multiset[i32]");
  CHECK(shape_of<std::map<std::string, sample::weight>>() == "map[string:{grams:u32}]");
  CHECK(shape_of<std::unordered_map<std::string, int>>() == "map[string:i32]");
  CHECK(shape_of<std::multimap<int, bool>>() == "multimap[i32:bool]");
  CHECK(shape_of<std::pair<int, bool>>() == "(i32,bool)");
  CHECK(shape_of<std::tuple<>>() == "()");
  CHECK(shape_of<std::optional<int>>() == "?i32");
  CHECK(shape_of<std::unique_ptr<sample::nothing>>() == "?{}");
  CHECK(shape_of<std::shared_ptr<int>>() == "?i32");
  CHECK(shape_of<std::variant<int>>() == "(i32|)");
  CHECK(shape_of<std::variant<std::monostate, int, std::string>>() == "(null|i32|string)");
  CHECK(shape_of<std::chrono::milliseconds>() == "duration<i64,1/1000>");
  CHECK(shape_of<std::chrono::duration<double, std::ratio<60>>>() == "duration<f64,60/1>");
  CHECK(shape_of<time_point>() == "time<i64,1/1000000>");
  CHECK(shape_of<std::chrono::steady_clock::time_point>() == "clock<i64,1/1000000000>");
  CHECK(shape_of<uuid>() == "uuid");
  CHECK(shape_of<position>() == "position");
  CHECK(shape_of<sample::weight>() == "{grams:u32}");
  CHECK(shape_of<sample::celsius>() == "{degrees:f64}");
  CHECK(shape_of<sample::meters>() == "{length:f32}");
  CHECK(shape_of<sample::sku>() == "string");
  CHECK(shape_of<sample::number>() == "u32");
  CHECK(shape_of<sample::secret>() == "{value:i32}");
  CHECK(shape_of<sample::nothing>() == "{}");
  CHECK(shape_of<sample::bag>() == "{#}");
  CHECK(shape_of<sample::priced>() == "{amount:i64,currency:string,value0:i32,value1:bool}");
  CHECK(shape_of<named_base::derived>() == "{base:{amount:i64,currency:string}}");
}

TEST_CASE("alternatives that change places change the shape, even if they look alike") {
  CHECK(shape_of<std::variant<cash, cheque>>() == "(cash:{amount:i64}|cheque:{amount:i64})");
  CHECK(shape_of<std::variant<cash, cheque>>() != shape_of<std::variant<cheque, cash>>());
}

TEST_CASE("the shape of an empty container shows its elements") {
  CHECK(shape_of<std::vector<line>>() == "[" + shape_of<line>() + "]");
  CHECK(shape_of<std::optional<std::map<int, line>>>() == "?map[i32:" + shape_of<line>() + "]");
}

TEST_CASE("a type that contains itself has a shape that ends") {
  CHECK(shape_of<sample::tree>() == "{value:i32,children:[^1],next:?^1}");
  CHECK(shape_of<outer>() == "{in:{up:?^2,same:[^1]},again:{up:?^2,same:[^1]}}");
}

TEST_CASE("a field's name cannot forge a shape") {
  CHECK(shape_of<odd_names>() == R"({"a,b:\"c\"":i32})");
}

TEST_CASE("a save that throws on a default value gives a shape that no store holds") {
  CHECK(shape_of<throws>() == "!encode_failed: not yet");
}

TEST_CASE("the fingerprint of a shape never drifts: stores hold it") {
  CHECK(fingerprint_of("") == 0xCBF29CE484222325U);
  CHECK(fingerprint_of("a") == 0xAF63DC4C8601EC8CU);
  CHECK(fingerprint_of("foobar") == 0x85944171F73967E8U);
}
