// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "runtime.hpp"
#include "temp_folder.hpp"

#include <acta/persistence/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <sstream>

namespace contract_test {

using namespace std::chrono_literals;
using test::must_open;
using test::try_open;

namespace {

/// One domain in three releases, told apart by their namespaces.
namespace now {
enum class paint : std::uint8_t { red, green };
constexpr std::array<std::pair<paint, std::string_view>, 2> enum_names(paint) {
  return {{{paint::red, "red"}, {paint::green, "green"}}};
}
} // namespace now
namespace renamed {
enum class paint : std::uint8_t { crimson, green };
constexpr std::array<std::pair<paint, std::string_view>, 2> enum_names(paint) {
  return {{{paint::crimson, "crimson"}, {paint::green, "green"}}};
}
} // namespace renamed
namespace both {
enum class paint : std::uint8_t { crimson, green, blue };
constexpr std::array<std::pair<paint, std::string_view>, 4> enum_names(paint) {
  return {{{paint::crimson, "crimson"},
           {paint::crimson, "red"}, // as it was called until then
           {paint::green, "green"},
           {paint::blue, "blue"}}};
}
} // namespace both

template <class Paint> struct painted {
  static constexpr std::string_view name = "painted";
  Paint shade{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(shade)); }
};
template <class Paint> struct dry {
  static constexpr std::string_view name = "dry";
  Paint shade{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(shade)); }
};
template <class Paint> struct paint_it {
  static constexpr std::string_view name = "paint_it";
  Paint shade{};
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(shade)); }
};
template <class Paint> struct wall {
  static constexpr std::string_view name = "wall";
  using events = acta::one_of<painted<Paint>>;
  using commands = acta::one_of<paint_it<Paint>>;
  std::uint32_t coats = 0;
  acta::decision<events> decide(const paint_it<Paint>& c) const { return painted<Paint>{c.shade}; }
  void evolve(const painted<Paint>&) { ++coats; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(coats)); }
};
template <class Paint> struct drying {
  static constexpr std::string_view name = "drying";
  using inputs = acta::one_of<dry<Paint>>;
  std::uint32_t walls = 0;
  acta::reaction react(const dry<Paint>&) const { return {}; }
  void evolve(const dry<Paint>&) { ++walls; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(walls)); }
};
template <class Paint> acta::model painters() {
  acta::model m;
  m.aggregate<wall<Paint>>();
  m.process<drying<Paint>>();
  return m;
}

/// Without comments, of which one may be a checksum.
std::string without_releases(const std::string& contract) {
  std::istringstream in(contract);
  std::string types;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with("release ")) types.append(line).append("\n");
  return types;
}
std::string contract_of(const std::filesystem::path& store) {
  std::ifstream in(store / "contract.txt");
  std::string text;
  for (std::string line; std::getline(in, line);)
    if (!line.starts_with('#')) text.append(line).append("\n");
  return text;
}
void write_contract(const std::filesystem::path& store, std::string_view text) {
  std::ofstream(store / "contract.txt", std::ios::trunc) << text;
}
/// As a store of before there was a second form has it.
std::string in_first_form(std::string text) {
  const auto remove = [&](std::string_view what) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what))
      text.erase(at, what.size());
  };
  remove("contract form 2\n");
  if (const auto owner = text.find("contract store 1 "); owner != std::string::npos)
    text.erase(owner, text.find('\n', owner) + 1 - owner);
  remove(":red=0,green=1");
  return text;
}

} // namespace

TEST_CASE(
    "a program does not start with a contract of before its newest process began, which would "
    "lose what the process has still to hear") {
  test::temp_folder folder;
  const auto store = folder / "data";
  const auto walls = [] {
    acta::model m;
    m.aggregate<wall<now::paint>>();
    return m;
  };
  { auto runtime = must_open(store, walls()); }
  const auto older = folder / "older.txt";
  std::filesystem::copy_file(store / "contract.txt", older);
  {
    auto runtime = must_open(store, painters<now::paint>());
    REQUIRE(runtime.ask_json("drying", "d", "dry", R"({"shade":"red"})").wait_for(10s));
  }
  const auto newer = folder / "newer.txt";
  std::filesystem::copy_file(store / "contract.txt", newer);
  const auto put = [&](const std::filesystem::path& copy) {
    std::filesystem::copy_file(copy, store / "contract.txt",
                               std::filesystem::copy_options::overwrite_existing);
  };
  put(older);
  for (const auto& m : {walls(), painters<now::paint>()}) {
    const auto refused = try_open(store, m);
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().to_string());
    CHECK(refused.error().code() == acta::persistence::errc::damaged_file);
    CHECK(refused.error().detail().find("is an older copy") != std::string_view::npos);
  }
  put(newer);
  auto runtime = must_open(store, painters<now::paint>());
}

