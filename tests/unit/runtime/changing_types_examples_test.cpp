// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The examples of docs/changing-types.md: an account over two releases, and that they do what the
// guide says.
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/runtime.hpp>
#include <acta/runtime/errc.hpp>
#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <list>

namespace changing_types_examples_test {

using namespace std::chrono_literals;
using test::must_open;

namespace {

struct write_all {
  static constexpr std::string_view name = "write_all";
  template <class A> void serialize(A&) {}
};

namespace first {

// [first]
struct deposited {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
// [first end]
struct moved {
  std::int64_t out = 0, in = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(out), CEREAL_NVP(in)); }
};
struct withdrawn {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct named {
  std::string name;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(name)); }
};
struct settled {
  std::string town;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(town)); }
};
struct fee_noted {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct closed {
  static constexpr std::string_view name = "closed";
  template <class A> void serialize(A&) {}
};
struct gift_given {
  static constexpr std::string_view name = "gift_given";
  template <class A> void serialize(A&) {}
};
enum class colour { red, green };
constexpr std::array<std::pair<colour, std::string_view>, 2> enum_names(colour) {
  return {{{colour::red, "red"}, {colour::green, "green"}}};
}
struct card_sent {
  static constexpr std::string_view name = "card_sent";
  colour card = colour::red;
  std::vector<std::string> printed;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(card), CEREAL_NVP(printed), CEREAL_NVP(cents));
  }
};
struct pay_in {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<deposited, moved, withdrawn, named, settled, fee_noted, closed,
                              gift_given, card_sent>;
  using commands = acta::one_of<write_all, pay_in>;
  using decision = acta::decision<events>;
  std::int64_t cents = 0;
  decision decide(const write_all&) const {
    return {deposited{100},   moved{30, 10},
            withdrawn{5},     named{"Ada"},
            settled{"Turin"}, fee_noted{0},
            fee_noted{2},     closed{},
            gift_given{},     card_sent{colour::green, {"A"}, 7}};
  }
  decision decide(const pay_in& c) const { return deposited{c.cents}; }
  void evolve(const deposited& e) { cents += e.cents; }
  void evolve(const moved& e) { cents += e.in - e.out; }
  void evolve(const withdrawn& e) { cents -= e.cents; }
  void evolve(const fee_noted& e) { cents -= e.cents; }
  template <class E> void evolve(const E&) {}
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

/// It does not hear of `moved`, of which it hears in the second release.
struct paid_out {
  static constexpr std::string_view name = "paid_out";
  using events = acta::one_of<withdrawn>;
  std::int64_t cents = 0;
  void evolve(const withdrawn& e) { cents += e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct remind {
  std::string what;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(what)); }
};
struct request {
  std::string what;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(what)); }
};
struct reminder {
  static constexpr std::string_view name = "reminder";
  using inputs = acta::one_of<request, remind>;
  std::string said;
  acta::reaction react(const request& r) const { return acta::after(1h, remind{r.what}); }
  acta::reaction react(const remind&) const { return {}; }
  void evolve(const remind& r) { said = r.what; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(said)); }
};

} // namespace first

