// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Days, as reports count them.
#pragma once

#include <acta/core/time.hpp>

#include <string>

namespace shop {

/// `2026-11-24`, in UTC.
[[nodiscard]] inline std::string day_of(acta::time_point t) {
  return acta::to_rfc3339(t).substr(0, 10);
}

} // namespace shop
