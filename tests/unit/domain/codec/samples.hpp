// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Types that use every way in which a domain can show its fields.
#pragma once

#include <acta/domain/codec/json.hpp>

#include <cstdlib>
#include <iostream>
#include <random>

namespace sample {

enum class color : std::int16_t { red = 1, green = 2, blue = -3 };
constexpr std::array<std::pair<color, std::string_view>, 3> enum_names(color) {
  return {{{color::red, "red"}, {color::green, "green"}, {color::blue, "blue"}}};
}
enum class level : std::uint8_t { low, high };
enum class flag : bool { off, on };

/// Member serialize.
struct money {
  std::int64_t amount = 0;
  std::string currency;
  bool operator==(const money&) const = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount), CEREAL_NVP(currency)); }
};

/// Free serialize.
struct weight {
  std::uint32_t grams = 0;
  bool operator==(const weight&) const = default;
};
template <class A> void serialize(A& ar, weight& w) { ar(cereal::make_nvp("grams", w.grams)); }

/// Member save and load.
struct celsius {
  double degrees = 0;
  bool operator==(const celsius&) const = default;
  template <class A> void save(A& ar) const { ar(CEREAL_NVP(degrees)); }
  template <class A> void load(A& ar) { ar(CEREAL_NVP(degrees)); }
};

/// Free save and load.
struct meters {
  float length = 0;
  bool operator==(const meters&) const = default;
};
template <class A> void save(A& ar, const meters& m) { ar(cereal::make_nvp("length", m.length)); }
template <class A> void load(A& ar, meters& m) { ar(cereal::make_nvp("length", m.length)); }

/// Member save_minimal and load_minimal, to a string; validates what it reads.
struct sku {
  std::string code = "A-1";
  auto operator<=>(const sku&) const = default;
  template <class A> std::string save_minimal(const A&) const { return code; }
  template <class A> void load_minimal(const A&, const std::string& from) {
    if (from.empty()) throw std::invalid_argument("a sku is not empty");
    code = from;
  }
};

/// Free save_minimal and load_minimal, to a number.
struct number {
  std::uint32_t value = 0;
  auto operator<=>(const number&) const = default;
};
template <class A> std::uint32_t save_minimal(const A&, const number& n) { return n.value; }
template <class A> void load_minimal(const A&, number& n, const std::uint32_t& from) {
  n.value = from;
}

/// An enum with a form of its own.
enum class size { small, large };
template <class A> std::string save_minimal(const A&, const size& s) {
  return s == size::small ? "S" : "L";
}
template <class A> void load_minimal(const A&, size& s, const std::string& from) {
  if (from != "S" && from != "L") throw std::invalid_argument("S or L");
  s = from == "S" ? size::small : size::large;
}

/// Private serialize.
class secret {
public:
  secret() = default;
  explicit secret(int value) : value_(value) {}
  bool operator==(const secret&) const = default;

private:
  friend class cereal::access;
  template <class A> void serialize(A& ar) { ar(cereal::make_nvp("value", value_)); }
  int value_ = 0;
};

/// A base class, and fields without names.
struct priced : money {
  std::int32_t x = 0;
  bool y = false;
  bool operator==(const priced&) const = default;
  template <class A> void serialize(A& ar) { ar(cereal::base_class<money>(this), x, y); }
};

struct nothing {
  bool operator==(const nothing&) const = default;
};

/// A container of the domain's own.
struct bag {
  std::vector<int> items;
  bool operator==(const bag&) const = default;
  template <class A> void save(A& ar) const {
    ar(cereal::make_size_tag(static_cast<cereal::size_type>(items.size())));
    for (const int item : items) ar(item);
  }
  template <class A> void load(A& ar) {
    cereal::size_type count = 0;
    ar(cereal::make_size_tag(count));
    items.resize(count);
    for (int& item : items) ar(item);
  }
};

/// Contains itself.
struct tree {
  int value = 0;
  std::vector<tree> children;
  std::unique_ptr<tree> next;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(value), CEREAL_NVP(children), CEREAL_NVP(next));
  }
};

