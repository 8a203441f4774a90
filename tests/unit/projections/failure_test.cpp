// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What is under a view fails: its map is full, its rebuild gets nowhere, the journal's commits
// fail. Nobody else suffers, and no event is lost or doubled.
#include "counter_views.hpp"
#include "engine.hpp"
#include "eventually.hpp"
#include "faulty_stores.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "view_requests.hpp"

#include <acta/runtime/view_handle.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <new>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace failure_test {

using test::note_in;
using test::showing;
using test::status_of;

using namespace std::chrono_literals;
using namespace test;

namespace {

/// They try again soon, and often.
constexpr acta::view_options stubborn{
    .attempts = 1'000'000, .backoff_min = 1ms, .backoff_max = 5ms};

acta::model counters() {
  acta::model m;
  m.aggregate<counter>({.snapshot_every = 1000});
  m.view<totals>(stubborn).view<ledger>(stubborn).view<notes>(stubborn);
  return m;
}

acta::runtime_options with_map(std::size_t bytes) {
  acta::runtime_options options;
  options.projections.map_bytes = bytes;
  return options;
}

/// A long text each for counters `first` to `last`: `totals` and `notes` keep it.
acta::position fill(acta::runtime& runtime, int first, int last) {
  std::vector<acta::pending> on_their_way;
  for (int i = first; i <= last; ++i)
    on_their_way.push_back(
        runtime.ask<counter>(std::to_string(i), note{std::to_string(i) + std::string(1500, 'x')}));
  acta::position at;
  for (auto& reply : on_their_way) {
    auto receipt = reply.wait_for(60s);
    if (!receipt) FAIL(receipt.error());
    at = std::max(at, receipt->position);
  }
  return at;
}

/// Events in `totals`, as one picture shows them, and how many there should be.
struct counted {
  std::uint64_t events = 0;
  std::uint64_t expected = 0;
};
counted count_events(const acta::runtime& runtime) {
  const auto picture = runtime.picture();
  const auto view = picture.view<totals>();
  counted c;
  c.expected = view.positions().value().at(0).number;
  REQUIRE(view.each({}, [&](std::string_view, const totals& r) { c.events += r.version; }));
  return c;
}

bool is_full(const acta::generation_status& s) {
  return s.state == acta::view_state::retrying && s.trouble &&
         s.trouble->code() == acta::persistence::errc::store_full;
}

} // namespace

TEST_CASE(
    "a view whose map is full says so and tries again, all else goes on, and a larger map mends") {
  test::temp_folder folder;
  constexpr std::size_t small = 1 << 20;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", counters(), with_map(small));
    fill(runtime, 1, 1000);
    REQUIRE(eventually([&] { return is_full(*status_of<totals>(runtime).serving); }));
    const auto failures = status_of<totals>(runtime).serving->failures;
    CHECK(eventually([&] { // until it is not
      return status_of<totals>(runtime).serving->failures > failures + 5;
    }));
    const auto status = *status_of<totals>(runtime).serving;
    CHECK(status.trouble->to_string().find("map_bytes") != std::string::npos);
    CHECK(status.behind > 0);
    CHECK(status.dead_letters == 0);
    CHECK(runtime.figures().projections.failures > 5);
    // Commands and the other views do not notice.
    for (int i = 0; i < 100; ++i) at = note_in(runtime, "more", "short");
    const auto row = runtime.view<ledger>().get("0", showing(at));
    if (!row) FAIL(row.error());
    CHECK(row->events == at.number);
    // Its rows are those of its position, and who asks for more is told why there is none.
    const auto c = count_events(runtime);
    CHECK(c.events == c.expected);
    const auto late = runtime.view<totals>().get("more", {.at_least = at, .timeout = 10ms});
    REQUIRE_FALSE(late);
    CHECK(late.error().code() == acta::projection_errc::view_late);
    CHECK(late.error().to_string().find("map_bytes") != std::string::npos);
  }
  { // The same map again changes nothing.
    auto runtime = must_open(folder / "data", counters(), with_map(small));
    CHECK(eventually([&] { return is_full(*status_of<totals>(runtime).serving); }));
    const auto c = count_events(runtime);
    CHECK(c.events == c.expected);
  }
  auto runtime = must_open(folder / "data", counters(), with_map(64 * small));
  REQUIRE(runtime.view<totals>().get("more", showing(at)));
  const auto c = count_events(runtime);
  CHECK(c.events == at.number);
  CHECK(c.expected == at.number);
  CHECK(runtime.view<notes>().get("more", showing(at))->count == 100);
  for (const auto& s : runtime.views()) {
    CAPTURE(s.view);
    CHECK(s.serving->state == acta::view_state::running);
    CHECK_FALSE(s.serving->trouble);
  }
}

