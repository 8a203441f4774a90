// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/partition.hpp>
#include <acta/persistence/view_store.hpp>

#include "lmdb_env.hpp"

#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace view_store_test {

using namespace acta::persistence;
using acta::as_bytes_view;
using acta::as_text;
using acta::bytes_view;
using acta::position;
using acta::row_reader;
using acta::row_table;
using acta::table_entry;
using acta::time_point;
using acta::uuid;
namespace fs = std::filesystem;

namespace {

using store_ptr = std::unique_ptr<view_store>;
using reading_ptr = std::unique_ptr<view_reading>;
using writing_ptr = std::unique_ptr<view_writing>;

view_identity balances() { return {uuid::random(), "balances", 11, 22}; }

view_store_options small_map(std::size_t mebibytes = 64) {
  return {.map_bytes = mebibytes << 20, .sync = view_sync::none};
}

/// A folder with a view's environment, which a test opens as often as it likes.
struct place {
  test::temp_folder root;
  fs::path folder = root / "balances@1";
  view_identity identity = balances();

  [[nodiscard]] acta::result<store_ptr> try_open(view_store_options options = small_map()) const {
    return open_view_store(folder, identity, options);
  }
  [[nodiscard]] store_ptr open(view_store_options options = small_map()) const {
    auto store = try_open(options);
    if (!store) FAIL(store.error().to_string());
    return std::move(*store);
  }
};

reading_ptr read(view_store& store) {
  auto reading = store.read();
  if (!reading) FAIL(reading.error().to_string());
  return std::move(*reading);
}
writing_ptr write(view_store& store) {
  auto writing = store.write();
  if (!writing) FAIL(writing.error().to_string());
  return std::move(*writing);
}

checkpoint at_position(std::uint64_t number) { return {number, number * 31 + 7}; }

acta::result<void> put(view_writing& to, std::string_view key, std::string_view value,
                       row_table table = row_table::rows) {
  return to.put(table, as_bytes_view(key), as_bytes_view(value));
}
/// A transaction of one row.
void put_one(view_store& store, std::string_view key, std::string_view value) {
  auto w = write(store);
  REQUIRE(put(*w, key, value));
  REQUIRE(w->commit(true));
}
/// "-" if there is no such row.
std::string get(row_reader& from, std::string_view key, row_table table = row_table::rows) {
  bytes_view value;
  auto found = from.get(table, as_bytes_view(key), value);
  if (!found) return found.error().to_string();
  return *found ? std::string(as_text(value)) : "-";
}

/// What a member of a cursor found: "key=value", or "-".
std::string text_of(const acta::result<bool>& found, const table_entry& entry) {
  if (!found) return found.error().to_string();
  if (!*found) return "-";
  return std::string(as_text(entry.key)) + "=" + std::string(as_text(entry.value));
}
std::string seek(acta::table_cursor& cursor, std::string_view key) {
  table_entry entry;
  const auto found = cursor.seek(as_bytes_view(key), entry);
  return text_of(found, entry);
}
std::string seek_before(acta::table_cursor& cursor, std::string_view key) {
  table_entry entry;
  const auto found = cursor.seek_before(as_bytes_view(key), entry);
  return text_of(found, entry);
}
std::string next(acta::table_cursor& cursor) {
  table_entry entry;
  const auto found = cursor.next(entry);
  return text_of(found, entry);
}
std::string previous(acta::table_cursor& cursor) {
  table_entry entry;
  const auto found = cursor.previous(entry);
  return text_of(found, entry);
}

/// All entries forward, then backward, must be each other's mirror image.
std::string all_of(row_reader& from, row_table table = row_table::rows) {
  auto cursor = from.scan(table);
  REQUIRE(cursor);
  std::vector<std::string> forward;
  std::vector<std::string> backward;
  for (auto at = seek(**cursor, {}); at != "-"; at = next(**cursor)) forward.push_back(at);
  for (auto at = seek_before(**cursor, {}); at != "-"; at = previous(**cursor))
    backward.insert(backward.begin(), at);
  CHECK(forward == backward);
  CHECK(*from.count(table) == forward.size());
  std::string all;
  for (const auto& one : forward) all += (all.empty() ? "" : " ") + one;
  return all;
}

dead_letter letter(std::uint32_t partition, std::uint64_t number, std::string reason = "why",
                   std::uint32_t attempts = 3) {
  return {{partition, number},
          time_point(std::chrono::microseconds(1'000'000 + number)),
          attempts,
          std::move(reason)};
}
std::string text_of(const dead_letter& one) {
  return one.where.to_string() + "/" + std::to_string(one.at.time_since_epoch().count()) + "/" +
         std::to_string(one.attempts) + "/" + one.reason;
}
std::string letters_of(view_reading& from, std::size_t limit = 100, acta::position first = {}) {
  const auto letters = from.dead_letters(limit, first);
  if (!letters) return letters.error().to_string();
  std::string all;
  for (const auto& one : *letters) all += (all.empty() ? "" : " ") + text_of(one);
  return all;
}

void check_refused(const acta::result<store_ptr>& opened, errc code, std::string_view why) {
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().to_string());
  CHECK(opened.error().code() == code);
  CHECK(opened.error().detail().find(why) != std::string_view::npos);
}

