// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// How far the journal has been looked through is noted for each process by itself: one that a
// program does not have for a while loses nothing, and holds up nobody.
#include "eventually.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "small_disk.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/errc.hpp>
#include <acta/persistence/store.hpp>
#include <acta/persistence/view_store.hpp>
#include <acta/runtime/errc.hpp>
#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <functional>
#include <sstream>

namespace process_checkpoint_test {

using namespace std::chrono_literals;
using test::counter;
using test::listener;
using test::noter;
using test::reminder;

namespace {

acta::model all_of_them() {
  acta::model m;
  m.aggregate<counter>().process<listener>().process<noter>().process<reminder>();
  return m;
}
acta::model without_listener() {
  acta::model m;
  m.aggregate<counter>().process<noter>().process<reminder>();
  return m;
}
acta::model without_processes() {
  acta::model m;
  m.aggregate<counter>();
  return m;
}

void say(acta::runtime& runtime, int times) {
  for (int i = 0; i < times; ++i) {
    auto receipt = runtime.ask<counter>("a", test::note{"x"}).wait_for(20s);
    if (!receipt) FAIL(receipt.error());
  }
}
std::int64_t heard(acta::runtime& runtime) {
  const auto state = runtime.state<listener>("a");
  return state ? state->heard : 0;
}

} // namespace

TEST_CASE(
    "a process that a program leaves out for one run gets that run's events when it is back") {
  test::temp_folder folder;
  {
    auto runtime = test::must_open(folder / "data", all_of_them());
    say(runtime, 2);
    REQUIRE(runtime.settle(20s));
    CHECK(heard(runtime) == 2);
  }
  const bool others = GENERATE(true, false);
  for (int run = 0; run < 2; ++run) {
    auto runtime =
        test::must_open(folder / "data", others ? without_listener() : without_processes());
    // A schedule is a process of the runtime's own: it too moves on alone.
    REQUIRE(runtime.schedule<counter>("b", test::add{1}, acta::after(0s),
                                      {.id = "s" + std::to_string(run)}));
    say(runtime, 3);
    if (others) REQUIRE(runtime.ask<noter>("n", test::give_work{"a", 0, 1, 1}).wait_for(20s));
    REQUIRE(runtime.settle(20s));
    CHECK(runtime.state<counter>("b")->count == static_cast<std::uint64_t>(run) + 1);
  }
  auto runtime = test::must_open(folder / "data", all_of_them());
  say(runtime, 1);
  REQUIRE(runtime.settle(20s));
  CHECK(heard(runtime) == 2 + 2 * 3 + 1);
  if (others) CHECK(runtime.state<counter>("a0")->count == 2);
}

TEST_CASE("commands that a process had decided before it was left out are sent when it is back") {
  test::temp_folder folder;
  { auto runtime = test::must_open(folder / "data", all_of_them()); }
  const auto processes = folder / "data" / "processes";
  std::filesystem::copy(processes, folder / "before", std::filesystem::copy_options::recursive);
  {
    acta::model nobody_to_take_it;
    nobody_to_take_it.process<noter>();
    auto runtime = test::must_open(folder / "data", nobody_to_take_it);
    REQUIRE(runtime.ask<noter>("n", test::give_work{"w", 0, 1, 1}).wait_for(20s));
  }
  // As if it had been killed between the step and what the step asks for.
  std::filesystem::remove_all(processes);
  std::filesystem::rename(folder / "before", processes);
  {
    acta::model m;
    m.aggregate<counter>().process<reminder>();
    auto runtime = test::must_open(folder / "data", m);
    say(runtime, 1);
    REQUIRE(runtime.settle(20s));
    CHECK(!runtime.state<counter>("w0"));
  }
  auto runtime = test::must_open(folder / "data", all_of_them());
  REQUIRE(runtime.settle(20s));
  const auto w = runtime.state<counter>("w0");
  REQUIRE(w);
  CHECK(w->count == 1);
}

TEST_CASE("a process new to a store beside others begins with what comes") {
  test::temp_folder folder;
  {
    auto runtime = test::must_open(folder / "data", without_listener());
    say(runtime, 3);
    REQUIRE(runtime.settle(20s));
  }
  {
    auto runtime = test::must_open(folder / "data", all_of_them());
    say(runtime, 1);
    REQUIRE(runtime.settle(20s));
    CHECK(heard(runtime) == 1);
  }
  std::filesystem::remove_all(folder / "data" / "processes"); // contract.txt still knows
  auto runtime = test::must_open(folder / "data", all_of_them());
  say(runtime, 1);
  REQUIRE(runtime.settle(20s));
  CHECK(heard(runtime) == 2);
}

TEST_CASE("the timers of a process that was removed for good hold up nobody, and are kept") {
  test::temp_folder folder;
  acta::manual_clock clock;
  acta::runtime_options options;
  options.clock = clock.source();
  options.restart_backoff_min = 1ms;
  options.restart_backoff_max = 10ms;
  {
    auto runtime = test::must_open(folder / "data", all_of_them(), options);
    REQUIRE(runtime.ask<reminder>("r", test::remind_all{1000, 50}).wait_for(20s));
    REQUIRE(runtime.ask<reminder>("q", test::remind{1000}).wait_for(20s));
    REQUIRE(runtime.settle(20s));
  }
  clock.advance(1s);
  {
    acta::model m;
    m.aggregate<counter>().process<listener>();
    auto runtime = test::must_open(folder / "data", m, options);
    say(runtime, 3);
    REQUIRE(runtime.settle(20s));
    clock.advance(1s);
    REQUIRE(runtime.settle(20s));
    CHECK(heard(runtime) == 3);
    CHECK(runtime.stuck().empty());
    CHECK(runtime.figures().processes.waiting == 0);
    CHECK(runtime.figures().processes.timers == 51);
  }
  auto runtime = test::must_open(folder / "data", all_of_them(), options);
  REQUIRE(runtime.settle(20s));
  CHECK(runtime.state<reminder>("r")->rung.size() == 50);
  CHECK(runtime.state<reminder>("q")->rung.size() == 1);
  CHECK(runtime.figures().processes.timers == 0);
}

namespace {

/// One of the store's folders as it was.
struct kept_copy {
  kept_copy(std::filesystem::path folder, std::filesystem::path to)
      : of(std::move(folder)), copy(std::move(to)) {
    std::filesystem::copy(of, copy, std::filesystem::copy_options::recursive);
  }
  void put_back() const {
    std::filesystem::remove_all(of);
    std::filesystem::copy(copy, of, std::filesystem::copy_options::recursive);
  }
  std::filesystem::path of, copy;
};

acta::error must_not_open(const std::filesystem::path& folder) {
  auto opened = test::try_open(folder, all_of_them());
  if (opened) FAIL("it opens");
  return std::move(opened).error();
}

} // namespace

TEST_CASE("a journal that was put back does not leave processes deaf to what comes") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = test::must_open(data, all_of_them());
    say(runtime, 2);
    REQUIRE(runtime.settle(20s));
  }
  const kept_copy journal(data / "p000", folder / "journal");
  const kept_copy outbox(data / "processes", folder / "outbox");
  {
    auto runtime = test::must_open(data, all_of_them());
    say(runtime, 10);
    REQUIRE(runtime.settle(20s));
  }
  journal.put_back();
  if (GENERATE(false, true)) { // it has grown beyond it since
    auto runtime = test::must_open(data, without_processes());
    say(runtime, 50);
  }
  const auto why = must_not_open(data);
  CHECK(why.code() == acta::runtime_errc::other_history);
  CHECK(why.where().starts_with("0:"));
  if (GENERATE(false, true))
    outbox.put_back(); // the folder that belongs to it
  else
    std::filesystem::remove_all(data / "processes"); // all is looked through again
  auto runtime = test::must_open(data, all_of_them());
  const auto before = runtime.state<counter>("a")->count;
  say(runtime, 3);
  REQUIRE(runtime.settle(20s));
  CHECK(heard(runtime) == static_cast<std::int64_t>(before) + 3);
}

