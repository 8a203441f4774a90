// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lmdb_page.hpp"

#include <algorithm>
#include <cstring>

namespace acta::persistence {

namespace {

constexpr std::uint32_t magic = 0xBEEFC0DE;
// Header of a page: number u64, pad u16, flags u16, lower u16, upper u16.
constexpr std::size_t flags_at = 10;
constexpr std::size_t lower_at = 12;
constexpr std::size_t upper_at = 14;
constexpr std::size_t node_header_bytes = 8; // low u16, high u16, flags u16, key size u16

enum page_flag : std::uint16_t { branch = 1, leaf = 2, overflow = 4 };
enum node_flag : std::uint16_t { big_data = 1, sub_data = 2 };

bool rises(bytes_view before, bytes_view after, lmdb_order order) noexcept {
  if (order == lmdb_order::integers) {
    if (before.size() != after.size()) return false;
    if (after.size() == sizeof(std::uint64_t))
      return load_le<std::uint64_t>(before.data()) < load_le<std::uint64_t>(after.data());
    return after.size() == sizeof(std::uint32_t) &&
           load_le<std::uint32_t>(before.data()) < load_le<std::uint32_t>(after.data());
  }
  const auto common =
      std::memcmp(before.data(), after.data(), std::min(before.size(), after.size()));
  return common != 0 ? common < 0 : before.size() < after.size();
}

/// @returns its bytes in the page; 0 if it goes beyond it.
std::size_t take_node(bytes_view from, bool is_branch, lmdb_node& out) {
  const std::uint64_t low = load_le<std::uint16_t>(from.data());
  const std::uint64_t high = load_le<std::uint16_t>(from.data() + 2);
  const std::uint64_t flags = load_le<std::uint16_t>(from.data() + 4);
  const std::size_t key_bytes = load_le<std::uint16_t>(from.data() + 6);
  const auto value_at = node_header_bytes + key_bytes;
  if (value_at > from.size()) return 0;
  out = {};
  out.key = from.subspan(node_header_bytes, key_bytes);
  if (is_branch) {
    out.child = low | high << 16 | flags << 32;
    return value_at;
  }
  if ((flags & ~std::uint64_t{big_data | sub_data}) != 0) return 0; // tables of ours have no others
  out.value_bytes = low | high << 16;
  out.is_elsewhere = (flags & big_data) != 0;
  out.is_table = (flags & sub_data) != 0;
  const auto stored = out.is_elsewhere ? sizeof(std::uint64_t) : out.value_bytes;
  if (stored > from.size() - value_at) return 0;
  out.stored = from.subspan(value_at, stored);
  return value_at + stored;
}

} // namespace

std::optional<lmdb_tree> decode_lmdb_tree(bytes_view record) {
  if (record.size() != lmdb_tree::bytes) return std::nullopt;
  const auto* at = record.data();
  const auto flags = load_le<std::uint16_t>(at + 4);
  if (flags != 0 && flags != static_cast<std::uint16_t>(lmdb_order::integers)) return std::nullopt;
  return lmdb_tree{static_cast<lmdb_order>(flags), load_le<std::uint16_t>(at + 6),
                   load_le<std::uint64_t>(at + 24), load_le<std::uint64_t>(at + 32),
                   load_le<std::uint64_t>(at + 40)};
}

std::optional<lmdb_meta> decode_lmdb_meta(bytes_view page) {
  if (page.size() < lmdb_meta_bytes) return std::nullopt;
  const auto at = page.subspan(lmdb_page_header_bytes);
  if (load_le<std::uint32_t>(at.data()) != magic) return std::nullopt;
  lmdb_meta m;
  m.page_bytes = load_le<std::uint32_t>(at.data() + 24);
  m.free_pages = decode_lmdb_tree(at.subspan(24, lmdb_tree::bytes));
  m.tables = decode_lmdb_tree(at.subspan(24 + lmdb_tree::bytes, lmdb_tree::bytes));
  m.last_page = load_le<std::uint64_t>(at.data() + 120);
  m.transaction = load_le<std::uint64_t>(at.data() + 128);
  return m;
}

std::string_view take_lmdb_page(bytes_view page, std::uint64_t number, bool is_branch,
                                lmdb_order order, std::vector<lmdb_node>& nodes) {
  nodes.clear();
  const std::size_t lower = load_le<std::uint16_t>(page.data() + lower_at);
  const std::size_t upper = load_le<std::uint16_t>(page.data() + upper_at);
  if (load_le<std::uint64_t>(page.data()) != number) return "says that it is another one";
  if (load_le<std::uint16_t>(page.data() + flags_at) != (is_branch ? branch : leaf))
    return is_branch ? "is not a branch" : "is not a leaf";
  // `upper` of 65536 does not fit and is 0; we have no such pages.
  if (lower < lmdb_page_header_bytes || lower % 2 != 0 || lower > upper || upper > page.size())
    return "has bounds that cannot be";
  auto filled = upper;
  for (auto at = lmdb_page_header_bytes; at < lower; at += 2) {
    const std::size_t place = load_le<std::uint16_t>(page.data() + at);
    if (place < upper || place + node_header_bytes > page.size()) return "has a bad entry";
    lmdb_node node;
    const auto bytes = take_node(page.subspan(place), is_branch, node);
    if (bytes == 0) return "has an entry that goes beyond it";
    filled += bytes + bytes % 2;
    // The first key of a branch is never looked at.
    if (nodes.size() > (is_branch ? 1u : 0u) && !rises(nodes.back().key, node.key, order))
      return "has keys that do not rise";
    nodes.push_back(node);
  }
  if (filled != page.size()) return "has entries that do not fill it";
  if (is_branch && nodes.empty()) return "is a branch without entries";
  return {};
}

std::uint64_t lmdb_pages_of(std::uint64_t value_bytes, std::uint32_t page_bytes) noexcept {
  return (lmdb_page_header_bytes + value_bytes + page_bytes - 1) / page_bytes;
}

std::uint64_t lmdb_overflow_pages(bytes_view header, std::uint64_t number) noexcept {
  if (load_le<std::uint64_t>(header.data()) != number ||
      load_le<std::uint16_t>(header.data() + flags_at) != overflow)
    return 0;
  return load_le<std::uint32_t>(header.data() + lower_at); // `lower` and `upper` as one number
}

} // namespace acta::persistence
