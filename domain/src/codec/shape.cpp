// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/json_writer.hpp>
#include <acta/domain/codec/shape.hpp>

#include <algorithm>
#include <cctype>

namespace acta {

namespace {

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Just behind the string that begins at `from`.
std::size_t end_of_quoted(std::string_view text, std::size_t from) noexcept {
  for (auto i = from + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

std::string plain_spelling(std::string_view spelling) {
  const auto is_word = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c));
  };
  std::string plain;
  for (std::size_t i = 0; i < spelling.size(); ++i) {
    bool unnamed = false;
    for (const std::string_view one : {"{anonymous}", "(anonymous namespace)", "<unnamed>"})
      if (spelling.substr(i).starts_with(one)) {
        plain += "()";
        i += one.size() - 1;
        unnamed = true;
        break;
      }
    if (unnamed) continue;
    if (spelling[i] == ' ' && (plain.empty() || !is_word(plain.back()) ||
                               i + 1 == spelling.size() || !is_word(spelling[i + 1])))
      continue;
    plain += spelling[i];
  }
  return plain;
}

} // namespace

std::uint64_t fingerprint_of(std::string_view shape) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : shape) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001B3;
  }
  return hash;
}

bool hides_elements(std::string_view shape) noexcept {
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '"')
      i = end_of_quoted(shape, i) - 1;
    else if (shape.substr(i).starts_with("{#") && !shape.substr(i).starts_with("{#["))
      return true;
  }
  return false;
}

void shape_recorder::separate() {
  if (frames_.empty()) return;
  auto& at = frames_.back();
  if (at.members++ != 0)
    out_ += ',';
  else if (at.of_elements)
    out_ += '[';
}

void shape_recorder::size_tag() {
  if (!frames_.empty() && frames_.back().of_elements) return;
  separate();
  out_ += '#';
  if (!frames_.empty()) frames_.back().elements_at = out_.size();
}

void shape_recorder::name(std::string_view field) {
  if (frames_.empty()) return;
  separate();
  if (frames_.back().of_elements) return; // an element has a place, and no name
  put_name(field);
  out_ += ':';
}

void shape_recorder::put_name(std::string_view name) {
  if (is_plain_name(name))
    out_ += name;
  else
    append_json_string(out_, name); // a name from make_nvp may hold anything
}

void shape_recorder::put_spelling(std::string_view type) {
  append_json_string(out_, plain_spelling(type));
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
