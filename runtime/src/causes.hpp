// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Finds causes and effects of events from what is stored with them.
///
/// Nothing is kept for it: the command id of what a process does is computed from the step or event
/// that it comes from (delivery.hpp), so it can be read backwards, and looked up forwards.
#pragma once

#include "delivery.hpp"

#include <acta/runtime/causes.hpp>

#include <optional>

namespace acta::detail {

class engine;

/// For one question. Threads: one at a time.
class cause_finder {
public:
  explicit cause_finder(engine& e) noexcept : engine_(e) {}

  /// Errors: `not_found` (no event there), `corrupt_commit`, `io`.
  result<event_causes> find(position of, const causes_options& limits);

private:
  /// A stream and the command id of a commit that may be in it.
  struct place {
    std::string aggregate;
    std::string id;
    delivery_key key;
  };

  /// All events of the commit that holds the position; none if there is none.
  result<std::vector<recorded_event>> commit_at(position at);
  result<std::optional<recorded_event>> event_at(position at);
  result<cause> cause_of(const recorded_event& e);
  /// Where what came of it would be, as far as it came through processes.
  [[nodiscard]] std::vector<place> places_after(const recorded_event& e) const;
  void add_inputs(const recorded_event& e, std::vector<place>& to) const;
  /// The commit of the delivery, if it led to one.
  result<std::optional<position>> find(const place& where, time_point not_before);
  result<void> grow(std::vector<recorded_event> roots, const causes_options& limits,
                    event_causes& into);

  engine& engine_;
  std::size_t old_commits_left_ = 0; ///< of those that may be looked through
  bool is_cut_short_ = false;        ///< there were more
};

} // namespace acta::detail
