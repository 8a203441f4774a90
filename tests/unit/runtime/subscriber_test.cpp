// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"
#include "eventually.hpp"
#include "full_disk.hpp"
#include "runtime.hpp"
#include "small_disk.hpp"
#include "temp_folder.hpp"

#include <acta/runtime/errc.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <vector>

namespace subscriber_test {

using namespace std::chrono_literals;
using namespace test;

namespace {

/// A door that holds up whoever comes until it is opened.
class gate {
public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    opened_.wait(lock, [this] { return open_; });
    --waiting_;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  int waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
  int waiting_ = 0;
};

struct attempt {
  std::string stream;
  std::string text;
  acta::version_number version = 0;
  acta::position where;
  acta::uuid key;
  unsigned number = 0;
  bool done = false;
};

/// What a subscriber was asked to do, and what it is to answer. Outlives the runtime.
class probe {
public:
  std::function<acta::result<void>(const noted&, const acta::effect_context&)> answer;

  acta::result<void> take(const noted& e, const acta::effect_context& c) {
    const auto now = ++handling_;
    for (auto most = most_.load(); most < now && !most_.compare_exchange_weak(most, now);) {}
    acta::result<void> done;
    struct leave {
      std::atomic<int>& handling;
      ~leave() { --handling; }
    } const leaving{handling_};
    attempt a{c.event.stream, e.text, c.event.version, c.event.position, c.key, c.attempt, false};
    try {
      if (answer) done = answer(e, c);
    } catch (...) {
      keep(a);
      throw;
    }
    a.done = done.has_value();
    keep(a);
    return done;
  }
  std::vector<attempt> attempts() const {
    const std::lock_guard lock(mutex_);
    return attempts_;
  }
  std::vector<std::string> done() const {
    std::vector<std::string> texts;
    for (const auto& a : attempts())
      if (a.done) texts.push_back(a.text);
    return texts;
  }
  std::size_t tried() const {
    const std::lock_guard lock(mutex_);
    return attempts_.size();
  }
  int most_at_once() const { return most_; }

private:
  void keep(const attempt& a) {
    const std::lock_guard lock(mutex_);
    attempts_.push_back(a);
  }
  mutable std::mutex mutex_;
  std::vector<attempt> attempts_;
  std::atomic<int> handling_{0}, most_{0};
};

struct watcher {
  static constexpr std::string_view name = "watcher";
  using events = acta::one_of<noted>;
  probe* to = nullptr;
  acta::result<void> handle(const noted& e, const acta::effect_context& c) const {
    return to->take(e, c);
  }
};

const acta::subscriber_options quick{.attempts = 3, .backoff_min = 1ms, .backoff_max = 2ms};

acta::model watched(probe& p, acta::subscriber_options options = quick) {
  acta::model m;
  m.aggregate<counter>().subscriber<watcher>(options, watcher{&p});
  return m;
}

void say(acta::runtime& runtime, std::string_view id, std::string text) {
  const auto receipt = runtime.ask<counter>(id, note{std::move(text)}).wait_for(20s);
  if (!receipt) FAIL(receipt.error());
}
acta::subscriber_status status(acta::runtime& runtime, std::string_view name = "watcher") {
  return runtime.subscriber(name)->status();
}
bool all_done(acta::runtime& runtime, std::string_view name = "watcher") {
  return eventually([&] { return status(runtime, name).behind == 0; });
}
acta::result<void> fail() { return acta::error(acta::errc::timeout, "nobody answers"); }
acta::result<void> refuse() { return acta::error(acta::errc::invalid_argument, "no such address"); }

} // namespace

TEST_CASE("a subscriber gets every event of its types, with what is known of it") {
  probe p;
  temp_folder folder;
  auto runtime = must_open(folder / "data", watched(p));
  say(runtime, "a", "one");
  REQUIRE(runtime.ask<counter>("a", add{1}).wait_for(20s));
  say(runtime, "b", "two");
  REQUIRE(all_done(runtime));
  const auto got = p.attempts();
  REQUIRE(got.size() == 2);
  for (const auto& a : got) {
    CHECK(a.number == 1);
    CHECK(a.stream == (a.text == "one" ? "counter/a" : "counter/b"));
    CHECK(a.where.number == (a.text == "one" ? 1 : 3));
    CHECK(a.version == 1);
  }
  CHECK(got[0].key != got[1].key);
  CHECK(status(runtime).delivered == 2);
  CHECK(status(runtime).state == acta::subscriber_state::running);
  CHECK(status(runtime).done == std::vector<acta::position>{{0, 3}});
  CHECK(runtime.subscribers().size() == 1);
  CHECK(runtime.subscriber("nobody").error().code() == acta::domain_errc::unknown_subscriber);
}

namespace {

struct mailer {
  static constexpr std::string_view name = "mailer";
  using events = acta::one_of<noted, added>;
  std::optional<acta::mail> handle(const noted& e) const {
    if (e.text == "nothing") return std::nullopt;
    return acta::mail{e.text, "Noted", "…"};
  }
  acta::webhook handle(const added& e) const {
    return {.url = "http://localhost/" + std::to_string(e.amount), .body = "{}"};
  }
};

acta::model mails() {
  acta::model m;
  m.aggregate<counter>().subscriber<mailer>(quick);
  return m;
}

} // namespace

TEST_CASE("mails and webhooks go out by the host's channels, under the key of their event") {
  temp_folder folder;
  std::mutex mutex;
  std::vector<acta::mail> sent;
  std::vector<acta::webhook> called;
  std::set<acta::uuid> keys;
  acta::runtime_options options;
  options.mail = [&](const acta::mail& m, const acta::effect_context& c) -> acta::result<void> {
    const std::lock_guard lock(mutex);
    sent.push_back(m);
    keys.insert(c.key);
    return {};
  };
  options.webhook = [&](const acta::webhook& w,
                        const acta::effect_context& c) -> acta::result<void> {
    const std::lock_guard lock(mutex);
    called.push_back(w);
    keys.insert(c.key);
    if (w.url.ends_with("/7") && c.attempt == 1) throw std::runtime_error("the line is dead");
    return {};
  };
  auto runtime = must_open(folder / "data", mails(), options);
  say(runtime, "a", "ada@example.org");
  say(runtime, "a", "nothing");
  REQUIRE(runtime.ask<counter>("a", add{7}).wait_for(20s));
  REQUIRE(all_done(runtime, "mailer"));
  CHECK(sent == std::vector{acta::mail{"ada@example.org", "Noted", "…"}});
  CHECK(called.size() == 2); // the channel threw: once more, under the same key
  CHECK(keys.size() == 2);
  CHECK(status(runtime, "mailer").dead_letters == 0);
}

TEST_CASE("a mail that no channel may be given is a dead letter, whatever the channel would do") {
  temp_folder folder;
  std::atomic<int> sent{0};
  acta::runtime_options options;
  options.mail = [&](const acta::mail&, const acta::effect_context&) -> acta::result<void> {
    ++sent;
    return {};
  };
  options.webhook = [](const acta::webhook&, const acta::effect_context&) -> acta::result<void> {
    return {};
  };
  auto runtime = must_open(folder / "data", mails(), options);
  say(runtime, "a", "ada@example.org\r\nBcc: eve@example.org");
  REQUIRE(all_done(runtime, "mailer"));
  CHECK(sent == 0);
  CHECK(status(runtime, "mailer").dead_letters == 1);
}

TEST_CASE("a subscriber without its channel is found at the start, not at the first event") {
  temp_folder folder;
  const auto none = try_open(folder / "data", mails());
  REQUIRE_FALSE(none);
  CHECK(none.error().code() == acta::domain_errc::bad_model);
  CHECK(none.error().detail() ==
        "subscriber 'mailer' answers 'noted' with a mail, but this host has "
        "no channel for it: runtime_options::mail is empty");
  CHECK_FALSE(std::filesystem::exists(folder / "data")); // no store was made for it
  acta::runtime_options options;
  options.mail = [](const acta::mail&, const acta::effect_context&) -> acta::result<void> {
    return {};
  };
  const auto half = try_open(folder / "data", mails(), options);
  REQUIRE_FALSE(half);
  CHECK(half.error().detail().find("'added' with a webhook") != std::string_view::npos);
  CHECK_FALSE(acta::runtime::in_memory(mails()));
}

TEST_CASE("events of one stream come one after another, however many are handled at once") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  probe p;
  std::mutex mutex;
  std::minstd_rand random(seed);
  std::map<std::string, int> inside;
  std::atomic<bool> overtaken{false};
  p.answer = [&](const noted&, const acta::effect_context& c) -> acta::result<void> {
    int spin = 0;
    bool fails = false;
    {
      const std::lock_guard lock(mutex);
      if (inside[c.event.stream]++ != 0) overtaken = true;
      spin = static_cast<int>(random() % 10); // on a crowded machine each may cost milliseconds
      fails = c.attempt < 3 && random() % 10 == 0;
    }
    while (spin-- > 0) std::this_thread::yield();
    const std::lock_guard lock(mutex);
    --inside[c.event.stream];
    return fails ? fail() : acta::result<void>();
  };
  temp_folder folder;
  auto runtime = must_open(folder / "data",
                           watched(p, {.concurrency = 4, .backoff_min = 1ms, .backoff_max = 3ms}));
  constexpr int streams = 13, events = 40;
  for (int i = 0; i < events; ++i)
    for (int s = 0; s < streams; ++s)
      REQUIRE(runtime.send<counter>(std::to_string(s), note{std::to_string(i)}));
  REQUIRE(eventually([&] { return runtime.figures().events == std::uint64_t{streams} * events; }));
  REQUIRE(all_done(runtime));
  CHECK_FALSE(overtaken);
  CHECK(p.most_at_once() <= 4);
  std::map<std::string, acta::version_number> last;
  for (const auto& a : p.attempts()) {
    CHECK((a.version == last[a.stream] + 1 || (a.version == last[a.stream] && a.number > 1)));
    last[a.stream] = a.version;
  }
  CHECK(p.done().size() == std::size_t{streams} * events);
  CHECK(status(runtime).dead_letters == 0);
}

