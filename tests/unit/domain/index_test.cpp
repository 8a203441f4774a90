// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/index.hpp>
#include <acta/domain/view.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace index_test {

using acta::column_kind;
using acta::column_value;

namespace {

std::string bytes_of(const column_value& value) {
  std::string bytes;
  acta::append_column(value, bytes);
  return bytes;
}

/// Values that are wrong most often, and random ones. NaN stands for itself: it has no order.
std::int64_t some_signed(std::mt19937_64& random) {
  constexpr std::array<std::int64_t, 7> edges{0,
                                              1,
                                              -1,
                                              255,
                                              -256,
                                              std::numeric_limits<std::int64_t>::min(),
                                              std::numeric_limits<std::int64_t>::max()};
  if (random() % 3 == 0) return edges[random() % edges.size()];
  return static_cast<std::int64_t>(random()) >> (random() % 64);
}
std::uint64_t some_unsigned(std::mt19937_64& random) {
  return random() % 4 == 0 ? ~std::uint64_t{0} - random() % 2 : random() >> (random() % 64);
}
double some_real(std::mt19937_64& random) {
  using limits = std::numeric_limits<double>;
  constexpr std::array<double, 9> edges{0.0,
                                        -0.0,
                                        limits::infinity(),
                                        -limits::infinity(),
                                        limits::denorm_min(),
                                        -limits::denorm_min(),
                                        limits::max(),
                                        limits::lowest(),
                                        -1.0};
  if (random() % 3 == 0) return edges[random() % edges.size()];
  return std::ldexp(static_cast<double>(static_cast<std::int64_t>(random())),
                    static_cast<int>(random() % 200) - 100);
}
std::string some_text(std::mt19937_64& random, std::size_t size_max) {
  std::string text(random() % (size_max + 1), '\0');
  constexpr std::string_view nasty("\0\1\x7f\x80\xfe\xff", 6);
  for (auto& c : text) c = random() % 2 == 0 ? 'a' : nasty[random() % nasty.size()];
  return text;
}

template <class T> int order(const T& a, const T& b) { return a < b ? -1 : b < a ? 1 : 0; }

/// Bytes must order as the two values do.
template <class T> void check_order(const T& a, const T& b) {
  const auto x = bytes_of(a), y = bytes_of(b);
  CAPTURE(a, b);
  CHECK((x.compare(y) < 0 ? -1 : x.compare(y) > 0 ? 1 : 0) == order(a, b));
}

} // namespace

TEST_CASE("entries of an index stand in the order of its values") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; ++round) {
    check_order(some_signed(random), some_signed(random));
    check_order(some_unsigned(random), some_unsigned(random));
    check_order(some_real(random), some_real(random));
    check_order(some_text(random, 6), some_text(random, 6));
  }
  check_order(false, true);
}

TEST_CASE("signed and unsigned numbers share one order") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 10'000; ++round) {
    const auto s = some_signed(random);
    const auto u = some_unsigned(random);
    CAPTURE(s, u);
    CHECK((bytes_of(s) < bytes_of(u)) == std::cmp_less(s, u));
    CHECK((bytes_of(u) < bytes_of(s)) == std::cmp_less(u, s));
  }
  CHECK(bytes_of(std::int64_t{7}) == bytes_of(std::uint64_t{7}));
}

TEST_CASE("both zeros are one value, and every NaN is one that comes last") {
  CHECK(bytes_of(0.0) == bytes_of(-0.0));
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(bytes_of(nan) == bytes_of(std::copysign(nan, -1.0)));
  CHECK(bytes_of(nan) > bytes_of(std::numeric_limits<double>::infinity()));
}

TEST_CASE("times and ids order by time and by bytes") {
  using std::chrono::microseconds;
  const auto at = [](std::int64_t us) { return column_value(acta::time_point(microseconds(us))); };
  CHECK(bytes_of(at(-1)) < bytes_of(at(0)));
  CHECK(bytes_of(at(0)) < bytes_of(at(1)));
  acta::uuid low, high;
  low.bytes[15] = 0xff;
  high.bytes[0] = 0x80;
  CHECK(bytes_of(low) < bytes_of(high));
}

