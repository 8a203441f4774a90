// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/store.hpp>

#include "../../contract/journal_contract.hpp"

#include <damaged_journal.hpp>
#include <failing_syncs.hpp>
#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <ctime>
#include <fstream>
#include <map>
#include <random>

#include <fcntl.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace store_test {

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

/// A stream that belongs to a partition.
stream_key stream_in(const store& s, const partition& p) {
  for (int i = 0;; ++i)
    if (auto key = key_of(std::to_string(i)); s.of(key).number() == p.number()) return key;
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
    CHECK((*made)->is_new());
    CHECK((*made)->contract()->empty());
    CHECK((*made)->write_contract("event cart.made 1 {}\n"));
    CHECK((*made)->write_contract("event cart.made 2 {}\n"));
  }
  CHECK(fs::exists(folder / "p002" / "journal" / "data.mdb"));
  const auto again = store::open(folder, small_store());
  REQUIRE(again);
  CHECK((*again)->id() == id);
  CHECK((*again)->partitions().size() == 3);
  CHECK_FALSE((*again)->is_new());
  CHECK(*(*again)->contract() == "event cart.made 2 {}\n");
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
  const auto lines = good.substr(0, good.find("checksum = "));
  const auto with = [&](std::string_view from, std::string_view to) {
    auto text = lines + "checksum = \"edited\"\n";
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
  check_refused(with("complete", "complexe"), errc::wrong_format, "'complexe'");
  std::ofstream(file, std::ios::trunc) << good;
  CHECK(store::open(root.path(), small_store()));
}

