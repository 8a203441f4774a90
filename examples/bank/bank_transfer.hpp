// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Money from one account to another: a process. Two accounts are two streams, so it is done in
/// steps, and undone by a step of its own if the second account says no.
#pragma once

#include "bank.hpp"

#include <chrono>

namespace bank {

struct request_transfer {
  std::string from, to;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents));
  }
};
/// A day has gone by and the transfer has not come to its end: somebody should look.
struct expired {
  template <class A> void serialize(A&) {}
};

struct transfer {
  static constexpr std::string_view name = "transfer";
  using inputs = acta::one_of<request_transfer, debited, credited, expired, acta::rejected<debit>,
                              acta::rejected<credit>>;

  std::string from, to;
  std::int64_t cents = 0;
  bool is_late = false; ///< since `expired`

  acta::reaction react(const request_transfer& r) const {
    if (!from.empty()) return {};
    return {acta::send<account>(r.from, debit{r.cents}),
            acta::after(std::chrono::hours{24}, expired{})};
  }
  acta::reaction react(const debited&) const { return acta::send<account>(to, credit{cents}); }
  acta::reaction react(const credited&) const { return acta::finish(); } // there, or back again
  acta::reaction react(const expired&) const { return {}; }
  acta::reaction react(const acta::rejected<debit>&) const { return acta::finish(); }
  acta::reaction react(const acta::rejected<credit>&) const {
    return acta::send<account>(from, credit{cents});
  }

  void evolve(const request_transfer& r) {
    if (!from.empty()) return;
    from = r.from;
    to = r.to;
    cents = r.cents;
  }
  void evolve(const expired&) { is_late = true; }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents), CEREAL_NVP(is_late));
  }
};

} // namespace bank
