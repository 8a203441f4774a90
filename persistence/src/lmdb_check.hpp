// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Looks at an LMDB file before LMDB does, which trusts what it reads through its map: a page
/// beyond the end of the file is SIGBUS, a garbled one SIGSEGV or abort().
#pragma once

#include <acta/core/result.hpp>

#include <filesystem>

namespace acta::persistence {

/// Pages looked at in a file of full size, at most: so many branches, which is all of them up to
/// about 2 GiB, and so many leaves, which is all of a small one. The other leaves are not worth the
/// time. Cost: as many reads of 4 KiB, and one bit of memory a page.
inline constexpr std::size_t checked_branches_max = 8192;
inline constexpr std::size_t checked_pages_max = 1024;

/// Checks `folder`/data.mdb: that its two headers follow one another and the newer is of the
/// transaction that last noted free pages, that the file is as long as its header says, that the
/// pages of its trees are what they must be, that a table has the entries its description says, and
/// that no page is named twice, neither by two others nor by the list of free pages. A file that is
/// shorter than it might be is checked whole: LMDB leaves out pages at the end that a transaction
/// has taken and not used. No file, an empty one and one that is not LMDB's are left to LMDB.
/// Errors: `damaged_file` (names file, page or sizes), `io`.
result<void> check_lmdb_file(const std::filesystem::path& folder);

} // namespace acta::persistence