/// Changes a value behind the store's back.
void tamper(const fs::path& folder, const char* table, std::string_view key,
            const std::function<void(std::string&)>& change) {
  auto env = lmdb_env::open(folder, std::size_t{64} << 20, "test");
  REQUIRE(env);
  lmdb_write txn;
  REQUIRE(txn.begin(**env) == 0);
  MDB_dbi dbi = 0;
  REQUIRE(mdb_dbi_open(txn.get(), table, 0, &dbi) == 0);
  auto at = to_val(key);
  MDB_val stored{};
  REQUIRE(mdb_get(txn.get(), dbi, &at, &stored) == 0);
  auto value = std::string(as_text(from_val(stored)));
  change(value);
  auto changed = to_val(value);
  REQUIRE(mdb_put(txn.get(), dbi, &at, &changed, 0) == 0);
  REQUIRE(txn.commit() == 0);
}

/// Where this process makes its temporary files, until the end of the test.
class temporary_files_in {
public:
  explicit temporary_files_in(const fs::path& folder) {
    if (const auto* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", folder.c_str(), 1);
  }
  ~temporary_files_in() {
    if (before_)
      ::setenv("TMPDIR", before_->c_str(), 1);
    else
      ::unsetenv("TMPDIR");
  }
  temporary_files_in(const temporary_files_in&) = delete;
  temporary_files_in& operator=(const temporary_files_in&) = delete;

private:
  std::optional<std::string> before_;
};

/// Runs `f` in a child. @returns its exit code.
template <class F> int in_child(F&& f) {
  const auto child = ::fork();
  if (child == 0) ::_exit(f());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

} // namespace

TEST_CASE("what was committed to any table is read back, by the writer at once and by readers "
          "after the commit") {
  const place at;
  const auto store = at.open();
  CHECK(store->folder() == at.folder);
  CHECK(store->file_bytes() > 0);
  const auto long_key = std::string(acta::table_key_bytes_max, 'k');
  const auto long_value = std::string(300'000, 'v');
  auto w = write(*store);
  REQUIRE(put(*w, "ann", "1"));
  REQUIRE(put(*w, "bob", "2"));
  REQUIRE(put(*w, "ann", "one"));
  REQUIRE(put(*w, "empty", ""));
  REQUIRE(put(*w, long_key, long_value));
  REQUIRE(put(*w, std::string_view("\0x", 2), "ann", row_table::indexes));
  REQUIRE(w->set_checkpoint(0, at_position(7)));
  REQUIRE(w->set_checkpoint(1023, at_position(std::uint64_t{1} << 60)));
  REQUIRE(w->park(letter(2, 9)));
  const auto check = [&](auto& from) {
    CHECK(get(from, "ann") == "one");
    CHECK(get(from, "bob") == "2");
    CHECK(get(from, "empty").empty());
    CHECK(get(from, long_key) == long_value);
    CHECK(get(from, "nobody") == "-");
    CHECK(get(from, "") == "-");
    CHECK(get(from, long_key + "k") == "-");
    CHECK(get(from, "ann", row_table::indexes) == "-");
    CHECK(get(from, std::string_view("\0x", 2), row_table::indexes) == "ann");
    CHECK(*from.count(row_table::rows) == 4);
    CHECK(*from.count(row_table::indexes) == 1);
    CHECK(from.checkpoint(0)->position == 7);
    CHECK(from.checkpoint(1)->position == 0);
    CHECK(from.checkpoint(1023)->position == std::uint64_t{1} << 60);
  };
  check(*w);
  CHECK(text_of(**w->find_dead_letter({2, 9})) == "2:9/1000009/3/why");
  CHECK_FALSE(*w->find_dead_letter({2, 8}));
  REQUIRE(w->commit(true));
  const auto r = read(*store);
  check(*r);
  CHECK(letters_of(*r) == "2:9/1000009/3/why");
  CHECK(*r->dead_letter_count() == 1);
  CHECK((*r->head()).changes == 1);
  REQUIRE(store->sync());
}

TEST_CASE("a cursor finds its bounds in both directions, and never an entry that is not there") {
  const place at;
  const auto store = at.open();
  for (const char* key : {"b", "d", "f"}) put_one(*store, key, "1");
  const auto r = read(*store);
  const auto cursor = std::move(*r->scan(row_table::rows));

  CHECK(next(*cursor) == "-"); // it stands nowhere yet
  CHECK(previous(*cursor) == "-");
  CHECK(seek(*cursor, "") == "b=1");
  CHECK(seek(*cursor, "b") == "b=1");
  CHECK(seek(*cursor, "c") == "d=1");
  CHECK(next(*cursor) == "f=1");
  CHECK(next(*cursor) == "-");
  CHECK(next(*cursor) == "-");
  CHECK(previous(*cursor) == "d=1"); // the neighbour of "f", which was found last
  CHECK(previous(*cursor) == "b=1");
  CHECK(previous(*cursor) == "-");
  CHECK(previous(*cursor) == "-");
  CHECK(next(*cursor) == "d=1");

  CHECK(seek(*cursor, "g") == "-");
  CHECK(next(*cursor) == "-");
  CHECK(previous(*cursor) == "-");
  CHECK(seek(*cursor, std::string(2000, 'a')) == "b=1");
  CHECK(seek(*cursor, std::string(2000, 'x')) == "-");

  CHECK(seek_before(*cursor, "") == "f=1");
  CHECK(next(*cursor) == "-");
  CHECK(seek_before(*cursor, "g") == "f=1");
  CHECK(seek_before(*cursor, "f") == "d=1");
  CHECK(next(*cursor) == "f=1");
  CHECK(seek_before(*cursor, "e") == "d=1");
  CHECK(previous(*cursor) == "b=1");
  CHECK(seek_before(*cursor, "b") == "-");
  CHECK(next(*cursor) == "-");
  CHECK(previous(*cursor) == "-");
  CHECK(seek_before(*cursor, "a") == "-");
  CHECK(seek_before(*cursor, std::string(2000, 'e')) == "d=1");

  const auto other = std::move(*r->scan(row_table::rows)); // of its own place
  CHECK(seek(*other, "f") == "f=1");
  CHECK(seek(*cursor, "b") == "b=1");
  CHECK(previous(*other) == "d=1");
  CHECK(next(*cursor) == "d=1");
}

TEST_CASE("cursors of an empty table find nothing, whatever they are asked") {
  const place at;
  const auto store = at.open();
  const auto check = [](row_reader& from) {
    for (const auto table : {row_table::rows, row_table::indexes}) {
      const auto cursor = std::move(*from.scan(table));
      CHECK(next(*cursor) == "-");
      CHECK(seek(*cursor, "") == "-");
      CHECK(next(*cursor) == "-");
      CHECK(seek(*cursor, "a") == "-");
      CHECK(seek_before(*cursor, "") == "-");
      CHECK(previous(*cursor) == "-");
      CHECK(seek_before(*cursor, "a") == "-");
      CHECK(*from.count(table) == 0);
    }
  };
  check(*read(*store));
  check(*write(*store));
  put_one(*store, "a", "1");
  auto w = write(*store);
  REQUIRE(w->erase(row_table::rows, as_bytes_view("a")));
  check(*w); // empty again
  REQUIRE(w->commit(true));
  check(*read(*store));
}

TEST_CASE("a writer's cursors see its own puts and erasures, and may be forgotten before the end") {
  const place at;
  const auto store = at.open();
  auto w = write(*store);
  const auto name = [](int i) { return std::to_string(1000 + i); };
  for (int i = 0; i < 500; ++i) REQUIRE(put(*w, name(i), "x"));
  auto cursor = std::move(*w->scan(row_table::rows));
  CHECK(seek(*cursor, "1100") == "1100=x");
  for (int i = 101; i < 400; ++i) REQUIRE(w->erase(row_table::rows, as_bytes_view(name(i))));
  for (const auto& nobody : {std::string(), std::string("nobody"), std::string(600, 'n')})
    REQUIRE(w->erase(row_table::rows, as_bytes_view(nobody)));
  CHECK(next(*cursor) == "1400=x");
  CHECK(previous(*cursor) == "1100=x");
  REQUIRE(put(*w, "1200", "y"));
  CHECK(next(*cursor) == "1200=y");
  table_entry entry;
  REQUIRE(*cursor->seek(as_bytes_view("1200"), entry));
  REQUIRE(w->put(row_table::rows, entry.key, as_bytes_view("a longer one"))); // with LMDB's bytes
  CHECK(get(*w, "1200") == "a longer one");
  REQUIRE(*cursor->seek(as_bytes_view("1400"), entry));
  REQUIRE(w->erase(row_table::rows, entry.key));
  CHECK(next(*cursor) == "1401=x");
  REQUIRE(put(*w, "1400", "x"));
  REQUIRE(put(*w, "1200", "y"));
  CHECK(seek(*cursor, "1201") == "1400=x");
  CHECK(seek_before(*cursor, "1200") == "1100=x");
  CHECK(*w->count(row_table::rows) == 202);
  const auto left_open = std::move(*w->scan(row_table::indexes));
  REQUIRE(w->commit(true));
  cursor.reset();
  CHECK(*read(*store)->count(row_table::rows) == 202);

  auto given_up = write(*store);
  const auto also_open = std::move(*given_up->scan(row_table::rows));
  CHECK(seek(*also_open, "1200") == "1200=y");
  given_up.reset();
  put_one(*store, "later", "1");
}

TEST_CASE("cursors agree with a sorted map through any history of writes, commits and givings up") {
  const place at;
  const auto store = at.open();
  const auto seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&](unsigned limit) {
    return std::uniform_int_distribution(0u, limit - 1)(random);
  };
  const auto some_key = [&] { return std::to_string(1000 + below(600)); };
  using model = std::map<std::string, std::string>;
  const auto text_at = [](const model& rows, model::const_iterator it) {
    return it == rows.end() ? std::string("-") : it->first + "=" + it->second;
  };
  const auto before = [](const model& rows, model::const_iterator it) {
    return it == rows.begin() ? rows.end() : std::prev(it);
  };

  model committed;
  for (int round = 0; round < 40; ++round) {
    auto rows = committed;
    auto w = write(*store);
    const auto cursor = std::move(*w->scan(row_table::rows));
    std::string last; // the key last found
    for (int step = 0; step < 400; ++step) {
      std::string found;
      std::string expected;
      const auto key = some_key();
      switch (below(8)) {
      case 0:
      case 1: {
        const auto value = std::string(below(10) == 0 ? 3000 : below(60), 'v');
        REQUIRE(put(*w, key, value));
        rows[key] = value;
        continue;
      }
      case 2: {
        const auto gone = below(2) == 0 && !last.empty() ? last : key;
        REQUIRE(w->erase(row_table::rows, as_bytes_view(gone)));
        rows.erase(gone);
        continue;
      }
      case 3:
        found = seek(*cursor, key);
        expected = text_at(rows, rows.lower_bound(key));
        last.clear();
        break;
      case 4:
        found = seek_before(*cursor, key);
        expected = text_at(rows, before(rows, rows.lower_bound(key)));
        last.clear();
        break;
      case 5:
      case 6:
        found = next(*cursor);
        expected = last.empty() ? "-" : text_at(rows, rows.upper_bound(last));
        break;
      default:
        found = previous(*cursor);
        expected = last.empty() ? "-" : text_at(rows, before(rows, rows.lower_bound(last)));
      }
      REQUIRE(found == expected);
      if (found != "-") last = found.substr(0, 4);
    }
    REQUIRE(*w->count(row_table::rows) == rows.size());
    if (below(4) == 0) continue;
    REQUIRE(w->commit(true));
    committed = rows;
  }
  std::string all;
  for (const auto& [key, value] : committed) all += (all.empty() ? "" : " ") + key + "=" + value;
  CHECK(all_of(*read(*store)) == all);
}

TEST_CASE("work that was not committed leaves no trace") {
  const place at;
  const auto store = at.open();
  put_one(*store, "a", "1");
  {
    auto w = write(*store);
    REQUIRE(put(*w, "a", "2"));
    REQUIRE(put(*w, "b", "2"));
    REQUIRE(w->set_checkpoint(0, at_position(5)));
    REQUIRE(w->set_built());
    REQUIRE(w->set_paused(true));
    REQUIRE(w->park(letter(0, 1)));
  }
  const auto r = read(*store);
  CHECK(all_of(*r) == "a=1");
  CHECK(r->checkpoint(0)->position == 0);
  CHECK(*r->dead_letter_count() == 0);
  const auto head = *r->head();
  CHECK_FALSE(head.built);
  CHECK_FALSE(head.paused);
  CHECK(head.changes == 1);
}

TEST_CASE("a reading stays as it was while a writer goes on, and the next one sees all of it") {
  const place at;
  const auto store = at.open();
  put_one(*store, "a", "1");
  put_one(*store, "b", "1");
  const auto before = read(*store);
  const auto cursor = std::move(*before->scan(row_table::rows));
  CHECK(seek(*cursor, "") == "a=1");
  {
    auto w = write(*store);
    REQUIRE(put(*w, "a", "2"));
    REQUIRE(put(*w, "aa", "2"));
    REQUIRE(w->erase(row_table::rows, as_bytes_view("b")));
    REQUIRE(w->set_checkpoint(3, at_position(30)));
    REQUIRE(w->park(letter(3, 29)));
    REQUIRE(w->commit(true));
  }
  CHECK(next(*cursor) == "b=1");
  CHECK(all_of(*before) == "a=1 b=1");
  CHECK(before->checkpoint(3)->position == 0);
  CHECK(*before->dead_letter_count() == 0);
  CHECK((*before->head()).changes == 2);
  const auto after = read(*store);
  CHECK(all_of(*after) == "a=2 aa=2");
  CHECK(after->checkpoint(3)->position == 30);
  CHECK(*after->dead_letter_count() == 1);
  CHECK((*after->head()).changes == 3);
  CHECK(all_of(*before) == "a=1 b=1");
}

TEST_CASE("a reading that gave its place back is no cursor's and no later reading's business") {
  const place at;
  const auto store = at.open();
  put_one(*store, "a", "1");
  for (int i = 0; i < 5; ++i) { // the same reader out of the pool
    const auto r = read(*store);
    const auto kept = std::move(*r->scan(row_table::rows));
    CHECK(seek(*kept, "") == (i == 0 ? "a=1" : "a=" + std::to_string(i)));
    CHECK(letters_of(*r).empty());
    put_one(*store, "a", std::to_string(i + 1));
  }
}

TEST_CASE("writers on two threads take turns, so that no change of either is lost") {
  const place at;
  const auto store = at.open();
  constexpr int rounds = 200;
  const auto count_up = [&] {
    for (int i = 0; i < rounds; ++i) {
      auto w = store->write();
      if (!w) return;
      const auto now = get(**w, "counter");
      if (!put(**w, "counter", std::to_string(now == "-" ? 1 : std::stoi(now) + 1))) return;
      const auto up_to = (*w)->checkpoint(0);
      if (!up_to || !(*w)->set_checkpoint(0, at_position(up_to->position + 1)) ||
          !(*w)->commit(true))
        return;
    }
  };
  std::thread one(count_up);
  std::thread two(count_up);
  int torn = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto r = read(*store);
    const auto now = get(*r, "counter");
    torn += std::to_string(r->checkpoint(0)->position) != (now == "-" ? "0" : now);
  }
  one.join();
  two.join();
  CHECK(torn == 0);
  const auto r = read(*store);
  CHECK(get(*r, "counter") == std::to_string(2 * rounds));
  CHECK((*r->head()).changes == 2 * rounds);
}

