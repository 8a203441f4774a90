// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

/// An account over four releases. What a release no longer writes stays as it was, under the names
/// of the first.
namespace upcast_test {

using namespace std::chrono_literals;
using test::must_open;

namespace {

struct empty {
  template <class A> void serialize(A&) {}
};

struct pay_in {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct move_money {
  std::int64_t out = 0;
  std::int64_t in = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(out), CEREAL_NVP(in)); }
};
struct give : empty {
  static constexpr std::string_view name = "give";
};

namespace first {

struct deposited {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct moved {
  std::int64_t out = 0;
  std::int64_t in = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(out), CEREAL_NVP(in)); }
};
struct gift_given : empty {
  static constexpr std::string_view name = "gift_given";
};

struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<deposited, moved, gift_given>;
  using commands = acta::one_of<pay_in, move_money, give>;
  using decision = acta::decision<events>;
  std::int64_t cents = 0;
  decision decide(const pay_in& c) const { return deposited{c.cents}; }
  decision decide(const move_money& c) const { return moved{c.out, c.in}; }
  decision decide(const give&) const { return gift_given{}; }
  void evolve(const deposited& e) { cents += e.cents; }
  void evolve(const moved& e) { cents += e.in - e.out; }
  void evolve(const gift_given&) { cents += 1; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

} // namespace first

namespace second {

struct deposited {
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  std::string currency;
  static deposited upcast(const first::deposited& old) { return {old.cents, "EUR"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};

struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<deposited, first::moved, first::gift_given>;
  using commands = acta::one_of<pay_in, move_money, give>;
  using decision = acta::decision<events>;
  std::int64_t cents = 0;
  std::set<std::string> currencies;
  decision decide(const pay_in& c) const { return deposited{c.cents, "CHF"}; }
  decision decide(const move_money& c) const { return first::moved{c.out, c.in}; }
  decision decide(const give&) const { return first::gift_given{}; }
  void evolve(const deposited& e) {
    cents += e.cents;
    currencies.insert(e.currency);
  }
  void evolve(const first::moved& e) { cents += e.in - e.out; }
  void evolve(const first::gift_given&) { cents += 1; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currencies)); }
};

} // namespace second

namespace third {

struct withdrawn {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct paid_in {
  std::int64_t cents = 0;
  std::string currency;
  std::string by;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(cents), CEREAL_NVP(currency), CEREAL_NVP(by));
  }
};

struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<paid_in, withdrawn>;
  using commands = acta::one_of<pay_in, move_money>;
  using earlier = acta::one_of<second::deposited, first::moved, acta::retired<"gift_given">>;
  using decision = acta::decision<events>;
  std::int64_t cents = 0;
  std::vector<std::string> log;
  decision decide(const pay_in& c, const acta::context& by) const {
    return paid_in{c.cents, "USD", std::string(by.caller())};
  }
  decision decide(const move_money& c) const {
    return {withdrawn{c.out}, paid_in{c.in, "USD", ""}};
  }
  void evolve(const paid_in& e) {
    cents += e.cents;
    log.push_back("+" + std::to_string(e.cents) + e.currency + e.by);
  }
  void evolve(const withdrawn& e) {
    cents -= e.cents;
    log.push_back("-" + std::to_string(e.cents));
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(log)); }
};

} // namespace third

namespace second {
/// Renamed: a free function, because neither is the other's next version.
third::paid_in upcast(const deposited& old, const acta::metadata& m) {
  return {old.cents, old.currency, m.caller};
}
} // namespace second
namespace first {
std::array<std::variant<third::withdrawn, third::paid_in>, 2> upcast(const moved& old) {
  return {third::withdrawn{old.out}, third::paid_in{old.in, "EUR", ""}};
}
} // namespace first

struct turnover {
  static constexpr std::string_view name = "turnover";
  using events = acta::one_of<third::paid_in, third::withdrawn>;
  std::int64_t in = 0;
  std::int64_t out = 0;
  void evolve(const third::paid_in& e) { in += e.cents; }
  void evolve(const third::withdrawn& e) { out += e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(in), CEREAL_NVP(out)); }
};

/// Each withdrawal is followed, whatever release it is of.
struct follow_up {
  static constexpr std::string_view name = "follow_up";
  using inputs = acta::one_of<third::withdrawn, third::paid_in>;
  std::int64_t out = 0;
  std::int64_t in = 0;
  acta::reaction react(const third::withdrawn&) const { return {}; }
  acta::reaction react(const third::paid_in&) const { return {}; }
  void evolve(const third::withdrawn& e) { out += e.cents; }
  void evolve(const third::paid_in& e) { in += e.cents; }
  static std::optional<std::string> key(const third::withdrawn&, const acta::metadata&) {
    return "all";
  }
  static std::optional<std::string> key(const third::paid_in&, const acta::metadata&) {
    return "all";
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(out), CEREAL_NVP(in)); }
};

