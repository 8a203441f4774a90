// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "schedule_process.hpp"
#include "temp_folder.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <vector>

namespace schedule_test {

using namespace std::chrono_literals;
using namespace test;
using Catch::Matchers::Contains;

namespace {

/// An input for a process, and what its timer told it.
struct remind {
  std::int64_t ms = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(ms)); }
};
struct ring {
  template <class A> void serialize(A&) {}
};
struct reminder {
  static constexpr std::string_view name = "reminder";
  using inputs = acta::one_of<remind, ring, acta::rejected<note>>;
  std::int64_t reminded = 0;
  acta::reaction react(const remind& r) const {
    return acta::after(std::chrono::milliseconds{r.ms}, ring{});
  }
  acta::reaction react(const ring&, const acta::context& c) const {
    return acta::send<counter>(c.id(), note{c.attributes().at(std::string(acta::due_attribute))});
  }
  acta::reaction react(const acta::rejected<note>&) const { return {}; }
  void evolve(const remind&) { ++reminded; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(reminded)); }
};

acta::model counters() {
  acta::model m;
  m.aggregate<counter>().process<reminder>();
  return m;
}

struct thief : counter {
  static constexpr std::string_view name = "acta.schedule";
};

acta::time_point start_time() { return *acta::parse_rfc3339("2026-11-24T10:00:00Z"); }

/// A store under a clock that stands still until it is set.
class site {
public:
  site() { open(); }

  void open(acta::runtime_options options = {}) {
    options.clock = [this] { return now(); };
    runtime_.emplace(must_open(folder_ / "data", counters(), std::move(options)));
  }
  void close() { runtime_.reset(); }
  [[nodiscard]] std::filesystem::path folder() const { return folder_ / "data"; }

  [[nodiscard]] acta::time_point now() const {
    return acta::time_point(std::chrono::microseconds(us_.load()));
  }
  void set(acta::time_point t) { us_ = t.time_since_epoch().count(); }
  void pass(std::chrono::microseconds time) { us_ += time.count(); }

  acta::runtime* operator->() { return &*runtime_; }
  acta::runtime& operator*() { return *runtime_; }

  [[nodiscard]] std::int64_t total(std::string_view id) {
    const auto state = runtime_->state<counter>(id);
    return state ? state->total : 0;
  }
  [[nodiscard]] acta::schedule_status status(std::string_view id) {
    auto s = runtime_->find_schedule(id);
    if (!s) FAIL(s.error());
    return *s;
  }
  [[nodiscard]] bool fires(std::string_view id, std::uint64_t times) {
    return eventually([&] { return status(id).fired == times; });
  }
  /// What was due before now has been taken, and what that sent has been answered.
  void settle() {
    const auto id = "settle-" + std::to_string(++settled_);
    REQUIRE(runtime_->schedule<counter>("settle", add{1}, acta::at(now()), {.id = id}));
    REQUIRE(eventually([&] { return status(id).fired == 1; }));
    REQUIRE(runtime_->settle(20s));
    REQUIRE(total("settle") == settled_);
  }

private:
  temp_folder folder_;
  std::atomic<std::int64_t> us_{start_time().time_since_epoch().count()};
  std::optional<acta::runtime> runtime_;
  std::int64_t settled_ = 0;
};

bool mentions_schedules(const std::filesystem::path& store) {
  std::ifstream in(store / "contract.txt");
  return std::string(std::istreambuf_iterator<char>(in), {}).find("acta.schedule") !=
         std::string::npos;
}

acta::schedule_id must(const acta::result<acta::schedule_id>& id) {
  if (!id) FAIL(id.error());
  return *id;
}

} // namespace

