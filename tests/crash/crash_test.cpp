// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// SIGKILL at random moments under full load, again and again on the same store; after each kill the
// store is judged against the receipts the victim had written down.
#include "plan.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/store.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <spawn.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <thread>
#include <unordered_map>

extern char** environ; // NOLINT: POSIX declares it nowhere

namespace {

pid_t start_worker(const std::filesystem::path& folder, std::uint64_t seed) {
  std::string program = CRASH_WORKER;
  std::string where = folder.string();
  std::string with = std::to_string(seed);
  char* arguments[] = {program.data(), where.data(), with.data(), nullptr};
  pid_t pid = 0;
  REQUIRE(posix_spawn(&pid, program.c_str(), nullptr, nullptr, arguments, environ) == 0);
  return pid;
}

std::vector<crash::acknowledgement> read_acknowledged(const std::filesystem::path& folder) {
  std::vector<crash::acknowledgement> all;
  std::ifstream in(folder / "acknowledged", std::ios::binary);
  for (crash::acknowledgement a; in.read(reinterpret_cast<char*>(&a), sizeof a);) all.push_back(a);
  return all;
}

/// Kills the worker once it has acknowledged something more and a random time has passed.
void kill_at_random(pid_t pid, const std::filesystem::path& folder, std::mt19937_64& random) {
  std::error_code ignored;
  const auto log = folder / "acknowledged";
  const auto before = std::filesystem::file_size(log, ignored);
  const auto known = ignored ? 0 : before;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  int status = 0;
  // One kill in eight comes while the store is still opening.
  const bool early = random() % 8 == 0;
  while (!early) {
    const auto now = std::filesystem::file_size(log, ignored);
    if (!ignored && now > known) break;
    REQUIRE(waitpid(pid, &status, WNOHANG) == 0); // it must not end by itself
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    std::this_thread::yield();
  }
  const auto moment =
      std::chrono::steady_clock::now() + std::chrono::microseconds{random() % 120'000};
  while (std::chrono::steady_clock::now() < moment) std::this_thread::yield();
  REQUIRE(waitpid(pid, &status, WNOHANG) == 0);
  REQUIRE(kill(pid, SIGKILL) == 0);
  REQUIRE(waitpid(pid, &status, 0) == pid);
}

struct stored_commit {
  std::uint64_t last_version;
  std::uint64_t last_position;
};

void judge(const std::filesystem::path& folder, std::uint64_t seed) {
  auto store = acta::persistence::store::open(folder / "store", {});
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

  for (const auto& a : read_acknowledged(folder)) {
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
  const auto* wanted = std::getenv("ACTA_CRASH_ROUNDS");
  const int rounds = wanted != nullptr ? std::atoi(wanted) : 10;
  const auto* given = std::getenv("ACTA_SEED");
  const auto seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  WARN("seed " << seed << " (repeat with ACTA_SEED=" << seed << "), " << rounds << " rounds");
  std::mt19937_64 random(seed);
  std::size_t acknowledged = 0;
  constexpr int rounds_a_store = 10; // the judge reads the whole journal each time
  for (int done = 0; done < rounds;) {
    test::temp_folder folder;
    for (int i = 0; i < rounds_a_store && done < rounds; ++i, ++done) {
      CAPTURE(done);
      kill_at_random(start_worker(folder.path(), seed), folder.path(), random);
      judge(folder.path(), seed);
    }
    acknowledged += read_acknowledged(folder.path()).size();
  }
  WARN(acknowledged << " acknowledged commands judged");
  CHECK(acknowledged > 0);
}
