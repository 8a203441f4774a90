// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// What a partition on LMDB finds again after it was closed, damaged, or given foreign files.
#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include <lmdb.h>
#include <sys/wait.h>
#include <unistd.h>

namespace recovery_test {

using namespace acta::contract;
using acta::uuid;
using acta::version_number;
namespace fs = std::filesystem;

namespace {

partition_options small_maps() {
  partition_options options;
  options.journal_map_bytes = std::size_t{64} << 20;
  options.derived_map_bytes = std::size_t{64} << 20;
  options.index_delay_max =
      std::chrono::hours(1); // the index is written when a test says so, and at stop()
  return options;
}

struct place {
  test::temp_folder root;
  fs::path folder = root.path() / "p000";
  uuid store_id = uuid::random();

  acta::result<std::unique_ptr<partition>>
  try_open(partition_options options = small_maps()) const {
    return open_partition(folder, 0, store_id, std::move(options));
  }
  std::unique_ptr<partition> open(partition_options options = small_maps()) const {
    auto p = try_open(std::move(options));
    if (!p) FAIL(p.error().to_string());
    return std::move(*p);
  }
  /// `streams` streams of `commits` commits of 2 events, and closes.
  void fill(int streams, version_number commits) const {
    auto p = open();
    writer w(*p);
    for (int s = 0; s < streams; ++s) {
      const auto lane = attach(*p, key_of(std::to_string(s)));
      const auto first = lane->durable_version() + 1;
      for (version_number c = 0; c < commits; ++c)
        REQUIRE(w.submit(lane, {.first_version = first + 2 * c, .events = 2}));
    }
    w.wait();
  }
  /// Runs `f` in a child that then dies without closing anything. @returns its exit code.
  template <class F> static int in_dying_child(F&& f) {
    const auto child = ::fork();
    if (child == 0) ::_exit(f());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
  }
};

void check_filled(partition& p, int streams, version_number events) {
  for (int s = 0; s < streams; ++s) {
    const auto stream = key_of(std::to_string(s));
    CHECK(*p.last_version(stream) == events);
    CHECK(versions_of(p, stream).size() == events);
    CHECK(attach(p, stream)->durable_version() == events);
  }
  CHECK(check_log(p) == static_cast<std::uint64_t>(streams) * events);
}

} // namespace

TEST_CASE("a partition closed and opened again goes on where it was") {
  place at;
  at.fill(3, 4);
  at.fill(3, 1);
  const auto p = at.open();
  CHECK(p->recovery().streams == 3);
  CHECK(p->recovery().events == 30);
  CHECK(p->recovery().tail_commits == 0);
  CHECK_FALSE(p->recovery().index_rebuilt);
  CHECK(p->name_of(1) == "thing");
  check_filled(*p, 3, 10);
}

TEST_CASE("an index that knows more than the journal is made anew, and what it knew is "
          "told") {
  place at;
  at.fill(2, 2);
  const auto journal = at.folder / "journal" / "data.mdb", copy = at.root.path() / "copy";
  fs::copy(journal, copy);
  at.fill(2, 1);
  fs::copy(copy, journal, fs::copy_options::overwrite_existing);
  for (const std::uint64_t knew : {12, 0}) { // none has been written since
    const auto p = at.open();
    CHECK(p->recovery().index_rebuilt);
    CHECK(p->recovery().index_knew == knew);
    CHECK(p->recovery().index_unusable.empty() == (knew == 0));
    check_filled(*p, 2, 4);
  }
}

TEST_CASE("after a crash the commits that the index lacks are found in the journal, with their "
          "command ids") {
  place at;
  at.fill(2, 2);
  const auto id = uuid::random();
  const auto code = place::in_dying_child([&] {
    auto p = at.try_open();
    if (!p) return 1;
    auto* opened = p->release();
    auto* w = new writer(*opened); // neither is destroyed, as in a crash
    const auto lane = *opened->attach(key_of("1"));
    for (version_number v = 5; v < 25; v += 2)
      if (w->append(lane,
                    {.first_version = v, .events = 2, .command_id = v == 7 ? id : uuid::random()})
              .failure)
        return 2;
    return 0;
  });
  REQUIRE(code == 0);
  const auto p = at.open();
  CHECK(p->recovery().tail_commits == 10);
  CHECK(p->recovery().tail_streams == 1);
  CHECK(p->recovery().streams == 2);
  CHECK(*p->find_command(key_of("1"), id) == 11);
  CHECK(versions_of(*p, key_of("1")).size() == 24);
  CHECK(check_log(*p) == 28);
}

TEST_CASE("derived data that was deleted is made anew, in bounded steps that tell their progress") {
  place at;
  at.fill(10, 100);
  fs::remove_all(at.folder / "derived");
  auto options = small_maps();
  options.index_commits_max = 128;
  double done = 0;
  int calls = 0;
  auto p = open_partition(at.folder, 0, at.store_id, options, [&](std::string_view, double share) {
    CHECK(share > done);
    done = share;
    ++calls;
  });
  REQUIRE(p);
  CHECK(calls == 7);
  CHECK((*p)->recovery().index_rebuilt);
  CHECK((*p)->recovery().index_unusable.empty());
  CHECK((*p)->recovery().streams == 10);
  check_filled(**p, 10, 200);
}

TEST_CASE(
    "derived data of another store, of another history or of no format is ignored and made anew") {
  place at;
  at.fill(3, 4);
  place other;
  SECTION("another store's") {
    other.fill(3, 4);
    fs::remove_all(at.folder / "derived");
    fs::copy(other.folder / "derived", at.folder / "derived");
  }
  SECTION("ahead of the journal") {
    fs::copy(at.folder, other.folder, fs::copy_options::recursive);
    at.fill(3, 2);
    fs::remove(at.folder / "journal" / "data.mdb");
    fs::copy(other.folder / "journal" / "data.mdb", at.folder / "journal" / "data.mdb");
  }
  SECTION("of a history that went another way") {
    other.store_id = at.store_id;
    fs::copy(at.folder, other.folder, fs::copy_options::recursive);
    at.fill(4, 1);
    {
      auto p = other.open();
      writer w(*p);
      for (int s = 0; s < 4; ++s)
        w.append(attach(*p, key_of("x" + std::to_string(s))), {.first_version = 1, .events = 2});
    }
    fs::remove_all(at.folder / "derived");
    fs::copy(other.folder / "derived", at.folder / "derived");
    const auto p = at.open();
    CHECK(p->recovery().index_rebuilt);
    CHECK(*p->last_version(key_of("x1")) == 0);
    CHECK(*p->last_version(key_of("1")) == 10);
    return;
  }
  SECTION("not LMDB's") {
    std::ofstream(at.folder / "derived" / "data.mdb", std::ios::trunc) << std::string(8192, 'x');
  }
  const auto p = at.open();
  CHECK(p->recovery().index_rebuilt);
  CHECK_FALSE(p->recovery().index_unusable.empty());
  CHECK(p->recovery().streams == 3);
  check_filled(*p, 3, 8);
}

TEST_CASE("a journal of another store, partition or format is refused by name, and not touched") {
  place at;
  at.fill(1, 1);
  const auto refused = [&](const acta::result<std::unique_ptr<partition>>& p,
                           std::string_view why) {
    REQUIRE_FALSE(p);
    CHECK(p.error().code() == errc::wrong_format);
    CAPTURE(p.error().to_string());
    CHECK(p.error().detail().find(why) != std::string_view::npos);
  };
  refused(open_partition(at.folder, 0, uuid::random(), small_maps()), at.store_id.to_string());
  refused(open_partition(at.folder, 1, at.store_id, small_maps()), "partition 0");
  check_filled(*at.open(), 1, 2);
  std::ofstream(at.folder / "journal" / "data.mdb", std::ios::trunc) << std::string(8192, 'x');
  refused(at.try_open(), "journal");
}

TEST_CASE("a byte changed on disk is detected and reported with its position") {
  place at;
  const auto stream = key_of("victim");
  {
    auto p = at.open();
    writer w(*p);
    const auto lane = attach(*p, stream);
    for (version_number v = 1; v <= 9; ++v) w.append(lane, {.first_version = v});
  }
  std::string file;
  {
    std::ifstream in(at.folder / "journal" / "data.mdb", std::ios::binary);
    file.assign(std::istreambuf_iterator<char>(in), {});
  }
  // Every copy of the page: LMDB copies on write, and leaves the old ones behind.
  int changed = 0;
  const auto needle = payload_of(stream, 5, 16);
  for (auto found = file.find(needle); found != std::string::npos;
       found = file.find(needle, found + 1), ++changed)
    file[found + 3] ^= 1;
  REQUIRE(changed > 0);
  std::ofstream(at.folder / "journal" / "data.mdb", std::ios::binary | std::ios::trunc) << file;

  SECTION("by those who read it, while the rest stays readable") {
    const auto p = at.open();
    version_number last = 0;
    const auto read = p->read_stream(
        stream, 1, [&](const commit_view& c) { return last = c.last_version(), true; });
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == errc::corrupt_commit);
    CHECK(read.error().where() == "0:5");
    CHECK(last == 4);
    CHECK(versions_of(*p, stream, 6).size() == 4);
    CHECK_FALSE(p->read_log(1, [](const commit_view&) { return true; }));
  }
  SECTION("by opening, if it is in the part that must be read") {
    fs::remove_all(at.folder / "derived");
    const auto p = at.open();
    CHECK(p->recovery().damaged == std::vector<std::uint64_t>{5});
    const auto read = p->read_stream(stream, 1, [](const commit_view&) { return true; });
    REQUIRE_FALSE(read);
    CHECK(read.error().where() == "0:5");
    CHECK(versions_of(*p, stream, 6).size() == 4);
  }
}

