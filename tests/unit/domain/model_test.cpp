// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/model.hpp>
#include <acta/domain/module.hpp>

#include <catch2/catch.hpp>

#include <string>

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

TEST_CASE("the stamp of a module names Acta's ABI, the compiler's and the library's") {
  const std::string stamp = acta::abi_stamp();
  CHECK(contains(stamp, "acta-abi-" + std::to_string(ACTA_ABI_VERSION) + "/cxxabi-"));
  CHECK(contains(stamp, "/glibcxx-"));
}
