// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What a program is told whose types are not those of its store, and that the advice works.
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/errc.hpp>
#include <acta/runtime.hpp>
#include <acta/runtime/errc.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <mutex>

namespace changed_types_test {

using namespace std::chrono_literals;
using test::must_open;
using test::try_open;

namespace {

struct open_box {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
struct close_box {
  template <class A> void serialize(A&) {}
};

struct opened {
  std::int64_t weight = 0;
  std::optional<std::string> colour;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight), CEREAL_NVP(colour)); }
};
struct closed {
  static constexpr std::string_view name = "closed";
  template <class A> void serialize(A&) {}
};

/// The box of one release: its events, and what is left of earlier ones.
template <class Opened, class Events, class Earlier = acta::one_of<>> struct box {
  static constexpr std::string_view name = "box";
  using events = Events;
  using earlier = Earlier;
  using commands = acta::one_of<open_box, close_box>;
  std::int64_t weight = 0;
  acta::decision<events> decide(const open_box& c) const {
    Opened e{};
    e.weight = c.weight;
    return e;
  }
  acta::decision<events> decide(const close_box&) const {
    if constexpr (acta::detail::contains<closed, Events>)
      return closed{};
    else
      return acta::reject("boxes_stay_open");
  }
  void evolve(const Opened& e) { weight += e.weight; }
  void evolve(const closed&) { weight = -weight; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};

using first = box<opened, acta::one_of<opened, closed>>;

/// A field more, and nothing said.
struct opened_wider {
  static constexpr std::string_view name = "opened";
  std::int64_t weight = 0;
  std::optional<std::string> colour;
  bool is_new = false;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(weight), CEREAL_NVP(colour), CEREAL_NVP(is_new));
  }
};
using unsaid = box<opened_wider, acta::one_of<opened_wider, closed>>;

/// A new version that does not say how the old is read.
struct opened_2_alone : opened_wider {
  static constexpr unsigned schema = 2;
};
using unread = box<opened_2_alone, acta::one_of<opened_2_alone, closed>>;

/// As the advice says, to the letter: the struct is copied from it.
// clang-format off
struct opened_v1 { std::int64_t weight{}; std::optional<std::string> colour{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight), CEREAL_NVP(colour)); } };
// clang-format on
struct opened_2 : opened_wider {
  static constexpr unsigned schema = 2;
  static opened_2 upcast(const opened_v1& old) {
    opened_2 now;
    now.weight = old.weight;
    now.colour = old.colour;
    now.is_new = true;
    return now;
  }
};
using second = box<opened_2, acta::one_of<opened_2, closed>>;

