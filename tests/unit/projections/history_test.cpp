// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A view rests on the journal that it was made from: a journal that was put back, a commit that is
// damaged, an event that cannot be written, a position that is none.
#include "counter_views.hpp"
#include "damaged_journal.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "view_requests.hpp"

#include <acta/runtime/view_handle.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

namespace history_test {

using test::add_ones;
using test::showing;
using test::status_of;

using namespace std::chrono_literals;
using namespace test;
namespace fs = std::filesystem;

namespace {

/// Commits of several events, each with a text of its own.
struct said {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
struct say {
  std::vector<std::string> texts;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(texts)); }
};
struct speaker {
  static constexpr std::string_view name = "speaker";
  using events = acta::one_of<said>;
  using commands = acta::one_of<say>;
  using decision = acta::decision<events>;
  std::uint64_t count = 0;
  decision decide(const say& c) const {
    decision d;
    for (const auto& t : c.texts) d.add(said{t});
    return d;
  }
  void evolve(const said&) { ++count; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(count)); }
};
/// A row for each text. An index that throws shows only when rows are written.
struct words {
  static constexpr std::string_view name = "words";
  using events = acta::one_of<said>;
  static std::string key(const said& e, const acta::metadata&) { return e.text; }

  std::string text;
  void evolve(const said& e) { text = e.text; }
  static auto indexes() { return acta::indexes(acta::index("by_text", &words::checked)); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }

private:
  [[nodiscard]] std::string checked() const {
    if (text.starts_with("bad")) throw std::runtime_error("no index for " + text);
    return text;
  }
};

constexpr acta::view_options parking{
    .policy = acta::on_error::park, .attempts = 2, .backoff_min = 1ms, .backoff_max = 2ms};
constexpr acta::view_options stopping{.attempts = 2, .backoff_min = 1ms, .backoff_max = 2ms};

acta::model without_views() {
  acta::model m;
  m.aggregate<counter>({.snapshot_every = 1000});
  return m;
}
acta::model with_views(acta::view_options options = stopping) {
  auto m = without_views();
  m.view<totals>(options).view<ledger>(options).view<notes>(options);
  m.query<grand_total>();
  return m;
}

const acta::persistence::errc unknown = acta::persistence::errc::unknown_position;

} // namespace

TEST_CASE("a view of a journal that was put back, and has grown again, does not go on from rows of "
          "events that never were") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = must_open(data, with_views());
    add_ones(runtime, "a", 10);
    REQUIRE(runtime.view<ledger>().get("0", showing({0, 10})));
  }
  fs::copy(data / "p000", folder / "copy", fs::copy_options::recursive);
  {
    auto runtime = must_open(data, with_views());
    for (int i = 0; i < 10; ++i) REQUIRE(runtime.ask<counter>("a", add{50}).wait_for(20s));
    CHECK(runtime.view<ledger>().get("0", showing({0, 20}))->sum == 510);
  }
  fs::remove_all(data / "p000");
  fs::copy(folder / "copy", data / "p000", fs::copy_options::recursive);
  {
    auto runtime = must_open(data, without_views());
    for (int i = 0; i < 15; ++i) REQUIRE(runtime.ask<counter>("a", add{100}).wait_for(20s));
  }
  std::vector<std::string> log;
  std::mutex mutex;
  acta::runtime_options options;
  options.log = [&](acta::log_level level, std::string_view text) {
    const std::lock_guard lock(mutex);
    if (level == acta::log_level::error) log.emplace_back(text);
  };
  auto runtime = must_open(data, with_views(), options);
  CHECK(runtime.view<ledger>().get("0", showing({0, 25}))->sum == 1510);
  CHECK(runtime.view<totals>().get("a", showing({0, 25}))->total == 1510);
  const std::lock_guard lock(mutex);
  CHECK(log.size() == 3); // of three views
  for (const auto& line : log)
    CHECK(line.find("events that the journal does not have") != std::string::npos);
}

