// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Descriptors 0, 1 and 2 are where programs read and write without asking what is there.
#pragma once

#include <acta/core/result.hpp>

namespace acta {

/// Opens /dev/null on each of the descriptors 0, 1 and 2 that is closed, and leaves the others
/// alone. Otherwise the next file that is opened gets that number, and what some library writes to
/// stderr goes into it: into a journal, for one.
///
/// Acta calls it before it opens files or sockets. A program that closes them itself calls it
/// afterwards. Errors: `io`. Threads: one at a time.
result<void> hold_standard_descriptors();

} // namespace acta
