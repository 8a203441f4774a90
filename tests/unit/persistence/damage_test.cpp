// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// Files that are cut short or garbled, and disks that are full: an error that names the file, or a
/// rebuild; never SIGBUS, SIGSEGV or abort().
#include <acta/persistence/partition.hpp>
#include <acta/persistence/view_store.hpp>

#include "../../contract/journal_contract.hpp"

#include <small_disk.hpp>
#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <random>

namespace damage_test {

using namespace acta::contract;
using acta::as_bytes_view;
using acta::uuid;
using acta::version_number;
namespace fs = std::filesystem;

namespace {

partition_options small_maps() {
  partition_options options;
  options.journal_map_bytes = std::size_t{64} << 20;
  options.derived_map_bytes = std::size_t{64} << 20;
  options.index_delay_max = std::chrono::hours(1);
  return options;
}

struct place {
  test::temp_folder root;
  fs::path folder = root.path() / "p000";
  fs::path journal = folder / "journal" / "data.mdb";
  fs::path derived = folder / "derived" / "data.mdb";
  uuid store_id = uuid::random();

  acta::result<std::unique_ptr<partition>> open() const {
    return open_partition(folder, 0, store_id, small_maps(), {}, if_missing::refuse);
  }
  void fill(int streams, version_number commits) const {
    auto p = open_partition(folder, 0, store_id, small_maps());
    REQUIRE(p);
    writer w(**p);
    for (int s = 0; s < streams; ++s) {
      const auto lane = attach(**p, key_of(std::to_string(s)));
      for (version_number v = 1; v <= commits; ++v)
        REQUIRE(w.submit(lane, {.first_version = v, .payload_bytes = 100}));
    }
    w.wait();
  }
};

void garble_page(const fs::path& file, std::uint64_t page, std::mt19937_64& random) {
  std::string bytes(4096, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(page * 4096));
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

view_store_options view_options() { return {.map_bytes = std::size_t{64} << 20}; }

std::uint64_t seed() {
  static const std::uint64_t chosen = [] {
    const auto* given = std::getenv("ACTA_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }();
  return chosen;
}

} // namespace

TEST_CASE("a journal that is cut short is refused with its sizes, wherever it is cut") {
  place at;
  at.fill(20, 50);
  const auto size = fs::file_size(at.journal);
  const auto good = at.root.path() / "good";
  fs::copy(at.journal, good);
  for (const auto left : {std::uintmax_t{1}, std::uintmax_t{4096}, std::uintmax_t{8191},
                          std::uintmax_t{8192}, size / 2, size * 9 / 10 / 4096 * 4096}) {
    CAPTURE(left, size);
    fs::copy(good, at.journal, fs::copy_options::overwrite_existing);
    fs::resize_file(at.journal, left);
    const auto opened = at.open();
    REQUIRE_FALSE(opened);
    CAPTURE(opened.error().to_string());
    CHECK(opened.error().code() == errc::damaged_file);
    CHECK(opened.error().code() == acta::condition::corrupt);
    CHECK(opened.error().detail().find(at.journal.string()) != std::string_view::npos);
    CHECK(opened.error().detail().find(std::to_string(left)) != std::string_view::npos);
    CHECK(fs::file_size(at.journal) == left);
    fs::resize_file(at.journal, size); // zeros: worse than short
    CHECK_FALSE(at.open());
  }
}

TEST_CASE("derived data that is cut short is made anew") {
  place at;
  at.fill(20, 50);
  for (const auto share : {0, 1, 30, 50, 90}) {
    CAPTURE(share);
    fs::resize_file(at.derived, fs::file_size(at.derived) * static_cast<unsigned>(share) / 100);
    const auto opened = at.open();
    REQUIRE(opened);
    CHECK((*opened)->recovery().index_rebuilt);
    CHECK(*(*opened)->last_version(key_of("7")) == 50);
  }
}

TEST_CASE(
    "a garbled page is refused in a journal, costs derived data, and never ends the process") {
  INFO("seed " << seed());
  std::mt19937_64 random(seed());
  place good;
  good.fill(20, 50);
  int refused = 0;
  int rebuilt = 0;
  for (int round = 0; round < 60; ++round) {
    const bool in_journal = round % 2 == 0;
    place at;
    at.store_id = good.store_id;
    fs::copy(good.folder, at.folder, fs::copy_options::recursive);
    const auto& file = in_journal ? at.journal : at.derived;
    const auto page = random() % (fs::file_size(file) / 4096);
    CAPTURE(round, in_journal, page);
    garble_page(file, page, random);
    const auto opened = at.open();
    if (in_journal && !opened) { // else the page held nothing that is still of use, or a record
      CHECK((opened.error().code() == acta::condition::corrupt ||
             opened.error().code() == errc::wrong_format));
      ++refused;
      continue;
    }
    REQUIRE(opened);
    rebuilt += (*opened)->recovery().index_rebuilt ? 1 : 0;
    const auto read = (*opened)->read_log(1, [](const commit_view&) { return true; });
    CHECK((read || read.error().code() == acta::condition::corrupt));
    if (!in_journal)
      for (int s = 0; s < 20; ++s) CHECK(*(*opened)->last_version(key_of(std::to_string(s))) == 50);
  }
  CHECK(refused > 0);
  CHECK(rebuilt > 0);
}

TEST_CASE("a view's file that is cut short or garbled is found out when it is opened") {
  INFO("seed " << seed());
  std::mt19937_64 random(seed());
  const test::temp_folder root;
  const view_identity identity{uuid::random(), "view", 1, 1};
  const auto folder = root.path() / "view@1";
  {
    auto store = open_view_store(folder, identity, view_options());
    REQUIRE(store);
    auto txn = (*store)->write();
    REQUIRE(txn);
    for (int i = 0; i < 2000; ++i)
      REQUIRE((*txn)->put(acta::row_table::rows, as_bytes_view(std::to_string(i)),
                          as_bytes_view(std::string(100, 'x'))));
    REQUIRE((*txn)->commit(true));
  }
  const auto size = fs::file_size(folder / "data.mdb");
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    const test::temp_folder copy;
    fs::copy(folder, copy.path() / "view@1");
    const auto file = copy.path() / "view@1" / "data.mdb";
    if (round % 2 == 0)
      fs::resize_file(file, random() % (size - 4096));
    else
      garble_page(file, random() % (size / 4096), random);
    const auto opened = open_view_store(copy.path() / "view@1", identity, view_options());
    if (!opened) {
      CAPTURE(opened.error().to_string());
      CHECK((opened.error().code() == acta::condition::corrupt ||
             opened.error().code() == errc::wrong_format));
      continue;
    }
    auto reading = (*opened)->read();
    REQUIRE(reading);
    auto cursor = (*reading)->scan(acta::row_table::rows);
    REQUIRE(cursor);
    acta::table_entry entry;
    auto found = (*cursor)->seek({}, entry);
    while (found && *found) found = (*cursor)->next(entry);
  }
}

TEST_CASE("a sound file is never taken for a damaged one, whatever was done to it") {
  INFO("seed " << seed());
  std::mt19937_64 random(seed());
  const test::temp_folder root;
  const view_identity identity{uuid::random(), "view", 1, 1};
  for (int round = 0; round < 60; ++round) {
    CAPTURE(round);
    auto store = open_view_store(root.path() / "view@1", identity, view_options());
    if (!store) FAIL(store.error().to_string());
    auto txn = (*store)->write();
    REQUIRE(txn);
    for (auto left = random() % 400; left > 0; --left) {
      const auto key = std::to_string(random() % 500);
      const auto bytes = random() % 10 == 0 ? random() % 20'000 : random() % 200;
      if (random() % 3 == 0)
        REQUIRE((*txn)->erase(acta::row_table::rows, as_bytes_view(key)));
      else
        REQUIRE((*txn)->put(acta::row_table::rows, as_bytes_view(key),
                            as_bytes_view(std::string(bytes, 'x'))));
    }
    if (random() % 4 == 0) { // many pages taken, and given back in the same transaction
      for (int i = 0; i < 300; ++i)
        REQUIRE((*txn)->put(acta::row_table::indexes, as_bytes_view("i" + std::to_string(i)),
                            as_bytes_view(std::string(1000, 'x'))));
      for (int i = 0; i < 300; ++i)
        REQUIRE((*txn)->erase(acta::row_table::indexes, as_bytes_view("i" + std::to_string(i))));
    }
    REQUIRE((*txn)->commit(true));
  }
}

TEST_CASE("a full disk is an error where a lock file is made, and nothing where it is used") {
  const test::small_disk disk(std::size_t{8} << 20);
  if (disk.is_missing()) return;
  const view_identity identity{uuid::random(), "view", 1, 1};
  auto store = open_view_store(disk.path() / "view@1", identity, view_options());
  REQUIRE(store);
  disk.fill();
  // More than one page of LMDB's lock file has room for.
  std::vector<std::unique_ptr<view_reading>> pictures;
  for (int i = 0; i < 300; ++i) {
    auto picture = (*store)->read();
    REQUIRE(picture);
    pictures.push_back(std::move(*picture));
  }
  pictures.clear();
  const auto refused = open_view_store(disk.path() / "view@2", identity, view_options());
  REQUIRE_FALSE(refused);
  CAPTURE(refused.error().to_string());
  CHECK(refused.error().code() == errc::store_full);
  store = acta::error(errc::io);
  CHECK(open_view_store(disk.path() / "view@1", identity, view_options())); // still full
  disk.make_room();
  CHECK(open_view_store(disk.path() / "view@2", identity, view_options()));
}

TEST_CASE("a partition on a disk that is really full refuses commits, is read, and goes on when "
          "there is room") {
  const test::small_disk disk(std::size_t{8} << 20);
  if (disk.is_missing()) return;
  const auto id = uuid::random();
  auto options = small_maps();
  options.index_delay_max = std::chrono::milliseconds(1);
  auto opened = open_partition(disk.path() / "p000", 0, id, options);
  REQUIRE(opened);
  version_number stored = 0;
  {
    writer w(**opened);
    const auto lane = attach(**opened, key_of("one"));
    REQUIRE_FALSE(w.append(lane, {.first_version = ++stored}).failure);
    disk.fill();
    std::optional<acta::error> failure;
    while (!failure && stored < 10'000) {
      failure = w.append(lane, {.first_version = stored + 1, .payload_bytes = 3000}).failure;
      if (!failure) ++stored;
    }
    REQUIRE(failure);
    CHECK(failure->code() == errc::store_full);
    CHECK(versions_of(**opened, key_of("one")).size() == stored);
    disk.make_room();
    CHECK_FALSE(
        w.append(lane, {.first_version = stored + 1, .generation = lane->generation()}).failure);
    ++stored;
    CHECK(eventually([&] { return (*opened)->flush().has_value(); }));
  }
  disk.fill();
  opened = acta::error(errc::io);
  opened = open_partition(disk.path() / "p000", 0, id, options, {}, if_missing::refuse);
  REQUIRE(opened); // on a full disk
  CHECK(*(*opened)->last_version(key_of("one")) == stored);
}

} // namespace damage_test
