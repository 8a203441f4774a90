// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "store_health.hpp"

#include <acta/persistence/errc.hpp>

#include <algorithm>

namespace acta::detail {

namespace {

/// A conflict of versions is a matter between writers; this is one of the disk's.
bool is_of_the_disk(const error& e) noexcept {
  return e.code() == persistence::errc::store_full || e.code() == condition::io ||
         e.code() == condition::corrupt;
}

} // namespace

void store_health::note(std::uint32_t partition,
                        std::span<persistence::append_entry* const> batch) noexcept {
  try {
    // What came last decides: a batch whose front still fitted ends with what did not.
    const persistence::append_entry* last = nullptr;
    for (const auto* entry : batch)
      if (entry->events != 0 && (!entry->failure || is_of_the_disk(*entry->failure))) last = entry;
    if (last == nullptr) return;
    if (last->failure)
      failed(partition, *last->failure);
    else if (failing_.load(std::memory_order_relaxed) != 0)
      stored(partition);
  } catch (...) { // out of memory: the next batch tells
  }
}

void store_health::failed(std::uint32_t partition, const error& why) {
  {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] =
        failures_.insert_or_assign(partition, failed_commit{why, clock::now()});
    failing_.store(failures_.size(), std::memory_order_relaxed);
    if (!is_new) return;
  }
  log(log_level::error, "partition " + std::to_string(partition) +
                            ": commits are not stored: " + why.to_string() +
                            "; reading goes on, and each further command is tried");
}

void store_health::stored(std::uint32_t partition) {
  {
    const std::lock_guard lock(mutex_);
    if (failures_.erase(partition) == 0) return;
    failing_.store(failures_.size(), std::memory_order_relaxed);
  }
  log(log_level::info, "partition " + std::to_string(partition) + ": commits are stored again");
}

void store_health::note_dropped_snapshot(const std::string& stream,
                                         const persistence::snapshot& s) noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      const auto now = clock::now();
      if (now < tell_of_snapshots_) return;
      tell_of_snapshots_ = now + std::chrono::seconds{1};
    }
    const auto what = stream + ": no snapshot at version " + std::to_string(s.version) + ": ";
    if (s.state.size() > persistence::snapshot_bytes_max)
      log(log_level::warning,
          what + "the state takes " + std::to_string(s.state.size()) + " bytes, and at most " +
              std::to_string(persistence::snapshot_bytes_max) + " are kept; replays get longer");
    else
      log(log_level::warning,
          what + "too many wait to be written, or none can be; replays get longer");
  } catch (...) { // as above
  }
}

store_health::failure store_health::last_failure() const {
  if (failing_.load(std::memory_order_relaxed) == 0) return {};
  const std::lock_guard lock(mutex_);
  if (failures_.empty()) return {};
  // One that stays is the one to be told of.
  const auto worst = std::ranges::find_if(failures_, [](const auto& f) {
    return f.second.why.code() != persistence::errc::store_full;
  });
  const auto& [partition, told] = worst != failures_.end() ? *worst : *failures_.begin();
  auto last = told.at;
  for (const auto& [number, commit] : failures_) last = std::max(last, commit.at);
  return {"partition " + std::to_string(partition) + ": " + told.why.to_string(),
          worst != failures_.end(),
          std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - last)};
}

void store_health::log(log_level level, const std::string& line) const noexcept {
  try {
    if (log_) log_(level, line);
  } catch (...) { // a line that cannot be written is not worth a crash
  }
}

} // namespace acta::detail