namespace {

/// Takes the commit at `position` out of a journal that nobody has open.
void erase_commit(const fs::path& journal, std::uint64_t position) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi log = 0;
  MDB_val key{sizeof position, &position};
  REQUIRE(mdb_env_create(&env) == 0);
  REQUIRE(mdb_env_set_maxdbs(env, 6) == 0);
  REQUIRE(mdb_env_open(env, journal.c_str(), 0, 0640) == 0);
  REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
  REQUIRE(mdb_dbi_open(txn, "log", MDB_INTEGERKEY, &log) == 0);
  REQUIRE(mdb_del(txn, log, &key, nullptr) == 0);
  REQUIRE(mdb_txn_commit(txn) == 0);
  mdb_env_close(env);
}

} // namespace

TEST_CASE("a log without its first commits is damage, not an empty log") {
  place at;
  at.fill(1, 5); // positions 1, 3, 5, 7, 9
  erase_commit(at.folder / "journal", 1);
  erase_commit(at.folder / "journal", 3);
  const auto p = at.open();
  REQUIRE(p->last_position() == 10);
  const auto read = [&](std::uint64_t from) {
    int commits = 0;
    const auto done = p->read_log(from, [&](const commit_view&) { return ++commits, true; });
    return done ? std::to_string(commits) + " commits" : std::string(done.error().where());
  };
  CHECK(read(0) == "0:1");
  CHECK(read(1) == "0:1");
  CHECK(read(4) == "0:4");
  CHECK(read(5) == "3 commits");
  CHECK(read(6) == "3 commits");
  CHECK(read(11) == "0 commits");
  const auto stream = p->read_stream(key_of("0"), 1, [](const commit_view&) { return true; });
  REQUIRE_FALSE(stream);
  // The index names a commit that is not there, and cannot tell which of the two is wrong.
  CHECK(stream.error().code() == acta::condition::corrupt);
  CHECK(versions_of(*p, key_of("0"), 5).size() == 6);
}