TEST_CASE("a scheduled command is sent when its time has come and not a moment before") {
  site s;
  const auto due = s.now() + 1h;
  const auto id = must(s->schedule<counter>("c", add{5}, acta::at(due)));
  const auto later = must(s->schedule<counter>("d", add{7}, acta::after(90min)));
  CHECK(s.status(id).state == acta::schedule_state::waiting);
  CHECK(s.status(id).next_due == due);
  CHECK(s.status(later).next_due == s.now() + 90min);
  s.pass(1h - 1us);
  s.settle();
  CHECK(s.total("c") == 0);
  s.pass(1us);
  REQUIRE(eventually([&] { return s.total("c") == 5; }));
  s.pass(30min);
  REQUIRE(eventually([&] { return s.total("d") == 7; }));
  s.settle();
  const auto status = s.status(id);
  CHECK(status.state == acta::schedule_state::ended);
  CHECK(status.fired == 1);
  CHECK(status.last_due == due);
  CHECK_FALSE(status.next_due);
  CHECK(status.stream == "acta.schedule/" + id);
  CHECK(status.aggregate == "counter");
  CHECK(status.target == "c");
  CHECK(status.command == "add");
  CHECK(status.json == R"({"amount":5})");
  CHECK(acta::to_string(status.timing) == "at 2026-11-24T11:00:00.000000Z");
  CHECK(s.total("c") == 5);
  // Whoever takes the command can see when it should have been, and what caused it.
  const auto events = s->events<counter>("c");
  REQUIRE(events->size() == 1);
  const auto& known = events->front().metadata;
  CHECK(known.attributes.at("acta.due") == "2026-11-24T11:00:00.000000Z");
  CHECK(known.attributes.at("acta.process") == status.stream);
  CHECK(known.correlation_id);
  const auto why = s->why(known.position);
  REQUIRE(why);
  REQUIRE(why->chain.size() == 3); // the command, the timer, the request to schedule it
  CHECK(why->chain[1].because.kind == acta::cause_kind::timer);
  CHECK(why->chain[2].because.kind == acta::cause_kind::request);
}

TEST_CASE("the forms in docs/schedules.md do what it says") {
  site s;
  auto& runtime = *s;
  const auto midnight = *acta::parse_rfc3339("2026-11-25T00:00:00Z");
  // [schedule]
  auto once = runtime.schedule<counter>("ada", add{100}, acta::at(midnight));
  auto soon = runtime.schedule<counter>("ada", add{100}, acta::after(5min));
  auto hourly = runtime.schedule<counter>("ada", add{1}, acta::every(1h),
                                          {.id = "hourly-ada", .first = midnight});
  auto fees = runtime.schedule<counter>("ada", add{5}, acta::cron("0 3 * * 1-5", "Europe/Berlin"),
                                        {.id = "fees-ada", .misfire = acta::misfire::skip});
  auto named = runtime.schedule_json("counter", "ada", "add", R"({"amount":7})", acta::after(1h));
  if (!fees) std::cerr << fees.error() << '\n'; // `*fees` is "fees-ada", and it is on disk

  auto ended = runtime.cancel("fees-ada"); // false: there is none, or it has ended
  auto all = runtime.schedules(100);       // those that go on, in the order of their ids
  auto one = runtime.find_schedule(*once); // next due, fired, refused, the last refusal
  // [schedule end]
  for (const auto* id : {&once, &soon, &hourly, &fees, &named}) must(*id);
  CHECK(*ended);
  CHECK(one->next_due == midnight);
  REQUIRE(eventually([&] { return runtime.schedules(100)->size() == 4; }));
  CHECK(all);
  s.set(midnight);
  REQUIRE(eventually([&] { return s.total("ada") == 100 + 100 + 1 + 7; }));
}

TEST_CASE("a time in the past fires at once") {
  site s;
  must(s->schedule<counter>("c", add{5}, acta::at(s.now() - 24h)));
  REQUIRE(eventually([&] { return s.total("c") == 5; }));
}

TEST_CASE("a rhythm does not drift however late a firing is") {
  site s;
  const auto first = s.now() + 10s;
  const auto id =
      must(s->schedule<counter>("c", add{1}, acta::every(1min), {.id = "beat", .first = first}));
  CHECK(id == "beat");
  CHECK(s.status(id).next_due == first);
  s.pass(10s + 17s);
  REQUIRE(s.fires(id, 1));
  CHECK(s.status(id).next_due == first + 1min);
  s.set(first + 1min + 59s + 999ms);
  REQUIRE(s.fires(id, 2));
  CHECK(s.status(id).next_due == first + 2min);
  CHECK(s.status(id).last_due == first + 1min);
  s.set(first + 2min);
  REQUIRE(s.fires(id, 3));
  CHECK(s.status(id).next_due == first + 3min);
  s.settle();
  CHECK(s.total("c") == 3);
}

TEST_CASE("a rhythm whose first time is past goes on in step with it") {
  site s;
  must(
      s->schedule<counter>("c", add{1}, acta::every(1h), {.id = "beat", .first = s.now() - 90min}));
  CHECK(s.status("beat").next_due == s.now() + 30min);
  must(s->schedule<counter>("c", add{1}, acta::every(1h), {.id = "plain"}));
  CHECK(s.status("plain").next_due == s.now() + 1h);
}

