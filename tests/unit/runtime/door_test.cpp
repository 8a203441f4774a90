// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What a caller may name, and what only the runtime should: ids that it computes for what processes
// do, attributes by which it knows whose an event is, and processes of its own.
#include "causes.hpp"
#include "delivery.hpp"
#include "engine.hpp"
#include "eventually.hpp"
#include "noter.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "transfer.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace door_test {

using namespace std::chrono_literals;
using namespace test;
using acta::detail::delivery_kind;
using acta::detail::id_of;

namespace {

/// Speaks to a process of the runtime's own.
struct meddle {
  template <class A> void serialize(A&) {}
};
struct meddler {
  static constexpr std::string_view name = "meddler";
  using inputs = acta::one_of<meddle>;
  acta::reaction react(const meddle&) const {
    return acta::action(acta::command_to_send{"acta.schedule", "fees", "stop", "{}"});
  }
  template <class A> void serialize(A&) {}
};

acta::model money() {
  acta::model m;
  m.aggregate<account>().process<transfer>().process<meddler>();
  return m;
}
void open_accounts(acta::runtime& runtime) {
  for (const auto* id : {"a", "b"}) {
    REQUIRE(runtime.ask<account>(id, open_account{id}).wait_for(20s));
    REQUIRE(runtime.ask<account>(id, credit{100}).wait_for(20s));
  }
}

} // namespace

TEST_CASE("a client cannot have a process's command swallowed by taking its future id") {
  auto runtime = acta::runtime::in_memory(money());
  REQUIRE(runtime);
  open_accounts(*runtime);
  const auto last = runtime->events<account>("b")->back().metadata.position;
  // The command of the step after the client's own event.
  const auto future = id_of({{0, last.number + 2}, 0, delivery_kind::command});
  const auto by_type = runtime->ask<account>("a", credit{1}, {.command_id = future}).wait_for(20s);
  const auto by_name =
      runtime->ask_json("account", "a", "credit", R"({"cents":1})", {.command_id = future})
          .wait_for(20s);
  for (const auto* answer : {&by_type, &by_name}) {
    REQUIRE(!*answer);
    CHECK(answer->error().code() == acta::errc::invalid_argument);
    CHECK(answer->error().detail().find(future.to_string()) != std::string_view::npos);
  }
  CHECK_FALSE(runtime->send<account>("a", credit{1}, {.command_id = future}));
  REQUIRE(runtime->ask<account>("b", credit{1}).wait_for(20s));
  REQUIRE(runtime->ask<transfer>("t", request_transfer{"a", "b", 30}).wait_for(20s));
  REQUIRE(runtime->events("transfer", "t")->front().metadata.position.number == last.number + 2);
  REQUIRE(runtime->settle(20s));
  CHECK(runtime->state<transfer>("t")->state == "done");
}

TEST_CASE("a client cannot say that an event is a process's, or that an input comes from a timer") {
  auto runtime = acta::runtime::in_memory(money());
  REQUIRE(runtime);
  open_accounts(*runtime);
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"acta.process", "transfer/t"},
                                          {"acta.timer", "expired@1"},
                                          {"acta.due", "now"},
                                          {"acta.", ""}}) {
    INFO(name);
    acta::command_options o;
    o.metadata = {{name, value}};
    const auto answer = runtime->ask<account>("a", credit{1}, o).wait_for(20s);
    REQUIRE(!answer);
    CHECK(answer.error().code() == acta::errc::invalid_argument);
    CHECK(answer.error().detail().find(name) != std::string_view::npos);
  }
  acta::command_options mine;
  mine.metadata = {{"acta", "mine"}, {"actas.process", "mine"}};
  CHECK(runtime->ask<account>("a", credit{1}, mine).wait_for(20s));
}

TEST_CASE("what was caused may be named by whoever passes it on") {
  auto runtime = acta::runtime::in_memory(money());
  REQUIRE(runtime);
  open_accounts(*runtime);
  acta::command_options o;
  o.causation_id = o.correlation_id = id_of({{0, 1}, 0, delivery_kind::event});
  CHECK(runtime->ask<account>("a", credit{1}, o).wait_for(20s));
}

TEST_CASE("a process of a program does not speak to those of the runtime") {
  auto runtime = acta::runtime::in_memory(money());
  REQUIRE(runtime);
  const auto answer = runtime->ask<meddler>("m", meddle{}).wait_for(20s);
  REQUIRE(!answer);
  CHECK(answer.error().code() == acta::domain_errc::decide_threw);
  CHECK(answer.error().detail().find("acta.schedule") != std::string_view::npos);
}

TEST_CASE("an id that was forged before there was a door does not make a cause of a later event") {
  acta::runtime_options options;
  acta::detail::engine engine(money(), options, acta::persistence::store::in_memory({}),
                              acta::actors::make_caf_host);
  REQUIRE(engine.start());
  const auto must = [&](std::string_view to, std::string_view id, std::string_view command,
                        std::string_view json, acta::command_options o = {}) {
    auto receipt = engine.submit_json(to, id, command, json, std::move(o)).wait_for(20s);
    if (!receipt) FAIL(receipt.error());
    return receipt->position;
  };
  must("account", "a", "open_account", R"({"owner":"a"})");
  const auto forged_at = must("account", "a", "credit", R"({"cents":50})",
                              {.command_id = id_of({{0, 3}, 0, delivery_kind::command})});
  const auto step = must("transfer", "t", "request_transfer",
                         R"({"from":"a","to":"b","cents":30,"patience_ms":1000000})");
  REQUIRE(step.number == 3);
  acta::detail::cause_finder finder(engine);
  const auto why = finder.find(forged_at, {});
  REQUIRE(why);
  CHECK(why->chain.size() == 1);
  CHECK(why->chain.front().because.kind == acta::cause_kind::request);
  const auto came_of = acta::detail::cause_finder(engine).find(step, {});
  REQUIRE(came_of);
  for (const auto& e : came_of->tree) CHECK(e.event.metadata.position >= step);
}

} // namespace door_test
