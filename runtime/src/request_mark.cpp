// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "request_mark.hpp"

#include <xxhash.h>

namespace acta::detail {

namespace {

constexpr std::size_t shape_digits = 8;
constexpr std::size_t content_digits = 16;

void append_hex(std::string& out, std::uint64_t value, std::size_t digits) {
  for (auto i = digits; i-- > 0;) out += "0123456789abcdef"[value >> (4 * i) & 15];
}

/// Takes `digits` and the colon before them off the end of `mark`.
std::string_view take_hex(std::string_view& mark, std::size_t digits) noexcept {
  if (mark.size() <= digits) return {};
  const auto taken = mark.substr(mark.size() - digits);
  mark.remove_suffix(digits + 1);
  return taken;
}

} // namespace

std::string request_mark(const command_type& type, const void* command, const uuid& store) {
  thread_local byte_buffer bytes;
  bytes.clear();
  if (type.append_canonical == nullptr || !type.append_canonical(command, bytes)) return {};
  const auto key = XXH3_64bits(store.bytes.data(), store.bytes.size());
  std::string mark;
  mark.reserve(type.name.size() + shape_digits + content_digits + 2);
  mark.append(type.name) += ':';
  append_hex(mark, XXH3_64bits_withSeed(type.shape.data(), type.shape.size(), key), shape_digits);
  mark += ':';
  append_hex(mark, XXH3_64bits_withSeed(bytes.data(), bytes.size(), key), content_digits);
  if (bytes.size() > std::size_t{1} << 16) bytes = {};
  return mark;
}

bool may_be_retry(std::string_view stored, std::string_view asked) noexcept {
  if (stored.empty() || asked.empty()) return true;
  const auto content = take_hex(stored, content_digits);
  const auto asked_content = take_hex(asked, content_digits);
  const auto shape = take_hex(stored, shape_digits);
  const auto asked_shape = take_hex(asked, shape_digits);
  return stored == asked && (shape != asked_shape || content == asked_content);
}

} // namespace acta::detail