TEST_CASE("a week of downtime is one late firing and not a flood") {
  site s;
  const auto first = s.now() + 1h;
  must(s->schedule<counter>("c", add{1}, acta::every(1h), {.id = "hourly"}));
  must(s->schedule<counter>("d", add{1}, acta::cron("*/5 * * * *"), {.id = "often"}));
  must(s->schedule<counter>("e", add{1}, acta::at(s.now() + 2h), {.id = "once"}));
  s.close();
  s.pass(7 * 24h + 10min);
  s.open();
  REQUIRE(s.fires("hourly", 1));
  REQUIRE(s.fires("often", 1));
  REQUIRE(s.fires("once", 1));
  s.settle();
  CHECK(s.total("c") == 1);
  CHECK(s.total("d") == 1);
  CHECK(s.total("e") == 1);
  CHECK(s.status("hourly").next_due == first + 7 * 24h);
  CHECK(s.status("hourly").last_due == first);
  CHECK(s.status("often").next_due == s.now() + 5min);
  s.pass(1h);
  REQUIRE(s.fires("hourly", 2));
}

TEST_CASE("a command that makes sense at its time only is passed over when that is missed") {
  site s;
  const acta::schedule_options skip{.misfire = acta::misfire::skip};
  auto o = skip;
  o.id = "once";
  must(s->schedule<counter>("c", add{1}, acta::at(s.now() + 1h), o));
  o.id = "in-time";
  must(s->schedule<counter>("d", add{1}, acta::at(s.now() + 1h + 30s), o));
  o.id = "patient";
  o.misfire_after = 2min;
  must(s->schedule<counter>("e", add{1}, acta::at(s.now() + 1h), o));
  o = skip;
  o.id = "daily";
  o.first = s.now() + 1h;
  must(s->schedule<counter>("f", add{1}, acta::every(24h), o));
  s.close();
  s.pass(1h + 61s);
  s.open();
  REQUIRE(s.fires("in-time", 1));
  REQUIRE(s.fires("patient", 1));
  REQUIRE(eventually([&] { return s.status("once").passed_over == 1; }));
  REQUIRE(eventually([&] { return s.status("daily").passed_over == 1; }));
  s.settle();
  CHECK(s.status("once").state == acta::schedule_state::ended);
  CHECK(s.status("once").fired == 0);
  CHECK(s.total("c") == 0);
  CHECK(s.total("f") == 0);
  CHECK(s.total("e") == 1);
  // The history says so.
  const auto history = s->events("acta.schedule", "once");
  REQUIRE(history);
  REQUIRE(history->size() == 2);
  const auto json = history->back().to_json();
  REQUIRE(json);
  CHECK_THAT(*json, Contains(R"("input":"due")") && Contains(R"("commands":[])"));
  s.set(start_time() + 25h);
  REQUIRE(s.fires("daily", 1));
  CHECK(s.status("daily").next_due == start_time() + 49h);
}

TEST_CASE("of many missed times one that is not too late still fires") {
  site s;
  must(s->schedule<counter>("c", add{1}, acta::every(10min),
                            {.id = "c", .misfire = acta::misfire::skip}));
  must(s->schedule<counter>("d", add{1}, acta::cron("*/10 * * * *"),
                            {.id = "d", .misfire = acta::misfire::skip}));
  s.close();
  s.pass(24h + 30s);
  s.open();
  REQUIRE(s.fires("c", 1));
  REQUIRE(s.fires("d", 1));
  for (const auto* id : {"c", "d"}) {
    CHECK(s.status(id).last_due == start_time() + 24h);
    CHECK(s.status(id).next_due == start_time() + 24h + 10min);
  }
  s.settle();
  CHECK(s.total("c") == 1);
  CHECK(s.total("d") == 1);
}

TEST_CASE("a clock set back fires nothing twice and nothing early") {
  site s;
  const auto first = s.now() + 1h;
  must(s->schedule<counter>("c", add{1}, acta::every(1h), {.id = "c"}));
  must(s->schedule<counter>("d", add{1}, acta::cron("0 * * * *"), {.id = "d"}));
  must(s->schedule<counter>("e", add{1}, acta::at(first), {.id = "e"}));
  s.set(first);
  for (const auto* id : {"c", "d", "e"}) REQUIRE(s.fires(id, 1));
  s.set(first - 59min);
  s.settle();
  s.set(first);
  s.settle();
  for (const auto* id : {"c", "d"}) CHECK(s.status(id).next_due == first + 1h);
  for (const auto* id : {"c", "d", "e"}) {
    CHECK(s.status(id).fired == 1);
    CHECK(s.total(id) == 1);
  }
  s.set(first + 1h);
  for (const auto* id : {"c", "d"}) REQUIRE(s.fires(id, 2));
}

