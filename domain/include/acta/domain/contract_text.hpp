// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Lines of a contract, `event account.credited 1 {cents:i64}`, and what is to be written into a
/// program whose types are not those of its contract. Private to Acta: stores use it (runtime), and
/// a project's own tests (testing/contract.hpp).
#pragma once

#include <acta/domain/aggregate_type.hpp>
#include <acta/domain/codec/shape.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace acta::detail::contract_text {

inline constexpr std::string_view event_line = "event ";
inline constexpr std::string_view input_line = "input ";
/// Of the form of all lines: kind name number.
inline constexpr std::string_view form_line = "contract form ";

/// `event account.credited 1` -> `{cents:i64}`; empty lines and comments are left out.
[[nodiscard]] std::map<std::string, std::string> lines_of(std::string_view text);

/// `event account.credited 2` -> name and schema. Pre: it is one.
[[nodiscard]] std::pair<std::string, std::uint16_t> event_of(std::string_view type);

/// How to make a change a new version.
/// @param stored  the shape as it was
[[nodiscard]] std::string advice_for_change(std::string_view type, std::string_view stored);
/// How to read again what no type of the program reads.
/// @param known  what the program has under that name; null: nothing
[[nodiscard]] std::string advice_for_missing(const event_versions* known, const std::string& event,
                                             std::uint16_t schema, std::string_view stored);

} // namespace acta::detail::contract_text
