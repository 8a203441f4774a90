// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// Derived data that is not what was written: it may cost an error, never a wrong answer.
#include "small_store.hpp"

#include <lmdb_env.hpp>
#include <lmdb_pages.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace derived_damage_test {

using namespace acta::contract;
using acta::uuid;
using acta::version_number;
namespace fs = std::filesystem;

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

/// Derived data with one bit turned is opened, asked, written to, asked again and made anew.
void turn_and_ask(const small_store& store, std::size_t offset, int bit) {
  CAPTURE(offset, bit);
  auto damaged = store.derived();
  damaged[offset] = static_cast<char>(damaged[offset] ^ (1 << bit));
  store.restore(damaged);
  auto p = store.open();
  if (!p) FAIL(p.error().to_string());
  auto errors = store.check(**p);
  {
    // What a wrong list of free pages names is written over soon.
    const auto lane = (*p)->attach(key_of("another"));
    writer w(**p);
    for (version_number v = 1; lane && v <= 4; ++v) {
      CHECK_FALSE(w.append(*lane, {.first_version = v, .command_id = uuid::random()}).failure);
      (void)(*p)->flush();
    }
  }
  errors += store.check(**p);
  p = acta::error(errc::stopped);
  p = store.open();
  if (!p) FAIL(p.error().to_string());
  if (errors > 0) CHECK((*p)->recovery().index_rebuilt);
  CHECK((errors == 0 || store.check(**p) == 0));
}

} // namespace

TEST_CASE("a bit that turned over in the pages of command ids never makes a command new again") {
  const small_store store;
  const test::lmdb_pages pages(store.derived());
  int heads = 0;
  for (const auto& place : pages.structure()) {
    if (place.table != "dedupe") continue;
    // Of the branch and a leaf the head without the number, and the first offsets; of entries some.
    const bool is_entry = place.size == 8;
    if (!is_entry && ++heads > 2) break;
    for (std::size_t i = is_entry ? 0 : 8; i < (is_entry ? 8u : 20u); ++i)
      for (int bit = 0; bit < 8; ++bit)
        if (!is_entry || (place.offset * 8 + i * 8 + static_cast<std::size_t>(bit)) % 97 == 0)
          turn_and_ask(store, place.offset + i, bit);
  }
}

TEST_CASE("a bit that turned over in what leads to derived data never gives another history") {
  const small_store store;
  const auto* given = std::getenv("ACTA_SEED");
  const auto seed =
      given != nullptr ? static_cast<unsigned>(std::atoll(given)) : std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::map<std::string, std::vector<test::lmdb_pages::place>> tables;
  const test::lmdb_pages pages(store.derived());
  for (const auto& place : pages.structure()) tables[place.table].push_back(place);
  for (const auto& [table, places] : tables)
    for (int round = 0; round < 20; ++round) {
      CAPTURE(table);
      const auto& place = places[random() % places.size()];
      turn_and_ask(store, place.offset + random() % place.size, static_cast<int>(random() % 8));
    }
}

TEST_CASE("a list of free pages that names a page in use is found before that is written over") {
  const small_store store;
  const test::lmdb_pages pages(store.derived());
  std::set<std::uint64_t> in_use;
  for (const auto& place : pages.structure()) in_use.insert(place.offset / 4096);
  int changed = 0;
  for (const auto& place : pages.places()) {
    if (place.table != "free pages" || place.is_key) continue;
    std::vector<std::uint64_t> list(place.size / 8); // a count, and as many falling numbers
    std::memcpy(list.data(), store.derived().data() + place.offset, place.size);
    for (std::size_t i = 1; i <= list[0] && list[0] > 1; ++i) {
      auto wrong = list;
      const auto next = i < list[0] ? list[i + 1] : 0;
      const auto at = in_use.lower_bound(next);
      if (at == in_use.end() || *at >= list[i]) continue;
      wrong[i] = *at;
      auto damaged = store.derived();
      std::memcpy(damaged.data() + place.offset, wrong.data(), place.size);
      store.restore(damaged);
      const auto p = store.open();
      REQUIRE(p);
      CHECK((*p)->recovery().index_rebuilt);
      CHECK(store.check(**p) == 0);
      ++changed;
    }
  }
  CHECK(changed > 0);
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

TEST_CASE("a command id whose record is gone is not taken for a new one") {
  const small_store store;
  store.restore(store.derived());
  const auto victim = small_store::stream(11);
  take_out(store.folder() / "derived", "dedupe", victim.text() + '\0', 3);
  {
    const auto p = store.open();
    REQUIRE(p);
    CHECK_FALSE((*p)->recovery().index_rebuilt); // nothing of it shows yet
    // Every id that is not found beside it is in doubt; those that are found are answered.
    const auto unknown = (*p)->find_command(victim, uuid::random());
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().code() == errc::damaged_index);
    CHECK(unknown.error().where() == victim.text());
    CHECK(store.check(**p) == 1);
    CHECK((*p)->figures().index_damages > 0);
  }
  const auto p = store.open();
  REQUIRE(p);
  CHECK((*p)->recovery().index_rebuilt);
  CHECK(store.check(**p) == 0);
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
