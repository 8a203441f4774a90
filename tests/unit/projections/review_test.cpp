// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The read side when its surroundings go wrong: opens that fail half-way, code of views that does
// not return, pictures and subscriptions that outlive their runtime, journals that went back.
#include "counter_views.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "view_requests.hpp"

#include <catch2/catch.hpp>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace review_test {

using test::note_in;
using test::showing;

using namespace std::chrono_literals;
using namespace test;

namespace {

/// A view whose code does not return while its gate is shut.
struct gated {
  static constexpr std::string_view name = "gated";
  using events = acta::one_of<noted>;
  static inline std::atomic<bool> shut{false};
  static inline std::atomic<int> inside{0};

  std::uint64_t count = 0;

  void evolve(const noted& e) {
    ++inside;
    shut.wait(true);
    --inside;
    if (e.text == "poison") throw std::runtime_error("cannot swallow it");
    ++count;
  }
  static void open() {
    shut = false;
    shut.notify_all();
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(count)); }
};

/// Makes something of every outcome.
struct notes_counted {
  static constexpr std::string_view name = "notes_counted";
  struct reply {
    std::uint64_t count = 0;
    std::uint64_t scanned = 0;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(count), CEREAL_NVP(scanned)); }
  };
  bool with_position = false;

  [[nodiscard]] acta::result<reply> answer(const acta::picture& p) const {
    reply r;
    if (const auto row = p.view<gated>().find("a"); row && *row) r.count = (*row)->count;
    if (with_position)
      if (const auto at = p.view<gated>().positions()) r.scanned = at->at(0).number;
    return r;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(with_position)); }
};

template <class... Vs> acta::model with(const acta::view_options& options = {}) {
  acta::model m;
  m.aggregate<counter>();
  (m.view<Vs>(options), ...);
  return m;
}

template <class T> bool is_ready(const std::future<T>& f, std::chrono::milliseconds limit) {
  return f.wait_for(limit) == std::future_status::ready;
}
/// Long enough for what must not happen to have happened.
constexpr auto a_while = 200ms;

} // namespace

TEST_CASE("an open that fails at one generation lets go of those it has found") {
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", with<ledger>());
    REQUIRE(runtime.view<ledger>().get("0", showing(note_in(runtime, "a", "one"))));
  }
  const auto views = folder / "data/views";
  for (int i = 2; i < 9; ++i)
    std::filesystem::copy(views / "ledger@1", views / ("ledger@" + std::to_string(i)));
  std::ofstream(views / "ledger@9") << "not a folder";
  CHECK(try_open(folder / "data", with<ledger>()).error().code() == acta::condition::io);
}

TEST_CASE("an open that fails while a view opened before is to be tried again leaves nothing") {
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", with<totals, ledger>());
    note_in(runtime, "a", "poison");
  }
  const auto views = folder / "data/views";
  std::ofstream(views / "totals@1/data.mdb") << std::string(20000, 'x');
  std::filesystem::remove_all(views / "ledger@1");
  std::ofstream(views / "ledger@1") << "not a folder";
  notes::choking = true;
  notes::tried = 0;
  acta::runtime_options options;
  options.log = [](acta::log_level, std::string_view line) {
    if (line.find("totals: generation 1 is unusable") != std::string_view::npos)
      CHECK(eventually([] { return notes::tried > 0; }));
  };
  CHECK_FALSE(try_open(folder / "data", with<notes, totals, ledger>({.backoff_min = 1h}), options));
  CHECK(notes::tried == 1);
  notes::choking = false;
}

TEST_CASE("a view's code that fails after the stop finds everything it needs") {
  test::temp_folder folder;
  gated::shut = true;
  std::optional<acta::runtime> runtime = must_open(folder / "data", with<gated>());
  note_in(*runtime, "a", "poison");
  REQUIRE(eventually([] { return gated::inside == 1; }));
  runtime->stop(10ms);
  auto gone = std::async(std::launch::async, [&] { runtime.reset(); });
  CHECK_FALSE(is_ready(gone, a_while));
  gated::open();
  CHECK(is_ready(gone, 20s));
}

TEST_CASE("an operation that waits for a view's code does not hold up the stop") {
  test::temp_folder folder;
  gated::shut = true;
  auto runtime = must_open(folder / "data", with<gated>());
  note_in(runtime, "a", "one");
  REQUIRE(eventually([] { return gated::inside == 1; }));
  auto paused =
      std::async(std::launch::async, [&] { return runtime.projection("gated")->pause(); });
  CHECK_FALSE(is_ready(paused, a_while));
  auto stopped = std::async(std::launch::async, [&] { return runtime.stop(10ms); });
  CHECK(is_ready(stopped, 10s));
  CHECK(runtime.view<gated>().get("a").error().code() == acta::projection_errc::stopped);
  gated::open();
  (void)paused.get().has_value();
  CHECK(runtime.projection("gated")->reset().error().code() == acta::projection_errc::stopped);
}

