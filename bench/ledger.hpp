// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The domain that is measured: events of any size, and many events a command.
#pragma once

#include <acta/domain.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

struct noted {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
struct note {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
struct bump {
  std::uint32_t times = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(times)); }
};
/// Several events in one commit, to fill a store quickly.
struct note_many {
  std::string text;
  std::uint32_t times = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text), CEREAL_NVP(times)); }
};
struct bumped {
  std::int64_t by = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(by)); }
};
struct ledger {
  static constexpr std::string_view name = "ledger";
  using events = acta::one_of<noted, bumped>;
  using commands = acta::one_of<note, bump, note_many>;
  using decision = acta::decision<events>;
  std::int64_t total = 0;
  std::uint64_t notes = 0;
  decision decide(const note& c) const { return noted{c.text}; }
  decision decide(const bump& c) const {
    decision d;
    for (std::uint32_t i = 0; i < c.times; ++i) d.add(bumped{i});
    return d;
  }
  decision decide(const note_many& c) const {
    decision d;
    for (std::uint32_t i = 0; i < c.times; ++i) d.add(noted{c.text});
    return d;
  }
  void evolve(const noted& e) { ++notes, total += static_cast<std::int64_t>(e.text.size()); }
  void evolve(const bumped& e) { total += e.by; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(total), CEREAL_NVP(notes)); }
};

} // namespace bench
