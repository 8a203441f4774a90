// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The system has no more threads to give. Whoever asks is told so, by a value, and nothing hangs.
#include "few_threads.hpp"

#include "runtime.hpp"
#include "temp_folder.hpp"
#include "whole_model.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

namespace few_threads_test {

using namespace std::chrono_literals;
using namespace test;

namespace {

acta::runtime_options two_workers() {
  acta::runtime_options options;
  options.worker_threads = 2;
  options.partitions = 2;
  return options;
}

} // namespace

TEST_CASE("a runtime for which there are too few threads does not open, says so, and a later one "
          "finds the store as it was") {
  test::temp_folder folder;
  int threads = 0;
  for (;; ++threads) {
    REQUIRE(threads < 100);
    CAPTURE(threads);
    const few_threads limit(threads);
    auto runtime = try_open(folder / "data", whole_model(), two_workers());
    if (runtime) break;
    CHECK(runtime.error().code() == acta::condition::io);
    CHECK(runtime.error().detail().find("thread") != std::string_view::npos);
  }
  CHECK(threads > 8); // else nothing was tried
  auto runtime = must_open(folder / "data", whole_model(), two_workers());
  for (int i = 0; i < 10; ++i) CHECK(runtime.ask<counter>(std::to_string(i), add{1}).wait_for(20s));
  CHECK(runtime.settle(60s));
  CHECK(runtime.state<follow>("all")->seen == 10);
}

TEST_CASE("a runtime in memory for which there are too few threads says so") {
  for (int threads = 0;; ++threads) {
    REQUIRE(threads < 100);
    CAPTURE(threads);
    const few_threads limit(threads);
    auto runtime = acta::runtime::in_memory(whole_model(), two_workers());
    if (runtime) break;
    CHECK(runtime.error().code() == acta::condition::io);
  }
}

TEST_CASE("a first schedule for whose thread there is no room is refused by a value, and can be "
          "asked for again") {
  test::temp_folder folder;
  acta::model m;
  m.aggregate<counter>();
  auto runtime = must_open(folder / "data", std::move(m), two_workers());
  const auto schedule = [&] {
    return runtime.schedule<counter>("a", add{1}, acta::after(0s), {.id = "once"});
  };
  {
    const few_threads none(0);
    for (int i = 0; i < 3; ++i) {
      const auto refused = schedule();
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code() == acta::condition::io);
    }
    CHECK(runtime.ask<counter>("b", add{1}).wait_for(20s));
  }
  REQUIRE(schedule());
  CHECK(runtime.settle(60s));
  CHECK(runtime.state<counter>("a")->total == 1);
}

} // namespace few_threads_test
