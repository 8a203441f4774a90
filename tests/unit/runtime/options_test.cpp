// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"
#include "eventually.hpp"
#include "temp_folder.hpp"

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <limits>

namespace options_test {

using namespace std::chrono_literals;

TEST_CASE("an option with which a runtime would hang, spin or overflow is refused by name") {
  using options = acta::runtime_options;
  static constexpr auto most = std::numeric_limits<std::size_t>::max();
  static constexpr auto longest = std::chrono::milliseconds::max();
  struct row {
    const char* field;
    void (*spoil)(options&);
  };
  const row rows[] = {
      {"partitions", [](options& o) { o.partitions = 1025; }},
      {"worker_threads", [](options& o) { o.worker_threads = most; }},
      {"outstanding_max", [](options& o) { o.outstanding_max = 0; }},
      {"outstanding_max", [](options& o) { o.outstanding_max = most; }},
      {"inbox_max", [](options& o) { o.inbox_max = 0; }},
      {"inbox_max", [](options& o) { o.inbox_max = most; }},
      {"resident_max", [](options& o) { o.resident_max = 0; }},
      {"recoveries_max", [](options& o) { o.recoveries_max = 0; }},
      {"replay_attempts", [](options& o) { o.replay_attempts = 0; }},
      {"replay_attempts", [](options& o) { o.replay_attempts = 65'536; }},
      {"restart_backoff_min", [](options& o) { o.restart_backoff_min = -1ms; }},
      {"restart_backoff_min", [](options& o) { o.restart_backoff_min = longest; }},
      {"restart_backoff_min", [](options& o) { o.restart_backoff_min = 6s; }},
      {"restart_backoff_max", [](options& o) { o.restart_backoff_max = longest; }},
      {"journal_queue_bytes_max", [](options& o) { o.journal_queue_bytes_max = 0; }},
      {"journal_linger", [](options& o) { o.journal_linger = 1h; }},
      {"journal_linger", [](options& o) { o.journal_linger = -1us; }},
      {"journal_map_bytes", [](options& o) { o.journal_map_bytes = 0; }},
      {"derived_map_bytes", [](options& o) { o.derived_map_bytes = 0; }},
      {"index_commits_max", [](options& o) { o.index_commits_max = 0; }},
      {"index_commits_max", [](options& o) { o.index_commits_max = most; }},
      {"index_delay_max", [](options& o) { o.index_delay_max = 0ms; }},
      {"index_delay_max", [](options& o) { o.index_delay_max = longest; }},
      {"projections.threads", [](options& o) { o.projections.threads = most; }},
      {"projections.map_bytes", [](options& o) { o.projections.map_bytes = 0; }},
      {"projections.picture_age_max", [](options& o) { o.projections.picture_age_max = 0ms; }},
      {"clock", [](options& o) { o.clock = nullptr; }},
  };
  test::temp_folder folder;
  for (const auto& r : rows) {
    options o;
    r.spoil(o);
    for (const bool on_disk : {true, false}) {
      acta::model m;
      m.aggregate<test::counter>();
      const auto opened = on_disk ? acta::runtime::open(folder / "data", std::move(m), o)
                                  : acta::runtime::in_memory(std::move(m), o);
      INFO(r.field);
      REQUIRE_FALSE(opened);
      INFO(opened.error());
      CHECK(opened.error().code() == acta::errc::invalid_argument);
      CHECK(
          opened.error().detail().starts_with("runtime_options::" + std::string(r.field) + " is "));
      CHECK(opened.error().detail().find("must be ") != std::string_view::npos);
    }
  }
  CHECK_FALSE(std::filesystem::exists(folder / "data"));
}

TEST_CASE("the outermost values that an option may have are taken") {
  acta::runtime_options o;
  o.worker_threads = 1;
  o.outstanding_max = o.inbox_max = 1;
  o.resident_max = o.recoveries_max = 1;
  o.replay_attempts = 1;
  o.restart_backoff_min = o.restart_backoff_max = 0ms;
  o.index_commits_max = 1;
  o.index_delay_max = 1ms;
  o.projections.tail_bytes_max = 0;
  o.projections.query_cache_bytes_max = 0;
  o.projections.picture_age_max = 1ms;
  o.dedupe_keep = std::chrono::hours::max();
  acta::model m;
  m.aggregate<test::counter>();
  test::temp_folder folder;
  o.journal_map_bytes = o.derived_map_bytes = std::size_t{1} << 30;
  auto opened = acta::runtime::open(folder / "data", std::move(m), o);
  if (!opened) FAIL(opened.error());
  // One at a time is outstanding, and for a moment longer than its caller waits.
  for (int i = 0; i < 20; ++i)
    CHECK(test::eventually([&] {
      return opened->ask<test::counter>(std::to_string(i), test::add{1}).wait_for(20s).has_value();
    }));
  CHECK(opened->settle(20s));
}

} // namespace options_test