TEST_CASE("a bit that turns in store.toml never leads streams to other partitions") {
  const test::temp_folder root;
  std::vector<std::string> streams{"a", "b", "c", "d", "e", "f", "g", "h"};
  // The last would be looked for elsewhere if there were two.
  const auto moves = [](const stream_key& key) {
    return key.hash() % 3 < 2 && key.hash() % 3 != key.hash() % 2;
  };
  for (int i = 0; !moves(key_of(streams.back())); ++i) streams.push_back(std::to_string(i));
  {
    const auto s = store::open(root.path(), small_store(3));
    REQUIRE(s);
    REQUIRE((*s)->write_contract("event cart.made 1 {}\n"));
    std::map<std::uint32_t, std::unique_ptr<writer>> writers;
    for (const auto& stream : streams) {
      auto& p = (*s)->of(key_of(stream));
      auto& w = writers[p.number()];
      if (!w) w = std::make_unique<writer>(p);
      REQUIRE_FALSE(w->append(attach(p, key_of(stream)), {.first_version = 1}).failure);
    }
  }
  const auto file = root.path() / "store.toml";
  const auto good = text_of(file);
  const auto put = [&](std::string_view text) {
    std::ofstream(file, std::ios::trunc | std::ios::binary) << text;
    return store::open(root.path(), small_store());
  };
  for (std::size_t i = 0; i < good.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      auto turned = good;
      turned[i] = static_cast<char>(turned[i] ^ (1 << bit));
      const auto opened = put(turned);
      CAPTURE(i, bit, turned);
      REQUIRE_FALSE(opened);
      CHECK((opened.error().code() == errc::damaged_file ||
             opened.error().code() == errc::wrong_format));
      CHECK(opened.error().detail().find(file.string()) != std::string_view::npos);
    }
  const auto lines = good.substr(0, good.find("checksum = "));
  const auto with_partitions = [&](const char* count) {
    auto text = lines + "checksum = \"edited\"\n";
    return text.replace(text.find("partitions = 3"), 14, "partitions = " + std::string(count));
  };
  SECTION("who edits it is told how to, and what he may not") {
    auto text = good;
    check_refused(put(text.replace(text.find("partitions = 3"), 14, "partitions = 1")),
                  errc::damaged_file, "is not to be edited");
    check_refused(put(with_partitions("1")), errc::damaged_file, "'p001' is there");
    check_refused(put(with_partitions("2")), errc::damaged_file, "'p002' is there");
    check_refused(put(with_partitions("7")), errc::damaged_file, "p003");
    CHECK_FALSE(fs::exists(root.path() / "p003"));
  }
  SECTION("a count that the folders agree with is refused if a stream does not") {
    const test::temp_folder elsewhere;
    fs::rename(root.path() / "p002", elsewhere.path() / "p002");
    check_refused(put(with_partitions("2")), errc::damaged_file, "and not where it is");
    fs::rename(elsewhere.path() / "p002", root.path() / "p002");
  }
  SECTION("a file cut short is refused, at the end of a line too") {
    for (std::size_t size = 0; size < good.size() - 1; ++size) {
      CAPTURE(size);
      const auto opened = put(good.substr(0, size));
      REQUIRE_FALSE(opened);
      CHECK((opened.error().code() == errc::damaged_file ||
             opened.error().code() == errc::wrong_format));
    }
  }
  SECTION("an older program's, which has no checksum, gets one") {
    fs::remove(root.path() / "contract.txt");
    REQUIRE((*put(lines.substr(0, lines.find("complete = "))))->partitions().size() == 3);
    CHECK(text_of(file).find("\nchecksum = ") != std::string::npos);
    std::ofstream(file, std::ios::trunc | std::ios::binary) << good;
  }
  // Edited by hand and told so, it is written anew.
  REQUIRE((*put(with_partitions("3")))->partitions().size() == 3);
  CHECK(text_of(file) == good);
  const auto again = store::open(root.path(), small_store());
  REQUIRE(again);
  for (const auto& stream : streams)
    CHECK(*(*again)->of(key_of(stream)).last_version(key_of(stream)) == 1);
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

#if !defined(ACTA_SANITIZED_THREAD) // it leaves a program a few TiB
TEST_CASE("many partitions with default maps share the address space, instead of leaving a store "
          "half-made") {
  const test::temp_folder root;
  store_options options;
  options.partitions = 104; // of 1.25 TiB each, where a process has 128 TiB
  const auto made = store::open(root.path(), options);
  if (!made) FAIL(made.error().to_string());
  CHECK((*made)->partitions().size() == 104);
}
#endif

TEST_CASE("too few descriptors for all partitions are told before anything is made") {
  const test::temp_folder root;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  auto few = before;
  few.rlim_cur = 200;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  const auto made = store::open(root.path(), small_store(100));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  check_refused(made, errc::io, "ulimit -n");
  CHECK_FALSE(fs::exists(root.path() / "p000"));
  CHECK_FALSE(fs::exists(root.path() / "store.toml"));
  CHECK(store::open(root.path(), small_store(2)));
}

TEST_CASE("a store in memory has partitions, a contract and no directory") {
  const auto s = store::in_memory(small_store(4));
  CHECK(s->partitions().size() == 4);
  CHECK(s->write_contract("x"));
  CHECK(*s->contract() == "x");
}

TEST_CASE("a journal that is missing, emptied or without tables is refused by name, and not made "
          "anew") {
  const test::temp_folder root;
  REQUIRE(store::open(root.path(), small_store(2)));
  const auto journal = root.path() / "p001" / "journal";
  const auto data = journal / "data.mdb";
  SECTION("the file is missing") { fs::remove(data); }
  SECTION("its folder is missing") { fs::remove_all(journal); }
  SECTION("the partition is missing") { fs::remove_all(root.path() / "p001"); }
  SECTION("the file is empty") { fs::resize_file(data, 0); }
  SECTION("it is a new environment") {
    const test::temp_folder other;
    fs::remove(data);
    MDB_env* env = nullptr;
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_open(env, other.path().c_str(), 0, 0640) == 0);
    mdb_env_close(env);
    fs::copy(other.path() / "data.mdb", data);
  }
  const bool was_there = fs::exists(data);
  check_refused(store::open(root.path(), small_store()), errc::damaged_file, data.string());
  CHECK(fs::exists(data) == was_there);
  // Not at the second look either.
  check_refused(store::open(root.path(), small_store()), errc::damaged_file, data.string());
}

TEST_CASE("a store without its store.toml is refused, not taken for a new one") {
  const test::temp_folder root;
  REQUIRE(store::open(root.path(), small_store()));
  fs::remove(root.path() / "store.toml");
  check_refused(store::open(root.path(), small_store()), errc::damaged_file,
                (root.path() / "store.toml").string());
  CHECK(fs::exists(root.path() / "p000" / "journal" / "data.mdb"));
}

