// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter_views.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "view_requests.hpp"

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace view_test {

using test::add_to;
using test::note_in;
using test::status_of;

using namespace std::chrono_literals;
using namespace test;

namespace {

acta::model counters(const acta::view_options& notes_options = {}) {
  acta::model m;
  m.aggregate<counter>({.snapshot_every = 100});
  m.view<totals>().view<ledger>().view<notes>(notes_options);
  m.query<grand_total>({.cached = true});
  return m;
}

ledger::row book(acta::runtime& runtime, acta::position at) {
  auto row = runtime.view<ledger>().get("0", {.at_least = at, .timeout = 20s});
  if (!row) FAIL(row.error());
  return *row;
}

/// Many commands at once, to some streams.
void load(acta::runtime& runtime, int commands, int streams) {
  std::vector<acta::pending> waiting;
  for (int i = 0; i < commands; ++i)
    waiting.push_back(runtime.ask<counter>(std::to_string(i % streams), add{1}));
  for (auto& w : waiting) {
    auto receipt = w.wait_for(60s);
    if (!receipt) FAIL(receipt.error());
  }
}

} // namespace

TEST_CASE("a view shows a command's effect to whoever has its receipt") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  for (int i = 1; i <= 50; ++i) {
    const auto at = add_to(runtime, "ada", i);
    const auto row = runtime.view<totals>().get("ada", {.at_least = at, .timeout = 20s});
    REQUIRE(row);
    CHECK(row->version == static_cast<std::uint64_t>(i));
    CHECK(row->total == i * (i + 1) / 2);
  }
  CHECK(runtime.view<totals>().get("nobody").error().code() == acta::errc::not_found);
}

TEST_CASE("a runtime in memory has views too") {
  auto opened = acta::runtime::in_memory(counters());
  REQUIRE(opened);
  const auto at = add_to(*opened, "ada", 5);
  CHECK(opened->view<totals>().get("ada", {.at_least = at, .timeout = 20s})->total == 5);
}

TEST_CASE("rows, indexes and checkpoints survive a restart, and only what is new is folded") {
  test::temp_folder folder;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", counters());
    for (int i = 0; i < 20; ++i) at = add_to(runtime, std::to_string(i), i);
    CHECK(book(runtime, at).events == 20);
  }
  auto runtime = must_open(folder / "data", counters());
  at = add_to(runtime, "7", 100);
  CHECK(book(runtime, at).events == 21);
  CHECK(status_of<ledger>(runtime).serving->events == 1);
  const auto top = runtime.view<totals>().scan({.index = "by_total", .reverse = true, .limit = 2},
                                               {.at_least = at, .timeout = 20s});
  REQUIRE(top);
  REQUIRE(top->rows.size() == 2);
  CHECK(top->rows[0].key == "7");
  CHECK(top->rows[1].key == "19");
}

TEST_CASE("views folders that are deleted are built again") {
  test::temp_folder folder;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", counters());
    for (int i = 0; i < 100; ++i) at = add_to(runtime, std::to_string(i % 7), 1);
  }
  REQUIRE(std::filesystem::remove_all(folder / "data/views") > 0);
  auto runtime = must_open(folder / "data", counters());
  CHECK(book(runtime, at).events == 100);
  CHECK(runtime.view<totals>().count({}, {.at_least = at, .timeout = 20s}).value() == 7);
}

TEST_CASE("a damaged environment is made anew, and says so in the log") {
  test::temp_folder folder;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", counters());
    at = add_to(runtime, "a", 1);
    book(runtime, at);
  }
  std::filesystem::resize_file(folder / "data/views/ledger@1/data.mdb", 0);
  std::ofstream(folder / "data/views/ledger@1/data.mdb") << std::string(20000, 'x');
  std::mutex mutex;
  std::string lines;
  acta::runtime_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    const std::lock_guard lock(mutex);
    (lines += line) += '\n';
  };
  auto runtime = must_open(folder / "data", counters(), options);
  CHECK(book(runtime, at).events == 1);
  const std::lock_guard lock(mutex);
  CHECK(lines.find("ledger: generation 1 is unusable") != std::string::npos);
}

