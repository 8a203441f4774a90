// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// cereal's own forms first: they must neither clash with Acta's nor change them.
#include <cereal/types/array.hpp>
#include <cereal/types/chrono.hpp>
#include <cereal/types/complex.hpp>
#include <cereal/types/deque.hpp>
#include <cereal/types/list.hpp>
#include <cereal/types/map.hpp>
#include <cereal/types/memory.hpp>
#include <cereal/types/optional.hpp>
#include <cereal/types/set.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/tuple.hpp>
#include <cereal/types/unordered_map.hpp>
#include <cereal/types/unordered_set.hpp>
#include <cereal/types/utility.hpp>
#include <cereal/types/variant.hpp>
#include <cereal/types/vector.hpp>

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/json.hpp>

#include "samples.hpp"

#include <catch2/catch.hpp>

#include <cmath>

namespace json_test {

using namespace acta;
using sample::everything;

namespace {

std::string json_of(const auto& value) {
  const auto text = to_json(value);
  REQUIRE(text);
  return *text;
}

struct order {
  std::string id;
  std::uint8_t quantity = 0;
  std::vector<sample::money> lines;
  std::map<std::string, int> tags;
  std::optional<std::string> note;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(id), CEREAL_NVP(quantity), CEREAL_NVP(lines), CEREAL_NVP(tags), CEREAL_NVP(note));
  }
};

/// Says no to what it has by default.
struct counted {
  int count = 0;
  template <class A> void save(A& ar) const { ar(CEREAL_NVP(count)); }
  template <class A> void load(A& ar) {
    ar(CEREAL_NVP(count));
    if (count == 0) throw std::invalid_argument("not nothing");
  }
};

/// Three levels of JSON between a class and the next.
struct hedge {
  std::vector<std::map<std::string, std::variant<int, std::unique_ptr<hedge>>>> branches;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(branches)); }
};

/// `where: detail` of the error, or "read".
template <class T> std::string refusal(std::string_view text) {
  const auto read = from_json<T>(text);
  if (read) return "read";
  CHECK(read.error().code() == codec_errc::json_invalid);
  CHECK(read.error().code() == condition::invalid);
  return std::string(read.error().where()) + ": " + std::string(read.error().detail());
}

template <class T> std::string write_refusal(const T& value) {
  std::string out = "head";
  const auto written = append_json(value, out);
  REQUIRE_FALSE(written);
  CHECK(out == "head");
  CHECK(written.error().code() == codec_errc::encode_failed);
  CHECK(written.error().code() == condition::invalid);
  return std::string(written.error().where()) + ": " + std::string(written.error().detail());
}

} // namespace