TEST_CASE("a contract that is lost, emptied, cut short or garbled is refused with file and line") {
  const test::temp_folder root;
  const auto file = root.path() / "contract.txt";
  const std::string lines = "event cart.made 1 {}\nevent cart.paid 1 {cents:i64}\n";
  {
    const auto s = store::open(root.path(), small_store());
    REQUIRE(s);
    REQUIRE((*s)->write_contract(lines));
    writer w(*(*s)->partitions()[0]);
    w.append(attach(*(*s)->partitions()[0], key_of("one")), {.first_version = 1});
  }
  const auto good = text_of(file);
  const auto read = [&] {
    const auto s = store::open(root.path(), small_store());
    REQUIRE(s);
    return (*s)->contract();
  };
  const auto refused = [&](std::string_view why) {
    const auto contract = read();
    REQUIRE_FALSE(contract);
    CAPTURE(contract.error().to_string());
    CHECK(contract.error().code() == errc::damaged_file);
    CHECK(contract.error().detail().find(file.string()) != std::string_view::npos);
    CHECK(contract.error().detail().find(why) != std::string_view::npos);
  };
  const auto put = [&](std::string_view text) { std::ofstream(file, std::ios::trunc) << text; };
  fs::remove(file);
  refused("is missing");
  put("");
  refused("is empty");
  for (std::size_t size = 1; size < good.size(); ++size) {
    CAPTURE(size);
    put(good.substr(0, size));
    refused("");
  }
  put(good.substr(0, good.find("event cart.paid")));
  refused("line 1 says checksum");
  put(good + "event cart.sent 1 {}\n");
  refused("line 1 says checksum");
  put(lines + std::string("\xff\0garbage\n", 10));
  refused("line 3");
  put(lines + "event cart.sent {}\n");
  refused("line 3");
  put("# by hand\n" + lines + "event cart.made 1 {id:string}\n");
  refused("line 4");
  put(lines); // of an older program, or edited by hand
  CHECK(*read() == lines);
  put(good);
  CHECK(*read() == lines);
}

TEST_CASE("a contract that is put back alone from an older copy is refused, unless somebody says "
          "that it is meant") {
  const test::temp_folder root;
  const auto file = root.path() / "contract.txt", about = root.path() / "store.toml";
  const std::string first = "event cart.made 1 {}\n", second = first + "event cart.paid 1 {}\n";
  std::string first_file, first_about;
  {
    const auto s = store::open(root.path(), small_store());
    REQUIRE(s);
    CHECK((*s)->contract()->empty());
    REQUIRE((*s)->write_contract(first));
    first_file = text_of(file), first_about = text_of(about);
    REQUIRE((*s)->write_contract(second));
    CHECK(*(*s)->contract() == second);
  }
  const auto second_file = text_of(file);
  const auto put = [](const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::trunc) << text;
  };
  const auto read = [&] { return store::open(root.path(), small_store()).value()->contract(); };
  put(file, first_file);
  const auto older = read();
  REQUIRE_FALSE(older);
  CAPTURE(older.error().to_string());
  CHECK(older.error().code() == errc::damaged_file);
  CHECK(older.error().detail().find(file.string() + " is an older copy, of change 1") !=
        std::string_view::npos);
  put(about, first_about); // both of one time
  CHECK(*read() == first);
  put(file, second_file); // power was lost between the two
  CHECK(*read() == second);
  {
    const auto s = store::open(root.path(), small_store());
    CHECK(*(*s)->contract() == second);
    REQUIRE((*s)->write_contract(first + second.substr(first.size()) + "event cart.sent 1 {}\n"));
  }
  put(file, second_file);
  CHECK_FALSE(read());
  put(file, second_file.substr(second_file.find('\n') + 1)); // it is meant
  CHECK(*read() == second);
  auto unnumbered = first_file; // as older programs wrote it
  unnumbered.erase(unnumbered.find(", change 1"), std::string_view(", change 1").size());
  put(file, unnumbered);
  CHECK(*read() == first);
  {
    const auto s = store::open(root.path(), small_store());
    CHECK(*(*s)->contract() == first);
    REQUIRE((*s)->write_contract(second));
  }
  CHECK(*read() == second);
  CHECK(text_of(file).find(", change 4.") != std::string::npos);
}