/// The old struct is not what it was.
struct opened_v1_wrong {
  std::int32_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
struct opened_2_wrong : opened_wider {
  static constexpr unsigned schema = 2;
  static opened_2_wrong upcast(const opened_v1_wrong&) { return {}; }
};
using misremembered = box<opened_2_wrong, acta::one_of<opened_2_wrong, closed>>;

/// One event is gone.
using forgotten = box<opened_2, acta::one_of<opened_2>>;
using retiring = box<opened_2, acta::one_of<opened_2>, acta::one_of<acta::retired<"closed">>>;

template <class Box> acta::model model_of(const acta::aggregate_options& options = {}) {
  acta::model m;
  m.aggregate<Box>(options);
  return m;
}
template <class Box> void use(const std::filesystem::path& store, bool close = true) {
  acta::runtime r = must_open(store, model_of<Box>());
  REQUIRE(r.ask<Box>("a", open_box{3}).wait_for(20s));
  if (close) REQUIRE(r.ask<Box>("a", close_box{}).wait_for(20s));
}
template <class Box> acta::error refusal(const std::filesystem::path& store) {
  acta::result<acta::runtime> opened = try_open(store, model_of<Box>());
  if (opened) FAIL("it opens");
  CHECK(opened.error().code() == acta::runtime_errc::contract_changed);
  UNSCOPED_INFO(opened.error().to_string());
  return std::move(opened).error();
}
bool says(const acta::error& e, std::string_view what) {
  return e.detail().find(what) != std::string_view::npos;
}
std::string contract_of(const std::filesystem::path& store) {
  std::ifstream in(store / "contract.txt");
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("an event that changed without a version is refused with the difference and the code") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  const auto before = contract_of(store);
  const auto why = refusal<unsaid>(store);
  CHECK(why.where().find("event box.opened 1") != std::string_view::npos);
  CHECK(says(why, "the program has the field is_new, the store does not"));
  CHECK(says(why, "struct opened_v1 { std::int64_t weight{}; std::optional<std::string> colour{}; "
                  "template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight), "
                  "CEREAL_NVP(colour)); } };"));
  CHECK(says(why, "static constexpr unsigned schema = 2;"));
  CHECK(says(why, "static opened upcast(const opened_v1& old)"));
  CHECK(contract_of(store) == before);
  auto r = must_open(store, model_of<second>()); // as it says
  CHECK(r.state<second>("a")->weight == -3);
}

TEST_CASE("a new version that does not say how the old is read is refused if some are stored") {
  test::temp_folder folder;
  const auto store = folder / "data";
  SECTION("they are") {
    use<first>(store);
    use<first>(store);
    const auto why = refusal<unread>(store);
    CHECK(why.where() == "contract.txt: event box.opened 1");
    CHECK(says(why, "holds 2 events of this type, the first at 0:1"));
    CHECK(says(why, "struct opened_v1 {"));
    CHECK(says(why, "static opened upcast(const opened_v1& old)"));
    auto r = must_open(store, model_of<second>());
    CHECK(r.state<second>("a")->weight == 0);
  }
  SECTION("none is") {
    { auto r = must_open(store, model_of<first>()); }
    use<unread>(store);
    CHECK(contract_of(store).find("event box.opened 1") == std::string::npos);
    CHECK(contract_of(store).find("event box.opened 2") != std::string::npos);
  }
}

TEST_CASE("an older struct that is not what was written is refused") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  const auto why = refusal<misremembered>(store);
  CHECK(why.where().find("event box.opened 1, /weight") != std::string_view::npos);
  CHECK(says(why, "the store has i64, the program i32"));
}

TEST_CASE("an event that a program has forgotten is refused, and may be retired") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  const auto why = refusal<forgotten>(store);
  CHECK(why.where() == "contract.txt: event box.closed 1");
  CHECK(says(why, "holds 1 event of this type, the first at 0:2"));
  CHECK(says(why, "acta::retired<\"closed\">"));
  auto r = must_open(store, model_of<retiring>());
  CHECK(r.state<retiring>("a")->weight == 3);
  CHECK(r.state<retiring>("a", acta::at_version{2})->weight == 3);
  // Whoever looks at it sees what the store knows of it.
  const auto events = r.events("box", "a");
  REQUIRE(events);
  REQUIRE(events->size() == 2);
  CHECK(events->back().type == "box.closed");
  CHECK(*events->back().to_json() == "{}");
}

TEST_CASE("a snapshot does not keep what an event meant before it was retired") {
  test::temp_folder folder;
  const auto store = folder / "data";
  {
    auto r = must_open(store, model_of<first>({.snapshot_every = 1}));
    REQUIRE(r.ask<first>("a", open_box{3}).wait_for(20s));
    REQUIRE(r.ask<first>("a", close_box{}).wait_for(20s));
    CHECK(r.state<first>("a")->weight == -3);
  }
  auto r = must_open(store, model_of<retiring>({.snapshot_every = 1}));
  CHECK(r.state<retiring>("a")->weight == 3);
  REQUIRE(r.ask<retiring>("a", open_box{1}).wait_for(20s));
  CHECK(r.state<retiring>("a")->weight == 4);
  CHECK(r.figures().snapshots_ignored > 0);
}