TEST_CASE(
    "a renamed enumerator is refused at the door: no step that holds it would be read again") {
  test::temp_folder folder;
  const auto store = folder / "data";
  {
    auto runtime = must_open(store, painters<now::paint>());
    REQUIRE(
        runtime.ask<wall<now::paint>>("w", paint_it<now::paint>{now::paint::red}).wait_for(10s));
    REQUIRE(runtime.ask_json("drying", "d", "dry", R"({"shade":"red"})").wait_for(10s));
  }
  const auto before = contract_of(store);
  CHECK(before.find("contract form 2\n") != std::string::npos);
  CHECK(before.find("input drying.dry 1 {shade:enum<u8:red=0,green=1>}\n") != std::string::npos);

  const auto refused = try_open(store, painters<renamed::paint>());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::runtime_errc::contract_changed);
  const auto said = refused.error().to_string();
  CHECK(said.find("wall.painted") != std::string::npos);
  CHECK(said.find("/shade") != std::string::npos);
  CHECK(said.find("red=0, the program calls this value crimson") != std::string::npos);
  CHECK(contract_of(store) == before);

  // The old name beside the new one: all that is stored can be read, and the store says both.
  {
    auto runtime = must_open(store, painters<both::paint>());
    CHECK(runtime.state<drying<both::paint>>("d")->walls == 1);
    CHECK(runtime.ask_json("drying", "d", "dry", R"({"shade":"blue"})").wait_for(10s));
  }
  CHECK(contract_of(store).find("enum<u8:crimson=0,red=0,green=1,blue=2>") != std::string::npos);
  // Now there may be a blue in it, of which the first program knows nothing.
  const auto back = try_open(store, painters<now::paint>());
  REQUIRE_FALSE(back);
  CHECK(back.error().to_string().find("the enumerator crimson=0") != std::string::npos);
}

TEST_CASE(
    "a store with shapes of the first form opens if nothing has changed, and has the second") {
  test::temp_folder folder;
  const auto store = folder / "data";
  { auto runtime = must_open(store, painters<now::paint>()); }
  const auto whole = contract_of(store);
  const auto old = in_first_form(whole);
  REQUIRE(old.find("event wall.painted 1 {shade:enum<u8>}\n") != std::string::npos);
  REQUIRE(old.starts_with("event "));

  write_contract(store, old);
  { auto runtime = must_open(store, painters<now::paint>()); }
  CHECK(contract_of(store) == whole);

  // What the program does not know this time is kept as it is, and known when it comes back.
  write_contract(store, old);
  {
    acta::model without;
    without.aggregate<wall<now::paint>>();
    auto runtime = must_open(store, std::move(without));
  }
  CHECK(contract_of(store).find("input drying.dry 1 1:{shade:enum<u8>}\n") != std::string::npos);
  { auto runtime = must_open(store, painters<now::paint>()); }
  CHECK(without_releases(contract_of(store)) == without_releases(whole));

  // And what was another shape then is one still.
  auto changed = old;
  changed.replace(changed.find("{shade:enum<u8>}"), 16, "{shade:enum<u16>}");
  write_contract(store, changed);
  const auto refused = try_open(store, painters<now::paint>());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().to_string().find("enum<u16>") != std::string::npos);
}

TEST_CASE("a contract of a form that a later program wrote is refused by its number") {
  test::temp_folder folder;
  const auto store = folder / "data";
  { auto runtime = must_open(store, painters<now::paint>()); }
  auto later = contract_of(store);
  later.replace(later.find("contract form 2"), 15, "contract form 3");
  write_contract(store, later);
  const auto refused = try_open(store, painters<now::paint>());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::persistence::errc::wrong_format);
  CHECK(refused.error().to_string().find("form 3") != std::string::npos);
}

