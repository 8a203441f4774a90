// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Judges a store's journal and index against the plan and against the receipts that were written
/// down.
#pragma once

#include "plan.hpp"

#include <acta/persistence/store.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace crash {

/// One look at a journal of partition 0 that the plan's clients have written.
class journal_judge {
public:
  journal_judge(acta::persistence::partition& partition, std::uint64_t seed)
      : partition_(partition), seed_(seed) {}

  /// What is wrong, or nothing. An error is what the store itself says.
  acta::result<std::string> judge(const std::vector<acknowledgement>& acknowledged) {
    const auto read = partition_.read_log(1, [&](const acta::persistence::commit_view& c) {
      take(c);
      return wrong_.empty();
    });
    if (!read) return read.error();
    if (wrong_.empty() && partition_.last_position() != next_position_ - 1)
      wrong_ = "the journal ends at " + std::to_string(next_position_ - 1) + ", not at " +
               std::to_string(partition_.last_position());
    for (const auto& a : acknowledged)
      if (wrong_.empty()) compare(a);
    for (const auto& [id, version] : versions_)
      if (wrong_.empty())
        if (auto same = compare_index(id, version); !same) return same.error();
    return wrong_;
  }

private:
  struct stored_commit {
    std::uint64_t last_version;
    std::uint64_t last_position;
  };

  void fault(const std::string& what, const acta::persistence::commit_view& c) {
    if (wrong_.empty()) wrong_ = what + " at position " + std::to_string(c.position());
  }

  void take(const acta::persistence::commit_view& c) {
    if (c.position() != next_position_) fault("a gap or a double in the positions", c);
    next_position_ = c.last_position() + 1;
    auto& version = versions_[std::string(c.header().stream_id)];
    if (c.first_version() != version + 1) fault("a gap or a double in the versions", c);
    version = c.last_version();
    if (c.recorded_at() <= last_time_) fault("time does not rise", c);
    last_time_ = c.recorded_at();
    std::uint64_t n = 0;
    std::uint32_t client_plus_one = 0;
    std::memcpy(&n, c.header().command_id.bytes.data(), 8);
    std::memcpy(&client_plus_one, c.header().command_id.bytes.data() + 8, 4);
    const auto planned = plan(seed_, client_plus_one - 1, n);
    if (planned.stream_id != c.header().stream_id || planned.events != c.event_count())
      fault("not what was sent", c);
    c.for_each_event([&](const acta::persistence::event_view& e) {
      std::int64_t amount = -1;
      if (e.payload.size() == sizeof amount) std::memcpy(&amount, e.payload.data(), sizeof amount);
      if (amount != planned.amount) fault("another payload than was sent", c);
    });
    if (!by_command_
             .emplace(c.header().command_id, stored_commit{c.last_version(), c.last_position()})
             .second)
      fault("a command id with two effects", c);
  }

  void compare(const acknowledgement& a) {
    const auto at = by_command_.find(plan(seed_, a.client, a.n).command_id);
    if (at == by_command_.end())
      wrong_ = "acknowledged and lost: command " + std::to_string(a.n) + " of client " +
               std::to_string(a.client) + " at position " + std::to_string(a.position);
    else if (at->second.last_version != a.version || at->second.last_position != a.position)
      wrong_ = "acknowledged at another place: command " + std::to_string(a.n) + " of client " +
               std::to_string(a.client);
  }

  /// The index tells the same as the journal.
  acta::result<void> compare_index(const std::string& id, acta::version_number version) {
    const acta::persistence::stream_key key("counter", id);
    const auto last = partition_.last_version(key);
    if (!last) return last.error();
    acta::version_number seen = 0;
    bool follows = true;
    const auto read = partition_.read_stream(key, 1, [&](const acta::persistence::commit_view& c) {
      follows = c.first_version() == seen + 1;
      seen = c.last_version();
      return follows;
    });
    if (!read) return read;
    if (*last != version || seen != version || !follows)
      wrong_ = "the index takes " + id + " to version " + std::to_string(*last) + " and reads " +
               std::to_string(seen) + ", the journal holds " + std::to_string(version);
    return {};
  }

  acta::persistence::partition& partition_;
  std::uint64_t seed_;
  std::unordered_map<acta::uuid, stored_commit> by_command_;
  std::map<std::string, acta::version_number, std::less<>> versions_;
  std::uint64_t next_position_ = 1;
  acta::time_point last_time_{};
  std::string wrong_;
};

/// Judges `folder`/store against `folder`/acknowledged.
inline acta::result<std::string> judge_journal(const std::filesystem::path& folder,
                                               std::uint64_t seed) {
  acta::persistence::store_options existing;
  existing.create = false; // what is judged must not be made by its judge
  auto store = acta::persistence::store::open(folder / "store", existing);
  if (!store) return store.error();
  return journal_judge(*(*store)->partitions()[0], seed).judge(read_acknowledged(folder));
}

} // namespace crash
