// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A release is taken back, and put in place again: what runs beside the events that the older one
// cannot read, and that nothing is lost to those who follow them.
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/domain/errc.hpp>
#include <acta/runtime.hpp>
#include <acta/runtime/errc.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <mutex>

namespace older_release_test {

using namespace std::chrono_literals;
using test::must_open;

namespace {

struct open_box {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
struct close_box {
  template <class A> void serialize(A&) {}
};

namespace older {
struct opened {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
using events = acta::one_of<opened>;
} // namespace older

namespace newer {
struct opened {
  static constexpr unsigned schema = 2;
  std::int64_t weight = 0;
  std::string colour;
  static opened upcast(const older::opened& old) { return {old.weight, "brown"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight), CEREAL_NVP(colour)); }
};
struct closed {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
using events = acta::one_of<opened, closed>;
} // namespace newer

template <class Opened, class Events> struct box {
  static constexpr std::string_view name = "box";
  using events = Events;
  using commands = acta::one_of<open_box, close_box>;
  std::int64_t weight = 0;
  acta::decision<events> decide(const open_box& c) const {
    Opened e{};
    e.weight = c.weight;
    return e;
  }
  acta::decision<events> decide(const close_box&) const {
    if constexpr (acta::detail::contains<newer::closed, Events>)
      return newer::closed{weight};
    else
      return acta::reject("boxes_stay_open");
  }
  void evolve(const Opened& e) { weight += e.weight; }
  void evolve(const newer::closed& e) { weight -= e.weight; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
using older_box = box<older::opened, older::events>;
using newer_box = box<newer::opened, newer::events>;

/// Adds up all boxes.
template <class Events> struct tally {
  static constexpr std::string_view name = "tally";
  using inputs = Events;
  std::int64_t weight = 0;
  template <class E> acta::reaction react(const E&) const { return {}; }
  template <class E> void evolve(const E& e) {
    if constexpr (std::same_as<E, newer::closed>)
      weight -= e.weight;
    else
      weight += e.weight;
  }
  template <class E> static std::optional<std::string> key(const E&, const acta::metadata&) {
    return "all";
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};

struct told {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::string failing; ///< a stream

  [[nodiscard]] std::vector<std::string> sorted() {
    const std::lock_guard lock(mutex);
    auto all = lines;
    std::ranges::sort(all);
    return all;
  }
};
template <class Events> struct teller {
  static constexpr std::string_view name = "teller";
  using events = Events;
  std::shared_ptr<told> to = std::make_shared<told>();
  template <class E> acta::result<void> handle(const E& e, const acta::effect_context& c) const {
    const std::lock_guard lock(to->mutex);
    if (c.event.stream == to->failing) return acta::error(acta::errc::timeout, "later");
    to->lines.push_back(std::string(acta::type_name<E>()) + ' ' + std::to_string(e.weight) + ' ' +
                        c.event.stream);
    return {};
  }
};

/// Skips what it cannot fold, if it is let to.
template <class Events> struct weights {
  static constexpr std::string_view name = "weights";
  using events = Events;
  std::int64_t weight = 0;
  template <class E> void evolve(const E& e) {
    if constexpr (std::same_as<E, newer::closed>)
      weight -= e.weight;
    else
      weight += e.weight;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};

template <class Box> acta::model aggregate_alone() {
  acta::model m;
  m.aggregate<Box>();
  return m;
}
template <class Box> acta::model whole(const std::shared_ptr<told>& to = std::make_shared<told>()) {
  using events = typename Box::events;
  acta::model m = aggregate_alone<Box>();
  m.process<tally<events>>();
  m.subscriber<teller<events>>({.start = acta::start_at::beginning}, teller<events>{.to = to});
  m.view<weights<events>>({.policy = acta::on_error::park, .attempts = 2});
  return m;
}

template <class Box, class Command>
void ask(acta::runtime& r, std::string_view id, const Command& c) {
  REQUIRE(r.ask<Box>(id, c).wait_for(20s));
}
template <class Box> std::int64_t tallied(acta::runtime& r) {
  const auto state = r.state<tally<typename Box::events>>("all");
  return state ? state->weight : 0;
}
/// As long as one is tried again it is tried once.
constexpr acta::subscriber_options patient{
    .backoff_min = 3600s, .backoff_max = 3600s, .start = acta::start_at::beginning};
template <class Box, class Events = typename Box::events>
acta::model with_teller(const std::shared_ptr<told>& to) {
  acta::model m = aggregate_alone<Box>();
  m.subscriber<teller<Events>>(patient, teller<Events>{.to = to});
  return m;
}
bool is_through(acta::runtime& r) { return r.subscriber("teller")->status().behind == 0; }

/// The runner and the subscriber have looked at everything.
bool all_looked_at(acta::runtime& r) {
  const auto teller = r.subscriber("teller");
  return r.settle(20s) && teller && teller->status().behind == 0;
}

/// Two releases have begun on the store, and the newer one has written what none has followed yet.
void write_unfollowed(const std::filesystem::path& store) {
  {
    auto r = must_open(store, whole<older_box>());
    ask<older_box>(r, "a", open_box{1});
    REQUIRE(test::eventually([&] { return all_looked_at(r); }));
  }
  {
    auto r = must_open(store, whole<newer_box>());
    REQUIRE(test::eventually([&] { return all_looked_at(r); }));
  }
  auto r = must_open(store, aggregate_alone<newer_box>());
  ask<newer_box>(r, "b", open_box{10});
  ask<newer_box>(r, "c", open_box{100});
  ask<newer_box>(r, "c", close_box{});
}

} // namespace

TEST_CASE("what an older release cannot read comes to processes and subscribers later, and once") {
  test::temp_folder folder;
  write_unfollowed(folder.path());
  const auto to = std::make_shared<told>();
  {
    auto r = must_open(folder.path(), whole<older_box>(to));
    ask<older_box>(r, "d", open_box{1000});
    // Its view stands still, so it does not settle.
    REQUIRE(test::eventually([&] {
      return tallied<older_box>(r) == 1001 && r.subscriber("teller")->status().behind == 0;
    }));
    CHECK(r.subscriber("teller")->dead_letters()->empty());
    CHECK(r.set_aside()->empty());
  }
  CHECK(to->sorted() == std::vector<std::string>{"opened 1000 box/d"});
  for (int run = 0; run < 2; ++run) {
    auto r = must_open(folder.path(), whole<newer_box>(to));
    REQUIRE(test::eventually([&] { return all_looked_at(r) && to->sorted().size() >= 4; }));
    CHECK(tallied<newer_box>(r) == 1011);
  }
  CHECK(to->sorted() == std::vector<std::string>{"closed 100 box/c", "opened 10 box/b",
                                                 "opened 100 box/c", "opened 1000 box/d"});
}

TEST_CASE("who was left out when the newer release wrote hears of it after an older one") {
  test::temp_folder folder;
  const auto to = std::make_shared<told>();
  {
    auto r = must_open(folder.path(), with_teller<older_box>(to));
    ask<older_box>(r, "a", open_box{1});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  {
    auto r = must_open(folder.path(), aggregate_alone<newer_box>());
    ask<newer_box>(r, "b", open_box{10});
  }
  {
    auto r = must_open(folder.path(), with_teller<older_box>(to));
    ask<older_box>(r, "d", open_box{1000});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  auto r = must_open(folder.path(), with_teller<newer_box>(to));
  REQUIRE(test::eventually([&] { return is_through(r); }));
  CHECK(to->sorted() ==
        std::vector<std::string>{"opened 1 box/a", "opened 10 box/b", "opened 1000 box/d"});
}

TEST_CASE("a type that a subscriber left out on purpose is not sent from the past") {
  test::temp_folder folder;
  const auto to = std::make_shared<told>();
  using opened_only = acta::one_of<newer::opened>;
  {
    auto r = must_open(folder.path(), with_teller<newer_box>(to));
    ask<newer_box>(r, "a", open_box{1});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  {
    auto r = must_open(folder.path(), with_teller<newer_box, opened_only>(to));
    ask<newer_box>(r, "c", open_box{2});
    ask<newer_box>(r, "c", close_box{});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  auto r = must_open(folder.path(), with_teller<newer_box>(to));
  ask<newer_box>(r, "d", open_box{3});
  REQUIRE(test::eventually([&] { return is_through(r); }));
  CHECK(to->sorted() ==
        std::vector<std::string>{"opened 1 box/a", "opened 2 box/c", "opened 3 box/d"});
}

TEST_CASE("what was done beyond what waits is not done again after an older release") {
  test::temp_folder folder;
  const auto to = std::make_shared<told>();
  {
    auto r = must_open(folder.path(), with_teller<older_box>(to));
    ask<older_box>(r, "a", open_box{1});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  to->failing = "box/b";
  {
    auto r = must_open(folder.path(), with_teller<newer_box>(to));
    ask<newer_box>(r, "b", open_box{10});
    ask<newer_box>(r, "c", open_box{100});
    REQUIRE(test::eventually([&] {
      return to->sorted().size() == 2 && r.subscriber("teller")->status().retrying == 1;
    }));
  }
  to->failing.clear();
  {
    auto r = must_open(folder.path(), with_teller<older_box>(to));
    ask<older_box>(r, "d", open_box{1000});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  auto r = must_open(folder.path(), with_teller<newer_box>(to));
  REQUIRE(test::eventually([&] { return is_through(r); }));
  CHECK(to->sorted() == std::vector<std::string>{"opened 1 box/a", "opened 10 box/b",
                                                 "opened 100 box/c", "opened 1000 box/d"});
}

TEST_CASE("marks of what was taken do not outlive the journal that they were made beside") {
  test::temp_folder folder;
  const auto store = folder / "data";
  const auto to = std::make_shared<told>();
  {
    auto r = must_open(store, with_teller<older_box>(to));
    ask<older_box>(r, "a", open_box{1});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  {
    auto r = must_open(store, aggregate_alone<newer_box>());
    ask<newer_box>(r, "b", open_box{10});
  }
  const auto all = std::filesystem::copy_options::recursive;
  std::filesystem::copy(store / "p000", folder / "journal", all);
  {
    auto r = must_open(store, with_teller<older_box>(to));
    for (int i = 0; i < 4; ++i) ask<older_box>(r, "old" + std::to_string(i), open_box{100 + i});
    REQUIRE(test::eventually([&] { return is_through(r); }));
  }
  to->failing = "box/b";
  {
    auto r = must_open(store, with_teller<newer_box>(to));
    REQUIRE(test::eventually([&] { return r.subscriber("teller")->status().retrying == 1; }));
  }
  std::filesystem::remove_all(store / "p000");
  std::filesystem::copy(folder / "journal", store / "p000", all);
  {
    auto r = must_open(store, aggregate_alone<older_box>());
    for (int i = 0; i < 4; ++i) ask<older_box>(r, "new" + std::to_string(i), open_box{500 + i});
  }
  auto r = must_open(store, with_teller<newer_box>(to));
  const auto status = r.subscriber("teller")->status();
  CHECK(status.state == acta::subscriber_state::paused);
  REQUIRE(status.trouble);
  CHECK(status.trouble->code() == acta::runtime_errc::other_history);
}

TEST_CASE("a view stops at what an older release cannot read, whatever it may skip, and goes on") {
  test::temp_folder folder;
  write_unfollowed(folder.path());
  {
    auto r = must_open(folder.path(), whole<older_box>());
    REQUIRE(test::eventually([&] { return r.figures().projections.stopped == 1; }));
    CHECK(r.figures().projections.dead_letters == 0);
  }
  auto r = must_open(folder.path(), whole<newer_box>());
  acta::position last;
  const auto row = [&](std::string_view id) {
    const auto found = r.view<weights<newer::events>>().get(id, {.at_least = last});
    return found ? found->weight : -1;
  };
  ask<newer_box>(r, "e", open_box{7});
  last = r.ask<newer_box>("e", open_box{1}).wait_for(20s)->position;
  CHECK(row("a") == 1);
  CHECK(row("b") == 10);
  CHECK(row("c") == 0);
  CHECK(row("e") == 8);
}

} // namespace older_release_test