TEST_CASE("a picture taken after the stop answers with an error when its runtime is gone") {
  test::temp_folder folder;
  std::optional<acta::picture> picture;
  {
    auto runtime = must_open(folder / "data", with<notes>());
    runtime.stop();
    picture = runtime.picture();
    CHECK(picture->view<notes>().get("a").error().code() == acta::projection_errc::stopped);
  }
  CHECK(picture->view<notes>().get("a").error().code() == acta::projection_errc::picture_expired);
}

TEST_CASE("a runtime is not gone before a picture that is being read") {
  test::temp_folder folder;
  std::optional<acta::runtime> runtime = must_open(folder / "data", with<notes>());
  note_in(*runtime, "a", "one");
  const auto at = note_in(*runtime, "b", "two");
  REQUIRE(runtime->view<notes>().get("b", showing(at)));
  const auto picture = runtime->picture();
  std::future<void> gone;
  const auto walked = picture.view<notes>().each({}, [&](std::string_view, const notes&) {
    gone = std::async(std::launch::async, [&] { runtime.reset(); });
    CHECK_FALSE(is_ready(gone, a_while));
  });
  CHECK(walked.error().code() == acta::projection_errc::picture_expired);
  CHECK(is_ready(gone, 20s));
}

TEST_CASE("stopping within the walk through a picture ends the walk with an error") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", with<notes>());
  note_in(runtime, "a", "one");
  const auto at = note_in(runtime, "b", "two");
  REQUIRE(runtime.view<notes>().get("b", showing(at)));
  const auto picture = runtime.picture();
  std::string seen;
  const auto walked = picture.view<notes>().each({}, [&](std::string_view key, const notes&) {
    runtime.stop();
    seen += key; // lies in the file
  });
  CHECK(walked.error().code() == acta::projection_errc::picture_expired);
  CHECK(seen == "a");
}

TEST_CASE("a subscription that outlives its runtime says so") {
  test::temp_folder folder;
  std::optional<acta::subscription> events;
  {
    auto runtime = must_open(folder / "data", with<notes>());
    note_in(runtime, "a", "one");
    auto made = runtime.subscribe();
    REQUIRE(made);
    events = std::move(*made);
  }
  bool told = false;
  events->notify([&] { told = true; });
  CHECK(told);
  CHECK(events->behind() == 0);
  CHECK(events->scanned() == std::vector<acta::position>{{0, 0}});
  CHECK(events->next().error().code() == acta::projection_errc::stopped);
}

TEST_CASE("a runtime is not gone before a subscription that is being read") {
  test::temp_folder folder;
  for (int round = 0; round < 20; ++round) {
    std::optional<acta::runtime> runtime = must_open(folder / "data", with<notes>());
    note_in(*runtime, "a", "one");
    auto events = runtime->subscribe();
    REQUIRE(events);
    std::promise<void> begun;
    std::thread reader([&] {
      begun.set_value();
      for (;;) {
        const auto page = events->next(1);
        if (!page) {
          CHECK(page.error().code() == acta::projection_errc::stopped);
          return;
        }
        (void)events->behind();
      }
    });
    begun.get_future().wait();
    runtime.reset();
    reader.join();
  }
}

TEST_CASE("an answer made without a view that was still being built is not kept") {
  test::temp_folder folder;
  acta::position at;
  {
    auto runtime = must_open(folder / "data", with<>());
    at = note_in(runtime, "a", "one");
  }
  gated::shut = true;
  auto m = with<gated>();
  m.query<notes_counted>({.cached = true});
  auto runtime = must_open(folder / "data", std::move(m));
  CHECK(runtime.query(notes_counted{})->count == 0);
  gated::open();
  REQUIRE(runtime.view<gated>().get("a", showing(at)));
  CHECK(runtime.query(notes_counted{})->count == 1);
}

TEST_CASE("an answer that tells how far a view is is as new as any other") {
  test::temp_folder folder;
  auto m = with<gated>();
  m.query<notes_counted>({.cached = true});
  auto runtime = must_open(folder / "data", std::move(m));
  note_in(runtime, "a", "one");
  for (int i = 0; i < 3; ++i) {
    // The view has no fold for it: nothing changes but the position.
    const auto receipt = runtime.ask<counter>("b", add{1}).wait_for(20s);
    REQUIRE(receipt);
    REQUIRE(runtime.view<gated>().find("a", showing(receipt->position)));
    const auto answer = runtime.query(notes_counted{.with_position = true});
    REQUIRE(answer);
    CHECK(answer->scanned == receipt->position.number);
  }
}

