// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What to write in a program that does not read what its store holds: C++ to copy.
#pragma once

#include "contract.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace acta::detail {

/// For another shape of today's version of an event or input: how to make it a new version.
/// @param line  `event account.credited 2`
/// @param stored  its shape in the store
[[nodiscard]] std::string advice_for_change(std::string_view line, std::string_view stored);
/// For another shape of an older version: what it must be.
[[nodiscard]] std::string advice_for_older(std::string_view line, std::string_view stored);

/// For what no type of the program reads. @param known  what the program has of that name
[[nodiscard]] std::string advice_for_missing(const event_versions* known, std::string_view event,
                                             std::uint16_t schema, std::string_view shape);
[[nodiscard]] std::string advice_for_missing(const command_type* known, const input_version& what,
                                             std::string_view shape);

} // namespace acta::detail
