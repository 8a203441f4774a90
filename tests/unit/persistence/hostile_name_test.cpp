// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// Names that a client chose so that the history of another stream is lost.
#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <colliding_text.hpp>
#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

namespace hostile_name_test {

using namespace acta::contract;
using acta::uuid;
using acta::version_number;

namespace {

struct place {
  test::temp_folder root;
  uuid store_id = uuid::random();

  [[nodiscard]] acta::result<std::unique_ptr<partition>> try_open() const {
    partition_options options;
    options.journal_map_bytes = std::size_t{64} << 20;
    options.derived_map_bytes = std::size_t{64} << 20;
    options.index_delay_max = std::chrono::hours(1);
    return open_partition(root / "p000", 0, store_id, options);
  }
  [[nodiscard]] std::unique_ptr<partition> open() const {
    auto p = try_open();
    if (!p) FAIL(p.error().to_string());
    return std::move(*p);
  }
};

void append(partition& p, writer& w, const stream_key& stream, version_number count) {
  const auto lane = attach(p, stream);
  for (version_number i = 0; i < count; ++i) {
    const auto& sent = w.append(lane, {.first_version = lane->durable_version() + 1});
    REQUIRE_FALSE(sent.failure);
  }
}

/// A stream whose text begins with `victim`'s and has the same hash.
stream_key twin_of(const stream_key& victim, std::uint64_t seed) {
  const auto text = test::colliding_text(victim.text(), stream_hash(victim.text()), seed);
  REQUIRE(stream_hash(text) == stream_hash(victim.text()));
  return {victim.aggregate(), std::string_view(text).substr(victim.aggregate().size() + 1)};
}

} // namespace

TEST_CASE("a stream whose name has the hash of another's and begins with it hides nothing of it") {
  const auto victim = key_of("4"); // thing/4: as long as cart/42
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  const auto twin = twin_of(victim, seed);
  CAPTURE(twin.text());
  const place at;
  const auto check = [&](partition& p, version_number events) {
    for (const auto& stream : {victim, twin}) {
      CHECK(*p.last_version(stream) == events);
      CHECK(attach(p, stream)->durable_version() == events);
      std::vector<version_number> all;
      for (version_number v = 1; v <= events; ++v) all.push_back(v);
      CHECK(versions_of(p, stream) == all);
      if (events > 1) CHECK(versions_of(p, stream, 2).size() == events - 1);
    }
  };
  {
    const auto p = at.open();
    writer w(*p);
    append(*p, w, victim, 3);
    append(*p, w, twin, 3);
  }
  SECTION("after a restart") {
    const auto p = at.open();
    check(*p, 3);
    writer w(*p);
    append(*p, w, victim, 1);
    append(*p, w, twin, 1);
    check(*p, 4);
    REQUIRE(p->flush());
    check(*p, 4);
  }
  SECTION("after a kill, whose commits come from the journal") {
    const auto child = ::fork();
    if (child == 0) {
      auto p = at.try_open();
      if (!p) ::_exit(1);
      auto* opened = p->release();
      auto* w = new writer(*opened); // neither is destroyed, as in a crash
      for (const auto& stream : {victim, twin}) {
        const auto lane = *opened->attach(stream);
        if (w->append(lane, {.first_version = lane->durable_version() + 1}).failure) ::_exit(2);
      }
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    auto p = at.open();
    check(*p, 4);
    p.reset();
    check(*at.open(), 4);
  }
  SECTION("when the index is made anew") {
    std::filesystem::remove_all(at.root / "p000" / "derived");
    check(*at.open(), 3);
  }
}

} // namespace hostile_name_test