TEST_CASE("a key of fewer columns is a prefix of those with more, and of no others") {
  const auto encode = [](const std::string& text, std::int64_t number) {
    auto bytes = bytes_of(text);
    acta::append_column(number, bytes);
    return bytes;
  };
  CHECK(encode("a", 1).starts_with(bytes_of(std::string("a"))));
  CHECK_FALSE(encode("ab", 1).starts_with(bytes_of(std::string("a"))));
  CHECK_FALSE(encode(std::string("a\0", 2), 1).starts_with(bytes_of(std::string("a"))));
  CHECK(encode("a", 9) < encode("ab", 1));
  CHECK(encode("a", -9) < encode("a", 1));
}

TEST_CASE(
    "what is too long for an entry is cut, and stays apart from what differs behind the cut") {
  const auto closed = [](std::string bytes) {
    acta::close_index_key(bytes);
    return bytes;
  };
  CHECK(closed(std::string(239, 'x')) == std::string(239, 'x'));
  const auto a = closed(std::string(300, 'x') + 'a');
  CHECK(a.size() == acta::index_bytes_max);
  CHECK(a.substr(0, acta::index_exact_bytes) == std::string(acta::index_exact_bytes, 'x'));
  CHECK(a != closed(std::string(300, 'x') + 'b'));
  CHECK(a == closed(std::string(300, 'x') + 'a'));
  CHECK(closed(std::string(206, 'x') + std::string(70, 'y')) > a);
}

TEST_CASE("texts that were chosen for their hash are not taken for one value") {
  const auto closed = [](const std::string& text) {
    auto bytes = bytes_of(text);
    acta::close_index_key(bytes);
    return bytes;
  };
  const std::string begin(232, 'x');
  // Of one FNV-1a hash (64 bits), by a short vector of a lattice: its multiplications are linear.
  const auto a = begin + "\x65\x73\x7a\x79\xe0\x73\x8d\xc2\x04\x07\x06\xfd\x30\x17\x92\xf8\x0a\x49";
  const auto b = begin + "\x65\x73\x7a\x79\xe3\x18\xbd\x3b\x0a\x3b\x33\x6a\x0c\x02\x69\x1d\x31\x4c";
  REQUIRE(acta::fingerprint_of(a) == acta::fingerprint_of(b));
  CHECK(closed(a) != closed(b));
  // Nor is a value that ends as another's digest does: what was cut shows it.
  const auto cut = closed(begin + std::string(100, 'y'));
  CHECK(cut.back() == 0);
  for (std::size_t size = acta::index_exact_bytes; size < acta::index_bytes_max; ++size)
    CHECK(closed(cut.substr(0, size - 2)).size() != cut.size());
}

namespace {
enum class state : std::uint8_t { open, closed };
enum class paid : bool { no, yes };
struct row {
  std::string owner;
  std::optional<std::string> email;
  state s = state::closed;
  std::int16_t n = -3;
  float weight = 1.5F;
  acta::time_point at{};
  acta::uuid id;
  bool flag = true;
  std::vector<int> list;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(owner), CEREAL_NVP(email), CEREAL_NVP(s), CEREAL_NVP(n), CEREAL_NVP(weight),
       CEREAL_NVP(at), CEREAL_NVP(id), CEREAL_NVP(flag), CEREAL_NVP(list));
  }
};
struct all_kinds {
  static auto indexes() {
    return acta::indexes(
        acta::index(
            "text", &row::owner, [](const row& r) { return std::string_view(r.owner); },
            [](const row&) { return "literal"; }),
        acta::unique_index("optional", &row::email),
        acta::index("numbers", &row::s, &row::n, [](const row& r) { return r.list.size(); }),
        acta::index("others", &row::weight, &row::at, &row::id, &row::flag,
                    [](const row&) { return std::chrono::sys_days{}; }));
  }
};
} // namespace

