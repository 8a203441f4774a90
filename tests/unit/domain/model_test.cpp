// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/model.hpp>
#include <acta/domain/module.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace model_test {

namespace {

struct happened {
  std::int32_t times = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(times)); }
};
struct happen {
  template <class A> void serialize(A&) {}
};
namespace elsewhere {
struct happened {
  template <class A> void serialize(A&) {}
};
struct happen {
  template <class A> void serialize(A&) {}
};
} // namespace elsewhere
struct badly_named {
  static constexpr std::string_view name = "has space";
  template <class A> void serialize(A&) {}
};
struct never {
  static constexpr unsigned schema = 0;
  template <class A> void serialize(A&) {}
};

template <class Commands, class... Events> struct aggregate {
  using events = acta::one_of<Events...>;
  using commands = Commands;
  template <class C> acta::decision<events> decide(const C&) const { return {}; }
  template <class E> void evolve(const E&) {}
  template <class A> void serialize(A&) {}
};
using only_happen = acta::one_of<happen>;

struct door : aggregate<only_happen, happened> {
  static constexpr std::string_view name = "door";
};
struct window : aggregate<only_happen, happened> {
  static constexpr std::string_view name = "window";
};
struct second_door : aggregate<only_happen, happened> {
  static constexpr std::string_view name = "door";
};
struct dotted : aggregate<only_happen, happened> {
  static constexpr std::string_view name = "front.door";
};
struct slashed : aggregate<only_happen, happened> {
  static constexpr std::string_view name = "front/door";
};
struct unnamed : aggregate<only_happen, happened> {
  static constexpr std::string_view name = "";
};
struct long_named : aggregate<only_happen, happened> {
  static constexpr std::string_view name =
      "a234567890b234567890c234567890d234567890e234567890f2345678"; // 58 and ".happened" are 67
};
struct two_events : aggregate<only_happen, happened, elsewhere::happened> {
  static constexpr std::string_view name = "two_events";
};
struct two_commands : aggregate<acta::one_of<happen, elsewhere::happen>, happened> {
  static constexpr std::string_view name = "two_commands";
};
struct bad_event : aggregate<only_happen, badly_named> {
  static constexpr std::string_view name = "bad_event";
};
struct bad_command : aggregate<acta::one_of<badly_named>, happened> {
  static constexpr std::string_view name = "bad_command";
};
struct bad_schema : aggregate<only_happen, never> {
  static constexpr std::string_view name = "bad_schema";
};

template <class... A> std::string mistake() {
  acta::model model;
  (model.aggregate<A>(), ...);
  const auto checked = model.check();
  if (checked) return {};
  CHECK(checked.error().code() == acta::domain_errc::bad_model);
  CHECK(checked.error().code() == acta::condition::invalid);
  return std::string(checked.error().detail());
}

bool contains(const std::string& text, std::string_view part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a sound model finds its aggregates by name") {
  acta::model model;
  model.aggregate<door>({.snapshot_every = 9}).aggregate<window>();
  CHECK(model.check());
  REQUIRE(model.aggregates().size() == 2);
  REQUIRE(model.find("door"));
  CHECK(model.find("door")->options.snapshot_every == 9);
  CHECK(model.find("window")->name == "window");
  CHECK_FALSE(model.find("house"));
}

TEST_CASE("an empty model is sound") { CHECK(acta::model().check()); }

TEST_CASE("names that clash are refused before a store is opened") {
  CHECK(contains(mistake<door, window, second_door>(), "two aggregates are named 'door'"));
  CHECK(contains(mistake<two_events>(), "two events named 'two_events.happened'"));
  CHECK(contains(mistake<two_commands>(), "two commands named 'happen'"));
}

TEST_CASE("names that would break streams, keys or URLs are refused") {
  CHECK(contains(mistake<dotted>(), "must not hold a '.'"));
  CHECK_FALSE(mistake<slashed>().empty());
  CHECK_FALSE(mistake<unnamed>().empty());
  CHECK_FALSE(mistake<long_named>().empty());
  CHECK(contains(mistake<bad_event>(), "has space"));
  CHECK(contains(mistake<bad_command>(), "has space"));
  CHECK(contains(mistake<bad_schema>(), "start at 1"));
}

