// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A store whose derived data tests damage, and the questions that must be answered rightly or not
/// at all.
#pragma once

#include <acta/persistence/partition.hpp>

#include "../../contract/journal_contract.hpp"

#include <temp_folder.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <map>

namespace acta::contract {

namespace fs = std::filesystem;

inline std::string read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_all(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
}

/// A closed store of some streams, indexed, with snapshots, as it was written.
class small_store {
public:
  static constexpr int streams = 40;
  static constexpr version_number commits = 5;
  static constexpr version_number versions = 2 * commits;

  small_store() {
    auto p = open();
    REQUIRE(p);
    fill(**p);                // and stops
    p = error(errc::stopped); // closed
    journal_ = read_all(journal_file());
    derived_ = read_all(derived_file());
  }

  static stream_key stream(int s) { return key_of("stream" + std::to_string(s)); }
  [[nodiscard]] fs::path folder() const { return root_ / "p000"; }
  [[nodiscard]] fs::path journal_file() const { return folder() / "journal" / "data.mdb"; }
  [[nodiscard]] fs::path derived_file() const { return folder() / "derived" / "data.mdb"; }
  [[nodiscard]] const std::string& derived() const noexcept { return derived_; }

  /// Puts everything back, but for the derived data, which becomes this.
  void restore(std::string_view derived) const {
    fs::remove_all(folder() / "derived");
    fs::create_directories(folder() / "derived");
    write_all(journal_file(), journal_);
    write_all(derived_file(), derived);
  }
  [[nodiscard]] result<std::unique_ptr<partition>> open() const {
    partition_options options;
    options.journal_map_bytes = std::size_t{64} << 20;
    options.derived_map_bytes = std::size_t{64} << 20;
    options.index_delay_max = std::chrono::hours(1);
    return open_partition(folder(), 0, store_id_, options);
  }

  /// Every answer is right, or an error of the kind. @returns how many were errors.
  int check(partition& p) const {
    int errors = 0;
    const auto is_typed = [&](const error& e) {
      ++errors;
      CAPTURE(e.to_string());
      CHECK(e.code() == condition::corrupt);
    };
    for (int s = 0; s < streams; ++s) {
      const auto key = stream(s);
      CAPTURE(key.text());
      if (auto last = p.last_version(key); !last)
        is_typed(last.error());
      else
        CHECK(*last == versions);
      if (auto lane = p.attach(key); !lane)
        is_typed(lane.error());
      else
        CHECK((*lane)->durable_version() == versions);
      for (const version_number from : {1, 4, 9}) {
        auto next = from % 2 == 0 ? from - 1 : from;
        auto read = p.read_stream(key, from, [&](const commit_view& c) {
          CHECK(c.first_version() == next);
          CHECK(c.header().stream_id == key.id());
          next = c.last_version() + 1;
          return true;
        });
        if (!read)
          is_typed(read.error());
        else
          CHECK(next == versions + 1);
      }
      if (auto saved = p.newest_snapshot(key); !saved)
        is_typed(saved.error());
      else if (*saved) {
        CHECK((*saved)->version == versions);
        CHECK((*saved)->position == ends_.at(s));
        CHECK(as_text((*saved)->state.view()) == key.text());
      }
    }
    for (const auto& [s, id, position] : commands_) {
      auto found = p.find_command(stream(s), id);
      if (!found) {
        is_typed(found.error());
      } else {
        CHECK(*found == std::optional(position));
      }
    }
    for (const auto& stranger : strangers_) {
      for (const auto* name : {"stream1", "stream", "strean1"})
        if (auto found = p.find_command(key_of(name), stranger); !found)
          is_typed(found.error());
        else
          CHECK_FALSE(*found);
    }
    return errors;
  }

private:
  void fill(partition& p) {
    writer w(p);
    std::vector<std::pair<int, commit_entry*>> sent;
    for (version_number c = 0; c < commits; ++c) {
      for (int s = 0; s < streams; ++s)
        sent.emplace_back(
            s, *w.submit(attach(p, stream(s)),
                         {.first_version = 1 + 2 * c, .events = 2, .command_id = uuid::random()}));
      w.wait();
      REQUIRE(p.flush()); // so that older pages lie between those in use
    }
    for (const auto& [s, entry] : sent) {
      commands_.emplace_back(s, entry->command_id, entry->position);
      ends_[s] = entry->position + 1;
    }
    for (int s = 0; s < streams; s += 4) {
      snapshot saved;
      saved.version = versions;
      saved.position = ends_[s];
      saved.fingerprint = 7;
      saved.state.append(as_bytes_view(stream(s).text()));
      REQUIRE(p.offer_snapshot(stream(s), std::move(saved)));
    }
    REQUIRE(p.flush());
  }

  test::temp_folder root_;
  uuid store_id_ = uuid::random();
  std::vector<std::tuple<int, uuid, std::uint64_t>> commands_;
  std::vector<uuid> strangers_{uuid::random(), uuid::random(), uuid::random()};
  std::map<int, std::uint64_t> ends_;
  std::string journal_, derived_;
};

} // namespace acta::contract