TEST_CASE("a rebuild that finds no room leaves the rows that serve alone, and can be cancelled") {
  test::temp_folder folder;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", counters());
    at = fill(runtime, 1, 1000);
    REQUIRE(runtime.view<totals>().get("1000", showing(at)));
  }
  // LMDB keeps as much map as the file has already, so the rows that serve still fit.
  auto runtime = must_open(folder / "data", counters(), with_map(1 << 20));
  auto view = runtime.projection("totals");
  REQUIRE(view->rebuild());
  CHECK(eventually([&] { return is_full(*view->status().building); }));
  CHECK(runtime.view<totals>().get("1000", showing(at)));
  CHECK(view->status().serving->state == acta::view_state::running);
  REQUIRE(view->cancel_rebuild());
  CHECK_FALSE(view->status().building);
  CHECK(count_events(runtime).events == at.number);
}

namespace {

/// Is held up while it is rebuilt.
struct gated {
  static constexpr std::string_view name = "gated";
  using events = acta::one_of<added>;
  static inline std::atomic<bool> closed{false};
  static inline std::atomic<bool> reached{false};

  struct row {
    std::uint64_t count = 0;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(count)); }
  };
  void project(const added&, const acta::event_context& c, acta::rows<row>& rows) const {
    if (c.replaying() && closed) {
      reached = true;
      eventually([] { return !closed; });
    }
    rows.change("all", [](row& r) { ++r.count; });
  }
};

} // namespace

TEST_CASE("a rebuild that was cancelled does not come back after a crash") {
  test::temp_folder folder;
  const auto model = [] {
    acta::model m;
    m.aggregate<counter>();
    m.view<gated>();
    return m;
  };
  auto runtime = must_open(folder / "data", model());
  auto receipt = runtime.ask<counter>("a", add{1}).wait_for(20s);
  REQUIRE(receipt);
  REQUIRE(runtime.view<gated>().get("all", showing(receipt->position)));
  gated::reached = false;
  gated::closed = true;
  auto view = runtime.projection("gated");
  REQUIRE(view->rebuild());
  REQUIRE(eventually([&] { return gated::reached.load(); }));
  REQUIRE(view->cancel_rebuild());
  // The files as a crash would leave them, while the view's code has not even noticed.
  std::filesystem::copy(folder / "data", folder / "crashed",
                        std::filesystem::copy_options::recursive);
  gated::closed = false;
  auto crashed = must_open(folder / "crashed", model());
  CHECK(crashed.projection("gated")->status().serving->number == 1);
  CHECK_FALSE(crashed.projection("gated")->status().building);
  CHECK(crashed.view<gated>().get("all", showing(receipt->position))->count == 1);
  CHECK(eventually([&] { // nothing else is left, neither here nor there
    const auto alone = [](const std::filesystem::path& views) {
      return std::distance(std::filesystem::directory_iterator(views), {}) == 1;
    };
    return alone(folder / "data/views") && alone(folder / "crashed/views");
  }));
}

TEST_CASE("a rebuild that gets nowhere does not hold the serving rows back") {
  test::temp_folder folder;
  notes::choking = false;
  auto runtime = must_open(folder / "data", counters());
  auto at = note_in(runtime, "a", "poison"); // not yet
  REQUIRE(runtime.view<notes>().get("a", showing(at)));
  notes::choking = true;
  auto view = runtime.projection("notes");
  REQUIRE(view->rebuild());
  REQUIRE(eventually([&] { return view->status().building->failures > 2; }));
  for (int i = 0; i < 10; ++i) {
    at = note_in(runtime, "a", "later");
    const auto row = runtime.view<notes>().get("a", {.at_least = at, .timeout = 5s});
    if (!row) FAIL(row.error());
    CHECK(row->count == at.number);
  }
  CHECK(view->status().building);
  notes::choking = false;
  CHECK(eventually([&] { return !view->status().building; }));
  CHECK(*runtime.view<notes>().get("a", showing(at)) == notes{"later", 11});
}

namespace {

/// Its code fails at some of its calls, whichever event they are for: a mood, not a poisoned event.
struct moody {
  static constexpr std::string_view name = "moody";
  using events = acta::one_of<added>;
  static inline std::mutex mutex;
  static inline std::set<int> bad_calls;
  static inline int calls = 0;

  std::int64_t sum = 0;
  std::uint64_t count = 0;

  void evolve(const added& e) {
    {
      const std::lock_guard lock(mutex);
      if (bad_calls.contains(++calls)) throw std::bad_alloc();
    }
    sum += e.amount;
    ++count;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum), CEREAL_NVP(count)); }

  static void fail_at(std::set<int> some) {
    const std::lock_guard lock(mutex);
    bad_calls = std::move(some);
    calls = 0;
  }
};