struct notice {
  std::string what;
  std::string key;
};
struct teller {
  static constexpr std::string_view name = "teller";
  using events = acta::one_of<third::paid_in, third::withdrawn>;
  std::shared_ptr<std::vector<notice>> told;
  std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
  acta::result<void> handle(const third::paid_in& e, const acta::effect_context& c) const {
    return note("+" + std::to_string(e.cents), c);
  }
  acta::result<void> handle(const third::withdrawn& e, const acta::effect_context& c) const {
    return note("-" + std::to_string(e.cents), c);
  }
  acta::result<void> note(std::string what, const acta::effect_context& c) const {
    const std::lock_guard lock(*mutex);
    told->push_back({std::move(what), c.key.to_string()});
    return {};
  }
};

template <class Account> acta::model model_of() {
  acta::model m;
  m.aggregate<Account>({.snapshot_every = 0});
  return m;
}

template <class Account, class Command>
void ask(acta::runtime& r, std::string_view id, const Command& c, std::string caller = {}) {
  acta::command_options o;
  o.caller = std::move(caller);
  REQUIRE(r.ask<Account>(id, c, o).wait_for(20s));
}

/// A store that two releases have written.
void write_two_releases(const std::filesystem::path& store) {
  {
    auto r = must_open(store, model_of<first::account>());
    ask<first::account>(r, "ada", pay_in{100}, "bob");
    ask<first::account>(r, "ada", move_money{30, 10});
    ask<first::account>(r, "ada", give{});
  }
  auto r = must_open(store, model_of<second::account>());
  const auto state = r.state<second::account>("ada");
  REQUIRE(state);
  CHECK(state->cents == 81);
  CHECK(state->currencies == std::set<std::string>{"EUR"});
  ask<second::account>(r, "ada", pay_in{5}, "eve");
}

const std::vector<std::string> told_of_ada{"+100EURbob", "-30", "+10EUR", "+5CHFeve"};

} // namespace

TEST_CASE("states are those of today, whatever release wrote the events") {
  test::temp_folder folder;
  write_two_releases(folder.path());
  auto r = must_open(folder.path(), model_of<third::account>());
  const auto state = r.state<third::account>("ada");
  REQUIRE(state);
  CHECK(state->log == told_of_ada);
  CHECK(state->cents == 85);
  // The actor's own replay, and versions that go on: an event that became two is one version.
  const auto receipt = r.ask<third::account>("ada", pay_in{1}).wait_for(20s);
  REQUIRE(receipt);
  CHECK(receipt->version == 5);
  CHECK(r.state<third::account>("ada", acta::at_version{2})->log ==
        std::vector<std::string>{"+100EURbob", "-30", "+10EUR"});
  CHECK(r.state<third::account>("ada", acta::at_version{3})->cents == 80);
}

TEST_CASE("an event that was split is one record, and is read as what it is today") {
  test::temp_folder folder;
  write_two_releases(folder.path());
  auto r = must_open(folder.path(), model_of<third::account>());
  const auto events = r.events("account", "ada");
  REQUIRE(events);
  REQUIRE(events->size() == 4);
  const auto& moved = (*events)[1];
  CHECK(moved.type == "account.moved");
  CHECK(moved.schema == 1);
  CHECK(*moved.to_json() == R"({"out":30,"in":10})");
  CHECK(moved.get<third::withdrawn>()->cents == 30);
  CHECK(moved.get<third::paid_in>()->cents == 10);
  CHECK_FALSE(moved.get<first::moved>());
  CHECK((*events)[0].get<third::paid_in>()->by == "bob");
  CHECK((*events)[3].schema == 2);
  const auto& gift = (*events)[2];
  int parts = 0;
  CHECK(gift.for_each_present([&](const auto&, auto) { ++parts; }));
  CHECK(parts == 0);
}