TEST_CASE("a clock set forward fires once, and back again not until the next time") {
  site s;
  must(s->schedule<counter>("c", add{1}, acta::every(1min), {.id = "c"}));
  s.pass(1h);
  REQUIRE(s.fires("c", 1));
  CHECK(s.status("c").next_due == start_time() + 61min);
  s.pass(-59min);
  s.settle();
  CHECK(s.status("c").fired == 1);
  s.set(start_time() + 61min);
  REQUIRE(s.fires("c", 2));
}

TEST_CASE("a timer whose clock was set back before it was heard waits again") {
  using namespace acta::detail;
  const auto due = start_time();
  schedule_process p;
  p.order = {{"counter", "c", "add", "{}"}, acta::every(1h), {}, {}, {}, {}};
  p.state = acta::schedule_state::waiting;
  p.next_due = due;
  const auto reaction = p.react(schedule_due{due, "counter/c"}, acta::context("s", 1, due - 1us));
  REQUIRE(reaction.actions().size() == 1);
  const auto* timer = std::get_if<acta::timer_to_set>(&reaction.actions().front());
  REQUIRE(timer != nullptr);
  CHECK(std::get<acta::time_point>(timer->when) == due);
  acta::process_step step;
  step.timers.push_back({"due", "due", "", due});
  p.evolve(schedule_due{due, "counter/c"}, step);
  CHECK(p.fired == 0);
  CHECK(p.passed_over == 0);
  CHECK(p.next_due == due);
}

TEST_CASE("a rhythm follows the clock of its zone") {
  site s;
  s.set(*acta::parse_rfc3339("2026-03-28T12:00:00Z"));
  must(s->schedule<counter>("c", add{1}, acta::cron("30 2 * * *", "Europe/Berlin"), {.id = "c"}));
  const auto in_gap = *acta::parse_rfc3339("2026-03-29T01:00:00Z");
  CHECK(s.status("c").next_due == in_gap);
  CHECK(acta::to_string(s.status("c").timing) == "cron 30 2 * * * Europe/Berlin");
  s.set(in_gap);
  REQUIRE(s.fires("c", 1));
  CHECK(s.status("c").next_due == *acta::parse_rfc3339("2026-03-30T00:30:00Z"));
}

TEST_CASE("a schedule ends with its last time") {
  site s;
  must(s->schedule<counter>("c", add{1}, acta::every(1h),
                            {.id = "c", .until = s.now() + 2h + 30min}));
  must(s->schedule<counter>("d", add{1}, acta::cron("0 12 * * *"),
                            {.id = "d", .first = s.now() + 2h, .until = s.now() + 2h}));
  s.pass(1h);
  REQUIRE(s.fires("c", 1));
  s.pass(1h);
  REQUIRE(s.fires("c", 2));
  REQUIRE(s.fires("d", 1));
  CHECK(s.status("c").state == acta::schedule_state::ended);
  CHECK(s.status("d").state == acta::schedule_state::ended);
  s.pass(100h);
  s.settle();
  CHECK(s.total("c") == 2);
  CHECK(s.total("d") == 1);
  CHECK(eventually([&] { return s->figures().processes.timers == 0; }));
}

TEST_CASE("what is cancelled is not sent") {
  site s;
  must(s->schedule<counter>("c", add{1}, acta::at(s.now() + 1h), {.id = "c"}));
  must(s->schedule<counter>("d", add{1}, acta::every(1h), {.id = "d"}));
  must(s->schedule<counter>("e", add{1}, acta::at(s.now() + 1h), {.id = "e"}));
  CHECK(s->cancel("c").value() == true);
  CHECK(s->cancel("c").value() == false);
  CHECK(s->cancel("nobody").value() == false);
  CHECK(s->events("acta.schedule", "nobody")->empty());
  CHECK_FALSE(s->cancel(""));
  s.pass(1h);
  REQUIRE(s.fires("d", 1));
  REQUIRE(s.fires("e", 1));
  CHECK(s->cancel("d").value() == true);
  CHECK(s->cancel("e").value() == false); // it has ended
  s.pass(24h);
  s.settle();
  CHECK(s.total("c") == 0);
  CHECK(s.total("d") == 1);
  CHECK(s.status("c").state == acta::schedule_state::cancelled);
  CHECK_FALSE(s.status("d").next_due);
  CHECK(s.status("e").state == acta::schedule_state::ended);
  s.close();
  s.open();
  s.pass(24h);
  s.settle();
  CHECK(s.total("c") == 0);
  CHECK(s.total("d") == 1);
  CHECK(s->figures().processes.timers == 0);
}