namespace {

/// Releases of a domain: a command as it began, with another field, so with a schema, and with an
/// upcast as well.
template <unsigned Release> struct deliver {
  static constexpr std::string_view name = "deliver";
  static constexpr unsigned schema = Release == 3 ? 2 : 1;
  std::string what;
  std::string how;
  template <class A> void serialize(A& ar) {
    ar(CEREAL_NVP(what));
    if constexpr (Release > 1) ar(CEREAL_NVP(how));
  }
};
template <> struct deliver<4> {
  static constexpr std::string_view name = "deliver";
  static constexpr unsigned schema = 2;
  std::string what;
  std::string how;
  static deliver upcast(const deliver<1>& old) { return {old.what, "by hand"}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(what), CEREAL_NVP(how)); }
};
struct delivered {
  template <class A> void serialize(A&) {}
};
struct order {
  std::string door;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(door)); }
};
template <unsigned Release> struct door {
  static constexpr std::string_view name = "door";
  using events = acta::one_of<delivered>;
  using commands = acta::one_of<deliver<Release>>;
  acta::decision<events> decide(const deliver<Release>&) const {
    return acta::reject("nobody_home");
  }
  void evolve(const delivered&) {}
  template <class A> void serialize(A&) {}
};
template <unsigned Release> struct courier {
  static constexpr std::string_view name = "courier";
  using inputs = acta::one_of<order, acta::rejected<deliver<Release>>>;
  std::uint32_t refused = 0;
  acta::reaction react(const order& o) const {
    return acta::send<door<Release>>(o.door, deliver<Release>{"a parcel", {}});
  }
  acta::reaction react(const acta::rejected<deliver<Release>>&) const { return {}; }
  void evolve(const order&) {}
  void evolve(const acta::rejected<deliver<Release>>&) { ++refused; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(refused)); }
};
template <unsigned Release> acta::model couriers() {
  acta::model m;
  m.aggregate<door<Release>>();
  m.process<courier<Release>>({.snapshot_every = 0}); // so that its history is read
  return m;
}
template <unsigned Release> void send_courier(acta::runtime& runtime, std::string_view id) {
  REQUIRE(runtime.ask<courier<Release>>(id, order{"7"}).wait_for(10s));
  REQUIRE(runtime.settle(60s));
  const auto state = runtime.state<courier<Release>>(id);
  if (!state) FAIL(state.error());
  CHECK(state->refused == 1);
}

} // namespace

TEST_CASE(
    "a command whose rejection a process takes can be changed, by a new schema of the command") {
  test::temp_folder folder;
  const auto store = folder / "data";
  {
    auto runtime = must_open(store, couriers<1>());
    send_courier<1>(runtime, "old");
  }
  const auto refused = try_open(store, couriers<2>());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == acta::runtime_errc::contract_changed);
  const auto said = refused.error().to_string();
  CHECK(said.find("courier.rejected.deliver") != std::string::npos);
  CHECK(said.find("`static constexpr unsigned schema = 2;` and `static deliver upcast(const "
                  "deliver_v1& old)`") != std::string::npos);
  const auto half = try_open(store, couriers<3>());
  REQUIRE_FALSE(half);
  CHECK(half.error().code() == acta::runtime_errc::contract_changed);
  CHECK(half.error().to_string().find("in 1 step, the first from 0:2") != std::string::npos);
  {
    auto runtime = must_open(store, couriers<4>());
    send_courier<4>(runtime, "new");
    CHECK(runtime.state<courier<4>>("old")->refused == 1);
    CHECK(runtime.ask<courier<4>>("old", order{"8"}).wait_for(10s));
    REQUIRE(runtime.settle(60s));
    CHECK(runtime.state<courier<4>>("old")->refused == 2);
  }
  CHECK(contract_of(store).find("input courier.rejected.deliver 2 ") != std::string::npos);
  auto back = must_open(store, couriers<1>());
  CHECK(back.state<courier<1>>("old").error().code() == acta::domain_errc::newer_schema);
  send_courier<1>(back, "older");
}

} // namespace contract_test
