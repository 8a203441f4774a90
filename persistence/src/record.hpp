// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Offsets inside a commit record. On disk: never change without a new format;
/// docs/storage-format.md has the table.
#pragma once

#include <cstddef>
#include <cstdint>

namespace acta::persistence::record {

inline constexpr std::uint8_t format = 1;

inline constexpr std::size_t checksum_at = 0;
inline constexpr std::size_t covered_at = 8; ///< the checksum covers everything from here
inline constexpr std::size_t format_at = 8;
inline constexpr std::size_t flags_at = 9;
inline constexpr std::size_t events_at = 10;
inline constexpr std::size_t length_at = 12;
inline constexpr std::size_t recorded_at = 16;
inline constexpr std::size_t first_version_at = 24;
inline constexpr std::size_t aggregate_at = 32;
inline constexpr std::size_t stream_bytes_at = 36;
inline constexpr std::size_t caller_bytes_at = 38;
inline constexpr std::size_t metadata_bytes_at = 40;
inline constexpr std::size_t header_bytes = 44;

/// Versions and positions stay below 2^61, so that their top byte in a key sorts before any text.
inline constexpr std::uint64_t number_max = std::uint64_t{1} << 61;

} // namespace acta::persistence::record