TEST_CASE("no more are handled at once than the subscriber says, and that many are") {
  probe p;
  gate door;
  p.answer = [&](const noted&, const acta::effect_context&) -> acta::result<void> {
    door.pass();
    return {};
  };
  temp_folder folder;
  auto runtime = must_open(folder / "data", watched(p, {.concurrency = 3}));
  for (int s = 0; s < 10; ++s) say(runtime, std::to_string(s), "x");
  REQUIRE(eventually([&] { return door.waiting() == 3; }));
  CHECK(status(runtime).handling == 3);
  CHECK(eventually([&] { return status(runtime).waiting == 10; }));
  door.open();
  REQUIRE(all_done(runtime));
  CHECK(p.most_at_once() == 3);
}

TEST_CASE("a stream whose event fails waits for it, and the others do not") {
  probe p;
  std::atomic<bool> well{false};
  p.answer = [&](const noted& e, const acta::effect_context&) {
    return e.text == "bad" && !well ? fail() : acta::result<void>();
  };
  temp_folder folder;
  auto runtime = must_open(
      folder / "data", watched(p, {.attempts = 1'000'000, .backoff_min = 1ms, .backoff_max = 5ms}));
  say(runtime, "a", "bad");
  say(runtime, "a", "behind it");
  for (int i = 0; i < 20; ++i) say(runtime, "b", std::to_string(i));
  REQUIRE(eventually([&] { return p.done().size() == 20; }));
  REQUIRE(eventually([&] { return status(runtime).retrying == 1; }));
  const auto s = status(runtime);
  CHECK(s.done == std::vector<acta::position>{{0, 0}});
  REQUIRE(s.trouble);
  CHECK(s.trouble->code() == acta::errc::timeout);
  CHECK(s.trouble_at == acta::position{0, 1});
  CHECK(s.state == acta::subscriber_state::retrying);
  well = true;
  REQUIRE(all_done(runtime));
  const auto done = p.done();
  CHECK(done[20] == "bad");
  CHECK(done[21] == "behind it");
  std::set<acta::uuid> keys;
  unsigned number = 0;
  for (const auto& a : p.attempts())
    if (a.text == "bad") {
      keys.insert(a.key);
      CHECK(a.number == ++number);
    }
  CHECK(keys.size() == 1);
  CHECK_FALSE(status(runtime).trouble);
}