TEST_CASE("a view opened again has its rows, checkpoints, dead letters and flags") {
  const place at;
  {
    const auto store = at.open({.map_bytes = std::size_t{64} << 20}); // as in earnest
    auto w = write(*store);
    REQUIRE(put(*w, "a", "1"));
    REQUIRE(put(*w, "i", "a", row_table::indexes));
    REQUIRE(w->set_checkpoint(4, at_position(44)));
    REQUIRE(w->park(letter(4, 40)));
    REQUIRE(w->set_built());
    REQUIRE(w->commit(true));
    REQUIRE(store->sync());
  }
  auto identity = at.identity;
  identity.layout_fingerprint = 111;
  identity.fingerprint = 222;
  auto opened = open_view_store(at.folder, identity, small_map());
  REQUIRE(opened);
  const auto r = read(**opened);
  CHECK(all_of(*r) == "a=1");
  CHECK(all_of(*r, row_table::indexes) == "i=a");
  CHECK(r->checkpoint(4)->position == 44);
  CHECK(letters_of(*r) == "4:40/1000040/3/why");
  const auto head = *r->head();
  CHECK(head.built);
  CHECK_FALSE(head.paused);
  CHECK(head.changes == 1);
  CHECK(head.layout_fingerprint == 11); // as it was made, whatever the program is today
  CHECK(head.fingerprint == 22);
}

