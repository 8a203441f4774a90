// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/aggregate.hpp>
#include <acta/domain/model.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

namespace aggregate_test {

namespace {

struct added {
  std::int32_t by = 0;
  template <class A> void serialize(A& ar) {
    if (by == 13) throw std::runtime_error("13 is not written");
    ar(CEREAL_NVP(by));
  }
};
struct seen {
  static constexpr std::string_view name = "noticed";
  static constexpr unsigned schema = 2;
  std::string text;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(text)); }
};

struct add {
  std::int32_t by = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(by)); }
};
struct add_twice {
  std::int32_t first = 0, second = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(first), CEREAL_NVP(second)); }
};
struct look {
  template <class A> void serialize(A&) {}
};

struct adder {
  static constexpr std::string_view name = "adder";
  using events = acta::one_of<added, seen>;
  using commands = acta::one_of<add, add_twice, look>;
  using decision = acta::decision<events>;

  std::int64_t sum = 0;

  decision decide(const add& c) const {
    if (c.by == 0) return {};
    if (c.by < 0) return acta::reject("negative", "only up");
    if (c.by == 7) throw std::runtime_error("7 is not decided");
    if (c.by == 8) throw 8;
    return added{c.by};
  }
  decision decide(const add_twice& c) const { return {added{c.first}, added{c.second}}; }
  decision decide(const look&, const acta::context& c) const {
    return seen{std::string(c.id()) + " at " + std::to_string(c.version()) + " by " +
                std::string(c.caller())};
  }
  void evolve(const added& e) {
    if (e.by == 99) throw std::runtime_error("99 does not evolve");
    sum += e.by;
  }
  void evolve(const seen&) {}
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(sum)); }
};

constexpr std::array<std::uint32_t, 2> name_ids{501, 502};

/// One live adder, driven through the table as the engine does it.
struct driver {
  acta::aggregate_type type = acta::make_aggregate_type<adder>();
  acta::erased_state state = type.create();
  acta::byte_buffer out;

  std::int64_t sum() const { return static_cast<const adder*>(state.get())->sum; }
  template <class C> acta::execution execute(const C& command) {
    acta::event_writer writer(out, name_ids);
    const auto at = acta::time_point{};
    return type.find_command(acta::type_name<C>())
        ->execute(state.get(), &command, acta::context("42", 7, at).with_caller("ada"), writer);
  }
};

struct frame {
  std::uint32_t name_id;
  std::uint16_t schema;
  acta::bytes_view payload;
};
std::vector<frame> frames(acta::bytes_view bytes) {
  std::vector<frame> all;
  while (!bytes.empty()) {
    const auto* at = bytes.data();
    CHECK(acta::load_le<std::uint16_t>(at + 6) == 0);
    const auto size = acta::load_le<std::uint32_t>(at + 8);
    all.push_back({acta::load_le<std::uint32_t>(at), acta::load_le<std::uint16_t>(at + 4),
                   bytes.subspan(acta::event_frame_header_bytes, size)});
    bytes = bytes.subspan(acta::event_frame_header_bytes + size);
  }
  return all;
}

using ending = acta::execution::ending;

} // namespace

TEST_CASE("a table names everything durably and keeps the order of the lists") {
  const auto type = acta::make_aggregate_type<adder>({.snapshot_every = 5});
  CHECK(type.name == "adder");
  CHECK(type.options.snapshot_every == 5);
  REQUIRE(type.events.size() == 2);
  CHECK(type.events[0].name == "adder.added");
  CHECK(type.events[0].schema == 1);
  CHECK(type.events[1].name == "adder.noticed");
  CHECK(type.events[1].schema == 2);
  REQUIRE(type.commands.size() == 3);
  CHECK(type.commands[0].name == "add");
  CHECK(type.commands[2].name == "look");
  CHECK(type.find_command("add_twice") == &type.commands[1]);
  CHECK(type.find_command("added") == nullptr);
  CHECK(type.find_command("") == nullptr);
  CHECK(*type.type == typeid(adder));
  CHECK(*type.events[1].type == typeid(seen));
  CHECK(type.events[0].shape != type.events[1].shape);
}

TEST_CASE("a command that is accepted writes its events' frames and evolves the state") {
  driver d;
  CHECK(d.execute(add_twice{3, 4}).how == ending::decided);
  CHECK(d.sum() == 7);
  const auto written = frames(d.out);
  REQUIRE(written.size() == 2);
  CHECK(written[0].name_id == 501);
  CHECK(written[0].schema == 1);
  added first;
  REQUIRE(acta::decode_binary(written[0].payload, first));
  CHECK(first.by == 3);
}

TEST_CASE("a command sees the context it was given") {
  driver d;
  CHECK(d.execute(look{}).how == ending::decided);
  const auto written = frames(d.out);
  REQUIRE(written.size() == 1);
  CHECK(written[0].name_id == 502);
  CHECK(written[0].schema == 2);
  std::string json;
  REQUIRE(d.type.events[1].append_json(written[0].payload, json));
  CHECK(json == R"({"text":"42 at 7 by ada"})");
}

TEST_CASE("a rejection writes nothing and leaves the state") {
  driver d;
  d.out.append_le(std::uint32_t{0xABCD});
  const auto done = d.execute(add{-1});
  CHECK(done.how == ending::rejected);
  CHECK(done.no == acta::rejection{"negative", "only up"});
  CHECK(d.sum() == 0);
  CHECK(d.out.size() == 4);
}

TEST_CASE("a decision without events writes nothing") {
  driver d;
  CHECK(d.execute(add{0}).how == ending::decided);
  CHECK(d.out.empty());
}

