// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "json_text.hpp"

#include <acta/domain/codec/json.hpp>

#include <charconv>

namespace acta::http {

void append_number(std::string& out, std::uint64_t value) {
  char text[20];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

namespace {
void begin_member(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  append_json_string(out, name);
  out += ':';
}
} // namespace

void append_member(std::string& out, std::string_view name, std::uint64_t value) {
  begin_member(out, name);
  append_number(out, value);
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  begin_member(out, name);
  append_json_string(out, text);
}

namespace {
void append_bare(std::string& out, std::uint32_t partition, std::uint64_t number) {
  append_number(out, partition);
  out += ':';
  append_number(out, number);
}
} // namespace

void append_position(std::string& out, std::uint32_t partition, std::uint64_t number) {
  out += '"';
  append_bare(out, partition, number);
  out += '"';
}

void append_positions(std::string& out, std::span<const position> positions) {
  for (const auto& p : positions) {
    if (&p != positions.data()) out += ',';
    append_bare(out, p.partition, p.number);
  }
}

void append_position_list(std::string& out, std::span<const position> positions) {
  out += '[';
  for (const auto& p : positions) {
    if (&p != positions.data()) out += ',';
    append_position(out, p.partition, p.number);
  }
  out += ']';
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