TEST_CASE("who has seen a row never gets an older answer from the cache") {
  test::temp_folder folder;
  auto m = with<totals>();
  m.query<grand_total>({.cached = true});
  auto runtime = must_open(folder / "data", std::move(m));
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 3; ++t)
    readers.emplace_back([&] {
      while (!done) {
        const auto row = runtime.view<totals>().find("a");
        const auto all = runtime.query(grand_total{});
        if (!row || !*row || !all) continue;
        if (all->sum < (*row)->total) {
          done = true;
          FAIL_CHECK("seen " << (*row)->total << ", then answered " << all->sum);
        }
      }
    });
  for (int i = 0; i < 2000 && !done; ++i) REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(20s));
  done = true;
  for (auto& r : readers) r.join();
}

TEST_CASE("who waits without limit waits") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", with<notes>());
  auto view = runtime.projection("notes");
  REQUIRE(view->pause());
  const auto at = note_in(runtime, "a", "one");
  auto row = std::async(std::launch::async, [&] {
    return runtime.view<notes>().get("a",
                                     {.at_least = at, .timeout = std::chrono::milliseconds::max()});
  });
  std::promise<acta::result<void>> told;
  runtime.when_visible("notes", at, std::chrono::steady_clock::time_point::max(),
                       [&](acta::result<void> r) { told.set_value(std::move(r)); });
  auto visible = told.get_future();
  CHECK_FALSE(is_ready(row, a_while));
  CHECK_FALSE(is_ready(visible, 0ms));
  REQUIRE(view->resume());
  REQUIRE(is_ready(row, 20s));
  CHECK(row.get());
  CHECK(visible.get());
}

namespace {

/// Asks again as soon as it is answered.
struct asks_again {
  acta::runtime& runtime;
  acta::position at;
  int left;
  std::set<std::thread::id> where{};
  std::promise<void> done{};

  void ask() {
    runtime.when_visible("notes", at, std::chrono::steady_clock::time_point::max(),
                         [this](const acta::result<void>& r) {
                           where.insert(std::this_thread::get_id());
                           if (!r || --left == 0) return done.set_value();
                           ask();
                         });
  }
};

} // namespace

TEST_CASE("who asks for what a view shows already is called back on one thread, and asking again "
          "needs no deeper stack") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", with<notes>());
  const auto at = note_in(runtime, "a", "one");
  REQUIRE(runtime.view<notes>().get("a", {.at_least = at, .timeout = 20s}));
  asks_again a{runtime, at, 100'000};
  a.ask();
  REQUIRE(is_ready(a.done.get_future(), 60s));
  CHECK(a.left == 0);
  CHECK(runtime.settle(20s));
  CHECK(a.where.size() == 1);
  CHECK_FALSE(a.where.contains(std::this_thread::get_id()));
}

TEST_CASE("a picture without an age limit stays") {
  test::temp_folder folder;
  acta::runtime_options options;
  options.projections.picture_age_max = std::chrono::milliseconds::max();
  auto runtime = must_open(folder / "data", with<notes>(), options);
  const auto picture = runtime.picture();
  CHECK_FALSE(
      eventually([&] { return runtime.figures().projections.pictures_expired > 0; }, 1200ms));
  CHECK(picture.view<notes>().count().value() == 0);
}

TEST_CASE("a rebuild cannot leave out events that have not happened yet") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", with<notes>());
  const auto last = note_in(runtime, "a", "one");
  auto view = runtime.projection("notes");
  const acta::position too_far[] = {{0, last.number + 2}};
  CHECK(view->rebuild(too_far).error().code() == acta::persistence::errc::unknown_position);
  const acta::position from_now[] = {{0, last.number + 1}};
  REQUIRE(view->rebuild(from_now));
  REQUIRE(eventually([&] { return !view->status().building; }));
  CHECK(*runtime.view<notes>().get("a", showing(note_in(runtime, "a", "two"))) == notes{"two", 1});
}

