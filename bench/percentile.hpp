// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Percentiles of sorted latencies.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bench {

/// @param share  0.99 for the 99th percentile. 0 if nothing was measured.
inline double percentile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return sorted[std::min(sorted.size() - 1, at)];
}

} // namespace bench
