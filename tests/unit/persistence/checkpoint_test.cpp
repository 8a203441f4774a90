// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// Whether a journal holds what a reader says it has read.
#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"
#include "lmdb_env.hpp"

#include <temp_folder.hpp>

#include <catch2/catch.hpp>

namespace checkpoint_test {

using namespace acta::contract;
using acta::uuid;
namespace fs = std::filesystem;

namespace {

partition_options small_maps() {
  partition_options options;
  options.journal_map_bytes = options.derived_map_bytes = std::size_t{64} << 20;
  return options;
}

void append(partition& p, std::string_view stream, int commits, std::uint32_t events) {
  writer w(p);
  const auto lane = attach(p, key_of(stream));
  auto next = lane->durable_version() + 1;
  for (int i = 0; i < commits; ++i, next += events)
    REQUIRE_FALSE(w.append(lane, {.first_version = next, .events = events}).failure);
  w.wait();
  p.stop();
}

struct place {
  test::temp_folder root;
  fs::path folder = root.path() / "p000";
  uuid store_id = uuid::random();
  std::unique_ptr<partition> open() const {
    auto p = open_partition(folder, 0, store_id, small_maps());
    if (!p) FAIL(p.error().to_string());
    return std::move(*p);
  }
};

/// Changes one byte of a commit behind the store's back.
void damage(const fs::path& journal, std::uint64_t position, std::size_t at) {
  auto env = lmdb_env::open(journal, std::size_t{64} << 20, "test");
  REQUIRE(env);
  lmdb_write txn;
  REQUIRE(txn.begin(**env) == 0);
  MDB_dbi log = 0;
  REQUIRE(mdb_dbi_open(txn.get(), "log", MDB_INTEGERKEY, &log) == 0);
  MDB_val key{sizeof position, &position};
  MDB_val stored{};
  REQUIRE(mdb_get(txn.get(), log, &key, &stored) == 0);
  std::string bytes(static_cast<const char*>(stored.mv_data), stored.mv_size);
  bytes[at] ^= 1;
  MDB_val changed{bytes.size(), bytes.data()};
  REQUIRE(mdb_put(txn.get(), log, &key, &changed, 0) == 0);
  REQUIRE(txn.commit() == 0);
}

} // namespace

TEST_CASE("a checkpoint is of the commit that holds its position, also in the middle") {
  const place at;
  append(*at.open(), "a", 3, 4); // 1..4, 5..8, 9..12
  const auto p = at.open();
  CHECK(p->checkpoint_at(0).value() == checkpoint{});
  std::vector<std::uint64_t> checksums;
  for (std::uint64_t n = 1; n <= 12; ++n) {
    const auto c = p->checkpoint_at(n).value();
    CHECK(c.position == n);
    CHECK(c.has_checksum());
    CHECK(p->holds(c).value());
    CHECK_FALSE(p->holds({n, c.checksum + 1}).value());
    CHECK(p->holds({n, 0}).value()); // as an earlier format kept it
    checksums.push_back(c.checksum);
  }
  CHECK(checksums[4] == checksums[7]);
  CHECK(checksums[3] != checksums[4]);
  REQUIRE(p->read_log(5, [&](const commit_view& c) {
    CHECK(c.record_checksum() == checksums[4]);
    return false;
  }));
  CHECK(p->next_commit(1).value() == 5);
  CHECK(p->next_commit(8).value() == 9);
  CHECK(p->next_commit(9).value() == 13);
  CHECK(p->next_commit(13).error().code() == errc::unknown_position);
  CHECK(p->holds({}).value());
  CHECK_FALSE(p->holds({13, 0}).value());
  const auto beyond = p->checkpoint_at(13);
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code() == errc::unknown_position);
  CHECK(beyond.error().code() == acta::condition::invalid);
  CHECK(beyond.error().to_string() == "unknown_position: the journal ends at 0:12 (at 0:13)");
}

TEST_CASE("a journal that was put back and has grown again does not hold what was read before") {
  const place at;
  append(*at.open(), "a", 5, 2);
  const auto copy = at.root / "copy";
  fs::copy(at.folder, copy, fs::copy_options::recursive);
  append(*at.open(), "a", 5, 2);
  checkpoint before, later;
  {
    const auto p = at.open();
    before = p->checkpoint_at(10).value();
    later = p->checkpoint_at(15).value();
  }
  fs::remove_all(at.folder);
  fs::copy(copy, at.folder, fs::copy_options::recursive);
  CHECK_FALSE(at.open()->holds(later).value());
  append(*at.open(), "a", 10, 2); // the same events, at another time
  const auto p = at.open();
  CHECK(p->holds(before).value());
  CHECK_FALSE(p->holds(later).value());
}

TEST_CASE("a damaged commit is not taken for another history") {
  const place at;
  append(*at.open(), "a", 5, 2);
  const auto c = at.open()->checkpoint_at(6).value();
  damage(at.folder / "journal", 5, 60);
  CHECK(at.open()->holds(c).value()); // its checksum stands
  damage(at.folder / "journal", 5, 0);
  const auto damaged = at.open()->holds(c);
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code() == errc::corrupt_commit);
  CHECK(damaged.error().where() == "0:5");
  CHECK(at.open()->next_commit(6).value() == 7);
}

} // namespace checkpoint_test
