// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// A bit that turned in the names of a journal, which lead to every stream.
#include "damaged_place.hpp"

#include <lmdb_env.hpp>

#include <functional>

namespace name_damage_test {

using namespace acta::contract;

namespace {

/// Opens the tables `names` and `meta` of a closed journal.
void in_journal(const damaged_place& at,
                const std::function<void(MDB_txn*, MDB_dbi names, MDB_dbi meta)>& change) {
  auto env = lmdb_env::open(at.journal(), std::size_t{64} << 20, "");
  REQUIRE(env);
  lmdb_write txn;
  REQUIRE(txn.begin(**env) == 0);
  MDB_dbi names = 0, meta = 0;
  REQUIRE(mdb_dbi_open(txn.get(), "names", MDB_INTEGERKEY, &names) == 0);
  REQUIRE(mdb_dbi_open(txn.get(), "meta", 0, &meta) == 0);
  change(txn.get(), names, meta);
  REQUIRE(txn.commit() == 0);
}
std::string value_of(MDB_txn* txn, MDB_dbi table, MDB_val key) {
  MDB_val stored{};
  REQUIRE(mdb_get(txn, table, &key, &stored) == 0);
  return std::string(acta::as_text(from_val(stored)));
}
void put(MDB_txn* txn, MDB_dbi table, MDB_val key, std::string_view value) {
  auto stored = to_val(value);
  REQUIRE(mdb_put(txn, table, &key, &stored, 0) == 0);
}
std::string stored_sums(const damaged_place& at) {
  std::string sums;
  in_journal(at, [&](auto* txn, auto, auto meta) { sums = value_of(txn, meta, to_val("names")); });
  return sums;
}
constexpr const char* name = "thing"; // of the contract's streams; it is interned first

} // namespace

TEST_CASE("a bit that turns in the name of an aggregate begins none of its streams anew") {
  const damaged_place at;
  fill(at, {{"one"}, {"two"}, {"one"}});
  std::uint32_t id = 1;
  const MDB_val key{sizeof id, &id};
  std::string good;
  in_journal(at, [&](auto* txn, auto names, auto) { good = value_of(txn, names, key); });
  REQUIRE(good == name);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    auto bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bad);
    in_journal(at, [&](auto* txn, auto names, auto) { put(txn, names, key, bad); });
    const auto opened = open_partition(at.folder, 0, at.store_id, small_maps());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code() == errc::damaged_file);
    CHECK(opened.error().detail().find("in table names name 1 reads '") != std::string_view::npos);
    CHECK(opened.error().detail().find("and was 'thing'") != std::string_view::npos);
  }
  in_journal(at, [&](auto* txn, auto names, auto) { put(txn, names, key, "other"); });
  const auto opened = open_partition(at.folder, 0, at.store_id, small_maps());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().detail().find("name 1 reads 'other', which is not what it was") !=
        std::string_view::npos);
  in_journal(at, [&](auto* txn, auto names, auto) { put(txn, names, key, good); });
  CHECK(*at.open()->last_version(key_of("one")) == 2);
}

TEST_CASE("names that an older program wrote get sums, and a bit that turns in those alone costs "
          "nothing") {
  const damaged_place at;
  fill(at, {{"one"}});
  const auto good = stored_sums(at);
  const auto opens = [&] {
    CHECK(*at.open()->last_version(key_of("one")) == 1);
    CHECK(stored_sums(at) == good);
  };
  opens();
  SECTION("none") {
    in_journal(at, [](auto* txn, auto, auto meta) {
      auto key = to_val("names");
      REQUIRE(mdb_del(txn, meta, &key, nullptr) == 0);
    });
    opens();
  }
  SECTION("a bit of them") {
    for (std::size_t i = 0; i < good.size(); ++i) {
      auto bad = good;
      bad[i] = static_cast<char>(bad[i] ^ 4);
      in_journal(at, [&](auto* txn, auto, auto meta) { put(txn, meta, to_val("names"), bad); });
      opens();
    }
  }
  SECTION("a name more") {
    std::uint32_t id = static_cast<std::uint32_t>(good.size() / 8);
    in_journal(at, [&](auto* txn, auto names, auto) {
      put(txn, names, {sizeof id, &id}, "added by an older program");
    });
    CHECK(at.open()->name_of(id) == "added by an older program");
    CHECK(stored_sums(at).size() == good.size() + 8);
    in_journal(at, [&](auto* txn, auto names, auto) {
      MDB_val key{sizeof id, &id};
      REQUIRE(mdb_del(txn, names, &key, nullptr) == 0);
    });
    const auto opened = open_partition(at.folder, 0, at.store_id, small_maps());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code() == errc::damaged_file);
    CHECK(opened.error().detail().find("names were written, it has") != std::string_view::npos);
  }
}

} // namespace name_damage_test
