// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What processes have still to do: deliveries not yet answered, timers whose input is not yet
/// answered, and how far the journal has been looked through for more; in one LMDB environment,
/// changed in one transaction.
///
/// It may be behind: what it does not hold yet is derived from the journal again, under the same
/// command ids. It is never ahead. Each process has a checkpoint of its own: one that a program
/// does not have for a while goes on from where it was.
#pragma once

#include "delivery.hpp"
#include "versions_taken.hpp"

#include <acta/persistence/store_look.hpp>
#include <acta/persistence/view_store.hpp>
#include <acta/runtime/set_aside.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace acta::detail {

/// Keys of rows. A target's deliveries lie together, in the order of their keys; so do the timers
/// of a stream.
[[nodiscard]] std::string row_of_delivery(std::string_view target, const delivery_key& key);
[[nodiscard]] std::string row_of_timer(std::string_view stream, std::string_view name);
/// By due time, then row.
[[nodiscard]] std::string entry_of_timer(time_point due, std::string_view row);
[[nodiscard]] std::string_view row_of_entry(std::string_view entry);
/// Before the key of a row that is set aside, so that it holds up nobody and is not lost. On disk.
inline constexpr char row_set_aside = 'x';
/// Of a key that may be in the outbox.
inline constexpr std::size_t row_bytes_max = table_key_bytes_max - 1;
/// Why a delivery is set aside. On disk.
inline constexpr std::string_view set_aside_attribute = "acta.set_aside";
/// Those of all timers of a stream begin with it.
[[nodiscard]] std::string rows_of_timers(std::string_view stream);

/// What is to become of one timer; of several changes the last one counts.
struct timer_change {
  std::optional<pending_timer> set; ///< over an earlier one of the name
  /// Not set: to be cancelled; only the one that the step at this version has set, unless 0.
  version_number only = 0;
};

/// How far the journal of a partition has been looked through for one process.
struct process_checkpoint {
  std::string process;
  std::uint32_t partition = 0;
  persistence::checkpoint at;
};

/// What was looked for up to there, by version of events.
struct process_versions {
  std::string process;
  std::uint32_t partition = 0;
  versions_taken versions;
};

/// What one transaction does. Deliveries and timers are named by their rows.
struct outbox_changes {
  std::vector<std::string> answered;                          ///< deliveries
  std::vector<std::pair<std::string, const delivery*>> added; ///< deliveries, sorted
  std::map<std::string, timer_change> timers;
  std::set<std::string> ended;                ///< streams whose timers all go, before `timers`
  std::vector<std::string> unreadable;        ///< deliveries to be set aside
  std::vector<std::string> unreadable_timers; ///< their entries
  /// Deliveries that nobody can ever take, by the rows that they have or would have.
  std::map<std::string, delivery> set_aside;
  std::vector<process_checkpoint> looked_through;
  std::vector<process_versions> versions; ///< once in a run
};

/// One transaction: given up unless committed. Threads: the one that began it.
class outbox_writing {
public:
  explicit outbox_writing(std::unique_ptr<persistence::view_writing> txn) : txn_(std::move(txn)) {}

  result<void> apply(const outbox_changes& c);
  /// Of the first timer after this entry.
  result<std::optional<time_point>> next_due(std::string_view after);
  result<std::uint64_t> timers() { return txn_->count(row_table::indexes); }
  result<void> commit() { return txn_->commit(false); }

private:
  result<void> change_timers(const outbox_changes& c);
  result<void> end_timers(const std::set<std::string>& streams);
  /// Takes one out, row and entry.
  result<void> cancel(std::string_view row, version_number only);
  result<void> set_aside(std::string_view row);
  std::unique_ptr<persistence::view_writing> txn_;
};

/// Threads: any.
class outbox {
public:
  /// @param folder  empty: in scratch files. Errors: `io`, `store_full`, `wrong_format`.
  static result<outbox> open(const std::filesystem::path& folder, const uuid& store_id,
                             std::size_t map_bytes);

  /// What a store's outbox holds at this moment, to be read; nothing if it has none. Errors: as
  /// open().
  static result<std::optional<outbox>> copy_of(const persistence::store_look& store);

  result<outbox_writing> write();
  /// Of one process; nothing if it has none yet.
  result<std::optional<persistence::checkpoint>> checkpoint(std::string_view process,
                                                            std::uint32_t partition);
  /// Of one process; those of nobody if it has none yet. Errors: `decode_failed`, `io`.
  result<std::optional<versions_taken>> versions(std::string_view process, std::uint32_t partition);
  /// The one for all processes, in an outbox from before each had its own; 0 in others.
  result<persistence::checkpoint> common_checkpoint(std::uint32_t partition);

  struct figures {
    std::uint64_t deliveries = 0, timers = 0;
    std::uint64_t set_aside = 0; ///< rows that could not be read
  };
  /// Cost: a look at each delivery's key.
  result<figures> count();

  /// A stored delivery; its value is an error if it cannot be read.
  struct stored {
    std::string_view target;
    delivery_key key;
    std::string_view row;
    /// Reads the value. Errors: `decode_failed`.
    [[nodiscard]] result<delivery> decode() const;
    bytes_view value;
  };
  /// Of one row. Errors: `not_found`, `decode_failed`, `io`.
  result<delivery> find(std::string_view row);
  /// Those at or after a row, in order, until `f` says false. True if it came to the end.
  result<bool> visit(std::string_view from, const std::function<bool(const stored&)>& f);

  /// Rows that are set aside, by their ids. Errors: `invalid_argument`, `io`.
  [[nodiscard]] result<std::vector<set_aside_record>> set_aside(std::size_t limit,
                                                                std::string_view after) const;
  /// False if there is no such row. Errors: `invalid_argument`, `io`, `store_full`.
  result<bool> drop_set_aside(std::string_view id);

  /// Streams with timers that begin with `prefix` and stand after `after`, in order.
  result<std::vector<std::string>> streams_with_timers(std::string_view prefix,
                                                       std::string_view after, std::size_t limit);

  /// Timers due after the entry `after`, which moves to the last one visited, until `f` says false.
  /// Those that cannot be read come as an error. @returns when the first one not visited is due.
  result<std::optional<time_point>>
  visit_due(std::string& after, time_point now,
            const std::function<bool(std::string_view entry, result<pending_timer>)>& f);

private:
  static result<outbox> adopt(std::unique_ptr<persistence::view_store> store);
  explicit outbox(std::unique_ptr<persistence::view_store> store) : store_(std::move(store)) {}
  std::unique_ptr<persistence::view_store> store_;
};

/// Reads the key of a delivery's row; false if it is none.
bool read_delivery_row(std::string_view row, outbox::stored& out);

} // namespace acta::detail