TEST_CASE("a command is either cancelled or sent, however close the race") {
  site s;
  constexpr int count = 40;
  for (int i = 0; i < count; ++i)
    must(s->schedule<counter>(std::to_string(i), add{1}, acta::at(s.now() + 1h),
                              {.id = std::to_string(i)}));
  std::vector<int> cancelled(count, 0);
  std::thread by_hand([&] {
    for (int i = 0; i < count; ++i) {
      const auto done = s->cancel(std::to_string(i));
      cancelled[static_cast<std::size_t>(i)] = !done ? -1 : *done ? 1 : 0;
      if (i == count / 4) s.pass(1h);
    }
  });
  by_hand.join();
  s.settle();
  for (int i = 0; i < count; ++i) {
    INFO("schedule " << i);
    const auto c = cancelled[static_cast<std::size_t>(i)];
    REQUIRE(c >= 0);
    REQUIRE(eventually(
        [&] { return s.status(std::to_string(i)).state != acta::schedule_state::waiting; }));
    REQUIRE(eventually([&] { return s.total(std::to_string(i)) == 1 - c; }));
  }
}

TEST_CASE("scheduling the same again has one effect") {
  site s;
  std::vector<std::thread> all;
  std::atomic<int> stored{0};
  for (int i = 0; i < 4; ++i)
    all.emplace_back([&] {
      const auto id = s->schedule<counter>("c", add{1}, acta::after(1h), {.id = "fees"});
      if (id && *id == "fees") ++stored;
    });
  for (auto& t : all) t.join();
  CHECK(stored == 4);
  CHECK(s->events("acta.schedule", "fees")->size() == 1);
  s.pass(1h);
  REQUIRE(s.fires("fees", 1));
  // A retry that comes when it has been done is still a retry.
  must(s->schedule<counter>("c", add{1}, acta::after(1h), {.id = "fees"}));
  s.pass(2h);
  s.settle();
  CHECK(s.total("c") == 1);
}

TEST_CASE("a rhythm that is scheduled again after its end is the same, and has had its effect") {
  site s;
  const acta::schedule_options options{.id = "c", .until = s.now() + 90min};
  must(s->schedule<counter>("c", add{1}, acta::every(1h), options));
  s.pass(1h);
  REQUIRE(s.fires("c", 1));
  s.pass(1h);
  must(s->schedule<counter>("c", add{1}, acta::every(1h), options));
  const auto other = s->schedule<counter>("c", add{2}, acta::every(1h), options);
  REQUIRE_FALSE(other);
  CHECK_THAT(other.error().to_string(), Contains("never be due"));
  s.settle();
  CHECK(s.total("c") == 1);
}

TEST_CASE("an id that stands for something else is not taken over") {
  site s;
  must(s->schedule<counter>("c", add{1}, acta::every(1h), {.id = "c"}));
  const auto code = [&](auto&& again) {
    REQUIRE_FALSE(again);
    CHECK(again.error().code() == acta::condition::conflict);
    return again.error().code();
  };
  using acta::runtime_errc;
  CHECK(code(s->schedule<counter>("c", add{2}, acta::every(1h), {.id = "c"})) ==
        runtime_errc::schedule_exists);
  CHECK(code(s->schedule<counter>("d", add{1}, acta::every(1h), {.id = "c"})) ==
        runtime_errc::schedule_exists);
  CHECK(code(s->schedule<counter>("c", add{1}, acta::every(2h), {.id = "c"})) ==
        runtime_errc::schedule_exists);
  CHECK(code(s->schedule<counter>("c", add{1}, acta::every(1h),
                                  {.id = "c", .misfire = acta::misfire::skip})) ==
        runtime_errc::schedule_exists);
  CHECK(s.status("c").json == R"({"amount":1})");
  // A late repetition of the request does not bring back what was cancelled; a new one does.
  REQUIRE(s->cancel("c").value());
  CHECK(code(s->schedule<counter>("c", add{1}, acta::every(1h), {.id = "c"})) ==
        runtime_errc::schedule_exists);
  must(s->schedule<counter>("c", add{2}, acta::every(1h), {.id = "c"}));
  s.pass(1h);
  REQUIRE(s.fires("c", 1));
  REQUIRE(eventually([&] { return s.total("c") == 2; }));
}