TEST_CASE("who asks for what a paused view does not have yet is told so at the deadline") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  const auto first = add_to(runtime, "a", 1);
  book(runtime, first);
  auto view = runtime.projection("totals");
  REQUIRE(view);
  REQUIRE(view->pause());
  const auto at = add_to(runtime, "a", 1);
  const auto late = runtime.view<totals>().get("a", {.at_least = at, .timeout = 50ms});
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == acta::projection_errc::view_late);
  CHECK(late.error().code() == acta::condition::timeout);
  CHECK(late.error().detail().find("paused") != std::string_view::npos);
  CHECK(late.error().where() == "totals");
  CHECK(runtime.view<totals>().get("a")->total == 1); // what it has can be read
  CHECK(book(runtime, at).events == 2);               // the others go on
  CHECK(view->status().serving->state == acta::view_state::paused);
  REQUIRE(view->resume());
  CHECK(runtime.view<totals>().get("a", {.at_least = at, .timeout = 20s})->total == 2);
}

TEST_CASE("a pause outlives a restart") {
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", counters());
    REQUIRE(runtime.projection("totals")->pause());
    add_to(runtime, "a", 1);
  }
  auto runtime = must_open(folder / "data", counters());
  CHECK(status_of<totals>(runtime).serving->state == acta::view_state::paused);
  CHECK(runtime.view<totals>().get("a").error().code() == acta::errc::not_found);
  REQUIRE(runtime.projection("totals")->resume());
  CHECK(runtime.view<totals>().get("a", {.at_least = {0, 1}, .timeout = 20s})->total == 1);
}

TEST_CASE("a position of no partition, and one that is not committed, are refused") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  CHECK(runtime.view<totals>().get("a", {.at_least = {7, 1}}).error().code() ==
        acta::persistence::errc::unknown_position);
  CHECK(runtime.view<totals>().get("a", {.at_least = {0, 99}, .timeout = 10ms}).error().code() ==
        acta::persistence::errc::unknown_position);
}

TEST_CASE(
    "a poisoned event stops its view after its attempts, the others go on, and a fix resumes") {
  test::temp_folder folder;
  notes::choking = true;
  notes::tried = 0;
  auto runtime = must_open(folder / "data", counters({.attempts = 3, .backoff_min = 1ms}));
  note_in(runtime, "a", "fine");
  const auto poisoned = note_in(runtime, "a", "poison");
  const auto after = note_in(runtime, "a", "later");
  REQUIRE(eventually(
      [&] { return status_of<notes>(runtime).serving->state == acta::view_state::stopped; }));
  const auto status = *status_of<notes>(runtime).serving;
  CHECK(status.failures == 3);
  // Once more if it was first met behind others of a batch, which were then folded without it.
  CHECK((notes::tried == 3 || notes::tried == 4));
  CHECK(status.trouble_at == poisoned);
  CHECK(status.trouble->code() == acta::domain_errc::evolve_threw);
  CHECK(status.behind == 2);
  CHECK(runtime.figures().projections.stopped == 1);
  CHECK(book(runtime, after).events == 3);
  CHECK(runtime.view<notes>().get("a")->last == "fine");
  notes::choking = false;
  REQUIRE(runtime.projection("notes")->resume());
  const auto row = runtime.view<notes>().get("a", {.at_least = after, .timeout = 20s});
  REQUIRE(row);
  CHECK(*row == notes{"later", 3});
  CHECK(runtime.figures().projections.stopped == 0);
}

