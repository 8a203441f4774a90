// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Text that others have chosen, for people to read: in logs and on terminals.
#pragma once

#include <acta/core/log.hpp>

#include <string>
#include <string_view>

namespace acta {

/// `text` on one line, with nothing that a terminal or a viewer obeys: control characters (C0, DEL
/// and C1), line and paragraph separators, marks that turn the direction of writing, and the byte
/// order mark are written `\n` or `\u202E`, bytes that are not UTF-8 `\xFF`.
[[nodiscard]] std::string printable(std::string_view text);
/// Whether `text` is as printable() would write it.
[[nodiscard]] bool is_printable(std::string_view text) noexcept;

/// A sink that hands printable lines to `sink`; empty if `sink` is.
[[nodiscard]] log_sink printable_lines(log_sink sink);

} // namespace acta
