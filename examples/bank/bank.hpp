// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The smallest domain: an account that cannot be overdrawn.
#pragma once

#include <acta/domain.hpp>

#include <limits>

namespace bank {

// Events: what has happened. They are stored for ever.
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

// Commands: what somebody wants.
struct open_account {
  std::string owner;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
struct credit {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
// [account]
struct debit {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct account {
  static constexpr std::string_view name = "account"; // durable; streams are account/<id>
  using events = acta::one_of<opened, credited, debited>;
  using commands = acta::one_of<open_account, credit, debit>;
  using decision = acta::decision<events>;

  bool is_open = false;
  std::int64_t cents = 0;

  decision decide(const open_account& c) const {
    if (is_open) return acta::reject("already_open");
    return opened{c.owner};
  }
  decision decide(const credit& c) const {
    if (c.cents <= 0) return acta::reject("bad_amount", "an amount is at least 1 cent");
    if (!is_open) return acta::reject("not_open");
    if (c.cents > std::numeric_limits<std::int64_t>::max() - cents)
      return acta::reject("overflow", "the account cannot hold so much");
    return credited{c.cents};
  }
  decision decide(const debit& c) const {
    if (c.cents <= 0) return acta::reject("bad_amount", "an amount is at least 1 cent");
    if (!is_open) return acta::reject("not_open");
    if (c.cents > cents)
      return acta::reject("insufficient_funds", "balance is " + std::to_string(cents));
    return debited{c.cents};
  }

  void evolve(const opened&) { is_open = true; }
  void evolve(const credited& e) { cents += e.cents; }
  void evolve(const debited& e) { cents -= e.cents; }

  // For snapshots, and for the state over HTTP.
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(is_open), CEREAL_NVP(cents)); }
};

// [account end]

// A view: one row per account, kept up to date by the runtime.
struct balance {
  static constexpr std::string_view name = "balances";
  using events = acta::one_of<opened, credited, debited>;

  std::string owner;
  std::int64_t cents = 0;

  void evolve(const opened& e) { owner = e.owner; }
  void evolve(const credited& e) { cents += e.cents; }
  void evolve(const debited& e) { cents -= e.cents; }

  static auto indexes() { return acta::indexes(acta::index("by_owner", &balance::owner)); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner), CEREAL_NVP(cents)); }
};

} // namespace bank