TEST_CASE("a view that is ahead of a journal brought back from a copy is built anew") {
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", with<notes>());
    note_in(runtime, "a", "one");
  }
  std::filesystem::copy(folder / "data", folder / "copy", std::filesystem::copy_options::recursive);
  {
    auto runtime = must_open(folder / "data", with<notes>());
    note_in(runtime, "a", "two");
    REQUIRE(runtime.view<notes>().get("a", showing(note_in(runtime, "a", "three"))));
  }
  std::filesystem::remove_all(folder / "copy/views");
  std::filesystem::rename(folder / "data/views", folder / "copy/views");
  auto runtime = must_open(folder / "copy", with<notes>());
  CHECK(*runtime.view<notes>().get("a", showing(note_in(runtime, "a", "other"))) ==
        notes{"other", 2});
}

namespace {

/// `notes` with rows of another shape.
struct other_notes {
  static constexpr std::string_view name = "notes";
  using events = acta::one_of<noted>;
  std::vector<std::string> all;
  void evolve(const noted& e) { all.push_back(e.text); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(all)); }
};

} // namespace

TEST_CASE("a pause outlives a change of the view's rows, and a reset") {
  test::temp_folder folder;
  {
    auto runtime = must_open(folder / "data", with<notes>());
    note_in(runtime, "a", "one");
    REQUIRE(runtime.projection("notes")->pause());
  }
  {
    auto runtime = must_open(folder / "data", with<other_notes>());
    const auto status = runtime.projection("notes")->status();
    REQUIRE(status.building);
    CHECK(status.building->state == acta::view_state::paused);
  }
  auto runtime = must_open(folder / "data", with<other_notes>());
  auto view = runtime.projection("notes");
  CHECK(view->status().building->state == acta::view_state::paused);
  REQUIRE(view->reset());
  CHECK(view->status().serving->state == acta::view_state::paused);
  REQUIRE(view->resume());
  CHECK(runtime.view<other_notes>().get("a", showing({0, 1}))->all.size() == 1);
}

TEST_CASE("a view goes on while the one that is to take its place cannot") {
  test::temp_folder folder;
  notes::choking = false;
  auto runtime = must_open(folder / "data", with<notes>({.backoff_min = 1h, .backoff_max = 1h}));
  REQUIRE(runtime.view<notes>().get("a", showing(note_in(runtime, "a", "poison"))));
  notes::choking = true;
  auto view = runtime.projection("notes");
  REQUIRE(view->rebuild());
  REQUIRE(eventually([&] {
    const auto s = view->status();
    return s.building && s.building->state == acta::view_state::retrying;
  }));
  CHECK(runtime.view<notes>().get("b", showing(note_in(runtime, "b", "fine"))));
  notes::choking = false;
  REQUIRE(view->resume());
  CHECK(eventually([&] { return !view->status().building; }));
  CHECK(runtime.view<notes>().get("b", showing(note_in(runtime, "b", "later")))->count == 2);
}

TEST_CASE("a callback that throws is logged, and the others are told") {
  test::temp_folder folder;
  std::mutex mutex;
  std::string lines;
  acta::runtime_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    const std::lock_guard lock(mutex);
    (lines += line) += '\n';
  };
  auto runtime = must_open(folder / "data", with<notes>(), options);
  auto view = runtime.projection("notes");
  auto events = runtime.subscribe();
  REQUIRE(events);
  REQUIRE(view->pause());
  events->notify([] { throw std::runtime_error("notified in vain"); });
  const auto at = note_in(runtime, "a", "one");
  std::promise<void> told;
  const auto never = std::chrono::steady_clock::time_point::max();
  runtime.when_visible("notes", at, never,
                       [](const acta::result<void>&) { throw std::runtime_error("told in vain"); });
  runtime.when_visible("notes", at, never, [&](const acta::result<void>&) { told.set_value(); });
  REQUIRE(view->resume());
  CHECK(is_ready(told.get_future(), 20s));
  runtime.stop();
  const std::lock_guard lock(mutex);
  CHECK(lines.find("notified in vain") != std::string::npos);
  CHECK(lines.find("told in vain") != std::string::npos);
}

TEST_CASE("what has been counted stays counted when a generation goes") {
  test::temp_folder folder;
  auto runtime = must_open(folder / "data", with<notes>());
  acta::position at;
  for (int i = 0; i < 5; ++i) at = note_in(runtime, "a", "one");
  REQUIRE(runtime.view<notes>().get("a", showing(at)));
  const auto before = runtime.figures().projections;
  CHECK(before.events == 5);
  auto view = runtime.projection("notes");
  REQUIRE(view->reset());
  REQUIRE(runtime.view<notes>().get("a", showing(at)));
  CHECK(runtime.figures().projections.events == 10);
  CHECK(runtime.figures().projections.transactions > before.transactions);
}

} // namespace review_test
