// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The commit record: how the events of one decision are stored. The byte table is in
/// docs/storage-format.md.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/event_frame.hpp>
#include <acta/domain/metadata.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace acta::persistence {

/// Limits of one commit; beyond them: `too_large`, nothing written.
using acta::attributes_bytes_max;
using acta::caller_bytes_max;
using acta::commit_bytes_max;
using acta::commit_events_max;

using acta::attributes;

/// What a record says besides its events. Text is not copied.
struct commit_header {
  std::uint32_t aggregate_name = 0; ///< id in table `names`
  std::string_view stream_id;       ///< `42` of `cart/42`
  version_number first_version = 0;
  uuid command_id;
  uuid correlation_id;
  uuid causation_id;
  std::string_view caller;
  const attributes* metadata = nullptr;
};

/// Starts a record in `out` (cleared first); event frames (domain/event_frame.hpp) are appended
/// next. Errors: `too_large` for caller, metadata or stream id beyond the limits.
result<void> begin_commit(byte_buffer& out, const commit_header& header);
/// Ends the record: event count and length. Errors: `too_large`.
result<void> finish_commit(byte_buffer& out, std::uint32_t events);
/// Journal only: stamps time and checksum. The checksum covers the position too, so a record in
/// another place is found out.
void seal_commit(std::span<std::byte> record, std::uint64_t position,
                 time_point recorded_at) noexcept;

/// One event inside a commit_view.
struct event_view {
  version_number version = 0;
  std::uint64_t position = 0; ///< number within the partition
  std::uint32_t name = 0;     ///< id in table `names`
  std::uint16_t schema = 0;
  bytes_view payload;
};

/// Whether a record's bytes are in doubt: those from disk are, those that never left memory are
/// not.
enum class checksum : std::uint8_t { verify, trust };

/// Reads a record in place. Valid as long as the bytes are (for a visitor: during the call).
class commit_view {
public:
  /// Errors: `corrupt_commit` (format byte, lengths, checksum), naming `partition:position` in
  /// where().
  static result<commit_view> parse(std::uint32_t partition, std::uint64_t position,
                                   bytes_view record, checksum check = checksum::verify);

  [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
  [[nodiscard]] std::uint64_t last_position() const noexcept { return position_ + events_ - 1; }
  /// What a checkpoint within this commit keeps.
  [[nodiscard]] std::uint64_t record_checksum() const noexcept {
    return load_le<std::uint64_t>(record_.data());
  }
  [[nodiscard]] version_number first_version() const noexcept { return header_.first_version; }
  [[nodiscard]] version_number last_version() const noexcept {
    return header_.first_version + events_ - 1;
  }
  [[nodiscard]] std::uint32_t event_count() const noexcept { return events_; }
  [[nodiscard]] time_point recorded_at() const noexcept { return recorded_at_; }
  /// All but `metadata`, which is decoded by attributes_of().
  [[nodiscard]] const commit_header& header() const noexcept { return header_; }
  [[nodiscard]] attributes attributes_of() const;
  [[nodiscard]] bytes_view record() const noexcept { return record_; }

  /// Calls f(const event_view&) for each event in order. The frames were checked by parse().
  template <class F> void for_each_event(F&& f) const {
    const auto* at = frames_.data();
    for (std::uint32_t i = 0; i < events_; ++i) {
      const auto length = load_le<std::uint32_t>(at + 8);
      f(event_view{header_.first_version + i, position_ + i, load_le<std::uint32_t>(at),
                   load_le<std::uint16_t>(at + 4), bytes_view(at + 12, length)});
      at += 12 + length;
    }
  }

private:
  commit_header header_;
  std::uint64_t position_ = 0;
  std::uint32_t events_ = 0;
  time_point recorded_at_{};
  bytes_view attributes_;
  bytes_view frames_;
  bytes_view record_;
};

} // namespace acta::persistence