TEST_CASE("what is given up is a dead letter, and its stream goes on") {
  probe p;
  std::atomic<bool> well{false};
  p.answer = [&](const noted& e, const acta::effect_context&) -> acta::result<void> {
    if (e.text == "throws" && !well) throw std::runtime_error("poison");
    if (e.text == "refused" && !well) return refuse();
    return {};
  };
  temp_folder folder;
  auto runtime = must_open(folder / "data", watched(p));
  for (const auto* text : {"throws", "fine", "refused", "also fine"}) say(runtime, "a", text);
  REQUIRE(all_done(runtime));
  CHECK(p.done() == std::vector<std::string>{"fine", "also fine"});
  CHECK(p.tried() == 6); // three times, once, once, once
  auto handle = *runtime.subscriber("watcher");
  const auto letters = handle.dead_letters();
  REQUIRE(letters);
  REQUIRE(letters->size() == 2);
  CHECK((*letters)[0].where == acta::position{0, 1});
  CHECK((*letters)[0].attempts == 3);
  CHECK((*letters)[0].reason == "handle_threw: poison");
  CHECK((*letters)[0].at > acta::time_point{});
  CHECK((*letters)[1].attempts == 1); // trying again would have been of no use
  CHECK(handle.dead_letters(1)->size() == 1);
  CHECK(handle.dead_letters(10, {0, 2})->size() == 1);
  CHECK(runtime.figures().subscribers.dead_letters == 2);
  CHECK(runtime.figures().subscribers.failures == 4);

  SECTION("a letter that fails again stays, with one more attempt") {
    REQUIRE(handle.retry({0, 1}));
    REQUIRE(eventually([&] { return (*handle.dead_letters())[0].attempts == 4; }));
    CHECK(handle.status().dead_letters == 2);
    CHECK(p.attempts().back().number == 4);
  }
  SECTION("a letter that succeeds is gone") {
    well = true;
    REQUIRE(handle.retry({0, 1}));
    REQUIRE(eventually([&] { return handle.status().dead_letters == 1; }));
    CHECK(p.done().back() == "throws");
    CHECK(p.attempts().back().key == p.attempts().front().key);
    CHECK(handle.retry({0, 1}).error().code() == acta::errc::not_found);
  }
  SECTION("all of them are tried again in one go") {
    well = true;
    CHECK(handle.retry_all().value() == 2);
    REQUIRE(eventually([&] { return handle.status().dead_letters == 0; }));
    CHECK(p.done().size() == 4);
    CHECK(handle.retry_all().value() == 0);
  }
  SECTION("a letter can be dropped") {
    REQUIRE(handle.drop({0, 1}));
    CHECK(handle.status().dead_letters == 1);
    CHECK(handle.drop({0, 1}).error().code() == acta::errc::not_found);
    CHECK(handle.retry({0, 1}).error().code() == acta::errc::not_found);
    CHECK(handle.drop({7, 1}).error().code() == acta::errc::not_found);
  }
}

TEST_CASE("a dead letter that is being tried is not handed out a second time") {
  probe p;
  gate door;
  std::atomic<bool> first{true};
  p.answer = [&](const noted&, const acta::effect_context&) -> acta::result<void> {
    if (first.exchange(false)) return refuse();
    door.pass();
    return {};
  };
  temp_folder folder;
  auto runtime = must_open(folder / "data", watched(p));
  say(runtime, "a", "x");
  REQUIRE(all_done(runtime));
  auto handle = *runtime.subscriber("watcher");
  REQUIRE(eventually([&] { return handle.status().dead_letters == 1; }));
  REQUIRE(handle.retry({0, 1}));
  REQUIRE(eventually([&] { return door.waiting() == 1; }));
  CHECK(handle.retry({0, 1}).error().code() == acta::projection_errc::busy);
  door.open();
  REQUIRE(eventually([&] { return handle.status().dead_letters == 0; }));
  CHECK(p.tried() == 2);
}

