// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// SIGKILL at random moments under full load, again and again on the same store; after each kill the
// store is judged against the receipts the victim had written down.
#include "journal_judge.hpp"
#include "temp_folder.hpp"
#include "victim.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace {

/// Kills a worker once it has acknowledged something more and a random time has passed.
void kill_at_random(const std::filesystem::path& folder, std::uint64_t seed,
                    std::mt19937_64& random) {
  crash::victim worker({CRASH_WORKER, folder.string(), std::to_string(seed)}, folder);
  // One kill in eight comes while the store is still opening.
  if (random() % 8 != 0) worker.live_until_acknowledged();
  worker.live_for(std::chrono::microseconds{random() % 120'000});
  worker.kill();
}

void judge(const std::filesystem::path& folder, std::uint64_t seed) {
  const auto wrong = crash::judge_journal(folder, seed);
  // A very early kill leaves none, and nothing acknowledged.
  if (!wrong && wrong.error().code() == acta::persistence::errc::no_store &&
      crash::read_acknowledged(folder).empty())
    return;
  if (!wrong) FAIL(wrong.error());
  if (!wrong->empty()) FAIL(*wrong);
}

} // namespace

TEST_CASE("nothing acknowledged is lost, doubled or half there after SIGKILL under load") {
  const int rounds = crash::choose_rounds(10);
  const auto seed = crash::choose_seed();
  std::mt19937_64 random(seed);
  std::size_t acknowledged = 0;
  constexpr int rounds_a_store = 10; // the judge reads the whole journal each time
  for (int done = 0; done < rounds;) {
    test::temp_folder folder;
    for (int i = 0; i < rounds_a_store && done < rounds; ++i, ++done) {
      CAPTURE(done);
      kill_at_random(folder.path(), seed, random);
      judge(folder.path(), seed);
    }
    acknowledged += crash::read_acknowledged(folder.path()).size();
  }
  WARN(acknowledged << " acknowledged commands judged");
  CHECK(acknowledged > 0);
}
