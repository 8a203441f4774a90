// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter_views.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "view_requests.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <thread>
#include <vector>

namespace query_test {

using test::add_to;
using test::showing;

using namespace std::chrono_literals;
using namespace test;

namespace {

acta::model counters(const acta::query_options& query = {.cached = true}) {
  acta::model m;
  m.aggregate<counter>({.snapshot_every = 1000});
  m.view<totals>().view<ledger>();
  m.query<grand_total>(query);
  return m;
}

} // namespace

TEST_CASE("a query shows the effect of a command, every time") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  for (int i = 1; i <= 200; ++i) {
    const auto at = add_to(runtime, std::to_string(i % 5), 1);
    const auto all = runtime.query(grand_total{}, showing(at));
    if (!all) FAIL(all.error());
    REQUIRE(all->sum == i);
  }
}

TEST_CASE("an answer is cached until a view it was read from changes, and no longer") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  const auto first = add_to(runtime, "a", 5);
  grand_total::answered = 0;
  CHECK(runtime.query(grand_total{}, showing(first))->sum == 5);
  const auto computed = grand_total::answered.load();
  for (int i = 0; i < 10; ++i) CHECK(runtime.query(grand_total{})->sum == 5);
  CHECK(grand_total::answered == computed);
  CHECK(runtime.query(grand_total{.above = 6})->rows == 0); // another question
  CHECK(grand_total::answered == computed + 1);
  CHECK(runtime.figures().projections.cache_hits == 10);
  CHECK(runtime.figures().projections.cache_entries == 2);
  const auto second = add_to(runtime, "b", 7);
  CHECK(runtime.query(grand_total{}, showing(second))->sum == 12);
  // An event that changes no row of the view leaves the answer valid.
  auto nothing = runtime.ask<counter>("a", add{0}).wait_for(20s);
  REQUIRE(nothing);
}

TEST_CASE("a cached answer expires after its time even if nothing changed") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters({.cached = true, .keep = 1ms}));
  const auto at = add_to(runtime, "a", 5);
  CHECK(runtime.query(grand_total{}, showing(at))->sum == 5);
  grand_total::answered = 0;
  CHECK(eventually([&] {
    CHECK(runtime.query(grand_total{})->sum == 5);
    return grand_total::answered >= 2;
  }));
}

TEST_CASE("the cache keeps within its bytes, the least used leave") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.projections.query_cache_bytes_max = 20'000;
  auto runtime = must_open(folder / "data", counters(), options);
  const auto at = add_to(runtime, "a", 5);
  for (int i = 0; i < 1000; ++i) REQUIRE(runtime.query(grand_total{.above = i}, showing(at)));
  const auto figures = runtime.figures().projections;
  CHECK(figures.cache_bytes <= 20'000);
  CHECK(figures.cache_entries > 10);
  CHECK(figures.cache_entries < 1000);
}

TEST_CASE("queries under load never give an answer that is older than asked for") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  std::atomic<bool> done{false};
  std::vector<std::thread> askers;
  std::atomic<std::int64_t> sent{0};
  for (int t = 0; t < 3; ++t)
    askers.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        const auto before = ++sent;
        (void)before;
        const auto at = add_to(runtime, std::to_string(i % 3), 1);
        const auto all = runtime.query(grand_total{}, showing(at));
        // Every event adds one, so the sum is at least the event's own number.
        if (!all || all->sum < static_cast<std::int64_t>(at.number)) done = true;
      }
    });
  for (auto& a : askers) a.join();
  CHECK_FALSE(done);
}

TEST_CASE("a picture stays the same while commands run, over all its views") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  acta::position at;
  for (int i = 0; i < 10; ++i) at = add_to(runtime, std::to_string(i), 1);
  REQUIRE(runtime.view<totals>().get("9", showing(at)));
  REQUIRE(runtime.view<ledger>().get("0", showing(at)));
  const auto picture = runtime.picture();
  const auto sum = [&] {
    std::int64_t total = 0;
    REQUIRE(picture.view<totals>().each(
        {}, [&](std::string_view, const totals& row) { total += row.total; }));
    return total;
  };
  CHECK(sum() == 10);
#if defined(ACTA_SANITIZED_ADDRESS) || defined(ACTA_SANITIZED_THREAD)
  constexpr int commands = 5'000;
#else
  constexpr int commands = 100'000;
#endif
  std::vector<acta::pending> waiting;
  for (int i = 0; i < commands; ++i) {
    waiting.push_back(runtime.ask<counter>(std::to_string(i % 50), add{1}));
    if (i % 10'000 == 0) CHECK(sum() == 10);
  }
  acta::position last;
  for (auto& w : waiting) {
    const auto receipt = w.wait_for(60s);
    REQUIRE(receipt);
    last = std::max(last, receipt->position);
  }
  REQUIRE(runtime.view<ledger>().get("0", showing(last)));
  CHECK(sum() == 10);
  CHECK(picture.view<ledger>().get("0")->events == 10);
  CHECK(picture.view<ledger>().positions().value() == std::vector<acta::position>{at});
  CHECK(runtime.view<ledger>().get("0")->events == last.number);
}

