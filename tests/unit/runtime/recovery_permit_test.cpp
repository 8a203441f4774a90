// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Long replays take turns; nobody may wait for a turn that never comes.
#include "counter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

namespace recovery_permit_test {

using namespace std::chrono_literals;
using test::add;
using test::add_many;
using test::counter;
using test::must_open;

namespace {

acta::model counters() {
  acta::model m;
  m.aggregate<counter>({.snapshot_every = 0});
  return m;
}

/// One event more than a slice and a half: the second slice is the last.
void write_history(acta::runtime& r, const std::string& id, bool with_a_bomb = false) {
  for (int i = 0; i < 3; ++i) REQUIRE(r.ask<counter>(id, add_many{1, 500}).wait_for(20s));
  if (with_a_bomb) {
    REQUIRE(r.ask<counter>(id, test::plant_bomb{}).wait_for(20s));
    return;
  }
  REQUIRE(r.ask<counter>(id, add{1}).wait_for(20s));
}

} // namespace

TEST_CASE("forty long streams that are asked at once after the index was lost all answer") {
  constexpr int streams = 40;
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", counters());
    for (int i = 0; i < streams; ++i) write_history(runtime, std::to_string(i));
  }
  std::filesystem::remove_all(folder / "data" / "p000" / "derived");
  acta::runtime_options options;
  options.recoveries_max = GENERATE(std::size_t{1}, std::size_t{3}, std::size_t{16});
  auto runtime = must_open(folder / "data", counters(), options);
  std::vector<acta::pending> answers;
  for (int i = 0; i < streams; ++i)
    answers.push_back(runtime.ask<counter>(std::to_string(i), add{1}));
  int answered = 0;
  const auto until = std::chrono::steady_clock::now() + 20s;
  for (auto& a : answers) {
    const auto r = a.wait_for(until - std::chrono::steady_clock::now());
    if (r && r->version == 1502) ++answered;
  }
  CHECK(answered == streams);
}

TEST_CASE("a long replay that fails hands its turn to the next") {
  constexpr int streams = 20;
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", counters());
    for (int i = 0; i < streams; ++i) write_history(runtime, std::to_string(i), i % 2 == 0);
  }
  struct armed {
    armed() { test::bomb_planted::armed = true; }
    ~armed() { test::bomb_planted::armed = false; }
  } bombs;
  acta::runtime_options options;
  options.recoveries_max = GENERATE(std::size_t{1}, std::size_t{4});
  options.restart_backoff_min = 5ms;
  auto runtime = must_open(folder / "data", counters(), options);
  std::vector<acta::pending> answers;
  for (int i = 0; i < streams; ++i)
    answers.push_back(runtime.ask<counter>(std::to_string(i), add{1}));
  int sound = 0;
  int quarantined = 0;
  const auto until = std::chrono::steady_clock::now() + 20s;
  for (auto& a : answers) {
    const auto r = a.wait_for(until - std::chrono::steady_clock::now());
    if (r)
      ++sound;
    else if (r.error().code() == acta::runtime_errc::quarantined)
      ++quarantined;
  }
  CHECK(sound == streams / 2);
  CHECK(quarantined == streams / 2);
}

TEST_CASE("a runtime stops though half-way replays wait for their turn") {
  constexpr int streams = 20;
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", counters());
    for (int i = 0; i < streams; ++i) write_history(runtime, std::to_string(i));
  }
  acta::runtime_options options;
  options.recoveries_max = 1;
  auto runtime = must_open(folder / "data", counters(), options);
  std::vector<acta::pending> answers;
  for (int i = 0; i < streams; ++i)
    answers.push_back(runtime.ask<counter>(std::to_string(i), add{1}));
  (void)runtime.stop(0ms);
  for (auto& a : answers) {
    const auto r = a.wait_for(20s); // stored or not, but answered
    if (!r) CHECK(r.error().code() == acta::runtime_errc::stopped);
  }
}

} // namespace recovery_permit_test