TEST_CASE("an operator's pause and the count of changes outlive everything but their own change") {
  const place at;
  const auto head_of = [](view_store& store) {
    const auto head = *read(store)->head();
    return std::string(head.built ? "built " : "") + (head.paused ? "paused " : "") +
           std::to_string(head.changes);
  };
  {
    const auto store = at.open();
    CHECK(head_of(*store) == "0");
    auto w = write(*store);
    REQUIRE(w->set_paused(true));
    REQUIRE(w->commit(false));
    CHECK(head_of(*store) == "paused 0");
    w.reset();
    w = write(*store);
    REQUIRE(w->set_built());
    REQUIRE(w->commit(true));
    CHECK(head_of(*store) == "built paused 1");
  }
  const auto store = at.open();
  CHECK(head_of(*store) == "built paused 1");
  {
    auto w = write(*store);
    REQUIRE(w->set_checkpoint(0, at_position(1))); // a checkpoint alone changes no row
    REQUIRE(w->commit(false));
  }
  CHECK(head_of(*store) == "built paused 1");
  auto w = write(*store);
  REQUIRE(w->set_paused(false));
  REQUIRE(w->commit(false));
  CHECK(head_of(*store) == "built 1");
}

TEST_CASE("an environment of another store, view, format or kind is refused by name and left as it "
          "is") {
  const place at;
  put_one(*at.open(), "a", "1");
  auto identity = at.identity;
  identity.view = "orders";
  check_refused(open_view_store(at.folder, identity, small_map()), errc::wrong_format,
                "holds view 'balances', expected 'orders'");
  identity = at.identity;
  identity.store_id = uuid::random();
  check_refused(open_view_store(at.folder, identity, small_map()), errc::wrong_format,
                "belongs to store " + at.identity.store_id.to_string());
  CHECK(all_of(*read(*at.open())) == "a=1");

  SECTION("of a later format") {
    tamper(at.folder, "meta", "identity", [](std::string& bytes) { bytes[0] = 3; });
    check_refused(at.try_open(), errc::wrong_format, "has format 3, this program reads 2");
  }
  SECTION("whose identity is cut off") {
    tamper(at.folder, "meta", "identity", [](std::string& bytes) { bytes.resize(12); });
    check_refused(at.try_open(), errc::wrong_format, "identity of another size");
    tamper(at.folder, "meta", "identity", [](std::string& bytes) { bytes.resize(2); });
    check_refused(at.try_open(), errc::wrong_format, "identity of another size");
  }
  SECTION("a partition's") {
    const test::temp_folder other;
    partition_options options;
    options.journal_map_bytes = options.derived_map_bytes = std::size_t{16} << 20;
    REQUIRE(open_partition(other / "p000", 0, at.identity.store_id, options));
    for (const char* part : {"journal", "derived"})
      check_refused(open_view_store(other.path() / "p000" / part, at.identity, small_map()),
                    errc::wrong_format, part);
  }
  SECTION("not LMDB's") {
    fs::remove(at.folder / "data.mdb");
    fs::copy_file("/proc/self/exe", at.folder / "data.mdb");
    check_refused(at.try_open(), errc::wrong_format, at.folder.string());
  }
}

