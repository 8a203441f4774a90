// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How events of one partition become rows of one view: the loop that projection, rebuild, dead
/// letters and pictures of the past share.
#pragma once

#include <acta/domain/row_session.hpp>
#include <acta/persistence/view_store.hpp>
#include <acta/projections/catalog.hpp>
#include <acta/projections/status.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acta {

using persistence::dead_letter;

/// An event that the view could not take, or a table that could not be used.
struct fold_failure {
  std::uint64_t position = 0; ///< of the event
  error why;
};

/// Rows held in memory by one transaction, and the records they are made from, together.
inline constexpr std::size_t fold_bytes_max = std::size_t{32} << 20;

/// Whether an error is the event's (or the view's code's) and will come again, not the disk's.
[[nodiscard]] bool is_fault_of_event(const error& e) noexcept;

/// Threads: one at a time.
class view_fold {
public:
  view_fold(const view_type& view, std::shared_ptr<const catalog> names);

  /// Which events of a commit are to be folded.
  struct range {
    std::uint64_t first = 0;
    std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
    std::span<const dead_letter> but; ///< positions passed over
    bool replaying = false;
  };
  /// On a failure the session is spoilt.
  std::optional<fold_failure> take(const persistence::commit_view& commit, const range& r,
                                   row_session& session);
  /// The positions of the events of a commit that `take` would fold.
  [[nodiscard]] std::vector<std::uint64_t> taken_of(const persistence::commit_view& commit,
                                                    const range& r) const;
  /// Events that the view had a fold for.
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }

private:
  /// Events under one durable name.
  struct named {
    const catalog::known_event* known = nullptr; ///< null: nothing of it is for this view
    std::vector<const view_event*> folds;   ///< by index in the aggregate's events; null: not taken
    const view_event* of_present = nullptr; ///< what takes the present version
    std::vector<const earlier_event_type*> earlier; ///< versions that may be something it takes
  };
  /// How the view takes one event; `of` is null if it does not, or is to pass over it.
  struct found {
    const named* of = nullptr;
    event_reader reader;
  };

  [[nodiscard]] found find(const persistence::event_view& e, const range& r) const;
  static result<void> apply(const found& as, const persistence::event_view& e,
                            const event_context& c, row_session& session);

  std::shared_ptr<const catalog> names_;
  std::vector<named> by_name_; ///< by name id
  metadata metadata_;          ///< kept for its memory
  std::uint64_t taken_ = 0;
};

} // namespace acta
