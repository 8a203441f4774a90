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
const versions none;
const versions second{"box.opened 2"};
constexpr std::uint64_t sum = 7; // of whatever commit

} // namespace

TEST_CASE("a version that is new to a consumer begins where the consumer stands") {
  versions_taken v;
  CHECK(v.begin(older, none, 10, sum) == 10);
  CHECK(v.begin(newer, none, 20, sum) == 20);
  CHECK(v == versions_taken{});
}

TEST_CASE("what an older release could not read is taken by the newer one, and nothing twice") {
  versions_taken v;
  v.begin(newer, none, 20, sum);
  CHECK(v.begin(older, second, 40, sum) == 40);
  CHECK(v.first_unread() == 40);
  CHECK(v.begin(older, second, 60, sum) == 60); // it may run more than once
  CHECK(v.begin(newer, none, 100, sum) == 40);
  CHECK(v.has_taken("box.opened", 1, 100));
  CHECK_FALSE(v.has_taken("box.opened", 1, 101));
  CHECK_FALSE(v.has_taken("box.opened", 2, 41));
  CHECK(v.reached == 100);
  CHECK(v.reached_checksum == sum);
  CHECK_FALSE(v.first_unread());
}

TEST_CASE("what is unread is taken by a consumer that no newer release had before") {
  versions_taken v;
  v.begin(older, none, 10, sum);
  v.begin(older, second, 20, sum); // a newer one without the consumer has run
  CHECK(v.begin(newer, none, 50, sum) == 20);
}

TEST_CASE("a version that was left out on purpose is not taken up from the past") {
  versions_taken v;
  v.begin(newer, none, 10, sum);
  v.begin(older, none, 20, sum);
  CHECK(v.begin(newer, none, 50, sum) == 50);
  SECTION("nor one that could not be read, and is not wanted after that") {
    v.begin(older, second, 60, sum);
    CHECK(v.begin(older, none, 70, sum) == 70);
    CHECK(v.begin(newer, none, 80, sum) == 80);
  }
}

TEST_CASE("a run that ends while it catches up goes on with what is left") {
  versions_taken v;
  v.begin(newer, none, 20, sum);
  v.begin(older, second, 40, sum);
  CHECK(v.begin(newer, none, 100, sum) == 40);
  SECTION("in the same release") {
    CHECK(v.begin(newer, none, 70, sum) == 70);
    CHECK(v.has_taken("box.opened", 1, 100));
    CHECK_FALSE(v.has_taken("box.opened", 2, 71));
  }
  SECTION("in the older one, which must not take its own again") {
    CHECK(v.begin(older, second, 70, sum) == 70);
    CHECK(v.has_taken("box.opened", 1, 100));
    CHECK(v.begin(newer, none, 200, sum) == 70);
    CHECK(v.has_taken("box.opened", 1, 200));
  }
  SECTION("past the end of it") {
    CHECK(v.begin(newer, none, 150, sum) == 150);
    CHECK(v == versions_taken{});
  }
}

TEST_CASE("three releases each come back to their own") {
  const versions newest{"box.closed 1", "box.opened 1", "box.opened 2"};
  const versions closed{"box.closed 1"};
  const versions both{"box.closed 1", "box.opened 2"};
  versions_taken v;
  v.begin(newest, none, 10, sum);
  v.begin(newer, closed, 20, sum);
  v.begin(older, both, 30, sum);
  CHECK(v.begin(newest, none, 40, sum) == 20);
  CHECK_FALSE(v.has_taken("box.closed", 1, 21));
  CHECK(v.has_taken("box.opened", 2, 30));
  CHECK_FALSE(v.has_taken("box.opened", 2, 31));
  CHECK(v.has_taken("box.opened", 1, 40));
}

TEST_CASE("marks of another history of the journal do not hide what is written anew") {
  versions_taken v;
  v.begin(newer, none, 20, sum);
  v.begin(older, second, 40, sum);
  v.begin(newer, none, 100, sum); // box.opened 1 up to 100
  v.forget_beyond(50);
  CHECK_FALSE(v.has_taken("box.opened", 1, 51));
  CHECK(v.reached == 0);
}

} // namespace versions_taken_test
