// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Money from one account to another: a process that compensates, waits and gives up.
#pragma once

#include "bank.hpp"

#include <acta/domain.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace test {

using namespace bank;

struct request_transfer {
  std::string from, to;
  std::int64_t cents = 0;
  std::int64_t patience_ms = 24L * 3600 * 1000;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents), CEREAL_NVP(patience_ms));
  }
};
struct expired {
  template <class A> void serialize(A&) {}
};

struct transfer {
  static constexpr std::string_view name = "transfer";
  using inputs = acta::one_of<request_transfer, debited, credited, expired, acta::rejected<debit>,
                              acta::rejected<credit>>;

  std::string from, to;
  std::int64_t cents = 0;
  std::string state = "new";

  acta::reaction react(const request_transfer& r) const {
    if (state != "new") return {};
    return {acta::send<account>(r.from, debit{r.cents}),
            acta::after(std::chrono::milliseconds{r.patience_ms}, expired{})};
  }
  acta::reaction react(const debited&) const { return acta::send<account>(to, credit{cents}); }
  acta::reaction react(const credited&) const { return acta::finish(); }
  acta::reaction react(const expired&) const { return acta::finish(); }
  acta::reaction react(const acta::rejected<debit>&) const { return acta::finish(); }
  acta::reaction react(const acta::rejected<credit>&) const {
    return acta::send<account>(from, credit{cents});
  }

  void evolve(const request_transfer& r) {
    from = r.from;
    to = r.to;
    cents = r.cents;
    state = "debiting";
  }
  void evolve(const debited&) { state = "crediting"; }
  void evolve(const credited&) { state = state == "returning" ? "returned" : "done"; }
  void evolve(const expired&) { state = "expired"; }
  void evolve(const acta::rejected<debit>& no) { state = "refused: " + no.code; }
  void evolve(const acta::rejected<credit>&) { state = "returning"; }

  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(from), CEREAL_NVP(to), CEREAL_NVP(cents), CEREAL_NVP(state));
  }
};

} // namespace test
