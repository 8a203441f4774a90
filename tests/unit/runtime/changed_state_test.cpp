// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A state is no contract: a snapshot that a changed struct cannot read is passed over, and the
// events say what the state is.
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <catch2/catch.hpp>

namespace changed_state_test {

using namespace std::chrono_literals;
using test::must_open;

namespace {

struct add {
  std::int64_t n = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(n)); }
};
struct added {
  std::int64_t n = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(n)); }
};

/// Aggregate and process at once: their states change in the same ways.
struct base {
  std::int64_t n = 0;
  static constexpr int weight = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(n)); }
};
struct wider {
  std::int64_t n = 0;
  std::vector<std::int64_t> all;
  static constexpr int weight = 1;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(n), CEREAL_NVP(all)); }
};
/// The same fields mean something else: only a schema says so.
struct heavier {
  static constexpr unsigned schema = 2;
  std::int64_t n = 0;
  static constexpr int weight = 10;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(n)); }
};
struct heavier_unsaid {
  std::int64_t n = 0;
  static constexpr int weight = 10;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(n)); }
};

template <class S> struct counter : S {
  static constexpr std::string_view name = "counter";
  using events = acta::one_of<added>;
  using commands = acta::one_of<add>;
  acta::decision<events> decide(const add& c) const { return added{c.n}; }
  void evolve(const added& e) {
    this->n += e.n * S::weight;
    if constexpr (requires { this->all; }) this->all.push_back(e.n);
  }
};
template <class S> struct adder : S {
  static constexpr std::string_view name = "adder";
  using inputs = acta::one_of<add>;
  acta::reaction react(const add&) const { return {}; }
  void evolve(const add& e) {
    this->n += e.n * S::weight;
    if constexpr (requires { this->all; }) this->all.push_back(e.n);
  }
};

template <class S> acta::model model_of() {
  acta::model m;
  m.aggregate<counter<S>>({.snapshot_every = 2}).template process<adder<S>>({.snapshot_every = 2});
  return m;
}
template <class S> acta::runtime open(const std::filesystem::path& store) {
  return must_open(store, model_of<S>());
}
template <class S> void add_one(acta::runtime& r) {
  REQUIRE(r.ask<counter<S>>("a", add{1}).wait_for(20s));
  REQUIRE(r.ask<adder<S>>("a", add{1}).wait_for(20s));
}

template <class S> std::int64_t counted(acta::runtime& r) {
  const auto state = r.state<counter<S>>("a");
  REQUIRE(state);
  return state->n;
}
template <class S> std::int64_t summed(acta::runtime& r) {
  const auto state = r.state<adder<S>>("a");
  REQUIRE(state);
  return state->n;
}

} // namespace

TEMPLATE_TEST_CASE("a snapshot of a state that changed is passed over, and the events are read", "",
                   wider, heavier) {
  test::temp_folder folder;
  {
    auto r = open<base>(folder.path());
    for (int i = 0; i < 5; ++i) add_one<base>(r);
    CHECK(r.figures().snapshots >= 4);
  }
  {
    acta::runtime r = open<TestType>(folder.path());
    CHECK(counted<TestType>(r) == 5 * TestType::weight);
    CHECK(summed<TestType>(r) == 5 * TestType::weight);
    CHECK(r.figures().snapshots_ignored >= 2);
    for (int i = 0; i < 2; ++i) add_one<TestType>(r); // by the actors
    CHECK(counted<TestType>(r) == 7 * TestType::weight);
    CHECK(summed<TestType>(r) == 7 * TestType::weight);
  }
  // Back to the older program, which does not trust the snapshots of the later one either.
  auto r = open<base>(folder.path());
  CHECK(counted<base>(r) == 7);
  CHECK(summed<base>(r) == 7);
  add_one<base>(r);
  CHECK(counted<base>(r) == 8);
}

TEST_CASE(
    "fields that mean something else need a schema, or snapshots of before stay what they are") {
  test::temp_folder folder;
  {
    auto r = open<base>(folder.path());
    for (int i = 0; i < 4; ++i) add_one<base>(r);
  }
  auto r = open<heavier_unsaid>(folder.path());
  CHECK(counted<heavier_unsaid>(r) == 4);
  CHECK(summed<heavier_unsaid>(r) == 4);
  CHECK(r.figures().snapshots_ignored == 0);
}

} // namespace changed_state_test