TEST_CASE("views, processes and subscribers take what earlier releases wrote as events of today") {
  test::temp_folder folder;
  write_two_releases(folder.path());
  const auto told = std::make_shared<std::vector<notice>>();
  acta::model m = model_of<third::account>();
  m.view<turnover>().process<follow_up>().subscriber<teller>(
      {.concurrency = 1, .start = acta::start_at::beginning}, teller{.told = told});
  auto r = must_open(folder.path(), std::move(m));
  ask<third::account>(r, "ada", move_money{7, 3});
  const auto last = *r.ask<third::account>("ada", pay_in{1}).wait_for(20s);
  const auto row = r.view<turnover>().get("ada", {.at_least = last.position});
  REQUIRE(row);
  CHECK(row->in == 119);
  CHECK(row->out == 37);
  REQUIRE(test::eventually([&] { return told->size() == 7; }));
  std::set<std::string> keys;
  for (const auto& n : *told) keys.insert(n.key);
  CHECK(keys.size() == 7); // also of the two that one event became
  // It is new, so what was before it is not for it.
  REQUIRE(test::eventually([&] {
    const auto state = r.state<follow_up>("all");
    return state && state->out == 7 && state->in == 4;
  }));
}

namespace {

/// As teller, before it was told of payments.
struct teller_of_withdrawals {
  static constexpr std::string_view name = "teller";
  using events = acta::one_of<third::withdrawn>;
  teller inside;
  acta::result<void> handle(const third::withdrawn& e, const acta::effect_context& c) const {
    return inside.handle(e, c);
  }
};
/// As teller, before it was told of withdrawals: the second part of what was moved.
struct teller_of_payments {
  static constexpr std::string_view name = "teller";
  using events = acta::one_of<third::paid_in>;
  teller inside;
  acta::result<void> handle(const third::paid_in& e, const acta::effect_context& c) const {
    return inside.handle(e, c);
  }
};

} // namespace

TEST_CASE("a part of an event keeps its effect key, whatever else the subscriber takes") {
  test::temp_folder written; // one store: its id is part of a key
  write_two_releases(written / "data");
  const auto keys_of = [&](auto&& add) {
    test::temp_folder folder;
    std::filesystem::copy(written / "data", folder / "data",
                          std::filesystem::copy_options::recursive);
    const auto told = std::make_shared<std::vector<notice>>();
    acta::model m = model_of<third::account>();
    add(m, teller{.told = told});
    auto r = must_open(folder / "data", std::move(m));
    REQUIRE(test::eventually([&] { return r.subscriber("teller")->status().behind == 0; }));
    std::map<std::string, std::string> keys;
    for (const auto& n : *told) keys.emplace(n.what, n.key);
    return keys;
  };
  const acta::subscriber_options all{.concurrency = 1, .start = acta::start_at::beginning};
  const auto both = keys_of([&](acta::model& m, const teller& t) { m.subscriber<teller>(all, t); });
  const auto payments = keys_of([&](acta::model& m, const teller& t) {
    m.subscriber<teller_of_payments>(all, teller_of_payments{t});
  });
  const auto withdrawals = keys_of([&](acta::model& m, const teller& t) {
    m.subscriber<teller_of_withdrawals>(all, teller_of_withdrawals{t});
  });
  REQUIRE(both.contains("+10"));
  CHECK(both.size() == payments.size() + withdrawals.size());
  for (const auto& [what, key] : payments) CHECK(both.at(what) == key);
  for (const auto& [what, key] : withdrawals) CHECK(both.at(what) == key);
}

TEST_CASE("a receipt that is asked for again holds the events of today") {
  test::temp_folder folder;
  acta::command_options once;
  once.command_id = acta::uuid::random();
  {
    auto r = must_open(folder.path(), model_of<first::account>());
    REQUIRE(r.ask<first::account>("ada", move_money{2, 1}, once).wait_for(20s));
  }
  auto r = must_open(folder.path(), model_of<third::account>());
  const auto again = r.ask<third::account>("ada", move_money{2, 1}, once).wait_for(20s);
  REQUIRE(again);
  CHECK(again->version == 1);
  REQUIRE(again->get<third::withdrawn>() != nullptr);
  CHECK(again->get<third::withdrawn>()->cents == 2);
  REQUIRE(again->get<third::paid_in>() != nullptr);
  CHECK(again->get<third::paid_in>()->cents == 1);
}

TEST_CASE("an older program leaves a stream alone that a later one has written to") {
  test::temp_folder folder;
  write_two_releases(folder.path());
  {
    auto older = must_open(folder.path(), model_of<first::account>());
    const auto state = older.state<first::account>("ada");
    REQUIRE_FALSE(state);
    CHECK(state.error().code() == acta::domain_errc::newer_schema);
    ask<first::account>(older, "bob", pay_in{1});
  }
  auto r = must_open(folder.path(), model_of<third::account>());
  CHECK(r.state<third::account>("ada")->log == told_of_ada);
  CHECK(r.state<third::account>("bob")->cents == 1);
}

} // namespace upcast_test
