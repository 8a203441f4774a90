// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What a newcomer does wrong on the way from one release of the bank to the next: the store says
// what is wrong and what to write, and what it says works.
#include "bank/release_1.hpp"
#include "bank/release_3.hpp"
#include "bank/release_4.hpp"
#include "bank/release_5.hpp"
#include "opened_bank.hpp"

#include <acta/runtime/errc.hpp>

/// A struct exactly as a message gives it, and the message's text.
#define AS_TOLD(name, ...)                                                                         \
  __VA_ARGS__                                                                                      \
  inline constexpr std::string_view name##_told = #__VA_ARGS__

namespace wrong_steps_test {

namespace {

struct look {
  template <class A> void serialize(A&) {}
};
/// An account of which nothing matters but its events.
template <class Events, class Earlier = acta::one_of<>> struct reader {
  static constexpr std::string_view name = "account";
  using events = Events;
  using earlier = Earlier;
  using commands = acta::one_of<look>;
  std::int64_t seen = 0;
  acta::decision<events> decide(const look&) const { return acta::reject("only_looking"); }
  void evolve(const auto&) { ++seen; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(seen)); }
};

template <class A> acta::model model_of() {
  acta::model m;
  m.aggregate<A>();
  return m;
}
template <class A> acta::error refusal(const golden_test::unpacked_store& store) {
  acta::runtime_options options;
  options.create = false;
  acta::result<acta::runtime> opened = test::try_open(store.path(), model_of<A>(), options);
  if (opened) FAIL("it opens");
  UNSCOPED_INFO(opened.error().to_string());
  CHECK(opened.error().code() == acta::runtime_errc::contract_changed);
  return std::move(opened).error();
}
/// All streams that the store's release wrote to are read.
template <class A> void works(const golden_test::unpacked_store& store) {
  acta::runtime r = test::must_find(store.path(), model_of<A>());
  for (const auto* id : {"ada", "bob-1", "unlucky"}) {
    const auto state = r.state<A>(id);
    INFO(id);
    if (!state) FAIL(state.error());
    CHECK(state->seen > 0);
  }
}
bool says(const acta::error& e, std::string_view what) {
  return e.detail().find(what) != std::string_view::npos;
}
bool is_at(const acta::error& e, std::string_view where) {
  return e.where().find(where) != std::string_view::npos;
}

/// The first release's events but `opened`, `deposited` and `locked`.
template <class... Others>
using with_rest_of_first = acta::one_of<bank::release_1::limit_set, bank::release_1::interest_paid,
                                        bank::release_1::withdrawn, bank::release_1::paid_by_card,
                                        bank::release_1::leaflet_sent, Others...>;

} // namespace

// -- towards the second release

