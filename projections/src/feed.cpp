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

namespace {

error unknown_position(position p, const std::string& why) {
  return error(persistence::errc::unknown_position,
               "there is no position " + p.to_string() + ": " + why, p.to_string());
}

/// @param beyond  how far behind the last event it may be
result<void> check_position(const surroundings& around, position p, std::uint64_t beyond) {
  if (p.partition >= around.feeds.size())
    return unknown_position(p, "the store has " + std::to_string(around.feeds.size()) +
                                   " partitions, from 0");
  if (p.number == 0) return unknown_position(p, "positions count from 1");
  const auto last = around.feeds[p.partition]->partition.last_position();
  if (p.number > last + beyond)
    return unknown_position(p, "the journal ends at " + position{p.partition, last}.to_string());
  return {};
}

} // namespace

result<void> surroundings::check_event(position p) const { return check_position(*this, p, 0); }
result<void> surroundings::check_first(position p) const { return check_position(*this, p, 1); }

} // namespace acta
