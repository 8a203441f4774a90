// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/shape.hpp>

#include "samples.hpp"

#include <catch2/catch.hpp>

namespace shape_test {

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
namespace other {
struct cash {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
} // namespace other
using two_named_alike = std::variant<cash, other::cash>;
template <class Tag> struct id {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
/// A container of the domain's own.
template <class T> struct listed {
  std::vector<T> items;
  template <class A> void save(A& ar) const {
    ar(cereal::make_size_tag(static_cast<cereal::size_type>(items.size())));
    for (const auto& item : items) ar(item);
  }
  template <class A> void load(A& ar) {
    cereal::size_type count = 0;
    ar(cereal::make_size_tag(count));
    items.resize(count);
    for (auto&& item : items) {
      T loaded{};
      ar(loaded);
      item = loaded;
    }
  }
};
/// Shows two things of each element.
struct table {
  std::map<std::string, std::uint32_t> rows;
  template <class A> void save(A& ar) const {
    ar(cereal::make_size_tag(static_cast<cereal::size_type>(rows.size())));
    for (const auto& [name, count] : rows) ar(name, count);
  }
  template <class A> void load(A& ar) {
    cereal::size_type count = 0;
    ar(cereal::make_size_tag(count));
    while (count-- > 0) {
      std::string name;
      std::uint32_t n = 0;
      ar(name, n);
      rows.emplace(name, n);
    }
  }
};
/// Takes no element that is made of nothing.
struct picky {
  using value_type = int;
  template <class A> void save(A& ar) const { ar(cereal::make_size_tag(cereal::size_type{0})); }
  template <class A> void load(A& ar) {
    cereal::size_type count = 0;
    ar(cereal::make_size_tag(count));
    if (count != 0) throw std::invalid_argument("must have seven");
  }
};
/// Shows nothing of what it holds.
struct secretive {
  template <class A> void serialize(A& ar) {
    cereal::size_type count = 0;
    ar(cereal::make_size_tag(count));
  }
};
enum class odd_enum : std::uint8_t { a, c };
constexpr std::array<std::pair<odd_enum, std::string_view>, 2> enum_names(odd_enum) {
  return {{{odd_enum::c, "c\"{"}, {odd_enum::a, "a=1,b>"}}};
}
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
  CHECK(shape_of<sample::color>() == "enum<i16:blue=-3,red=1,green=2>");
  CHECK(shape_of<sample::level>() == "enum<u8>");
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
  CHECK(shape_of<sample::bag>() == "{#[i32]}");
  CHECK(shape_of<sample::priced>() == "{amount:i64,currency:string,value0:i32,value1:bool}");
  CHECK(shape_of<named_base::derived>() == "{base:{amount:i64,currency:string}}");
}

TEST_CASE("alternatives that change places change the shape, even if they look alike") {
  CHECK(shape_of<std::variant<cash, cheque>>() == "(cash:{amount:i64}|cheque:{amount:i64})");
  CHECK(shape_of<std::variant<cash, cheque>>() != shape_of<std::variant<cheque, cash>>());
}

TEST_CASE("shapes are as they were in the first form: stores of then must open") {
  constexpr auto first = shape_form::first;
  CHECK(shape_of<sample::color>(first) == "enum<i16>");
  CHECK(shape_of<sample::flag>(first) == "enum<bool>");
  CHECK(shape_of<sample::bag>(first) == "{#}");
  CHECK(shape_of<two_named_alike>(first) == "(cash:{amount:i64}|cash:{amount:i64})");
  CHECK(shape_of<line>(first) == shape_of<line>());
  CHECK(shape_of<sample::tree>(first) == shape_of<sample::tree>());
}

TEST_CASE("alternatives of one name in two namespaces cannot change places unseen") {
  CHECK(
      shape_of<two_named_alike>() ==
      R"((cash"shape_test::()::cash":{amount:i64}|cash"shape_test::()::other::cash":{amount:i64}))");
  CHECK(shape_of<two_named_alike>() != shape_of<std::variant<other::cash, cash>>());
  CHECK(shape_of<std::variant<id<cash>, id<line>>>() !=
        shape_of<std::variant<id<line>, id<cash>>>());
}

TEST_CASE("what stands behind a size tag is seen, whatever the container asks of it") {
  CHECK(shape_of<listed<int>>() == "{#[i32]}");
  CHECK(shape_of<listed<std::string>>() == "{#[string]}");
  CHECK(shape_of<listed<line>>() == "{#[" + shape_of<line>() + "]}");
  CHECK(shape_of<listed<sample::sku>>() == "{#[string]}"); // refuses an empty one
  CHECK(shape_of<listed<listed<bool>>>() == "{#[{#[bool]}]}");
  CHECK(shape_of<table>() == "{#[string,u32]}");
  CHECK(shape_of<picky>() == "{#[i32]}");
  CHECK_FALSE(hides_elements(shape_of<table>()));
  CHECK(shape_of<std::vector<secretive>>() == "[{#}]");
  CHECK(hides_elements(shape_of<std::vector<secretive>>()));
  CHECK_FALSE(hides_elements(R"({"{#}":i32})"));
}

TEST_CASE("a name of an enum cannot forge a shape") {
  CHECK(shape_of<odd_enum>() == R"(enum<u8:"a=1,b>"=0,"c\"{"=1>)");
  CHECK_FALSE(change_of(shape_of<odd_enum>(), shape_of<odd_enum>(), kept_as::json));
}

TEST_CASE("a renamed or moved enumerator is told with its type's field and its name") {
  const auto said = [](std::string_view was, std::string_view is, kept_as as = kept_as::binary) {
    const auto found = change_of(was, is, as);
    return found ? found->where + ": " + found->what : "same";
  };
  const std::string two = "{lines:[{shade:enum<u8:red=1,green=2>,at:?time<i64,1/1000>}],n:u32}";
  const auto with = [&](std::string_view names) {
    return "{lines:[{shade:enum<u8" + std::string(names) + ">,at:?time<i64,1/1000>}],n:u32}";
  };
  CHECK(said(two, two) == "same");
  CHECK(said(two, with(":crimson=1,green=2")) ==
        "/lines/*/shade: the store has the enumerator red=1, the program calls this value crimson; "
        "enum_names may hold the old name behind the new one");
  CHECK(said(two, with(":crimson=1,red=1,green=2")) == "same");
  CHECK(said(two, with(":red=1,green=2,blue=3"), kept_as::json) == "same");
  CHECK(said(two, with(":green=1,red=2")) ==
        "/lines/*/shade: the store has the enumerator red=1, the program has red=2");
  CHECK(said(two, with(":green=2")) ==
        "/lines/*/shade: the store has the enumerator red=1, the program does not have it");
  CHECK(said(two, with("")).ends_with("the program does not have it"));
  CHECK(said(with(""), two) == "same");
  CHECK(said(with(""), two, kept_as::json) ==
        "/lines/*/shade: the store has this enum's values as numbers, the program reads its names");
  CHECK(said("[enum<u8:a=0>]", "[enum<u16:a=0>]") ==
        "/*: the store has enum<u8:a=0>, the program enum<u16:a=0>");
}

TEST_CASE("any other difference of shapes is told with its place") {
  const auto said = [](std::string_view was, std::string_view is) {
    const auto found = change_of(was, is, kept_as::binary);
    return found ? found->where + ": " + found->what : "same";
  };
  CHECK(said("u32", "u64") == ": the store has u32, the program u64");
  CHECK(said("u8", "u16") == ": the store has u8, the program u16");
  CHECK(said("{a:u32}", "{a:u64}") == "/a: the store has u32, the program u64");
  CHECK(said("{a:u32,b:bool}", "{a:u32}") == ": the store has the field b, the program does not");
  CHECK(said("{a:u32}", "{a:u32,b:bool}") == ": the program has the field b, the store does not");
  CHECK(said("{}", "{b:bool}") == ": the program has the field b, the store does not");
  CHECK(said("{a:u32,b:bool}", "{b:bool,a:u32}") == ": the store has the field a, the program b");
  CHECK(said("{a:{b:[(i8,{c:bool})]}}", "{a:{b:[(i8,{c:u8})]}}") ==
        "/a/b/*/c: the store has bool, the program u8");
  CHECK(said("{a:[u32;3]}", "{a:[u32;4]}") == "/a: the store has [u32;3], the program [u32;4]");
  CHECK(said("{a:?u32}", "{a:u32}") == "/a: the store has ?u32, the program u32");
  CHECK(said("(a:{}|b:{})", "(b:{}|a:{})") ==
        ": the store has (a:{}|b:{}), the program (b:{}|a:{})");
  CHECK(said("{#[i32]}", "{#[i64]}") == ": the store has [i32], the program [i64]");
  CHECK(said("{#}", "{#[i64]}") != "same");
  CHECK(said(R"({"a,b":u32})", R"({"a,b":u64})") ==
        R"(/"a,b": the store has u32, the program u64)");
  CHECK(said("!encode_failed: not yet", "!encode_failed: no") != "same");
}

TEST_CASE(
    "the text of a contract may be damaged anyhow: comparing it ends, and finds a difference") {
  const auto whole = shape_of<line>() + shape_of<two_named_alike>() + shape_of<odd_enum>();
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const char c : {'{', '}', '"', '<', '>', ',', ':', '\\', '#', '\0'}) {
      auto damaged = whole;
      damaged[i] = c;
      if (damaged == whole) continue;
      CAPTURE(damaged);
      const bool found = change_of(damaged, whole, kept_as::binary).has_value() &&
                         change_of(whole.substr(0, i), whole, kept_as::binary).has_value();
      // A name of an enumerator that is gone is another that is there.
      if (!found && damaged.find("enum<") != std::string::npos) continue;
      CHECK(found);
    }
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

} // namespace shape_test