TEST_CASE("an environment of the format before this one is refused if it is derived, and raised if "
          "it is not") {
  const place at;
  const std::string key("checkpoint\0\0\0\3", 14);
  {
    const auto store = at.open();
    auto w = write(*store);
    REQUIRE(put(*w, "a", "1"));
    REQUIRE(w->set_built());
    REQUIRE(w->set_checkpoint(3, at_position(44)));
    REQUIRE(w->commit(true));
  }
  // As format 1 wrote it.
  tamper(at.folder, "meta", "identity", [](std::string& bytes) { bytes[0] = 1; });
  tamper(at.folder, "meta", "head", [](std::string& bytes) { bytes.resize(25); });
  tamper(at.folder, "meta", key, [](std::string& bytes) { bytes.resize(8); });

  check_refused(at.try_open(), errc::wrong_format, "has format 1, this program reads 2");
  auto options = small_map();
  options.upgrade = true;
  {
    const auto store = at.open(options);
    CHECK(read(*store)->checkpoint(3).value() == checkpoint{44, 0});
    CHECK_FALSE(read(*store)->checkpoint(3)->has_checksum());
    CHECK(get(*read(*store), "a") == "1");
    auto w = write(*store);
    REQUIRE(w->set_checkpoint(3, at_position(45)));
    REQUIRE(w->commit(true));
  }
  const auto store = at.open(); // it is of this format by now
  CHECK(read(*store)->checkpoint(3).value() == at_position(45));
  CHECK(read(*store)->head()->built);
}

