// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "versions_taken.hpp"

#include <catch2/catch.hpp>

namespace versions_taken_test {

using acta::detail::versions_taken;

namespace {

using versions = std::vector<std::string>;
const versions older{"box.opened 1"};
const versions newer{"box.opened 1", "box.opened 2"};
constexpr std::uint64_t end = 1'000;

} // namespace

TEST_CASE("a version that is new to a process begins where the process stands") {
  versions_taken v;
  CHECK(v.begin(older, 10, end) == 10);
  CHECK(v.begin(newer, 20, end) == 20);
  CHECK(v.up_to.empty());
  CHECK_FALSE(v.has_taken("box.opened", 2, 21));
}

TEST_CASE("what an older release has passed over is taken by the newer one, and nothing twice") {
  versions_taken v;
  v.begin(newer, 20, end);
  CHECK(v.begin(older, 40, end) == 40);
  CHECK(v.begin(older, 60, end) == 60); // it may run more than once
  CHECK(v.begin(newer, 100, end) == 40);
  CHECK(v.has_taken("box.opened", 1, 100));
  CHECK_FALSE(v.has_taken("box.opened", 1, 101));
  CHECK_FALSE(v.has_taken("box.opened", 2, 41));
}

TEST_CASE("a run that ends while it catches up goes on with what is left") {
  versions_taken v;
  v.begin(newer, 20, end);
  v.begin(older, 40, end);
  CHECK(v.begin(newer, 100, end) == 40);
  SECTION("in the same release") {
    CHECK(v.begin(newer, 70, end) == 70);
    CHECK(v.has_taken("box.opened", 1, 100));
    CHECK_FALSE(v.has_taken("box.opened", 2, 71));
  }
  SECTION("in the older one, which must not take its own again") {
    CHECK(v.begin(older, 70, end) == 70);
    CHECK(v.has_taken("box.opened", 1, 100));
    CHECK(v.begin(newer, 200, end) == 70);
    CHECK(v.has_taken("box.opened", 1, 200));
  }
  SECTION("past the end of it") {
    CHECK(v.begin(newer, 150, end) == 150);
    CHECK(v.up_to.empty());
  }
}

TEST_CASE("three releases each come back to their own") {
  const versions newest{"box.closed 1", "box.opened 1", "box.opened 2"};
  versions_taken v;
  v.begin(newest, 10, end);
  v.begin(newer, 20, end);
  v.begin(older, 30, end);
  CHECK(v.begin(newest, 40, end) == 20);
  CHECK_FALSE(v.has_taken("box.closed", 1, 21));
  CHECK(v.has_taken("box.opened", 2, 30));
  CHECK_FALSE(v.has_taken("box.opened", 2, 31));
  CHECK(v.has_taken("box.opened", 1, 40));
}

TEST_CASE("marks of another history of the journal do not hide what is written anew") {
  versions_taken v;
  v.begin(newer, 20, end);
  v.begin(older, 40, end);
  v.begin(newer, 100, end); // box.opened 1 up to 100
  CHECK(v.begin(newer, 50, 60) == 50);
  CHECK(v.has_taken("box.opened", 1, 60));
  CHECK_FALSE(v.has_taken("box.opened", 1, 61));
}

TEST_CASE("a consumer that takes nothing stands where it is") {
  versions_taken v;
  v.begin(newer, 20, end);
  CHECK(v.begin({}, 40, end) == 40);
  CHECK(v.begin(newer, 60, end) == 40);
}

} // namespace versions_taken_test
