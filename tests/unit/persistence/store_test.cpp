// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/store.hpp>

#include "../../contract/journal_contract.hpp"

#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <fstream>

#include <sys/wait.h>
#include <unistd.h>

using namespace acta::contract;
namespace fs = std::filesystem;

namespace {

store_options small_store(std::uint32_t partitions = 0) {
  store_options options;
  options.partitions = partitions;
  options.partition.journal_map_bytes = std::size_t{16} << 20;
  options.partition.derived_map_bytes = std::size_t{16} << 20;
  return options;
}

void check_refused(const acta::result<std::unique_ptr<store>>& opened, errc code,
                   std::string_view why) {
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().to_string());
  CHECK(opened.error().code() == code);
  CHECK(opened.error().detail().find(why) != std::string_view::npos);
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("a store is made where nothing is, and found again with its id and partitions") {
  const test::temp_folder root;
  const auto folder = root.path() / "deep" / "data";
  acta::uuid id;
  {
    const auto made = store::open(folder, small_store(3));
    REQUIRE(made);
    id = (*made)->id();
    CHECK_FALSE(id.is_nil());
    CHECK((*made)->partitions().size() == 3);
    CHECK((*made)->contract()->empty());
    CHECK((*made)->write_contract("cart 1\n"));
    CHECK((*made)->write_contract("cart 2\n"));
  }
  CHECK(fs::exists(folder / "p002" / "journal" / "data.mdb"));
  const auto again = store::open(folder, small_store());
  REQUIRE(again);
  CHECK((*again)->id() == id);
  CHECK((*again)->partitions().size() == 3);
  CHECK(*(*again)->contract() == "cart 2\n");
  for (const auto* stream : {"a", "b", "c", "d", "e"}) {
    const auto key = key_of(stream);
    CHECK((*again)->of(key).number() == key.hash() % 3);
  }
}

TEST_CASE("another count of partitions than the store has is refused, naming both") {
  const test::temp_folder root;
  REQUIRE(store::open(root.path(), small_store(2)));
  check_refused(store::open(root.path(), small_store(3)), errc::wrong_format, "2 partitions");
  check_refused(store::open(root.path(), small_store(5000)), errc::wrong_format, "1024");
  CHECK(store::open(root.path(), small_store(2)));
}

TEST_CASE("a second opener is refused with the pid of the first, and let in when it is gone") {
  const test::temp_folder root;
  {
    const auto first = store::open(root.path(), small_store());
    REQUIRE(first);
    check_refused(store::open(root.path(), small_store()), errc::store_locked,
                  std::to_string(::getpid()));
    const auto child = ::fork();
    if (child == 0) {
      // Another process, which has not inherited the lock because it asks anew.
      const auto second = store::open(root.path(), small_store());
      const auto named =
          !second && second.error().code() == errc::store_locked &&
          second.error().detail().find(std::to_string(::getppid())) != std::string_view::npos;
      ::_exit(named ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  CHECK(fs::exists(root.path() / "store.lock")); // stale, and no obstacle
  CHECK(store::open(root.path(), small_store()));
}

TEST_CASE("a directory that is not a store is refused and left as it was") {
  const test::temp_folder root;
  std::ofstream(root.path() / "letter.txt") << "dear";
  check_refused(store::open(root.path(), small_store()), errc::wrong_format, "letter.txt");
  CHECK(std::distance(fs::directory_iterator(root.path()), fs::directory_iterator()) == 1);
  check_refused(store::open(root.path() / "letter.txt", small_store()), errc::wrong_format,
                "not a directory");
}

TEST_CASE(
    "a store of another format, or with a damaged store.toml, is refused naming file and key") {
  const test::temp_folder root;
  REQUIRE(store::open(root.path(), small_store()));
  const auto file = root.path() / "store.toml";
  const auto good = text_of(file);
  const auto with = [&](std::string_view from, std::string_view to) {
    auto text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    std::ofstream(file, std::ios::trunc) << text.replace(at, from.size(), to);
    return store::open(root.path(), small_store());
  };
  check_refused(with("format = 1", "format = 2"), errc::wrong_format,
                "format 2, this program reads format 1");
  check_refused(with("format = 1", "format = 0"), errc::wrong_format, "format 0");
  check_refused(with("format = 1", "fromat = 1"), errc::wrong_format, "'format'");
  check_refused(with("partitions = 1", "partitions = 0"), errc::wrong_format, "'partitions'");
  check_refused(with("id = \"", "id = \"x"), errc::wrong_format, "'id'");
  check_refused(with("format = 1", "format = = 1"), errc::wrong_format, "line 2");
  std::ofstream(file, std::ios::trunc) << good;
  CHECK(store::open(root.path(), small_store()));
}

TEST_CASE("address space that cannot be had is an io error that names the option") {
  const test::temp_folder root;
  auto options = small_store();
  options.partition.journal_map_bytes = std::size_t{1} << 60;
  const auto opened = store::open(root.path(), options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == errc::io);
  CHECK(opened.error().detail().find("journal_map_bytes") != std::string_view::npos);
}

TEST_CASE("a store in memory has partitions, a contract and no directory") {
  const auto s = store::in_memory(small_store(4));
  CHECK(s->partitions().size() == 4);
  CHECK(s->write_contract("x"));
  CHECK(*s->contract() == "x");
}
