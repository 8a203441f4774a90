// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The bounds and pauses of the processes' runner.
#pragma once

#include <acta/runtime/options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace acta::detail {

/// Events looked at in one turn.
inline constexpr std::size_t turn_events_max = 512;
/// Deliveries in memory, of targets that take them; with more no further events are looked at and
/// no timers fired. Cost: about 600 bytes each.
inline constexpr std::size_t waiting_max = 16'384;
/// The same in bytes. A page of events comes on top.
inline constexpr std::size_t waiting_bytes_max = std::size_t{64} << 20;
/// Deliveries of one target that are read from the outbox at a time.
inline constexpr std::size_t target_load_max = 64;
inline constexpr std::size_t target_load_bytes_max = std::size_t{1} << 20;
/// Targets that are held up; each has its first delivery in memory, the others lie in the outbox.
/// With more no further events are looked at. Cost: about 800 bytes each.
inline constexpr std::size_t held_up_max = 65'536;
/// A delivery of a target that is held up keeps no more text in memory; it is read again when it is
/// tried again.
inline constexpr std::size_t held_up_bytes_max = 1'024;
/// Of all of them: timers are kept whole.
inline constexpr std::size_t held_up_bytes_in_all = std::size_t{256} << 20;
/// Deliveries of different senders on their way to one target.
inline constexpr std::size_t target_window = 32;
/// Commands on their way; at most half of what the runtime takes, so that clients get the rest.
inline constexpr std::size_t in_flight_max = 4'096;
/// The same in bytes; one goes at any rate. Each is in memory twice more while it is decided.
inline constexpr std::size_t in_flight_bytes_max = std::size_t{8} << 20;
/// Changes that the outbox does not have yet. Beyond the first it is written at once, beyond the
/// second (it cannot be written) no further events are looked at.
inline constexpr std::size_t changes_soft_max = 8'192;
inline constexpr std::size_t changes_hard_max = 65'536;
/// The same in bytes. The JSON of events is made when the outbox is written, and is then gone.
inline constexpr std::size_t changes_soft_bytes_max = std::size_t{8} << 20;
inline constexpr std::size_t changes_hard_bytes_max = std::size_t{64} << 20;
/// How long the outbox may be behind. Cost of more: after a crash so much is sent again. Cost of
/// less: a sync this often.
inline constexpr std::chrono::milliseconds outbox_delay{100};
/// The same if nothing but the checkpoint has moved. Cost: so much of the journal to look through
/// again.
inline constexpr std::chrono::milliseconds checkpoint_delay{1000};
/// How often the clock is looked at while timers are set: it may be set forward.
inline constexpr std::chrono::milliseconds timer_look_every{100};
/// Command ids that are kept of a stream that was looked through for what is forgotten (16 bytes
/// each). Cost of less: a longer stream is looked through for each row that waits for it.
inline constexpr std::size_t past_commands_max = std::size_t{1} << 20;
/// Of a rejection's code and message, as a process is told of them. Cost of more: a process that is
/// told takes more of its step's room.
inline constexpr std::size_t rejection_text_bytes_max = std::size_t{16} << 10;
/// Of the JSON and the reason of what is set aside.
inline constexpr std::size_t set_aside_json_bytes_max = std::size_t{64} << 10;
inline constexpr std::size_t set_aside_reason_bytes_max = 1'024;
inline constexpr std::string_view no_json =
    "it has no JSON (text that is no UTF-8, a number that is none), and so no place in a step";
inline constexpr std::string_view unknown_answer =
    "whether it was rejected in an earlier run cannot be told: the stream of its process is "
    "damaged";
/// What stands for the command in the record of a damaged commit.
inline constexpr std::string_view damaged_commit = "acta.damaged";
/// Attempts after which a delivery counts as stuck.
inline constexpr unsigned stuck_attempts = 5;

/// Pause after so many attempts. Pre: at least one.
inline std::chrono::milliseconds backoff(const runtime_options& options, unsigned attempts) {
  return std::min<std::chrono::milliseconds>(options.restart_backoff_max,
                                             options.restart_backoff_min *
                                                 (1u << std::min(attempts - 1, 16u)));
}

} // namespace acta::detail
