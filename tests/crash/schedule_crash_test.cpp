// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Schedules that are made and fall due while the process is killed at random moments: what was
// acknowledged is sent, and nothing is sent twice.
#include "counter.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "victim.hpp"

#include <acta/domain/process.hpp>

#include <map>
#include <random>
#include <set>

using namespace std::chrono_literals;

namespace {

constexpr std::string_view prefix = "acta.schedule/";

template <class F> void read_all(acta::runtime& runtime, const std::string& aggregate, F&& use) {
  auto events = runtime.subscribe({.filter = {.aggregates = {aggregate}}});
  REQUIRE(events);
  while (events->behind() > 0) {
    auto page = events->next(10'000);
    REQUIRE(page);
    for (const auto& e : page->events) use(e.metadata);
  }
}

/// The times for which each schedule's command was taken.
using firings = std::map<std::string, std::multiset<std::string>>;
firings audit(acta::runtime& runtime) {
  firings all;
  read_all(runtime, "counter", [&](const acta::metadata& m) {
    const auto& by = m.attributes.at(std::string(acta::process_attribute));
    all[by].insert(m.attributes.at(std::string(acta::due_attribute)));
  });
  return all;
}

/// Opens the store, lets what is due come to its end, and checks it.
std::size_t judge(const std::filesystem::path& folder) {
  acta::model model;
  model.aggregate<test::counter>();
  auto runtime = test::must_find(folder / "store", std::move(model));
  std::set<std::string> stored;
  read_all(runtime, "acta.schedule",
           [&](const acta::metadata& m) { stored.insert(m.stream.substr(prefix.size())); });
  for (const auto& a : crash::read_acknowledged(folder)) {
    const auto id =
        std::to_string(a.reserved) + '-' + std::to_string(a.client) + '-' + std::to_string(a.n);
    if (!stored.contains(id)) FAIL_CHECK("schedule " << id << " was acknowledged and is lost");
  }
  const auto status = [&](const std::string& id) {
    const auto s = runtime.find_schedule(id);
    if (!s) FAIL(id << ": " << s.error());
    return *s;
  };
  auto left = stored;
  REQUIRE(left.erase("beat") == 1);
  REQUIRE(test::eventually(
      [&] {
        std::erase_if(left, [&](const std::string& id) {
          return status(id).state == acta::schedule_state::ended;
        });
        return left.empty() && runtime.figures().processes.waiting == 0;
      },
      60s));
  for (const auto& [schedule, times] : audit(runtime)) {
    INFO(schedule);
    const auto id = schedule.substr(prefix.size());
    CHECK(std::set(times.begin(), times.end()).size() == times.size());
    if (id != "beat" && times.size() != 1) FAIL_CHECK("it was sent " << times.size() << " times");
    stored.erase(id);
  }
  stored.erase("beat");
  if (!stored.empty()) FAIL_CHECK(*stored.begin() << " has ended and was never sent");
  CHECK(status("beat").state == acta::schedule_state::waiting);
  return crash::read_acknowledged(folder).size();
}

} // namespace

TEST_CASE("a process killed at any moment sends every scheduled command once") {
  const auto seed = crash::choose_seed();
  const int rounds = crash::choose_rounds(6);
  std::mt19937_64 random(seed);
  test::temp_folder folder;
  std::size_t before = 0;
  for (int round = 0; round < rounds; ++round) {
    INFO("round " << round);
    crash::victim victim(
        {CRASH_WORKER, folder.path().string(), std::to_string(random()), std::to_string(round)},
        folder.path());
    victim.live_until_acknowledged();
    victim.live_for(std::chrono::microseconds(random() % 500'000));
    victim.kill();
    if (round % 2 == 1) continue; // the next victim has to finish what this one began
    const auto now = judge(folder.path());
    CHECK(now > before);
    before = now;
  }
  judge(folder.path());
}