TEST_CASE("the first mistake is the one that is told, and a bad aggregate is not kept") {
  acta::model model;
  model.aggregate<dotted>().aggregate<door>().aggregate<second_door>();
  CHECK(contains(std::string(model.check().error().detail()), "front.door"));
  CHECK(model.aggregates().size() == 1);
}

TEST_CASE("the contract lists each event with its version and shape, sorted") {
  acta::model forward, backward;
  forward.aggregate<door>().aggregate<window>();
  backward.aggregate<window>().aggregate<door>();
  const auto contract = forward.contract();
  CHECK(contract == backward.contract());
  CHECK(contract.find("event door.happened 1 ") == 0);
  CHECK(contains(contract, "\nevent window.happened 1 "));
  CHECK(contains(contract, "times"));
  CHECK(contract.back() == '\n');
}

namespace {

template <class... Events> struct view {
  using events = acta::one_of<Events...>;
  template <class E> void evolve(const E&) {}
  template <class A> void serialize(A&) {}
};
struct doors : view<happened> {
  static constexpr std::string_view name = "doors";
};
struct other : view<happened> {
  static constexpr std::string_view name = "other";
};
struct second_doors : view<happened> {
  static constexpr std::string_view name = "doors";
};
struct named_as_an_aggregate : view<happened> {
  static constexpr std::string_view name = "door";
};
struct badly_named_view : view<happened> {
  static constexpr std::string_view name = "a/b";
};
struct view_of_nobodys_event : view<happened, elsewhere::happen> {
  static constexpr std::string_view name = "lost";
};
struct view_of_one_event_twice : view<happened, happened> {
  static constexpr std::string_view name = "twice";
};
struct view_before_the_first : view<happened> {
  static constexpr std::string_view name = "early";
  static constexpr unsigned schema = 0;
};
struct view_with_bad_index : view<happened> {
  static constexpr std::string_view name = "badly_indexed";
  static auto indexes() {
    return acta::indexes(acta::index("by day", [](const view_with_bad_index&) { return 1; }));
  }
};
struct view_with_one_index_twice : view<happened> {
  static constexpr std::string_view name = "twice_indexed";
  static auto indexes() {
    return acta::indexes(
        acta::index("by_day", [](const view_with_one_index_twice&) { return 1; }),
        acta::unique_index("by_day", [](const view_with_one_index_twice&) { return 2; }));
  }
};
struct how_many {
  static constexpr std::string_view name = "how_many";
  using reply = std::int64_t;
  acta::result<reply> answer(const acta::picture&) const { return 0; }
  template <class A> void serialize(A&) {}
};
struct also_how_many : how_many {};
struct how_many_of : how_many {
  static constexpr std::string_view name = "how many";
};

template <class V> std::string mistake_in_view(const acta::view_options& options = {}) {
  acta::model model;
  model.aggregate<door>().view<doors>().view<V>(options);
  const auto checked = model.check();
  if (checked) return {};
  CHECK(checked.error().code() == acta::domain_errc::bad_model);
  return std::string(checked.error().detail());
}
template <class Q> std::string mistake_in_query() {
  acta::model model;
  const auto checked = model.query<how_many>().query<Q>().check();
  return checked ? std::string() : std::string(checked.error().detail());
}

} // namespace

TEST_CASE("a sound model finds its views and queries by name") {
  acta::model model;
  model.view<doors>({.policy = acta::on_error::park}).query<how_many>().aggregate<door>();
  CHECK(model.check());
  REQUIRE(model.find_view("doors"));
  CHECK(model.find_view("doors")->options.policy == acta::on_error::park);
  CHECK(model.find_view("doors")->row_type == model.find_view("doors")->type);
  CHECK_FALSE(model.find_view("door"));
  REQUIRE(model.find_query("how_many"));
  CHECK_FALSE(model.find_query("doors"));
  CHECK(model.views().size() == 1);
  CHECK(model.queries().size() == 1);
}

