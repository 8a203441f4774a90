// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The knobs of the read side. Every field has a default, a unit and a cost.
#pragma once

#include <acta/core/ids.hpp>

#include <chrono>
#include <cstddef>

namespace acta {

struct projection_options {
  /// Threads that fold events into rows. They wait for the disk, so they are not the aggregates'.
  /// 0: as many as there are views, at least one and at most four; 1024 at most.
  std::size_t threads = 0;
  /// Address space of one view's environment, at least 64 KiB; reaching it is `store_full`. Sparse.
  std::size_t map_bytes = std::size_t{256} << 30;
  /// Newest commits kept in memory per partition for views and subscriptions. Cost: that much
  /// memory; who is further behind reads the journal.
  std::size_t tail_bytes_max = std::size_t{16} << 20;
  /// A picture held longer is ended: it keeps the views' files from reusing space. 1 ms to a year.
  std::chrono::milliseconds picture_age_max{30'000};
  /// Memory of cached answers; the least recently used leave first. 0 caches nothing.
  std::size_t query_cache_bytes_max = std::size_t{64} << 20;
};

/// What a caller may ask of a read.
struct read_options {
  /// Only rows that show this event (a receipt's position); 0:0 takes what is there.
  position at_least{};
  /// How long to wait for that; then `view_late`. A view that has stopped before it answers
  /// `view_stopped` at once, a position that the journal does not have `unknown_position`.
  std::chrono::milliseconds timeout{1000};
};

} // namespace acta