TEST_CASE("a log with a hole is damage to who reads from before it or from within it") {
  place at;
  at.fill(1, 5);
  erase_commit(at.folder / "journal", 5);
  const auto p = at.open();
  for (const std::uint64_t from : {1, 4, 5, 6}) {
    CAPTURE(from);
    const auto done = p->read_log(from, [](const commit_view&) { return true; });
    REQUIRE_FALSE(done);
    CHECK(done.error().code() == errc::corrupt_commit);
    CHECK(done.error().where() == "0:5");
  }
  CHECK(p->read_log(7, [](const commit_view&) { return true; }));
}

TEST_CASE("a clock that runs backward does not turn recorded_at back, not even over a restart") {
  place at;
  auto now = std::make_shared<std::atomic<std::int64_t>>(2'000'000'000'000'000);
  auto options = small_maps();
  options.clock = [now] {
    return acta::time_point(std::chrono::microseconds(now->fetch_sub(1'000'000)));
  };
  acta::time_point last{};
  for (version_number round = 0; round < 3; ++round) {
    auto p = at.open(options);
    writer w(*p);
    const auto lane = attach(*p, key_of("one"));
    for (version_number v = 1; v <= 5; ++v) {
      const auto& entry = w.append(lane, {.first_version = round * 5 + v});
      CHECK(entry.recorded_at > last);
      last = entry.recorded_at;
    }
    check_log(*p);
    *now -= 1'000'000'000;
  }
}

TEST_CASE("a full map fails commands with store_full, reads go on, and a larger map goes on where "
          "it was") {
  place at;
  auto options = small_maps();
  options.journal_map_bytes = std::size_t{1} << 20;
  version_number stored = 0;
  {
    auto p = at.open(options);
    writer w(*p);
    const auto lane = attach(*p, key_of("0"));
    std::optional<acta::error> failure;
    while (!failure && stored < 10000) {
      failure = w.append(lane, {.first_version = stored + 1, .payload_bytes = 2000}).failure;
      if (!failure) ++stored;
    }
    REQUIRE(failure);
    CHECK(failure->code() == errc::store_full);
    CHECK(failure->code() == acta::condition::unavailable);
    CHECK(failure->detail().find("journal_map_bytes") != std::string_view::npos);
    CHECK(stored > 100);
    CHECK(lane->generation() == 1);
    CHECK(lane->durable_version() == stored);
    CHECK(versions_of(*p, key_of("0")).size() == stored);
    CHECK(p->figures().failed_batches == 1);
    // What was decided on the failed state fails with the same error.
    CHECK(w.append(lane, {.first_version = stored + 2, .generation = 0}).failure->code() ==
          errc::store_full);
    // A batch too large for what is left does not take its front down with it.
    w.hold();
    REQUIRE(w.submit(attach(*p, key_of("wake")), {.first_version = 7}));
    w.wait_until_held();
    const auto little = attach(*p, key_of("little"));
    const auto large = attach(*p, key_of("large"));
    auto* first = *w.submit(little, {.first_version = 1});
    auto* second = *w.submit(large, {.first_version = 1, .payload_bytes = 900'000});
    w.let_go();
    w.wait();
    CHECK_FALSE(first->failure);
    REQUIRE(second->failure);
    CHECK(second->failure->code() == errc::store_full);
  }
  options.journal_map_bytes = std::size_t{8} << 20;
  auto p = at.open(options);
  writer w(*p);
  const auto lane = attach(*p, key_of("0"));
  CHECK(lane->durable_version() == stored);
  CHECK_FALSE(w.append(lane, {.first_version = stored + 1}).failure);
  CHECK(check_log(*p) == stored + 2);
}

TEST_CASE(
    "an index made anew remembers command ids by time that passed, not by jumps of the clock") {
  place at;
  auto now = std::make_shared<std::atomic<std::int64_t>>(100'000); // hours
  auto options = small_maps();
  options.dedupe_keep = std::chrono::hours(24 * 7);
  options.index_commits_max = 16;
  options.clock = [now] { return acta::time_point(std::chrono::hours(now->load())); };
  options.monotonic = [now] { return std::chrono::hours(now->load()); };
  const auto stream = key_of("one");
  std::vector<uuid> ids;
  const auto append = [&](int commits, std::int64_t hours_between) {
    const auto p = at.open(options);
    writer w(*p);
    const auto lane = attach(*p, stream);
    for (int i = 0; i < commits; ++i) {
      *now += hours_between;
      ids.push_back(uuid::random());
      w.append(lane, {.first_version = lane->durable_version() + 1, .command_id = ids.back()});
    }
  };
  const auto remembered = [&](partition& p) {
    std::size_t count = 0;
    for (const auto& id : ids) count += p.find_command(stream, id)->has_value() ? 1 : 0;
    return count;
  };
  const auto open_anew = [&] {
    fs::remove_all(at.folder / "derived");
    return at.open(options);
  };
  SECTION("a commit each hour: none is forgotten too early, and none much too late") {
    append(400, 1);
    const auto p = open_anew();
    CHECK(p->recovery().index_rebuilt);
    CHECK(remembered(*p) >= 168);
    CHECK(remembered(*p) <= 172);
    CHECK(*p->forgotten_up_to() + remembered(*p) == 400);
  }
  SECTION("a jump of a year before the last one") {
    append(100, 0);
    append(1, 24 * 365);
    CHECK(remembered(*open_anew()) == 101);
  }
}

} // namespace recovery_test
