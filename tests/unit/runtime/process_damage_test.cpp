// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// One damaged commit stops its own stream. Processes pass over it, say what they may have lost,
// keep that over restarts, and go on for all other streams; so does the search for causes.
#include "damaged_journal.hpp"
#include "eventually.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <acta/persistence/errc.hpp>
#include <acta/runtime/errc.hpp>
#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <mutex>

namespace process_damage_test {

using namespace std::chrono_literals;
using test::counter;
using test::listener;
using test::noter;
namespace fs = std::filesystem;

namespace {

/// Hears the notes too, for the counter of the same name.
struct gossip {
  static constexpr std::string_view name = "gossip";
  using inputs = acta::one_of<test::noted>;
  std::int64_t heard = 0;

  static std::string key(const test::noted&, const acta::metadata& m) {
    return m.stream.substr(m.stream.find('/') + 1);
  }
  acta::reaction react(const test::noted&) const { return {}; }
  void evolve(const test::noted&) { ++heard; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(heard)); }
};

acta::model counters() {
  acta::model m;
  m.aggregate<counter>();
  return m;
}
acta::model heard() {
  acta::model m;
  m.aggregate<counter>().process<listener>().process<gossip>();
  return m;
}
acta::model noting() {
  acta::model m;
  m.aggregate<counter>().process<noter>();
  return m;
}

struct kept_log {
  std::mutex mutex;
  std::vector<std::string> errors;

