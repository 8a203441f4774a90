// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How the program ends. Scripts depend on these: never renumber. Listed in node/README.md.
#pragma once

namespace acta::node {

enum class exit_code : int {
  ok = 0,
  unexpected = 1, ///< a failure that has no number of its own
  usage = 2,      ///< the command line or the config
  store = 3,   ///< locked by another process, of another format or history, full, or not readable
  module = 4,  ///< missing, another stamp, or a model with mistakes
  address = 5, ///< in use, or not to be had
  late = 6,    ///< stopped, but not everything was answered by the deadline
  // SIGINT or SIGTERM after another signal ends it at once with 128 + the signal's number.
};

} // namespace acta::node