TEST_CASE("a view that parks goes on, and its dead letters can be retried or dropped by position") {
  test::temp_folder folder;
  notes::choking = true;
  const acta::view_options parking{
      .policy = acta::on_error::park, .attempts = 2, .backoff_min = 1ms};
  acta::position first, second, after;
  {
    auto runtime = must_open(folder / "data", counters(parking));
    note_in(runtime, "a", "fine");
    first = note_in(runtime, "a", "poison 1");
    second = note_in(runtime, "b", "poison 2");
    after = note_in(runtime, "a", "later");
    CHECK(*runtime.view<notes>().get("a", {.at_least = after, .timeout = 20s}) ==
          notes{"later", 2});
    CHECK(runtime.figures().projections.dead_letters == 2);
    CHECK(runtime.figures().projections.stopped == 0);
  }
  auto runtime = must_open(folder / "data", counters(parking));
  auto view = runtime.projection("notes");
  const auto letters = view->dead_letters();
  REQUIRE(letters);
  REQUIRE(letters->size() == 2);
  CHECK((*letters)[0].where == first);
  CHECK((*letters)[0].attempts == 2);
  CHECK((*letters)[0].reason.find("cannot swallow poison 1") != std::string::npos);
  CHECK(view->retry(first).error().code() == acta::domain_errc::evolve_threw);
  CHECK((*view->dead_letters())[0].attempts == 3);
  notes::choking = false;
  CHECK(view->retry(first));
  CHECK(runtime.view<notes>().get("a")->count == 3);
  CHECK(view->retry(first).error().code() == acta::errc::not_found);
  CHECK(view->drop(second));
  CHECK(view->drop(second).error().code() == acta::errc::not_found);
  CHECK(view->dead_letters()->empty());
  CHECK(runtime.view<notes>().get("b").error().code() == acta::errc::not_found);
}

TEST_CASE("one poisoned event of a commit is parked alone") {
  test::temp_folder folder;
  notes::choking = true;
  auto runtime =
      must_open(folder / "data",
                counters({.policy = acta::on_error::park, .attempts = 1, .backoff_min = 1ms}));
  const auto at = note_in(runtime, "a", "poison");
  const auto next = note_in(runtime, "a", "fine");
  CHECK(*runtime.view<notes>().get("a", {.at_least = next, .timeout = 20s}) == notes{"fine", 1});
  CHECK((*runtime.projection("notes")->dead_letters())[0].where == at);
  notes::choking = false;
}

TEST_CASE("a stopped view can skip the event it stopped at") {
  test::temp_folder folder;
  notes::choking = true;
  auto runtime = must_open(folder / "data", counters({.attempts = 1}));
  CHECK(runtime.projection("notes")->skip().error().code() == acta::projection_errc::not_possible);
  const auto poisoned = note_in(runtime, "a", "poison");
  const auto after = note_in(runtime, "a", "fine");
  REQUIRE(eventually([&] { return runtime.figures().projections.stopped == 1; }));
  REQUIRE(runtime.projection("notes")->skip());
  CHECK(*runtime.view<notes>().get("a", {.at_least = after, .timeout = 20s}) == notes{"fine", 1});
  CHECK((*runtime.projection("notes")->dead_letters())[0].where == poisoned);
  notes::choking = false;
}

TEST_CASE("a rebuild under load counts every event once, and nobody sees the view go back") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  load(runtime, 5000, 20);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    while (!done) load(runtime, 500, 20);
  });
  std::thread reader([&] {
    std::uint64_t seen = 0;
    while (!done) {
      const auto row = runtime.view<ledger>().get("0");
      if (!row) continue;
      if (row->events < seen) {
        done = true;
        FAIL_CHECK("the view went back from " << seen << " to " << row->events);
      }
      seen = row->events;
    }
  });
  for (std::uint32_t round = 0; round < 3; ++round) {
    auto view = runtime.projection("ledger");
    const auto before = view->status().serving->number;
    const auto started = view->rebuild();
    CHECK(started);
    if (!started) break;
    CHECK(eventually([&] {
      const auto s = view->status();
      return !s.building && s.serving->number > before;
    }));
  }
  done = true;
  writer.join();
  reader.join();
  const auto at = add_to(runtime, "0", 1);
  const auto row = book(runtime, at);
  CHECK(row.events == at.number);
  CHECK(row.last == at.number);
  CHECK(row.sum == static_cast<std::int64_t>(at.number));
  CHECK(eventually([&] { // only the serving generation is left
    std::size_t folders = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "data/views"))
      if (entry.path().filename().string().starts_with("ledger@")) ++folders;
    return folders == 1;
  }));
}