TEST_CASE("a position that the journal does not have is refused at once, wherever it is given") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", with_views());
  add_ones(runtime, "a", 3);
  const auto begin = std::chrono::steady_clock::now();
  for (const acta::position nowhere :
       {acta::position{0, 4}, acta::position{0, 1'000'000}, acta::position{9, 1}}) {
    const acta::read_options ask{.at_least = nowhere, .timeout = 60s};
    const auto row = runtime.view<totals>().get("a", ask);
    CHECK(row.error().code() == unknown);
    CHECK(row.error().code() == acta::condition::invalid);
    CHECK(row.error().to_string().find("there is no position " + nowhere.to_string()) !=
          std::string::npos);
    CHECK(runtime.query(grand_total{}, ask).error().code() == unknown);
    CHECK(runtime.view_row_json("totals", "a", ask).error().code() == unknown);
    CHECK(runtime.past<ledger>(nowhere).error().code() == unknown);
    std::promise<acta::result<void>> came;
    runtime.when_visible("totals", nowhere, begin + 60s,
                         [&](acta::result<void> r) { came.set_value(std::move(r)); });
    CHECK(came.get_future().get().error().code() == unknown);
  }
  // What begins may begin with the next event, and not behind it.
  CHECK(runtime.subscribe({.from = {{0, 4}}}));
  CHECK(runtime.subscribe({.from = {{0, 5}}}).error().code() == unknown);
  CHECK(runtime.subscribe({.from = {{0, 0}}}).error().code() == unknown);
  const acta::position behind[] = {{0, 5}};
  CHECK(runtime.projection("ledger")->rebuild(behind).error().code() == unknown);
  CHECK(std::chrono::steady_clock::now() - begin < 30s);
}

TEST_CASE("a rebuild from a position of which a crash left only the folder is not taken for one "
          "from the first event") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = must_open(data, with_views());
    REQUIRE(runtime.view<totals>().get("a", showing(add_ones(runtime, "a", 20))));
  }
  // LMDB makes its file before the first transaction.
  fs::create_directories(data / "views" / "totals@2");
  {
    MDB_env* env = nullptr;
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_open(env, (data / "views" / "totals@2").c_str(), 0, 0644) == 0);
    mdb_env_close(env);
  }
  fs::create_directories(data / "views" / "totals@3");
  auto runtime = must_open(data, with_views());
  CHECK(status_of<totals>(runtime).serving->number == 1);
  CHECK_FALSE(status_of<totals>(runtime).building);
  CHECK_FALSE(fs::exists(data / "views" / "totals@2"));
}

TEST_CASE("when rows cannot be written, the event that is to blame is parked, and no other") {
  test::temp_folder folder;
  acta::model m;
  m.aggregate<speaker>();
  m.view<words>(parking);
  auto runtime = must_open(folder / "data", std::move(m));
  const auto tell = [&](std::vector<std::string> texts) {
    auto receipt = runtime.ask<speaker>("s", say{std::move(texts)}).wait_for(20s);
    if (!receipt) FAIL(receipt.error());
    return receipt->position;
  };
  tell({"one"});
  const auto at = tell({"two", "bad", "three", "four"}); // 2..5
  tell({"bad 2", "five", "bad 3"});                      // 6..8
  const auto last = tell({"six"});
  CHECK(at == acta::position{0, 5});
  const auto view = runtime.view<words>();
  CHECK(view.get("six", showing(last)));
  for (const auto* word : {"one", "two", "three", "four", "five"}) {
    CAPTURE(word);
    CHECK(view.get(word));
  }
  const auto letters = runtime.projection("words")->dead_letters().value();
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].where == acta::position{0, 3});
  CHECK(letters[0].reason.find("no index for bad") != std::string::npos);
  CHECK(letters[1].where == acta::position{0, 6});
  CHECK(letters[2].where == acta::position{0, 8});
}

TEST_CASE("a damaged commit stops a view at its own position, and skip passes it") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = must_open(data, without_views());
    add_ones(runtime, "a", 3);
    REQUIRE(runtime.ask<counter>("b", add_many{1, 3}).wait_for(20s)); // 4..6
    add_ones(runtime, "c", 2);
  }
  damage_commit(data / "p000" / "journal", 4);
  acta::model m = without_views();
  m.view<totals>(stopping).view<notes>(stopping);
  {
    auto runtime = must_open(data, std::move(m));
    REQUIRE(eventually([&] { return runtime.figures().projections.stopped == 2; }));
    const auto s = *status_of<totals>(runtime).building;
    CHECK(s.trouble_at == acta::position{0, 4});
    CHECK(s.trouble->code() == acta::persistence::errc::corrupt_commit);
    CHECK(s.scanned.at(0) == acta::position{0, 3});
    // Other streams go on.
    CHECK(add_ones(runtime, "a") == acta::position{0, 9});
    REQUIRE(runtime.projection("totals")->skip());
    CHECK(runtime.view<totals>().get("a", showing({0, 9}))->total == 4);
    CHECK(runtime.view<totals>().get("c")->total == 2);
    CHECK(runtime.view<totals>().get("b").error().code() == acta::errc::not_found);
    // All that it may have held.
    const auto letters = runtime.projection("totals")->dead_letters().value();
    REQUIRE(letters.size() == 3);
    CHECK(letters[0].where == acta::position{0, 4});
    CHECK(letters[2].where == acta::position{0, 6});
    CHECK(letters[0].reason.find("0:4") != std::string::npos);
    CHECK(runtime.projection("totals")->retry({0, 4}).error().code() ==
          acta::persistence::errc::corrupt_commit);
    // So does a picture of the past of the same view.
    const auto past = runtime.past<totals>(acta::position{0, 8});
    if (!past) FAIL(past.error());
    CHECK(past->view<totals>().get("c")->total == 2);
    CHECK(runtime.past<totals>(acta::position{0, 3}));
  }
  test::change_record(data / "p000" / "journal", 4,
                      [](std::string& bytes) { bytes.back() ^= 1; }); // put back from a copy
  acta::model again = without_views();
  again.view<totals>(stopping);
  auto runtime = must_open(data, std::move(again));
  for (const std::uint64_t n : {4u, 5u, 6u}) CHECK(runtime.projection("totals")->retry({0, n}));
  CHECK(runtime.view<totals>().get("b")->total == 3);
}

