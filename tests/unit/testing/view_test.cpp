// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "balances.hpp"

#include "caught.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <stdexcept>

namespace view_test {

using acta::testing::caught;
using acta::testing::promise;
using acta::testing::says;

// [rows]
TEST_CASE("a balance is what was credited, until the account is closed") {
  acta::given<balance>(opened{"ada"}, credited{50}).then({.owner = "ada", .cents = 50});
  acta::given<balance>(opened{"ada"}, closed{}).then_nothing();
}

TEST_CASE("each account has a balance, found by its owner") {
  acta::given<balance>()
      .in("account/1")
      .happened(opened{"ada"}, credited{50})
      .in("account/2")
      .happened(opened{"bob"})
      .then_rows({{"1", {.owner = "ada", .cents = 50}}, {"2", {.owner = "bob"}}})
      .then_index("by_owner", acta::key("bob"), {"2"});
}
// [rows end]

TEST_CASE("then is about the only row, and fails if there are none or two") {
  const auto none = caught([] { acta::given<balance>().then({}); });
  CHECK(none.broken() == promise::expected_rows);
  CHECK(says(none, "one row was expected, there are 0"));
  const auto two = caught([] {
    acta::given<balance>(credited{1}).in("account/7").happened(credited{2}).then({.cents = 1});
  });
  CHECK(says(two, "one row was expected, there are 2"));
  CHECK(says(two, "7 {\"owner\":\"\",\"cents\":2}"));
}

TEST_CASE("a report of a view shows streams, events, the row, both values and the line") {
  int line = 0;
  const auto f = caught([&] {
    const auto given = acta::given<balance>().in("account/1").happened(opened{"ada"}, credited{50});
    line = __LINE__ + 1;
    given.then({.owner = "ada", .cents = 51});
  });
  CHECK(f.broken() == promise::expected_rows);
  const std::string expected = R"(another row than expected
  view      balances
  given     1. account/1 opened {"owner":"ada"}
            2. account/1 credited {"cents":50}
  row       1
  expected  {"owner":"ada","cents":51}
  actual    {"owner":"ada","cents":50}
  differs   member 2
  at        )" + std::string(__FILE__) +
                               ':' + std::to_string(line);
  CHECK(f.what() == expected);
}

TEST_CASE("a single row is asked for by its key, as a value or by a function") {
  const auto given = acta::given<balance>(credited{1}).in("account/7").happened(credited{2});
  given.then_row("1", {.cents = 1})
      .then_row("7", {.cents = 2})
      .then_row("7", [](const balance& b) { return b.cents == 2; })
      .then_row("7", [](const balance& b) { CHECK(b.cents == 2); })
      .then_no_row("8");
  acta::given<balance>(credited{1}).then([](const balance& b) { return b.cents == 1; });
  const auto fails = [&](auto test, std::string_view headline) {
    const auto f = caught(test);
    CHECK(f.broken() == promise::expected_rows);
    CHECK(says(f, headline));
  };
  fails([&] { given.then_row("7", {.cents = 1}); }, "another row than expected");
  fails([&] { given.then_row("7", [](const balance& b) { return b.cents == 1; }); },
        "the row is not as expected");
  fails([&] { given.then_row("8", {.cents = 1}); }, "no row under the key where one was expected");
  fails([&] { given.then_no_row("7"); }, "a row under the key where none was expected");
  fails([&] { given.then_nothing(); }, "other rows than expected");
}

TEST_CASE("rows too many, too few and different are all told at once") {
  const auto given = acta::given<balance>(credited{1})
                         .in("account/2")
                         .happened(credited{2})
                         .in("account/3")
                         .happened(credited{3});
  given.then_rows({{"3", {.cents = 3}}, {"1", {.cents = 1}}, {"2", {.cents = 2}}});
  const auto f = caught([&] {
    given.then_rows({{"1", {.cents = 1}}, {"2", {.cents = 9}}, {"4", {.cents = 4}}});
  });
  CHECK(f.broken() == promise::expected_rows);
  CHECK(says(f,
             "differs   1. row 2: member 2\n            2. no row 4\n            3. row 3 is one "
             "too many"));
  CHECK(caught([&] { given.then_rows({{"1", {}}, {"1", {}}}); }).broken() == promise::valid_test);
}

TEST_CASE("an index gives keys in order, and what it cannot be asked is a mistake of the test") {
  const auto given = acta::given<balance>(opened{"ada"})
                         .in("account/3")
                         .happened(opened{"ada"})
                         .in("account/2")
                         .happened(opened{"bob"});
  given.then_index("by_owner", acta::key("ada"), {"1", "3"})
      .then_index("by_owner", acta::key("eve"), {});
  const auto wrong = caught([&] { given.then_index("by_owner", acta::key("ada"), {"3", "1"}); });
  CHECK(wrong.broken() == promise::expected_rows);
  CHECK(says(wrong, "expected  1. 3\n            2. 1\n  actual    1. 1\n            2. 3"));
  const auto unknown = caught([&] { given.then_index("by_age", acta::key(7), {}); });
  CHECK(unknown.broken() == promise::valid_test);
  CHECK(says(unknown, "view 'balances' has no index 'by_age'"));
  CHECK(caught([&] { given.then_index("by_owner", acta::key(7), {}); }).broken() ==
        promise::valid_test);
}

