// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Transfers under load, killed at random moments: every step's commands have one effect, whatever
// was being written, sent, answered or noted when the process died.
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfers.hpp"
#include "victim.hpp"

#include <acta/domain/process.hpp>

#include <map>
#include <random>

using namespace std::chrono_literals;

namespace {

/// What a transfer did to accounts.
struct effects {
  std::vector<std::string> debited, credited; ///< accounts
  bool operator==(const effects&) const = default;
};

struct books {
  std::map<std::string, effects> by_transfer;
  std::int64_t sum = 0; ///< of all that transfers took and gave
};

/// Reads the whole journal.
books audit(acta::runtime& runtime) {
  books b;
  auto events = runtime.subscribe({.filter = {.aggregates = {"account"}}});
  REQUIRE(events);
  while (events->behind() > 0) {
    auto page = events->next(10'000);
    REQUIRE(page);
    for (const auto& e : page->events) {
      const auto id = e.metadata.stream.substr(e.metadata.stream.find('/') + 1);
      const auto out = e.get<test::debited>();
      const auto in = e.get<test::credited>();
      const auto by = e.metadata.attributes.find(std::string(acta::process_attribute));
      if (by == e.metadata.attributes.end()) continue;
      b.sum += in ? in->cents : out ? -out->cents : 0;
      auto& of = b.by_transfer[by->second];
      if (out) of.debited.push_back(id);
      if (in) of.credited.push_back(id);
    }
  }
  return b;
}

bool is_final(const test::transfer& t) {
  return t.state == "done" || t.state == "returned" || t.state.starts_with("refused");
}

/// Opens the store, lets what was under way come to its end, and checks it.
std::size_t judge(const std::filesystem::path& folder) {
  auto runtime = test::must_find(folder / "store", crash::money());
  std::vector<std::string> transfers;
  auto steps = runtime.subscribe({.filter = {.aggregates = {"transfer"}}});
  REQUIRE(steps);
  while (steps->behind() > 0) {
    auto page = steps->next(10'000);
    REQUIRE(page);
    for (const auto& e : page->events)
      if (e.metadata.version == 1) transfers.push_back(e.metadata.stream);
  }
  const auto state_of = [&](const std::string& stream) {
    auto state = runtime.state<test::transfer>(stream.substr(stream.find('/') + 1));
    if (!state) FAIL(stream << ": " << state.error());
    return *state;
  };
  std::size_t settled = 0;
  REQUIRE(test::eventually(
      [&] {
        while (settled < transfers.size() && is_final(state_of(transfers[settled]))) ++settled;
        return settled == transfers.size() && runtime.figures().processes.waiting == 0;
      },
      60s));
  CHECK(test::eventually([&] { return runtime.figures().processes.timers == 0; }));
  const auto b = audit(runtime);
  CHECK(b.sum == 0);
  for (const auto& stream : transfers) {
    const auto t = state_of(stream);
    effects expected;
    if (t.state == "done") expected = {{t.from}, {t.to}};
    if (t.state == "returned") expected = {{t.from}, {t.from}};
    const auto at = b.by_transfer.find(stream);
    const auto actual = at == b.by_transfer.end() ? effects{} : at->second;
    if (actual != expected)
      FAIL_CHECK(stream << " is " << t.state << ", but took or gave otherwise");
  }
  return transfers.size();
}

} // namespace

TEST_CASE("a process killed at any moment leaves every transfer with one effect") {
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
    victim.live_for(std::chrono::microseconds(random() % 150'000));
    victim.kill();
    if (round % 2 == 1) continue; // the next victim has to finish what this one began
    const auto now = judge(folder.path());
    CHECK(now > before);
    before = now;
  }
  judge(folder.path());
}
