// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Which instance of which process an event or an input reaches.
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <set>
#include <vector>

namespace process_routing_test {

using namespace std::chrono_literals;
using namespace test;

namespace {

// A parent that has parts done by children, each a process of its own.

struct do_part {
  std::string parent;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(parent), CEREAL_NVP(cents)); }
};
struct part_done {
  std::string part;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(part), CEREAL_NVP(cents)); }
};
struct pay_out {
  std::vector<std::string> accounts;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(accounts), CEREAL_NVP(cents)); }
};

struct payout; // each needs the other's name only

struct payment {
  static constexpr std::string_view name = "payment";
  using inputs = acta::one_of<do_part, credited, acta::rejected<credit>>;
  std::string parent;
  std::int64_t cents = 0;

  acta::reaction react(const do_part& p, const acta::context& c) const {
    return acta::send<account>(c.id(), credit{p.cents});
  }
  acta::reaction react(const credited&, const acta::context& c) const { return tell(c, cents); }
  acta::reaction react(const acta::rejected<credit>&, const acta::context& c) const {
    return tell(c, 0);
  }
  acta::reaction tell(const acta::context& c, std::int64_t paid) const;
  void evolve(const do_part& p) {
    parent = p.parent;
    cents = p.cents;
  }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(parent), CEREAL_NVP(cents)); }
};

struct payout {
  static constexpr std::string_view name = "payout";
  using inputs = acta::one_of<pay_out, part_done>;
  std::vector<std::string> open;
  std::int64_t paid = 0;
  bool done = false;

  acta::reaction react(const pay_out& p, const acta::context& c) const {
    acta::reaction all;
    for (const auto& a : p.accounts)
      all.add(acta::send<payment>(a, do_part{std::string(c.id()), p.cents}));
    return all;
  }
  acta::reaction react(const part_done&) const {
    return open.size() == 1 ? acta::reaction(acta::finish()) : acta::reaction();
  }
  void evolve(const pay_out& p) { open = p.accounts; }
  void evolve(const part_done& p) {
    std::erase(open, p.part);
    paid += p.cents;
    done = open.empty();
  }
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(open), CEREAL_NVP(paid), CEREAL_NVP(done));
  }
};

acta::reaction payment::tell(const acta::context& c, std::int64_t paid) const {
  return {acta::send<payout>(parent, part_done{std::string(c.id()), paid}), acta::finish()};
}

// Two that watch the same events, each in its own way.

struct per_account {
  static constexpr std::string_view name = "per_account";
  using inputs = acta::one_of<credited>;
  std::int64_t seen = 0;
  static std::optional<std::string> key(const credited&, const acta::metadata& m) {
    return m.stream.substr(m.stream.find('/') + 1);
  }
  acta::reaction react(const credited&) const { return {}; }
  void evolve(const credited& e) { seen += e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(seen)); }
};
struct of_large_ones {
  static constexpr std::string_view name = "of_large_ones";
  using inputs = acta::one_of<credited>;
  std::int64_t seen = 0;
  static std::optional<std::string> key(const credited& e, const acta::metadata&) {
    if (e.cents < 100) return std::nullopt;
    return "all";
  }
  acta::reaction react(const credited&) const { return {}; }
  void evolve(const credited& e) { seen += e.cents; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(seen)); }
};

template <class P>
bool comes_to(acta::runtime& runtime, std::string_view id, std::function<bool(const P&)> holds) {
  return eventually([&] {
    const auto state = runtime.state<P>(id);
    return state && holds(*state);
  });
}
void open_account_of(acta::runtime& runtime, std::string_view id) {
  REQUIRE(runtime.ask<account>(id, open_account{std::string(id)}).wait_for(20s));
}

} // namespace

TEST_CASE("a process starts others and takes in what they tell it") {
  acta::model m;
  m.aggregate<account>().process<payment>().process<payout>();
  temp_folder folder;
  auto runtime = must_open(folder / "data", std::move(m), {.partitions = GENERATE(1u, 3u)});
  for (const auto* id : {"a", "b"}) open_account_of(runtime, id);
  REQUIRE(runtime.ask<payout>("june", pay_out{{"a", "b", "nobody"}, 7}).wait_for(20s));
  REQUIRE(comes_to<payout>(runtime, "june", [](const auto& p) { return p.done; }));
  CHECK(runtime.state<payout>("june")->paid == 14);
  CHECK(runtime.state<account>("a")->cents == 7);
  // All that came of the first command is one story, and each child was told once.
  std::set<acta::uuid> stories;
  for (const auto& [aggregate, id] :
       {std::pair{"payout", "june"}, {"payment", "a"}, {"payment", "nobody"}}) {
    const auto steps = runtime.events(aggregate, id);
    REQUIRE(steps);
    for (const auto& e : *steps)
      if (e.metadata.command_id) stories.insert(e.metadata.correlation_id);
  }
  CHECK(stories.size() == 1);
  CHECK(runtime.events("payment", "a")->size() == 2);
}

