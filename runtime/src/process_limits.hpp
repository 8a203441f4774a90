// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The bounds and pauses of the processes' runner.
#pragma once

#include <acta/runtime/options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace acta::detail {

/// Events looked at in one turn.
inline constexpr std::size_t turn_events_max = 512;
/// Deliveries in memory, of targets that take them; with more no further events are looked at and
/// no timers fired. Cost: about 600 bytes each.
inline constexpr std::size_t waiting_max = 16'384;
/// Deliveries of one target that are read from the outbox at a time.
inline constexpr std::size_t target_load_max = 64;
/// Targets that are held up; each has its first delivery in memory, the others lie in the outbox.
/// With more no further events are looked at. Cost: about 800 bytes each.
inline constexpr std::size_t held_up_max = 65'536;
/// Deliveries of different senders on their way to one target.
inline constexpr std::size_t target_window = 32;
/// Commands on their way; at most half of what the runtime takes, so that clients get the rest.
inline constexpr std::size_t in_flight_max = 4'096;
/// Changes that the outbox does not have yet. Beyond the first it is written at once, beyond the
/// second (it cannot be written) no further events are looked at.
inline constexpr std::size_t changes_soft_max = 8'192;
inline constexpr std::size_t changes_hard_max = 65'536;
/// How long the outbox may be behind. Cost of more: after a crash so much is sent again. Cost of
/// less: a sync this often.
inline constexpr std::chrono::milliseconds outbox_delay{100};
/// The same if nothing but the checkpoint has moved. Cost: so much of the journal to look through
/// again.
inline constexpr std::chrono::milliseconds checkpoint_delay{1000};
/// How often the clock is looked at while timers are set: it may be set forward.
inline constexpr std::chrono::milliseconds timer_look_every{100};
/// Attempts after which a delivery counts as stuck.
inline constexpr unsigned stuck_attempts = 5;

/// Pause after so many attempts. Pre: at least one.
inline std::chrono::milliseconds backoff(const runtime_options& options, unsigned attempts) {
  return std::min<std::chrono::milliseconds>(options.restart_backoff_max,
                                             options.restart_backoff_min *
                                                 (1u << std::min(attempts - 1, 16u)));
}

} // namespace acta::detail