TEST_CASE("views and queries that clash or cannot be addressed are refused") {
  CHECK(contains(mistake_in_view<second_doors>(), "two views are named 'doors'"));
  CHECK(contains(mistake_in_view<badly_named_view>(), "view: bad name 'a/b'"));
  CHECK(mistake_in_view<named_as_an_aggregate>().empty()); // folders and addresses of their own
  CHECK(contains(mistake_in_query<also_how_many>(), "two queries are named 'how_many'"));
  CHECK(contains(mistake_in_query<how_many_of>(), "query: bad name 'how many'"));
}

TEST_CASE("a view of an event that nobody decides is refused, since it would stay empty for ever") {
  CHECK(contains(mistake_in_view<view_of_nobodys_event>(),
                 "view 'lost' takes the event 'happen', which no aggregate of the model has"));
}

TEST_CASE("a view that lists an event twice is refused, since it would fold it twice") {
  CHECK(contains(mistake_in_view<view_of_one_event_twice>(),
                 "view 'twice': it lists the event 'happened' twice"));
}

TEST_CASE("a view's indexes, schema and options must make sense") {
  CHECK(contains(mistake_in_view<view_with_bad_index>(),
                 "view 'badly_indexed': index: bad name 'by day'"));
  CHECK(contains(mistake_in_view<view_with_one_index_twice>(), "two indexes are named 'by_day'"));
  CHECK(contains(mistake_in_view<view_before_the_first>(), "start at 1"));
  CHECK(contains(mistake_in_view<other>({.attempts = 0}), "tried at least once"));
  CHECK(contains(mistake_in_view<other>({.batch_events_max = 0}), "at least one event"));
  CHECK(mistake_in_view<other>().empty());
}

TEST_CASE("the stamp of a module names Acta's ABI, the compiler's and the library's") {
  const std::string stamp = acta::abi_stamp();
  CHECK(contains(stamp, "acta-abi-" + std::to_string(ACTA_ABI_VERSION) + "/cxxabi-"));
  CHECK(contains(stamp, "/glibcxx-"));
}

TEST_CASE("a module asks for its settings, and what nobody asked for is known") {
  acta::model m;
  m.settings({{"shop.deadline", "90s"}, {"shop.lines", "7"}, {"shop.dedline", "1s"}});
  CHECK(m.setting("shop.deadline", std::chrono::minutes{15}) == std::chrono::seconds{90});
  CHECK(m.setting("shop.lines", 100) == 7);
  CHECK(m.setting("shop.title", "Acta's") == "Acta's");
  CHECK(m.unknown_settings() == std::vector<std::string>{"shop.dedline"});
  CHECK(m.check());
}

TEST_CASE("a setting that is no such value is a mistake of the model, naming it") {
  acta::model m;
  m.settings({{"a", "soon"}, {"b", "7 "}});
  CHECK(m.setting("a", std::chrono::seconds{1}) == std::chrono::seconds{1});
  CHECK(m.setting("b", 3) == 3);
  const auto checked = m.check();
  REQUIRE(!checked);
  CHECK(checked.error().detail().find("setting 'a'") == 0);
}

namespace {

struct limited {
  static constexpr std::string_view name = "limited";
  using events = acta::one_of<happened>;
  using commands = acta::one_of<happen>;
  std::int32_t most = 0; ///< the host's
  acta::decision<events> decide(const happen&) const {
    if (most == 0) return acta::reject("too_many");
    return happened{1};
  }
  void evolve(const happened&) {}
  template <class A> void serialize(A&) {}
};

} // namespace

TEST_CASE("every fresh instance is a copy of what its type was registered with") {
  acta::model m;
  m.aggregate<limited>({}, {.most = 3});
  const auto one = m.find("limited")->create(), two = m.find("limited")->create();
  CHECK(one.get() != two.get());
  CHECK(static_cast<const limited*>(two.get())->most == 3);
}

} // namespace model_test
