// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How one encoded event stands inside a commit record. On disk: never change without a new record
/// format.
///
///   offset  size  field
///   0       4     name id (u32, see table `names` in docs/storage-format.md)
///   4       2     schema version (u16, from 1)
///   6       2     reserved, 0
///   8       4     payload length in bytes (u32)
///   12      n     payload, as domain/codec/binary.hpp writes it
#pragma once

#include <acta/core/bytes.hpp>

#include <cstdint>
#include <span>

namespace acta {

inline constexpr std::size_t event_frame_header_bytes = 12;

/// Limits of one commit, which is the events of one decision or the step of one reaction. The
/// bytes are those of the whole record; beside the frames it holds the stream id, the caller, the
/// attributes and at most commit_head_bytes_max more.
inline constexpr std::uint32_t commit_events_max = 1024;
inline constexpr std::size_t commit_bytes_max = std::size_t{1} << 20;
inline constexpr std::size_t commit_head_bytes_max = 128;
inline constexpr std::size_t caller_bytes_max = 256;
inline constexpr std::size_t attributes_bytes_max = std::size_t{16} << 10;

/// Appends event frames to a buffer. Threads: as a value type.
class event_writer {
public:
  /// @param name_ids  durable name id of each event of the aggregate, by its index in `events`.
  event_writer(byte_buffer& out, std::span<const std::uint32_t> name_ids) noexcept
      : out_(out), name_ids_(name_ids) {}

  /// Starts a frame; the payload is then appended to `buffer()`.
  void begin(std::size_t event_index, std::uint16_t schema) {
    frame_ = out_.size();
    out_.append_le(name_ids_[event_index]);
    out_.append_le(schema);
    out_.append_le(std::uint16_t{0});
    out_.append_le(std::uint32_t{0});
  }
  void end() {
    const auto length = out_.size() - frame_ - event_frame_header_bytes;
    store_le(out_.data() + frame_ + 8, static_cast<std::uint32_t>(length));
    ++count_;
  }
  [[nodiscard]] byte_buffer& buffer() noexcept { return out_; }
  /// Frames finished so far.
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

private:
  byte_buffer& out_;
  std::span<const std::uint32_t> name_ids_;
  std::size_t frame_ = 0;
  std::uint32_t count_ = 0;
};

} // namespace acta