TEST_CASE("the domain's no is kept, and does not end a rhythm") {
  site s;
  std::atomic<int> logged{0};
  s.close();
  acta::runtime_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    if (line.find("acta.schedule/c") != std::string_view::npos &&
        line.find("below_zero") != std::string_view::npos)
      ++logged;
  };
  s.open(options);
  must(s->schedule<counter>("c", add{-1}, acta::every(1h), {.id = "c"}));
  must(s->schedule<counter>("c", add{-2}, acta::after(1h), {.id = "once"}));
  s.pass(1h);
  REQUIRE(eventually([&] { return s.status("c").refused == 1 && s.status("once").refused == 1; }));
  const auto status = s.status("c");
  REQUIRE(status.last_refusal);
  CHECK(status.last_refusal->code == "below_zero");
  CHECK(status.last_refusal->message == "total is 0");
  CHECK(status.state == acta::schedule_state::waiting);
  CHECK(s.status("once").state == acta::schedule_state::ended);
  CHECK(eventually([&] { return s->figures().processes.schedules_refused == 2 && logged == 1; }));
  REQUIRE(s->ask<counter>("c", add{10}).wait_for(20s));
  s.pass(1h);
  REQUIRE(eventually([&] { return s.total("c") == 9; }));
  CHECK(s.status("c").refused == 1);
  CHECK(s->schedules(10)->size() == 1); // the no did not take it out of the list
}

TEST_CASE("what could never be sent is refused when it is scheduled") {
  site s;
  const auto why = [&](std::string_view aggregate, std::string_view id, std::string_view command,
                       std::string_view json) {
    const auto r = s->schedule_json(aggregate, id, command, json, acta::after(1h));
    REQUIRE_FALSE(r);
    CHECK(r.error().code() == acta::condition::invalid);
    return r.error();
  };
  using acta::domain_errc;
  CHECK(why("nothing", "x", "add", "{}").code() == domain_errc::unknown_aggregate);
  CHECK(why("counter", "x", "nothing", "{}").code() == domain_errc::unknown_command);
  const auto pointer = why("counter", "x", "add", R"({"amount":"much"})");
  CHECK(pointer.code() == acta::codec_errc::json_invalid);
  CHECK(pointer.where() == "/amount");
  CHECK(why("counter", "x", "add", R"({"amount":1,"more":2})").where() == "/more");
  CHECK(why("counter", "", "add", R"({"amount":1})").code() == acta::errc::invalid_argument);
  CHECK(why("counter", "x", "note",
            R"({"text":")" + std::string(acta::schedule_json_bytes_max, 'a') + "\"}")
            .code() == acta::errc::invalid_argument);
  CHECK(why("reminder", "x", "rejected.note", "{}").code() == domain_errc::unknown_command);
  CHECK(why("acta.schedule", "x", "stop", "{}").code() == domain_errc::unknown_command);
  CHECK_FALSE(mentions_schedules(s.folder())); // nothing has been written for them
}

