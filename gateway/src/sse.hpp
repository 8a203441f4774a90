// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Pieces of an event stream, appended to a string.
/// Source: WHATWG HTML, 9.2 "Server-sent events"; chunks: RFC 9112, 7.1.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace acta::http {

/// Line ends within `data` become further `data:` lines, which the client joins again.
/// Pre: `id` and `type` have no line ends.
void append_sse_event(std::string& out, std::string_view id, std::string_view type,
                      std::string_view data);
/// A comment that keeps proxies and clients from giving up. With an id: what the client is to go on
/// from, without an event.
void append_sse_heartbeat(std::string& out, std::string_view id);

inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";
void append_chunk_head(std::string& out, std::size_t bytes);

} // namespace acta::http