TEST_CASE("a store killed while it is made is nothing yet, and is made by the next opener") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> steps{"store.toml.new", "p000/journal/data.mdb", "p001/journal",
                                       "p002/derived/data.mdb", "store.toml"};
  int half_made = 0;
  for (int round = 0; round < 15; ++round) {
    const test::temp_folder root;
    const auto child = ::fork();
    if (child == 0) {
      const auto made = store::open(root.path(), small_store(3));
      ::_exit(made ? 0 : 1);
    }
    const auto step = root.path() / steps[static_cast<std::size_t>(round) % steps.size()];
    REQUIRE(eventually([&] { return fs::exists(step) || fs::exists(root.path() / "store.toml"); }));
    ::usleep(static_cast<useconds_t>(random() % 2000));
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    auto options = small_store();
    options.create = false;
    const auto there = store::open(root.path(), options);
    if (!there) {
      CHECK(there.error().code() == errc::no_store);
      half_made += fs::exists(root.path() / "store.toml.new") ? 1 : 0;
    }
    // Another count than the first wish, since nothing was made of that.
    const auto again = store::open(root.path(), small_store(there ? 3 : 2));
    if (!there && !again) FAIL(again.error().to_string());
    if (there) {
      check_refused(again, errc::store_locked, "open for writing");
    } else {
      CHECK((*again)->partitions().size() == 2);
      CHECK_FALSE(fs::exists(root.path() / "store.toml.new"));
      CHECK_FALSE(fs::exists(root.path() / "p002"));
    }
  }
  WARN(half_made << " of 15 kills found a half-made store, seed " << seed);
  CHECK(half_made > 0);
}

TEST_CASE("a store whose making a sync has failed is whole, or is made by the next opener") {
  const int failures_max = GENERATE(1, 1000);
  bool has_failed = true;
  int whole = 0;
  for (int from = 0; has_failed; ++from) {
    CAPTURE(failures_max, from);
    const test::temp_folder root;
    const auto folder = root.path() / "deep" / "data";
    {
      const test::failing_syncs broken(root.path(), from, failures_max);
      const auto made = store::open(folder, small_store(2));
      has_failed = test::failing_syncs::count() > 0;
      CHECK(made.has_value() == !has_failed);
      if (!made) CHECK(made.error().code() == errc::io);
    }
    const bool is_there = fs::exists(folder / "store.toml");
    whole += is_there && has_failed ? 1 : 0;
    // What is not whole is as if it had never been: with another count.
    auto again = store::open(folder, small_store(is_there ? 2 : 3));
    if (!again) FAIL(again.error().to_string());
    CHECK_FALSE(fs::exists(folder / "store.toml.new"));
    const auto id = (*again)->id();
    for (const auto& p : (*again)->partitions()) {
      writer w(*p);
      CHECK_FALSE(w.append(attach(*p, stream_in(**again, *p)), {}).failure);
    }
    again = acta::error(errc::stopped); // closed
    const auto third = store::open(folder, small_store());
    if (!third) FAIL(third.error().to_string());
    CHECK((*third)->id() == id);
    CHECK((*third)->partitions().size() == (is_there ? 2 : 3));
    for (const auto& p : (*third)->partitions())
      CHECK(versions_of(*p, stream_in(**third, *p)).size() == 1);
  }
  CHECK(whole == 1); // the last sync, when store.toml has its name
}

TEST_CASE("a folder that could not be synced when its store was made is synced before the store is "
          "opened") {
  const test::temp_folder root;
  const auto folder = root.path() / "deep" / "data";
  const auto open_failing = [&](const fs::path& unsynced, int from) {
    const test::failing_syncs broken(unsynced, from, 1, test::sync_scope::folder_alone);
    const auto opened = store::open(folder, small_store(2));
    CHECK(opened.has_value() == (test::failing_syncs::count() == 0));
    return test::failing_syncs::count() > 0;
  };
  SECTION("where its own folder stands") {
    for (const auto& parent : {root.path(), root.path() / "deep"})
      for (int i = 0; i < 2; ++i) CHECK(open_failing(parent, 0));
  }
  SECTION("where store.toml has got its name") {
    for (int from = 0; !fs::exists(folder / "store.toml"); ++from)
      CHECK(open_failing(folder, from));
    CHECK(open_failing(folder, 0));
  }
  CHECK(store::open(folder, small_store()));
}

