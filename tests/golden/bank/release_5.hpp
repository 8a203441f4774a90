// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The fifth release: a payment by card is a withdrawal and a fee, and nobody sends leaflets.
#pragma once

#include "notes.hpp"

#include <acta/domain.hpp>

#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>

namespace bank::release_5 {

enum class account_kind { giro = 1, savings = 2, business = 3 };
constexpr std::array<std::pair<account_kind, std::string_view>, 3> enum_names(account_kind) {
  return {{{account_kind::giro, "giro"},
           {account_kind::savings, "savings"},
           {account_kind::business, "business"}}};
}

// -- events

struct opened_v1 {
  std::string owner;
  account_kind kind = account_kind::giro;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner), CEREAL_NVP(kind)); }
};
struct opened {
  static constexpr unsigned schema = 2;
  std::string holder;
  account_kind kind = account_kind::giro;
  static opened upcast(const opened_v1& old) { return {old.owner, old.kind}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(holder), CEREAL_NVP(kind)); }
};
struct limit_set_v1 {
  std::int32_t euros = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(euros)); }
};
struct limit_set {
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  static limit_set upcast(const limit_set_v1& old) { return {std::int64_t{100} * old.euros}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct deposited_v1 {
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
struct interest_paid {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct withdrawn {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct fee_charged {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct paid_by_card {
  std::int64_t cents = 0;
  std::int64_t fee = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(fee)); }
};
inline std::tuple<withdrawn, fee_charged> upcast(const paid_by_card& old) {
  return {withdrawn{old.cents}, fee_charged{old.fee}};
}
struct frozen {
  static constexpr std::string_view name = "locked";
  template <class A> void serialize(A&) {}
};

// -- commands

struct open_account_v1 {
  std::string owner;
  account_kind kind = account_kind::giro;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner), CEREAL_NVP(kind)); }
};
struct open_account {
  static constexpr unsigned schema = 2;
  std::string holder;
  account_kind kind = account_kind::giro;
  static open_account upcast(const open_account_v1& old) { return {old.owner, old.kind}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(holder), CEREAL_NVP(kind)); }
};
struct set_limit_v1 {
  std::int32_t euros = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(euros)); }
};
struct set_limit {
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  static set_limit upcast(const set_limit_v1& old) { return {std::int64_t{100} * old.euros}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct deposit_v1 {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct deposit {
  static constexpr unsigned schema = 2;
  std::int64_t cents = 0;
  std::string currency;
  static deposit upcast(const deposit_v1& old) { return {old.cents, "EUR"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};
struct pay_interest {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct withdraw {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct pay_by_card {
  std::int64_t cents = 0;
  std::int64_t fee = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(fee)); }
};
struct freeze {
  static constexpr std::string_view name = "lock";
  template <class A> void serialize(A&) {}
};

// -- the account

struct account {
  static constexpr std::string_view name = "account";
  using events =
      acta::one_of<opened, limit_set, deposited, interest_paid, withdrawn, fee_charged, frozen>;
  using earlier = acta::one_of<paid_by_card, acta::retired<"leaflet_sent">>;
  using commands =
      acta::one_of<open_account, set_limit, deposit, pay_interest, withdraw, pay_by_card, freeze>;
  using decision = acta::decision<events>;

  bool is_open = false;
  std::string holder;
  account_kind kind = account_kind::giro;
  std::int64_t cents = 0;
  std::int64_t limit = 0;
  std::set<std::string> currencies;
  std::int64_t fees = 0;
  bool is_frozen = false;

  decision decide(const open_account& c) const {
    if (is_open) return acta::reject("already_open");
    return opened{c.holder, c.kind};
  }
  decision decide(const set_limit& c) const { return if_open(limit_set{c.cents}); }
  decision decide(const deposit& c, const acta::context& of) const {
    // A mistake that the sixth release mends: what waits for it then goes on.
    if (of.id() == "unlucky") throw std::logic_error("nobody thought of that");
    return if_open(deposited{c.cents, c.currency});
  }
  decision decide(const pay_interest& c) const { return if_open(interest_paid{c.cents}); }
  decision decide(const withdraw& c) const {
    if (is_frozen) return acta::reject("locked");
    if (c.cents > cents + limit) return acta::reject("insufficient_funds");
    return if_open(withdrawn{c.cents});
  }
  decision decide(const pay_by_card& c) const {
    if (!is_open) return acta::reject("not_open");
    return {withdrawn{c.cents}, fee_charged{c.fee}};
  }
  decision decide(const freeze&) const { return if_open(frozen{}); }

  void evolve(const opened& e) {
    is_open = true;
    holder = e.holder;
    kind = e.kind;
  }
  void evolve(const limit_set& e) { limit = e.cents; }
  void evolve(const deposited& e) {
    cents += e.cents;
    currencies.insert(e.currency);
  }
  void evolve(const interest_paid& e) { cents += e.cents; }
  void evolve(const withdrawn& e) { cents -= e.cents; }
  void evolve(const fee_charged& e) {
    cents -= e.cents;
    fees += e.cents;
  }
  void evolve(const frozen&) { is_frozen = true; }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(is_open), CEREAL_NVP(holder), CEREAL_NVP(kind), CEREAL_NVP(cents),
       CEREAL_NVP(limit), CEREAL_NVP(currencies), CEREAL_NVP(fees), CEREAL_NVP(is_frozen));
  }

private:
  decision if_open(auto event) const {
    if (!is_open) return acta::reject("not_open");
    return event;
  }
};

// -- money from one account to another

struct request_transfer_v1 {
  std::string from;
  std::string to;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents));
  }
};
struct request_transfer {
  static constexpr unsigned schema = 2;
  std::string from;
  std::string to;
  std::int64_t cents = 0;
  std::string reference;
  static request_transfer upcast(const request_transfer_v1& old) {
    return {old.from, old.to, old.cents, "none"};
  }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents), CEREAL_NVP(reference));
  }
};
struct expired {
  template <class A> void serialize(A&) {}
};

