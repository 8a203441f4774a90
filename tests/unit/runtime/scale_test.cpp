// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Many aggregates, little memory.
#include "counter.hpp"
#include "temp_folder.hpp"

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <deque>
#include <fstream>

namespace scale_test {

using namespace std::chrono_literals;
using test::add;
using test::counter;

namespace {

/// Anonymous memory of this process in MiB; pages of the mapped store are the kernel's cache.
std::size_t anonymous_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      std::size_t kib = 0;
      status >> kib;
      return kib / 1024;
    }
  return 0;
}

} // namespace

TEST_CASE("a million aggregates are created, passivated and read back within bounded memory") {
  constexpr std::size_t aggregates = 1'000'000;
  constexpr std::size_t resident_max = 20'000;
  // 20 000 residents take some 40 MiB; the rest is queues, the tail of the index and LMDB's dirty
  // pages. A million residents would take 1.5 GiB.
  constexpr std::size_t mib_max = 500;
  test::temp_folder folder;
  acta::model m;
  m.aggregate<counter>();
  auto opened = acta::runtime::open(folder / "data", std::move(m), {.resident_max = resident_max});
  if (!opened) FAIL(opened.error());
  auto& runtime = *opened;

  std::size_t peak_mib = 0;
  std::uint64_t peak_resident = 0;
  std::deque<acta::pending> window;
  const auto drain_to = [&](std::size_t left) {
    while (window.size() > left) {
      const auto r = window.front().wait_for(60s);
      if (!r) FAIL(r.error());
      window.pop_front();
    }
  };
  const auto pass = [&](std::int64_t amount) {
    for (std::size_t i = 0; i < aggregates; ++i) {
      window.push_back(runtime.ask<counter>(std::to_string(i), add{amount}));
      if (window.size() >= 4096) drain_to(2048);
      if (i % 10'000 == 0) {
        peak_mib = std::max(peak_mib, anonymous_mib());
        peak_resident = std::max(peak_resident, runtime.figures().resident);
      }
    }
    drain_to(0);
  };
  pass(5);
  CHECK(runtime.figures().passivations >= aggregates - resident_max - 5000);
  pass(1); // brings every one of them back
  CHECK(runtime.figures().recoveries >= 2 * (aggregates - resident_max) - 10'000);
  for (std::size_t i = 0; i < aggregates; i += 997) {
    const auto state = runtime.state<counter>(std::to_string(i));
    REQUIRE(state);
    REQUIRE(state->total == 6);
  }
  WARN("peak memory " << peak_mib << " MiB, peak residents " << peak_resident);
  CHECK(peak_mib < mib_max);
  CHECK(peak_resident < resident_max + 10'000);
}

} // namespace scale_test