TEST_CASE("columns are members or functions, of every kind") {
  const auto all = acta::detail::make_index_types<all_kinds, row>();
  REQUIRE(all.size() == 4);
  using k = column_kind;
  CHECK(all[0].columns == std::vector{k::text, k::text, k::text});
  CHECK(all[1].columns == std::vector{k::text});
  CHECK(all[2].columns == std::vector{k::integer, k::integer, k::integer});
  CHECK(all[3].columns == std::vector{k::real, k::time, k::id, k::boolean, k::time});
  CHECK_FALSE(all[0].unique);
  CHECK(all[1].unique);

  const row r{.owner = "ada"};
  std::string bytes;
  CHECK(all[0].append_key(&r, bytes));
  CHECK(bytes == bytes_of(std::string("ada")) + bytes_of(std::string("ada")) +
                     bytes_of(std::string("literal")));
  bytes.clear();
  CHECK(all[2].append_key(&r, bytes));
  CHECK(bytes ==
        bytes_of(std::uint64_t{1}) + bytes_of(std::int64_t{-3}) + bytes_of(std::int64_t{0}));
  CHECK_FALSE(all[1].append_key(&r, bytes));
}

namespace {
struct bill {
  paid done = paid::yes;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(done)); }
};
struct bills {
  static auto indexes() { return acta::indexes(acta::index("done", &bill::done)); }
};
} // namespace

TEST_CASE("an enum over bool is a boolean in its column, in its keys and in bounds alike") {
  const auto all = acta::detail::make_index_types<bills, bill>();
  CHECK(all[0].columns == std::vector{column_kind::boolean});
  const bill r;
  std::string bytes;
  REQUIRE(all[0].append_key(&r, bytes));
  CHECK(bytes == bytes_of(true));
  const auto bound = acta::convert_column(acta::key(paid::yes).values()[0], column_kind::boolean);
  REQUIRE(bound);
  CHECK(bytes_of(*bound) == bytes);
}

TEST_CASE("bounds are converted where nothing is lost, and refused with both kinds named") {
  const auto convert = [](const column_value& value, column_kind to) {
    return acta::convert_column(value, to);
  };
  CHECK(*convert(std::int64_t{-4}, column_kind::real) == column_value(-4.0));
  CHECK(*convert(std::uint64_t{4}, column_kind::real) == column_value(4.0));
  const acta::uuid id = acta::uuid::random();
  CHECK(*convert(id.to_string(), column_kind::id) == column_value(id));
  CHECK(*convert("2026-01-01T00:00:00Z", column_kind::time) ==
        column_value(acta::time_point(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1})));

  const auto refused = convert("soon", column_kind::time);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::errc::invalid_argument);
  CHECK(refused.error().detail() == "the column is of kind time, the bound is text 'soon'");
  CHECK(std::isinf(std::get<double>(*convert(std::string("-Infinity"), column_kind::real))));
  CHECK(std::isnan(std::get<double>(*convert(std::string("NaN"), column_kind::real))));
  CHECK_FALSE(convert(std::string("1"), column_kind::real));
  CHECK_FALSE(convert(1.5, column_kind::integer));
  CHECK_FALSE(convert(std::int64_t{1}, column_kind::boolean));
  CHECK_FALSE(convert(true, column_kind::integer));
  CHECK_FALSE(convert(std::int64_t{1}, column_kind::text));
}

TEST_CASE("a number that no double holds is no bound of a real column") {
  constexpr auto exact = std::int64_t{1} << 53;
  const auto converts = [](auto value) {
    return acta::convert_column(value, column_kind::real).has_value();
  };
  CHECK(converts(exact));
  CHECK_FALSE(converts(exact + 1));
  CHECK_FALSE(converts(-exact - 1));
  CHECK(converts(std::numeric_limits<std::int64_t>::min()));
  CHECK_FALSE(converts(std::numeric_limits<std::int64_t>::max()));
  CHECK_FALSE(converts(std::numeric_limits<std::uint64_t>::max()));
  CHECK(converts(std::uint64_t{1} << 63));
}

} // namespace index_test
