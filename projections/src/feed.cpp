// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include <algorithm>

namespace acta {

result<void> feed::visit(std::uint64_t next, const persistence::commit_visitor& f) {
  auto batch = tail.holding(next);
  if (!batch) return partition.read_log(next, f);
  for (; batch; batch = tail.holding(next)) {
    const auto commits = batch->commits();
    auto at = std::ranges::partition_point(commits,
                                           [&](const auto& c) { return c.last_position() < next; });
    for (; at != commits.end(); ++at)
      if (!f(*at)) return {};
    next = batch->last_position() + 1;
  }
  return {};
}

} // namespace acta