namespace {

struct note_counter {
  static constexpr std::string_view name = "note_counter";
  using events = acta::one_of<test::noted>;
  std::shared_ptr<std::atomic<int>> handled;
  acta::result<void> handle(const test::noted&, const acta::effect_context&) const {
    ++*handled;
    return {};
  }
};

} // namespace

TEST_CASE("a start that is refused for an older journal leaves subscribers as they were") {
  test::temp_folder folder;
  const auto data = folder / "data";
  const auto handled = std::make_shared<std::atomic<int>>(0);
  const auto model = [&] {
    auto m = all_of_them();
    m.subscriber<note_counter>({}, note_counter{handled});
    return m;
  };
  const auto say_and_settle = [&](int times) {
    auto runtime = test::must_open(data, model());
    say(runtime, times);
    REQUIRE(runtime.settle(20s));
  };
  say_and_settle(2);
  const kept_copy older(data / "p000", folder / "older");
  say_and_settle(10);
  const kept_copy newest(data / "p000", folder / "newest");
  CHECK(*handled == 12);
  older.put_back();
  const auto refused = test::try_open(data, model());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::runtime_errc::other_history);
  newest.put_back();
  auto runtime = test::must_open(data, model());
  CHECK(runtime.subscribers().front().state == acta::subscriber_state::running);
  say(runtime, 1);
  REQUIRE(runtime.settle(20s));
  CHECK(*handled == 13);
}

