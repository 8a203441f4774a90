// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lost_commit.hpp"

#include "engine.hpp"

#include <acta/persistence/errc.hpp>

namespace acta::detail {

std::string lost_commit::text() const {
  auto text = first.to_string();
  if (last > first.number) text += " to " + position{first.partition, last}.to_string();
  return text;
}

result<lost_commit> pass_over_damage(engine& e, subscription& events) {
  auto first = events.skip();
  if (!first) return std::move(first).error();
  auto& journal = *e.store().partitions()[first->partition];
  auto read =
      journal.read_log(first->number, [](const persistence::commit_view&) { return false; });
  return lost_commit{*first, events.scanned()[first->partition].number,
                     read ? error(persistence::errc::corrupt_commit, "it could not be read before",
                                  first->to_string())
                          : std::move(read).error()};
}

} // namespace acta::detail
