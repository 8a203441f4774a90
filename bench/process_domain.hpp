// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The processes that are measured: transfers between wallets, and alarms.
#pragma once

#include <acta/domain.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

struct paid_in {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct paid_out {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct pay_in {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct pay_out {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
/// May go below zero, so that nothing is rejected.
struct wallet {
  static constexpr std::string_view name = "wallet";
  using events = acta::one_of<paid_in, paid_out>;
  using commands = acta::one_of<pay_in, pay_out>;
  using decision = acta::decision<events>;
  std::int64_t cents = 0;
  decision decide(const pay_in& c) const { return paid_in{c.cents}; }
  decision decide(const pay_out& c) const { return paid_out{c.cents}; }
  void evolve(const paid_in& e) { cents += e.cents; }
  void evolve(const paid_out& e) { cents -= e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct request {
  std::string from, to;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents));
  }
};
struct expired {
  template <class A> void serialize(A&) {}
};
/// Three steps and two commands, and a timer that is set and does not fire.
struct transfer {
  static constexpr std::string_view name = "transfer";
  using inputs = acta::one_of<request, paid_out, paid_in, expired>;
  static constexpr std::uint64_t steps = 3;
  static constexpr std::uint64_t commits = 5;

  std::string to;
  std::int64_t cents = 0;
  acta::reaction react(const request& r) const {
    return {acta::send<wallet>(r.from, pay_out{r.cents}),
            acta::after(std::chrono::hours{24}, expired{})};
  }
  acta::reaction react(const paid_out&) const { return acta::send<wallet>(to, pay_in{cents}); }
  acta::reaction react(const paid_in&) const { return acta::finish(); }
  acta::reaction react(const expired&) const { return acta::finish(); }
  void evolve(const request& r) {
    to = r.to;
    cents = r.cents;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(to), CEREAL_NVP(cents)); }
};

/// Sets `count` timers; the first is due in `first_us`, each later one `apart_us` after it.
struct set_alarms {
  std::int64_t count = 1;
  std::int64_t first_us = 0;
  std::int64_t apart_us = 0;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(count), CEREAL_NVP(first_us), CEREAL_NVP(apart_us));
  }
};
struct ring {
  acta::time_point due{}; ///< to be compared with when it was stored
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(due)); }
};
struct alarm_clock {
  static constexpr std::string_view name = "alarm_clock";
  using inputs = acta::one_of<set_alarms, ring>;
  std::uint64_t rung = 0;
  acta::reaction react(const set_alarms& s, const acta::context& c) const {
    acta::reaction r;
    for (std::int64_t i = 0; i < s.count; ++i) {
      const auto due = c.now() + std::chrono::microseconds{s.first_us + i * s.apart_us};
      r.add(acta::at(due, ring{due}, "alarm" + std::to_string(i)));
    }
    return r;
  }
  acta::reaction react(const ring&) const { return {}; }
  void evolve(const ring&) { ++rung; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(rung)); }
};

} // namespace bench