namespace field_added {

using bank::release_1::locked;
using bank::release_1::opened;

namespace wrong {
struct deposited {
  std::int64_t cents = 0;
  std::string currency;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
using account = reader<with_rest_of_first<opened, deposited, locked>>;
} // namespace wrong

// clang-format off
AS_TOLD(deposited_v1, struct deposited_v1 { std::int64_t cents{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); } };);
// clang-format on
struct deposited {
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  std::string currency;
  static deposited upcast(const deposited_v1& old) { return {old.cents, "EUR"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
using account = reader<with_rest_of_first<opened, deposited, locked>>;

TEST_CASE("wrong step: a field is added, and the schema stays") {
  const golden_test::unpacked_store store(1);
  const auto why = refusal<wrong::account>(store);
  CHECK(is_at(why, "event account.deposited 1"));
  CHECK(says(why, "the program has the field currency, the store does not"));
  CHECK(says(why, deposited_v1_told));
  CHECK(says(why, "static constexpr unsigned schema = 2;"));
  CHECK(says(why, "static deposited upcast(const deposited_v1& old)"));
  works<account>(store);
}

} // namespace field_added

namespace enum_changed {

using bank::release_1::deposited;
using bank::release_1::locked;

/// @tparam Kind  an enum with names
template <class Kind> struct opened_with {
  static constexpr std::string_view name = "opened";
  std::string owner;
  Kind kind{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner), CEREAL_NVP(kind)); }
};
template <class Kind>
using account = reader<with_rest_of_first<opened_with<Kind>, deposited, locked>>;

enum class inserted { giro = 1, business = 2, savings = 3 };
constexpr std::array<std::pair<inserted, std::string_view>, 3> enum_names(inserted) {
  return {
      {{inserted::giro, "giro"}, {inserted::business, "business"}, {inserted::savings, "savings"}}};
}
enum class removed { giro = 1 };
constexpr std::array<std::pair<removed, std::string_view>, 1> enum_names(removed) {
  return {{{removed::giro, "giro"}}};
}
enum class renamed { giro = 1, call_money = 2 };
constexpr std::array<std::pair<renamed, std::string_view>, 2> enum_names(renamed) {
  return {{{renamed::giro, "giro"}, {renamed::call_money, "call_money"}}};
}
/// As it is told for the renamed one: the old name behind the new one.
enum class both { giro = 1, call_money = 2, business = 3 };
constexpr std::array<std::pair<both, std::string_view>, 4> enum_names(both) {
  return {{{both::giro, "giro"},
           {both::call_money, "call_money"},
           {both::call_money, "savings"},
           {both::business, "business"}}};
}

TEST_CASE("wrong step: an enumerator is put between others, removed, or renamed") {
  const golden_test::unpacked_store store(1);
  const auto other_number = refusal<account<inserted>>(store);
  CHECK(is_at(other_number, "event account.opened 1, /kind"));
  CHECK(says(other_number, "the store has the enumerator savings=2, the program has savings=3"));
  CHECK(says(other_number, "Take the change back"));
  const auto gone = refusal<account<removed>>(store);
  CHECK(says(gone, "the store has the enumerator savings=2, the program does not have it"));
  const auto other_name = refusal<account<renamed>>(store);
  CHECK(says(other_name, "the store has the enumerator savings=2, the program calls this value "
                         "call_money; enum_names may hold the old name behind the new one"));
  works<account<both>>(store);
}

} // namespace enum_changed

// -- towards the third release

namespace field_renamed {

using bank::release_1::deposited;
using bank::release_1::locked;
using bank::release_3::account_kind;

namespace wrong {
struct opened {
  std::string holder;
  account_kind kind = account_kind::giro;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(holder), CEREAL_NVP(kind)); }
};
using account = reader<with_rest_of_first<opened, deposited, locked>>;
} // namespace wrong

// clang-format off
AS_TOLD(opened_v1, struct opened_v1 { enum class kind_type : std::int32_t { giro = 1, savings = 2 }; friend constexpr std::array<std::pair<kind_type, std::string_view>, 2> enum_names(kind_type) { return {{{kind_type::giro, "giro"}, {kind_type::savings, "savings"}}}; } std::string owner{}; kind_type kind{}; template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner), CEREAL_NVP(kind)); } };);
// clang-format on
struct opened {
  static constexpr unsigned schema = 2;
  std::string holder;
  account_kind kind = account_kind::giro;
  static opened upcast(const opened_v1& old) {
    return {old.owner, static_cast<account_kind>(old.kind)};
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(holder), CEREAL_NVP(kind)); }
};
using account = reader<with_rest_of_first<opened, deposited, locked>>;

TEST_CASE("wrong step: a field is renamed, and the schema stays") {
  const golden_test::unpacked_store store(1);
  const auto why = refusal<wrong::account>(store);
  CHECK(is_at(why, "event account.opened 1"));
  CHECK(says(why, "the store has the field owner, the program holder"));
  CHECK(says(why, opened_v1_told));
  CHECK(says(why, "static opened upcast(const opened_v1& old)"));
  works<account>(store);
}

} // namespace field_renamed