  acta::runtime_options options() {
    acta::runtime_options o;
    o.replay_attempts = 1;
    o.restart_backoff_min = 1ms;
    o.restart_backoff_max = 20ms;
    o.log = [this](acta::log_level level, std::string_view text) {
      const std::lock_guard lock(mutex);
      if (level == acta::log_level::error) errors.emplace_back(text);
    };
    return o;
  }
  int lines_with(std::string_view a, std::string_view b) {
    const std::lock_guard lock(mutex);
    return static_cast<int>(std::ranges::count_if(errors, [&](const std::string& line) {
      return line.find(a) != line.npos && line.find(b) != line.npos;
    }));
  }
};

void say(acta::runtime& runtime, std::string_view id) {
  auto receipt = runtime.ask<counter>(id, test::note{"hello"}).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
}
template <class P> std::int64_t heard_by(acta::runtime& runtime, std::string_view id) {
  const auto state = runtime.state<P>(id);
  if (!state && state.error().code() == acta::errc::not_found) return 0;
  if (!state) FAIL(state.error());
  return state->heard;
}
bool settled(acta::runtime& runtime) { return runtime.settle(40s); }
std::uint64_t set_aside(acta::runtime& runtime) { return runtime.figures().processes.set_aside; }
/// Puts a folder in the place of another.
void copy_over(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

} // namespace

TEST_CASE("one damaged commit stops no process, wherever it stands, and is counted once for good") {
  test::temp_folder folder;
  const auto data = folder / "data";
  { auto runtime = test::must_open(data, heard()); } // both begin before the first event
  {
    auto runtime = test::must_open(data, counters());
    for (const auto* id : {"a", "b", "c", "d", "e"}) say(runtime, id);
  }
  const auto damaged = GENERATE(1, 3, 5);
  const bool rebuild = GENERATE(false, true);
  CAPTURE(damaged, rebuild);
  test::damage_commit(data / "p000" / "journal", static_cast<std::uint64_t>(damaged));
  if (rebuild) fs::remove_all(data / "p000" / "derived");
  copy_over(data / "processes", folder / "before");
  const auto where = "0:" + std::to_string(damaged);
  const std::string lost(1, static_cast<char>('a' + damaged - 1));
  for (int round = 0; round < 3; ++round) {
    CAPTURE(round);
    // After the third start the outbox is as a crash would have left it before its first note.
    if (round == 2) copy_over(folder / "before", data / "processes");
    kept_log log;
    auto runtime = test::must_open(data, heard(), log.options());
    REQUIRE(settled(runtime));
    for (const std::string id : {"a", "b", "c", "d", "e"}) {
      CAPTURE(id);
      const auto times = id == lost ? 0 : 1;
      CHECK(heard_by<listener>(runtime, id) == times);
      CHECK(heard_by<gossip>(runtime, id) == times);
    }
    CHECK(heard_by<listener>(runtime, "new") == round);
    CHECK(set_aside(runtime) == 2);
    CHECK(runtime.stuck().empty());
    CHECK(runtime.figures().processes.waiting == 0);
    CHECK(log.lines_with("processes: a damaged commit is passed over; what " + where + ' ',
                         "is lost to gossip, listener: corrupt_commit") +
              log.lines_with("processes: a damaged commit is passed over; what " + where + ' ',
                             "is lost to listener, gossip: corrupt_commit") ==
          (round == 1 ? 0 : 1));
    // What comes goes on, for the others.
    say(runtime, "new");
    REQUIRE(settled(runtime));
    CHECK(heard_by<gossip>(runtime, "new") == round + 1);
    const auto no = runtime.ask<counter>(lost, test::note{"more"}).wait_for(20s);
    REQUIRE_FALSE(no);
    CHECK(no.error().code() == acta::runtime_errc::quarantined);
  }
}

TEST_CASE("a process that had taken a damaged commit has lost nothing of it") {
  test::temp_folder folder;
  const auto data = folder / "data";
  { auto runtime = test::must_open(data, heard()); }
  {
    acta::model one;
    one.aggregate<counter>().process<listener>();
    auto runtime = test::must_open(data, std::move(one));
    for (const auto* id : {"a", "b"}) say(runtime, id);
    REQUIRE(settled(runtime));
  }
  // 1 is a, 2 and 3 are b and a's step in either order.
  test::damage_commit(data / "p000" / "journal", 1);
  for (int round = 0; round < 2; ++round) {
    kept_log log;
    auto runtime = test::must_open(data, heard(), log.options());
    REQUIRE(settled(runtime));
    CHECK(heard_by<listener>(runtime, "a") == 1);
    CHECK(heard_by<gossip>(runtime, "a") == 0);
    CHECK(heard_by<gossip>(runtime, "b") == 1);
    CHECK(set_aside(runtime) == 1);
    CHECK(log.lines_with("0:1 ", "is lost to gossip: ") == (round == 0 ? 1 : 0));
  }
}

TEST_CASE("a damaged step of one instance stops no other instance of its process") {
  test::temp_folder folder;
  const auto data = folder / "data";
  { auto runtime = test::must_open(data, noting()); }
  copy_over(data / "processes", folder / "before");
  acta::position step;
  {
    auto runtime = test::must_open(data, noting());
    for (const auto* id : {"n1", "n2", "n3"}) {
      const auto receipt = runtime.ask<noter>(id, test::give_work{"c", 0, 10, 10}).wait_for(20s);
      REQUIRE(receipt);
      if (std::string_view(id) == "n2") step = receipt->position;
      REQUIRE(settled(runtime));
    }
  }
  copy_over(folder / "before", data / "processes"); // as if nothing had been noted
  test::damage_commit(data / "p000" / "journal", step.number);
  kept_log log;
  auto runtime = test::must_open(data, noting(), log.options());
  REQUIRE(settled(runtime));
  CHECK(set_aside(runtime) == 1);
  CHECK(runtime.state<counter>("c0")->count == 3); // n2's were sent before
  REQUIRE(runtime.ask<noter>("n1", test::give_work{"c", 0, 10, 10}).wait_for(20s));
  REQUIRE(settled(runtime));
  CHECK(runtime.state<counter>("c9")->count == 4);
  const auto no = runtime.ask<noter>("n2", test::give_work{"c", 0, 1, 1}).wait_for(20s);
  REQUIRE_FALSE(no);
  CHECK(no.error().code() == acta::runtime_errc::quarantined);
  // Causes: the effect is told, with the damage where its reason was.
  const auto notes = runtime.events<counter>("c0");
  REQUIRE(notes->size() == 4);
  const auto why = runtime.why(notes->at(1).metadata.position);
  if (!why) FAIL(why.error());
  REQUIRE(why->chain.size() == 1);
  CHECK(why->chain.front().because.kind == acta::cause_kind::command);
  CHECK(why->chain.front().because.of == step);
  CHECK(why->damaged == std::vector{step});
  CHECK(runtime.why(notes->at(0).metadata.position)->damaged.empty());
  CHECK(runtime.why(step).error().code() == acta::persistence::errc::corrupt_commit);
  CHECK(runtime.why(step).error().where() == step.to_string());
}

TEST_CASE("an instance whose own stream is damaged takes nothing more, which shows, and when the "
          "journal is mended it takes what waits") {
  test::temp_folder folder;
  const auto data = folder / "data";
  acta::manual_clock clock;
  const auto reminding = [] {
    acta::model m;
    m.process<test::reminder>();
    return m;
  };
  const auto with_clock = [&](acta::runtime_options o) {
    o.clock = clock.source();
    return o;
  };
  std::vector<acta::position> steps;
  {
    auto runtime = test::must_open(data, reminding(), with_clock({}));
    for (const auto* id : {"r2", "r1", "r1"}) {
      const auto step = runtime.ask<test::reminder>(id, test::remind{500}).wait_for(20s);
      REQUIRE(step);
      if (std::string_view(id) == "r1") steps.push_back(step->position);
    }
    REQUIRE(settled(runtime));
  }
  const bool rebuild = GENERATE(false, true);
  CAPTURE(rebuild);
  const auto turn_bits = [&] { // the second time they are as they were
    for (const auto& at : steps) test::damage_commit(data / "p000" / "journal", at.number);
  };
  turn_bits();
  if (rebuild) fs::remove_all(data / "p000" / "derived");
  clock.advance(1s); // both timers are due
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    kept_log log;
    auto runtime = test::must_open(data, reminding(), with_clock(log.options()));
    REQUIRE(test::eventually([&] { return runtime.stuck().size() == 1; }));
    const auto stuck = runtime.stuck().front();
    CHECK(stuck.target == "reminder/r1");
    CHECK(stuck.command == "ring");
    CHECK(stuck.reason.to_string().find("corrupt_commit") != std::string::npos);
    CHECK(log.lines_with("reminder/r1: quarantined", "0:" + std::to_string(steps[0].number)) >= 1);
    REQUIRE(settled(runtime)); // what is stuck does not count
    CHECK(runtime.state<test::reminder>("r2")->rung == std::vector<std::int64_t>{500});
    CHECK(runtime.state<test::reminder>("r1").error().code() ==
          acta::persistence::errc::corrupt_commit);
    CHECK(runtime.figures().processes.stuck == 1);
    CHECK(set_aside(runtime) == 0);
    const auto id = "new" + std::to_string(round);
    REQUIRE(runtime.ask<test::reminder>(id, test::remind{7}).wait_for(20s));
    clock.advance(1s);
    REQUIRE(settled(runtime));
    CHECK(runtime.state<test::reminder>(id)->rung == std::vector<std::int64_t>{7});
  }
  turn_bits();
  auto runtime = test::must_open(data, reminding(), with_clock({}));
  REQUIRE(settled(runtime));
  CHECK(runtime.stuck().empty());
  CHECK(runtime.state<test::reminder>("r1")->rung == std::vector<std::int64_t>{500});
}

