// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Why an event happened, and what came of it: the answer of acta::runtime::why().
#pragma once

#include <acta/projections/recorded_event.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace acta {

enum class cause_kind : std::uint8_t {
  request,   ///< a command that no process sent: here the chain begins
  command,   ///< a command that a process sent
  rejection, ///< the domain's no to one
  event,     ///< an event that a process takes in
  timer,     ///< a timer that a process had set
};
[[nodiscard]] std::string_view to_string(cause_kind kind) noexcept;

struct cause {
  cause_kind kind = cause_kind::request;
  /// Of the command (sent, or rejected), the timer, or the event's type; empty for a request.
  std::string name{};
  /// Of the event, or step, that is the reason; number 0 for a request.
  position of{};
};

/// An event in the tree, with the reason that it hangs below its parent.
struct caused_event {
  recorded_event event;
  cause because;
  std::size_t depth = 0; ///< 0: the first cause
};

struct event_causes {
  /// The event that was asked about, what caused it, what caused that, back to the first one.
  std::vector<caused_event> chain;
  /// Everything that came of the first cause, depth first: a child stands below its parent, one
  /// deeper.
  std::vector<caused_event> tree;
  /// The chain is longer, the tree larger, or more was to be looked through, than was allowed.
  bool truncated = false;
  /// Damaged commits that were met, by a position in each: the chain ends before one that is a
  /// reason, and the tree lacks one that is an effect, with all that came of it.
  std::vector<position> damaged{};
};

struct causes_options {
  /// Events of the chain; the tree then begins at the last of them.
  std::size_t chain_max = 1'000;
  /// Events of the tree. Cost: an index look-up or two each.
  std::size_t tree_max = 1'000;
  /// Commits looked through, in all, for effects of what is older than `dedupe_keep`: no index has
  /// them, so the streams in which they would be are read.
  std::size_t search_max = 100'000;
  /// Data of all events that the answer holds. What would be beyond it is left out.
  std::size_t bytes_max = std::size_t{8} << 20;
};

} // namespace acta