acta::model with_moody(acta::view_options options) {
  acta::model m;
  m.aggregate<counter>();
  m.view<moody>(options);
  return m;
}

/// Skips what it has stopped at, if it has, until it has come to the end.
void help_along(acta::projection& view, acta::runtime& runtime, acta::position last) {
  REQUIRE(eventually([&] {
    if (status_of<moody>(runtime).serving->state == acta::view_state::stopped)
      (void)view.skip().has_value();
    return status_of<moody>(runtime).serving->scanned.at(0).number >= last.number;
  }));
}

/// What is in the row and what is parked are all the events, each once, and so they are when what
/// is parked has been taken after all.
void check_once_each(acta::projection& view, acta::runtime& runtime, acta::position last) {
  moody::fail_at({});
  const auto count = [&] {
    const auto row = runtime.view<moody>().get("a", showing(last));
    return row ? row->count : 0;
  };
  const auto letters = view.dead_letters();
  REQUIRE(letters);
  CHECK(count() + letters->size() == last.number);
  for (const auto& letter : *letters) {
    CAPTURE(letter.where.to_string());
    CHECK(view.retry(letter.where));
  }
  CHECK(count() == last.number);
  CHECK(runtime.view<moody>().get("a")->sum == static_cast<std::int64_t>(last.number));
}

} // namespace

TEST_CASE("a view whose code fails now and then takes each event once or parks it, never both") {
  const auto policy = GENERATE(acta::on_error::park, acta::on_error::stop);
  CAPTURE(static_cast<int>(policy));
  test::temp_folder folder;
  const auto moods = GENERATE(std::set<int>{3, 5}, std::set<int>{3, 4}, std::set<int>{2, 3, 4},
                              std::set<int>{3, 5, 6}, std::set<int>{3, 6, 7});
  CAPTURE(moods);
  auto runtime = must_open(
      folder / "data",
      with_moody({.policy = policy, .attempts = 1, .backoff_min = 1ms, .backoff_max = 1ms}));
  auto view = runtime.projection("moody");
  REQUIRE(view);
  REQUIRE(view->pause());
  const auto last = add_ones(runtime, "a", 3); // one batch
  moody::fail_at(moods);
  REQUIRE(view->resume());
  help_along(*view, runtime, last);
  check_once_each(*view, runtime, last);
}

TEST_CASE("a view whose code fails at random takes each event once or parks it, never both") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 8; ++round) {
    CAPTURE(round);
    test::temp_folder folder;
    const auto policy = random() % 2 == 0 ? acta::on_error::park : acta::on_error::stop;
    auto runtime = must_open(folder / "data", with_moody({.policy = policy,
                                                          .attempts = random() % 2 == 0 ? 1u : 2u,
                                                          .backoff_min = 1ms,
                                                          .backoff_max = 1ms}));
    auto view = runtime.projection("moody");
    REQUIRE(view);
    REQUIRE(view->pause());
    acta::position last;
    for (int i = 0; i < 20; ++i)
      last = tell_counter(runtime, "a", add_many{1, 1 + static_cast<std::uint32_t>(random() % 4)});
    std::set<int> moods;
    for (int call = 1; call < 2000; ++call)
      if (random() % 4 == 0) moods.insert(call);
    moody::fail_at(moods);
    REQUIRE(view->resume());
    help_along(*view, runtime, last);
    check_once_each(*view, runtime, last);
  }
}

TEST_CASE("an event is parked for its own failures, not for those of its neighbours") {
  test::temp_folder folder;
  auto runtime = must_open(
      folder / "data",
      with_moody(
          {.policy = acta::on_error::park, .attempts = 2, .backoff_min = 1ms, .backoff_max = 1ms}));
  auto view = runtime.projection("moody");
  REQUIRE(view);
  REQUIRE(view->pause());
  const auto last = tell_counter(runtime, "a", add_many{1, 3}); // one commit
  moody::fail_at({1, 3, 6}); // the first event, then the second, then the third: once each
  REQUIRE(view->resume());
  CHECK(runtime.view<moody>().get("a", showing(last))->count == 3);
  CHECK(view->dead_letters()->empty());
}

namespace {

/// A runtime in memory whose journal fails when it is told to.
struct faulty_runtime {
  std::shared_ptr<test::fault> fault = std::make_shared<test::fault>();
  acta::detail::engine engine{counters(), options(), test::make_faulty_store(fault),
                              acta::actors::make_caf_host};

