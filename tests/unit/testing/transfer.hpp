// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A sound process with the aggregates it speaks to: what the kit must let pass. The kit's README
/// shows it.
#pragma once

#include <acta/domain.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace bank {

struct open_account {
  std::string owner;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
struct credit {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct debit {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct opened {
  std::string owner;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
struct credited {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct debited {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<opened, credited, debited>;
  using commands = acta::one_of<open_account, credit, debit>;
  using decision = acta::decision<events>;

  bool is_open = false;

  decision decide(const open_account& c) const { return opened{c.owner}; }
  decision decide(const credit& c) const {
    if (!is_open) return acta::reject("not_open");
    return credited{c.cents};
  }
  decision decide(const debit& c) const {
    if (!is_open) return acta::reject("not_open");
    return debited{c.cents};
  }
  void evolve(const opened&) { is_open = true; }
  void evolve(const credited&) {}
  void evolve(const debited&) {}
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(is_open)); }
};

struct call {
  std::string why;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(why)); }
};
struct called {
  std::string why;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(why)); }
};
/// Where people look who set things right.
struct help_desk {
  static constexpr std::string_view name = "help_desk";
  using events = acta::one_of<called>;
  using commands = acta::one_of<call>;
  acta::decision<events> decide(const call& c) const { return called{c.why}; }
  void evolve(const called&) {}
  template <class A> void serialize(A&) {}
};

struct request_transfer {
  std::string from, to;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents));
  }
};
struct expired {
  template <class A> void serialize(A&) {}
};

// [transfer]
struct transfer {
  static constexpr std::string_view name = "transfer";
  using inputs = acta::one_of<request_transfer, debited, credited, expired, acta::rejected<debit>,
                              acta::rejected<credit>>;
  std::string from, to;
  std::int64_t cents = 0;

  acta::reaction react(const request_transfer& r) const {
    return {acta::send<account>(r.from, debit{r.cents}),
            acta::after(std::chrono::hours{24}, expired{})};
  }
  acta::reaction react(const debited&) const { return acta::send<account>(to, credit{cents}); }
  acta::reaction react(const credited&) const { return acta::finish(); }
  acta::reaction react(const acta::rejected<credit>&) const {
    return acta::send<account>(from, credit{cents});
  }
  acta::reaction react(const acta::rejected<debit>&) const { return acta::finish(); }
  acta::reaction react(const expired&) const {
    return acta::send<help_desk>("transfers", call{from + " waits for an answer"});
  }

  void evolve(const request_transfer& r) {
    from = r.from;
    to = r.to;
    cents = r.cents;
  }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents));
  }
};
// [transfer end]

} // namespace bank
