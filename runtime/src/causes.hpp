// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Finds causes and effects of events from what is stored with them.
///
/// Nothing is kept for it: the command id of what a process does is computed from the step or event
/// that it comes from (delivery.hpp), so it can be read backwards, and looked up forwards. Stores
/// from before callers were kept from such ids (door.hpp) may hold forged ones: a cause is believed
/// if the event there asks for just this effect, which the runner marked with it, and is older.
#pragma once

#include "delivery.hpp"

#include <acta/persistence/commit.hpp>
#include <acta/runtime/causes.hpp>

#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace acta::detail {

class engine;

/// For one question. Threads: one at a time.
class cause_finder {
public:
  explicit cause_finder(engine& e) noexcept : engine_(e) {}

  /// Errors: `not_found` (no event there), `corrupt_commit` (the commit of the event asked about),
  /// `io`.
  result<event_causes> find(position of, const causes_options& limits);

private:
  /// A stream and the command id of a commit that may be in it.
  struct place {
    std::string aggregate;
    std::string id;
    delivery_key key;
    time_point not_before{}; ///< when its reason was recorded
  };

  /// Something that is still to be shown: an event, or what may be in a place.
  struct branch {
    std::variant<position, place> where;
    std::size_t depth = 0;
  };

  /// Visits the events of the commit that holds the position, if there is one.
  result<void> visit_commit(position at,
                            const std::function<void(const persistence::event_view&)>& f,
                            metadata& of_commit);
  /// Positions of all events of the commit that holds this one.
  result<std::vector<position>> commit_at(position at);
  result<std::optional<recorded_event>> event_at(position at);
  result<cause> cause_of(const recorded_event& e);
  /// Whether this event asks for what has this key, and that is this effect.
  [[nodiscard]] bool leads_to(const recorded_event& reason, const delivery_key& key,
                              const recorded_event& effect) const;
  /// Where what came of it would be, as far as it came through processes.
  [[nodiscard]] std::vector<place> places_after(const recorded_event& e) const;
  void add_inputs(const metadata& m, const event_type& type, bytes_view payload, std::uint16_t part,
                  std::vector<place>& to) const;
  /// The commit of the delivery, if it led to one.
  result<std::optional<position>> find(const place& where, time_point not_before);
  result<void> grow(position root, std::size_t bytes_left, const causes_options& limits,
                    event_causes& into);

  /// Notes a damaged commit, so that the rest is told. False if the error is of another kind.
  bool is_damage(const error& e, position where);

  engine& engine_;
  std::vector<position> damaged_;
  std::size_t old_commits_left_ = 0; ///< of those that may be looked through
  bool is_cut_short_ = false;        ///< there were more
};

} // namespace acta::detail