namespace added {

// [added]
struct deposited_v1 { // as it was
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct deposited {
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  std::string currency;
  static deposited upcast(const deposited_v1& old) { return {old.cents, "EUR"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
// [added end]

template <class Deposited> struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<Deposited>;
  using commands = acta::one_of<first::pay_in>;
  std::string log;
  acta::decision<events> decide(const first::pay_in& c) const {
    Deposited e;
    e.cents = c.cents;
    if constexpr (requires { e.currency; }) e.currency = "CHF";
    return e;
  }
  void evolve(const Deposited& e) {
    log += std::to_string(e.cents);
    if constexpr (requires { e.currency; }) log += e.currency + ' ';
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(log)); }
};

} // namespace added

/// The field is there, and nothing else.
namespace unsaid {
struct deposited {
  std::int64_t cents = 0;
  std::string currency;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
} // namespace unsaid

namespace second {

// [chained]
struct money {
  std::int64_t amount = 0;
  std::string currency = "EUR";
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount), CEREAL_NVP(currency)); }
};
struct deposited_v1 {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct deposited_v2 {
  std::int64_t cents = 0;
  std::string currency;
  static deposited_v2 upcast(const deposited_v1& old) { return {old.cents, "EUR"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
struct deposited {
  static constexpr unsigned schema = 3;
  money sum; // was `cents` and `currency`
  std::string by;
  static deposited upcast(const deposited_v2& old, const acta::metadata& m) {
    return {{old.cents, old.currency}, m.caller};
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum), CEREAL_NVP(by)); }
};
// [chained end]

struct withdrawn {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
// [split]
struct moved { // as it was: out of one pocket, into another
  std::int64_t out = 0, in = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(out), CEREAL_NVP(in)); }
};
std::tuple<withdrawn, deposited> upcast(const moved& old) {
  return {withdrawn{old.out}, deposited{{old.in}, ""}};
}
// [split end]

// [merged]
struct named {
  std::string name;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(name)); }
};
struct settled {
  std::string town;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(town)); }
};
struct details_changed {
  std::optional<std::string> name, town; // what changed
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(name), CEREAL_NVP(town)); }
};
details_changed upcast(const named& old) { return {old.name, {}}; }
details_changed upcast(const settled& old) { return {{}, old.town}; }
// [merged end]

// [some]
struct fee_noted {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
std::optional<withdrawn> upcast(const fee_noted& old) { // there were fees of nothing
  if (old.cents == 0) return std::nullopt;
  return withdrawn{old.cents};
}
// [some end]

// [renamed]
struct ended {
  static constexpr std::string_view name = "ended";
  template <class A> void serialize(A&) {}
};
struct closed { // what it was called
  static constexpr std::string_view name = "closed";
  template <class A> void serialize(A&) {}
};
ended upcast(const closed&) { return {}; }
// [renamed end]

// [no-version]
enum class colour { red, green, blue };
constexpr std::array<std::pair<colour, std::string_view>, 4> enum_names(colour) {
  return {{{colour::red, "red"},
           {colour::green, "emerald"}, // its new name, before the old one
           {colour::green, "green"},
           {colour::blue, "blue"}}}; // new
}
struct bank_card_sent {                                 // another C++ name,
  static constexpr std::string_view name = "card_sent"; // the same durable one
  colour card = colour::red;
  std::list<std::string> printed; // was a vector
  std::int64_t price = 0;         // was called `cents`, and still is in what is stored
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(card), CEREAL_NVP(printed), cereal::make_nvp("cents", price));
  }
};
// [no-version end]

// [command]
struct pay_in_v1 {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct pay_in {
  static constexpr unsigned schema = 2;
  money sum;
  static pay_in upcast(const pay_in_v1& old) { return {{old.cents}}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum)); }
};
// [command end]

// [account]
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<deposited, withdrawn, details_changed, ended, bank_card_sent>;
  using earlier =
      acta::one_of<moved, named, settled, fee_noted, closed, acta::retired<"gift_given">>;
  // [account end]
  using commands = acta::one_of<pay_in>;
  using decision = acta::decision<events>;
  std::int64_t cents = 0;
  std::string about;
  decision decide(const pay_in& c, const acta::context& by) const {
    return deposited{c.sum, std::string(by.caller())};
  }
  void evolve(const deposited& e) {
    cents += e.sum.amount;
    about += '+' + std::to_string(e.sum.amount) + e.sum.currency + e.by;
  }
  void evolve(const withdrawn& e) {
    cents -= e.cents;
    about += '-' + std::to_string(e.cents);
  }
  void evolve(const details_changed& e) {
    about += ' ' + e.name.value_or("") + '/' + e.town.value_or("");
  }
  void evolve(const ended&) { about += " ended"; }
  void evolve(const bank_card_sent& e) {
    about += " card" + std::to_string(static_cast<int>(e.card)) + e.printed.front() +
             std::to_string(e.price);
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(about)); }
};