TEST_CASE("a view that parks passes a damaged commit by itself, also as the last one") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = must_open(data, without_views());
    add_ones(runtime, "a", 3);
    add_ones(runtime, "b");
    add_ones(runtime, "c", 2);
  }
  damage_commit(data / "p000" / "journal", 4);
  auto m = without_views();
  m.view<totals>(parking);
  auto runtime = must_open(data, std::move(m));
  REQUIRE(eventually([&] { return status_of<totals>(runtime).serving.has_value(); }));
  CHECK(runtime.view<totals>().get("c")->total == 2);
  const auto letters = runtime.projection("totals")->dead_letters().value();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].where == acta::position{0, 4});
}

TEST_CASE(
    "damaged neighbours of one stream are passed by a skip each, or parked, with derived data "
    "gone") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = must_open(data, without_views());
    add_ones(runtime, "a", 2);
    add_ones(runtime, "b");                                           // 3
    REQUIRE(runtime.ask<counter>("b", add_many{1, 3}).wait_for(20s)); // 4..6
    add_ones(runtime, "b");                                           // 7
    add_ones(runtime, "c", 2);
  }
  for (const std::uint64_t at : {3u, 4u}) damage_commit(data / "p000" / "journal", at);
  fs::remove_all(data / "p000" / "derived");
  const bool parks = GENERATE(false, true);
  auto m = without_views();
  m.view<totals>(parks ? parking : stopping);
  auto runtime = must_open(data, std::move(m));
  if (!parks)
    for (const std::uint64_t at : {3u, 4u, 7u}) { // 7: this view takes no row that lacks a version
      REQUIRE(eventually([&] {
        const auto building = status_of<totals>(runtime).building;
        return building && building->trouble_at == acta::position{0, at} &&
               runtime.figures().projections.stopped == 1;
      }));
      REQUIRE(runtime.projection("totals")->skip());
    }
  CHECK(runtime.view<totals>().get("c", showing(add_ones(runtime, "c")))->total == 3);
  CHECK(runtime.view<totals>().get("a")->total == 2);
  const auto letters = runtime.projection("totals")->dead_letters().value();
  REQUIRE(letters.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(letters[i].where == acta::position{0, 3 + i});
  CHECK(runtime.state<counter>("b").error().code() == acta::persistence::errc::corrupt_commit);
}

TEST_CASE("a subscription names the damaged commit and can pass over it") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = must_open(data, without_views());
    add_ones(runtime, "a", 2);
    REQUIRE(runtime.ask<counter>("b", add_many{1, 3}).wait_for(20s)); // 3..5
    add_ones(runtime, "c", 2);
  }
  damage_commit(data / "p000" / "journal", 3);
  auto runtime = must_open(data, without_views());
  auto events = runtime.subscribe({});
  REQUIRE(events);
  CHECK(events->skip().error().code() == acta::projection_errc::not_possible);
  CHECK(events->next()->events.size() == 2);
  for (int i = 0; i < 2; ++i) {
    const auto page = events->next();
    REQUIRE_FALSE(page);
    CHECK(page.error().code() == acta::persistence::errc::corrupt_commit);
    CHECK(page.error().where() == "0:3");
  }
  CHECK(events->skip().value() == acta::position{0, 3});
  const auto rest = events->next().value();
  REQUIRE(rest.events.size() == 2);
  CHECK(rest.events[0].metadata.position == acta::position{0, 6});
  CHECK(rest.scanned == std::vector<acta::position>{{0, 7}});
}

