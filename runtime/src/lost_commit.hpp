// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How a reader that must not wait passes over a damaged commit: one damaged commit stops its own
/// stream, not those who read the journal for all streams.
#pragma once

#include <acta/core/result.hpp>
#include <acta/projections/subscription.hpp>

namespace acta::detail {

class engine;

/// What a reader has passed over. It may have begun within the commit.
struct lost_commit {
  position first;
  std::uint64_t last = 0;
  error why;

  /// `0:4 to 0:6`
  [[nodiscard]] std::string text() const;
};

/// Passes over the damaged commit that `events` stands at. Errors: as subscription::skip.
result<lost_commit> pass_over_damage(engine& e, subscription& events);

} // namespace acta::detail
