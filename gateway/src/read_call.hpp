// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Requests to views, queries, events of all streams and subscribers, checked.
#pragma once

#include "call.hpp"

#include <acta/domain/query.hpp>
#include <acta/domain/view_type.hpp>

namespace acta::http {

inline constexpr std::size_t rows_limit_default = 100;

/// Whether `/v1/{name}` is a resource of the gateway; an aggregate of that name is hidden.
[[nodiscard]] bool is_reserved(std::string_view name) noexcept;

/// Pre: `is_reserved(t.segment(1))`.
std::optional<problem> understand_read(const request& r, const target& t, call& c,
                                       const gateway_options& options);

/// The range that the query string of `/v1/views/{view}` asks for; values are read as the index's
/// columns say. Errors: `unknown_index`; `invalid_argument`, naming the parameter.
result<scan_options> scan_of(const target& t, const view_type& view);

/// The request of a query from the query string. Errors: `json_invalid`, pointing to the parameter.
result<std::string> request_of(const target& t, const query_type& query);

} // namespace acta::http