/// All of it.
struct everything {
  bool yes = false;
  std::int8_t i8 = 0;
  std::uint8_t u8 = 0;
  std::int16_t i16 = 0;
  std::uint16_t u16 = 0;
  std::int32_t i32 = 0;
  std::uint32_t u32 = 0;
  std::int64_t i64 = 0;
  std::uint64_t u64 = 0;
  float f32 = 0;
  double f64 = 0;
  char letter = 'a';
  color shade = color::red;
  level high = level::low;
  flag on = flag::off;
  size fit = size::small;
  std::string text;
  std::vector<std::int16_t> shorts;
  std::vector<bool> bits;
  std::vector<level> levels;
  std::vector<std::string> lines;
  std::vector<money> prices;
  std::array<std::uint16_t, 3> triple{};
  std::array<std::string, 2> names;
  int plain[2] = {0, 0};
  std::deque<int> queue;
  std::list<std::string> list;
  std::set<std::string> set;
  std::multiset<int> multiset;
  std::unordered_set<int> unordered_set;
  std::map<std::string, money> by_name;
  std::map<int, bool> by_int;
  std::map<color, int> by_color;
  std::map<level, int> by_level;
  std::map<sku, int> by_sku;
  std::map<number, int> by_number;
  std::map<acta::uuid, int> by_id;
  std::map<std::pair<int, int>, int> by_pair;
  std::multimap<std::string, int> multimap;
  std::unordered_map<std::string, int> unordered_map;
  std::pair<int, std::string> pair;
  std::tuple<int, money, bool> tuple;
  std::optional<std::string> maybe;
  std::optional<money> perhaps;
  std::variant<std::monostate, std::int32_t, std::string, money, weight> choice;
  std::variant<int, int> twins;
  std::unique_ptr<money> owned;
  std::shared_ptr<int> shared;
  std::chrono::milliseconds delay{};
  std::chrono::duration<double> seconds{};
  std::chrono::sys_time<std::chrono::microseconds> at{};
  std::chrono::sys_days day{};
  std::chrono::steady_clock::time_point steady{};
  acta::uuid id;
  acta::position where;
  weight heavy;
  celsius warm;
  meters tall;
  sku code;
  number count;
  secret hidden;
  priced goods;
  nothing none;
  bag bag_of;

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(yes), CEREAL_NVP(i8), CEREAL_NVP(u8), CEREAL_NVP(i16), CEREAL_NVP(u16),
       CEREAL_NVP(i32), CEREAL_NVP(u32), CEREAL_NVP(i64), CEREAL_NVP(u64), CEREAL_NVP(f32),
       CEREAL_NVP(f64), CEREAL_NVP(letter), CEREAL_NVP(shade), CEREAL_NVP(high), CEREAL_NVP(on),
       CEREAL_NVP(fit), CEREAL_NVP(text), CEREAL_NVP(shorts), CEREAL_NVP(bits), CEREAL_NVP(levels),
       CEREAL_NVP(lines), CEREAL_NVP(prices), CEREAL_NVP(triple), CEREAL_NVP(names));
    ar(CEREAL_NVP(plain), CEREAL_NVP(queue), CEREAL_NVP(list), CEREAL_NVP(set),
       CEREAL_NVP(multiset), CEREAL_NVP(unordered_set), CEREAL_NVP(by_name), CEREAL_NVP(by_int),
       CEREAL_NVP(by_color), CEREAL_NVP(by_level), CEREAL_NVP(by_sku), CEREAL_NVP(by_number),
       CEREAL_NVP(by_id), CEREAL_NVP(by_pair), CEREAL_NVP(multimap), CEREAL_NVP(unordered_map),
       CEREAL_NVP(pair), CEREAL_NVP(tuple), CEREAL_NVP(maybe), CEREAL_NVP(perhaps));
    ar& CEREAL_NVP(choice) & CEREAL_NVP(twins) & CEREAL_NVP(owned);
    ar(CEREAL_NVP(shared), CEREAL_NVP(delay), CEREAL_NVP(seconds), CEREAL_NVP(at), CEREAL_NVP(day),
       CEREAL_NVP(steady), CEREAL_NVP(id), CEREAL_NVP(where), CEREAL_NVP(heavy), CEREAL_NVP(warm),
       CEREAL_NVP(tall), CEREAL_NVP(code), CEREAL_NVP(count), CEREAL_NVP(hidden), CEREAL_NVP(goods),
       CEREAL_NVP(none), CEREAL_NVP(bag_of));
  }

  bool operator==(const everything& o) const {
    const auto same = [](const auto& a, const auto& b) { return a && b ? *a == *b : !a && !b; };
    return yes == o.yes && i8 == o.i8 && u8 == o.u8 && i16 == o.i16 && u16 == o.u16 &&
           i32 == o.i32 && u32 == o.u32 && i64 == o.i64 && u64 == o.u64 && f32 == o.f32 &&
           f64 == o.f64 && letter == o.letter && shade == o.shade && high == o.high && on == o.on &&
           fit == o.fit && text == o.text && shorts == o.shorts && bits == o.bits &&
           levels == o.levels && lines == o.lines && prices == o.prices && triple == o.triple &&
           names == o.names && plain[0] == o.plain[0] && plain[1] == o.plain[1] &&
           queue == o.queue && list == o.list && set == o.set && multiset == o.multiset &&
           unordered_set == o.unordered_set && by_name == o.by_name && by_int == o.by_int &&
           by_color == o.by_color && by_level == o.by_level && by_sku == o.by_sku &&
           by_number == o.by_number && by_id == o.by_id && by_pair == o.by_pair &&
           multimap == o.multimap && unordered_map == o.unordered_map && pair == o.pair &&
           tuple == o.tuple && maybe == o.maybe && perhaps == o.perhaps && choice == o.choice &&
           twins == o.twins && same(owned, o.owned) && same(shared, o.shared) && delay == o.delay &&
           seconds == o.seconds && at == o.at && day == o.day && steady == o.steady && id == o.id &&
           where == o.where && heavy == o.heavy && warm == o.warm && tall == o.tall &&
           code == o.code && count == o.count && hidden == o.hidden && goods == o.goods &&
           none == o.none && bag_of == o.bag_of;
  }
};

