// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Whether a program can read a store, told without opening it.
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/errc.hpp>
#include <acta/runtime.hpp>
#include <acta/runtime/errc.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <map>

#include <sys/wait.h>
#include <unistd.h>

namespace check_store_test {

using namespace std::chrono_literals;
using test::must_open;
using test::try_open;

namespace {

struct open_box {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
struct opened {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
struct opened_wider {
  static constexpr std::string_view name = "opened";
  std::int64_t weight = 0;
  std::string colour;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight), CEREAL_NVP(colour)); }
};
struct opened_2_alone : opened_wider {
  static constexpr unsigned schema = 2;
};
struct opened_2 : opened_wider {
  static constexpr unsigned schema = 2;
  static opened_2 upcast(const opened& old) {
    opened_2 now;
    now.weight = old.weight;
    return now;
  }
};
template <class Opened> struct box {
  static constexpr std::string_view name = "box";
  using events = acta::one_of<Opened>;
  using commands = acta::one_of<open_box>;
  std::int64_t weight = 0;
  acta::decision<events> decide(const open_box& c) const {
    Opened e{};
    e.weight = c.weight;
    return e;
  }
  void evolve(const Opened& e) { weight += e.weight; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
using first = box<opened>;
using unsaid = box<opened_wider>;
using unread = box<opened_2_alone>;
using second = box<opened_2>;

struct pack {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
struct pack_2_alone : opened_wider {
  static constexpr std::string_view name = "pack";
  static constexpr unsigned schema = 2;
};
template <class Pack> struct packing {
  static constexpr std::string_view name = "packing";
  using inputs = acta::one_of<Pack>;
  std::int64_t weight = 0;
  acta::reaction react(const Pack&) const { return {}; }
  void evolve(const Pack& p) { weight += p.weight; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};

template <class Box> acta::model model_of() {
  acta::model m;
  m.aggregate<Box>();
  return m;
}
template <class Box> void ask(acta::runtime& r) {
  REQUIRE(r.ask<Box>("a", open_box{3}).wait_for(20s));
}
template <class Box> void use(const std::filesystem::path& store) {
  acta::runtime r = must_open(store, model_of<Box>());
  ask<Box>(r);
}

using files = std::map<std::string, std::string>;
/// Each file with its bytes.
files files_in(const std::filesystem::path& folder) {
  files all;
  for (const auto& f : std::filesystem::recursive_directory_iterator(folder)) {
    std::ifstream in(f.path(), std::ios::binary);
    all.emplace(f.path().string(),
                f.is_directory() ? "" : std::string{std::istreambuf_iterator<char>(in), {}});
  }
  return all;
}
/// Checks, and that nothing in the folder is another afterwards.
template <class Box> acta::result<acta::store_check> check(const std::filesystem::path& store) {
  const auto before = files_in(store);
  auto checked = acta::check_store(store, model_of<Box>());
  CHECK(files_in(store) == before);
  return checked;
}
template <class Box> acta::error refusal(const std::filesystem::path& store) {
  auto checked = check<Box>(store);
  if (checked) FAIL("it finds nothing");
  UNSCOPED_INFO(checked.error().to_string());
  return std::move(checked).error();
}
/// What an open says too.
template <class Box> void refused_alike(const std::filesystem::path& store) {
  const auto why = refusal<Box>(store);
  auto opened = try_open(store, model_of<Box>());
  REQUIRE_FALSE(opened);
  CHECK(why.to_string() == opened.error().to_string());
}

} // namespace

TEST_CASE("a program that reads all of a store is told so, and the store is as it was") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  for (int i = 0; i < 2; ++i) {
    const auto same = check<first>(store);
    REQUIRE(same);
    CHECK(same->notes.empty());
    REQUIRE(check<second>(store));
  }
  use<second>(store);
  REQUIRE(check<second>(store));
}

TEST_CASE(
    "a program that a store would refuse is refused with the same words, before it is opened") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  use<first>(store);
  refused_alike<unsaid>(store);
  const auto why = refusal<unread>(store);
  CHECK(why.code() == acta::runtime_errc::contract_changed);
  CHECK(why.detail().find("holds 2 events of this type, the first at 0:1") !=
        std::string_view::npos);
  refused_alike<unread>(store);
}

TEST_CASE("a process whose steps the program cannot read is told, before the store is opened") {
  test::temp_folder folder;
  const auto store = folder / "data";
  {
    acta::model m;
    m.process<packing<pack>>();
    auto r = must_open(store, std::move(m));
    REQUIRE(r.ask<packing<pack>>("a", pack{3}).wait_for(20s));
  }
  acta::model m;
  m.process<packing<pack_2_alone>>();
  const auto before = files_in(store);
  const auto checked = acta::check_store(store, m);
  CHECK(files_in(store) == before);
  REQUIRE_FALSE(checked);
  const auto opened = try_open(store, std::move(m));
  REQUIRE_FALSE(opened);
  CHECK(checked.error().to_string() == opened.error().to_string());
}

TEST_CASE("an older program is told what it would leave alone") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  use<second>(store);
  const auto checked = check<first>(store);
  REQUIRE(checked);
  REQUIRE(checked->notes.size() == 1);
  CHECK(checked->notes[0].find("a later release of the program has stored events box.opened of "
                               "schema 2") != std::string::npos);
}

TEST_CASE("where there is no store, or a damaged one, it is told and nothing is made") {
  test::temp_folder folder;
  CHECK(refusal<first>(folder.path()).code() == acta::persistence::errc::no_store);
  const auto nowhere = acta::check_store(folder / "nowhere", model_of<first>());
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code() == acta::persistence::errc::no_store);
  CHECK_FALSE(std::filesystem::exists(folder / "nowhere"));
  const auto store = folder / "data";
  use<first>(store);
  SECTION("its contract is gone") {
    std::filesystem::remove(store / "contract.txt");
    refused_alike<first>(store);
  }
  SECTION("a journal is gone") {
    std::filesystem::remove_all(store / "p000");
    CHECK(refusal<first>(store).code() == acta::persistence::errc::damaged_file);
  }
  SECTION("a journal is cut") {
    const auto data = store / "p000" / "journal" / "data.mdb";
    std::filesystem::resize_file(data, std::filesystem::file_size(data) / 2);
    CHECK(refusal<first>(store).code() == acta::condition::corrupt);
  }
  SECTION("store.toml is gone") {
    std::filesystem::remove(store / "store.toml");
    refused_alike<first>(store);
  }
}