struct paid_out {
  static constexpr std::string_view name = "paid_out";
  using events = acta::one_of<withdrawn>;
  std::int64_t cents = 0;
  void evolve(const withdrawn& e) { cents += e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

using first::request;
// [input]
struct remind_v1 {
  std::string what;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(what)); }
};
struct remind {
  static constexpr unsigned schema = 2;
  std::string what;
  bool urgent = false;
  static remind upcast(const remind_v1& old) { return {old.what, true}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(what), CEREAL_NVP(urgent)); }
};
struct reminder {
  static constexpr std::string_view name = "reminder";
  using inputs = acta::one_of<request, remind>;
  std::string said;
  acta::reaction react(const request& r) const { return acta::after(1h, remind{r.what, false}); }
  acta::reaction react(const remind&) const { return {}; }
  void evolve(const remind& r) { said = r.what + (r.urgent ? "!" : "."); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(said)); }
};
// [input end]

} // namespace second

template <class Deposited> struct paid_in {
  static constexpr std::string_view name = "paid_in";
  using events = acta::one_of<Deposited>;
  std::int64_t total = 0;
  void evolve(const Deposited& e) {
    if constexpr (requires { e.sum; })
      total += e.sum.amount;
    else
      total += e.cents;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(total)); }
};

template <class Account> acta::model model_of() {
  acta::model m;
  m.aggregate<Account>({.snapshot_every = 5});
  return m;
}
template <class Reminder> acta::model reminders() {
  acta::model m;
  m.process<Reminder>();
  return m;
}

/// Each event of the first release, by `ada`.
void write_first_release(const std::filesystem::path& store) {
  acta::model m = model_of<first::account>();
  m.view<first::paid_out>();
  auto r = must_open(store, std::move(m));
  acta::command_options by;
  by.caller = "ada";
  const auto done = r.ask<first::account>("a", write_all{}, by).wait_for(20s);
  REQUIRE(done);
  const auto row = r.view<first::paid_out>().get("a", {.at_least = done->position});
  REQUIRE(row);
  CHECK(row->cents == 5);
}

const std::string a_of_today = "+100EURada-30+10EUR-5 Ada/ /Turin-2 ended card1A7";

} // namespace

TEST_CASE("the guide's account is read by its second release") {
  test::temp_folder folder;
  write_first_release(folder.path());
  auto r = must_open(folder.path(), model_of<second::account>());
  const auto state = r.state<second::account>("a"); // its snapshot was of another shape
  REQUIRE(state);
  CHECK(state->about == a_of_today);
  CHECK(state->cents == 73);
  CHECK(r.figures().snapshots_ignored > 0);
  const auto events = r.events("account", "a");
  REQUIRE(events);
  REQUIRE(events->size() == 10);
  CHECK(events->at(0).schema == 1);
  CHECK(events->at(0).get<second::deposited>()->by == "ada");
  CHECK(*events->at(9).to_json() == R"({"card":"emerald","printed":["A"],"cents":7})");
}

TEST_CASE("the guide's command of an older shape is taken under its name") {
  test::temp_folder folder;
  write_first_release(folder.path());
  auto r = must_open(folder.path(), model_of<second::account>());
  REQUIRE(r.ask_json("account", "b", "pay_in@1", R"({"cents":5})").wait_for(20s));
  REQUIRE(r.ask_json("account", "b", "pay_in", R"({"sum":{"amount":6,"currency":"CHF"}})")
              .wait_for(20s));
  CHECK(r.state<second::account>("b")->about == "+5EUR+6CHF");
  CHECK_FALSE(r.ask_json("account", "b", "pay_in", R"({"cents":5})").wait_for(20s));
}

TEST_CASE("a view hears of what upcasts make of other events without being told to be rebuilt") {
  test::temp_folder folder;
  write_first_release(folder.path());
  acta::model m = model_of<second::account>();
  m.view<second::paid_out>();
  auto r = must_open(folder.path(), std::move(m));
  CHECK(test::eventually([&] {
    const auto row = r.view<second::paid_out>().get("a");
    return row && row->cents == 37; // with what moved out, and the fee
  }));
}

