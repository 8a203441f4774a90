// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A till and a process that has things paid, over three releases: each changes the command, the
/// event and the process's inputs.
#pragma once

#include <acta/domain.hpp>
#include <acta/runtime.hpp>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace test::orders {

/// Upcasts that are called while one lives throw.
inline std::atomic<bool> upcasts_throw{false};
struct broken_upcasts {
  broken_upcasts() { upcasts_throw = true; }
  ~broken_upcasts() { upcasts_throw = false; }
  broken_upcasts(const broken_upcasts&) = delete;
  broken_upcasts& operator=(const broken_upcasts&) = delete;
};
inline void may_throw() {
  if (upcasts_throw) throw std::runtime_error("broken upcast");
}

struct first {
  struct pay {
    std::int64_t cents = 0;
    [[nodiscard]] bool is_negative() const { return cents < 0; }
    [[nodiscard]] std::string text() const { return std::to_string(cents); }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
  };
  struct paid {
    std::int64_t cents = 0;
    [[nodiscard]] std::string text() const { return std::to_string(cents); }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
  };
  struct place {
    std::int64_t cents = 0;
    [[nodiscard]] std::string text() const { return std::to_string(cents); }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
  };
  struct late {
    static constexpr bool internal = true;
    std::int64_t round = 0;
    [[nodiscard]] std::string text() const { return "round " + std::to_string(round); }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(round)); }
  };
  static paid done(const pay& c) { return {c.cents}; }
  static pay pay_for(const place& p) { return {p.cents}; }
  static late soon() { return {1}; }
};

/// A field more in each.
struct second {
  struct pay {
    static constexpr unsigned schema = 2;
    std::int64_t cents = 0;
    std::string currency;
    static pay upcast(const first::pay& old) {
      may_throw();
      return {old.cents, "EUR"};
    }
    [[nodiscard]] bool is_negative() const { return cents < 0; }
    [[nodiscard]] std::string text() const { return std::to_string(cents) + currency; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
  };
  struct paid {
    static constexpr unsigned schema = 2;
    std::int64_t cents = 0;
    std::string currency;
    static paid upcast(const first::paid& old) { return {old.cents, "EUR"}; }
    [[nodiscard]] std::string text() const { return std::to_string(cents) + currency; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
  };
  struct place {
    static constexpr unsigned schema = 2;
    std::int64_t cents = 0;
    std::string note;
    static place upcast(const first::place& old) { return {old.cents, "none"}; }
    [[nodiscard]] std::string text() const { return std::to_string(cents) + ' ' + note; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(note)); }
  };
  struct late {
    static constexpr bool internal = true;
    static constexpr unsigned schema = 2;
    std::int64_t round = 0;
    std::string why;
    static late upcast(const first::late& old) { return {old.round, "time"}; }
    [[nodiscard]] std::string text() const { return "round " + std::to_string(round) + ' ' + why; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(round), CEREAL_NVP(why)); }
  };
  static paid done(const pay& c) { return {c.cents, c.currency}; }
  static pay pay_for(const place& p) { return {p.cents, "CHF"}; }
  static late soon() { return {2, "slow"}; }
};

/// Money in mils. The older structs are what an error advises to keep: none says a number.
struct third {
  struct pay_v1 {
    std::int64_t cents{};
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
  };
  struct pay_v2 {
    std::int64_t cents{};
    std::string currency{};
    static pay_v2 upcast(const pay_v1& old) {
      may_throw();
      return {old.cents, "EUR"};
    }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
  };
  struct pay {
    static constexpr unsigned schema = 3;
    std::int64_t mils = 0;
    std::string currency;
    static pay upcast(const pay_v2& old) { return {old.cents * 10, old.currency}; }
    [[nodiscard]] bool is_negative() const { return mils < 0; }
    [[nodiscard]] std::string text() const { return std::to_string(mils) + 'm' + currency; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(mils), CEREAL_NVP(currency)); }
  };
  struct paid {
    static constexpr unsigned schema = 3;
    std::int64_t mils = 0;
    std::string currency;
    static paid upcast(const second::paid& old) { return {old.cents * 10, old.currency}; }
    [[nodiscard]] std::string text() const { return std::to_string(mils) + 'm' + currency; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(mils), CEREAL_NVP(currency)); }
  };
  struct place {
    static constexpr unsigned schema = 3;
    std::int64_t mils = 0;
    std::string note;
    static place upcast(const second::place& old) {
      may_throw();
      return {old.cents * 10, old.note};
    }
    [[nodiscard]] std::string text() const { return std::to_string(mils) + "m " + note; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(mils), CEREAL_NVP(note)); }
  };
  struct late {
    static constexpr bool internal = true;
    static constexpr unsigned schema = 3;
    std::string why;
    static late upcast(const second::late& old) {
      may_throw();
      return {old.why + ' ' + std::to_string(old.round)};
    }
    [[nodiscard]] std::string text() const { return why; }
    template <class A> void serialize(A& ar) { ar(CEREAL_NVP(why)); }
  };
  static paid done(const pay& c) { return {c.mils, c.currency}; }
  static pay pay_for(const place& p) { return {p.mils, "USD"}; }
  static late soon() { return {"waited"}; }
};

using texts = std::vector<std::string>;

template <class R> struct till {
  static constexpr std::string_view name = "till";
  using events = acta::one_of<typename R::paid>;
  using commands = acta::one_of<typename R::pay>;
  using decision = acta::decision<events>;
  texts paid;
  decision decide(const typename R::pay& c) const {
    if (c.is_negative()) return acta::reject("negative");
    return R::done(c);
  }
  void evolve(const typename R::paid& e) { paid.push_back(e.text()); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(paid)); }
};

/// What an order is for; its inputs may be others than those of the release.
template <class R,
          class Inputs = acta::one_of<typename R::place, typename R::late, typename R::paid,
                                      acta::rejected<typename R::pay>>,
          class Earlier = acta::one_of<>>
struct order {
  static constexpr std::string_view name = "order";
  using inputs = Inputs;
  using earlier = Earlier;
  texts happened;
  acta::reaction react(const typename R::place& p, const acta::context& c) const {
    return {acta::send<till<R>>(c.id(), R::pay_for(p)),
            acta::after(std::chrono::hours{1}, typename R::late{R::soon()})};
  }
  template <class I> acta::reaction react(const I&) const { return {}; }
  void evolve(const typename R::place& p) { happened.push_back("placed " + p.text()); }
  void evolve(const typename R::late& l) { happened.push_back("late " + l.text()); }
  void evolve(const typename R::paid& e) { happened.push_back("paid " + e.text()); }
  void evolve(const acta::rejected<typename R::pay>& no) {
    happened.push_back(no.code + ' ' + no.command.text());
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(happened)); }
};

template <class R, class Order = order<R>> acta::model whole() {
  acta::model m;
  m.aggregate<till<R>>().template process<Order>();
  return m;
}
/// What is sent to the till waits in the outbox.
template <class R, class Order = order<R>> acta::model without_till() {
  acta::model m;
  m.process<Order>();
  return m;
}

} // namespace test::orders
