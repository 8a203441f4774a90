// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A real disk that is full, headers that cannot be written, and a journal that has lost its
// beginning: views say so, and nobody else suffers.
#include "counter_views.hpp"
#include "eventually.hpp"
#include "failing_headers.hpp"
#include "runtime.hpp"
#include "small_disk.hpp"
#include "temp_folder.hpp"

#include <acta/projections/errc.hpp>
#include <acta/runtime/view_handle.hpp>

#include <catch2/catch.hpp>

#include <lmdb.h>

namespace disk_test {

using namespace std::chrono_literals;
using namespace test;

namespace {

acta::model counter_alone() {
  acta::model m;
  m.aggregate<counter>();
  return m;
}
acta::model counter_with_views() {
  auto m = counter_alone();
  m.view<totals>({.backoff_min = 1ms, .backoff_max = 10ms});
  return m;
}

acta::position add_to(acta::runtime& runtime, const std::string& id) {
  auto receipt = runtime.ask<counter>(id, add{1}).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
  return receipt->position;
}

acta::read_options showing(acta::position at) { return {.at_least = at, .timeout = 20s}; }

} // namespace

TEST_CASE("a new view on a full disk keeps nothing from opening, and is built when there is room") {
  const small_disk disk(std::size_t{16} << 20);
  if (disk.is_missing()) return;
  const auto store = disk.path() / "store";
  {
    auto runtime = must_open(store, counter_alone());
    for (int i = 0; i < 10; ++i) add_to(runtime, "one");
  }
  disk.fill();
  auto runtime = must_open(store, counter_with_views());
  CHECK(runtime.state<counter>("one"));
  const auto missing = runtime.view<totals>().get("one");
  REQUIRE_FALSE(missing);
  CAPTURE(missing.error().to_string());
  CHECK(missing.error().code() == acta::projection_errc::view_building);
  CHECK(missing.error().detail().find("tried again") != std::string_view::npos);
  CHECK_FALSE(runtime.projection("totals")->pause());
  CHECK_FALSE(runtime.projection("totals")->reset()); // which was SIGBUS
  disk.make_room();
  const auto at = add_to(runtime, "one");
  const auto row =
      eventually([&] { return runtime.view<totals>().get("one", showing(at)).has_value(); });
  CHECK(row);
  CHECK(runtime.view<totals>().get("one")->version == 11);
}

TEST_CASE("a view whose header could not be written goes on by itself") {
  const temp_folder folder;
  auto runtime = must_open(folder / "store", counter_with_views());
  CHECK(runtime.view<totals>().get("one", showing(add_to(runtime, "one"))));
  acta::position at;
  {
    const failing_headers broken(folder / "store" / "views");
    at = add_to(runtime, "one");
    CHECK(eventually([] { return failing_headers::count() > 2; }));
    CHECK(eventually([&] { return runtime.view<totals>().get("one").has_value(); }));
  }
  const auto row = runtime.view<totals>().get("one", showing(at));
  if (!row) FAIL(row.error());
  CHECK(row->version == 2);
}

TEST_CASE("a journal that has lost its first commits stops a view with the reason, and it does not "
          "spin") {
  const temp_folder folder;
  {
    auto runtime = must_open(folder / "store", counter_alone());
    for (int i = 0; i < 10; ++i) add_to(runtime, "one");
  }
  {
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    MDB_dbi log = 0;
    const auto journal = folder / "store" / "p000" / "journal";
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_set_maxdbs(env, 6) == 0);
    REQUIRE(mdb_env_open(env, journal.c_str(), 0, 0640) == 0);
    REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, "log", MDB_INTEGERKEY, &log) == 0);
    for (std::uint64_t position = 1; position <= 4; ++position) {
      MDB_val key{sizeof position, &position};
      REQUIRE(mdb_del(txn, log, &key, nullptr) == 0);
    }
    REQUIRE(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
  }
  auto runtime = must_open(folder / "store", counter_with_views());
  const auto trouble = [&]() -> std::optional<acta::error> {
    const auto s = runtime.projection("totals")->status();
    return s.building ? s.building->trouble : std::nullopt;
  };
  REQUIRE(eventually([&] { return trouble().has_value(); }));
  CHECK(trouble()->code() == acta::condition::corrupt);
  CHECK(trouble()->where() == "0:1");
  CHECK(runtime.projection("totals")->status().building->transactions == 0);
}

} // namespace disk_test