TEST_CASE("a view of an older release shows its rows, stops at what it cannot read, and heals") {
  test::temp_folder folder;
  using older = added::account<first::deposited>;
  using newer = added::account<added::deposited>;
  const auto with_view = [] {
    acta::model m = model_of<newer>();
    m.view<paid_in<added::deposited>>();
    return m;
  };
  {
    auto r = must_open(folder.path(), with_view());
    const auto last = r.ask<newer>("b", first::pay_in{5}).wait_for(20s);
    REQUIRE(last);
    CHECK(r.view<paid_in<added::deposited>>().get("b", {.at_least = last->position})->total == 5);
  }
  {
    acta::model m = model_of<older>();
    m.view<paid_in<first::deposited>>({.backoff_min = 1ms, .backoff_max = 1ms});
    auto r = must_open(folder.path(), std::move(m));
    const auto projection = r.projection("paid_in");
    REQUIRE(projection);
    REQUIRE(test::eventually([&] {
      const auto now = projection->status().building;
      return now && now->state == acta::view_state::stopped;
    }));
    const auto now = projection->status().building;
    REQUIRE(now);
    CHECK(now->trouble->code() == acta::domain_errc::newer_schema);
    CHECK(r.view<paid_in<first::deposited>>().get("b")->total == 5);
    REQUIRE(r.ask<older>("c", first::pay_in{7}).wait_for(20s));
    CHECK_FALSE(r.ask<older>("b", first::pay_in{7}).wait_for(20s));
  }
  auto r = must_open(folder.path(), with_view());
  const auto last = r.ask<newer>("b", first::pay_in{1}).wait_for(20s);
  REQUIRE(last);
  const auto view = r.view<paid_in<added::deposited>>();
  CHECK(view.get("b", {.at_least = last->position})->total == 6);
  CHECK(view.get("c")->total == 7);
}

TEST_CASE("an older release runs beside an enum that has gained a name") {
  test::temp_folder folder;
  write_first_release(folder.path());
  { auto r = must_open(folder.path(), model_of<second::account>()); }
  auto r = must_open(folder.path(), model_of<first::account>());
  CHECK(r.state<first::account>("a")->cents == 73);
}

TEST_CASE("a timer that an earlier release has set fires as the input of today") {
  test::temp_folder folder;
  acta::manual_clock clock;
  {
    auto r = must_open(folder.path(), reminders<first::reminder>(), {.clock = clock.source()});
    REQUIRE(r.ask<first::reminder>("a", first::request{"rent"}).wait_for(20s));
    REQUIRE(r.settle(60s));
  }
  clock.advance(2h);
  auto r = must_open(folder.path(), reminders<second::reminder>(), {.clock = clock.source()});
  REQUIRE(r.settle(60s));
  CHECK(r.state<second::reminder>("a")->said == "rent!");
}

TEST_CASE("an event with a field more is refused as it stands, and read with an upcast") {
  test::temp_folder folder;
  using before = added::account<first::deposited>;
  {
    auto r = must_open(folder.path(), model_of<before>());
    REQUIRE(r.ask<before>("a", first::pay_in{100}).wait_for(20s));
  }
  {
    const auto refused =
        test::try_open(folder.path(), model_of<added::account<unsaid::deposited>>());
    REQUIRE_FALSE(refused);
    UNSCOPED_INFO(refused.error().to_string()); // docs/changing-types.md prints it
    CHECK(refused.error().code() == acta::runtime_errc::contract_changed);
    for (const std::string_view part :
         {"the program has the field currency, the store does not",
          "struct deposited_v1 { std::int64_t cents{}; ", "static constexpr unsigned schema = 2;",
          "static deposited upcast(const deposited_v1& old)"})
      CHECK(refused.error().detail().find(part) != std::string::npos);
  }
  using after = added::account<added::deposited>;
  auto r = must_open(folder.path(), model_of<after>());
  REQUIRE(r.ask<after>("a", first::pay_in{5}).wait_for(20s));
  CHECK(r.state<after>("a")->log == "100EUR 5CHF ");
}

} // namespace changing_types_examples_test