TEST_CASE("a timing that makes no sense is refused with what is wrong") {
  site s;
  const auto why = [&](const acta::timing& when, const acta::schedule_options& o = {}) {
    const auto r = s->schedule<counter>("c", add{1}, when, o);
    REQUIRE_FALSE(r);
    CHECK(r.error().code() == acta::errc::invalid_argument);
    return r.error().to_string();
  };
  CHECK_THAT(why(acta::cron("0 25 * * *")), Contains("hour is 0 to 23") && Contains("column 3"));
  CHECK_THAT(why(acta::cron("0 0 30 2 *")), Contains("never fires"));
  CHECK_THAT(why(acta::cron("@daily", "Mars/Olympus")), Contains("Mars/Olympus"));
  CHECK_THAT(why(acta::every(999ms)), Contains("shorter than 1s"));
  CHECK_THAT(why(acta::every(std::chrono::microseconds::max())), Contains("9999"));
  CHECK_THAT(why(acta::after(-1s)), Contains("negative"));
  CHECK_THAT(why(acta::after(std::chrono::microseconds::max())), Contains("9999"));
  CHECK_THAT(why(acta::at(acta::time_point::max())), Contains("9999"));
  CHECK_THAT(why(acta::at(s.now()), {.until = s.now()}), Contains("fires once"));
  CHECK_THAT(why(acta::every(1h), {.first = s.now() + 2h, .until = s.now() + 1h}),
             Contains("never be due"));
  CHECK_THAT(why(acta::cron("@daily"), {.until = s.now() + 1h}), Contains("never be due"));
  CHECK_THAT(why(acta::every(1h), {.first = acta::time_point::min()}), Contains("9999"));
  CHECK_THAT(why(acta::every(std::chrono::microseconds::max()), {.first = s.now() - 24h}),
             Contains("9999"));
  CHECK_THAT(why(acta::every(1h), {.misfire_after = -1ms}), Contains("negative"));
  CHECK_THAT(why(acta::every(1h), {.misfire_after = std::chrono::milliseconds::max()}),
             Contains("century"));
  CHECK_THAT(why(acta::every(1h), {.id = std::string(257, 'x')}), Contains("256"));
}

TEST_CASE("nobody else speaks to a schedule, or takes its name") {
  site s;
  must(s->schedule<counter>("c", add{1}, acta::after(1h), {.id = "c"}));
  const auto said = s->ask_json("acta.schedule", "c", "stop", "{}").wait_for(20s);
  REQUIRE_FALSE(said);
  CHECK(said.error().code() == acta::domain_errc::unknown_command);
  acta::model m;
  m.aggregate<thief>();
  const auto ok = m.check();
  REQUIRE_FALSE(ok);
  CHECK_THAT(std::string(ok.error().detail()), Contains("acta.schedule"));
}

TEST_CASE("a process can be spoken to later, and sees when its timer was due") {
  site s;
  must(s->schedule<reminder>("r", remind{500}, acta::after(1h)));
  s.pass(1h);
  REQUIRE(eventually([&] {
    const auto state = s->state<reminder>("r");
    return state && state->reminded == 1;
  }));
  REQUIRE(eventually([&] { return s->figures().processes.timers == 1; }));
  s.pass(3h);
  REQUIRE(eventually([&] { return s->events<counter>("r")->size() == 1; }));
  const auto notes = s->events<counter>("r");
  const auto json = notes->front().to_json();
  CHECK_THAT(*json, Contains("2026-11-24T11:00:00.500000Z"));
}

TEST_CASE("schedules are listed in pages until they end") {
  site s;
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i)
    expected.insert(must(s->schedule<counter>(std::to_string(i), add{1},
                                              i % 5 == 0 ? acta::at(s.now() + 1h) : acta::every(1h),
                                              {.id = "s" + std::to_string(i)})));
  const auto all = [&](std::size_t page) {
    std::vector<std::string> ids;
    for (std::string after;; after = ids.back()) {
      const auto some = s->schedules(page, after);
      if (!some) FAIL(some.error());
      for (const auto& status : *some) ids.push_back(status.id);
      if (some->size() < page) return ids;
    }
  };
  REQUIRE(eventually([&] { return all(100).size() == 25; }));
  CHECK(all(7) == std::vector<std::string>(expected.begin(), expected.end()));
  CHECK(all(5) == std::vector<std::string>(expected.begin(), expected.end()));
  CHECK(s->schedules(0)->empty());
  REQUIRE(s->cancel("s7").value());
  s.pass(1h);
  REQUIRE(eventually([&] { return all(100).size() == 19; }));
  s.settle();
  s.close();
  s.open();
  CHECK(all(100).size() == 19);
}

TEST_CASE("a target that does not answer gets no queue of commands, and one for what was missed") {
  site s;
  s.close();
  acta::runtime_options options;
  options.replay_attempts = 1;
  options.restart_backoff_min = 1ms;
  options.restart_backoff_max = 5ms;
  s.open(options);
  REQUIRE(s->ask<counter>("c", plant_bomb{}).wait_for(20s));
  s.close();
  bomb_planted::armed = true;
  s.open(options);
  must(s->schedule<counter>("c", add{1}, acta::every(1h), {.id = "c"}));
  must(s->schedule<counter>("c", add{10}, acta::every(1h),
                            {.id = "strict", .misfire = acta::misfire::skip}));
  s.pass(1h);
  REQUIRE(eventually([&] { return s->figures().processes.stuck == 1; }));
  const auto fired = s.status("c").fired + s.status("strict").fired;
  CHECK(fired >= 1);
  for (int i = 0; i < 5; ++i) {
    s.pass(1h);
    s.settle();
  }
  CHECK(s.status("c").fired + s.status("strict").fired == fired);
  CHECK(s->figures().processes.waiting == fired);
  s.pass(30min);
  bomb_planted::armed = false;
  REQUIRE(s->release("counter", "c"));
  REQUIRE(eventually([&] { return s.status("c").fired == 2; }));
  REQUIRE(eventually([&] { return s.status("strict").passed_over == 1; }));
  s.settle();
  CHECK(s.status("strict").fired == fired - 1);
  CHECK(s.total("c") == 2 + 10 * static_cast<std::int64_t>(fired - 1));
  s.pass(30min);
  REQUIRE(s.fires("c", 3));
}

