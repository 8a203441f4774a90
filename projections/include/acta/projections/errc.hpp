// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the read side can answer instead of rows.
#pragma once

#include <acta/core/error.hpp>

namespace acta {

enum class projection_errc {
  view_late = 1,   ///< Committed, but the view has not come so far by the deadline; `where()` names
                   ///< the view. -> timeout
  view_building,   ///< The view has never caught up yet; `detail()` says how far it is. ->
                   ///< unavailable
  picture_expired, ///< The picture is older than its limit. -> unavailable
  busy,            ///< Another operation on the view is going on, such as a rebuild. -> conflict
  not_possible,    ///< The view is not in the state for this, such as skipping while it runs. ->
                   ///< invalid
  stopped,         ///< The runtime is stopping or stopped. -> unavailable
  view_stopped,    ///< Committed, but the view has stopped before that event, and will not show it
                   ///< until somebody mends it; `where()` names it. -> unavailable
};

std::error_code make_error_code(projection_errc e) noexcept;

} // namespace acta

template <> struct std::is_error_code_enum<acta::projection_errc> : std::true_type {};