namespace event_renamed {

using bank::release_1::deposited;
using bank::release_1::opened;

namespace wrong {
struct frozen {
  template <class A> void serialize(A&) {}
};
using account = reader<with_rest_of_first<opened, deposited, frozen>>;
} // namespace wrong

namespace named {
struct frozen {
  static constexpr std::string_view name = "locked";
  template <class A> void serialize(A&) {}
};
using account = reader<with_rest_of_first<opened, deposited, frozen>>;
} // namespace named

namespace kept {
using wrong::frozen;
// clang-format off
AS_TOLD(locked, struct locked { template <class A> void serialize(A&) {} };);
// clang-format on
frozen upcast(const locked&) { return {}; }
using account = reader<with_rest_of_first<opened, deposited, frozen>, acta::one_of<locked>>;
} // namespace kept

using retiring = reader<with_rest_of_first<opened, deposited, wrong::frozen>,
                        acta::one_of<acta::retired<"locked">>>;

TEST_CASE("wrong step: an event's struct has another name") {
  const golden_test::unpacked_store store(1);
  const auto why = refusal<wrong::account>(store);
  CHECK(why.where() == "contract.txt: event account.locked 1");
  CHECK(says(why, "the store holds 1 event of this type"));
  CHECK(says(why, "static constexpr std::string_view name = \"locked\";"));
  CHECK(says(why, kept::locked_told));
  CHECK(says(why, "upcast(const locked&)"));
  CHECK(says(why, "acta::retired<\"locked\">"));
  SECTION("the new one has the old name") { works<named::account>(store); }
  SECTION("the old one stays, and leads to the new one") { works<kept::account>(store); }
  SECTION("nobody needs it any more") { works<retiring>(store); }
}

} // namespace event_renamed

// -- towards the fourth release

namespace input_changed {

using namespace bank::release_3;

/// A process of which nothing matters but its inputs.
template <class... Inputs> struct promise_of {
  static constexpr std::string_view name = "promise";
  using inputs = acta::one_of<Inputs...>;
  acta::reaction react(const auto&) const { return {}; }
  template <class A> void serialize(A&) {}
};
template <class Process> acta::model model_with() {
  acta::model m;
  m.process<Process>();
  return m;
}

namespace wrong {
struct promise_due {
  std::string account;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(account), CEREAL_NVP(cents)); }
};
} // namespace wrong

TEST_CASE("wrong step: what a pending timer will bring has another type, and the schema stays") {
  const golden_test::unpacked_store store(3);
  acta::runtime_options options;
  options.create = false;
  using process = promise_of<promise_money, wrong::promise_due, deposited>;
  acta::result<acta::runtime> opened = test::try_open(store.path(), model_with<process>(), options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code() == acta::runtime_errc::contract_changed);
  CHECK(is_at(opened.error(), "input promise.promise_due 1, /cents"));
  CHECK(says(opened.error(), "the store has i32, the program i64"));
  CHECK(says(opened.error(), "static constexpr unsigned schema"));
  // The fourth release has a new schema, and an upcast.
  using mended = promise_of<promise_money, bank::release_4::promise_due, deposited>;
  auto r = test::must_find(store.path(), model_with<mended>(), options);
  CHECK(r.state<mended>("due-3"));
}

} // namespace input_changed

namespace field_retyped {

using namespace bank::release_3;
template <class LimitSet>
using account_with = reader<acta::one_of<opened, LimitSet, deposited, interest_paid, withdrawn,
                                         paid_by_card, leaflet_sent, frozen>>;
namespace wrong {
struct limit_set {
  std::int64_t euros = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(euros)); }
};
} // namespace wrong

TEST_CASE("wrong step: a field has another type, and the schema stays") {
  const golden_test::unpacked_store store(3);
  const auto why = refusal<account_with<wrong::limit_set>>(store);
  CHECK(is_at(why, "event account.limit_set 1, /euros"));
  CHECK(says(why, "the store has i32, the program i64"));
  // The fourth release has what is told, in a field of another name.
  CHECK(says(why, "struct limit_set_v1 { std::int32_t euros{}; "));
  CHECK(says(why, "static constexpr unsigned schema = 2;"));
  works<account_with<bank::release_4::limit_set>>(store);
}

} // namespace field_retyped

// -- towards the fifth release