TEST_CASE("each command is sent once though the store is closed again and again while it is due") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  site s;
  std::int64_t expected = 0;
  for (int i = 0; i < 60; ++i) {
    must(s->schedule<counter>(std::to_string(i % 6), add{1},
                              acta::after(std::chrono::milliseconds{random() % 6'000})));
    ++expected;
  }
  for (int round = 0; round < 6; ++round) {
    s.close();
    s.pass(1s);
    s.open();
  }
  const auto sum = [&] {
    std::int64_t all = 0;
    for (int i = 0; i < 6; ++i) all += s.total(std::to_string(i));
    return all;
  };
  REQUIRE(eventually([&] { return sum() == expected; }));
  s.settle();
  CHECK(sum() == expected);
  CHECK(s->figures().processes.timers == 0);
}

namespace {

acta::model only_counters() {
  acta::model m;
  m.aggregate<counter>();
  return m;
}

} // namespace

TEST_CASE("a store without processes and schedules does not pay for them") {
  temp_folder folder;
  const auto store = folder / "data";
  {
    auto runtime = must_open(store, only_counters());
    for (int i = 0; i < 10; ++i) REQUIRE(runtime.ask<counter>("c", add{1}).wait_for(20s));
    CHECK(runtime.schedules()->empty());
    CHECK(runtime.cancel("x").value() == false);
  }
  CHECK_FALSE(std::filesystem::exists(store / "processes"));
  CHECK_FALSE(mentions_schedules(store));
  // The first one changes that, and the next run knows.
  std::atomic<std::int64_t> us{start_time().time_since_epoch().count()};
  acta::runtime_options options;
  options.clock = [&] { return acta::time_point(std::chrono::microseconds(us.load())); };
  {
    auto runtime = must_open(store, only_counters(), options);
    must(runtime.schedule<counter>("c", add{5}, acta::after(1h), {.id = "c"}));
    CHECK(mentions_schedules(store));
  }
  us += std::chrono::microseconds(2h).count();
  auto runtime = must_open(store, only_counters(), options);
  REQUIRE(eventually([&] { return runtime.state<counter>("c")->total == 15; }));
}

TEST_CASE("schedules are found again in the journal when the list of what is to do is lost") {
  temp_folder folder;
  const auto store = folder / "data";
  std::atomic<std::int64_t> us{start_time().time_since_epoch().count()};
  acta::runtime_options options;
  options.clock = [&] { return acta::time_point(std::chrono::microseconds(us.load())); };
  {
    auto runtime = must_open(store, only_counters(), options);
    must(runtime.schedule<counter>("c", add{5}, acta::after(1h), {.id = "c"}));
    REQUIRE(eventually([&] { return runtime.figures().processes.timers == 1; }));
  }
  std::filesystem::remove_all(store / "processes");
  us += std::chrono::microseconds(2h).count();
  auto runtime = must_open(store, only_counters(), options);
  REQUIRE(eventually([&] {
    const auto state = runtime.state<counter>("c");
    return state && state->total == 5;
  }));
}

TEST_CASE("a runtime in memory has schedules, and one that stops takes none") {
  auto opened = acta::runtime::in_memory(only_counters());
  REQUIRE(opened);
  auto& runtime = *opened;
  must(runtime.schedule<counter>("c", add{5}, acta::after(0s)));
  REQUIRE(eventually([&] {
    const auto state = runtime.state<counter>("c");
    return state && state->total == 5;
  }));
  runtime.stop();
  const auto late = runtime.schedule<counter>("c", add{5}, acta::after(0s));
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == acta::runtime_errc::stopped);
}

} // namespace schedule_test
