// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How far a reader has come in a journal, with the proof that it was this journal.
#pragma once

#include <cstdint>

namespace acta::persistence {

/// A position alone says nothing of what stands before it: a journal that was put back and has
/// grown again has another event there. So a reader keeps the checksum of the commit that holds the
/// position too (it covers content, time and place), and asks `partition::holds` before it goes on.
/// The position may be in the middle of a commit.
struct checkpoint {
  std::uint64_t position = 0; ///< of the last event read; 0: none yet
  std::uint64_t checksum = 0; ///< of the commit that holds it; 0 at position 0, else: not known

  /// False for what an earlier format has kept.
  [[nodiscard]] bool has_checksum() const noexcept { return checksum != 0 || position == 0; }
  friend bool operator==(const checkpoint&, const checkpoint&) = default;
};

} // namespace acta::persistence
