// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "json_text.hpp"

#include <charconv>

namespace acta::http {

void append_number(std::string& out, std::uint64_t value) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

void append_position(std::string& out, std::uint32_t partition, std::uint64_t number) {
  out += '"';
  append_number(out, partition);
  out += ':';
  append_number(out, number);
  out += '"';
}

void append_id(std::string& out, const uuid& id) {
  if (id.is_nil()) {
    out += "null";
    return;
  }
  out += '"';
  out += id.to_string();
  out += '"';
}

} // namespace acta::http