TEST_CASE("more dead letters than are tried at once all have their turn") {
  probe p;
  std::atomic<bool> well{false};
  p.answer = [&](const noted&, const acta::effect_context&) {
    return well ? acta::result<void>() : refuse();
  };
  temp_folder folder;
  auto runtime = must_open(folder / "data", watched(p));
  constexpr int letters = 200;
  for (int i = 0; i < letters; ++i)
    REQUIRE(runtime.send<counter>(std::to_string(i % 7), note{std::to_string(i)}));
  REQUIRE(eventually([&] { return status(runtime).dead_letters == letters; }));
  well = true;
  auto handle = *runtime.subscriber("watcher");
  CHECK(handle.retry_all().value() == letters);
  REQUIRE(eventually([&] { return handle.status().dead_letters == 0; }));
  CHECK(p.done().size() == letters);
}

TEST_CASE("a receiver that asks for a pause is not asked again before, whatever the backoff says") {
  test::temp_folder folder;
  probe p;
  std::mutex mutex;
  std::vector<std::chrono::steady_clock::time_point> tried;
  p.answer = [&](const noted&, const acta::effect_context&) -> acta::result<void> {
    const std::lock_guard lock(mutex);
    tried.push_back(std::chrono::steady_clock::now());
    if (tried.size() > 1) return {};
    return acta::error(acta::errc::io, "busy").with_retry_after(300ms);
  };
  auto runtime = must_open(folder / "data", watched(p, quick));
  REQUIRE(runtime.ask<counter>("a", note{"x"}).wait_for(10s));
  REQUIRE(eventually([&] { return p.done().size() == 1; }));
  REQUIRE(tried.size() == 2);
  CHECK(tried[1] - tried[0] >= 300ms);
}

TEST_CASE("a receiver that asked for a pause is left alone over a restart too") {
  probe p;
  temp_folder folder;
  p.answer = [&](const noted& e, const acta::effect_context&) -> acta::result<void> {
    if (e.text != "x" || p.tried() > 1) return {};
    return acta::error(acta::errc::io, "busy").with_retry_after(30min);
  };
  {
    auto runtime = must_open(folder / "data", watched(p));
    say(runtime, "a", "x");
    REQUIRE(eventually([&] { return status(runtime).retrying == 1; }));
  }
  {
    auto runtime = must_open(folder / "data", watched(p));
    say(runtime, "b", "y");
    REQUIRE(eventually([&] { return p.done().size() == 1; })); // behind it in the journal
    CHECK(status(runtime).retrying == 1);
    CHECK(p.tried() == 2);
  }
  acta::runtime_options later;
  later.clock = [] { return acta::system_now() + std::chrono::hours{1}; };
  auto runtime = must_open(folder / "data", watched(p), later);
  REQUIRE(all_done(runtime));
  CHECK(p.done() == std::vector<std::string>{"y", "x"});
  CHECK(p.attempts().back().number == 2);
}

TEST_CASE("a pause holds over a restart, and nothing is lost by it") {
  probe p;
  temp_folder folder;
  {
    auto runtime = must_open(folder / "data", watched(p));
    say(runtime, "a", "before");
    REQUIRE(all_done(runtime));
    REQUIRE(runtime.subscriber("watcher")->pause());
    say(runtime, "a", "while");
    CHECK(status(runtime).state == acta::subscriber_state::paused);
    CHECK(runtime.figures().subscribers.paused == 1);
  }
  auto runtime = must_open(folder / "data", watched(p));
  CHECK(status(runtime).state == acta::subscriber_state::paused);
  say(runtime, "a", "still");
  CHECK(status(runtime).behind == 2);
  CHECK(p.tried() == 1);
  REQUIRE(runtime.subscriber("watcher")->resume());
  REQUIRE(all_done(runtime));
  CHECK(p.done() == std::vector<std::string>{"before", "while", "still"});
}

TEST_CASE("a restart goes on with what is not done, and does not repeat what is") {
  probe p;
  std::atomic<bool> well{false};
  p.answer = [&](const noted& e, const acta::effect_context&) {
    return e.text == "bad" && !well ? fail() : acta::result<void>();
  };
  const acta::subscriber_options patient{
      .attempts = 1'000'000, .backoff_min = 1ms, .backoff_max = 5ms};
  temp_folder folder;
  {
    auto runtime = must_open(folder / "data", watched(p, patient));
    say(runtime, "a", "bad");
    say(runtime, "a", "behind it");
    for (int i = 0; i < 50; ++i) say(runtime, "b" + std::to_string(i % 5), std::to_string(i));
    REQUIRE(eventually([&] { return p.done().size() == 50 && p.tried() > 52; }));
  }
  const auto before = p.attempts();
  well = true;
  auto runtime = must_open(folder / "data", watched(p, patient));
  REQUIRE(all_done(runtime));
  const auto after = p.attempts();
  REQUIRE(after.size() == before.size() + 2);
  CHECK(after[before.size()].text == "bad");
  CHECK(after[before.size()].number == before.size() - 50 + 1); // attempts are remembered, too
  const auto first = std::ranges::find(before, "bad", [](const auto& a) { return a.text; });
  REQUIRE(first != before.end());
  CHECK(after[before.size()].key == first->key);
  CHECK(after.back().text == "behind it");
  CHECK(status(runtime).done == std::vector<acta::position>{{0, 52}});
}

