// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The key of a stream, and its hash, which is durable: it chooses the partition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace acta::persistence {

/// xxHash64 (seed 0) of a stream's text. On disk: never change. Source: github.com/Cyan4973/xxHash,
/// doc/xxhash_spec.md.
std::uint64_t stream_hash(std::string_view stream) noexcept;

/// `cart/42`: aggregate name, slash, id. Names hold no slash, so the first one divides. Threads: as
/// a value type.
class stream_key {
public:
  /// Pre: `aggregate` and `id` passed check_type_name and check_stream_id (core/ids.hpp).
  stream_key(std::string_view aggregate, std::string_view id);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::string_view aggregate() const noexcept {
    return std::string_view(text_).substr(0, slash_);
  }
  [[nodiscard]] std::string_view id() const noexcept {
    return std::string_view(text_).substr(slash_ + 1u);
  }
  /// stream_hash of the text. Anybody can make texts of one hash: only to choose the partition.
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  /// process_hash of the text: for tables in memory.
  [[nodiscard]] std::uint64_t spread() const noexcept { return spread_; }

  friend bool operator==(const stream_key& a, const stream_key& b) noexcept {
    return a.spread_ == b.spread_ && a.text_ == b.text_;
  }

private:
  std::string text_;
  std::uint64_t hash_;
  std::uint64_t spread_;
  std::uint16_t slash_;
};

} // namespace acta::persistence
