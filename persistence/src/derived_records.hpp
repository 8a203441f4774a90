// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Keys and values of the derived tables as they stand on disk; docs/storage-format.md has the
/// byte tables. Every value carries a checksum over its key and itself: what decides whether a
/// command is accepted is not believed unread.
#pragma once

#include "log_store.hpp"

#include <acta/core/hash.hpp>

#include <array>

namespace acta::persistence {

/// LMDB's limit on Debian; ours are far below it.
inline constexpr std::size_t derived_key_bytes_max = 511;

/// A stream's hash under the environment's secret (big-endian, so that batches sorted by it are
/// sorted for LMDB), its text, a zero byte, and what tells its records apart. Text holds no zero
/// byte, so no stream's keys begin with another's.
class derived_key {
public:
  derived_key(std::uint64_t hash, std::string_view stream) noexcept;

  /// Cuts off what was added, and adds this.
  derived_key& with(version_number version) noexcept;
  derived_key& with(const uuid& id) noexcept;

  [[nodiscard]] bytes_view bytes() const noexcept { return {bytes_.data(), size_}; }
  /// Without what was added.
  [[nodiscard]] bytes_view of_stream() const noexcept { return {bytes_.data(), stream_bytes_}; }
  [[nodiscard]] bool begins(bytes_view key) const noexcept;

private:
  void append(const void* from, std::size_t count) noexcept;
  std::size_t stream_bytes_ = 0;
  std::size_t size_ = 0;
  std::array<std::byte, derived_key_bytes_max> bytes_;
};

/// XXH3-64 of the value, seeded with that of the key.
std::uint64_t derived_checksum(bytes_view key, bytes_view value) noexcept;

/// Does the checksum in a value's last 4 bytes fit? Not for snapshots.
bool is_whole(bytes_view key, bytes_view value) noexcept;
/// Pre: is_whole.
std::uint32_t checksum_in(bytes_view value) noexcept;

// index: position u64, events u16, checksum u32
using index_value = std::array<std::byte, 14>;
index_value encode_index(bytes_view key, const index_entry& entry) noexcept;
/// Pre: is_whole. False if it is not an entry of the stream.
bool decode_index(const derived_key& stream, bytes_view key, bytes_view value,
                  index_entry& out) noexcept;

// ends: last version u64, position of its commit u64, that commit's checksum u64, checksum u32
using end_value = std::array<std::byte, 28>;
end_value encode_end(bytes_view key, const stream_end& end) noexcept;
/// Pre: is_whole.
bool decode_end(bytes_view value, stream_end& out) noexcept;

// dedupe: position u64, age u64, checksum u32
struct dedupe_record {
  std::uint64_t position = 0;
  std::uint64_t age = 0;
};
using dedupe_value = std::array<std::byte, 20>;
dedupe_value encode_dedupe(bytes_view key, const dedupe_record& record) noexcept;
/// Pre: is_whole.
bool decode_dedupe(bytes_view value, dedupe_record& out) noexcept;

// dedupe_age: the key in dedupe, checksum u32
class age_value {
public:
  age_value(bytes_view age, bytes_view dedupe_key) noexcept;
  [[nodiscard]] bytes_view bytes() const noexcept { return {bytes_.data(), size_}; }

private:
  std::size_t size_ = 0;
  std::array<std::byte, derived_key_bytes_max + 4> bytes_;
};
/// Pre: is_whole.
bytes_view decode_age(bytes_view value) noexcept;

// sums: of each portion of a sheet, the sum of its rows in ends u64, in dedupe u64; checksum u32
enum class summed_table : std::uint8_t { ends, dedupe }; ///< on disk: never renumber
inline constexpr std::size_t summed_tables = 2;
inline constexpr std::size_t sums_sheet_portions = 64;
inline constexpr std::size_t sums_sheet_count = 64;
using sums_sheet = std::array<std::array<std::uint64_t, summed_tables>, sums_sheet_portions>;
using sums_value = std::array<std::byte, sums_sheet_portions * summed_tables * 8 + 4>;
sums_value encode_sums(bytes_view key, const sums_sheet& sheet) noexcept;
bool decode_sums(bytes_view key, bytes_view value, sums_sheet& out) noexcept;

// snapshot: checksum u64, version u64, position u64, recorded_at i64, fingerprint u64, state
byte_buffer encode_snapshot(bytes_view key, const snapshot& saved);
/// Nothing if it is damaged.
std::optional<snapshot> decode_snapshot(bytes_view key, bytes_view value);
/// 0 if it is damaged.
version_number version_of_snapshot(bytes_view key, bytes_view value) noexcept;

// head: position u64, checksum u64, streams u64, age u64, forgotten u64, checksum u32
using head_value = std::array<std::byte, 44>;
head_value encode_head(const derived_head& head) noexcept;
bool decode_head(bytes_view value, derived_head& out) noexcept;

// secret: 16 bytes, checksum u32
using secret_value = std::array<std::byte, 20>;
secret_value encode_secret(const hash_secret& secret) noexcept;
bool decode_secret(bytes_view value, hash_secret& out) noexcept;

} // namespace acta::persistence