TEST_CASE("an event that no process caused reaches every instance whose key it has") {
  acta::model m;
  m.aggregate<account>().process<per_account>().process<of_large_ones>();
  temp_folder folder;
  auto runtime = must_open(folder / "data", std::move(m), {.partitions = GENERATE(1u, 3u)});
  for (const auto* id : {"a", "b"}) {
    open_account_of(runtime, id);
    for (const auto cents : {1, 100, 20})
      REQUIRE(runtime.ask<account>(id, credit{cents}).wait_for(20s));
  }
  for (const auto* id : {"a", "b"})
    CHECK(comes_to<per_account>(runtime, id, [](const auto& p) { return p.seen == 121; }));
  CHECK(comes_to<of_large_ones>(runtime, "all", [](const auto& p) { return p.seen == 200; }));
  REQUIRE(eventually([&] { return runtime.figures().processes.waiting == 0; }));
  CHECK(runtime.events("per_account", "a")->size() == 3);
  CHECK(runtime.events("of_large_ones", "all")->size() == 2);
}

TEST_CASE("what one process causes goes back to it alone and reaches others by their keys") {
  acta::model m;
  m.aggregate<account>().process<transfer>().process<per_account>();
  temp_folder folder;
  auto runtime = must_open(folder / "data", std::move(m));
  for (const auto* id : {"a", "b"}) open_account_of(runtime, id);
  REQUIRE(runtime.ask<account>("a", credit{50}).wait_for(20s));
  REQUIRE(runtime.ask<transfer>("t", request_transfer{"a", "b", 30}).wait_for(20s));
  REQUIRE(comes_to<transfer>(runtime, "t", [](const auto& t) { return t.state == "done"; }));
  CHECK(comes_to<per_account>(runtime, "b", [](const auto& p) { return p.seen == 30; }));
  // The transfer has no key: a credit of others is not its business.
  CHECK(runtime.events("transfer", "t")->size() == 3);
}

TEST_CASE("a process added to a store takes no part in what happened before it") {
  temp_folder folder;
  const bool had_processes = GENERATE(false, true);
  const auto options = acta::runtime_options{.partitions = GENERATE(1u, 3u)};
  {
    acta::model before;
    before.aggregate<account>();
    if (had_processes) before.process<transfer>();
    auto runtime = must_open(folder / "data", std::move(before), options);
    open_account_of(runtime, "a");
    REQUIRE(runtime.ask<account>("a", credit{50}).wait_for(20s));
  }
  for (int opened = 1; opened <= 2; ++opened) { // it stays so
    acta::model after;
    after.aggregate<account>().process<transfer>().process<per_account>();
    auto runtime = must_open(folder / "data", std::move(after), options);
    REQUIRE(runtime.ask<account>("a", credit{7}).wait_for(20s));
    REQUIRE(
        comes_to<per_account>(runtime, "a", [&](const auto& p) { return p.seen == 7 * opened; }));
    REQUIRE(eventually([&] { return runtime.figures().processes.waiting == 0; }));
    CHECK(runtime.state<per_account>("a")->seen == 7 * opened);
  }
}

TEST_CASE("a store whose processes have lost their folder is looked through anew without harm") {
  temp_folder folder;
  acta::runtime_options options;
  std::atomic<int> told{0};
  options.log = [&](acta::log_level level, std::string_view line) {
    if (level == acta::log_level::error &&
        line.find("processes/data.mdb") != std::string_view::npos)
      ++told;
  };
  const auto model = [] {
    acta::model m;
    m.aggregate<account>().process<transfer>().process<per_account>();
    return m;
  };
  {
    auto runtime = must_open(folder / "data", model(), options);
    for (const auto* id : {"a", "b"}) open_account_of(runtime, id);
    REQUIRE(runtime.ask<account>("a", credit{50}).wait_for(20s));
    REQUIRE(runtime.ask<transfer>("t", request_transfer{"a", "b", 30}).wait_for(20s));
    REQUIRE(comes_to<transfer>(runtime, "t", [](const auto& t) { return t.state == "done"; }));
    REQUIRE(comes_to<per_account>(runtime, "b", [](const auto& p) { return p.seen == 30; }));
  }
  { auto runtime = must_open(folder / "data", model(), options); }
  CHECK(told == 0);
  std::filesystem::remove_all(folder / "data" / "processes");
  auto runtime = must_open(folder / "data", model(), options);
  REQUIRE(runtime.ask<account>("b", credit{1}).wait_for(20s));
  REQUIRE(comes_to<per_account>(runtime, "b", [](const auto& p) { return p.seen == 31; }));
  REQUIRE(eventually([&] { return runtime.figures().processes.waiting == 0; }));
  CHECK(told == 1);
  CHECK(runtime.state<account>("a")->cents == 20);
  CHECK(runtime.state<account>("b")->cents == 31);
  CHECK(runtime.state<per_account>("a")->seen == 50);
}

} // namespace process_routing_test
