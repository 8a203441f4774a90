// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// Derived data that is not what was written: it may cost an error, never a wrong answer.
#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <lmdb_env.hpp>
#include <lmdb_pages.hpp>
#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

namespace derived_damage_test {

using namespace acta::contract;
using acta::uuid;
using acta::version_number;
namespace fs = std::filesystem;

namespace {

std::string read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_all(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
}

/// A closed store of some streams, indexed, with snapshots, as it was written.
class small_store {
public:
  static constexpr int streams = 40;
  static constexpr version_number commits = 5;
  static constexpr version_number versions = 2 * commits;

  small_store() {
    auto p = open();
    REQUIRE(p);
    fill(**p);                      // and stops
    p = acta::error(errc::stopped); // closed
    journal_ = read_all(journal_file());
    derived_ = read_all(derived_file());
  }

  static stream_key stream(int s) { return key_of("stream" + std::to_string(s)); }
  [[nodiscard]] fs::path folder() const { return root_ / "p000"; }
  [[nodiscard]] fs::path journal_file() const { return folder() / "journal" / "data.mdb"; }
  [[nodiscard]] fs::path derived_file() const { return folder() / "derived" / "data.mdb"; }
  [[nodiscard]] const std::string& derived() const noexcept { return derived_; }

  /// Puts everything back, but for the derived data, which becomes this.
  void restore(std::string_view derived) const {
    fs::remove_all(folder() / "derived");
    fs::create_directories(folder() / "derived");
    write_all(journal_file(), journal_);
    write_all(derived_file(), derived);
  }
  [[nodiscard]] acta::result<std::unique_ptr<partition>> open() const {
    partition_options options;
    options.journal_map_bytes = std::size_t{64} << 20;
    options.derived_map_bytes = std::size_t{64} << 20;
    options.index_delay_max = std::chrono::hours(1);
    return open_partition(folder(), 0, store_id_, options);
  }

  /// Every answer is right, or an error of the kind. @returns how many were errors.
  int check(partition& p) const {
    int errors = 0;
    const auto is_typed = [&](const acta::error& e) {
      ++errors;
      CAPTURE(e.to_string());
      CHECK(e.code() == acta::condition::corrupt);
    };
    for (int s = 0; s < streams; ++s) {
      const auto key = stream(s);
      CAPTURE(key.text());
      if (auto last = p.last_version(key); !last)
        is_typed(last.error());
      else
        CHECK(*last == versions);
      if (auto lane = p.attach(key); !lane)
        is_typed(lane.error());
      else
        CHECK((*lane)->durable_version() == versions);
      for (const version_number from : {1, 4, 9}) {
        auto next = from % 2 == 0 ? from - 1 : from;
        auto read = p.read_stream(key, from, [&](const commit_view& c) {
          CHECK(c.first_version() == next);
          CHECK(c.header().stream_id == key.id());
          next = c.last_version() + 1;
          return true;
        });
        if (!read)
          is_typed(read.error());
        else
          CHECK(next == versions + 1);
      }
      if (auto saved = p.newest_snapshot(key); !saved)
        is_typed(saved.error());
      else if (*saved) {
        CHECK((*saved)->version == versions);
        CHECK((*saved)->position == ends_.at(s));
        CHECK(acta::as_text((*saved)->state.view()) == key.text());
      }
    }
    for (const auto& [s, id, position] : commands_) {
      auto found = p.find_command(stream(s), id);
      if (!found) {
        is_typed(found.error());
      } else {
        CHECK(*found == std::optional(position));
      }
    }
    for (const auto& stranger : strangers_) {
      for (const auto* name : {"stream1", "stream", "strean1"})
        if (auto found = p.find_command(key_of(name), stranger); !found)
          is_typed(found.error());
        else
          CHECK_FALSE(*found);
    }
    return errors;
  }

private:
  void fill(partition& p) {
    writer w(p);
    std::vector<std::pair<int, commit_entry*>> sent;
    for (version_number c = 0; c < commits; ++c)
      for (int s = 0; s < streams; ++s)
        sent.emplace_back(
            s, *w.submit(attach(p, stream(s)),
                         {.first_version = 1 + 2 * c, .events = 2, .command_id = uuid::random()}));
    w.wait();
    for (const auto& [s, entry] : sent) {
      commands_.emplace_back(s, entry->command_id, entry->position);
      ends_[s] = entry->position + 1;
    }
    for (int s = 0; s < streams; s += 4) {
      snapshot saved;
      saved.version = versions;
      saved.position = ends_[s];
      saved.fingerprint = 7;
      saved.state.append(acta::as_bytes_view(stream(s).text()));
      REQUIRE(p.offer_snapshot(stream(s), std::move(saved)));
    }
    REQUIRE(p.flush());
  }

