// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What a program is told that does not read the inputs its store holds, and that the advice works.
#include "eventually.hpp"
#include "order_releases.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/runtime/errc.hpp>
#include <acta/testing/manual_clock.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <mutex>

namespace changed_inputs_contract_test {

using namespace std::chrono_literals;
using namespace test::orders;
using test::must_open;
using test::try_open;

namespace {

acta::error refusal(const std::filesystem::path& store, acta::model m) {
  auto opened = try_open(store, std::move(m));
  if (opened) FAIL("it opens");
  CHECK(opened.error().code() == acta::runtime_errc::contract_changed);
  UNSCOPED_INFO(opened.error().to_string());
  return std::move(opened).error();
}
bool says(const acta::error& e, std::string_view what) {
  return e.detail().find(what) != std::string_view::npos;
}
std::string contract_of(const std::filesystem::path& store) {
  std::ifstream in(store / "contract.txt");
  return {std::istreambuf_iterator<char>(in), {}};
}
template <class Order> texts happened(acta::runtime& r, std::string_view id) {
  const auto state = r.state<Order>(id);
  if (!state) FAIL(state.error());
  return state->happened;
}

/// One order whose deadline has passed, one whose deadline is to come, and one that was refused.
void write_first_release(const std::filesystem::path& store, const acta::manual_clock& clock) {
  auto r = must_open(store, whole<first>(), {.clock = clock.source()});
  REQUIRE(r.ask<order<first>>("a", first::place{5}).wait_for(20s));
  REQUIRE(r.settle(60s));
  acta::manual_clock(clock).advance(2h);
  REQUIRE(r.settle(60s));
  REQUIRE(r.ask<order<first>>("b", first::place{-6}).wait_for(20s));
  REQUIRE(r.settle(60s));
  CHECK(happened<order<first>>(r, "a") == texts{"placed 5", "paid 5", "late round 1"});
  CHECK(happened<order<first>>(r, "b") == texts{"placed -6", "negative -6"});
}

/// A field more, and nothing said.
struct wider : first {
  struct place : first::place {
    static constexpr std::string_view name = "place";
    std::string note;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(note)); }
  };
  static pay pay_for(const place& p) { return {p.cents}; }
};
/// A new version that does not say how the old one is read.
struct unread : first {
  struct place : wider::place {
    static constexpr unsigned schema = 2;
  };
  static pay pay_for(const place& p) { return {p.cents}; }
};
// As the advice says, to the letter: structs are copied from it.
struct place_v1 {
  std::int64_t cents{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct read : first {
  struct place : wider::place {
    static constexpr unsigned schema = 2;
    static place upcast(const place_v1& old) {
      place now;
      now.cents = old.cents;
      return now;
    }
    [[nodiscard]] std::string text() const { return std::to_string(cents) + " at last"; }
  };
  static pay pay_for(const place& p) { return {p.cents}; }
};
/// The old struct is not what it was.
struct misremembered : first {
  struct place : wider::place {
    static constexpr unsigned schema = 2;
    struct before {
      std::string cents;
      template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
    };
    static place upcast(const before&) { return {}; }
  };
  static pay pay_for(const place& p) { return {p.cents}; }
};
/// There was a second release, but for this one.
struct with_a_gap : first {
  struct place : wider::place {
    static constexpr unsigned schema = 3;
    static place upcast(const unread::place&) { return {}; }
  };
  static pay pay_for(const place& p) { return {p.cents}; }
};

/// The command has changed; only in the no to it is it an input.
struct wider_pay : first {
  struct pay : first::pay {
    static constexpr std::string_view name = "pay";
    std::string currency;
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
  };
  static paid done(const pay& c) { return {c.cents}; }
  static pay pay_for(const place& p) {
    pay c;
    c.cents = p.cents;
    return c;
  }
};
struct pay_v1 {
  std::int64_t cents{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct read_pay : first {
  struct pay : wider_pay::pay {
    static constexpr unsigned schema = 2;
    static pay upcast(const pay_v1& old) {
      pay now;
      now.cents = old.cents;
      return now;
    }
    [[nodiscard]] std::string text() const { return std::to_string(cents) + " at last"; }
  };
  static paid done(const pay& c) { return {c.cents}; }
  static pay pay_for(const place& p) {
    pay c;
    c.cents = p.cents;
    return c;
  }
};

/// Nobody is late any more, and nobody hears of a no.
template <class Earlier, class... More> struct calm_order {
  static constexpr std::string_view name = "order";
  using inputs = acta::one_of<first::place, first::paid, More...>;
  using earlier = Earlier;
  texts happened;
  template <class I> acta::reaction react(const I&) const { return {}; }
  template <class I> void evolve(const I&) { happened.emplace_back(acta::type_name<I>()); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(happened)); }
};
using no = acta::rejected<first::pay>;
using forgetful = calm_order<acta::one_of<>>;
using retiring = calm_order<acta::one_of<acta::retired<"late">, acta::retired<"rejected.pay">>>;
using keeping = calm_order<acta::one_of<>, no, first::late>;

template <class R> acta::model model_of() { return whole<R>(); }
template <class Order> acta::model order_of() { return whole<first, Order>(); }

} // namespace

TEST_CASE("an input that changed without a version is refused with the difference and the code") {
  test::temp_folder folder;
  const auto store = folder / "data";
  const acta::manual_clock clock;
  write_first_release(store, clock);
  const auto before = contract_of(store);
  SECTION("an input") {
    const auto why = refusal(store, model_of<wider>());
    CHECK(why.where() == "contract.txt: input order.place 1");
    CHECK(says(why, "keep `struct place_v1 { std::int64_t cents{}; template <class A> void "
                    "serialize(A& ar) { ar(CEREAL_NVP(cents)); } };`"));
    CHECK(says(why, "give `place` the members `static constexpr unsigned schema = 2;` and `static "
                    "place upcast(const place_v1& old)`"));
    CHECK(contract_of(store) == before);
    auto r = must_open(store, model_of<read>());
    auto b = happened<order<read>>(r, "b");
    REQUIRE(b.size() >= 2);
    b.resize(2); // its timer may have come by now
    CHECK(b == texts{"placed -6 at last", "negative -6"});
  }
  SECTION("a command, in the no to it") {
    const auto why = refusal(store, model_of<wider_pay>());
    CHECK(why.where() == "contract.txt: input order.rejected.pay 1, /command");
    CHECK(says(why, "keep `struct pay_v1 { std::int64_t cents{}; template <class A> void "
                    "serialize(A& ar) { ar(CEREAL_NVP(cents)); } };`"));
    CHECK(says(why, "give the command `pay` the members `static constexpr unsigned schema = 2;` "
                    "and `static pay upcast(const pay_v1& old)`"));
    auto r = must_open(store, model_of<read_pay>());
    CHECK(happened<order<read_pay>>(r, "b") == texts{"placed -6", "negative -6 at last"});
  }
}

TEST_CASE("a new version of an input that does not read the old is refused if some are stored") {
  test::temp_folder folder;
  const auto store = folder / "data";
  const acta::manual_clock clock;
  SECTION("they are") {
    write_first_release(store, clock);
    const auto why = refusal(store, model_of<unread>());
    CHECK(why.where() == "contract.txt: input order.place 1");
    CHECK(says(why, "the store holds this input in 2 steps, the first from 0:1,"));
    CHECK(says(why, "Keep `struct place_v1 { std::int64_t cents{}; template <class A> void "
                    "serialize(A& ar) { ar(CEREAL_NVP(cents)); } };`, and give `place`, or the "
                    "version after it, the member `static place upcast(const place_v1& old)`"));
    auto r = must_open(store, model_of<read>());
    auto b = happened<order<read>>(r, "b");
    REQUIRE(b.size() >= 2);
    b.resize(2); // its timer may have come by now
    CHECK(b == texts{"placed -6 at last", "negative -6"});
  }
  SECTION("none is") {
    { auto r = must_open(store, model_of<first>()); }
    CHECK(contract_of(store).find("input order.place 1 ") != std::string::npos);
    { auto r = must_open(store, model_of<unread>()); }
    CHECK(contract_of(store).find("input order.place 1 ") == std::string::npos);
    CHECK(contract_of(store).find("input order.place 2 ") != std::string::npos);
  }
  SECTION("the number of the one that is missed is said if it is not the one before") {
    write_first_release(store, clock);
    const auto why = refusal(store, model_of<with_a_gap>());
    CHECK(says(why, "Keep `struct place_v1 { static constexpr unsigned schema = 1; std::int64_t"));
  }
}

TEST_CASE("an older input that is not what was stored is refused with what it was") {
  test::temp_folder folder;
  const auto store = folder / "data";
  write_first_release(store, acta::manual_clock());
  const auto why = refusal(store, model_of<misremembered>());
  CHECK(why.where() == "contract.txt: input order.place 1, /cents");
  CHECK(says(why, "An older version stays as it was when it was stored: `struct place_v1 { "
                  "std::int64_t cents{};"));
}

TEST_CASE("an input that a process has forgotten is refused, and may be kept or retired") {
  test::temp_folder folder;
  const auto store = folder / "data";
  acta::manual_clock clock;
  write_first_release(store, clock);
  const auto late = refusal(store, order_of<forgetful>());
  CHECK(late.where() == "contract.txt: input order.late 1");
  CHECK(says(late, "the store holds this input in 1 step, 1 pending timer, the first from 0:4,"));
  CHECK(says(late, "Keep `struct late { std::int64_t round{};"));
  CHECK(says(late, "list `late` in the `inputs` of the process"));
  CHECK(says(late, "`using earlier = acta::one_of<acta::retired<\"late\">>;`"));
  const auto refused = refusal(store, order_of<calm_order<acta::one_of<acta::retired<"late">>>>());
  CHECK(refused.where() == "contract.txt: input order.rejected.pay 1");
  CHECK(says(refused, "Keep `struct pay { std::int64_t cents{};"));
  CHECK(says(refused, "list `acta::rejected<pay>` in the `inputs` of the process"));
  CHECK(says(refused, "acta::retired<\"rejected.pay\">"));
  SECTION("kept") {
    auto r = must_open(store, order_of<keeping>(), {.clock = clock.source()});
    CHECK(happened<keeping>(r, "a") == texts{"place", "paid", "late"});
    clock.advance(2h);
    REQUIRE(r.settle(60s));
    CHECK(happened<keeping>(r, "b") == texts{"place", "rejected.pay", "late"});
  }
  SECTION("retired") {
    auto r = must_open(store, order_of<retiring>(), {.clock = clock.source()});
    CHECK(happened<retiring>(r, "a") == texts{"place", "paid"});
    clock.advance(2h);
    REQUIRE(r.settle(60s));
    CHECK(happened<retiring>(r, "b") == texts{"place"});
    CHECK(r.stuck().empty());
    const auto aside = r.set_aside();
    REQUIRE(aside);
    REQUIRE(aside->size() == 1);
    CHECK(aside->front().target == "order/b");
    CHECK(aside->front().command == "late");
    CHECK(aside->front().reason.find("the input 'late' of process 'order' is retired") !=
          std::string::npos);
    // The instance goes on.
    REQUIRE(r.ask<retiring>("b", first::place{1}).wait_for(20s));
    CHECK(r.ask_json("order", "b", "late", "{}").wait_for(20s).error().code() ==
          acta::domain_errc::unknown_command);
  }
}

namespace {
struct show {
  template <class A> void serialize(A&) {}
};
/// Asks an order to place something.
struct window {
  static constexpr std::string_view name = "window";
  using inputs = acta::one_of<show>;
  acta::reaction react(const show&) const { return acta::send<order<first>>("w", first::place{9}); }
  template <class A> void serialize(A&) {}
};
} // namespace

TEST_CASE("what waits for a process counts among the inputs that nothing reads") {
  test::temp_folder folder;
  const auto store = folder / "data";
  { auto r = must_open(store, model_of<first>()); }
  {
    acta::model m;
    m.process<window>();
    auto r = must_open(store, std::move(m));
    REQUIRE(r.ask<window>("w", show{}).wait_for(20s));
    // Once it waits in the outbox, and once in the journal alone.
    if (GENERATE(true, false)) REQUIRE(r.settle(60s));
  }
  const auto with_window = [](acta::model m) {
    m.process<window>();
    return m;
  };
  const auto why = refusal(store, with_window(model_of<unread>()));
  CHECK(says(why, "in 1 waiting delivery, the first from 0:1,"));
  auto r = must_open(store, with_window(model_of<read>()));
  REQUIRE(r.settle(60s));
  CHECK(happened<order<read>>(r, "w") == texts{"placed 9 at last", "paid 9"});
}

TEST_CASE("an input that a later release has added is told to an older one, not refused") {
  test::temp_folder folder;
  const auto store = folder / "data";
  const acta::manual_clock clock;
  using small = calm_order<acta::one_of<>>;
  {
    auto r = must_open(store, order_of<small>());
    REQUIRE(r.ask<small>("small", first::place{1}).wait_for(20s));
  }
  write_first_release(store, clock);
  {
    std::mutex mutex;
    std::string said;
    acta::runtime_options options;
    options.log = [&](acta::log_level, std::string_view line) {
      const std::lock_guard lock(mutex);
      said.append(line).append("\n");
    };
    auto r = must_open(store, order_of<small>(), options);
    const std::lock_guard lock(mutex);
    UNSCOPED_INFO(said);
    CHECK(said.find("a later release of the program has stored inputs order.late of schema 1") !=
          std::string::npos);
    CHECK(happened<small>(r, "small") == texts{"place"});
    CHECK(r.state<small>("a").error().code() == acta::domain_errc::unknown_event);
  }
  auto r = must_open(store, whole<first>());
  CHECK(happened<order<first>>(r, "a").size() == 3);
}

namespace {
/// Payments are events of the till no more.
struct closed {
  template <class A> void serialize(A&) {}
};
struct closed_till {
  static constexpr std::string_view name = "till";
  using events = acta::one_of<closed>;
  using earlier = acta::one_of<acta::retired<"paid">>;
  using commands = acta::one_of<first::pay>;
  acta::decision<events> decide(const first::pay&) const { return acta::reject("closed"); }
  void evolve(const closed&) {}
  template <class A> void serialize(A&) {}
};
} // namespace

TEST_CASE(
    "an event that a process still knows, and no aggregate any more, is not a caller's to give") {
  test::temp_folder folder;
  const auto store = folder / "data";
  write_first_release(store, acta::manual_clock());
  acta::model m;
  m.aggregate<closed_till>().process<order<first>>();
  auto r = must_open(store, std::move(m));
  CHECK(happened<order<first>>(r, "a") == texts{"placed 5", "paid 5", "late round 1"});
  for (const auto* name : {"paid", "paid@1", "late"}) {
    const auto asked = r.ask_json("order", "a", name, R"({"cents":5})").wait_for(20s);
    REQUIRE_FALSE(asked);
    CHECK(asked.error().code() == acta::domain_errc::unknown_command);
  }
}

} // namespace changed_inputs_contract_test