TEST_CASE("each kind of value has its natural JSON form") {
  CHECK(json_of(true) == "true");
  CHECK(json_of('a') == "97");
  CHECK(json_of(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(json_of(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(json_of(0.1) == "0.1");
  CHECK(json_of(0.1F) == "0.1");
  CHECK(json_of(1e300) == "1e+300");
  CHECK(json_of(sample::color::green) == R"("green")");
  CHECK(json_of(sample::level::high) == "1");
  CHECK(json_of(sample::size::large) == R"("L")");
  CHECK(json_of(std::string("a\"\\/\b\f\n\r\t\x01é")) == R"("a\"\\/\b\f\n\r\t\u0001é")");
  CHECK(json_of(std::vector<int>{}) == "[]");
  CHECK(json_of(std::set<std::string>{"b", "a"}) == R"(["a","b"])");
  CHECK(json_of(std::pair<int, bool>{1, true}) == "[1,true]");
  CHECK(json_of(std::tuple<>{}) == "[]");
  CHECK(json_of(std::map<std::string, int>{{"a", 1}}) == R"({"a":1})");
  CHECK(json_of(std::map<std::string, int>{}) == "{}");
  CHECK(json_of(std::map<int, int>{{-1, 1}}) == R"({"-1":1})");
  CHECK(json_of(std::map<sample::color, int>{{sample::color::red, 1}}) == R"({"red":1})");
  CHECK(json_of(std::map<sample::sku, int>{{{"S"}, 1}}) == R"({"S":1})");
  CHECK(json_of(std::map<bool, int>{{true, 1}}) == "[[true,1]]");
  CHECK(json_of(std::map<std::pair<int, int>, int>{{{1, 2}, 3}}) == "[[[1,2],3]]");
  CHECK(json_of(std::multimap<std::string, int>{{"a", 1}, {"a", 2}}) == R"([["a",1],["a",2]])");
  CHECK(json_of(std::optional<int>{}) == "null");
  CHECK(json_of(std::optional<int>{1}) == "1");
  CHECK(json_of(std::unique_ptr<int>{}) == "null");
  CHECK(json_of(std::monostate{}) == "null");
  CHECK(json_of(std::chrono::milliseconds{5}) == "5");
  CHECK(json_of(time_point{}) == R"("1970-01-01T00:00:00.000000Z")");
  CHECK(json_of(std::chrono::sys_days{std::chrono::year{2000} / 2 / 29}) ==
        R"("2000-02-29T00:00:00.000000Z")");
  CHECK(json_of(position{3, 17}) == R"("3:17")");
  CHECK(json_of(uuid{}) == R"("00000000-0000-0000-0000-000000000000")");
  CHECK(json_of(sample::money{5, "EUR"}) == R"({"amount":5,"currency":"EUR"})");
  CHECK(json_of(sample::nothing{}) == "{}");
  CHECK(json_of(sample::sku{"S"}) == R"("S")");
  CHECK(json_of(sample::number{7}) == "7");
  CHECK(json_of(sample::secret(4)) == R"({"value":4})");
  CHECK(json_of(sample::bag{{1, 2}}) == "[1,2]");
  CHECK(json_of(sample::priced{{1, "EUR"}, 2, true}) ==
        R"({"amount":1,"currency":"EUR","value0":2,"value1":true})");
}

TEST_CASE("a variant says what it holds") {
  using choice = decltype(everything::choice);
  CHECK(json_of(choice{}) == R"({"type":"null","value":null})");
  CHECK(json_of(choice{std::int32_t{1}}) == R"({"type":"i32","value":1})");
  CHECK(json_of(choice{"x"}) == R"({"type":"string","value":"x"})");
  CHECK(json_of(choice{sample::weight{2}}) == R"({"type":"weight","value":{"grams":2}})");
  // Names that clash become indexes, all of them.
  CHECK(json_of(std::variant<int, bool, int>{std::in_place_index<2>, 5}) ==
        R"({"type":"2","value":5})");
  CHECK(std::get<sample::weight>(*from_json<choice>(R"({"value":{"grams":2},"type":"weight"})"))
            .grams == 2);
}

TEST_CASE("the JSON of every kind of field together is what clients were promised") {
  CHECK(json_of(sample::fixed()) ==
        R"({"yes":true,"i8":-1,"u8":200,"i16":-2,"u16":4660,"i32":-3,"u32":305419896,)"
        R"("i64":-4,"u64":1311768467463790320,"f32":1.5,"f64":-0.1,"letter":90,)"
        R"("shade":"blue","high":1,"on":true,"fit":"L","text":"héllo","shorts":[1,-1],)"
        R"("bits":[true,false,true],"levels":[1,0],"lines":["","x"],)"
        R"("prices":[{"amount":5,"currency":"EUR"}],"triple":[1,2,3],"names":["a","b"],)"
        R"("plain":[7,0],"queue":[8],"list":["l"],"set":["p","q"],"multiset":[1,1],)"
        R"("unordered_set":[9],"by_name":{"k/~":{"amount":1,"currency":"USD"}},)"
        R"("by_int":{"-1":true},"by_color":{"green":2},"by_level":{"1":1},)"
        R"("by_sku":{"S1":1},"by_number":{"5":6},)"
        R"("by_id":{"00112233-4455-6677-8899-aabbccddeeff":1},"by_pair":[[[1,2],3]],)"
        R"("multimap":[["m",1],["m",2]],"unordered_map":{"u":1},"pair":[1,"one"],)"
        R"("tuple":[2,{"amount":3,"currency":"CHF"},true],"maybe":"yes","perhaps":null,)"
        R"("choice":{"type":"weight","value":{"grams":250}},"twins":{"type":"1",)"
        R"("value":4},"owned":{"amount":6,"currency":"GBP"},"shared":10,"delay":1500,)"
        R"("seconds":0.25,"at":"2026-11-22T10:00:00.000001Z",)"
        R"("day":"2000-02-29T00:00:00.000000Z","steady":77,)"
        R"("id":"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b","where":"3:17",)"
        R"("heavy":{"grams":1000},"warm":{"degrees":36.6},"tall":{"length":1.75},)"
        R"("code":"ABC","count":12,"hidden":{"value":42},"goods":{"amount":9,)"
        R"("currency":"SEK","value0":1,"value1":true},"none":{},"bag_of":[1,2]})");
}

TEST_CASE("what is written as JSON comes back equal, whatever it holds") {
  CAPTURE(sample::test_seed());
  sample::generator make(sample::test_seed());
  for (int i = 0; i < 300; ++i) {
    const auto value = make.all();
    const auto text = json_of(value);
    CAPTURE(text);
    const auto back = from_json<everything>(text);
    if (!back) FAIL(back.error());
    REQUIRE(*back == value);
  }
}

TEST_CASE("reading into a used value leaves nothing of the old one") {
  const everything fresh;
  auto used = sample::fixed();
  REQUIRE(from_json(json_of(fresh), used));
  CHECK(used == fresh);
}

TEST_CASE("fields may come in any order, and optional ones may be absent") {
  const auto read = from_json<order>(
      R"( {"tags":{}, "quantity" : 2, "lines":[{"currency":"EUR","amount":1}],"id":"o-1"} )");
  REQUIRE(read);
  CHECK(read->id == "o-1");
  CHECK(read->quantity == 2);
  CHECK(read->lines == std::vector<sample::money>{{1, "EUR"}});
  CHECK_FALSE(read->note);
}

TEST_CASE("integers keep all their 64 bits") {
  CHECK(*from_json<std::uint64_t>("18446744073709551615") == 18446744073709551615U);
  CHECK(*from_json<std::int64_t>("-9223372036854775808") ==
        std::numeric_limits<std::int64_t>::min());
  CHECK(*from_json<std::int64_t>("9007199254740993") == 9007199254740993);
}

TEST_CASE("doubles are read exactly rounded") {
  CHECK(*from_json<double>("0.1") == 0.1);
  CHECK(*from_json<double>("123456789012345678901234567890") == 123456789012345678901234567890.0);
  CHECK(*from_json<double>("2.2250738585072011e-308") == 2.2250738585072011e-308);
  CHECK(*from_json<double>("9007199254740993") == 9007199254740992.0);
  CHECK(std::signbit(*from_json<double>("-0")));
  CHECK(*from_json<double>("1E5") == 1e5);
}

TEST_CASE("a request that is not exactly what the type asks for is refused with its place") {
  const auto with = [](std::string_view members) {
    return refusal<order>(R"({"id":"o","quantity":1,"lines":[],"tags":{})" + std::string(members) +
                          "}");
  };
  CHECK(with("") == "read");
  CHECK(with(R"(,"colour":1)") == "/colour: unknown field");
  CHECK(with(R"(,"a/b~c":1)") == "/a~1b~0c: unknown field");
  CHECK(with(R"(,"note":null)") == "read");
  CHECK(with(R"(,"note":5)") == "/note: expected a string, got a number");
  CHECK(with(R"(,"id":"again")") == "/id: the same key twice");

  const auto lines = [](std::string_view array) {
    return refusal<order>(R"({"id":"o","quantity":1,"tags":{},"lines":)" + std::string(array) +
                          "}");
  };
  CHECK(lines("null") == "/lines: expected an array, got null");
  CHECK(lines("{}") == "/lines: expected an array, got an object");
  CHECK(lines("[1]") == "/lines/0: expected an object, got a number");
  CHECK(lines("[[]]") == "/lines/0: expected an object, got an array");
  CHECK(lines(R"([{"amount":1,"currency":"E"},{"amount":1}])") ==
        "/lines/1/currency: missing field");
  CHECK(lines(R"([{"amount":1.5,"currency":"E"}])") ==
        "/lines/0/amount: expected an integer, got 1.5");
  CHECK(lines(R"([{"amount":"1","currency":"E"}])") ==
        "/lines/0/amount: expected an integer, got a string");
  CHECK(lines(R"([{"amount":1,"currency":"E","x":{"y":1}}])") == "/lines/0/x: unknown field");
  CHECK(lines(R"([{"amount":1,"currency":"E","amount":2}])") ==
        "/lines/0/amount: the same key twice");

  const auto tags = [](std::string_view object) {
    return refusal<order>(R"({"id":"o","quantity":1,"lines":[],"tags":)" + std::string(object) +
                          "}");
  };
  CHECK(tags(R"({"a":1})") == "read");
  CHECK(tags(R"({"a/b":true})") == "/tags/a~1b: expected an integer, got a boolean");
  CHECK(tags(R"({"a":1,"a":2})") == "/tags/a: the same key twice");
  CHECK(tags(R"([])") == "/tags: expected an object, got an array");

  CHECK(refusal<order>("{}") == "/id: missing field");
  CHECK(refusal<order>("[]") == ": expected an object, got an array");
  CHECK(refusal<order>("null") == ": expected an object, got null");
  CHECK(refusal<sample::nothing>(R"({"a":1})") == "/a: unknown field");
  CHECK(refusal<sample::nothing>("[]") == ": expected an object, got an array");
  CHECK(refusal<std::unique_ptr<int>>("null") == "read");
}

TEST_CASE("a misspelt field is named, not only the one that it should have been") {
  CHECK(refusal<sample::money>(R"({"ammount":1,"currency":"E"})") ==
        "/ammount: unknown field; the field 'amount' is missing");
  CHECK(refusal<sample::money>(R"({"currency":"E","amout":1})") ==
        "/amout: unknown field; the field 'amount' is missing");
  CHECK(refusal<std::vector<sample::money>>(R"([{"amount":1,"curency":"E"}])") ==
        "/0/curency: unknown field; the field 'currency' is missing");
  // A mistake within comes first: it has a place, too.
  CHECK(refusal<sample::money>(R"({"ammount":1,"currency":2})") ==
        "/currency: expected a string, got a number");
  CHECK(refusal<sample::money>("{}") == "/amount: missing field");
  CHECK(refusal<counted>(R"({"number":1})") == "/count: missing field");
}

TEST_CASE("a number that does not fit is refused, never cut") {
  CHECK(refusal<std::uint8_t>("256") == ": expected an integer 0..255, got 256");
  CHECK(refusal<std::uint8_t>("-1") == ": expected an integer 0..255, got -1");
  CHECK(refusal<std::int8_t>("-129") == ": expected an integer -128..127, got -129");
  CHECK(refusal<std::uint64_t>("18446744073709551616") ==
        ": expected an integer 0..18446744073709551615, got 18446744073709551616");
  CHECK(refusal<std::int64_t>("9223372036854775808") ==
        ": expected an integer -9223372036854775808..9223372036854775807, got 9223372036854775808");
  CHECK(refusal<int>("1e3") == ": expected an integer, got 1e3");
  CHECK(refusal<int>("1.0") == ": expected an integer, got 1.0");
  CHECK(refusal<double>("1e400") == ": a number out of range for a double");
  CHECK(refusal<float>("1e39") == ": a number out of range for a float");
  CHECK(refusal<double>("NaN").find("no JSON") != std::string::npos);
  CHECK(refusal<double>("null") ==
        R"(: expected a number, "NaN", "Infinity" or "-Infinity", got null)");
  CHECK(refusal<double>(R"("inf")").starts_with(": expected a number"));
  CHECK(refusal<sample::level>("256") == ": expected an integer 0..255, got 256");
  CHECK(refusal<bool>("1") == ": expected a boolean, got a number");
}

TEST_CASE("an unknown name is refused with the known ones") {
  CHECK(refusal<sample::color>(R"("pink")") ==
        R"(: unknown name "pink"; known are "red", "green", "blue")");
  CHECK(refusal<sample::color>("1") == ": expected a string, got a number");
  CHECK(refusal<std::map<sample::color, int>>(R"({"pink":1})") ==
        R"(/pink: unknown name "pink"; known are "red", "green", "blue")");
  CHECK(refusal<std::variant<bool, sample::money>>(R"({"type":"cash","value":1})") ==
        R"(/type: unknown alternative "cash"; known are "bool", "money")");
  CHECK(refusal<std::variant<bool, sample::money>>(R"({"type":"money","value":{"amount":1}})") ==
        "/value/currency: missing field");
  CHECK(refusal<std::variant<bool, int>>(R"({"type":"bool"})") == "/value: missing field");
  CHECK(refusal<std::variant<bool, int>>(R"({"typ":"bool","value":true})") ==
        "/typ: unknown field; the field 'type' is missing");
  CHECK(refusal<std::variant<bool, int>>(R"({"type":"bool","value":true,"x":1})") ==
        "/x: unknown field");
  CHECK(refusal<std::variant<bool, int>>("true") == ": expected an object, got a boolean");
}

TEST_CASE("keys of maps are read as strictly as values") {
  CHECK(refusal<std::map<std::uint8_t, int>>(R"({"256":1})") ==
        "/256: a key must be an integer 0..255");
  CHECK(refusal<std::map<int, int>>(R"({"01":1})") ==
        "/01: a key must be an integer -2147483648..2147483647");
  CHECK(refusal<std::map<sample::sku, int>>(R"({"":1})") == "/: a sku is not empty");
  CHECK(refusal<std::map<uuid, int>>(
            R"({"00112233445566778899aabbccddeeff":1,"00112233445566778899AABBCCDDEEFF":2})") ==
        "/00112233445566778899AABBCCDDEEFF: a key of a map twice");
  CHECK(refusal<std::map<bool, int>>("[[true,1],[true,2]]") == "/1: a key of a map twice");
  CHECK(refusal<std::map<bool, int>>("[[true]]") == "/0: expected an array of 2 elements, got 1");
  CHECK(refusal<std::set<int>>("[1,2,1]") == "/2: an element of a set twice");
}

TEST_CASE("arrays and tuples of another length are refused") {
  CHECK(refusal<std::array<int, 2>>("[1]") == ": expected an array of 2 elements, got 1");
  CHECK(refusal<std::tuple<int, bool>>("[1,true,2]") == ": expected an array of 2 elements, got 3");
  CHECK(refusal<std::tuple<int, bool>>("[1,2]") == "/1: expected a boolean, got a number");
}

TEST_CASE("times are read only if the field can hold them") {
  CHECK(*from_json<time_point>(R"("1970-01-01T01:00:00+01:00")") == time_point{});
  CHECK(refusal<time_point>(R"("yesterday")").find("not an RFC 3339 time") != std::string::npos);
  CHECK(refusal<std::chrono::sys_seconds>(R"("1970-01-01T00:00:00.5Z")") ==
        ": a time finer than the field's unit");
  CHECK(refusal<std::chrono::sys_time<std::chrono::nanoseconds>>(R"("2300-01-01T00:00:00Z")") ==
        ": a time outside of what the field can hold");
}

TEST_CASE("what the domain refuses while loading is refused at its place") {
  CHECK(refusal<std::vector<sample::sku>>(R"(["a",""])") == "/1: a sku is not empty");
  CHECK(refusal<std::vector<sample::size>>(R"(["S","M"])") == "/1: S or L");
}

TEST_CASE("text that is not JSON is refused with the byte") {
  const auto at_byte = [](std::string_view text) {
    const auto said = refusal<std::vector<std::string>>(text);
    CHECK(said.starts_with(": no JSON: "));
    return said.substr(said.rfind("at byte"));
  };
  CHECK(at_byte("") == "at byte 0");
  CHECK(at_byte("  ") == "at byte 2");
  CHECK(at_byte("[\"a\"") == "at byte 4");
  CHECK(at_byte("[\"a\",]") == "at byte 5");
  CHECK(at_byte("[] []") == "at byte 3");
  CHECK(at_byte("[\"a\" // no comments\n]") == "at byte 5");
  CHECK(at_byte("['a']") == "at byte 1");
  CHECK(at_byte("[\"\xFF\"]") == "at byte 2");
  CHECK(at_byte("[\"\xC0\xAF\"]") == "at byte 2");
  CHECK(at_byte("[\"\xED\xA0\x80\"]") == "at byte 2");
  CHECK_NOTHROW(at_byte("[\"\\ud800\"]"));
  CHECK_NOTHROW(at_byte("\xEF\xBB\xBF[]"));
  CHECK_NOTHROW(at_byte("[\"a\n\"]"));
  CHECK(refusal<int>("01").starts_with(": no JSON: "));
  CHECK(refusal<int>(std::string("1\0", 2)).starts_with(": no JSON: "));
  CHECK(refusal<double>("1e99999999999").find("JSON") != std::string::npos);
}

TEST_CASE("escapes and characters of all planes are read") {
  CHECK(*from_json<std::string>(R"("\u00e9\ud83d\ude00\/\u0000")") == std::string("é😀/\0", 8));
}

TEST_CASE("deep nesting is refused before the stack ends, and never written") {
  std::string text(1'000'000, '[');
  CHECK(refusal<sample::tree>(text) == ": nested deeper than 512 arrays and objects");

  const auto nested = [](std::size_t levels) {
    sample::tree root;
    auto* at = &root;
    for (std::size_t i = 1; i < levels; ++i) {
      at->next = std::make_unique<sample::tree>();
      at = at->next.get();
    }
    return root;
  };
  const auto deepest = json_of(nested(codec_depth_max));
  CHECK(refusal<sample::tree>(deepest) == "read");
  CHECK(write_refusal(nested(codec_depth_max + 1)).ends_with(": nested deeper than 64 classes"));
  const auto at = deepest.find("null");
  CHECK(refusal<sample::tree>(deepest.substr(0, at) + R"({"value":0,"children":[],"next":null})" +
                              deepest.substr(at + 4))
            .ends_with(": nested deeper than 64 classes"));
}

TEST_CASE("what the binary codec takes to its depth JSON shows, and reads again") {
  // Each class of the chain has an array, a map and a variant around the next.
  hedge root;
  auto* at = &root;
  for (std::size_t i = 1; i < codec_depth_max; ++i) {
    auto& next = at->branches.emplace_back()["x"].emplace<1>();
    next = std::make_unique<hedge>();
    at = next.get();
  }
  byte_buffer bytes;
  REQUIRE(encode_binary(root, bytes));
  const auto text = json_of(root);
  hedge read;
  REQUIRE(from_json(text, read));
  CHECK(json_of(read) == text);
}

TEST_CASE("text longer than the limit is refused unread") {
  const auto text = std::string(json_bytes_max, ' ') + "1";
  CHECK(refusal<int>(text) == ": longer than 16777216 bytes");
}

TEST_CASE("an object with many members is still checked for a key that stands twice") {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  CHECK(from_json<std::map<std::string, int>>(text + "\"last\":1}")->size() == 1001);
  CHECK(refusal<std::map<std::string, int>>(text + "\"k500\":1}") == "/k500: the same key twice");
}

TEST_CASE("what has no JSON form is not written") {
  CHECK(write_refusal(sample::money{1, "\xFF"}) == "/currency: a string that is not UTF-8");
  CHECK(write_refusal(std::map<std::string, int>{{"\xFF", 1}}) == "/: a key that is not UTF-8");
  CHECK(write_refusal(std::map<std::string, sample::money>{{"a/b", {1, "\xC3"}}}) ==
        "/a~1b/currency: a string that is not UTF-8");
  CHECK(write_refusal(static_cast<sample::color>(9)) ==
        R"(: an enum value without a name; known are "red", "green", "blue")");
  CHECK(write_refusal(std::chrono::sys_time<std::chrono::hours>::max()) ==
        ": a time that 64 bits of microseconds do not reach");
}

TEST_CASE("NaN and the infinities come back from JSON, in which they are words") {
  CHECK(json_of(std::nan("")) == R"("NaN")");
  CHECK(json_of(std::vector<float>{1, INFINITY, -INFINITY}) == R"([1,"Infinity","-Infinity"])");
  CHECK(std::isnan(*from_json<double>(R"("NaN")")));
  CHECK(std::isnan(*from_json<float>(R"("NaN")")));
  CHECK(*from_json<std::vector<double>>(R"(["Infinity","-Infinity"])") ==
        std::vector<double>{INFINITY, -INFINITY});
  for (const auto* other : {R"("nan")", R"("infinity")", R"("+Infinity")", R"("")", "NaN"}) {
    CAPTURE(other);
    CHECK_FALSE(from_json<double>(other));
  }
}

TEST_CASE("a time that is taken can be shown: an offset may lead out of the years 0..9999") {
  for (const auto& [taken, shown] : {
           std::pair{"9999-12-31T23:59:59-01:00", "+010000-01-01T00:59:59.000000Z"},
           std::pair{"0000-01-01T00:00:00+01:00", "-000001-12-31T23:00:00.000000Z"},
       }) {
    const auto t = from_json<time_point>('"' + std::string(taken) + '"');
    REQUIRE(t);
    CHECK(json_of(*t) == '"' + std::string(shown) + '"');
    CHECK(*from_json<time_point>(json_of(*t)) == *t);
  }
  using days = std::chrono::sys_days;
  const days last{std::chrono::year{32'767} / 12 / 31};
  CHECK(*from_json<days>(json_of(last)) == last);
}

TEST_CASE("the last and the first time that there are come back") {
  for (const auto t : {time_point::min(), time_point::max()})
    CHECK(*from_json<time_point>(json_of(t)) == t);
  for (const auto* text : {"0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"}) {
    const auto t = parse_rfc3339(text);
    REQUIRE(t);
    CHECK(json_of(*t) == '"' + std::string(text) + '"');
    CHECK(*from_json<time_point>(json_of(*t)) == *t);
  }
}

TEST_CASE("damaged JSON is never more than an error") {
  CAPTURE(sample::test_seed());
  sample::generator make(sample::test_seed() + 2);
  const auto text = json_of(sample::fixed());
  const auto attempt = [](const std::string& damaged) {
    const auto read = from_json<everything>(damaged);
    if (!read) return;
    const auto again = to_json(*read);
    if (!again) FAIL(again.error());
    const auto back = from_json<everything>(*again);
    if (!back) FAIL(back.error());
  };
  for (std::size_t i = 0; i < text.size(); ++i) attempt(text.substr(0, i));
  static constexpr std::string_view bytes = "{}[]\",:0195-+.eE\\utn \xFF\xC3";
  for (int round = 0; round < 5000; ++round) {
    auto damaged = text;
    for (auto n = 1 + make.below(4); n > 0; --n) {
      const auto at = make.below(damaged.size());
      switch (make.below(3)) {
      case 0:
        damaged[at] = bytes[make.below(bytes.size())];
        break;
      case 1:
        damaged.erase(at, make.below(20));
        break;
      case 2:
        damaged.insert(at, damaged, make.below(damaged.size()), make.below(20));
        break;
      }
    }
    attempt(damaged);
  }
}

TEST_CASE("strings written by hand are always valid JSON") {
  std::string out;
  append_json_string(out, "a\xFF\"\xE2\x82z\xED\xA0\x80");
  CHECK(out ==
        "\"a\xEF\xBF\xBD\\\"\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  CHECK(from_json<std::string>(out));
}

TEST_CASE("a type of cereal's own headers that Acta does not know works through them") {
  const std::complex<double> value(1, 2);
  CHECK(json_of(value) == R"({"real":1,"imag":2})");
  CHECK(*from_json<std::complex<double>>(json_of(value)) == value);
  byte_buffer out;
  REQUIRE(encode_binary(value, out));
  CHECK(*decode_binary<std::complex<double>>(out) == value);
}

TEST_CASE("cereal's headers for std types change no byte of the binary form") {
  byte_buffer out;
  REQUIRE(
      encode_binary(std::map<std::string, std::optional<std::vector<bool>>>{{"a", {{true}}}}, out));
  CHECK(out.size() == 6);
  sample::generator make(sample::test_seed());
  for (int i = 0; i < 50; ++i) {
    const auto value = make.all();
    out.clear();
    REQUIRE(encode_binary(value, out));
    CHECK(*decode_binary<everything>(out) == value);
  }
}

} // namespace json_test
