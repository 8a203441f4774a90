// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <ctime>

namespace partition_test {

using namespace acta::contract;

namespace {

/// CPU time that has been used, in nanoseconds.
std::int64_t used(clockid_t by) {
  timespec time{};
  REQUIRE(::clock_gettime(by, &time) == 0);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

} // namespace

TEST_CASE("a partition in memory keeps the journal's contract") {
  check_journal_contract(
      [](partition_options options) { return make_memory_partition(0, std::move(options)); });
}

TEST_CASE("a partition on LMDB keeps the journal's contract") {
  const test::temp_folder folder;
  check_journal_contract([&](partition_options options) {
    auto opened =
        open_partition(folder.path() / "p000", 0, acta::uuid::random(), std::move(options));
    if (!opened) FAIL(opened.error().to_string());
    return std::move(*opened);
  });
}

TEST_CASE("an index that is to be written when no commit waits is not written without end") {
  partition_options options;
  options.index_commits_max = 0;
  const auto p = make_memory_partition(0, options);
  writer w(*p);
  REQUIRE_FALSE(w.append(attach(*p, key_of("one")), {.first_version = 1}).failure);
  REQUIRE(p->flush());
  // While this thread works, the partition has nothing to do.
  const auto mine_before = used(CLOCK_THREAD_CPUTIME_ID);
  const auto all_before = used(CLOCK_PROCESS_CPUTIME_ID);
  std::int64_t mine = 0;
  while (mine < 200'000'000) mine = used(CLOCK_THREAD_CPUTIME_ID) - mine_before;
  const auto others = used(CLOCK_PROCESS_CPUTIME_ID) - all_before - mine;
  CHECK(others < mine / 4);
}

} // namespace partition_test
