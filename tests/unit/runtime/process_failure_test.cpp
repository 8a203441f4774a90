// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What holds a process up holds up nobody else, and nothing is done twice: targets that do not take
// anything, rows that cannot be read, an outbox that is behind, ids that nobody remembers.
#include "engine.hpp"
#include "eventually.hpp"
#include "faulty_stores.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <acta/domain/index.hpp>
#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <map>

namespace process_failure_test {

using namespace std::chrono_literals;
using test::counter;
using test::noter;

namespace {

acta::model work() {
  acta::model m;
  m.aggregate<counter>().process<noter>().process<test::reminder>();
  return m;
}
acta::model money() {
  acta::model m;
  m.aggregate<test::account>().process<test::transfer>();
  return m;
}
/// Who fails is stuck soon, and tried often.
acta::runtime_options impatient() {
  acta::runtime_options o;
  o.replay_attempts = 1;
  o.restart_backoff_min = 1ms;
  o.restart_backoff_max = 20ms;
  return o;
}

/// Counters whose streams cannot be replayed while it lives.
struct bombs {
  bombs() { test::bomb_planted::armed = true; }
  ~bombs() { test::bomb_planted::armed = false; }
};
void plant(acta::runtime& runtime, std::string_view id) {
  REQUIRE(runtime.ask<counter>(id, test::plant_bomb{}).wait_for(20s));
}
void give(acta::runtime& runtime, std::string_view id, const test::give_work& w) {
  auto receipt = runtime.ask<noter>(id, w).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
}
std::vector<std::string> notes_of(acta::runtime& runtime, std::string_view id) {
  std::vector<std::string> notes;
  const auto events = runtime.events<counter>(id, {.limit = 100'000});
  REQUIRE(events);
  for (const auto& e : *events)
    if (const auto n = e.get<test::noted>()) notes.push_back(n->text);
  return notes;
}
/// Of counters `prefix`0, `prefix`1, …
std::uint64_t count_notes(acta::runtime& runtime, const std::string& prefix, int counters) {
  std::uint64_t notes = 0;
  for (int i = 0; i < counters; ++i) {
    const auto state = runtime.state<counter>(prefix + std::to_string(i));
    if (state) notes += state->count;
  }
  return notes;
}
std::vector<std::string> numbers(int first, int count) {
  std::vector<std::string> all;
  for (int i = first; i < first + count; ++i) all.push_back(std::to_string(i));
  return all;
}
bool settled(acta::runtime& runtime) { return runtime.settle(120s); }

void copy_outbox(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

} // namespace

TEST_CASE(
    "a target in quarantine waits and shows why, others go on, and let out it gets all in order") {
  test::temp_folder folder;
  {
    auto runtime = test::must_open(folder / "data", work());
    plant(runtime, "bad0");
  }
  std::optional<bombs> armed{std::in_place};
  const auto before_restart = [&] {
    auto runtime = test::must_open(folder / "data", work(), impatient());
    give(runtime, "n1", {"bad", 0, 200, 1});
    give(runtime, "n2", {"good", 0, 5, 5});
    REQUIRE(test::eventually([&] { return runtime.stuck().size() == 1; }));
    REQUIRE(settled(runtime)); // what is stuck does not count
    CHECK(count_notes(runtime, "good", 5) == 5);
    const auto stuck = runtime.stuck().front();
    CHECK(stuck.target == "counter/bad0");
    CHECK(stuck.command == "note");
    CHECK(stuck.process == "noter/n1");
    CHECK(stuck.attempts >= 5);
    CHECK(stuck.reason.code() == acta::runtime_errc::quarantined);
    CHECK(stuck.since.time_since_epoch().count() > 0);
    CHECK(runtime.figures().processes.stuck == 1);
    CHECK(runtime.figures().processes.waiting == 200);
    give(runtime, "n1", {"bad", 200, 100, 1});
    REQUIRE(settled(runtime));
    CHECK(runtime.figures().processes.waiting == 300);
    CHECK(runtime.stuck(0).empty());
  };
  before_restart();
  auto runtime = test::must_open(folder / "data", work(), impatient());
  give(runtime, "n1", {"bad", 300, 50, 1});
  REQUIRE(test::eventually([&] { return runtime.stuck().size() == 1; }));
  armed.reset();
  REQUIRE(runtime.release("counter", "bad0"));
  REQUIRE(settled(runtime));
  CHECK(runtime.stuck().empty());
  CHECK(runtime.figures().processes.waiting == 0);
  CHECK(notes_of(runtime, "bad0") == numbers(0, 350));
}

TEST_CASE("many targets in quarantine do not stop those that are not") {
  test::temp_folder folder;
  constexpr int bad = 300;
  {
    auto runtime = test::must_open(folder / "data", work());
    for (int i = 0; i < bad; ++i) plant(runtime, "bad" + std::to_string(i));
  }
  std::optional<bombs> armed{std::in_place};
  auto runtime = test::must_open(folder / "data", work(), impatient());
  for (int i = 0; i < 20; ++i) {
    give(runtime, "n", {"bad", i * 1000, 1000, bad});
    give(runtime, "n", {"good", i * 1000, 1000, 100});
  }
  REQUIRE(test::eventually([&] { return runtime.stuck().size() == bad; }, 120s));
  REQUIRE(settled(runtime));
  CHECK(runtime.figures().processes.waiting == 20'000); // more than are kept in memory
  for (int i = 0; i < 100; ++i) CHECK(notes_of(runtime, "good" + std::to_string(i)).size() == 200);
  armed.reset();
  for (int i = 0; i < bad; ++i) REQUIRE(runtime.release("counter", "bad" + std::to_string(i)));
  REQUIRE(settled(runtime));
  CHECK(count_notes(runtime, "bad", bad) == 20'000 + bad); // and a bomb each
}

TEST_CASE("a target of many processes gets what each of them sends in order, also when it fails") {
  test::temp_folder folder;
  {
    auto runtime = test::must_open(folder / "data", work());
    plant(runtime, "hot0");
  }
  std::optional<bombs> armed{std::in_place};
  auto options = impatient();
  options.inbox_max = 2; // of those sent together some are refused
  auto runtime = test::must_open(folder / "data", work(), options);
  constexpr int processes = 50;
  const auto give_all = [&](int first) {
    for (int p = 0; p < processes; ++p)
      give(runtime, "n" + std::to_string(p), {"hot", p * 1000 + first, 20, 1});
  };
  give_all(0);
  REQUIRE(test::eventually([&] { return runtime.stuck().size() == 1; }));
  armed.reset();
  REQUIRE(runtime.release("counter", "hot0"));
  give_all(20);
  REQUIRE(settled(runtime));
  std::map<int, int> next;
  for (const auto& note : notes_of(runtime, "hot0")) {
    const auto number = std::stoi(note);
    INFO("process " << number / 1000);
    CHECK(next[number / 1000]++ == number % 1000);
  }
  for (int p = 0; p < processes; ++p) CHECK(next[p] == 40);
}

TEST_CASE("what is new does not overtake what has not been read from the outbox yet") {
  test::temp_folder folder;
  constexpr int stored = 30'000; // more than are in memory
  {
    auto runtime = test::must_open(folder / "data", work());
    give(runtime, "n", {"first", 0, 1, 1}); // what the rows say they come from
    REQUIRE(settled(runtime));
  }
  {
    acta::persistence::store_options small;
    small.partition.journal_map_bytes = small.partition.derived_map_bytes = std::size_t{1} << 28;
    auto store = acta::persistence::store::open(folder / "data", small);
    REQUIRE(store);
    auto outbox = acta::detail::outbox::open(folder / "data" / "processes", (*store)->id(),
                                             std::size_t{1} << 26);
    REQUIRE(outbox);
    std::vector<std::unique_ptr<acta::detail::delivery>> all;
    acta::detail::outbox_changes c;
    for (int i = 0; i < stored; ++i) {
      // The last ten for the target that is read last.
      const bool last = i >= stored - 10;
      acta::detail::delivery d;
      d.aggregate = "counter";
      d.id = last ? "z0" : "a" + std::to_string(i % 3000);
      d.command = "note";
      d.json = R"({"text":")" + std::to_string(last ? i - (stored - 10) : i) + R"("})";
      d.attributes.emplace(acta::process_attribute, "noter/n");
      auto row = acta::detail::row_of_delivery(
          d.target(),
          {{0, 1}, static_cast<std::uint16_t>(i), acta::detail::delivery_kind::command});
      all.push_back(std::make_unique<acta::detail::delivery>(std::move(d)));
      c.added.emplace_back(std::move(row), all.back().get());
    }
    std::ranges::sort(c.added);
    auto txn = outbox->write();
    REQUIRE(txn);
    REQUIRE(txn->apply(c));
    REQUIRE(txn->commit());
  }
  auto runtime = test::must_open(folder / "data", work());
  give(runtime, "n", {"z", 10, 10, 1});
  REQUIRE(settled(runtime));
  CHECK(notes_of(runtime, "z0") == numbers(0, 20));
  CHECK(count_notes(runtime, "a", 3000) == stored - 10);
}

TEST_CASE("more than fits into memory is sent at the next start, each once") {
  test::temp_folder folder;
  constexpr std::int64_t steps = 20;
  {
    auto runtime = test::must_open(folder / "data", work());
    for (int i = 0; i < steps; ++i) give(runtime, "n", {"c", i * 1000, 1000, 5003});
  } // closed at once
  auto runtime = test::must_open(folder / "data", work());
  INFO("waiting at the start: " << runtime.figures().processes.waiting);
  REQUIRE(settled(runtime));
  CHECK(count_notes(runtime, "c", 5003) == steps * 1000);
}

TEST_CASE("an overloaded runtime holds timers up, which shows, and fires them when there is room") {
  auto fault = std::make_shared<test::fault>();
  acta::manual_clock clock;
  auto options = impatient();
  options.clock = clock.source();
  options.outstanding_max = 8;
  acta::detail::engine engine(work(), options, test::make_faulty_store(fault),
                              acta::actors::make_caf_host);
  REQUIRE(engine.start());
  const auto remind = [&](const std::string& id, int ms) {
    return engine.submit_json("reminder", id, "remind", "{\"ms\":" + std::to_string(ms) + "}", {});
  };
  REQUIRE(engine.submit_json("reminder", "a", "remind_all", R"({"ms":100,"count":5})", {})
              .wait_for(20s));
  REQUIRE(engine.settle(20s));
  fault->held = true;
  std::vector<acta::pending> filling;
  for (int i = 0; i < 8; ++i) filling.push_back(remind("other" + std::to_string(i), 1'000'000));
  clock.advance(100ms);
  // All but the first leave memory, and are found again.
  const auto shows = test::eventually(
      [&] { return engine.stuck(10).size() == 1 && engine.figures().processes.waiting == 1; });
  const auto stuck = engine.stuck(10);
  fault->held = false; // whatever the outcome, or nothing ends
  REQUIRE(shows);
  CHECK(stuck.front().target == "reminder/a");
  CHECK(stuck.front().command == "ring");
  CHECK(stuck.front().reason.code() == acta::runtime_errc::overloaded);
  for (auto& f : filling) CHECK(f.wait_for(20s));
  REQUIRE(test::eventually([&] { return engine.stuck(10).empty(); }));
  REQUIRE(engine.settle(20s));
  CHECK(engine.figures().processes.timers == 8);
  CHECK(engine.figures().processes.timers_fired >= 5);
  CHECK(engine.read_events("reminder", "a", {})->size() == 6);
}

TEST_CASE("rows that cannot be read are set aside, and nobody waits for them") {
  test::temp_folder folder;
  acta::persistence::store_options small; // a sanitizer leaves little of the address space
  small.partition.journal_map_bytes = small.partition.derived_map_bytes = std::size_t{1} << 30;
  acta::manual_clock clock;
  const auto options = [&] {
    auto o = impatient();
    o.clock = clock.source();
    return o;
  };
  {
    auto runtime = test::must_open(folder / "data", work(), options());
    REQUIRE(runtime.ask<test::reminder>("a", test::remind{1000}).wait_for(20s));
    REQUIRE(runtime.ask<test::reminder>("b", test::remind{1000}).wait_for(20s));
  }
  {
    auto store = acta::persistence::store::open(folder / "data", small);
    if (!store) FAIL(store.error());
    auto rows = acta::persistence::open_view_store(folder / "data" / "processes",
                                                   {(*store)->id(), "acta.processes", 2, 2},
                                                   {.map_bytes = std::size_t{1} << 26});
    REQUIRE(rows);
    auto txn = (*rows)->write();
    REQUIRE(txn);
    const auto put = [&](acta::row_table table, const std::string& key, const std::string& value) {
      REQUIRE((*txn)->put(table, acta::as_bytes_view(key), acta::as_bytes_view(value)));
    };
    using acta::row_table;
    using namespace acta::detail;
    const auto due = clock.now() + 500ms;
    // A delivery; a timer, with and without an entry; an entry without a timer; a timer that the
    // index names too early.
    put(row_table::rows, row_of_delivery("counter/x", {{0, 1}, 0, delivery_kind::command}), "?");
    put(row_table::rows, row_of_timer("reminder/c", "ring"), "?");
    put(row_table::indexes, entry_of_timer(due, row_of_timer("reminder/c", "ring")),
        row_of_timer("reminder/c", "ring"));
    put(row_table::indexes, entry_of_timer(due, row_of_timer("reminder/d", "ring")),
        row_of_timer("reminder/d", "ring"));
    put(row_table::indexes, entry_of_timer(due, row_of_timer("reminder/b", "ring")),
        row_of_timer("reminder/b", "ring"));
    REQUIRE((*txn)->commit(false));
  }
  const auto rung = [](acta::runtime& runtime, std::string_view id) {
    return runtime.state<test::reminder>(id)->rung.size();
  };
  {
    auto runtime = test::must_open(folder / "data", work(), options());
    give(runtime, "n", {"x", 0, 10, 1});
    clock.advance(500ms);
    REQUIRE(settled(runtime));
    CHECK(notes_of(runtime, "x0").size() == 10);
    CHECK(runtime.figures().processes.waiting == 0);
    CHECK(runtime.figures().processes.set_aside == 4);
    CHECK(rung(runtime, "b") == 0); // never early
    clock.advance(500ms);
    REQUIRE(settled(runtime));
    CHECK(rung(runtime, "a") == 1);
    CHECK(rung(runtime, "b") == 1);
    CHECK(runtime.figures().processes.timers == 0);
  }
  {
    auto runtime = test::must_open(folder / "data", work(), options());
    REQUIRE(settled(runtime));
    CHECK(runtime.figures().processes.set_aside == 2); // of which something was left to keep
  }
  auto store = acta::persistence::store::open(folder / "data", small);
  if (!store) FAIL(store.error());
  auto outbox = acta::detail::outbox::open(folder / "data" / "processes", (*store)->id(),
                                           std::size_t{1} << 26);
  REQUIRE(outbox);
  CHECK(outbox->count()->deliveries == 0);
  CHECK(outbox->count()->set_aside == 2);
}

TEST_CASE("an event that no step can hold is set aside, told of, and holds up nobody") {
  test::temp_folder folder;
  std::atomic<int> told{0};
  auto options = impatient();
  options.log = [&](acta::log_level level, std::string_view text) {
    if (level == acta::log_level::error && text.find("has no JSON") != text.npos) ++told;
  };
  acta::model m;
  m.aggregate<counter>().process<test::listener>();
  auto runtime = test::must_open(folder / "data", std::move(m), options);
  const auto say = [&](std::string_view id, std::string text) {
    auto receipt = runtime.ask<counter>(id, test::note{std::move(text)}).wait_for(20s);
    if (!receipt) FAIL(receipt.error());
  };
  for (int i = 0; i < 50; ++i) {
    say("a", "fine");
    say("a", "bad \xff");
    say("b", "fine");
  }
  REQUIRE(settled(runtime));
  CHECK(runtime.stuck().empty());
  CHECK(runtime.state<test::listener>("a")->heard == 50);
  CHECK(runtime.state<test::listener>("b")->heard == 50);
  const auto figures = runtime.figures().processes;
  CHECK(figures.set_aside == 50);
  CHECK(figures.waiting == 0);
  CHECK(told == 50);
}

namespace {

/// Keeps an answer from the runner until the outbox has been written after the sending.
std::atomic<int> notes_written{0}, written_at_send{0};
void answer_after_outbox(acta::detail::crash_point p) {
  using acta::detail::crash_point;
  if (p == crash_point::after_outbox_commit) ++notes_written;
  if (p == crash_point::after_send) written_at_send = notes_written.load();
  if (p == crash_point::answer_unseen)
    (void)test::eventually([] { return notes_written > written_at_send; }, 20s);
}

} // namespace

TEST_CASE("an event that no step can hold is not taken for noted when the outbox is written before "
          "its answer comes") {
  acta::model m;
  m.aggregate<counter>().process<test::listener>();
  acta::detail::engine engine(std::move(m), impatient(), acta::persistence::store::in_memory({}),
                              acta::actors::make_caf_host);
  engine.on_crash_point = answer_after_outbox;
  REQUIRE(engine.start());
  for (const std::string text : {"bad \xff", "fine"}) {
    acta::detail::ticket_ptr t;
    engine.submit(engine.find_route("counter"), "counter", "a", 1,
                  acta::detail::own(test::note{text}), {}, t);
    REQUIRE(acta::pending(std::move(t)).wait_for(20s));
    REQUIRE(engine.settle(120s));
  }
  const auto figures = engine.figures().processes;
  CHECK(figures.stuck == 0);
  CHECK(figures.failures == 0);
  CHECK(figures.set_aside == 1);
  CHECK(figures.waiting == 0);
  CHECK(figures.delivered == 1);
}

TEST_CASE("an outbox that power loss has put back does not undo a rejection that was told") {
  test::temp_folder folder;
  const auto outbox = folder / "data" / "processes";
  const auto open = [&] { return test::must_open(folder / "data", money()); };
  {
    auto runtime = open();
    for (const auto* id : {"ada", "bob"})
      REQUIRE(runtime.ask<test::account>(id, test::open_account{id}).wait_for(20s));
  }
  copy_outbox(outbox, folder / "before");
  {
    auto runtime = open();
    REQUIRE(
        runtime.ask<test::transfer>("t", test::request_transfer{"ada", "bob", 30}).wait_for(20s));
    REQUIRE(settled(runtime));
    REQUIRE(runtime.state<test::transfer>("t")->state == "refused: insufficient_funds");
    // Now it would be accepted.
    REQUIRE(runtime.ask<test::account>("ada", test::credit{100}).wait_for(20s));
  }
  SECTION("an earlier one") { copy_outbox(folder / "before", outbox); }
  SECTION("none at all") { std::filesystem::remove_all(outbox); }
  auto runtime = open();
  REQUIRE(settled(runtime));
  CHECK(runtime.state<test::account>("ada")->cents == 100);
  CHECK(runtime.state<test::transfer>("t")->state == "refused: insufficient_funds");
}

TEST_CASE("what an earlier run was told is not asked anew while the index cannot be read, and "
          "nobody else waits") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = test::must_open(data, money());
    for (const auto* id : {"ada", "bob"})
      REQUIRE(runtime.ask<test::account>(id, test::open_account{id}).wait_for(20s));
  }
  copy_outbox(data / "processes", folder / "before");
  {
    auto runtime = test::must_open(data, money());
    REQUIRE(
        runtime.ask<test::transfer>("t", test::request_transfer{"ada", "bob", 30}).wait_for(20s));
    REQUIRE(settled(runtime));
    REQUIRE(runtime.ask<test::account>("ada", test::credit{100}).wait_for(20s));
  }
  copy_outbox(folder / "before", data / "processes"); // so that the debit is sent once more
  const auto fault = std::make_shared<test::fault>();
  fault->lookups_fail = true;
  acta::detail::engine engine(money(), impatient(), test::open_faulty_store(fault, data),
                              acta::actors::make_caf_host);
  REQUIRE(engine.start());
  REQUIRE(test::eventually([&] { return engine.stuck(10).size() == 1; }));
  const auto stuck = engine.stuck(10).front();
  CHECK(stuck.target == "account/ada");
  CHECK(stuck.command == "debit");
  CHECK(stuck.process == "transfer/t");
  CHECK(stuck.reason.code() == acta::persistence::errc::io);
  CHECK(engine.submit_json("account", "bob", "credit", R"({"cents":7})", {}).wait_for(20s));
  fault->lookups_fail = false;
  REQUIRE(test::eventually([&] { return engine.stuck(10).empty(); }));
  REQUIRE(engine
              .submit_json("transfer", "u", "request_transfer",
                           R"({"from":"bob","to":"ada","cents":5,"patience_ms":1000})", {})
              .wait_for(20s));
  REQUIRE(engine.settle(60s));
  CHECK(engine.read_events("account", "ada", {})->size() == 3); // opened, 100, 5
  CHECK(engine.read_events("account", "bob", {})->size() == 3); // opened, 7, -5
  CHECK(engine.figures().processes.set_aside == 0);
}

TEST_CASE("a delivery older than the memory of command ids is not taken for a new one") {
  test::temp_folder folder;
  const auto outbox = folder / "data" / "processes";
  acta::manual_clock clock;
  const auto open = [&](acta::model m) {
    acta::runtime_options o;
    o.clock = clock.source();
    o.monotonic = [now = clock.source()] { return now().time_since_epoch(); };
    return test::must_open(folder / "data", std::move(m), std::move(o));
  };
  {
    auto runtime = open(money());
    for (const auto* id : {"ada", "bob"}) {
      REQUIRE(runtime.ask<test::account>(id, test::open_account{id}).wait_for(20s));
      REQUIRE(runtime.ask<test::account>(id, test::credit{100}).wait_for(20s));
    }
  }
  copy_outbox(outbox, folder / "before");
  {
    auto runtime = open(money());
    REQUIRE(
        runtime.ask<test::transfer>("t", test::request_transfer{"ada", "bob", 30}).wait_for(20s));
    REQUIRE(
        runtime.ask<test::transfer>("u", test::request_transfer{"ada", "bob", 99}).wait_for(20s));
    REQUIRE(settled(runtime));
    REQUIRE(runtime.state<test::transfer>("t")->state == "done");
    REQUIRE(runtime.state<test::transfer>("u")->state == "refused: insufficient_funds");
  }
  clock.advance(24h * 8);
  {
    acta::model accounts; // nothing is sent here, but old command ids are swept
    accounts.aggregate<test::account>();
    auto runtime = open(std::move(accounts));
    clock.advance(24h * 8); // only time in which it runs makes them old
    for (int i = 0; i < 100; ++i)
      REQUIRE(runtime.ask<test::account>("ada", test::credit{1}).wait_for(20s));
  }
  SECTION("an earlier outbox") { copy_outbox(folder / "before", outbox); }
  SECTION("none at all") { std::filesystem::remove_all(outbox); }
  auto runtime = open(money());
  REQUIRE(settled(runtime));
  CHECK(runtime.state<test::account>("ada")->cents == 170);
  CHECK(runtime.state<test::account>("bob")->cents == 130);
  CHECK(runtime.events("transfer", "t")->size() == 3);
  CHECK(runtime.events("transfer", "u")->size() == 2);
  // And what is new goes on as ever.
  REQUIRE(runtime.ask<test::transfer>("v", test::request_transfer{"ada", "bob", 99}).wait_for(20s));
  REQUIRE(settled(runtime));
  CHECK(runtime.state<test::account>("bob")->cents == 229);
}

TEST_CASE("a clock that was ahead for a moment makes no process send its commands twice") {
  test::temp_folder folder;
  const auto outbox = folder / "data" / "processes";
  acta::manual_clock clock;
  const auto open = [&] {
    acta::runtime_options o;
    o.clock = clock.source();
    return test::must_open(folder / "data", money(), std::move(o));
  };
  {
    auto runtime = open();
    for (const auto* id : {"ada", "bob"}) {
      REQUIRE(runtime.ask<test::account>(id, test::open_account{id}).wait_for(20s));
      REQUIRE(runtime.ask<test::account>(id, test::credit{100}).wait_for(20s));
    }
  }
  copy_outbox(outbox, folder / "before");
  {
    auto runtime = open();
    REQUIRE(
        runtime.ask<test::transfer>("t", test::request_transfer{"ada", "bob", 30}).wait_for(20s));
    REQUIRE(settled(runtime));
    clock.advance(24h * 8);
    REQUIRE(runtime.ask<test::account>("ada", test::credit{1}).wait_for(20s));
    clock.advance(-24h * 8);
  }
  // As after a crash: what the outbox has not noted is sent again, under the same ids.
  copy_outbox(folder / "before", outbox);
  auto runtime = open();
  REQUIRE(settled(runtime));
  CHECK(runtime.state<test::account>("ada")->cents == 71);
  CHECK(runtime.state<test::account>("bob")->cents == 130);
  CHECK(runtime.events("transfer", "t")->size() == 3);
}

namespace {

/// Sends to a counter of another name, and so mostly of another partition.
struct summer {
  static constexpr std::string_view name = "summer";
  using inputs = acta::one_of<test::noted>;
  std::int64_t got = 0;
  static std::optional<std::string> key(const test::noted& n, const acta::metadata&) {
    return n.text;
  }
  acta::reaction react(const test::noted& n) const {
    return acta::send<counter>("sum-" + n.text, test::add{1});
  }
  void evolve(const test::noted&) { ++got; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(got)); }
};

/// The first of `prefix`0, `prefix`1, … that fits.
std::string first_id(const std::string& prefix, const std::function<bool(const std::string&)>& f) {
  for (int i = 0;; ++i)
    if (auto id = prefix + std::to_string(i); f(id)) return id;
}

} // namespace

TEST_CASE(
    "a clock that was ahead in another partition does not make what is forgotten look young") {
  test::temp_folder folder;
  acta::manual_clock clock, monotonic;
  const auto open = [&] {
    acta::model m;
    m.aggregate<counter>().process<summer>();
    acta::runtime_options o;
    o.partitions = 2;
    o.dedupe_keep = 1h;
    o.clock = clock.source();
    o.monotonic = [now = monotonic.source()] { return now().time_since_epoch(); };
    o.index_delay_max = 1ms;
    return test::must_open(folder / "data", std::move(m), std::move(o));
  };
  const auto part = [](std::string_view aggregate, const std::string& id) {
    return acta::persistence::stream_key(aggregate, id).hash() % 2;
  };
  const auto key = first_id("k", [&](const auto& id) {
    return part("summer", id) == 0 && part("counter", "sum-" + id) == 1;
  });
  const auto in_0 = first_id("x", [&](const auto& id) { return part("counter", id) == 0; });
  const auto in_1 = first_id("y", [&](const auto& id) { return part("counter", id) == 1; });
  const auto total = [&](acta::runtime& r) { return r.state<counter>("sum-" + key)->total; };
  {
    auto runtime = open();
    REQUIRE(runtime.ask<counter>(in_0, test::add{1}).wait_for(20s));
    clock.advance(2h);
    REQUIRE(runtime.ask<counter>(in_0, test::add{1}).wait_for(20s));
    clock.advance(-2h);
    REQUIRE(runtime.ask<counter>(in_1, test::note{key}).wait_for(20s));
    REQUIRE(settled(runtime));
    REQUIRE(total(runtime) == 1);
    for (int i = 0; i < 24; ++i) { // hours in which only partition 1 has commits
      clock.advance(10min);
      monotonic.advance(10min);
      REQUIRE(runtime.ask<counter>(in_1, test::add{1}).wait_for(20s));
    }
  }
  std::filesystem::remove_all(folder / "data" / "processes");
  auto runtime = open();
  REQUIRE(settled(runtime));
  CHECK(total(runtime) == 1);
}

TEST_CASE("a timer set again for the very time at which it fires fires again") {
  test::temp_folder folder;
  acta::manual_clock clock;
  auto options = impatient();
  options.clock = clock.source();
  auto runtime = test::must_open(folder / "data", work(), options);
  for (int i = 0; i < 20; ++i)
    REQUIRE(
        runtime.ask<test::reminder>(std::to_string(i), test::remind_often{100, 4}).wait_for(20s));
  clock.advance(100ms);
  REQUIRE(settled(runtime));
  for (int i = 0; i < 20; ++i)
    CHECK(runtime.state<test::reminder>(std::to_string(i))->rung.size() == 4);
  CHECK(runtime.figures().processes.timers == 0);
}

TEST_CASE("an outbox that cannot be written does not keep processes from going on") {
  test::temp_folder folder;
  std::atomic<bool> complained{false};
  acta::runtime_options o;
  o.projections.map_bytes = std::size_t{1} << 18; // of the outbox too
  // Who waits for the outbox comes too late.
  o.restart_backoff_min = o.restart_backoff_max = 1h;
  o.log = [&](acta::log_level level, std::string_view text) {
    complained =
        complained || (level == acta::log_level::error && text.find("store_full") != text.npos);
  };
  {
    auto runtime = test::must_open(folder / "data", work(), o);
    // Timers fill it up.
    for (int i = 0; i < 3000; ++i) {
      const auto dropped =
          runtime.ask<test::reminder>("r" + std::to_string(i), test::remind{1'000'000'000});
    }
    REQUIRE(test::eventually([&] { return complained.load(); }));
    for (int i = 0; i < 2000; ++i) {
      const auto dropped =
          runtime.ask<noter>("n" + std::to_string(i), test::give_work{"c", i, 1, 10});
    }
    REQUIRE(test::eventually([&] { return count_notes(runtime, "c", 10) == 2000; }, 60s));
  }
  complained = false;
  { // no better after a restart, whose first attempt at the outbox fails
    auto runtime = test::must_open(folder / "data", work(), o);
    give(runtime, "more", {"c", 2000, 100, 10});
    REQUIRE(test::eventually([&] { return complained.load(); }));
    REQUIRE(test::eventually([&] { return count_notes(runtime, "c", 10) == 2100; }, 60s));
  }
  auto runtime = test::must_open(folder / "data", work());
  REQUIRE(settled(runtime));
  CHECK(runtime.figures().processes.timers == 3000);
  CHECK(count_notes(runtime, "c", 10) == 2100);
}

#if !defined(ACTA_SANITIZED_THREAD) // bytes, not races: it would take minutes
namespace {

/// Gives each counter a text of this size.
struct write_much {
  std::string prefix;
  std::int64_t first = 0, count = 1, bytes = 1;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(prefix), CEREAL_NVP(first), CEREAL_NVP(count), CEREAL_NVP(bytes));
  }
};
struct scribe {
  static constexpr std::string_view name = "scribe";
  using inputs = acta::one_of<write_much>;
  acta::reaction react(const write_much& w) const {
    acta::reaction r;
    for (std::int64_t i = w.first; i < w.first + w.count; ++i)
      r.add(acta::send<counter>(w.prefix + std::to_string(i),
                                test::note{std::string(static_cast<std::size_t>(w.bytes), 'x')}));
    return r;
  }
  template <class A> void serialize(A&) {}
};

acta::model letters() {
  acta::model m;
  m.aggregate<counter>().process<scribe>();
  return m;
}
constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// Of this process, without files that are mapped.
std::size_t memory_in_use() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "RssAnon:" && status >> word) return std::stoul(word) * 1024;
  return 0;
}

} // namespace

TEST_CASE("deliveries are bounded by their bytes, whether they are on their way or held up") {
  constexpr int bytes = 100'000;
  test::temp_folder folder;
  const bool bad = GENERATE(false, true);
  const int counters = bad ? 300 : 1'200; // each gets so many bytes
  {
    auto runtime = test::must_open(folder / "data", letters());
    for (int i = 0; bad && i < counters; ++i) plant(runtime, "c" + std::to_string(i));
  }
  std::optional<bombs> armed;
  if (bad) armed.emplace();
  auto runtime = test::must_open(folder / "data", letters(), impatient());
  [[maybe_unused]] const auto before = memory_in_use(); // a sanitizer keeps what is freed
  std::size_t most = 0, most_counted = 0;
  const auto look = [&] {
    most = std::max(most, memory_in_use());
    most_counted =
        std::max(most_counted, static_cast<std::size_t>(runtime.figures().processes.bytes));
  };
  for (int i = 0; i < counters; i += 10) {
    REQUIRE(runtime.ask<scribe>("s", write_much{"c", i, 10, bytes}).wait_for(20s));
    look();
  }
  const auto is_done = [&] {
    look();
    const auto f = runtime.figures().processes;
    return (bad ? f.stuck : f.delivered) == static_cast<std::uint64_t>(counters);
  };
  REQUIRE(test::eventually(is_done, 120s));
  REQUIRE(settled(runtime));
  CHECK(most_counted < 90 * mebibyte);
  if (bad) {
    CHECK(runtime.figures().processes.waiting == static_cast<std::uint64_t>(counters));
    // Of 30 MiB: what is just being tried again, at most 8 MiB, and a little of each.
    CHECK(runtime.figures().processes.bytes < 10 * mebibyte);
  }
#if !defined(ACTA_SANITIZED_ADDRESS) && !defined(ACTA_SANITIZED_THREAD)
  CHECK(most < before + 300 * mebibyte);
#endif
  if (!bad) return;
  armed.reset();
  for (int i = 0; i < counters; ++i) REQUIRE(runtime.release("counter", "c" + std::to_string(i)));
  REQUIRE(settled(runtime));
  CHECK(runtime.figures().processes.waiting == 0);
  CHECK(count_notes(runtime, "c", counters) == 2 * static_cast<std::uint64_t>(counters));
}
#endif

} // namespace process_failure_test