TEST_CASE("a tree of causes lacks what is damaged and what came of it, and says so") {
  test::temp_folder folder;
  const auto data = folder / "data";
  acta::position step, lost;
  {
    auto runtime = test::must_open(data, noting());
    const auto receipt = runtime.ask<noter>("n", test::give_work{"c", 0, 3, 3}).wait_for(20s);
    REQUIRE(receipt);
    step = receipt->position;
    REQUIRE(settled(runtime));
    lost = runtime.events<counter>("c1")->front().metadata.position;
  }
  test::damage_commit(data / "p000" / "journal", lost.number);
  auto runtime = test::must_open(data, noting());
  const auto why = runtime.why(step);
  if (!why) FAIL(why.error());
  CHECK(why->tree.size() == 3);
  CHECK(why->damaged == std::vector{lost});
}

TEST_CASE("damaged commits do not keep what is old from being recognised") {
  test::temp_folder folder;
  const auto data = folder / "data";
  acta::manual_clock clock;
  const auto options = [&] {
    acta::runtime_options o;
    o.clock = clock.source();
    o.monotonic = [now = clock.source()] { return now().time_since_epoch(); };
    o.restart_backoff_min = 1ms;
    o.restart_backoff_max = 20ms;
    return o;
  };
  const auto money = [] {
    acta::model m;
    m.aggregate<test::account>().process<test::transfer>();
    return m;
  };
  {
    auto runtime = test::must_open(data, money(), options());
    for (const auto* id : {"ada", "bob", "eve"})
      REQUIRE(runtime.ask<test::account>(id, test::open_account{id}).wait_for(20s));
    REQUIRE(runtime.ask<test::account>("ada", test::credit{100}).wait_for(20s));
  }
  copy_over(data / "processes", folder / "before");
  {
    auto runtime = test::must_open(data, money(), options());
    for (const auto* id : {"t", "u"})
      REQUIRE(
          runtime.ask<test::transfer>(id, test::request_transfer{"ada", "bob", 30}).wait_for(20s));
    REQUIRE(settled(runtime));
  }
  clock.advance(24h * 8);
  std::vector<acta::position> of_eve;
  {
    acta::model accounts;
    accounts.aggregate<test::account>();
    auto runtime = test::must_open(data, std::move(accounts), options());
    clock.advance(24h * 8); // only time in which it runs makes ids old
    for (int i = 0; i < 100; ++i)
      of_eve.push_back(runtime.ask<test::account>("eve", test::credit{1}).wait_for(20s)->position);
  }
  for (const auto& at : of_eve) test::damage_commit(data / "p000" / "journal", at.number);
  copy_over(folder / "before", data / "processes");
  auto runtime = test::must_open(data, money(), options());
  REQUIRE(settled(runtime));
  CHECK(runtime.stuck().empty());
  CHECK(runtime.state<test::account>("ada")->cents == 40);
  CHECK(runtime.state<test::account>("bob")->cents == 60);
  CHECK(set_aside(runtime) == of_eve.size());
  REQUIRE(runtime.ask<test::transfer>("v", test::request_transfer{"ada", "bob", 5}).wait_for(20s));
  REQUIRE(settled(runtime));
  CHECK(runtime.state<test::account>("bob")->cents == 65);
}