TEST_CASE("dead letters outlive a restart") {
  probe p;
  std::atomic<bool> well{false};
  p.answer = [&](const noted&, const acta::effect_context&) {
    return well ? acta::result<void>() : refuse();
  };
  temp_folder folder;
  {
    auto runtime = must_open(folder / "data", watched(p));
    say(runtime, "a", "x");
    REQUIRE(all_done(runtime));
  }
  well = true;
  auto runtime = must_open(folder / "data", watched(p));
  CHECK(status(runtime).dead_letters == 1);
  CHECK(p.tried() == 1);
  REQUIRE(runtime.subscriber("watcher")->retry({0, 1}));
  REQUIRE(eventually([&] { return status(runtime).dead_letters == 0; }));
}

TEST_CASE("a subscriber that is new to a store leaves the past alone, unless it asks for it") {
  probe p;
  temp_folder folder;
  {
    acta::model without;
    without.aggregate<counter>();
    auto runtime = must_open(folder / "data", std::move(without));
    say(runtime, "a", "old");
  }
  SECTION("now") {
    {
      auto runtime = must_open(folder / "data", watched(p));
      CHECK(status(runtime).behind == 0);
      // Nobody has happened to it yet; where it began is known all the same.
    }
    {
      acta::model without;
      without.aggregate<counter>();
      auto runtime = must_open(folder / "data", std::move(without));
      say(runtime, "a", "while it was away");
    }
    auto runtime = must_open(folder / "data", watched(p));
    say(runtime, "a", "new");
    REQUIRE(all_done(runtime));
    CHECK(p.done() == std::vector<std::string>{"while it was away", "new"});
  }
  SECTION("beginning") {
    auto all = quick;
    all.start = acta::start_at::beginning;
    auto runtime = must_open(folder / "data", watched(p, all));
    say(runtime, "a", "new");
    REQUIRE(all_done(runtime));
    CHECK(p.done() == std::vector<std::string>{"old", "new"});
  }
}

TEST_CASE("a subscriber that has lost its folder begins anew, and is told about by name") {
  probe p;
  temp_folder folder;
  acta::runtime_options options;
  std::atomic<int> told{0};
  options.log = [&](acta::log_level level, std::string_view line) {
    if (level == acta::log_level::error &&
        line.find("subscribers/watcher/data.mdb") != std::string_view::npos)
      ++told;
  };
  for (int life = 0; life < 2; ++life) {
    auto runtime = must_open(folder / "data", watched(p), options);
    say(runtime, "a", "one");
    REQUIRE(all_done(runtime));
  }
  CHECK(told == 0);
  const auto record = folder / "data" / "subscribers" / "watcher";
  SECTION("gone") { std::filesystem::remove_all(record); }
  SECTION("empty") { std::filesystem::resize_file(record / "data.mdb", 0); }
  auto runtime = must_open(folder / "data", watched(p), options);
  CHECK(told == 1);
  say(runtime, "a", "new");
  REQUIRE(all_done(runtime));
  CHECK(p.done() == std::vector<std::string>{"one", "one", "new"});
}

