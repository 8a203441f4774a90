// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Values of query parameters and headers, taken apart: what several routes need.
#pragma once

#include "problem.hpp"
#include "request.hpp"
#include "target.hpp"

#include <acta/core/ids.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acta::http {

[[nodiscard]] problem wrong_method(std::string allow);
[[nodiscard]] problem unknown_route();
[[nodiscard]] problem bad_parameter(std::string detail);
[[nodiscard]] problem bad_header(std::string detail);

/// Each name at most once, and only those in `known`.
std::optional<problem> check_names(const target& t, std::initializer_list<std::string_view> known);
/// Null if it is not there.
[[nodiscard]] const std::string* find_parameter(const target& t, std::string_view name);
/// Leaves `into` as it is if there is no `limit`.
std::optional<problem> take_limit(const target& t, std::size_t most, std::size_t& into);

[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);
/// `0:17,1:4`, each partition at most once.
[[nodiscard]] std::optional<std::vector<position>> parse_positions(std::string_view text);
/// `a,b` -> a, b. Empty pieces stay: they are names that nothing has.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

[[nodiscard]] char lower(char c) noexcept;
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
[[nodiscard]] bool same_ignoring_case(std::string_view a, std::string_view b) noexcept;
/// Absent, or `application/json` with any parameters.
[[nodiscard]] bool is_json(const header& content_type) noexcept;
/// Whether `Accept` lists `text/event-stream`.
[[nodiscard]] bool wants_event_stream(const header& accept) noexcept;
/// Refuses a body that is not JSON as it is. @param what  "a command"
std::optional<problem> check_body(const request& r, std::string_view what);
/// The body; `{}` in place of none, and without the byte order mark that some programs put before
/// it (RFC 8259, 8.1, lets a reader ignore it).
[[nodiscard]] std::string_view json_of(const request& r) noexcept;

} // namespace acta::http
