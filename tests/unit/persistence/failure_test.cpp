// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// What happens to commits when the disk does not do what it should.
#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <faulty_stores.hpp>
#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <csignal>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace failure_test {

using namespace acta::contract;
using acta::result;
using acta::version_number;
using test::fault;
using test::make_faulty;

TEST_CASE("a failed transaction fails what was decided on it, and nothing else") {
  const auto f = std::make_shared<fault>();
  const auto p = make_faulty(f);
  writer w(*p);
  const auto one = attach(*p, key_of("one"));
  const auto two = attach(*p, key_of("two"));
  w.append(one, {.first_version = 1});
  w.hold();
  REQUIRE(w.submit(attach(*p, key_of("wake")), {}));
  w.wait_until_held();
  f->failing_commits = 100;
  auto* before = *w.barrier(one, 0);
  auto* written = *w.submit(one, {.first_version = 2});
  auto* other = *w.submit(two, {.first_version = 1});
  auto* later = *w.submit(one, {.first_version = 3});
  auto* barrier = *w.barrier(one, 0);
  w.let_go();
  w.wait();
  CHECK_FALSE(before->failure);
  for (const auto* entry : {written, other, later, barrier}) {
    REQUIRE(entry->failure);
    CHECK(entry->failure->code() == errc::store_full);
    CHECK(entry->position == 0);
  }
  CHECK(one->generation() == 1); // once, not per entry
  CHECK(one->durable_version() == 1);

  f->failing_commits = 0;
  // Late comers of the failed state get the error that made it void; others never notice.
  const auto& stale = w.append(one, {.first_version = 4, .generation = 0});
  REQUIRE(stale.failure);
  CHECK(stale.failure->code() == errc::store_full);
  CHECK((*w.barrier(one, 0), w.wait(), true));
  CHECK_FALSE(w.append(one, {.first_version = 2, .generation = 1}).failure);
  CHECK_FALSE(w.append(two, {.first_version = 1, .generation = 1}).failure);
  CHECK(check_log(*p) == 4);
  CHECK(p->figures().failed_batches > 0);
}

TEST_CASE("a put that fails in the middle keeps what fits and leaves nothing half written") {
  const auto f = std::make_shared<fault>();
  const auto p = make_faulty(f);
  writer w(*p);
  std::vector<lane_ptr> lanes;
  for (int i = 0; i < 8; ++i) lanes.push_back(attach(*p, key_of(std::to_string(i))));
  w.hold();
  REQUIRE(w.submit(attach(*p, key_of("wake")), {}));
  w.wait_until_held();
  std::vector<commit_entry*> entries;
  for (const auto& lane : lanes)
    entries.push_back(*w.submit(lane, {.first_version = 1, .events = 2}));
  f->appends_until_failure = 6; // fails once; then there is room again
  w.let_go();
  w.wait();
  for (const auto* entry : entries) CHECK_FALSE(entry->failure);
  CHECK(check_log(*p) == 17);
  CHECK(p->figures().failed_batches == 1);
}

TEST_CASE(
    "after an io error the journal takes nothing more, because nobody knows what is on disk") {
  const auto f = std::make_shared<fault>();
  const auto p = make_faulty(f);
  writer w(*p);
  const auto one = attach(*p, key_of("one"));
  w.append(one, {.first_version = 1});
  f->code = errc::io;
  f->failing_commits = 1;
  CHECK(w.append(one, {.first_version = 2}).failure->code() == errc::io);
  CHECK(w.append(one, {.first_version = 2, .generation = 1}).failure->code() == errc::io);
  CHECK(w.append(attach(*p, key_of("two")), {.first_version = 1}).failure->code() == errc::io);
  CHECK(versions_of(*p, key_of("one")).size() == 1);
}

TEST_CASE("an index that cannot be written is kept in memory up to a bound, then commits fail with "
          "the reason") {
  const auto f = std::make_shared<fault>();
  f->derived_fails = true;
  partition_options options;
  options.index_commits_max = 8;
  options.index_delay_max = std::chrono::milliseconds(1);
  const auto p = make_faulty(f, options);
  writer w(*p);
  const auto one = attach(*p, key_of("one"));
  std::optional<acta::error> failure;
  version_number stored = 0;
  while (!failure && stored < 10000) {
    failure = w.append(one, {.first_version = stored + 1}).failure;
    if (!failure) ++stored;
    (void)p->flush(); // the failure is known, so that the journal tells the reason
  }
  REQUIRE(failure);
  CHECK(failure->code() == errc::store_full);
  CHECK(failure->detail().find("index") != std::string_view::npos);
  CHECK(stored == 8 * 16);
  CHECK(p->has_room()); // so that commands get the reason, and not `overloaded`
  CHECK(p->figures().index_failures > 0);
  CHECK(p->figures().unindexed_commits == stored);
  CHECK(versions_of(*p, key_of("one")).size() == stored);
  f->derived_fails = false;
  CHECK(eventually([&] { return p->flush() && p->figures().unindexed_commits == 0; }));
  CHECK_FALSE(
      w.append(one, {.first_version = stored + 1, .generation = one->generation()}).failure);
  CHECK(versions_of(*p, key_of("one")).size() == stored + 1);
}

TEST_CASE("a full disk fails commands with store_full, and the same process goes on when there is "
          "room again") {
  const test::temp_folder folder;
  const auto child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    partition_options options;
    options.journal_map_bytes = std::size_t{1} << 30;
    options.derived_map_bytes = std::size_t{1} << 30;
    options.index_delay_max = std::chrono::milliseconds(1);
    auto p = open_partition(folder / "p000", 0, acta::uuid::random(), options);
    if (!p) ::_exit(10);
    writer w(**p);
    const auto lane = *(*p)->attach(key_of("one"));
    version_number v = 0;
    std::uint32_t generation = 0;
    // Twice, with limits that are not multiples of a page: writes are then cut short, which LMDB
    // calls EIO.
    for (const rlim_t limit : {(rlim_t{2} << 20) + 1000, (rlim_t{4} << 20) + 12345}) {
      rlimit now{};
      ::getrlimit(RLIMIT_FSIZE, &now);
      now.rlim_cur = limit;
      ::setrlimit(RLIMIT_FSIZE, &now);
      std::optional<acta::error> failure;
      while (!failure && v < 20000) {
        failure =
            w.append(lane,
                     {.first_version = v + 1, .generation = generation, .payload_bytes = 3000})
                .failure;
        if (!failure) ++v;
      }
      if (!failure) ::_exit(11);
      if (failure->code() != errc::store_full) ::_exit(12);
      generation = lane->generation();
      if (w.append(lane, {.first_version = v + 1, .generation = generation, .payload_bytes = 9000})
              .failure->code() != errc::store_full)
        ::_exit(13);
      generation = lane->generation();
      version_number read = 0;
      if (!(*p)->read_stream(key_of("one"), 1,
                             [&](const commit_view& c) { return read = c.last_version(), true; }) ||
          read != v)
        ::_exit(14);
      now.rlim_cur = now.rlim_max;
      ::setrlimit(RLIMIT_FSIZE, &now);
      if (w.append(lane, {.first_version = v + 1, .generation = generation}).failure) ::_exit(15);
      ++v;
    }
    if (!(*p)->flush()) ::_exit(16);
    std::uint64_t next = 1;
    if (!(*p)->read_log(1,
                        [&](const commit_view& c) { return next = c.last_position() + 1, true; }) ||
        next != v + 1)
      ::_exit(17);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

} // namespace failure_test