TEST_CASE("a stream that is held up does not let memory grow: reading stops, and goes on") {
  probe p;
  gate door;
  p.answer = [&](const noted& e, const acta::effect_context&) -> acta::result<void> {
    if (e.text == "first") door.pass();
    return {};
  };
  temp_folder folder;
  auto runtime = must_open(folder / "data", watched(p));
  say(runtime, "a", "first");
  REQUIRE(eventually([&] { return door.waiting() == 1; }));
  constexpr int more = 3'000; // beyond the window
  std::vector<acta::pending> asked;
  for (int i = 0; i < more; ++i) asked.push_back(runtime.ask<counter>("a", note{"x"}));
  for (auto& a : asked) REQUIRE(a.wait_for(60s));
  say(runtime, "b", "another stream");
  REQUIRE(eventually([&] { return status(runtime).waiting == 1'024; }));
  CHECK(status(runtime).behind == more + 2);
  CHECK(p.tried() == 0); // also the other stream waits now: that is the price
  door.open();
  REQUIRE(all_done(runtime));
  CHECK(p.done().size() == more + 2);
}

TEST_CASE("with several partitions each has its own order and its own place") {
  probe p;
  temp_folder folder;
  acta::runtime_options options;
  options.partitions = 2;
  {
    auto runtime = must_open(folder / "data", watched(p), options);
    for (int i = 0; i < 200; ++i) say(runtime, std::to_string(i % 8), std::to_string(i));
    REQUIRE(all_done(runtime));
    std::uint64_t sum = 0;
    REQUIRE(status(runtime).done.size() == 2);
    for (const auto& at : status(runtime).done) {
      CHECK(at.number > 0);
      sum += at.number;
    }
    CHECK(sum == 200);
  }
  std::map<std::string, acta::version_number> last;
  std::set<acta::uuid> keys;
  for (const auto& a : p.attempts()) {
    CHECK(a.version == ++last[a.stream]);
    keys.insert(a.key);
  }
  CHECK(keys.size() == 200);
  auto runtime = must_open(folder / "data", watched(p), options);
  CHECK(status(runtime).behind == 0);
  CHECK(p.tried() == 200);
}

TEST_CASE("stop waits for what is under way, and what is done is noted") {
  probe p;
  gate door;
  p.answer = [&](const noted& e, const acta::effect_context&) -> acta::result<void> {
    if (e.text == "slow") door.pass();
    return {};
  };
  temp_folder folder;
  {
    auto runtime = must_open(folder / "data", watched(p));
    say(runtime, "a", "slow");
    say(runtime, "a", "next");
    REQUIRE(eventually([&] { return door.waiting() == 1; }));
    std::thread opener;
    SECTION("in time") {
      // Of the same stream: what is still accepted comes after "next".
      opener = std::thread([&] {
        CHECK(eventually([&] { return !runtime.ask<counter>("a", note{"?"}).wait_for(20s); }));
        door.open();
      });
      CHECK(runtime.stop(20s));
    }
    SECTION("after the deadline, as long as the process lives") {
      CHECK_FALSE(runtime.stop(1ms));
      door.open();
    }
    if (opener.joinable()) opener.join();
  }
  CHECK(p.done() == std::vector<std::string>{"slow"});
  auto runtime = must_open(folder / "data", watched(p));
  REQUIRE(all_done(runtime));
  CHECK(p.done()[1] == "next"); // and not "slow" again
}

TEST_CASE("a subscriber in memory works without a disk") {
  probe p;
  auto runtime = acta::runtime::in_memory(watched(p));
  REQUIRE(runtime);
  say(*runtime, "a", "x");
  REQUIRE(all_done(*runtime));
  CHECK(p.done() == std::vector<std::string>{"x"});
}

TEST_CASE(
    "a subscriber that left the model is named, and goes on from where it was if it returns") {
  probe p;
  temp_folder folder;
  {
    auto runtime = must_open(folder / "data", watched(p));
    say(runtime, "a", "one");
    REQUIRE(all_done(runtime));
  }
  std::mutex mutex;
  std::string log;
  acta::runtime_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    const std::lock_guard lock(mutex);
    log.append(line).append("\n");
  };
  {
    acta::model without;
    without.aggregate<counter>();
    auto runtime = must_open(folder / "data", std::move(without), options);
    say(runtime, "a", "two");
  }
  CHECK(log.find("subscriber watcher: it is no longer in the model") != std::string::npos);
  auto runtime = must_open(folder / "data", watched(p));
  REQUIRE(all_done(runtime));
  CHECK(p.done() == std::vector<std::string>{"one", "two"});
}

namespace {

/// The same event under a later schema: a store that an older program has written.
struct new_noted {
  static constexpr std::string_view name = "noted";
  static constexpr unsigned schema = 2;
  std::string text;
  std::int32_t more = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text), CEREAL_NVP(more)); }
};
struct new_counter {
  static constexpr std::string_view name = "counter";
  using events = acta::one_of<new_noted>;
  using commands = acta::one_of<note>;
  acta::decision<events> decide(const note& c) const { return new_noted{c.text, 1}; }
  void evolve(const new_noted&) {}
  template <class A> void serialize(A&) {}
};
struct new_watcher {
  static constexpr std::string_view name = "watcher";
  using events = acta::one_of<new_noted>;
  std::atomic<int>* times = nullptr;
  void handle(const new_noted&) const { ++*times; }
};

} // namespace

TEST_CASE("a program that cannot read what waits for its subscriber is refused, and it waits on") {
  probe p;
  std::atomic<int> times{0};
  temp_folder folder;
  {
    auto runtime = must_open(folder / "data", watched(p));
    REQUIRE(runtime.subscriber("watcher")->pause());
    say(runtime, "a", "old");
  }
  acta::model m;
  m.aggregate<new_counter>().subscriber<new_watcher>(quick, new_watcher{&times});
  const auto refused = try_open(folder / "data", std::move(m));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::runtime_errc::contract_changed);
  CHECK(times == 0);
  auto runtime = must_open(folder / "data", watched(p));
  REQUIRE(runtime.subscriber("watcher")->resume());
  REQUIRE(all_done(runtime));
  CHECK(p.done() == std::vector<std::string>{"old"});
}

TEST_CASE("a disk that is full loses nothing: what could not be noted is done again, and named") {
  probe p;
  gate door;
  std::atomic<bool> held{true};
  p.answer = [&](const noted& e, const acta::effect_context&) -> acta::result<void> {
    if (held && e.text == "held") door.pass();
    return {};
  };
  temp_folder folder;
  acta::runtime_options small;
  small.projections.map_bytes = std::size_t{1} << 17;
  std::size_t said = 0;
  {
    auto runtime = must_open(folder / "data", watched(p), small);
    say(runtime, "held", "held");
    // All others are done beyond it, and each of them is a row.
    REQUIRE(eventually(
        [&] {
          REQUIRE(runtime.send<counter>(std::to_string(said), note{std::to_string(said)}));
          ++said;
          return said % 16 == 0 && status(runtime).trouble.has_value();
        },
        60s));
    CHECK(status(runtime).trouble->code() == acta::condition::unavailable);
    REQUIRE(runtime.ask<counter>("commands", note{"go on"}).wait_for(20s));
    ++said;
    held = false;
    door.open();
  }
  auto runtime = must_open(folder / "data", watched(p));
  REQUIRE(all_done(runtime));
  std::map<acta::uuid, acta::position> by_key;
  std::set<acta::position> positions;
  for (const auto& a : p.attempts()) {
    CHECK(by_key.emplace(a.key, a.where).first->second == a.where);
    positions.insert(a.where);
  }
  CHECK(positions.size() == said + 1);
}

