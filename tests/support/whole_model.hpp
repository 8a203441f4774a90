// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A model with one of each: an aggregate, a view, a process, a subscriber.
#pragma once

#include "counter_views.hpp"

#include <acta/domain.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace test {

/// Hears of every event, as one instance.
struct follow {
  static constexpr std::string_view name = "follow";
  using inputs = acta::one_of<added>;
  std::uint32_t seen = 0;
  static std::optional<std::string> key(const added&, const acta::metadata&) { return "all"; }
  acta::reaction react(const added&) const { return {}; }
  void evolve(const added&) { ++seen; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(seen)); }
};
struct listener {
  static constexpr std::string_view name = "listener";
  using events = acta::one_of<added>;
  void handle(const added&) const {}
};

inline acta::model whole_model() {
  acta::model m;
  m.aggregate<counter>();
  m.view<totals>();
  m.process<follow>();
  m.subscriber<listener>();
  return m;
}

} // namespace test
