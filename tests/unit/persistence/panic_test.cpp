// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// After one failed write of a header LMDB refuses every transaction of the environment, reading
/// too. What is derived goes on by itself; the journal can still be read.
#include <acta/persistence/partition.hpp>
#include <acta/persistence/view_store.hpp>

#include "../../contract/journal_contract.hpp"

#include <failing_headers.hpp>
#include <temp_folder.hpp>

#include <catch2/catch.hpp>

namespace panic_test {

using namespace acta::contract;
using acta::uuid;
using acta::version_number;
using test::failing_headers;

namespace {

partition_options quick_index() {
  partition_options options;
  options.journal_map_bytes = std::size_t{64} << 20;
  options.derived_map_bytes = std::size_t{64} << 20;
  options.index_delay_max = std::chrono::milliseconds(1);
  return options;
}

} // namespace

TEST_CASE("derived data whose header could not be written goes on in place, and reading never "
          "stops") {
  const test::temp_folder root;
  const auto folder = root.path() / "p000";
  const auto id = uuid::random();
  auto opened = open_partition(folder, 0, id, quick_index());
  REQUIRE(opened);
  auto& p = **opened;
  auto writing = std::make_unique<writer>(p);
  auto& w = *writing;
  for (int s = 0; s < 10; ++s)
    for (version_number v = 1; v <= 3; ++v)
      w.append(attach(p, key_of(std::to_string(s))), {.first_version = v});
  REQUIRE(p.flush());
  {
    const failing_headers broken(folder / "derived");
    w.append(attach(p, key_of("0")), {.first_version = 4});
    CHECK_FALSE(p.flush());
    CHECK(failing_headers::count() > 0);
    for (int s = 1; s < 10; ++s) {
      CHECK(p.last_version(key_of(std::to_string(s))).value_or(0u) == 3);
      CHECK(versions_of(p, key_of(std::to_string(s))).size() == 3);
    }
    CHECK_FALSE(p.flush()); // again, and again the header cannot be written
    CHECK(versions_of(p, key_of("0")).size() == 4);
    CHECK_FALSE(w.append(attach(p, key_of("1")), {.first_version = 4}).failure);
  }
  CHECK(eventually([&] { return p.flush().has_value(); }));
  CHECK(p.figures().unindexed_commits == 0);
  CHECK(*p.last_version(key_of("0")) == 4);
  writing.reset();
  opened = acta::error(errc::io);
  opened = open_partition(folder, 0, id, quick_index());
  REQUIRE(opened);
  CHECK_FALSE((*opened)->recovery().index_rebuilt);
  CHECK((*opened)->recovery().tail_commits == 0);
}

TEST_CASE("a journal whose header could not be written takes nothing more, and is read as before") {
  const test::temp_folder root;
  const auto folder = root.path() / "p000";
  const auto id = uuid::random();
  auto opened = open_partition(folder, 0, id, quick_index());
  REQUIRE(opened);
  auto& p = **opened;
  {
    writer w(p);
    const auto lane = attach(p, key_of("one"));
    for (version_number v = 1; v <= 5; ++v) w.append(lane, {.first_version = v});
    REQUIRE(p.flush());
    int seen = 0;
    const auto read = p.read_log(1, [&](const commit_view&) {
      if (++seen != 2) return true;
      // While somebody reads.
      const failing_headers broken(folder / "journal");
      const auto& failed = w.append(lane, {.first_version = 6});
      REQUIRE(failed.failure);
      CHECK(failed.failure->code() == errc::io);
      CHECK(versions_of(p, key_of("one")).size() == 5);
      return true;
    });
    CHECK(read);
    CHECK(seen == 5);
    // The disk is well again, but nobody knows what it holds.
    const auto& refused = w.append(lane, {.first_version = 6, .generation = lane->generation()});
    REQUIRE(refused.failure);
    CHECK(refused.failure->code() == errc::io);
    CHECK(versions_of(p, key_of("one")).size() == 5);
    CHECK(check_log(p) == 5);
    CHECK(*p.last_version(key_of("none")) == 0);
    CHECK(p.flush());
    const auto named = p.intern(std::vector<std::string>{"something new"});
    REQUIRE_FALSE(named);
    CHECK(named.error().code() == errc::io);
    CHECK(named.error().detail().find("until the store is opened again") != std::string_view::npos);
  }
  opened = acta::error(errc::io);
  opened = open_partition(folder, 0, id, quick_index());
  REQUIRE(opened);
  writer w(**opened);
  const auto lane = attach(**opened, key_of("one"));
  CHECK_FALSE(w.append(lane, {.first_version = 6}).failure);
  CHECK(check_log(**opened) == 6);
}

TEST_CASE("a header that could be put back, but not written, is not taken for a damaged one") {
  const test::temp_folder root;
  const auto folder = root.path() / "p000";
  const auto id = uuid::random();
  // The number of the transaction that fails takes all remainders by 4.
  for (version_number v = 1; v < 12; v += 2) {
    CAPTURE(v);
    auto opened = open_partition(folder, 0, id, quick_index());
    REQUIRE(opened);
    auto& p = **opened;
    writer w(p);
    const auto lane = attach(p, key_of("one"));
    REQUIRE(lane->durable_version() == v - 1);
    REQUIRE_FALSE(w.append(lane, {.first_version = v}).failure);
    REQUIRE(p.flush());
    {
      const failing_headers broken(folder / "derived", 1);
      CHECK_FALSE(w.append(lane, {.first_version = v + 1}).failure);
      (void)p.flush();
      CHECK(failing_headers::count() == 1);
    }
    CHECK(eventually([&] { return p.flush().has_value(); }));
    {
      const failing_headers broken(folder / "journal", 1);
      CHECK(w.append(lane, {.first_version = v + 2}).failure);
      CHECK(failing_headers::count() == 1);
    }
    p.stop();
    CHECK_FALSE(p.recovery().index_rebuilt);
  }
  const auto opened = open_partition(folder, 0, id, quick_index());
  REQUIRE(opened);
  CHECK((*opened)->last_position() == 12);
}

TEST_CASE("a view's file whose header could not be written goes on as soon as no picture is open") {
  const test::temp_folder root;
  const auto folder = root.path() / "view@1";
  auto opened =
      open_view_store(folder, {uuid::random(), "view", 1, 1}, {.map_bytes = std::size_t{16} << 20});
  REQUIRE(opened);
  auto& store = **opened;
  const auto put = [&](std::string_view value) -> acta::result<void> {
    auto txn = store.write();
    if (!txn) return std::move(txn).error();
    auto done = (*txn)->put(acta::row_table::rows, acta::as_bytes_view(std::string_view("key")),
                            acta::as_bytes_view(value));
    if (!done) return done;
    return (*txn)->commit(true);
  };
  const auto row = [&] {
    auto reading = store.read();
    if (!reading) return reading.error().to_string();
    acta::bytes_view value;
    const auto found =
        (*reading)->get(acta::row_table::rows, acta::as_bytes_view(std::string_view("key")), value);
    return found && *found ? std::string(acta::as_text(value)) : std::string("nothing");
  };
  REQUIRE(put("first"));
  {
    const failing_headers broken(folder);
    CHECK_FALSE(put("second"));
    CHECK(row() == "first");
    CHECK_FALSE(put("second"));
    CHECK(row() == "first");
  }
  CHECK(put("third"));
  CHECK(row() == "third");
  auto picture = store.read();
  REQUIRE(picture);
  {
    const failing_headers broken(folder);
    CHECK_FALSE(put("fourth"));
  }
  const auto refused = put("fifth");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errc::io);
  CHECK(refused.error().detail().find("when no picture of it is open") != std::string_view::npos);
  acta::bytes_view value;
  REQUIRE(
      (*picture)->get(acta::row_table::rows, acta::as_bytes_view(std::string_view("key")), value));
  CHECK(acta::as_text(value) == "third");
  picture->reset();
  CHECK(put("sixth"));
  CHECK(row() == "sixth");
  CHECK(store.sync());
}

} // namespace panic_test
