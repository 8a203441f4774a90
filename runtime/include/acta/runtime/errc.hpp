// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What the runtime can answer instead of a receipt, besides the domain's and the store's errors.
#pragma once

#include <acta/core/error.hpp>

namespace acta {

enum class runtime_errc {
  overloaded = 1,   ///< A queue is full; nothing was decided. -> unavailable
  stopped,          ///< The runtime is stopping or stopped. -> unavailable
  quarantined,      ///< The stream's replay failed repeatedly; `detail()` says why. -> unavailable
  version_conflict, ///< `expected_version` is not the stream's version. -> conflict
  contract_changed, ///< The store holds other shapes under the same names and versions. -> invalid
  schedule_exists,  ///< Another schedule has this id. -> conflict
  /// The command id was given to another command of this stream, which is stored. Mend whatever
  /// makes the ids: sent again, it is refused again. -> invalid
  command_id_reused,
  other_history, ///< What was kept beside a journal belongs to another one: the journal was put
                 ///< back to a copy, or replaced. -> invalid
};

std::error_code make_error_code(runtime_errc e) noexcept;

} // namespace acta

template <> struct std::is_error_code_enum<acta::runtime_errc> : std::true_type {};
