// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Views as they were at a moment: folded anew into scratch files.
#pragma once

#include "view_unit.hpp"

#include <acta/domain/picture.hpp>
#include <acta/projections/projections.hpp>

namespace acta {

/// Errors: `invalid_argument` for a position that is not there, the events', `cancelled`,
/// `store_full`, `io`.
result<std::shared_ptr<detail::row_source>> build_past(surroundings& around,
                                                       std::span<view_unit* const> views,
                                                       const past_moment& when,
                                                       const past_progress& progress);

} // namespace acta