TEST_CASE("a new environment is never seen without the positions it starts at") {
  const place at;
  auto options = small_map();
  options.start = {{0, {70, 7}}, {2, {30, 3}}};
  {
    const auto store = at.open(options);
    CHECK(read(*store)->checkpoint(0).value() == checkpoint{70, 7});
    CHECK(read(*store)->checkpoint(1).value() == checkpoint{});
    CHECK(read(*store)->checkpoint(2).value() == checkpoint{30, 3});
    auto w = write(*store);
    REQUIRE(w->set_checkpoint(0, {71, 8}));
    REQUIRE(w->commit(false));
  }
  CHECK(read(*at.open(options))->checkpoint(0).value() == checkpoint{71, 8}); // of a new one only
  // What a crash leaves of the making before its first transaction is not made by the next start.
  const place other;
  { REQUIRE(lmdb_env::open(other.folder.parent_path(), std::size_t{64} << 20, "test")); }
  auto existing = small_map();
  existing.create = false;
  check_refused(open_view_store(other.folder.parent_path(), other.identity, existing),
                errc::wrong_format, "is empty");
}

TEST_CASE("one flipped bit in a checkpoint or in the head is an error, not another position") {
  const place at;
  const std::string key("checkpoint\0\0\0\1", 14);
  {
    const auto store = at.open();
    auto w = write(*store);
    REQUIRE(w->set_checkpoint(1, at_position(5)));
    REQUIRE(w->commit(true));
  }
  for (std::size_t bit = 0; bit < 24 * 8; ++bit) {
    const auto flip = [&](std::string& bytes) {
      REQUIRE(bytes.size() == 24);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    };
    tamper(at.folder, "meta", key, flip);
    CAPTURE(bit);
    {
      const auto store = at.open();
      REQUIRE(read(*store)->checkpoint(1).error().code() == errc::corrupt_commit);
    }
    tamper(at.folder, "meta", key, flip);
  }
  std::string moved;
  tamper(at.folder, "meta", key, [&](std::string& bytes) { moved = bytes; });
  {
    const auto store = at.open();
    auto w = write(*store);
    REQUIRE(w->set_checkpoint(2, at_position(6)));
    REQUIRE(w->commit(true));
  }
  tamper(at.folder, "meta", std::string("checkpoint\0\0\0\2", 14),
         [&](std::string& bytes) { bytes = moved; });
  CHECK(read(*at.open())->checkpoint(2).error().code() == errc::corrupt_commit);
  // "built" is what decides whether a generation serves.
  tamper(at.folder, "meta", "head", [](std::string& bytes) { bytes[24] ^= 1; });
  CHECK(read(*at.open())->head().error().code() == errc::corrupt_commit);
}