namespace {
/// Keeps all that it is told of an event.
struct told {
  static constexpr std::string_view name = "told";
  using events = acta::one_of<credited>;
  acta::metadata last;
  std::int32_t times = 0;
  static std::string key(const credited&, const acta::metadata&) { return "all"; }
  void evolve(const credited&, const acta::metadata& m) {
    last = m;
    ++times;
  }
  template <class A> void serialize(A& ar) {
    ar(cereal::make_nvp("stream", last.stream), cereal::make_nvp("version", last.version),
       cereal::make_nvp("position", last.position), cereal::make_nvp("at", last.recorded_at),
       cereal::make_nvp("command", last.command_id),
       cereal::make_nvp("correlation", last.correlation_id),
       cereal::make_nvp("cause", last.causation_id), cereal::make_nvp("caller", last.caller),
       cereal::make_nvp("attributes", last.attributes), CEREAL_NVP(times));
  }
};
} // namespace

TEST_CASE(
    "metadata is what the test says, with positions through all streams and versions in each") {
  const auto start = acta::given<told>(credited{1});
  start.then([](const told& t) {
    CHECK(t.last.stream == "stream/1");
    CHECK(t.last.version == 1);
    CHECK(t.last.position == acta::position{0, 1});
    CHECK(t.last.recorded_at == acta::testing::default_time);
    CHECK(t.last.caller.empty());
  });
  const auto later = acta::testing::default_time + std::chrono::hours(1);
  const auto id = acta::testing::nth_id(1), other_id = acta::testing::nth_id(2);
  const auto all = start.in("account/a/b")
                       .at(later)
                       .by("ada")
                       .with_attributes({{"k", "v"}})
                       .with_command(id, other_id)
                       .happened(std::vector{credited{2}, credited{3}})
                       .happened(credited{4});
  all.then([&](const told& t) {
    CHECK(t.times == 4);
    CHECK(t.last.stream == "account/a/b");
    CHECK(t.last.version == 3);
    CHECK(t.last.position == acta::position{0, 4});
    CHECK(t.last.recorded_at == later);
    CHECK(t.last.caller == "ada");
    CHECK(t.last.attributes.at("k") == "v");
    CHECK(t.last.command_id == id);
    CHECK(t.last.correlation_id == other_id);
  });
  all.in("stream/1").happened(credited{5}).then([](const told& t) {
    CHECK(t.last.version == 2);
    CHECK(t.last.position == acta::position{0, 5});
    CHECK(t.last.caller == "ada");
  });
  start.then([](const told& t) { return t.times == 1; });
}

TEST_CASE("a stream that no store could have is a mistake of the test") {
  for (const auto* bad : {"42", "/42", "account/", "1account/1", "account/\n"})
    CHECK(caught([&] { (void)acta::given<balance>().in(bad); }).broken() == promise::valid_test);
}

TEST_CASE("events may come as ranges and variants") {
  acta::given<balance>(
      std::array{credited{1}, credited{2}},
      std::vector<std::variant<opened, credited, closed>>{opened{"ada"}, credited{4}})
      .then({.owner = "ada", .cents = 7});
}

