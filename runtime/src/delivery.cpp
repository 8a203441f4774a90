// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "delivery.hpp"

namespace acta::detail {

namespace {

/// A mark of Acta's own among uuids of version 8.
constexpr std::uint8_t own_mark = 0xAC;
constexpr std::uint8_t version_bits = 0x80, variant_bits = 0x80;
/// Of a store (docs/storage-format.md).
constexpr std::uint32_t partitions_max = 1024;

} // namespace

std::pair<std::string, std::string> split_stream(std::string_view stream) {
  const auto slash = stream.find('/');
  return {std::string(stream.substr(0, slash)), std::string(stream.substr(slash + 1))};
}

uuid id_of(const delivery_key& key) noexcept {
  uuid id;
  auto* b = id.bytes.data();
  for (int i = 0; i < 6; ++i) b[i] = static_cast<std::uint8_t>(key.from.number >> (40 - 8 * i));
  b[6] = static_cast<std::uint8_t>(version_bits | (static_cast<std::uint8_t>(key.kind) & 0x0F));
  b[7] = static_cast<std::uint8_t>(key.from.number >> 48);
  b[8] = static_cast<std::uint8_t>(variant_bits | (key.from.number >> 56 & 0x3F));
  b[9] = own_mark;
  b[10] = static_cast<std::uint8_t>(key.index >> 8);
  b[11] = static_cast<std::uint8_t>(key.index);
  for (int i = 0; i < 4; ++i)
    b[12 + i] = static_cast<std::uint8_t>(key.from.partition >> (24 - 8 * i));
  return id;
}

std::optional<delivery_key> key_of(const uuid& id) noexcept {
  const auto* b = id.bytes.data();
  if ((b[6] & 0xF0) != version_bits || (b[8] & 0xC0) != variant_bits || b[9] != own_mark)
    return std::nullopt;
  delivery_key key;
  for (int i = 0; i < 6; ++i) key.from.number = key.from.number << 8 | b[i];
  key.from.number |= std::uint64_t{b[7]} << 48 | std::uint64_t{b[8] & 0x3Fu} << 56;
  key.kind = static_cast<delivery_kind>(b[6] & 0x0F);
  key.index = static_cast<std::uint16_t>(b[10] << 8 | b[11]);
  for (int i = 0; i < 4; ++i) key.from.partition = key.from.partition << 8 | b[12 + i];
  // Another id may look alike by chance: what no delivery has is none. Of random ones of version 8
  // less than one in 10^9 is left.
  if (key.kind < delivery_kind::command || key.kind > delivery_kind::event ||
      key.from.number == 0 || key.from.partition >= partitions_max)
    return std::nullopt;
  return key;
}

} // namespace acta::detail
