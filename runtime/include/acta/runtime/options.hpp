// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The knobs of a runtime and of a command. Every field has a default, a unit and a cost; a value
/// outside of its range is refused when the runtime is opened.
#pragma once

#include <acta/core/error.hpp>
#include <acta/core/ids.hpp>
#include <acta/core/log.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/effect.hpp>
#include <acta/domain/metadata.hpp>
#include <acta/projections/options.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acta {

/// A century.
inline constexpr std::chrono::hours dedupe_keep_max{24 * 36500};

struct runtime_options {
  /// Partitions of a new store, 1..1024; 0 takes an existing store's count, or 1. Durable: it
  /// cannot be changed later.
  std::uint32_t partitions = 0;
  /// False: opens a store that is there, and never makes one (`no_store`).
  bool create = true;
  /// Worker threads of the actors, at most 1024; 0 means one per core, at least two.
  std::size_t worker_threads = 0;
  /// Commands accepted and not yet answered, and as many answers that wait for the thread of their
  /// callbacks; beyond them `overloaded`. 1..2^30. Cost: about 1 KB each.
  std::size_t outstanding_max = std::size_t{1} << 17;
  /// Commands waiting for one aggregate; beyond them `overloaded`. 1..2^30.
  std::size_t inbox_max = 16384;
  /// Aggregates in memory, 1..2^30; the least recently used leave first. Cost: about 1.5 KB each
  /// and the state.
  std::size_t resident_max = 200'000;
  /// Replays longer than one slice that may go on at the same time, 1..65536.
  std::size_t recoveries_max = 16;
  /// A failing replay is tried this often, 1..1000, then the stream is quarantined.
  unsigned replay_attempts = 3;
  /// Pause before the second attempt; doubles up to the maximum. At most a day.
  std::chrono::milliseconds restart_backoff_min{50};
  std::chrono::milliseconds restart_backoff_max{5000};

  /// Bytes of records waiting for the journal, at least 1; beyond them `overloaded`.
  std::size_t journal_queue_bytes_max = std::size_t{64} << 20;
  /// How long the idle journal waits for company after the first record, 0..50 us. Cost: latency of
  /// a lone writer.
  std::chrono::microseconds journal_linger{0};
  /// Address space of the journal and of derived data, per partition; reaching it is `store_full`.
  /// Sparse: no disk is used ahead. At least 64 KiB. A process has 128 TiB for all its stores,
  /// about 70 with these defaults: a program with a store for each tenant gives each less.
  std::size_t journal_map_bytes = std::size_t{1} << 40;
  std::size_t derived_map_bytes = std::size_t{256} << 30;
  /// The index is written when this many commits wait or this long after the first. Cost of more:
  /// memory, and commits to read again after a crash. 1..2^24, and 1 ms to 1 h.
  std::size_t index_commits_max = 65536;
  std::chrono::milliseconds index_delay_max{1000};
  /// How long a retry of a command id is recognised, counted while the store is open. At most
  /// dedupe_keep_max, more is taken for it.
  std::chrono::hours dedupe_keep{24 * 7};

  /// Views, queries, pictures and subscriptions.
  projection_options projections;

  /// How subscribers' e-mails and webhooks go out; a model with a subscriber that answers with one
  /// needs the channel. Each is called by several threads at once.
  mail_channel mail;
  webhook_channel webhook;

  /// Time for context::now() and recorded_at; replace it in tests. It must not throw, and there
  /// must be one.
  std::function<time_point()> clock = system_now;
  /// Time by which command ids grow old: never jumps, never runs backward. Replace it in tests.
  std::function<std::chrono::microseconds()> monotonic = monotonic_now;
  /// Where log lines go; nowhere by default: a library does not write to the host's terminal.
  log_sink log;
};

/// Figures of processes; counters since open unless said otherwise.
struct process_figures {
  std::uint64_t delivered = 0; ///< commands, inputs, rejections and timers that were answered
  std::uint64_t waiting = 0;   ///< of them, not yet answered, now
  std::uint64_t bytes = 0;     ///< of those waiting, as far as they are in memory, now
  std::uint64_t stuck = 0;     ///< targets that have failed several times, now: alert when not 0
  std::uint64_t failures = 0;  ///< attempts without an answer that counts
  std::uint64_t timers = 0;    ///< set, now; new ones count once they are in the outbox
  std::uint64_t timers_fired = 0;
  /// Deliveries and timers that cannot be read, events that no step can hold, damaged commits, by
  /// process: runtime::set_aside() lists them. Alert when not 0.
  std::uint64_t set_aside = 0;
  std::uint64_t schedules_refused = 0; ///< commands of schedules that the domain said no to
  /// Events and rejections that came for instances which had finished, and changed nothing, by
  /// process; those without any are left out. A process that finishes must not be needed again
  /// under the same id: one that counts on and on here finishes too early.
  std::map<std::string, std::uint64_t, std::less<>> passed_over;
};

/// A delivery that has failed several times, and holds up others for its target. It is tried again,
/// with pauses, for as long as it takes.
struct stuck_delivery {
  std::string target;  ///< `account/ada`
  std::string command; ///< or input
  std::string process; ///< `transfer/7`: who sent it, or the target if it is an input
  unsigned attempts = 0;
  error reason;       ///< of the last one
  time_point since{}; ///< the first one, by the runtime's clock
};

/// What a caller may say about one command.
struct command_options {
  /// A retry with the same id on the same stream has one effect and gets the first receipt; another
  /// command with it is refused with `command_id_reused`. Nil: no such protection. Not one that the
  /// runtime computes for what processes do (uuids of version 8, docs/storage-format.md):
  /// `invalid_argument`.
  uuid command_id{};
  /// Refuse with `version_conflict` unless the stream is at exactly this version (0: no events
  /// yet).
  std::optional<version_number> expected_version{};
  /// The same, unless it is at one of these; empty: at any.
  std::vector<version_number> expected_versions{};
  /// The same, unless it has events.
  bool expected_to_exist = false;
  /// The application's notes, stored with the events. Names that begin with `acta.` are the
  /// runtime's own: `invalid_argument`.
  attributes metadata{};
  uuid correlation_id{};
  uuid causation_id{};
  /// Identity for the audit trail and for context::caller(), at most 256 bytes.
  std::string caller{};
  /// Answer `timeout` after this time; 0 never does. The command may still be stored: retry with
  /// the same command_id.
  std::chrono::milliseconds timeout{0};
};

/// For state(): as of the end of this version.
struct at_version {
  version_number version = 0;
};
/// For state(): with every event recorded at or before this time.
struct at_time {
  time_point time{};
};

/// For events(): versions from `from` on, `limit` of them at most.
struct event_range {
  version_number from = 1;
  std::size_t limit = 1000;
};

} // namespace acta
