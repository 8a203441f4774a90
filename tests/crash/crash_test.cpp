// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// SIGKILL at random moments under full load, again and again on the same store; after each kill the
// store is judged against the receipts the victim had written down.
#include "plan.hpp"
#include "temp_folder.hpp"
#include "victim.hpp"

#include <acta/persistence/store.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <unordered_map>

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

struct stored_commit {
  std::uint64_t last_version;
  std::uint64_t last_position;
};

void judge(const std::filesystem::path& folder, std::uint64_t seed) {
  acta::persistence::store_options existing;
  existing.create = false; // what is judged must not be made by its judge
  auto store = acta::persistence::store::open(folder / "store", existing);
  // A very early kill leaves none, and nothing acknowledged.
  if (!store && store.error().code() == acta::persistence::errc::no_store &&
      crash::read_acknowledged(folder).empty())
    return;
  if (!store) FAIL(store.error());
  auto& partition = *(*store)->partitions()[0];

  std::unordered_map<acta::uuid, stored_commit> by_command;
  std::map<std::string, acta::version_number, std::less<>> versions;
  std::uint64_t next_position = 1;
  acta::time_point last_time{};
  std::string wrong;
  const auto fault = [&](const std::string& what, const acta::persistence::commit_view& c) {
    if (wrong.empty()) wrong = what + " at position " + std::to_string(c.position());
  };
  const auto read = partition.read_log(1, [&](const acta::persistence::commit_view& c) {
    if (c.position() != next_position) fault("a gap or a double in the positions", c);
    next_position = c.last_position() + 1;
    auto& version = versions[std::string(c.header().stream_id)];
    if (c.first_version() != version + 1) fault("a gap or a double in the versions", c);
    version = c.last_version();
    if (c.recorded_at() <= last_time) fault("time does not rise", c);
    last_time = c.recorded_at();
    std::uint64_t n = 0;
    std::uint32_t client_plus_one = 0;
    std::memcpy(&n, c.header().command_id.bytes.data(), 8);
    std::memcpy(&client_plus_one, c.header().command_id.bytes.data() + 8, 4);
    const auto planned = crash::plan(seed, client_plus_one - 1, n);
    if (planned.stream_id != c.header().stream_id || planned.events != c.event_count())
      fault("not what was sent", c);
    c.for_each_event([&](const acta::persistence::event_view& e) {
      std::int64_t amount = -1;
      if (e.payload.size() == sizeof amount) std::memcpy(&amount, e.payload.data(), sizeof amount);
      if (amount != planned.amount) fault("another payload than was sent", c);
    });
    if (!by_command
             .emplace(c.header().command_id, stored_commit{c.last_version(), c.last_position()})
             .second)
      fault("a command id with two effects", c);
    return wrong.empty();
  });
  if (!read) FAIL(read.error());
  if (!wrong.empty()) FAIL(wrong);
  REQUIRE(partition.last_position() == next_position - 1);

  for (const auto& a : crash::read_acknowledged(folder)) {
    const auto at = by_command.find(crash::plan(seed, a.client, a.n).command_id);
    if (at == by_command.end())
      FAIL("acknowledged and lost: command " << a.n << " of client " << a.client << " at position "
                                             << a.position);
    if (at->second.last_version != a.version || at->second.last_position != a.position)
      FAIL("acknowledged at another place: command " << a.n << " of client " << a.client);
  }
  // The index tells the same as the journal.
  for (const auto& [id, version] : versions) {
    const acta::persistence::stream_key key("counter", id);
    REQUIRE(*partition.last_version(key) == version);
    acta::version_number seen = 0;
    REQUIRE(partition.read_stream(key, 1, [&](const acta::persistence::commit_view& c) {
      const bool follows = c.first_version() == seen + 1;
      seen = c.last_version();
      return follows;
    }));
    REQUIRE(seen == version);
  }
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