TEST_CASE("an exception in decide is told, and nothing has happened") {
  driver d;
  const auto done = d.execute(add{7});
  CHECK(done.how == ending::decide_failed);
  CHECK(done.what == "7 is not decided");
  CHECK(d.execute(add{8}).how == ending::decide_failed);
  CHECK(d.sum() == 0);
  CHECK(d.out.empty());
}

TEST_CASE("an event that cannot be written fails the whole decision before anything evolves") {
  driver d;
  d.out.append_le(std::uint32_t{0xABCD});
  const auto done = d.execute(add_twice{1, 13});
  CHECK(done.how == ending::decide_failed);
  CHECK(done.what.find("13 is not written") != std::string::npos);
  CHECK(d.sum() == 0);
  CHECK(d.out.size() == 4);
}

TEST_CASE("an exception in evolve is told apart, because the state is then lost") {
  driver d;
  const auto done = d.execute(add_twice{1, 99});
  CHECK(done.how == ending::evolve_failed);
  CHECK(done.what == "99 does not evolve");
  CHECK(d.out.empty());
}

TEST_CASE("stored events are applied, and what cannot be is an error with its kind") {
  driver d;
  const auto& apply = d.type.events[0].apply;
  acta::byte_buffer payload;
  REQUIRE(acta::encode_binary(added{5}, payload));
  REQUIRE(apply(d.state.get(), payload));
  CHECK(d.sum() == 5);

  const auto truncated = apply(d.state.get(), payload.view().first(3));
  REQUIRE_FALSE(truncated);
  CHECK(truncated.error().code() == acta::codec_errc::decode_failed);
  CHECK(truncated.error().code() == acta::condition::corrupt);

  payload.clear();
  REQUIRE(acta::encode_binary(added{99}, payload));
  const auto thrown = apply(d.state.get(), payload);
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().code() == acta::domain_errc::evolve_threw);
  CHECK(thrown.error().detail() == "99 does not evolve");
}

TEST_CASE("a stored event is decoded to its C++ type") {
  driver d;
  acta::byte_buffer payload;
  REQUIRE(acta::encode_binary(seen{"x"}, payload));
  const auto decoded = d.type.events[1].decode(payload);
  REQUIRE(decoded);
  CHECK(static_cast<const seen*>(decoded->get())->text == "x");
  CHECK_FALSE(d.type.events[1].decode(payload.view().first(1)));
}

TEST_CASE("a command is read from JSON strictly, and the error names the field") {
  const auto type = acta::make_aggregate_type<adder>();
  const auto* add_type = type.find_command("add");
  const auto good = add_type->from_json(R"({"by":5})");
  REQUIRE(good);
  CHECK(static_cast<const add*>(good->get())->by == 5);
  for (const auto* bad :
       {R"({})", R"({"by":"5"})", R"({"by":5,"more":1})", R"({"by":4294967296})", "", "[]"}) {
    CAPTURE(bad);
    const auto refused = add_type->from_json(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == acta::condition::invalid);
  }
  CHECK(add_type->from_json(R"({"by":"5"})").error().where() == "/by");
}

TEST_CASE("a state is saved, restored, moved and shown through the table") {
  driver d;
  REQUIRE(d.execute(add{5}).how == ending::decided);
  acta::byte_buffer saved;
  REQUIRE(d.type.encode_state(d.state.get(), saved));
  auto restored = d.type.create();
  REQUIRE(d.type.decode_state(saved, restored.get()));
  CHECK(static_cast<const adder*>(restored.get())->sum == 5);
  CHECK_FALSE(d.type.decode_state(saved.view().first(2), restored.get()));
  auto moved = d.type.create();
  d.type.move_state(d.state.get(), moved.get());
  std::string json;
  REQUIRE(d.type.append_state_json(moved.get(), json));
  CHECK(json == R"({"sum":5})");
}

namespace {

template <class State> struct like_adder {
  using events = acta::one_of<added>;
  using commands = acta::one_of<add>;
  std::int64_t sum = 0;
  acta::decision<events> decide(const add&) const { return {}; }
  void evolve(const added&) {}
  template <class A> void serialize(A& ar) { static_cast<State*>(this)->show(ar); }
};
struct first : like_adder<first> {
  static constexpr std::string_view name = "state";
  template <class A> void show(A& ar) { ar(CEREAL_NVP(sum)); }
};
struct same : like_adder<same> {
  static constexpr std::string_view name = "state";
  template <class A> void show(A& ar) { ar(CEREAL_NVP(sum)); }
};
struct other_field : like_adder<other_field> {
  static constexpr std::string_view name = "state";
  template <class A> void show(A& ar) { ar(cereal::make_nvp("total", sum)); }
};
struct other_schema : like_adder<other_schema> {
  static constexpr std::string_view name = "state";
  static constexpr unsigned schema = 2;
  template <class A> void show(A& ar) { ar(CEREAL_NVP(sum)); }
};

template <class A> std::uint64_t fingerprint() {
  return acta::make_aggregate_type<A>().fingerprint;
}

} // namespace

TEST_CASE("a fingerprint tells states apart that a snapshot must not confuse") {
  CHECK(fingerprint<first>() == fingerprint<same>());
  CHECK(fingerprint<first>() != fingerprint<other_field>());
  CHECK(fingerprint<first>() != fingerprint<other_schema>());
  CHECK(fingerprint<first>() != fingerprint<adder>());
}

TEST_CASE("a context without more gives a fresh id at each call and no attributes") {
  const acta::context c("42", 0, acta::time_point{});
  CHECK(c.new_id() != c.new_id());
  CHECK(c.attributes().empty());
  CHECK(c.caller().empty());
  CHECK(c.command_id().is_nil());
}

} // namespace aggregate_test