struct transfer {
  static constexpr std::string_view name = "transfer";
  using inputs = acta::one_of<request_transfer, withdrawn, deposited, expired,
                              acta::rejected<withdraw>, acta::rejected<deposit>>;

  std::string from;
  std::string to;
  std::int64_t cents = 0;
  std::string reference;
  std::string state = "new";

  acta::reaction react(const request_transfer& r) const {
    return {acta::send<account>(r.from, withdraw{r.cents}),
            acta::after(std::chrono::hours{24 * 365 * 20}, expired{})};
  }
  acta::reaction react(const withdrawn&) const {
    return acta::send<account>(to, deposit{cents, "EUR"});
  }
  acta::reaction react(const deposited&) const { return acta::finish(); }
  acta::reaction react(const expired&) const { return acta::finish(); }
  acta::reaction react(const acta::rejected<withdraw>&) const { return acta::finish(); }
  acta::reaction react(const acta::rejected<deposit>&) const {
    return acta::send<account>(from, deposit{cents, "EUR"});
  }

  void evolve(const request_transfer& r) {
    from = r.from;
    to = r.to;
    cents = r.cents;
    reference = r.reference;
    state = "asked";
  }
  void evolve(const withdrawn&) { state = "under way"; }
  void evolve(const deposited&) { state = state == "returning" ? "returned" : "done"; }
  void evolve(const expired&) { state = "expired"; }
  void evolve(const acta::rejected<withdraw>& no) { state = "refused: " + no.code; }
  void evolve(const acta::rejected<deposit>&) { state = "returning"; }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents), CEREAL_NVP(reference),
       CEREAL_NVP(state));
  }
};

// -- money that is promised for later

struct promise_money {
  std::string account;
  std::int32_t cents = 0;
  std::int64_t seconds = 0;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(account), CEREAL_NVP(cents), CEREAL_NVP(seconds));
  }
};
struct promise_due_v1 {
  std::string account;
  std::int32_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(account), CEREAL_NVP(cents)); }
};
struct promise_due {
  static constexpr unsigned schema = 2;
  std::string account;
  std::int64_t cents = 0;
  std::string note;
  static promise_due upcast(const promise_due_v1& old) { return {old.account, old.cents, "old"}; }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(account), CEREAL_NVP(cents), CEREAL_NVP(note));
  }
};

struct promise {
  static constexpr std::string_view name = "promise";
  using inputs = acta::one_of<promise_money, promise_due, deposited>;

  std::string state = "new";
  std::string note;

  acta::reaction react(const promise_money& p) const {
    return acta::after(std::chrono::seconds{p.seconds}, promise_due{p.account, p.cents, "new"});
  }
  acta::reaction react(const promise_due& p) const {
    return acta::send<release_5::account>(p.account, deposit{p.cents, "EUR"});
  }
  acta::reaction react(const deposited&) const { return acta::finish(); }

  void evolve(const promise_money&) { state = "promised"; }
  void evolve(const promise_due& p) {
    state = "due";
    note = p.note;
  }
  void evolve(const deposited&) { state = "kept"; }

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(state), CEREAL_NVP(note)); }
};

// -- views

struct balance {
  static constexpr std::string_view name = "balances";
  using events = acta::one_of<opened, deposited, interest_paid, withdrawn, fee_charged>;

  std::string holder;
  std::int64_t cents = 0;

  void evolve(const opened& e) { holder = e.holder; }
  void evolve(const deposited& e) { cents += e.cents; }
  void evolve(const interest_paid& e) { cents += e.cents; }
  void evolve(const withdrawn& e) { cents -= e.cents; }
  void evolve(const fee_charged& e) { cents -= e.cents; }

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(holder), CEREAL_NVP(cents)); }
};

/// The same text in each release.
struct withdrawals {
  static constexpr std::string_view name = "withdrawals";
  using events = acta::one_of<withdrawn>;

  std::int64_t count = 0;
  std::int64_t cents = 0;

  void evolve(const withdrawn& e) {
    ++count;
    cents += e.cents;
  }

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(count), CEREAL_NVP(cents)); }
};

// -- who writes down what happens

struct clerk {
  static constexpr std::string_view name = "clerk";
  using events = acta::one_of<opened, deposited, withdrawn>;
  std::shared_ptr<notes> book = std::make_shared<notes>();

  void handle(const opened& e) const { book->add("opened for " + e.holder); }
  void handle(const deposited& e) const {
    book->add("+" + std::to_string(e.cents) + " " + e.currency);
  }
  void handle(const withdrawn& e) const { book->add("-" + std::to_string(e.cents)); }
};

inline acta::model model(std::shared_ptr<notes> book) {
  acta::model m;
  m.aggregate<account>({.snapshot_every = 8}).process<transfer>().process<promise>();
  m.view<balance>().view<withdrawals>();
  m.subscriber<clerk>({.start = acta::start_at::beginning}, clerk{std::move(book)});
  return m;
}

} // namespace bank::release_5