TEST_CASE("values of a wrong size are reported as damage, and nothing is read beyond them") {
  const place at;
  const auto key_of = [](std::string_view name, std::initializer_list<char> number) {
    return std::string(name) + std::string(number);
  };
  {
    const auto store = at.open();
    auto w = write(*store);
    REQUIRE(w->set_checkpoint(1, at_position(5)));
    REQUIRE(w->park(letter(0, 1)));
    REQUIRE(w->commit(true));
  }
  const auto shorten = [](std::string& bytes) { bytes.resize(bytes.size() / 3); };
  tamper(at.folder, "meta", "head", shorten);
  tamper(at.folder, "meta", key_of("checkpoint", {0, 0, 0, 1}), shorten);
  tamper(at.folder, "parked", key_of("", {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), shorten);
  const auto store = at.open();
  const auto r = read(*store);
  CHECK(r->head().error().code() == errc::corrupt_commit);
  CHECK(r->checkpoint(1).error().code() == errc::corrupt_commit);
  CHECK(r->checkpoint(0)->position == 0);
  CHECK(r->dead_letters(10).error().code() == errc::corrupt_commit);
  CHECK(store->write().error().code() == errc::corrupt_commit);
  CHECK(store->write().error().code() == errc::corrupt_commit); // and it blocks nobody
}

TEST_CASE("dead letters come in the order of positions, once each, until they are unparked") {
  const place at;
  const auto store = at.open();
  {
    auto w = write(*store);
    for (const auto number : {std::uint64_t{300}, std::uint64_t{2}, std::uint64_t{1} << 40})
      REQUIRE(w->park(letter(0, number, "")));
    REQUIRE(w->park(letter(256, 1, "later")));
    REQUIRE(w->park(letter(1, 5, "first")));
    REQUIRE(w->park(letter(1, 5, "second try", 4)));
    REQUIRE(w->commit(false));
  }
  const auto before = read(*store);
  CHECK(letters_of(*before) == "0:2/1000002/3/ 0:300/1000300/3/ 0:1099511627776/1099512627776/3/ "
                               "1:5/1000005/4/second try 256:1/1000001/3/later");
  CHECK(letters_of(*before, 2) == "0:2/1000002/3/ 0:300/1000300/3/");
  CHECK(letters_of(*before, 0).empty());
  CHECK(letters_of(*before, 1, {0, 2}) == "0:2/1000002/3/");
  CHECK(letters_of(*before, 1, {0, 3}) == "0:300/1000300/3/");
  CHECK(letters_of(*before, 9, {1024, 0}).empty());
  CHECK(*before->dead_letter_count() == 5);
  {
    auto w = write(*store);
    CHECK(text_of(**w->find_dead_letter({1, 5})) == "1:5/1000005/4/second try");
    CHECK(*w->unpark({1, 5}));
    CHECK_FALSE(*w->unpark({1, 5}));
    CHECK_FALSE(*w->find_dead_letter({1, 5}));
    CHECK(*w->unpark({0, 300}));
    CHECK_FALSE(*w->unpark({5, 1}));
    REQUIRE(w->commit(false));
  }
  const auto after = read(*store);
  CHECK(*after->dead_letter_count() == 3);
  CHECK(letters_of(*after, 1) == "0:2/1000002/3/");
}

TEST_CASE("a full map fails the whole transaction with store_full, and smaller ones go on") {
  const place at;
  const auto store = at.open(small_map(1));
  put_one(*store, "a", "1");
  {
    auto w = write(*store);
    const auto cursor = std::move(*w->scan(row_table::rows));
    CHECK(seek(*cursor, "") == "a=1");
    REQUIRE(w->set_checkpoint(0, at_position(9)));
    std::optional<acta::error> failure;
    for (int i = 0; i < 10000 && !failure; ++i)
      if (auto done = put(*w, "row" + std::to_string(i), std::string(1000, 'x')); !done)
        failure = done.error();
    REQUIRE(failure);
    CHECK(failure->code() == errc::store_full);
    CHECK(failure->code() == acta::condition::unavailable);
    CHECK(failure->detail().find("map_bytes") != std::string_view::npos);
    // Whoever overlooks it gets the same answer from everything else.
    const auto text = failure->to_string();
    CHECK(get(*w, "a") == text);
    CHECK(next(*cursor) == text);
    CHECK(w->count(row_table::rows).error().to_string() == text);
    CHECK(w->scan(row_table::rows).error().to_string() == text);
    CHECK(put(*w, "b", "2").error().to_string() == text);
    CHECK(w->erase(row_table::rows, as_bytes_view("a")).error().to_string() == text);
    CHECK(w->set_checkpoint(0, at_position(10)).error().to_string() == text);
    CHECK(w->checkpoint(0).error().to_string() == text);
    CHECK(w->set_built().error().to_string() == text);
    CHECK(w->set_paused(true).error().to_string() == text);
    CHECK(w->park(letter(0, 1)).error().to_string() == text);
    CHECK(w->unpark({0, 1}).error().to_string() == text);
    CHECK(w->find_dead_letter({0, 1}).error().to_string() == text);
    CHECK(w->commit(true).error().to_string() == text);
    CHECK(w->commit(false).error().to_string() == text);
  }
  {
    const auto r = read(*store);
    CHECK(all_of(*r) == "a=1");
    CHECK(r->checkpoint(0)->position == 0);
    CHECK((*r->head()).changes == 1);
  }
  for (int i = 0; i < 100; ++i) put_one(*store, "a", std::to_string(i));
  CHECK(all_of(*read(*store)) == "a=99");
}

TEST_CASE(
    "a full disk is store_full and not an io error, for scratch environments too, and writing "
    "goes on when there is room again") {
  const place at;
  const test::temp_folder temporary;
  const temporary_files_in here(temporary.path());
  const bool scratch = GENERATE(false, true);
  const auto code = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    auto opened = scratch ? make_scratch_view_store(at.identity, small_map()) : at.try_open();
    if (!opened) return 10;
    auto& store = **opened;
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    // Not a multiple of a page: the last write is then cut short, which LMDB calls EIO.
    limit.rlim_cur = (rlim_t{2} << 20) + 1000;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::uint64_t stored = 0;
    std::optional<acta::error> failure;
    while (!failure && stored < 10000) {
      auto w = store.write();
      if (!w) return 11;
      const auto key = std::to_string(stored);
      if (!put(**w, key, std::string(3000, 'x')) ||
          !(*w)->set_checkpoint(0, at_position(stored + 1)))
        return 12;
      if (auto done = (*w)->commit(true); !done)
        failure = done.error();
      else
        ++stored;
    }
    if (!failure || failure->code() != errc::store_full) return 13;
    const auto agrees = [&] {
      auto r = store.read();
      return r && *(*r)->count(row_table::rows) == stored &&
             (*r)->checkpoint(0)->position == stored;
    };
    if (!agrees()) return 14;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto w = store.write();
    if (!w || !put(**w, "last", "x") || !(*w)->set_checkpoint(0, at_position(++stored))) return 15;
    if (!(*w)->commit(true)) return 16;
    return agrees() ? 0 : 17;
  });
  CHECK(code == 0);
}