TEST_CASE("damaged commits in two partitions stop the streams whose they were, and no other") {
  const test::temp_folder root;
  std::map<std::uint32_t, std::vector<std::string>> ids; // three in each partition
  {
    const auto made = store::open(root.path(), small_store(2));
    REQUIRE(made);
    for (int i = 0; ids[0].size() < 3 || ids[1].size() < 3; ++i) {
      auto& of = ids[(*made)->of(key_of("s" + std::to_string(i))).number()];
      if (of.size() < 3) of.push_back("s" + std::to_string(i));
    }
    for (const auto& p : (*made)->partitions()) {
      writer w(*p);
      for (const std::uint32_t s : {0, 1, 1, 2, 1}) { // positions 2 and 3 are the second's
        const auto lane = attach(*p, key_of(ids[p->number()][s]));
        CHECK_FALSE(w.append(lane, {.first_version = lane->durable_version() + 1}).failure);
      }
    }
  }
  for (const auto* partition : {"p000", "p001"})
    for (const std::uint64_t position : {2, 3})
      test::change_record(root.path() / partition / "journal", position,
                          [](std::string& bytes) { bytes.assign(bytes.size(), '\0'); });
  const bool is_rebuilt = GENERATE(false, true);
  if (is_rebuilt)
    for (const auto* partition : {"p000", "p001"})
      fs::remove_all(root.path() / partition / "derived");
  for (int round = 0; round < 2; ++round) {
    const auto there = store::open(root.path(), small_store());
    if (!there) FAIL(there.error().to_string());
    for (const auto& p : (*there)->partitions()) {
      CHECK(p->recovery().in_doubt == 0);
      const auto read = [&](std::size_t s) {
        return p->read_stream(key_of(ids[p->number()][s]), 1,
                              [](const commit_view&) { return true; });
      };
      const auto damaged = read(1);
      REQUIRE_FALSE(damaged);
      CHECK(damaged.error().code() == errc::corrupt_commit);
      CHECK(damaged.error().where() == std::to_string(p->number()) + ":2");
      writer w(*p);
      for (const std::size_t s : {0, 2}) {
        CHECK(read(s));
        const auto lane = attach(*p, key_of(ids[p->number()][s]));
        CHECK_FALSE(w.append(lane, {.first_version = lane->durable_version() + 1}).failure);
      }
    }
  }
}

TEST_CASE(
    "a store that an older program did not finish making is completed, and one it finished is "
    "held to what it had") {
  const test::temp_folder root;
  REQUIRE(store::open(root.path(), small_store(2)));
  const auto file = root.path() / "store.toml";
  auto text = text_of(file);
  REQUIRE(text.find("complete = true\n") != std::string::npos);
  text.erase(text.find("complete = true\n"));
  std::ofstream(file, std::ios::trunc) << text; // as programs before November 2026 wrote it
  const auto second = root.path() / "p001";
  SECTION("interrupted before the second partition") {
    fs::remove_all(second);
    REQUIRE(store::open(root.path(), small_store()));
  }
  SECTION("interrupted within the second partition") {
    fs::remove_all(second / "derived");
    fs::resize_file(second / "journal" / "data.mdb", 0);
    REQUIRE(store::open(root.path(), small_store()));
  }
  SECTION("whole") { REQUIRE(store::open(root.path(), small_store())); }
  SECTION("used, and damaged since") {
    std::ofstream(root.path() / "contract.txt") << "event cart.made 1 {}\n";
    fs::remove_all(second);
    check_refused(store::open(root.path(), small_store()), errc::damaged_file, "p001/journal");
    return;
  }
  SECTION("whole, and damaged since") {
    fs::remove(second / "journal" / "data.mdb");
    check_refused(store::open(root.path(), small_store()), errc::damaged_file, "p001/journal");
    return;
  }
  CHECK(text_of(file).find("complete = true\n") != std::string::npos);
  fs::remove(second / "journal" / "data.mdb");
  check_refused(store::open(root.path(), small_store()), errc::damaged_file, "p001/journal");
}

TEST_CASE("who only wants a store that is there does not make one") {
  const test::temp_folder root;
  auto options = small_store();
  options.create = false;
  const auto folder = root.path() / "data";
  check_refused(store::open(folder, options), errc::no_store, folder.string());
  CHECK_FALSE(fs::exists(folder));
  fs::create_directory(folder);
  check_refused(store::open(folder, options), errc::no_store, folder.string());
  CHECK(fs::is_empty(folder));
  REQUIRE(store::open(folder, small_store()));
  CHECK(store::open(folder, options));
}

