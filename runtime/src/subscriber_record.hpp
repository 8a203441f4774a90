// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a subscriber has done, in an LMDB environment of its own: per partition the position up to
/// which everything is done, what is done beyond it, attempts that have failed, dead letters.
///
/// It is written after the fact: what a crash takes away of it is done again, under the same key.
#pragma once

#include "versions_taken.hpp"

#include <acta/persistence/view_store.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acta::detail {

/// What has become of one event.
struct subscriber_note {
  enum class kind : std::uint8_t {
    done,
    failed, ///< it is tried again
    parked, ///< it is given up
    letter_done,
    letter_failed,
  };
  kind what = kind::done;
  position where;
  unsigned attempts = 0;   ///< that have failed
  std::string reason;      ///< of the last one
  time_point at{};         ///< for a new dead letter
  time_point not_before{}; ///< failed: the receiver asked to be left alone until then, or the epoch
};

/// Adds a note to those that are not written yet. It replaces a failed attempt of the same event,
/// so that there are no more of them than events, however long they cannot be written.
void add_note(std::vector<subscriber_note>& to, subscriber_note note);

/// What a record asks of the journal it stands beside. Without it positions alone are compared.
struct journal_proof {
  std::function<persistence::checkpoint(position)> checkpoint_at;
  std::function<result<bool>(std::uint32_t partition, const persistence::checkpoint&)> holds;
};

/// Threads: any.
class subscriber_record {
public:
  /// @param folder  empty: in scratch files. Errors: `io`, `store_full`, `wrong_format`.
  static result<subscriber_record> open(const std::filesystem::path& folder, const uuid& store_id,
                                        std::string_view subscriber, std::size_t map_bytes,
                                        journal_proof proof = {});

  /// Per partition. In an environment that is new these are `start`, from now on and whatever
  /// crashes. In another one that knows of events which the journal does not hold, by its
  /// checkpoint or beyond it, as after the journal's return to a copy, it forgets those.
  struct beginning {
    std::vector<std::uint64_t> done_up_to;
    /// Before that went back to what an older release has passed over.
    std::vector<std::uint64_t> reached;
    std::vector<versions_taken> versions;
    /// Whether it did forget: what stands up to here may be other events than those handled.
    bool forgot = false;
  };
  /// @param now  versions of events that this release takes, sorted
  /// @param unreadable  those that it cannot read, sorted
  result<beginning> begin(std::span<const position> start, std::span<const position> last,
                          const std::vector<std::string>& now = {},
                          const std::vector<std::string>& unreadable = {});
  result<bool> is_paused() const;
  /// Going on forgets the other history.
  result<void> set_paused(bool paused);
  /// The last events it knew of when begin() forgot, in the partitions that are concerned, as text;
  /// nothing once somebody has let it go on.
  result<std::optional<std::string>> other_history() const;

  /// What is known of an event beyond the position up to which everything is done.
  struct past {
    bool done = false;
    unsigned failed_attempts = 0;
    time_point not_before{}; ///< of a note
  };
  /// For several events in one picture.
  result<std::vector<past>> look_up(std::span<const position> events) const;

  /// All of it in one transaction. @param done_up_to  of partitions where that has moved
  result<void> write(std::span<const subscriber_note> notes, std::span<const position> done_up_to);

  result<std::vector<persistence::dead_letter>> dead_letters(std::size_t limit,
                                                             position from) const;
  result<std::uint64_t> dead_letter_count() const;
  result<std::optional<persistence::dead_letter>> find_dead_letter(position where) const;
  /// False if there is none.
  result<bool> drop(position where);

private:
  subscriber_record(std::unique_ptr<persistence::view_store> store, journal_proof proof)
      : store_(std::move(store)), proof_(std::move(proof)) {}
  [[nodiscard]] persistence::checkpoint proof_of(position at) const {
    return proof_.checkpoint_at ? proof_.checkpoint_at(at) : persistence::checkpoint{at.number, 0};
  }
  std::unique_ptr<persistence::view_store> store_;
  journal_proof proof_;
  /// Rows of what this release cannot read stay, below the checkpoint too: behind `first`, up to
  /// `second`. By partition; empty before begin().
  std::vector<std::pair<std::uint64_t, std::uint64_t>> kept_;
};

} // namespace acta::detail
