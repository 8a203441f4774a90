// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A subscriber under load, killed at random moments: every event reaches the outside at least once,
// in the order of its stream, and what comes twice comes under one key.
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "victim.hpp"
#include "witness.hpp"

#include <fstream>
#include <map>
#include <random>
#include <set>

using namespace std::chrono_literals;

namespace {

struct line {
  std::string stream;
  acta::version_number version = 0;
  std::string position;
  bool operator==(const line&) const = default;
};

/// What the outside has seen: lines by key; repetitions are counted.
struct outside {
  std::map<std::string, line> by_key;
  std::size_t lines = 0;
};

outside read_outside(const std::filesystem::path& folder) {
  outside seen;
  std::map<std::string, acta::version_number> last;
  std::ifstream in(folder / "witnessed");
  for (std::string key; in >> key; ++seen.lines) {
    line l;
    in >> l.stream >> l.version >> l.position;
    const auto [at, is_new] = seen.by_key.emplace(key, l);
    if (!is_new) {
      if (at->second != l) FAIL_CHECK(key << " stands for two events");
      continue;
    }
    auto& before = last[l.stream];
    if (before >= l.version)
      FAIL_CHECK(l.stream << ": " << l.version << " came first after " << before);
    before = l.version;
  }
  return seen;
}

/// Opens the store, lets the subscriber come to its end, and compares both sides.
void judge(const std::filesystem::path& folder) {
  auto runtime = test::must_find(folder / "store", crash::witnessed(folder.string()));
  REQUIRE(test::eventually([&] { return runtime.figures().subscribers.behind_max == 0; }, 120s));
  auto subscriber = *runtime.subscriber(crash::witness::name);
  const auto letters = subscriber.dead_letters(1'000'000);
  REQUIRE(letters);
  std::set<std::string> parked;
  for (const auto& one : *letters) parked.insert(one.where.to_string());

  const auto seen = read_outside(folder);
  std::set<std::string> positions;
  for (const auto& [key, l] : seen.by_key) positions.insert(l.position);
  CHECK(positions.size() == seen.by_key.size()); // after dropping repetitions: exactly once
  std::size_t expected = 0, refused = 0;
  auto events = runtime.subscribe();
  REQUIRE(events);
  while (events->behind() > 0) {
    auto page = events->next(10'000);
    REQUIRE(page);
    for (const auto& e : page->events) {
      const auto where = e.metadata.position.to_string();
      const bool is_refused = crash::is_refused(*e.get<test::added>());
      if (positions.contains(where) == is_refused)
        FAIL_CHECK(where << " is lost, or was not to be");
      if (parked.contains(where) != is_refused)
        FAIL_CHECK(where << " is no dead letter, or is one");
      ++(is_refused ? refused : expected);
    }
  }
  CHECK(seen.by_key.size() == expected);
  CHECK(parked.size() == refused);
  WARN(expected << " events, " << seen.lines - expected << " repetitions, " << refused
                << " dead letters");
}

} // namespace

TEST_CASE("a subscriber killed at any moment has done everything, and repeats under the same key") {
  const auto seed = crash::choose_seed();
  const int rounds = crash::choose_rounds(6);
  std::mt19937_64 random(seed);
  test::temp_folder folder;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    crash::victim victim({CRASH_WORKER, folder.path().string(), std::to_string(random())},
                         folder.path());
    victim.live_until_acknowledged();
    victim.live_for(std::chrono::microseconds(random() % 250'000));
    victim.kill();
    if (round % 2 == 1) judge(folder.path()); // else the next victim has to finish this one's work
  }
  judge(folder.path());
}