TEST_CASE("dead letters of one stream are all tried again in its order") {
  probe p;
  gate door;
  std::atomic<bool> well{false};
  p.answer = [&](const noted&, const acta::effect_context&) -> acta::result<void> {
    if (!well) return refuse();
    door.pass();
    return {};
  };
  temp_folder folder;
  auto runtime = must_open(folder / "data", watched(p));
  std::vector<std::string> said;
  for (int i = 0; i < 100; ++i) { // more than are tried at once
    said.push_back(std::to_string(i));
    REQUIRE(runtime.send<counter>("a", note{said.back()}));
  }
  REQUIRE(eventually([&] { return status(runtime).dead_letters == said.size(); }));
  well = true;
  REQUIRE(runtime.subscriber("watcher")->retry_all());
  REQUIRE(eventually([&] { return door.waiting() == 1 && status(runtime).waiting == 64; }));
  door.open();
  REQUIRE(eventually([&] { return status(runtime).dead_letters == 0; }));
  CHECK(p.done() == said);
}

TEST_CASE("a dead letter whose success could not be noted yet is not handed out a second time") {
  probe p;
  std::atomic<bool> well{false};
  p.answer = [&](const noted&, const acta::effect_context&) {
    return well ? acta::result<void>() : refuse();
  };
  temp_folder folder;
  acta::runtime_options options;
  options.restart_backoff_max = 50ms;
  auto runtime = must_open(folder / "data", watched(p), options);
  say(runtime, "a", "x");
  REQUIRE(eventually([&] { return status(runtime).dead_letters == 1; }));
  well = true;
  auto handle = *runtime.subscriber("watcher");
  {
    const full_disk full;
    REQUIRE(handle.retry({0, 1}));
    REQUIRE(eventually([&] { return handle.status().trouble && handle.status().delivered == 1; }));
    CHECK(handle.status().dead_letters == 1);
    CHECK(handle.retry({0, 1}).error().code() == acta::projection_errc::busy);
    REQUIRE(handle.retry_all());
  }
  REQUIRE(eventually([&] { return handle.status().dead_letters == 0; }));
  CHECK(handle.retry({0, 1}).error().code() == acta::errc::not_found);
  REQUIRE(runtime.stop(20s));
  CHECK(p.tried() == 2);
}

TEST_CASE("what could not be noted at the stop is not passed by what is noted later") {
  probe p;
  gate bad, slow;
  p.answer = [&](const noted& e, const acta::effect_context&) -> acta::result<void> {
    (e.text == "bad" ? bad : slow).pass();
    return e.text == "bad" ? refuse() : acta::result<void>();
  };
  temp_folder folder;
  std::mutex mutex;
  std::string log;
  acta::runtime_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    const std::lock_guard lock(mutex);
    log.append(line).append("\n");
  };
  {
    auto runtime = must_open(folder / "data", watched(p), options);
    say(runtime, "a", "bad");
    say(runtime, "b", "slow");
    REQUIRE(eventually([&] { return bad.waiting() == 1 && slow.waiting() == 1; }));
    CHECK_FALSE(runtime.stop(1ms));
    {
      const full_disk full;
      bad.open();
      CHECK(eventually([&] {
        const std::lock_guard lock(mutex);
        return log.find("watcher: store_full") != std::string::npos;
      }));
    }
    slow.open();
  }
  auto runtime = must_open(folder / "data", watched(p));
  REQUIRE(all_done(runtime));
  CHECK(status(runtime).dead_letters == 1);
  CHECK(p.tried() == 2); // there was room again in time
}

TEST_CASE("a stop does not wait for the pause after the disk's trouble") {
  probe p;
  gate door;
  p.answer = [&](const noted&, const acta::effect_context&) -> acta::result<void> {
    door.pass();
    return {};
  };
  temp_folder folder;
  acta::runtime_options options;
  options.restart_backoff_min = options.restart_backoff_max = 10min;
  const bool is_well_again = GENERATE(true, false);
  {
    auto runtime = must_open(folder / "data", watched(p), options);
    say(runtime, "a", "x");
    REQUIRE(eventually([&] { return door.waiting() == 1; }));
    std::optional<full_disk> full(std::in_place);
    door.open();
    CHECK(eventually([&] { return status(runtime).trouble.has_value(); }));
    if (is_well_again) full.reset();
    CHECK(runtime.stop(20s));
  }
  auto runtime = must_open(folder / "data", watched(p));
  REQUIRE(all_done(runtime));
  CHECK(p.tried() == (is_well_again ? 1 : 2));
}