TEST_CASE("a relative path means the folder it meant at opening, wherever the process goes") {
  const test::temp_folder root;
  const auto before = fs::current_path();
  fs::current_path(root.path());
  fs::create_directory("elsewhere");
  {
    const auto s = store::open("data", small_store());
    fs::current_path(root.path() / "elsewhere");
    REQUIRE(s);
    CHECK((*s)->folder() == root.path() / "data");
    CHECK((*s)->write_contract("event cart.made 1 {}\n"));
  }
  CHECK(fs::is_empty(root.path() / "elsewhere"));
  CHECK(fs::exists(root.path() / "data" / "contract.txt"));
  fs::current_path(before);
}

TEST_CASE(
    "a forked child does not keep the store's lock, neither past its parent's closing nor past "
    "its death") {
  const test::temp_folder root;
  auto s = store::open(root.path(), small_store());
  REQUIRE(s);
  int hold[2];
  REQUIRE(::pipe(hold) == 0);
  const auto child = ::fork();
  if (child == 0) {
    ::close(hold[1]);
    char end = 0;
    const auto ended = ::read(hold[0], &end, 1); // until the parent ends, whatever else happens
    ::_exit(static_cast<int>(ended));
  }
  // The child must not unlock it for the parent.
  check_refused(store::open(root.path(), small_store()), errc::store_locked,
                std::to_string(::getpid()));
  s = acta::error(errc::io);
  CHECK(store::open(root.path(), small_store()));

  // A process that ends without closing, while its child lives on.
  const auto parent = ::fork();
  if (parent == 0) {
    const auto opened = store::open(root.path(), small_store());
    if (!opened) ::_exit(1);
    if (::fork() == 0) {
      ::close(hold[1]);
      char end = 0;
      ::_exit(static_cast<int>(::read(hold[0], &end, 1))); // until the test ends
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(parent, &status, 0) == parent);
  CHECK(status == 0);
  // The child lets go of it as soon as it runs, which may be after its parent's death.
  CHECK(eventually([&] { return store::open(root.path(), small_store()).has_value(); }));
  ::close(hold[1]);
  ::close(hold[0]);
  REQUIRE(::waitpid(child, &status, 0) == child);
}

TEST_CASE("a lock is waited for whose holder has ended, while its last child closes its copy") {
  const test::temp_folder root;
  REQUIRE(store::open(root.path(), small_store()));
  const auto parent = ::fork();
  if (parent == 0) {
    // A child that Acta has not told to close its copy, which it does a little after its birth.
    const auto fd = ::open((root.path() / "store.lock").c_str(), O_RDWR, 0640);
    const auto text = std::to_string(::getpid()) + "\n";
    if (::flock(fd, LOCK_EX) != 0 || ::write(fd, text.data(), text.size()) < 0 ||
        ::ftruncate(fd, static_cast<off_t>(text.size())) != 0)
      ::_exit(1);
    if (::fork() == 0) {
      constexpr std::clock_t work = CLOCKS_PER_SEC / 50;
      while (std::clock() < work) continue;
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(parent, &status, 0) == parent);
  REQUIRE(status == 0);
  const auto opened = store::open(root.path(), small_store());
  if (!opened) FAIL(opened.error().to_string());
}

TEST_CASE("a lock that a process left behind is told by the ids of both") {
  const test::temp_folder root;
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const auto parent = ::fork();
  if (parent == 0) {
    // As vfork() or clone() without exec leave it: a copy of the descriptor, and no word of Acta.
    const auto fd = ::open((root.path() / "store.lock").c_str(), O_RDWR | O_CREAT, 0640);
    const auto text = std::to_string(::getpid()) + "\n";
    if (::flock(fd, LOCK_EX) != 0 || ::write(fd, text.data(), text.size()) < 0) ::_exit(1);
    const auto child = ::fork();
    if (child == 0) {
      ::alarm(60);
      ::pause();
      ::_exit(0);
    }
    const auto told = ::write(ready[1], &child, sizeof child);
    ::_exit(told == sizeof child ? 0 : 1);
  }
  pid_t child = 0;
  REQUIRE(::read(ready[0], &child, sizeof child) == sizeof child);
  int status = 0;
  REQUIRE(::waitpid(parent, &status, 0) == parent);
  const auto opened = store::open(root.path(), small_store());
  check_refused(opened, errc::store_locked, "process " + std::to_string(child));
  check_refused(opened, errc::store_locked, "process " + std::to_string(parent));
  ::kill(child, SIGKILL);
}

} // namespace store_test