TEST_CASE("operations at once on one view leave it whole") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  load(runtime, 1000, 10);
  std::vector<std::thread> operators;
  for (unsigned t = 0; t < 4; ++t)
    operators.emplace_back([&, t] {
      std::mt19937 random(seed + t);
      for (int i = 0; i < 25; ++i) {
        auto view = runtime.projection("totals");
        switch (random() % 6) {
        case 0:
          (void)view->pause().has_value();
          break;
        case 1:
          (void)view->resume().has_value();
          break;
        case 2:
          (void)view->rebuild().has_value();
          break;
        case 3:
          (void)view->cancel_rebuild().has_value();
          break;
        case 4:
          (void)view->reset().has_value();
          break;
        default:
          load(runtime, 20, 10);
        }
      }
    });
  for (auto& o : operators) o.join();
  REQUIRE(runtime.projection("totals")->resume());
  const auto at = add_to(runtime, "0", 1);
  std::uint64_t events = 0;
  const auto walked = runtime.view<totals>().each(
      {}, [&](std::string_view, const totals& row) { events += row.version; },
      {.at_least = at, .timeout = 30s});
  if (!walked) FAIL(walked.error());
  CHECK(events == at.number);
  CHECK(eventually([&] { return !status_of<totals>(runtime).building; }));
}

TEST_CASE("a rebuild from a position leaves out what is before") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  acta::position at;
  for (int i = 1; i <= 10; ++i) at = note_in(runtime, "n", std::to_string(i));
  const acta::position from[] = {{0, 8}};
  auto view = runtime.projection("notes");
  REQUIRE(view->rebuild(from));
  REQUIRE(eventually([&] { return !view->status().building; }));
  CHECK(*runtime.view<notes>().get("n", {.at_least = at, .timeout = 20s}) == notes{"10", 3});
  const acta::position nowhere[] = {{3, 1}};
  CHECK(view->rebuild(nowhere).error().code() == acta::persistence::errc::unknown_position);
}

namespace {

/// `notes` of a later program: the same rows, another meaning.
struct notes_v2 {
  static constexpr std::string_view name = "notes";
  static constexpr unsigned schema = 2;
  using events = acta::one_of<noted>;
  std::string last;
  std::uint64_t count = 0;
  void evolve(const noted& e) {
    last = "v2 " + e.text;
    ++count;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(last), CEREAL_NVP(count)); }
};

/// Another shape.
struct notes_v3 {
  static constexpr std::string_view name = "notes";
  using events = acta::one_of<noted>;
  std::vector<std::string> all;
  void evolve(const noted& e) { all.push_back(e.text); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(all)); }
};

template <class V> acta::model with_view() {
  acta::model m;
  m.aggregate<counter>();
  m.view<V>();
  return m;
}

} // namespace

TEST_CASE("a changed view builds itself at start while the old rows serve") {
  test::temp_folder folder;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", with_view<notes>());
    for (int i = 0; i < 100; ++i) at = note_in(runtime, "n", std::to_string(i));
    REQUIRE(runtime.view<notes>().get("n", {.at_least = at, .timeout = 20s}));
  }
  auto runtime = must_open(folder / "data", with_view<notes_v2>());
  const auto at_once = runtime.view<notes_v2>().get("n");
  REQUIRE(at_once); // the old ones or, if it was quick, the new ones
  CHECK((at_once->last == "99" || at_once->last == "v2 99"));
  REQUIRE(eventually([&] { return runtime.view<notes_v2>().get("n")->last == "v2 99"; }));
  CHECK(runtime.view<notes_v2>().get("n")->count == 100);
}

TEST_CASE("rows of another shape do not serve, and the view says that it is being built") {
  test::temp_folder folder;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", with_view<notes>());
    for (int i = 0; i < 100; ++i) at = note_in(runtime, "n", std::to_string(i));
  }
  auto runtime = must_open(folder / "data", with_view<notes_v3>());
  const auto at_once = runtime.view<notes_v3>().get("n");
  CHECK((at_once || at_once.error().code() == acta::projection_errc::view_building));
  const auto row = runtime.view<notes_v3>().get("n", {.at_least = at, .timeout = 20s});
  REQUIRE(row);
  CHECK(row->all.size() == 100);
}

} // namespace view_test