namespace {

struct forgetful_event {
  std::int32_t kept = 0, forgotten = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(kept)); }
};
template <class View, class... Events> struct folds {
  using events = acta::one_of<Events...>;
  template <class A> void serialize(A&) {}
};
struct takes_forgetful : folds<takes_forgetful, forgetful_event> {
  static constexpr std::string_view name = "takes_forgetful";
  void evolve(const forgetful_event&) {}
};
struct forgetful_row {
  static constexpr std::string_view name = "forgetful_row";
  using events = acta::one_of<credited>;
  std::int64_t kept = 0, forgotten = 0;
  void evolve(const credited& e) { kept += e.cents, forgotten += e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(kept)); }
};
/// Its rows are not seen in memory when the batch ends, only what they led to.
struct hidden_forgetful {
  std::int64_t shown = 0;
  std::shared_ptr<std::int64_t> hidden = std::make_shared<std::int64_t>();
  bool operator==(const hidden_forgetful& other) const { return shown == other.shown; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(shown)); }
};
struct depends_on_the_batch {
  static constexpr std::string_view name = "batches";
  using events = acta::one_of<credited>;
  using row = hidden_forgetful;
  void project(const credited& e, const acta::event_context& c, acta::rows<row>& rows) const {
    rows.change(c.id(), [&](row& r) {
      r = {.shown = e.cents + *r.hidden, .hidden = std::make_shared<std::int64_t>(e.cents)};
    });
  }
};
std::int64_t calls = 0;
struct reads_a_clock {
  static constexpr std::string_view name = "clocks";
  using events = acta::one_of<credited>;
  std::int64_t when = 0;
  void evolve(const credited&) { when = ++calls; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(when)); }
};
struct knows_of_replay {
  static constexpr std::string_view name = "replays";
  using events = acta::one_of<credited>;
  using row = money;
  void project(const credited& e, const acta::event_context& c, acta::rows<row>& rows) const {
    if (!c.replaying()) rows.put(c.id(), {e.cents});
  }
};
struct indexed_by_a_clock {
  static constexpr std::string_view name = "indexed_by_a_clock";
  using events = acta::one_of<credited>;
  std::int64_t cents = 0;
  void evolve(const credited& e) { cents += e.cents; }
  static auto indexes() {
    return acta::indexes(
        acta::index("by_clock", [](const indexed_by_a_clock&) { return ++calls; }));
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct throwing {
  static constexpr std::string_view name = "throwing";
  using events = acta::one_of<credited>;
  std::int64_t cents = 0;
  void evolve(const credited& e) {
    if (e.cents == 13) throw std::runtime_error("unlucky");
    cents += e.cents;
  }
  static auto indexes() {
    return acta::indexes(acta::index("picky", [](const throwing& t) {
      if (t.cents == 7) throw std::runtime_error("not seven");
      return t.cents;
    }));
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct unique_owners {
  static constexpr std::string_view name = "unique_owners";
  using events = acta::one_of<opened>;
  std::string owner;
  void evolve(const opened& e) { owner = e.owner; }
  static auto indexes() {
    return acta::indexes(acta::unique_index("by_owner", &unique_owners::owner));
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
struct keyed_by_owner {
  static constexpr std::string_view name = "keyed_by_owner";
  using events = acta::one_of<opened>;
  static std::string key(const opened& e, const acta::metadata&) { return e.owner; }
  void evolve(const opened&) {}
  template <class A> void serialize(A&) {}
};
struct badly_named {
  static constexpr std::string_view name = "has space";
  using events = acta::one_of<credited>;
  void evolve(const credited&) {}
  template <class A> void serialize(A&) {}
};

} // namespace

TEST_CASE("an event or a row that forgets a member is found out") {
  const auto event = caught([] { (void)acta::given<takes_forgetful>(forgetful_event{1, 2}); });
  CHECK(event.broken() == promise::json_round_trip);
  const auto row = caught([] { (void)acta::given<forgetful_row>(credited{1}); });
  CHECK(row.broken() == promise::binary_round_trip);
  CHECK(says(row, "does serialize show every member?"));
  CHECK(says(row, "row       1"));
}

TEST_CASE("rows that depend on how many events a transaction folds are found out") {
  (void)acta::given<depends_on_the_batch>(credited{1});
  const auto f = caught([] { (void)acta::given<depends_on_the_batch>(credited{1}, credited{2}); });
  CHECK(f.broken() == promise::folds_agree);
  CHECK(says(f, "singly    {\"shown\":2}"));
  CHECK(says(f, "at once   {\"shown\":3}"));
}

TEST_CASE("rows that are others when events are folded again are found out") {
  const auto clock = caught([] { (void)acta::given<reads_a_clock>(credited{1}); });
  CHECK(clock.broken() == promise::folds_agree);
  const auto f = caught([] { (void)acta::given<knows_of_replay>(credited{1}); });
  CHECK(f.broken() == promise::folds_agree);
  CHECK(says(f, "live      {\"cents\":1}"));
  CHECK(says(f, "replayed  no row"));
}

TEST_CASE("a column of an index that is another each time is found out") {
  const auto f = caught([] { (void)acta::given<indexed_by_a_clock>(credited{1}); });
  CHECK(f.broken() == promise::index_repeats);
  CHECK(says(f, "the same rows are indexed in two ways"));
}

TEST_CASE("a view that throws, at an event or in an index, is named with the event") {
  const auto f = caught([] { (void)acta::given<throwing>(credited{1}, credited{13}); });
  CHECK(f.broken() == promise::evolve_returns);
  CHECK(says(f, "event     stream/1 credited {\"cents\":13}"));
  CHECK(says(f, "thrown    unlucky"));
  const auto index = caught([] { (void)acta::given<throwing>(credited{7}); });
  CHECK(index.broken() == promise::evolve_returns);
  CHECK(says(index, "index 'picky': not seven"));
}

TEST_CASE("a second row with a unique value and a bad key fail the test at their event") {
  const auto given = acta::given<unique_owners>(opened{"ada"});
  given.in("account/2").happened(opened{"bob"}).then_index("by_owner", acta::key("bob"), {"2"});
  const auto f = caught([&] { (void)given.in("account/2").happened(opened{"ada"}); });
  CHECK(f.broken() == promise::view_takes_event);
  CHECK(says(f, "event     account/2 opened"));
  CHECK(says(f, "index 'by_owner' is unique"));
  const auto key = caught([] { (void)acta::given<keyed_by_owner>(opened{""}); });
  CHECK(key.broken() == promise::view_takes_event);
  CHECK(says(key, "row key"));
}

TEST_CASE("a view that no runtime would open with fails, whatever else holds") {
  const auto f = caught([] { (void)acta::given<badly_named>(); });
  CHECK(f.broken() == promise::sound_model);
  CHECK(says(f, "has space"));
}

} // namespace view_test
