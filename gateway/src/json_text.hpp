// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Small pieces of JSON, appended to a string.
#pragma once

#include <acta/core/ids.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace acta::http {

void append_number(std::string& out, std::uint64_t value);
/// `"name":17`, behind a comma unless it is the first of its object.
void append_member(std::string& out, std::string_view name, std::uint64_t value);
/// `"name":"text"`, likewise.
void append_member(std::string& out, std::string_view name, std::string_view text);
/// `"0:17"`
void append_position(std::string& out, std::uint32_t partition, std::uint64_t number);
/// `0:17,1:4`, without quotes
void append_positions(std::string& out, std::span<const position> positions);
/// `["0:17","1:4"]`
void append_position_list(std::string& out, std::span<const position> positions);
/// The id as a string, or null if it is nil.
void append_id(std::string& out, const uuid& id);

} // namespace acta::http
