// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A partition whose journal tests damage while it is closed, and questions to it afterwards.
#pragma once

#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <damaged_journal.hpp>
#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <cstring>
#include <optional>
#include <span>

namespace acta::contract {

inline partition_options small_maps(std::size_t commits_max = 65'536) {
  partition_options options;
  options.journal_map_bytes = options.derived_map_bytes = std::size_t{64} << 20;
  options.index_delay_max = std::chrono::hours(1);
  options.index_commits_max = commits_max;
  return options;
}

struct damaged_place {
  test::temp_folder root;
  std::filesystem::path folder = root.path() / "p000";
  uuid store_id = uuid::random();

  [[nodiscard]] std::unique_ptr<partition> open(partition_options options = small_maps()) const {
    auto p = open_partition(folder, 0, store_id, std::move(options));
    if (!p) FAIL(p.error().to_string());
    return std::move(*p);
  }
  [[nodiscard]] std::filesystem::path journal() const { return folder / "journal"; }
  void forget_derived() const { std::filesystem::remove_all(folder / "derived"); }
};

struct commit_of {
  std::string stream;
  std::uint32_t events = 1;
};

/// Writes commits, each named by its stream and events, and closes. @returns the last position.
inline std::uint64_t fill(const damaged_place& at, std::span<const commit_of> commits) {
  const auto p = at.open();
  writer w(*p);
  for (const auto& c : commits) {
    const auto lane = attach(*p, key_of(c.stream));
    const auto& entry = w.append(lane, {.first_version = lane->durable_version() + 1,
                                        .events = c.events,
                                        .command_id = uuid::random()});
    REQUIRE_FALSE(entry.failure);
  }
  w.wait();
  p->stop();
  return p->last_position();
}
inline std::uint64_t fill(const damaged_place& at, std::initializer_list<commit_of> commits) {
  return fill(at, std::span(commits.begin(), commits.size()));
}

/// What a reader of the whole stream is told; nothing if it can be read.
inline std::optional<error> read_of(partition& p, const std::string& stream) {
  auto read = p.read_stream(key_of(stream), 1, [](const commit_view&) { return true; });
  if (!read) return read.error();
  return std::nullopt;
}

/// What becomes of one more event of a stream; nothing if it was stored.
inline std::optional<error> append_to(partition& p, writer& w, const std::string& stream) {
  auto lane = p.attach(key_of(stream));
  if (!lane) return lane.error();
  // As an aggregate does it: state first.
  if (auto no = read_of(p, stream)) return no;
  return w.append(*lane, {.first_version = (*lane)->durable_version() + 1}).failure;
}

inline void check_corrupt(const std::optional<error>& e, std::string_view where) {
  REQUIRE(e);
  CAPTURE(e->to_string());
  CHECK(e->code() == errc::corrupt_commit);
  CHECK(e->where() == where);
}

/// All but the checksum.
inline void garble(std::string& bytes) { std::memset(bytes.data() + 8, 0x5A, bytes.size() - 8); }

} // namespace acta::contract