TEST_CASE("what is set aside can be listed page by page, and dropped for good") {
  test::temp_folder folder;
  const auto data = folder / "data";
  { auto runtime = test::must_open(data, heard()); }
  {
    auto runtime = test::must_open(data, counters());
    for (const auto* id : {"a", "b", "c"}) say(runtime, id);
  }
  for (const std::uint64_t at : {1u, 3u}) test::damage_commit(data / "p000" / "journal", at);
  {
    auto runtime = test::must_open(data, heard());
    CHECK(settled(runtime));
    const auto all = runtime.set_aside();
    if (!all) FAIL(all.error());
    REQUIRE(all->size() == 4);
    std::vector<acta::set_aside_record> paged;
    for (std::string after;;) {
      const auto page = runtime.set_aside(3, after);
      if (!page) FAIL(page.error());
      if (page->empty()) break;
      paged.insert(paged.end(), page->begin(), page->end());
      after = page->back().id;
    }
    REQUIRE(paged.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(paged[i].id == all->at(i).id);
    CHECK(all->front().kind == "damaged_commit");
    CHECK(all->front().target == "gossip/");
    CHECK(all->front().from == acta::position{0, 1});
    CHECK(all->front().reason.find("corrupt_commit") != std::string::npos);
    CHECK(all->back().target == "listener/");
    CHECK(all->back().from == acta::position{0, 3});
    CHECK(runtime.set_aside(0)->empty());
    REQUIRE(runtime.drop_set_aside(all->front().id));
    CHECK(runtime.drop_set_aside(all->front().id).error().code() == acta::errc::not_found);
    for (const auto* wrong : {"", "x", "0g", "00"}) {
      CAPTURE(wrong);
      CHECK_FALSE(runtime.drop_set_aside(wrong));
    }
    CHECK(runtime.set_aside(9, "xyz").error().code() == acta::errc::invalid_argument);
    CHECK(set_aside(runtime) == 3);
    say(runtime, "b");
    CHECK(settled(runtime));
    CHECK(set_aside(runtime) == 3); // the next turn counts the same
  }
  auto runtime = test::must_open(data, heard());
  CHECK(settled(runtime));
  CHECK(set_aside(runtime) == 3);
  CHECK(runtime.set_aside()->size() == 3);
}

TEST_CASE("every kind of what is set aside says what it is") {
  test::temp_folder folder;
  acta::model m;
  m.aggregate<counter>().process<listener>();
  auto runtime = test::must_open(folder / "data", std::move(m));
  REQUIRE(runtime.ask<counter>("a", test::note{"bad \xff"}).wait_for(20s));
  REQUIRE(test::eventually([&] { return !runtime.set_aside().value().empty(); }));
  const auto one = runtime.set_aside()->front();
  CHECK(one.kind == "event");
  CHECK(one.target == "listener/a");
  CHECK(one.process == "listener/a");
  CHECK(one.command == "noted");
  CHECK(one.from == acta::position{0, 1});
  CHECK(one.reason.find("has no JSON") != std::string::npos);
}

} // namespace process_damage_test
