// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// One damaged commit stops its own stream. Subscribers pass over it, keep a dead letter for each
// position that it had, over restarts too, and go on for all other streams.
#include "counter.hpp"
#include "damaged_journal.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/errc.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <set>
#include <vector>

namespace subscriber_damage_test {

using namespace std::chrono_literals;
using test::counter;
using test::eventually;
namespace fs = std::filesystem;

namespace {

/// Streams in which something was handled. Outlives the runtime.
struct seen {
  std::mutex mutex;
  std::multiset<std::string> streams;
  std::size_t of(const std::string& stream) {
    const std::lock_guard lock(mutex);
    return streams.count(stream);
  }
};
template <int N> struct clerk {
  static constexpr std::string_view name = N == 1 ? "clerk1" : "clerk2";
  using events = acta::one_of<test::noted>;
  seen* to = nullptr;
  void handle(const test::noted&, const acta::effect_context& c) const {
    const std::lock_guard lock(to->mutex);
    to->streams.insert(c.event.stream);
  }
};

acta::model counters() {
  acta::model m;
  m.aggregate<counter>();
  return m;
}
acta::model watched(seen& one, seen& two) {
  const acta::subscriber_options from_start{
      .attempts = 3, .backoff_min = 1ms, .backoff_max = 2ms, .start = acta::start_at::beginning};
  auto m = counters();
  m.subscriber<clerk<1>>(from_start, clerk<1>{&one});
  m.subscriber<clerk<2>>(from_start, clerk<2>{&two});
  return m;
}
void say(acta::runtime& runtime, std::string_view id) {
  const auto receipt = runtime.ask<counter>(id, test::note{"hello"}).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
}
bool all_done(acta::runtime& runtime) {
  return eventually([&] {
    return std::ranges::all_of(runtime.subscribers(),
                               [](const auto& s) { return s.behind == 0 && s.waiting == 0; });
  });
}

} // namespace

TEST_CASE("one damaged commit stops no subscriber, wherever it stands, and leaves a dead letter "
          "for all that it may have held") {
  test::temp_folder folder;
  const auto data = folder / "data";
  {
    auto runtime = test::must_open(data, counters());
    for (const std::string id : {"a", "b", "c"}) { // 1, 2..4, 5
      if (id == "b")
        REQUIRE(runtime.ask<counter>("b", test::add_many{1, 3}).wait_for(20s));
      else
        say(runtime, id);
    }
  }
  const auto [first, count] = GENERATE(std::tuple{1, 1}, std::tuple{2, 3}, std::tuple{5, 1});
  const bool rebuild = GENERATE(false, true);
  CAPTURE(first, rebuild);
  test::damage_commit(data / "p000" / "journal", static_cast<std::uint64_t>(first));
  if (rebuild) fs::remove_all(data / "p000" / "derived");
  const auto where = "0:" + std::to_string(first);
  seen one, two;
  for (std::uint64_t round = 0; round < 2; ++round) {
    CAPTURE(round);
    auto runtime = test::must_open(data, watched(one, two));
    REQUIRE(all_done(runtime));
    CHECK(one.of("counter/a") == (first == 1 ? 0 : 1));
    CHECK(two.of("counter/a") == (first == 1 ? 0 : 1));
    CHECK(one.of("counter/c") == (first == 5 ? 0 : 1));
    for (const auto* name : {"clerk1", "clerk2"}) {
      auto who = *runtime.subscriber(name);
      const auto letters = who.dead_letters().value();
      REQUIRE(letters.size() == static_cast<std::size_t>(count));
      CHECK(letters.front().where == acta::position{0, static_cast<std::uint64_t>(first)});
      CHECK(letters.front().attempts == 0);
      CHECK(letters.back().reason.find("corrupt_commit") != std::string::npos);
      CHECK(letters.back().reason.find(where) != std::string::npos);
      const auto again = who.retry(letters.back().where);
      REQUIRE_FALSE(again);
      CHECK(again.error().code() == acta::persistence::errc::corrupt_commit);
      CHECK(again.error().where() == where);
      CHECK(who.dead_letters()->size() == letters.size());
      CHECK(who.status().state == acta::subscriber_state::running);
    }
    say(runtime, "new");
    CHECK(eventually([&] { return two.of("counter/new") == round + 1; }));
    REQUIRE(all_done(runtime));
  }
  {
    // Dropped is dropped.
    auto runtime = test::must_open(data, watched(one, two));
    REQUIRE(runtime.subscriber("clerk1")->drop({0, static_cast<std::uint64_t>(first)}));
    say(runtime, "new");
    REQUIRE(all_done(runtime));
  }
  // The journal is put back from a copy.
  test::change_record(data / "p000" / "journal", static_cast<std::uint64_t>(first),
                      [](std::string& bytes) { bytes.back() ^= 1; });
  auto runtime = test::must_open(data, watched(one, two));
  const auto letters_of = [&](std::string_view name) {
    return runtime.subscriber(name)->dead_letters()->size();
  };
  CHECK(letters_of("clerk1") == static_cast<std::size_t>(count - 1));
  CHECK(letters_of("clerk2") == static_cast<std::size_t>(count));
  CHECK(runtime.subscriber("clerk2")->retry_all());
  // What was its event is handled now, what was not goes.
  CHECK(eventually([&] { return letters_of("clerk2") == 0; }));
  CHECK(two.of("counter/a") == 1);
  CHECK(two.of("counter/b") == 0);
  CHECK(two.of("counter/c") == 1);
  CHECK(one.of("counter/new") == 3);
}

TEST_CASE("more damaged commits than a subscriber has room for are passed over, each kept") {
  test::temp_folder folder;
  const auto data = folder / "data";
  constexpr std::uint64_t each = 700;
  {
    auto runtime = test::must_open(data, counters());
    for (const auto* id : {"a", "b", "c"})
      REQUIRE(runtime.ask<counter>(id, test::add_many{1, each}).wait_for(20s));
    say(runtime, "d");
  }
  for (std::uint64_t i = 0; i < 3; ++i)
    test::damage_commit(data / "p000" / "journal", 1 + i * each);
  seen one, two;
  auto runtime = test::must_open(data, watched(one, two));
  REQUIRE(all_done(runtime));
  CHECK(one.of("counter/d") == 1);
  CHECK(runtime.subscriber("clerk1")->status().dead_letters == 3 * each);
}

TEST_CASE("what a subscriber did with a commit before it was damaged is not undone") {
  test::temp_folder folder;
  const auto data = folder / "data";
  seen one, two;
  {
    auto runtime = test::must_open(data, watched(one, two));
    for (const auto* id : {"a", "b"}) say(runtime, id);
    REQUIRE(all_done(runtime));
  }
  test::damage_commit(data / "p000" / "journal", 2);
  auto runtime = test::must_open(data, watched(one, two));
  say(runtime, "c");
  REQUIRE(all_done(runtime));
  CHECK(one.of("counter/b") == 1);
  CHECK(one.of("counter/c") == 1);
  CHECK(runtime.subscriber("clerk1")->status().dead_letters == 0);
}

} // namespace subscriber_damage_test
