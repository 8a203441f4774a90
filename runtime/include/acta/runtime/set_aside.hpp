// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What processes could not do and never will: kept until an operator has seen it.
#pragma once

#include <acta/core/ids.hpp>

#include <string>

namespace acta {

/// A delivery, timer or event that is not tried again (docs/processes.md says which).
struct set_aside_record {
  std::string id; ///< for drop_set_aside()
  /// `command`, `rejection`, `event` (an input), `timer`, `step`, `damaged_commit`
  std::string kind;
  position from;       ///< the step or event that it comes from; number 0 if nobody can tell
  std::string target;  ///< `account/ada`; `transfer/` if no instance is known
  std::string process; ///< `transfer/7`: who asked for it, or the target if it is an input
  std::string command; ///< or input; empty if the record cannot be read
  std::string reason;
};

} // namespace acta
