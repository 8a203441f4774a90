// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A process that gives others work, as much as is asked for, and one that sets timers.
#pragma once

#include "counter.hpp"

#include <acta/domain.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace test {

/// Notes for counters `to`, `to`+1, … of `targets`, in turn.
struct give_work {
  std::string prefix;
  std::int64_t first = 0, count = 1, targets = 1;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(prefix), CEREAL_NVP(first), CEREAL_NVP(count), CEREAL_NVP(targets));
  }
};
struct noter {
  static constexpr std::string_view name = "noter";
  using inputs = acta::one_of<give_work>;
  std::int64_t asked = 0;

  acta::reaction react(const give_work& w) const {
    acta::reaction r;
    for (std::int64_t i = w.first; i < w.first + w.count; ++i)
      r.add(acta::send<counter>(w.prefix + std::to_string(i % w.targets), note{std::to_string(i)}));
    return r;
  }
  void evolve(const give_work& w) { asked += w.count; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(asked)); }
};

struct remind {
  std::int64_t ms = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(ms)); }
};
struct be_quiet {
  template <class A> void serialize(A&) {}
};
/// Rings `again` times more at the very time it was due.
struct ring {
  std::int64_t ms = 0;
  std::int64_t again = 0;
  acta::time_point due{};
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(ms), CEREAL_NVP(again), CEREAL_NVP(due));
  }
};
struct remind_often {
  std::int64_t ms = 0;
  std::int64_t times = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(ms), CEREAL_NVP(times)); }
};

/// Several timers, due at once.
struct remind_all {
  std::int64_t ms = 0;
  std::int64_t count = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(ms), CEREAL_NVP(count)); }
};

struct reminder {
  static constexpr std::string_view name = "reminder";
  using inputs = acta::one_of<remind, be_quiet, ring, remind_often, remind_all>;
  std::vector<std::int64_t> rung;

  acta::reaction react(const remind& r) const {
    return acta::after(std::chrono::milliseconds{r.ms}, ring{r.ms, 0, {}});
  }
  acta::reaction react(const remind_often& r, const acta::context& c) const {
    const auto due = c.now() + std::chrono::milliseconds{r.ms};
    return acta::at(due, ring{r.ms, r.times - 1, due});
  }
  acta::reaction react(const remind_all& all) const {
    acta::reaction r;
    for (std::int64_t i = 0; i < all.count; ++i)
      r.add(
          acta::after(std::chrono::milliseconds{all.ms}, ring{i, 0, {}}, "n" + std::to_string(i)));
    return r;
  }
  acta::reaction react(const be_quiet&) const { return acta::cancel<ring>(); }
  acta::reaction react(const ring& r) const {
    if (r.again == 0) return {};
    return acta::at(r.due, ring{r.ms, r.again - 1, r.due});
  }
  void evolve(const ring& r) { rung.push_back(r.ms); }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(rung)); }
};

/// Hears every note of a counter; it takes words that are no UTF-8, of which there is no JSON.
struct listener {
  static constexpr std::string_view name = "listener";
  using inputs = acta::one_of<noted>;
  std::int64_t heard = 0;

  static std::string key(const noted&, const acta::metadata& m) {
    return m.stream.substr(m.stream.find('/') + 1);
  }
  acta::reaction react(const noted&) const { return {}; }
  void evolve(const noted&) { ++heard; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(heard)); }
};

} // namespace test
