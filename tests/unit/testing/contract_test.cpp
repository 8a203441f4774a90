// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "caught.hpp"
#include "releases.hpp"
#include "temp_folder.hpp"

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <fstream>

namespace contract_test {

using acta::testing::caught;
using acta::testing::check_contract;
using acta::testing::promise;
using acta::testing::says;

namespace {

struct open_box {
  template <class A> void serialize(A&) {}
};
struct opened {
  std::int64_t weight = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
/// A field more, and nothing said.
struct opened_wider {
  static constexpr std::string_view name = "opened";
  std::int64_t weight = 0;
  std::string colour;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight), CEREAL_NVP(colour)); }
};
/// As the advice says, to the letter.
struct opened_v1 {
  std::int64_t weight{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(weight)); }
};
struct opened_2 : opened_wider {
  static constexpr unsigned schema = 2;
  static opened_2 upcast(const opened_v1& old) {
    opened_2 now;
    now.weight = old.weight;
    return now;
  }
};
struct closed {
  static constexpr std::string_view name = "closed";
  template <class A> void serialize(A&) {}
};

template <class Events, class Earlier = acta::one_of<>> struct box {
  static constexpr std::string_view name = "box";
  using events = Events;
  using earlier = Earlier;
  using commands = acta::one_of<open_box>;
  acta::decision<events> decide(const open_box&) const { return {}; }
  template <class E> void evolve(const E&) {}
  template <class A> void serialize(A&) {}
};
using first = box<acta::one_of<opened, closed>>;
using unsaid = box<acta::one_of<opened_wider, closed>>;
using second = box<acta::one_of<opened_2, closed>>;
using forgotten = box<acta::one_of<opened_2>>;
using retiring = box<acta::one_of<opened_2>, acta::one_of<acta::retired<"closed">>>;

template <class Box> acta::model model_of() {
  acta::model m;
  m.aggregate<Box>();
  return m;
}

/// ACTA_UPDATE, as long as it lives.
struct updating {
  updating() { ::setenv("ACTA_UPDATE", "1", 1); }
  ~updating() { ::unsetenv("ACTA_UPDATE"); }
};
struct contract_file {
  test::temp_folder folder;
  std::filesystem::path path = folder / "contract.txt";

  template <class Box> void update() const {
    const updating now;
    check_contract(model_of<Box>(), path);
  }
  template <class Box> void check() const { check_contract(model_of<Box>(), path); }
  template <class Box> acta::testing::failure fails() const {
    auto f = caught([&] { check<Box>(); });
    CHECK(f.broken() == promise::contract_holds);
    return f;
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void append(std::string_view line) const { std::ofstream(path, std::ios::app) << line << '\n'; }
};

} // namespace

TEST_CASE("a contract that is not there is told, and is written on demand only") {
  const contract_file file;
  const auto f = file.fails<first>();
  CHECK(says(f, "the program has types that its contract does not say"));
  CHECK(says(f, "1. event box.closed 1 {}"));
  CHECK(says(f, "2. event box.opened 1 {weight:i64}"));
  CHECK(says(f, "ACTA_UPDATE=1"));
  CHECK(says(f, file.path.string()));
  CHECK_FALSE(std::filesystem::exists(file.path));
  file.update<first>();
  CHECK(file.text().ends_with("\ncontract form 2\nevent box.closed 1 {}\n"
                              "event box.opened 1 {weight:i64}\n"));
  file.check<first>();
}

TEST_CASE("a field that was added without a version fails with what to write, which works") {
  const contract_file file;
  file.update<first>();
  const auto before = file.text();
  const auto f = file.fails<unsaid>();
  CHECK(says(f, "event box.opened 1: the program has the field colour, the store does not"));
  CHECK(says(f,
             "struct opened_v1 { std::int64_t weight{}; template <class A> void serialize(A& ar) "
             "{ ar(CEREAL_NVP(weight)); } };"));
  CHECK(says(f, "static constexpr unsigned schema = 2;"));
  CHECK(says(f, "static opened upcast(const opened_v1& old)"));
  CHECK(caught([&] { file.update<unsaid>(); }).broken() == promise::contract_holds);
  CHECK(file.text() == before); // what was released stays
  const auto missing = file.fails<second>();
  CHECK(says(missing, "new       event box.opened 2 {weight:i64,colour:string}"));
  file.update<second>();
  file.check<second>();
  CHECK(file.text().find("event box.opened 1 {weight:i64}") != std::string::npos);
  CHECK(says(file.fails<first>(), "event box.opened 2: the program cannot read"));
}

TEST_CASE("an event that a program has forgotten fails, and may be retired") {
  const contract_file file;
  file.update<second>();
  const auto f = file.fails<forgotten>();
  CHECK(says(f, "event box.closed 1: the program cannot read what was stored as this"));
  CHECK(says(f, "acta::retired<\"closed\">"));
  file.check<retiring>();
}

TEST_CASE("all mistakes are told at once, also of aggregates and processes that are gone") {
  const contract_file file;
  file.update<first>();
  file.append("event crate.packed 1 {}");
  file.append("input packing.pack 1 {}");
  const auto f = file.fails<unsaid>();
  CHECK(says(f, "event box.opened 1:"));
  CHECK(says(f, "event crate.packed 1: the program has no aggregate 'crate'"));
  CHECK(says(f, "input packing.pack 1: the program has no process 'packing'"));
}

TEST_CASE("an input that no process reads any more fails with what to write") {
  const contract_file file;
  const auto packing = [] {
    acta::model m;
    m.process<releases::follow_up>();
    return m;
  };
  {
    const updating now;
    check_contract(packing(), file.path);
  }
  CHECK(file.text().find("\ninput follow_up.pay_in 1 {euros:i32}\n") != std::string::npos);
  file.append("input follow_up.paid_out 1 {cents:i64}");
  const auto f = caught([&] { check_contract(packing(), file.path); });
  CHECK(says(f, "input follow_up.paid_out 1: the program cannot read what was stored as this"));
  CHECK(says(f, "list `paid_out` in the `inputs` of the process"));
}

TEST_CASE("a file that a merge has spoilt is not taken, and not written over") {
  const contract_file file;
  file.update<first>();
  file.append("<<<<<<< ours");
  file.append("event box.opened 1 {weight:i32}");
  const auto before = file.text();
  const auto f = caught([&] { file.update<second>(); });
  CHECK(says(f, "`<<<<<<< ours` is not `kind name version shape`"));
  CHECK(says(f, "event box.opened 1 is there for the second time"));
  CHECK(file.text() == before);
}

// [contract]
TEST_CASE("an account's types change by new versions only") {
  acta::model model;
  model.aggregate<releases::account>().process<releases::follow_up>();
  acta::testing::check_contract(model, RELEASES "/contract.txt");
}
// [contract end]

} // namespace contract_test