/// Random values, edges preferred; all have a JSON form.
class generator {
public:
  explicit generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }
  bool coin() { return below(2) == 1; }
  template <class T> T integer() {
    switch (below(4)) {
    case 0:
      return std::numeric_limits<T>::min();
    case 1:
      return std::numeric_limits<T>::max();
    case 2:
      return static_cast<T>(below(3));
    default:
      return static_cast<T>(random_());
    }
  }
  template <class T> T real() {
    static constexpr T edges[] = {T(0),
                                  T(-0.0),
                                  T(0.1),
                                  std::numeric_limits<T>::max(),
                                  std::numeric_limits<T>::min(),
                                  std::numeric_limits<T>::denorm_min()};
    if (coin()) return edges[below(6)];
    return static_cast<T>(static_cast<std::int64_t>(random_())) / static_cast<T>(1 + below(1000));
  }
  std::string text() {
    static const char* const parts[] = {"", "a", "\"", "\\", "\n", "\x01", "é", "€", "😀", "/", "~"};
    std::string made;
    for (auto n = below(6); n > 0; --n) made += parts[below(11)];
    if (below(50) == 0) made.append(200, 'x');
    if (below(20) == 0) made += '\0';
    return made;
  }
  sample::money money() { return {integer<std::int64_t>(), text()}; }
  acta::uuid uuid() {
    acta::uuid id;
    for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(random_());
    return id;
  }
  template <class F> void times(F&& f) {
    for (auto n = below(4); n > 0; --n) f();
  }

  everything all() {
    static constexpr color colors[] = {color::red, color::green, color::blue};
    everything e;
    e.yes = coin();
    e.i8 = integer<std::int8_t>();
    e.u8 = integer<std::uint8_t>();
    e.i16 = integer<std::int16_t>();
    e.u16 = integer<std::uint16_t>();
    e.i32 = integer<std::int32_t>();
    e.u32 = integer<std::uint32_t>();
    e.i64 = integer<std::int64_t>();
    e.u64 = integer<std::uint64_t>();
    e.f32 = real<float>();
    e.f64 = real<double>();
    e.letter = integer<char>();
    e.shade = colors[below(3)];
    e.high = static_cast<level>(integer<std::uint8_t>());
    e.on = coin() ? flag::on : flag::off;
    e.fit = coin() ? size::small : size::large;
    e.text = text();
    times([&] { e.shorts.push_back(integer<std::int16_t>()); });
    times([&] { e.bits.push_back(coin()); });
    times([&] { e.levels.push_back(level::high); });
    times([&] { e.lines.push_back(text()); });
    times([&] { e.prices.push_back(money()); });
    e.triple = {integer<std::uint16_t>(), 1, 2};
    e.names = {text(), text()};
    e.plain[1] = integer<int>();
    times([&] { e.queue.push_back(integer<int>()); });
    times([&] { e.list.push_back(text()); });
    times([&] { e.set.insert(text()); });
    times([&] { e.multiset.insert(integer<int>()); });
    times([&] { e.unordered_set.insert(integer<int>()); });
    times([&] { e.by_name[text()] = money(); });
    times([&] { e.by_int[integer<int>()] = coin(); });
    times([&] { e.by_color[colors[below(3)]] = integer<int>(); });
    times([&] { e.by_level[static_cast<level>(below(256))] = 1; });
    times([&] { e.by_sku[{"s" + text()}] = 1; });
    times([&] { e.by_number[{integer<std::uint32_t>()}] = 1; });
    times([&] { e.by_id[uuid()] = 1; });
    times([&] { e.by_pair[{integer<int>(), 1}] = 1; });
    times([&] { e.multimap.emplace(text(), 1); });
    times([&] { e.unordered_map[text()] = 1; });
    e.pair = {integer<int>(), text()};
    e.tuple = {integer<int>(), money(), coin()};
    if (coin()) e.maybe = text();
    if (coin()) e.perhaps = money();
    switch (below(5)) {
    case 0:
      e.choice = std::monostate{};
      break;
    case 1:
      e.choice = integer<std::int32_t>();
      break;
    case 2:
      e.choice = text();
      break;
    case 3:
      e.choice = money();
      break;
    case 4:
      e.choice = weight{integer<std::uint32_t>()};
      break;
    }
    if (coin()) e.twins.emplace<1>(integer<int>());
    if (coin()) e.owned = std::make_unique<sample::money>(money());
    if (coin()) e.shared = std::make_shared<int>(integer<int>());
    e.delay = std::chrono::milliseconds{integer<std::int64_t>()};
    e.seconds = std::chrono::duration<double>{real<double>()};
    e.at = std::chrono::sys_time<std::chrono::microseconds>{
        std::chrono::microseconds{static_cast<std::int64_t>(random_() >> 9)}};
    e.day = std::chrono::sys_days{std::chrono::days{static_cast<int>(below(100'000)) - 50'000}};
    e.steady += std::chrono::nanoseconds{integer<std::int32_t>()};
    e.id = uuid();
    e.where = {integer<std::uint32_t>(), integer<std::uint64_t>()};
    e.heavy = {integer<std::uint32_t>()};
    e.warm = {real<double>()};
    e.tall = {real<float>()};
    e.code = {"s" + text()};
    e.count = {integer<std::uint32_t>()};
    e.hidden = secret(integer<int>());
    e.goods = {money(), integer<int>(), coin()};
    times([&] { e.bag_of.items.push_back(integer<int>()); });
    return e;
  }

  std::mt19937_64& engine() { return random_; }

private:
  std::mt19937_64 random_;
};

/// From ACTA_TEST_SEED, else random; printed so that a failure can be run again.
inline std::uint64_t test_seed() {
  static const std::uint64_t seed = [] {
    const char* given = std::getenv("ACTA_TEST_SEED");
    const std::uint64_t s =
        given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
    std::cout << "ACTA_TEST_SEED=" << s << std::endl;
    return s;
  }();
  return seed;
}

/// One fixed value of everything, for golden texts. Unordered containers hold one element.
inline everything fixed() {
  everything e;
  e.yes = true;
  e.i8 = -1;
  e.u8 = 200;
  e.i16 = -2;
  e.u16 = 0x1234;
  e.i32 = -3;
  e.u32 = 0x12345678;
  e.i64 = -4;
  e.u64 = 0x123456789ABCDEF0;
  e.f32 = 1.5F;
  e.f64 = -0.1;
  e.letter = 'Z';
  e.shade = color::blue;
  e.high = level::high;
  e.on = flag::on;
  e.fit = size::large;
  e.text = "héllo";
  e.shorts = {1, -1};
  e.bits = {true, false, true};
  e.levels = {level::high, level::low};
  e.lines = {"", "x"};
  e.prices = {{5, "EUR"}};
  e.triple = {1, 2, 3};
  e.names = {"a", "b"};
  e.plain[0] = 7;
  e.queue = {8};
  e.list = {"l"};
  e.set = {"p", "q"};
  e.multiset = {1, 1};
  e.unordered_set = {9};
  e.by_name = {{"k/~", {1, "USD"}}};
  e.by_int = {{-1, true}};
  e.by_color = {{color::green, 2}};
  e.by_level = {{level::high, 1}};
  e.by_sku = {{{"S1"}, 1}};
  e.by_number = {{{5}, 6}};
  e.by_id = {{*acta::uuid::parse("00112233445566778899aabbccddeeff"), 1}};
  e.by_pair = {{{1, 2}, 3}};
  e.multimap = {{"m", 1}, {"m", 2}};
  e.unordered_map = {{"u", 1}};
  e.pair = {1, "one"};
  e.tuple = {2, {3, "CHF"}, true};
  e.maybe = "yes";
  e.choice = weight{250};
  e.twins.emplace<1>(4);
  e.owned = std::make_unique<money>(money{6, "GBP"});
  e.shared = std::make_shared<int>(10);
  e.delay = std::chrono::milliseconds{1500};
  e.seconds = std::chrono::duration<double>{0.25};
  e.at = *acta::parse_rfc3339("2026-11-22T10:00:00.000001Z");
  e.day = std::chrono::sys_days{std::chrono::year{2000} / 2 / 29};
  e.steady = std::chrono::steady_clock::time_point{std::chrono::nanoseconds{77}};
  e.id = *acta::uuid::parse("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b");
  e.where = {3, 17};
  e.heavy = {1000};
  e.warm = {36.6};
  e.tall = {1.75F};
  e.code = {"ABC"};
  e.count = {12};
  e.hidden = secret(42);
  e.goods = {{9, "SEK"}, 1, true};
  e.bag_of = {{1, 2}};
  return e;
}

} // namespace sample
