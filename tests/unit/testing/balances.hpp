// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A sound view and a sound query: what the kit must let pass. The kit's README shows them.
#pragma once

#include <acta/testing.hpp>

struct opened {
  std::string owner;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
struct credited {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct closed {
  template <class A> void serialize(A&) {}
};

// [view]
struct balance {
  static constexpr std::string_view name = "balances";
  using events = acta::one_of<opened, credited, closed>;
  std::string owner;
  std::int64_t cents = 0;

  void evolve(const opened& e) { owner = e.owner; }
  void evolve(const credited& e) { cents += e.cents; }
  acta::row_fate evolve(const closed&) { return acta::row_fate::remove; }
  static auto indexes() { return acta::indexes(acta::index("by_owner", &balance::owner)); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner), CEREAL_NVP(cents)); }
};

struct money {
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct money_of {
  static constexpr std::string_view name = "money_of";
  using reply = money;
  std::string owner;

  acta::result<reply> answer(const acta::picture& p) const {
    if (owner.empty()) return acta::error(acta::errc::invalid_argument, "whose?");
    money sum;
    auto read =
        p.view<balance>().each({.index = "by_owner", .equal = acta::key(owner)},
                               [&](std::string_view, const balance& b) { sum.cents += b.cents; });
    if (!read) return std::move(read).error();
    return sum;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
// [view end]