TEST_CASE("a picture beyond its age is ended with an error, and files stop growing") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.projections.picture_age_max = 200ms;
  auto runtime = must_open(folder / "data", counters(), options);
  const auto at = add_to(runtime, "a", 1);
  REQUIRE(runtime.view<totals>().get("a", showing(at)));
  const auto picture = runtime.picture();
  CHECK(picture.view<totals>().get("a")->total == 1);
  REQUIRE(eventually([&] {
    return runtime.figures().projections.pictures_expired == 1 && !picture.view<totals>().get("a");
  }));
  CHECK(picture.view<totals>().get("a").error().code() == acta::projection_errc::picture_expired);
  CHECK(picture.view<totals>().scan().error().code() == acta::projection_errc::picture_expired);
  CHECK(runtime.figures().projections.pictures == 0);
  // With every picture ended in time the pages it held back are used again. How many commits the
  // view makes of a round, and so how many pages, is chance: the file grows to what the worst round
  // needs and stays there. Were a picture kept, every round would add to it.
  const auto file = folder / "data/views/totals@1/data.mdb";
  int rounds_without_growth = 0;
  for (int round = 0; round < 40 && rounds_without_growth < 3; ++round) {
    const auto before = std::filesystem::file_size(file);
    const auto held = runtime.picture();
    acta::position last;
    for (int i = 0; i < 200; ++i) last = add_to(runtime, "a", 1);
    REQUIRE(runtime.view<totals>().get("a", showing(last)));
    REQUIRE(eventually([&] { return !held.view<totals>().get("a"); }));
    if (std::filesystem::file_size(file) == before) ++rounds_without_growth;
  }
  CHECK(rounds_without_growth == 3);
}

TEST_CASE("a long walk through a picture is ended too") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.projections.picture_age_max = 100ms;
  auto runtime = must_open(folder / "data", counters(), options);
  acta::position at;
  for (int i = 0; i < 3; ++i) at = add_to(runtime, std::to_string(i), 1);
  REQUIRE(runtime.view<totals>().get("2", showing(at)));
  const auto picture = runtime.picture();
  const auto walked = picture.view<totals>().each({}, [&](std::string_view, const totals&) {
    CHECK(eventually([&] { return runtime.figures().projections.pictures_expired == 1; }));
  });
  REQUIRE_FALSE(walked);
  CHECK(walked.error().code() == acta::projection_errc::picture_expired);
}

TEST_CASE("a picture that outlives its runtime answers with an error") {
  test::temp_folder folder;
  std::optional<acta::picture> picture;
  {
    auto runtime = must_open(folder / "data", counters());
    add_to(runtime, "a", 1);
    picture = runtime.picture();
  }
  CHECK(picture->view<totals>().get("a").error().code() == acta::projection_errc::picture_expired);
}

TEST_CASE("views can be seen as of an event and as of a time") {
  test::temp_folder folder;
  std::atomic<std::int64_t> now{1'000'000};
  acta::runtime_options options;
  options.clock = [&] { return acta::time_point(std::chrono::microseconds(now.load())); };
  auto runtime = must_open(folder / "data", counters(), options);
  std::vector<acta::position> at;
  for (int i = 1; i <= 30; ++i) {
    now = 1'000'000 * i;
    at.push_back(add_to(runtime, std::to_string(i % 3), i));
  }
  const auto past = runtime.past<totals, ledger>(at[9]);
  if (!past) FAIL(past.error());
  CHECK(past->view<ledger>().get("0")->sum == 55);
  CHECK(past->view<totals>().get("1")->total == 1 + 4 + 7 + 10);
  CHECK(past->view<totals>().scan({.index = "by_total", .reverse = true})->rows[0].key == "1");

  std::uint64_t steps = 0, done = 0, total = 0;
  const auto then = runtime.past<ledger>(acta::time_point(std::chrono::seconds{20}),
                                         [&](std::uint64_t d, std::uint64_t t) {
                                           ++steps;
                                           done = d;
                                           total = t;
                                           return true;
                                         });
  REQUIRE(then);
  CHECK(then->view<ledger>().get("0")->sum == 210);
  CHECK(steps >= 1);
  CHECK(done == 20);
  CHECK(total == 30);
  CHECK(then->view<totals>().get("1").error().code() == acta::domain_errc::unknown_view);

  CHECK(runtime.past<ledger>(acta::position{0, 99}).error().code() ==
        acta::persistence::errc::unknown_position);
  const auto given_up =
      runtime.past<ledger>(at[5], [](std::uint64_t, std::uint64_t) { return false; });
  CHECK(given_up.error().code() == acta::errc::cancelled);
}

TEST_CASE("unknown views and queries are named") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  CHECK(runtime.view<notes>().get("a").error().code() == acta::domain_errc::unknown_view);
  CHECK(runtime.view_row_json("nothing", "a").error().code() == acta::domain_errc::unknown_view);
  CHECK(runtime.query_json("nothing", "{}").error().code() == acta::domain_errc::unknown_query);
  CHECK(runtime.projection("nothing").error().code() == acta::domain_errc::unknown_view);
}

TEST_CASE("views and queries by name give JSON") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", counters());
  acta::position at;
  for (int i = 0; i < 3; ++i) at = add_to(runtime, std::to_string(i), i);
  const auto row = runtime.view_row_json("totals", "2", showing(at));
  REQUIRE(row);
  CHECK(row->rows.at(0).json == R"({"total":2,"version":1,"note":""})");
  CHECK(row->positions == std::vector<acta::position>{at});
  const auto none = runtime.view_row_json("totals", "3");
  REQUIRE(none);
  CHECK(none->rows.empty());
  CHECK(none->positions == std::vector<acta::position>{at});
  const auto page = runtime.view_scan_json("totals", {.index = "by_total", .limit = 2});
  REQUIRE(page);
  CHECK(page->rows.size() == 2);
  const auto rest =
      runtime.view_scan_json("totals", {.index = "by_total", .limit = 2, .cursor = page->next});
  CHECK(rest->rows.size() == 1);
  CHECK(rest->next.empty());
  CHECK(runtime.query_json("grand_total", R"({"above":1})", showing(at))->json ==
        R"({"sum":3,"rows":2})");
  CHECK(runtime.query_json("grand_total", R"({"over":1})").error().code() ==
        acta::codec_errc::json_invalid);
}

} // namespace query_test
