// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The events of one subscriber that are in memory: which one may be handed out, and how far all of
/// them are done.
///
/// Events of one stream are a queue: only its front is handed out, and the next one when that is
/// done or given up. Queues whose front is ready take turns. A front that has failed waits for its
/// time, and its queue with it.
///
/// No threads, no clock, no disk. Threads: one at a time.
#pragma once

#include <acta/core/hash.hpp>
#include <acta/core/ids.hpp>
#include <acta/projections/recorded_event.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace acta::detail {

/// Events in memory, of one subscriber; with more no further ones are read. A stream that waits for
/// another attempt holds up the others only when as many events of it wait.
inline constexpr std::size_t subscriber_window_events_max = 1'024;
/// Bytes of their data; one page more at most.
inline constexpr std::size_t subscriber_window_bytes_max = std::size_t{8} << 20;
/// Dead letters that are handed out again at the same time.
inline constexpr std::size_t subscriber_letters_max = 64;

class subscriber_window {
public:
  using clock = std::chrono::steady_clock;
  struct lane;
  struct item {
    recorded_event event;
    unsigned attempts = 0; ///< failed so far
    bool is_letter = false;
    lane* in = nullptr;

    [[nodiscard]] position where() const noexcept { return event.metadata.position; }
  };
  /// The events of one stream that are not done.
  struct lane {
    std::string stream;
    std::deque<std::unique_ptr<item>> queue; ///< not empty
  };

  /// @param scanned  per partition, the position up to which everything is done
  explicit subscriber_window(std::vector<std::uint64_t> scanned)
      : unfinished_(scanned.size()), scanned_(std::move(scanned)) {}

  /// The next event of its partition. @param attempts  that have failed before
  /// @param not_before  it is not handed out earlier, if it is the first one of its stream, which
  ///   one that has failed is
  void add(recorded_event event, unsigned attempts,
           std::optional<clock::time_point> not_before = std::nullopt);
  /// A dead letter: behind the front of its stream, before its events, in order of position among
  /// letters. Pre: it is claimed.
  void add_letter(recorded_event event, unsigned attempts);
  /// A dead letter is somebody's until what has become of it is written, which may be long after
  /// finish(): before that the record would offer it once more.
  void claim_letter(position where) { letters_.insert(where); }
  void release_letter(position where) { letters_.erase(where); }
  [[nodiscard]] bool has_letter(position where) const { return letters_.contains(where); }
  /// Everything up to here has been added, or is not for this subscriber.
  void set_scanned(position scanned);

  /// The next one to be handled, whose turn it is until finish() or retry_at(). Null: none is
  /// ready.
  item* take();
  /// It is done, or given up.
  void finish(item& i);
  /// It is handed out again from then on.
  void retry_at(item& i, clock::time_point when);
  /// Makes ready what waits until `now`.
  void wake(clock::time_point now);
  [[nodiscard]] std::optional<clock::time_point> next_wake() const;

  /// Everything up to here is done, given up, or not for this subscriber.
  [[nodiscard]] std::uint64_t done_up_to(std::uint32_t partition) const;
  [[nodiscard]] std::uint32_t partitions() const noexcept {
    return static_cast<std::uint32_t>(scanned_.size());
  }
  [[nodiscard]] std::size_t events() const noexcept { return events_; } ///< letters included
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t letters() const noexcept { return letters_.size(); }
  [[nodiscard]] std::size_t ready() const noexcept { return ready_.size(); }
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
  lane& lane_of(const recorded_event& e);
  void push(lane& to, std::unique_ptr<item> i, std::size_t at);

  std::unordered_map<std::string, lane, process_text_hash> lanes_;
  std::deque<lane*> ready_;                         ///< whose front is to be taken
  std::multimap<clock::time_point, lane*> waiting_; ///< whose front has failed
  std::vector<std::set<std::uint64_t>> unfinished_; ///< by partition; without letters
  std::vector<std::uint64_t> scanned_;
  std::set<position> letters_; ///< claimed
  std::size_t events_ = 0, bytes_ = 0, taken_ = 0;
};

/// How long to wait after the n-th failed attempt (from 1): at most this; a random part of it, so
/// that those who failed together do not come back together.
/// Source: Brooker, "Exponential Backoff And Jitter", 2015 (full jitter).
[[nodiscard]] std::chrono::milliseconds backoff_limit(std::chrono::milliseconds min,
                                                      std::chrono::milliseconds max,
                                                      unsigned attempts) noexcept;

} // namespace acta::detail
