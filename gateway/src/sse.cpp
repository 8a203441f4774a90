// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "sse.hpp"

#include <charconv>

namespace acta::http {

void append_sse_event(std::string& out, std::string_view id, std::string_view type,
                      std::string_view data) {
  out.append("id: ").append(id).append("\nevent: ").append(type).append("\n");
  for (bool more = true; more;) {
    const auto end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).append("\n");
    more = end != std::string_view::npos;
    if (more) data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  out += '\n';
}

void append_sse_heartbeat(std::string& out, std::string_view id) {
  out += ": heartbeat\n";
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  out += '\n';
}

void append_chunk_head(std::string& out, std::size_t bytes) {
  char text[16];
  const auto end = std::to_chars(text, text + sizeof text, bytes, 16).ptr;
  out.append(text, end).append("\r\n");
}

} // namespace acta::http
