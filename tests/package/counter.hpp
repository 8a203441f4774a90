// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The domain of the package tests: a stranger's smallest aggregate.
#pragma once

#include <acta/domain.hpp>

#include <cereal/cereal.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tally {

#ifndef TALLY_HAS_REASON
struct added {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
#else
struct added {
  std::int64_t amount = 0;
  std::string reason{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount), CEREAL_NVP(reason)); }
};
#endif
struct add {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};

struct counter {
  static constexpr std::string_view name = "counter";
  using events = acta::one_of<added>;
  using commands = acta::one_of<add>;
  using decision = acta::decision<events>;

  std::int64_t total = 0;

  decision decide(const add& c) const {
    if (c.amount <= 0) return acta::reject("not_positive");
    return added{c.amount};
  }
  void evolve(const added& e) { total += e.amount; }

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(total)); }
};

} // namespace tally