namespace split {

using namespace bank::release_5;
template <class Earlier>
using account_with = reader<
    acta::one_of<opened, limit_set, deposited, interest_paid, withdrawn, fee_charged, frozen>,
    Earlier>;

TEST_CASE("wrong step: an event becomes two, and its struct goes") {
  const golden_test::unpacked_store store(4);
  const auto why = refusal<account_with<acta::one_of<acta::retired<"leaflet_sent">>>>(store);
  CHECK(why.where() == "contract.txt: event account.paid_by_card 1");
  CHECK(says(why, "the store holds 4 events of this type"));
  CHECK(says(why, "struct paid_by_card { std::int64_t cents{}; std::int64_t fee{}; "));
  CHECK(says(why, "a function `upcast(const paid_by_card&)` beside it"));
  CHECK(says(why, "list `paid_by_card` in the aggregate's `earlier`"));
  works<account_with<bank::release_5::account::earlier>>(store);
}

TEST_CASE("wrong step: an event that nobody writes any more is deleted") {
  const golden_test::unpacked_store store(4);
  const auto why = refusal<account_with<acta::one_of<paid_by_card>>>(store);
  CHECK(why.where() == "contract.txt: event account.leaflet_sent 1");
  CHECK(says(why, "acta::retired<\"leaflet_sent\">"));
  works<account_with<bank::release_5::account::earlier>>(store);
}

namespace swapped {
struct paid_by_card {
  std::int64_t fee = 0;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(fee), CEREAL_NVP(cents)); }
};
inline withdrawn upcast(const paid_by_card& old) { return {old.cents}; }
} // namespace swapped

TEST_CASE("wrong step: two fields of one type change places in an older struct") {
  const golden_test::unpacked_store store(4);
  using wrong = account_with<acta::one_of<swapped::paid_by_card, acta::retired<"leaflet_sent">>>;
  const auto why = refusal<wrong>(store);
  CHECK(is_at(why, "event account.paid_by_card 1"));
  CHECK(says(why, "the store has the field cents, the program fee"));
}

} // namespace split

// -- towards the sixth release

namespace merged {

using namespace bank::release_5;
template <class Opened>
using account_with = reader<
    acta::one_of<Opened, limit_set, deposited, interest_paid, withdrawn, fee_charged, frozen>,
    bank::release_5::account::earlier>;

namespace version_left_out {
/// From the first, as if there had been no second.
struct opened {
  static constexpr unsigned schema = 3;
  std::string holder;
  account_kind kind = account_kind::giro;
  std::int64_t limit = 0;
  static opened upcast(const opened_v1& old) { return {old.owner, old.kind, 0}; }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(holder), CEREAL_NVP(kind), CEREAL_NVP(limit));
  }
};
} // namespace version_left_out

namespace other_order {
struct opened_v1 {
  account_kind kind = account_kind::giro;
  std::string owner;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(kind), CEREAL_NVP(owner)); }
};
struct opened {
  static constexpr unsigned schema = 2;
  std::string holder;
  account_kind kind = account_kind::giro;
  static opened upcast(const opened_v1& old) { return {old.owner, old.kind}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(holder), CEREAL_NVP(kind)); }
};
} // namespace other_order

namespace schema_lost {
struct opened {
  std::string holder;
  account_kind kind = account_kind::giro;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(holder), CEREAL_NVP(kind)); }
};
} // namespace schema_lost

TEST_CASE("wrong step: a version in the middle is left out") {
  const golden_test::unpacked_store store(5);
  const auto why = refusal<account_with<version_left_out::opened>>(store);
  // The struct before the third is the second, which it was not.
  CHECK(is_at(why, "event account.opened 2"));
  CHECK(says(why, "the store has the field holder, the program owner"));
}

TEST_CASE("wrong step: an older struct has its fields in another order") {
  const golden_test::unpacked_store store(5);
  const auto why = refusal<account_with<other_order::opened>>(store);
  CHECK(is_at(why, "event account.opened 1"));
  CHECK(says(why, "the store has the field owner, the program kind"));
}

TEST_CASE("wrong step: the schema goes back to what it was") {
  const golden_test::unpacked_store store(5);
  const auto why = refusal<account_with<schema_lost::opened>>(store);
  CHECK(is_at(why, "event account.opened 1"));
  CHECK(says(why, "the store has the field owner, the program holder"));
  CHECK(says(why, "static constexpr unsigned schema = 2;"));
  works<account_with<bank::release_5::opened>>(store);
}

} // namespace merged

} // namespace wrong_steps_test
