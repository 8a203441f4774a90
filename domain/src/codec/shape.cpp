// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/json_writer.hpp>
#include <acta/domain/codec/shape.hpp>

#include <algorithm>

namespace acta {

std::uint64_t fingerprint_of(std::string_view shape) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : shape) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3;
  }
  return hash;
}

void shape_recorder::separate() {
  if (!frames_.empty() && frames_.back().members++ != 0) out_ += ',';
}

void shape_recorder::name(std::string_view field) {
  if (frames_.empty()) return;
  separate();
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!field.empty() && std::all_of(field.begin(), field.end(), plain))
    out_ += field;
  else
    append_json_string(out_, field); // a name from make_nvp may hold anything
  out_ += ':';
}

bool shape_recorder::recurring(const void* type) {
  for (std::size_t up = 1; up <= frames_.size(); ++up) {
    if (frames_[frames_.size() - up].type != type) continue;
    (out_ += '^') += std::to_string(up);
    return true;
  }
  return false;
}

} // namespace acta
