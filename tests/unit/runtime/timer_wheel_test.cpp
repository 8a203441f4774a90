// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "timer_wheel.hpp"

#include <catch2/catch.hpp>

#include <random>

namespace timer_wheel_test {

using acta::detail::timer_wheel;
using namespace std::chrono_literals;

TEST_CASE("timers fire in order, never early, and once") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto start = timer_wheel::clock::now();
  timer_wheel wheel(start);
  auto now = start;
  std::vector<std::pair<timer_wheel::clock::time_point, timer_wheel::clock::time_point>>
      fired; // due, at
  constexpr int count = 5000;
  for (int i = 0; i < count; ++i) {
    const auto due = start + std::chrono::microseconds{random() % 20'000'000};
    wheel.schedule(due, [&fired, due, &now] { fired.emplace_back(due, now); });
  }
  while (now < start + 21s) {
    now += std::chrono::milliseconds{random() % 300};
    wheel.advance(now);
  }
  CHECK(wheel.empty());
  REQUIRE(fired.size() == count);
  for (const auto& [due, at] : fired) REQUIRE(at >= due);
}

TEST_CASE("a timer that is already due fires at the next turn, and a pause loses none") {
  const auto start = timer_wheel::clock::now();
  timer_wheel wheel(start);
  int fired = 0;
  wheel.advance(start + 1s);
  CHECK(wheel.schedule(start, [&] { ++fired; }));
  CHECK_FALSE(wheel.schedule(start + 3s, [&] { ++fired; }));
  wheel.advance(start + 1s + timer_wheel::tick);
  CHECK(fired == 1);
  wheel.advance(start + 1h);
  CHECK(fired == 2);
}

} // namespace timer_wheel_test