namespace {

std::string contract_of(const std::filesystem::path& data) {
  std::ifstream in(data / "contract.txt");
  return {std::istreambuf_iterator<char>(in), {}};
}
/// As an operator does: without the first line, and other lines as `f` has them.
void edit_contract(const std::filesystem::path& data,
                   const std::function<std::string(std::string)>& f) {
  std::istringstream lines(contract_of(data));
  std::string text;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with('#'))
      if (const auto now = f(line); !now.empty()) text += now + '\n';
  std::ofstream(data / "contract.txt", std::ios::trunc) << text;
}

} // namespace

TEST_CASE("where a process began is not taken for a place in another history of the journal, which "
          "would keep events from it") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = test::must_open(data, without_processes());
    say(runtime, 2);
  }
  const kept_copy journal(data / "p000", folder / "journal");
  {
    auto runtime = test::must_open(data, without_processes());
    say(runtime, 10);
  }
  { auto runtime = test::must_open(data, all_of_them()); }
  journal.put_back();
  std::filesystem::remove_all(data / "processes"); // as its error says
  const auto grown = GENERATE(0, 5, 20);           // by a program without processes
  if (grown > 0) {
    auto runtime = test::must_open(data, without_processes());
    say(runtime, grown);
  }
  const auto why = must_not_open(data);
  CAPTURE(why.to_string());
  CHECK(why.code() == acta::runtime_errc::other_history);
  CHECK(why.where() == "contract.txt");
  CHECK(why.detail().find("listener at 0:12") != std::string_view::npos);
  CHECK(must_not_open(data).code() == acta::runtime_errc::other_history); // and again
  edit_contract(data, [](std::string line) {
    if (!line.starts_with("process ")) return line;
    return line.substr(0, line.rfind(' ')) + " 0:2"; // where the backup ended
  });
  for (int run = 1; run <= 2; ++run) {
    auto runtime = test::must_open(data, all_of_them());
    say(runtime, 1);
    REQUIRE(runtime.settle(20s));
    CHECK(heard(runtime) == grown + run);
  }
  CHECK(contract_of(data).find("\nprocess listener 1 0:2=") != std::string::npos);
}