  faulty_runtime() { REQUIRE(engine.start()); }
  static acta::runtime_options options() {
    auto o = with_map(std::size_t{1} << 30); // ThreadSanitizer leaves no more
    o.projections.tail_bytes_max = 1;        // so that the journal is read
    return o;
  }
  acta::pending add_one(std::string_view id) {
    acta::detail::ticket_ptr t;
    engine.submit(engine.find_route("counter"), "counter", id, 0, acta::detail::own(add{1}), {}, t);
    return acta::pending(std::move(t));
  }
  template <class V> acta::view_handle<V> view() {
    return acta::view_handle<V>(engine.read_side());
  }
  /// Both views have every event up to `last`, and as many were acknowledged.
  void check(acta::position last, std::int64_t stored) {
    const auto row = view<ledger>().get("0", showing(last));
    if (!row) FAIL(row.error());
    CHECK(row->events == last.number);
    CHECK(row->sum == stored);
    std::int64_t sum = 0;
    REQUIRE(view<totals>().each(
        {}, [&](std::string_view, const totals& r) { sum += r.total; }, showing(last)));
    CHECK(sum == stored);
    for (const auto& s : engine.read_side().status()) {
      CAPTURE(s.view);
      CHECK(s.serving->state == acta::view_state::running);
      CHECK(s.serving->failures == 0);
    }
  }
};

} // namespace

TEST_CASE("views show what was committed and nothing else while commits of the journal fail") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  faulty_runtime r;
  constexpr int clients = 3;
  constexpr int commands_a_client = 2000;
  std::atomic<std::int64_t> stored{0};
  std::atomic<std::int64_t> failures{0};
  // A batch is halved until what is left fits, so only a lone command is sure to fail.
  r.fault->failing_commits = 1;
  if (!r.add_one("first").wait_for(20s)) ++failures;
  std::vector<std::thread> threads;
  for (unsigned c = 0; c < clients; ++c)
    threads.emplace_back([&, c] {
      std::mt19937 random(seed + c);
      std::deque<acta::pending> on_their_way;
      for (int i = 0; i < commands_a_client; ++i) {
        if (i % 100 == 0) r.fault->failing_commits = 1 + static_cast<int>(random() % 3);
        on_their_way.push_back(r.add_one(std::to_string(random() % 20)));
        if (on_their_way.size() < 16 && i + 1 < commands_a_client) continue;
        for (; !on_their_way.empty(); on_their_way.pop_front())
          ++(on_their_way.front().wait_for(60s) ? stored : failures);
      }
    });
  for (auto& t : threads) t.join();
  r.fault->failing_commits = 0;
  CAPTURE(stored.load(), failures.load());
  CHECK(failures > 0);
  CHECK(stored > clients * commands_a_client / 10); // else nothing was tried
  const auto last = r.add_one("last").wait_for(20s);
  if (!last) FAIL(last.error());
  CHECK(last->position.number == static_cast<std::uint64_t>(stored + 1));
  r.check(last->position, stored + 1);
}

TEST_CASE("a journal that takes nothing more leaves its views readable, and they can be rebuilt") {
  faulty_runtime r;
  acta::position last;
  for (int i = 0; i < 100; ++i) {
    const auto receipt = r.add_one(std::to_string(i % 7)).wait_for(20s);
    if (!receipt) FAIL(receipt.error());
    last = receipt->position;
  }
  r.check(last, 100);
  r.fault->code = errc::io; // nobody knows what is on the disk, so the journal stops for good
  r.fault->failing_commits = 1;
  for (int i = 0; i < 10; ++i) {
    const auto refused = r.add_one(std::to_string(i % 7)).wait_for(20s);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == acta::condition::io);
  }
  r.check(last, 100);
  for (const auto name : {totals::name, ledger::name}) {
    auto view = r.engine.read_side().find(name);
    REQUIRE(view);
    const auto before = view->status().serving->number;
    REQUIRE(view->rebuild());
    CHECK(eventually([&] {
      const auto s = view->status();
      return !s.building && s.serving->number > before;
    }));
  }
  r.check(last, 100);
}

TEST_CASE("a commit that cannot be read hides nothing that stands before it") {
  faulty_runtime r;
  for (int i = 0; i < 5; ++i) REQUIRE(r.add_one("a").wait_for(20s));
  r.fault->garbles = true;
  REQUIRE(r.add_one("b").wait_for(20s));
  r.fault->garbles = false;
  for (int i = 0; i < 5; ++i) REQUIRE(r.add_one("c").wait_for(20s));
  auto events = r.engine.read_side().subscribe({});
  if (!events) FAIL(events.error());
  const auto page = events->next(100);
  if (!page) FAIL(page.error());
  CHECK(page->events.size() == 5);
  CHECK(page->scanned == std::vector<acta::position>{{0, 5}});
  for (int i = 0; i < 3; ++i) {
    const auto no = events->next(100);
    REQUIRE(!no);
    CHECK(no.error().code() == acta::persistence::errc::corrupt_commit);
    CHECK(events->scanned() == std::vector<acta::position>{{0, 5}});
  }
}

} // namespace failure_test
