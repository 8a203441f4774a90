// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "shared_state.hpp"

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

namespace shared_state_test {

using namespace std::chrono_literals;

TEST_CASE("a full disk keeps a node unready for half a minute at a time, a broken one for good") {
  auto runtime = acta::runtime::in_memory(acta::model{});
  REQUIRE(runtime);
  const acta::http::shared_state state(*runtime, acta::gateway_options{});
  acta::runtime_figures now;
  CHECK(state.reasons_not_ready(now).empty());
  now.store_failure = "partition 0: store_full";
  now.store_failure_age = 29'999ms;
  REQUIRE(state.reasons_not_ready(now).size() == 1);
  CHECK(state.reasons_not_ready(now).front() == "commits are not stored: partition 0: store_full");
  now.store_failure_age = 30s;
  CHECK(state.reasons_not_ready(now).empty());
  now.store_broken = true;
  CHECK(state.reasons_not_ready(now).size() == 1);
}

} // namespace shared_state_test