TEST_CASE("a contract of another store is refused, and one of an older program is completed") {
  test::temp_folder folder;
  const auto data = folder / "data", other = folder / "other";
  for (const auto& store : {data, other}) {
    auto runtime = test::must_open(store, without_processes());
    say(runtime, 3);
  }
  for (const auto& store : {data, other}) auto runtime = test::must_open(store, all_of_them());
  const auto own = contract_of(data);
  std::ofstream(data / "contract.txt", std::ios::trunc) << contract_of(other);
  const auto why = must_not_open(data);
  CHECK(why.code() == acta::persistence::errc::damaged_file);
  CHECK(why.where() == "contract.txt: contract store 1");

  std::ofstream(data / "contract.txt", std::ios::trunc) << own;
  edit_contract(data, [](std::string line) {
    if (line.starts_with("contract store ")) return std::string();
    return line.starts_with("process ") ? line.substr(0, line.rfind('=')) : line;
  });
  CHECK(contract_of(data).find("process listener 1 0:3\n") != std::string::npos);
  { auto runtime = test::must_open(data, all_of_them()); }
  const auto lines = [](const std::string& text) { return text.substr(text.find('\n')); };
  CHECK(lines(contract_of(data)) == lines(own));
}

TEST_CASE("an outbox with one checkpoint for all processes goes on from it") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = test::must_open(data, all_of_them());
    say(runtime, 5);
    REQUIRE(runtime.settle(20s));
  }
  acta::persistence::store_options small; // a sanitizer leaves little of the address space
  small.partition.journal_map_bytes = small.partition.derived_map_bytes = std::size_t{1} << 30;
  {
    auto store = acta::persistence::store::open(data, small);
    REQUIRE(store);
    auto rows = acta::persistence::open_view_store(data / "processes",
                                                   {(*store)->id(), "acta.processes", 2, 2},
                                                   {.map_bytes = std::size_t{1} << 26});
    REQUIRE(rows);
    auto txn = (*rows)->write();
    REQUIRE(txn);
    std::vector<std::string> own;
    {
      auto cursor = (*txn)->scan(acta::row_table::rows);
      REQUIRE(cursor);
      acta::table_entry entry;
      for (auto found = (*cursor)->seek(acta::as_bytes_view("c"), entry);
           found && *found && acta::as_text(entry.key)[0] == 'c'; found = (*cursor)->next(entry))
        own.emplace_back(acta::as_text(entry.key));
    }
    CHECK(own.size() == 4); // the runtime's own process has one too
    for (const auto& key : own)
      REQUIRE((*txn)->erase(acta::row_table::rows, acta::as_bytes_view(key)));
    REQUIRE((*txn)->set_checkpoint(0, {(*store)->partitions()[0]->last_position(), 0}));
    REQUIRE((*txn)->commit(false));
  }
  {
    auto runtime = test::must_open(data, without_listener());
    say(runtime, 2);
    REQUIRE(runtime.settle(20s));
    CHECK(runtime.figures().processes.delivered == 0);
  }
  auto runtime = test::must_open(data, all_of_them());
  say(runtime, 1);
  REQUIRE(runtime.settle(20s));
  CHECK(heard(runtime) == 8);
}

TEST_CASE("a new process on a full disk is refused by name, and leaves nothing behind") {
  const test::small_disk disk(std::size_t{16} << 20);
  if (disk.is_missing()) return;
  const auto data = disk.path() / "data";
  {
    auto runtime = test::must_open(data, without_processes());
    say(runtime, 1);
  }
  disk.fill();
  const auto why = must_not_open(data);
  CAPTURE(why.to_string());
  CHECK(why.code() == acta::persistence::errc::store_full);
  CHECK(why.where() == "contract.txt");
  CHECK(why.detail().find("start the program without it") != std::string_view::npos);
  CHECK_FALSE(std::filesystem::exists(data / "contract.txt.tmp"));
  { auto runtime = test::must_open(data, without_processes()); }
  disk.make_room();
  auto runtime = test::must_open(data, all_of_them());
  say(runtime, 2);
  REQUIRE(runtime.settle(20s));
  CHECK(heard(runtime) == 2);
}

} // namespace process_checkpoint_test