TEST_CASE("a store that is put back without its lock file, and may not be written, is looked at") {
  test::temp_folder folder;
  const auto store = folder / "data";
  use<first>(store);
  std::filesystem::remove(store / "store.lock");
  for (const auto* part : {"journal", "derived"})
    std::filesystem::remove(store / "p000" / part / "lock.mdb");
  REQUIRE(check<second>(store));
}

TEST_CASE("a store that another process has open is looked at, and that process does not notice") {
  test::temp_folder folder;
  const auto store = folder / "data";
  int ready[2];
  int go_on[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(go_on) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) { // the other process: no test framework in it
    char byte = 0;
    auto r = acta::runtime::open(store, model_of<first>());
    bool ok = r && r->ask<first>("a", open_box{3}).wait_for(20s);
    ok = ok && ::write(ready[1], "r", 1) == 1 && ::read(go_on[0], &byte, 1) == 1;
    ok = ok && r->ask<first>("a", open_box{4}).wait_for(20s) && r->state<first>("a")->weight == 7;
    if (r) r->stop(5s);
    ::_exit(ok ? 0 : 1);
  }
  ::close(ready[1]);
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  for (int i = 0; i < 3; ++i) {
    const auto same = acta::check_store(store, model_of<first>());
    CHECK(same);
    if (same) CHECK(same->notes.size() == 1);
    const auto refused = acta::check_store(store, model_of<unread>());
    CHECK_FALSE(refused);
    if (!refused) CHECK(refused.error().code() == acta::runtime_errc::contract_changed);
  }
  REQUIRE(::write(go_on[1], "g", 1) == 1);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  for (const int fd : {ready[0], go_on[0], go_on[1]}) ::close(fd);
}

TEST_CASE("a store that this very process has open is not opened a second time") {
  test::temp_folder folder;
  const auto store = folder / "data";
  auto r = must_open(store, model_of<first>());
  ask<first>(r);
  const auto checked = acta::check_store(store, model_of<first>());
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code() == acta::persistence::errc::store_locked);
}

} // namespace check_store_test