TEST_CASE(
    "a subscriber beside a journal that was put back waits, and says why, until it is resumed") {
  probe p;
  temp_folder folder;
  const auto data = folder / "data";
  acta::model without;
  without.aggregate<counter>();
  {
    auto runtime = must_open(data, watched(p));
    say(runtime, "a", "one");
    REQUIRE(all_done(runtime));
  }
  std::filesystem::copy(data / "p000", folder / "copy", std::filesystem::copy_options::recursive);
  {
    auto runtime = must_open(data, watched(p));
    for (const auto* text : {"two", "three", "four"}) say(runtime, "a", text);
    REQUIRE(all_done(runtime));
  }
  REQUIRE(p.tried() == 4);
  std::filesystem::remove_all(data / "p000");
  std::filesystem::rename(folder / "copy", data / "p000");
  const auto grown = GENERATE(0, 10);
  {
    auto runtime = must_open(data, without);
    for (int i = 0; i < grown; ++i) say(runtime, "a", "new");
  }
  {
    auto runtime = must_open(data, watched(p));
    say(runtime, "a", "last");
    const auto s = status(runtime);
    CHECK(s.state == acta::subscriber_state::paused);
    REQUIRE(s.trouble);
    CHECK(s.trouble->code() == acta::runtime_errc::other_history);
    CHECK(runtime.figures().subscribers.paused == 1);
    CHECK(p.tried() == 4);
  }
  auto runtime = must_open(data, watched(p)); // it waits still, and says why
  const auto s = status(runtime);
  CHECK(s.state == acta::subscriber_state::paused);
  REQUIRE(s.trouble);
  CHECK(s.trouble->code() == acta::runtime_errc::other_history);
  CHECK(p.tried() == 4);
  REQUIRE(runtime.subscriber("watcher")->resume());
  REQUIRE(all_done(runtime));
  CHECK(status(runtime).state == acta::subscriber_state::running);
  CHECK_FALSE(status(runtime).trouble);
  CHECK(p.done().back() == "last");
}

TEST_CASE("what was done beyond an event that is tried again hides no event of another history") {
  probe p;
  std::atomic<bool> fails{true};
  p.answer = [&](const noted& e, const acta::effect_context&) -> acta::result<void> {
    if (fails && e.text == "first") return acta::error(acta::errc::timeout, "nobody answers");
    return {};
  };
  const acta::subscriber_options patient{
      .attempts = 1'000'000, .backoff_min = 1ms, .backoff_max = 2ms};
  temp_folder folder;
  const auto data = folder / "data";
  acta::model without;
  without.aggregate<counter>();
  const auto say_all = [](acta::runtime& runtime, std::string_view what, int from, int to) {
    for (int i = from; i <= to; ++i)
      say(runtime, "c" + std::to_string(i), std::string(what) + std::to_string(i));
  };
  {
    auto runtime = must_open(data, watched(p, patient));
    say(runtime, "c1", "first");
    say_all(runtime, "old", 2, 4);
    REQUIRE(eventually([&] { return p.done().size() == 3; }));
  }
  std::filesystem::copy(data / "p000", folder / "copy", std::filesystem::copy_options::recursive);
  {
    auto runtime = must_open(data, watched(p, patient));
    say_all(runtime, "old", 5, 11);
    REQUIRE(eventually([&] { return p.done().size() == 10; }));
  }
  std::filesystem::remove_all(data / "p000");
  std::filesystem::rename(folder / "copy", data / "p000");
  {
    auto runtime = must_open(data, without);
    say_all(runtime, "new", 5, 13);
  }
  fails = false;
  auto runtime = must_open(data, watched(p, patient));
  const auto s = status(runtime);
  CHECK(s.state == acta::subscriber_state::paused);
  REQUIRE(s.trouble);
  CHECK(s.trouble->code() == acta::runtime_errc::other_history);
  CHECK(p.done().size() == 10);
  REQUIRE(runtime.subscriber("watcher")->resume());
  REQUIRE(all_done(runtime));
  std::multiset<std::string> done, expected{"first"};
  for (const auto& text : p.done()) done.insert(text);
  for (int i = 2; i <= 11; ++i) expected.insert("old" + std::to_string(i));
  for (int i = 5; i <= 13; ++i) expected.insert("new" + std::to_string(i));
  CHECK(done == expected);
}

TEST_CASE("a new subscriber on a full disk keeps nothing from opening, and starts when there is "
          "room") {
  const small_disk disk(std::size_t{16} << 20);
  if (disk.is_missing()) return;
  probe p;
  const auto data = disk.path() / "data";
  acta::model without;
  without.aggregate<counter>();
  {
    auto runtime = must_open(data, without);
    say(runtime, "a", "before");
  }
  disk.fill();
  {
    auto runtime = must_open(data, watched(p));
    CHECK(runtime.state<counter>("a"));
    auto subscriber = *runtime.subscriber("watcher");
    CHECK(subscriber.status().state == acta::subscriber_state::retrying);
    REQUIRE(subscriber.status().trouble);
    CHECK(subscriber.status().trouble->code() == acta::condition::unavailable);
    for (const auto& refused : {subscriber.pause(), subscriber.resume(), subscriber.retry({0, 1}),
                                subscriber.drop({0, 1})})
      CHECK(refused.error().code() == acta::condition::unavailable);
    CHECK_FALSE(subscriber.dead_letters());
    CHECK_FALSE(subscriber.retry_all());
  } // and it can be stopped
  auto runtime = must_open(data, watched(p));
  disk.make_room();
  say(runtime, "a", "after"); // it may be stored before the record is there
  REQUIRE(eventually([&] { return p.tried() == 1; }));
  REQUIRE(all_done(runtime));
  CHECK(p.done() == std::vector<std::string>{"after"});
  CHECK_FALSE(status(runtime).trouble);
  CHECK(runtime.settle(20s));
}

} // namespace subscriber_test