  test::temp_folder root_;
  uuid store_id_ = uuid::random();
  std::vector<std::tuple<int, uuid, std::uint64_t>> commands_;
  std::vector<uuid> strangers_{uuid::random(), uuid::random(), uuid::random()};
  std::map<int, std::uint64_t> ends_;
  std::string journal_, derived_;
};

} // namespace

TEST_CASE("a bit that turned over in derived data gives an error or nothing, never another "
          "history or a command taken twice") {
  const small_store store;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto places = test::lmdb_pages(store.derived()).places();
  std::map<std::string, std::vector<test::lmdb_pages::place>> tables;
  for (const auto& place : places) tables[place.table].push_back(place);
  int errors = 0;
  for (const auto& [table, bytes] : tables) {
    for (int round = 0; round < 25; ++round) {
      const auto& place = bytes[random() % bytes.size()];
      if (place.size == 0) continue;
      const auto offset = place.offset + random() % place.size;
      const auto bit = random() % 8;
      CAPTURE(table, place.is_key, place.offset, offset, bit);
      auto damaged = store.derived();
      damaged[offset] = static_cast<char>(damaged[offset] ^ (1 << bit));
      store.restore(damaged);
      auto p = store.open();
      if (!p) FAIL(p.error().to_string());
      const auto before = store.check(**p);
      // A commit upon what was found goes where it belongs, whatever the index says of it.
      const auto chosen = small_store::stream(static_cast<int>(random() % small_store::streams));
      bool stored = false;
      if (auto lane = (*p)->attach(chosen)) {
        writer w(**p);
        stored = !w.append(*lane, {.first_version = small_store::versions + 1}).failure;
        CHECK(stored);
        (void)(*p)->flush();
        if (auto last = (*p)->last_version(chosen)) CHECK(*last == small_store::versions + 1);
      }
      p = acta::error(errc::stopped);
      p = store.open();
      if (!p) FAIL(p.error().to_string());
      if (auto last = (*p)->last_version(chosen))
        CHECK(*last == small_store::versions + (stored ? 1 : 0));
      if (before > 0) { // it was made anew
        ++errors;
        CHECK((*p)->recovery().index_rebuilt);
      }
    }
  }
  CHECK(errors > 0);
}

namespace {

/// Takes the n-th key that holds `text` out of a table of a closed environment.
void take_out(const fs::path& folder, const char* table, const std::string& text, int n) {
  auto env = lmdb_env::open(folder, std::size_t{64} << 20, "");
  REQUIRE(env);
  lmdb_write txn;
  REQUIRE(txn.begin(**env) == 0);
  MDB_dbi dbi = 0;
  REQUIRE(mdb_dbi_open(txn.get(), table, 0, &dbi) == 0);
  MDB_cursor* cursor = nullptr;
  REQUIRE(mdb_cursor_open(txn.get(), dbi, &cursor) == 0);
  MDB_val key{};
  MDB_val value{};
  bool done = false;
  for (int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); rc == 0 && !done;
       rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
    if (acta::as_text(from_val(key)).find(text) != std::string_view::npos && n-- == 0) {
      REQUIRE(mdb_cursor_del(cursor, 0) == 0);
      done = true;
    }
  REQUIRE(done);
  REQUIRE(txn.commit() == 0);
}

} // namespace

TEST_CASE("a hole in the index refuses its stream by name, until the index is made anew") {
  const small_store store;
  store.restore(store.derived());
  const auto victim = small_store::stream(17);
  const auto text = victim.text() + '\0';
  bool is_at_the_end = false;
  SECTION("in the middle") { take_out(store.folder() / "derived", "index", text, 2); }
  SECTION("at the beginning") { take_out(store.folder() / "derived", "index", text, 0); }
  SECTION("at the end") {
    take_out(store.folder() / "derived", "index", text, 4);
    is_at_the_end = true;
  }
  {
    const auto p = store.open();
    REQUIRE(p);
    const auto is_named = [&](const acta::error& e) {
      CHECK(e.code() == errc::damaged_index);
      CHECK(e.where() == victim.text());
    };
    // A command is decided on what both answer.
    const auto lane = (*p)->attach(victim);
    REQUIRE(static_cast<bool>(lane) != is_at_the_end);
    if (!lane) is_named(lane.error());
    const auto read = (*p)->read_stream(victim, 1, [](const commit_view&) { return true; });
    REQUIRE_FALSE(read);
    is_named(read.error());
    CHECK((*p)->figures().index_damages > 0);
    // Others are served.
    CHECK(versions_of(**p, small_store::stream(16)).size() == small_store::versions);
  }
  const auto p = store.open();
  REQUIRE(p);
  CHECK((*p)->recovery().index_rebuilt);
  CHECK(store.check(**p) == 0);
  CHECK_FALSE(fs::exists(store.folder() / "derived" / "unusable.txt"));
}

TEST_CASE("a stream that only one of index and list of streams knows is not a new one") {
  const small_store store;
  store.restore(store.derived());
  const auto victim = small_store::stream(3);
  SECTION("a list that is shorter than its head says is found at once") {
    take_out(store.folder() / "derived", "ends", victim.text() + '\0', 0);
    const auto p = store.open();
    REQUIRE(p);
    CHECK((*p)->recovery().index_rebuilt);
    CHECK(store.check(**p) == 0);
  }
  SECTION("an index that holds nothing of it is found by who asks") {
    for (int i = 0; i < 5; ++i)
      take_out(store.folder() / "derived", "index", victim.text() + '\0', 0);
    const auto p = store.open();
    REQUIRE(p);
    const auto lane = (*p)->attach(victim);
    REQUIRE_FALSE(lane);
    CHECK(lane.error().code() == errc::damaged_index);
    CHECK(lane.error().where() == victim.text());
  }
}

TEST_CASE("a damaged index does not keep a store that was killed from opening") {
  const small_store store;
  store.restore(store.derived());
  const auto victim = small_store::stream(5);
  {
    const auto p = store.open();
    REQUIRE(p);
    const auto lane = attach(**p, victim);
    writer w(**p);
    REQUIRE_FALSE(w.append(lane, {.first_version = small_store::versions + 1}).failure);
  }
  // The journal is ahead of derived data, in which the stream ends too early.
  write_all(store.derived_file(), store.derived());
  take_out(store.folder() / "derived", "index", victim.text() + '\0', 4);
  const auto p = store.open();
  REQUIRE(p);
  CHECK((*p)->recovery().index_rebuilt);
  CHECK(*(*p)->last_version(victim) == small_store::versions + 1);
  CHECK(versions_of(**p, victim).size() == small_store::versions + 1);
}

} // namespace derived_damage_test
