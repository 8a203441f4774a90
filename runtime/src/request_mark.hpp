// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What a caller's command with an id said, in a few bytes of its commit: a retry is told from
/// another command that was given the same id by mistake.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/domain/aggregate_type.hpp>

#include <string>
#include <string_view>

namespace acta::detail {

/// The attribute of the commit.
inline constexpr std::string_view request_attribute = "acta.request";

/// `add:1f2e3d4c:0123456789abcdef`: the command, a hash of its shape, a hash of its content. Keyed
/// with the store's id, so that nobody outside can make two commands of one mark. On disk: never
/// change. Empty if the command has no binary form.
[[nodiscard]] std::string request_mark(const command_type& type, const void* command,
                                       const uuid& store);

/// Whether the mark `asked` may be a retry of the one that is stored. After an upgrade has changed
/// the command's shape its content cannot be compared any more, and it counts as a retry; so does
/// whatever has no mark.
[[nodiscard]] bool may_be_retry(std::string_view stored, std::string_view asked) noexcept;

} // namespace acta::detail