TEST_CASE("who asks a stopped view for what it will not show is told so at once, with the reason") {
  test::temp_folder folder;
  notes::choking = true;
  auto runtime = must_open(folder / "data", with_views());
  add_ones(runtime, "a");
  const auto poisoned = runtime.ask<counter>("a", note{"poison"}).wait_for(20s)->position;
  // Who waits already is told as soon as it stops.
  const auto begin = std::chrono::steady_clock::now();
  const auto row = runtime.view<notes>().get("a", {.at_least = poisoned, .timeout = 120s});
  REQUIRE_FALSE(row);
  CHECK(row.error().code() == acta::projection_errc::view_stopped);
  CHECK(row.error().code() == acta::condition::unavailable);
  CHECK(row.error().where() == "notes");
  CHECK(row.error().to_string().find("cannot swallow poison") != std::string::npos);
  CHECK(row.error().to_string().find("after 0:1") != std::string::npos);
  CHECK(
      runtime.view_scan_json("notes", {}, {.at_least = poisoned, .timeout = 120s}).error().code() ==
      acta::projection_errc::view_stopped);
  CHECK(std::chrono::steady_clock::now() - begin < 60s);
  // What it has, it gives, and says how old that is.
  const auto rows = runtime.view_scan_json("notes", {});
  REQUIRE(rows);
  CHECK(rows->positions == std::vector<acta::position>{{0, 1}});
  CHECK(rows->standing == "notes=stopped");
  CHECK(runtime.view_scan_json("totals", {}, showing(poisoned))->standing.empty());
  notes::choking = false;
}

TEST_CASE("an answer tells the position that it shows, also from the cache") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", with_views());
  const auto at = add_ones(runtime, "a", 3);
  acta::answer_info info;
  REQUIRE(runtime.query(grand_total{}, showing(at), &info));
  CHECK(info.positions == std::vector<acta::position>{at});
  CHECK(info.standing.empty());
  CHECK_FALSE(info.cached);
  REQUIRE(runtime.projection("totals")->pause());
  add_ones(runtime, "a");
  const auto json = runtime.query_json("grand_total", R"({"above":0})");
  REQUIRE(json);
  CHECK(json->positions == std::vector<acta::position>{at});
  CHECK(json->standing == "totals=paused");
}

TEST_CASE("what is late is told as it is when the time is up, not as it was before the wait") {
  test::temp_folder folder;
  notes::choking = true;
  auto m = without_views();
  m.view<notes>({.attempts = 1'000'000, .backoff_min = 1ms, .backoff_max = 5ms});
  auto runtime = must_open(folder / "data", std::move(m));
  add_ones(runtime, "a");
  REQUIRE(runtime.view<notes>().get("a", showing({0, 1})).error().code() == acta::errc::not_found);
  REQUIRE(runtime.projection("notes")->pause());
  add_ones(runtime, "a");
  const auto poisoned = runtime.ask<counter>("a", note{"poison"}).wait_for(20s)->position;
  auto late = std::async(std::launch::async, [&] {
    return runtime.view<notes>().get("a", {.at_least = poisoned, .timeout = 500ms});
  });
  REQUIRE(runtime.projection("notes")->resume());
  const auto row = late.get();
  REQUIRE_FALSE(row);
  CHECK(row.error().code() == acta::projection_errc::view_late);
  const auto text = row.error().to_string();
  CAPTURE(text);
  CHECK(text.find("is at 0:2") != std::string::npos);
  CHECK(text.find("retrying") != std::string::npos);
  notes::choking = false;
}

TEST_CASE("a picture of the past outlives its runtime, and is built in bounded steps") {
  test::temp_folder folder;
  std::optional<acta::picture> past;
  int steps = 0;
  {
    auto runtime = must_open(folder / "data", with_views());
    for (int i = 0; i < 80; ++i)
      REQUIRE(
          runtime.ask<counter>(std::to_string(i), note{std::string(900'000, 'x')}).wait_for(20s));
    auto built = runtime.past<notes>(acta::position{0, 80}, [&](std::uint64_t, std::uint64_t) {
      ++steps;
      return true;
    });
    if (!built) FAIL(built.error());
    past = std::move(*built);
  }
  CHECK(steps >= 3); // of 32 MiB
  CHECK(past->view<notes>().get("7")->last.size() == 900'000);
}

} // namespace history_test