namespace {

/// Something else in the same program.
struct knocked {
  template <class A> void serialize(A&) {}
};
struct knock {
  template <class A> void serialize(A&) {}
};
struct gate {
  static constexpr std::string_view name = "gate";
  using events = acta::one_of<knocked>;
  using commands = acta::one_of<knock>;
  acta::decision<events> decide(const knock&) const { return knocked{}; }
  void evolve(const knocked&) {}
  template <class A> void serialize(A&) {}
};
struct log_of_an_open {
  std::mutex mutex;
  std::string text;
  acta::runtime_options options() {
    acta::runtime_options o;
    o.log = [this](acta::log_level, std::string_view line) {
      const std::lock_guard lock(mutex);
      text.append(line).append("\n");
    };
    return o;
  }
  bool holds(std::string_view what) {
    const std::lock_guard lock(mutex);
    return text.find(what) != std::string::npos;
  }
};

} // namespace

TEST_CASE("one aggregate is taken back though another in the program is new") {
  test::temp_folder folder;
  const auto store = folder / "data";
  using small = box<opened, acta::one_of<opened>>;
  use<small>(store, false);
  use<second>(store); // box.opened 2, box.closed 1
  acta::model m = model_of<small>();
  m.aggregate<gate>();
  log_of_an_open log;
  auto r = must_open(store, std::move(m), log.options());
  CHECK(log.holds("a later release of the program has stored events box.closed of schema 1"));
  REQUIRE(r.ask<gate>("a", knock{}).wait_for(20s));
}

TEST_CASE("an aggregate that the program has no more is named, and waits") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  {
    log_of_an_open log;
    auto r = must_open(store, model_of<gate>(), log.options());
    CHECK(log.holds("the store knows events of aggregate 'box', which is not in the model"));
    CHECK_FALSE(log.holds("aggregate 'gate'"));
  }
  auto r = must_open(store, model_of<first>());
  CHECK(r.state<first>("a")->weight == -3);
}

TEST_CASE("an older release is told what it cannot read, runs beside it, and the later one heals") {
  test::temp_folder folder;
  const auto store = folder / "data";
  using small = box<opened, acta::one_of<opened>>;
  use<small>(store, false);
  {
    auto r = must_open(store, model_of<second>());
    REQUIRE(r.ask<second>("b", open_box{4}).wait_for(20s));
    REQUIRE(r.ask<second>("c", close_box{}).wait_for(20s));
  }
  {
    std::mutex mutex;
    std::string log;
    acta::runtime_options options;
    options.log = [&](acta::log_level, std::string_view line) {
      const std::lock_guard lock(mutex);
      log.append(line).append("\n");
    };
    auto r = must_open(store, model_of<small>(), options);
    const auto told = [&](std::string_view what) {
      const std::lock_guard lock(mutex);
      return log.find(what) != std::string::npos;
    };
    CHECK(told("a later release of the program has stored events box.opened of schema 2"));
    CHECK(told("a later release of the program has stored events box.closed of schema 1"));
    CHECK(r.state<small>("a")->weight == 3);
    CHECK(r.state<small>("b").error().code() == acta::domain_errc::newer_schema);
    const auto newer = r.events("box", "b");
    REQUIRE(newer);
    CHECK(*newer->front().to_json() == R"({"weight":4,"colour":null,"is_new":false})");
    CHECK_FALSE(r.ask<small>("b", open_box{1}).wait_for(20s));
    REQUIRE(r.ask<small>("d", open_box{5}).wait_for(20s));
  }
  auto r = must_open(store, model_of<second>());
  CHECK(r.state<second>("b")->weight == 4);
  CHECK(r.state<second>("d")->weight == 5);
  REQUIRE(r.ask<second>("b", open_box{1}).wait_for(20s));
}

} // namespace changed_types_test
