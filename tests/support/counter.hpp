// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A small domain with every kind of trouble built in.
#pragma once

#include <acta/domain.hpp>

#include <atomic>
#include <stdexcept>
#include <string>

namespace test {

struct added {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
struct noted {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
/// evolve throws on it while `armed`: a poisoned stream.
struct bomb_planted {
  static inline std::atomic<bool> armed{false};
  template <class A> void serialize(A&) {}
};

struct add {
  std::int64_t amount = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount)); }
};
struct note {
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};
struct add_many {
  std::int64_t amount = 0;
  std::uint32_t times = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(amount), CEREAL_NVP(times)); }
};
struct plant_bomb {
  template <class A> void serialize(A&) {}
};
struct throw_up {
  template <class A> void serialize(A&) {}
};
struct do_nothing {
  template <class A> void serialize(A&) {}
};

struct counter {
  static constexpr std::string_view name = "counter";
  using events = acta::one_of<added, noted, bomb_planted>;
  using commands = acta::one_of<add, note, add_many, plant_bomb, throw_up, do_nothing>;
  using decision = acta::decision<events>;

  std::int64_t total = 0;
  std::uint64_t count = 0;

  decision decide(const add& c) const {
    if (total + c.amount < 0)
      return acta::reject("below_zero", "total is " + std::to_string(total));
    return added{c.amount};
  }
  decision decide(const note& c) const { return noted{c.text}; }
  decision decide(const add_many& c) const {
    decision d;
    for (std::uint32_t i = 0; i < c.times; ++i) d.add(added{c.amount});
    return d;
  }
  decision decide(const plant_bomb&) const { return bomb_planted{}; }
  decision decide(const throw_up&) const { throw std::runtime_error("decide had enough"); }
  decision decide(const do_nothing&) const { return {}; }

  void evolve(const added& e) {
    total += e.amount;
    ++count;
  }
  void evolve(const noted&) { ++count; }
  void evolve(const bomb_planted&) {
    if (bomb_planted::armed) throw std::runtime_error("the bomb went off");
    ++count;
  }

  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(total), CEREAL_NVP(count)); }
};

} // namespace test