TEST_CASE("a scratch environment leaves nothing among the temporary files, not even while it is "
          "open") {
  const test::temp_folder temporary;
  const temporary_files_in here(temporary.path());
  {
    auto made = make_scratch_view_store(balances(), small_map());
    REQUIRE(made);
    auto& store = **made;
    CHECK(fs::is_empty(temporary.path()));
    CHECK(store.folder().parent_path() == temporary.path());
    auto other = make_scratch_view_store(balances(), small_map());
    REQUIRE(other);
    put_one(store, "a", "1");
    put_one(**other, "a", "other");
    const auto before = read(store);
    put_one(store, "a", std::string(1'000'000, 'x'));
    CHECK(get(*before, "a") == "1");
    CHECK(get(*read(store), "a").size() == 1'000'000);
    CHECK(get(*read(**other), "a") == "other");
    CHECK(store.file_bytes() > 1'000'000);
    CHECK(store.sync());
    CHECK(fs::is_empty(temporary.path()));
  }
  CHECK(fs::is_empty(temporary.path()));

  check_refused(make_scratch_view_store(balances(), {.map_bytes = std::size_t{1} << 60}), errc::io,
                "map_bytes");
  CHECK(fs::is_empty(temporary.path()));
  const temporary_files_in nowhere(temporary / "nowhere");
  check_refused(make_scratch_view_store(balances(), small_map()), errc::io, "temporary files");
}

TEST_CASE("too many open pictures are refused as overload, and one that ends makes room") {
  const place at;
  const auto store = at.open();
  put_one(*store, "a", "1");
  std::vector<reading_ptr> open;
  std::optional<acta::error> failure;
  while (!failure && open.size() < 5000) {
    if (auto reading = store->read())
      open.push_back(std::move(*reading));
    else
      failure = reading.error();
  }
  REQUIRE(failure);
  CHECK(open.size() == 1024);
  CHECK(failure->code() == errc::overloaded);
  CHECK(failure->detail().find("too many pictures are open") != std::string_view::npos);
  put_one(*store, "a", "2"); // writers take none of their places
  open.erase(open.begin() + 512);
  CHECK(get(*read(*store), "a") == "2");
  CHECK(get(*open.front(), "a") == "1");
}

TEST_CASE("a process killed in the middle of its commits leaves rows and checkpoint that agree") {
  const place at;
  constexpr int rows = 50;
  constexpr int reports = 40;
  std::uint64_t reported = 0;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    if (child == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      auto store = at.try_open({.map_bytes = std::size_t{64} << 20}); // as in earnest
      if (!store) ::_exit(1);
      for (;;) {
        auto w = (*store)->write();
        if (!w) ::_exit(2);
        const auto n = (*w)->checkpoint(0)->position + 1;
        for (int row = 0; row < rows; ++row)
          if (!put(**w, "row" + std::to_string(row), std::to_string(n))) ::_exit(3);
        if (!(*w)->set_checkpoint(0, at_position(n)) || !(*w)->commit(true)) ::_exit(4);
        if (::write(ends[1], &n, sizeof n) != sizeof n) ::_exit(5);
      }
    }
    ::close(ends[1]);
    for (int i = 0; i < reports; ++i) {
      pollfd end{ends[0], POLLIN, 0};
      REQUIRE(::poll(&end, 1, 60'000) == 1);
      REQUIRE(::read(ends[0], &reported, sizeof reported) == sizeof reported);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    ::close(ends[0]);
    // Its lock on writing and its places among the readers are nobody's now.
    const auto store = at.open();
    {
      const auto r = read(*store);
      const auto up_to = r->checkpoint(0)->position;
      CHECK(up_to >= reported);
      CHECK((*r->head()).changes == up_to);
      for (int row = 0; row < rows; ++row)
        CHECK(get(*r, "row" + std::to_string(row)) == std::to_string(up_to));
    }
    REQUIRE(write(*store)->commit(false));
  }
}

TEST_CASE("a held reading makes the file grow, and after it the file keeps its size") {
  const place at;
  const auto store = at.open();
  constexpr int rows = 64;
  int round = 0;
  const auto rewrite = [&](int times) {
    for (int i = 0; i < times; ++i) {
      auto w = write(*store);
      for (int row = 0; row < rows; ++row)
        REQUIRE(put(*w, "row" + std::to_string(row),
                    std::string(1000, static_cast<char>('a' + ++round % 26))));
      REQUIRE(w->commit(true));
    }
  };
  rewrite(50);
  const auto at_first = store->file_bytes();
  rewrite(100);
  CHECK(store->file_bytes() < at_first + (std::uint64_t{1} << 20));
  auto held = read(*store);
  const auto frozen = all_of(*held);
  rewrite(200);
  const auto grown = store->file_bytes();
  CHECK(grown > at_first + std::uint64_t{200} * rows * 1000 / 2);
  CHECK(all_of(*held) == frozen);
  held.reset();
  rewrite(400);
  CHECK(store->file_bytes() < grown + (std::uint64_t{1} << 20));
}

} // namespace view_store_test
