// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/commit.hpp>
#include <acta/persistence/errc.hpp>

#include <acta/domain/event_frame.hpp>

#include "record.hpp"
#include "xxh3.hpp"

#include <optional>

namespace acta::persistence {

namespace {

/// On disk: never renumber.
enum record_flags : std::uint8_t { has_command = 1, has_correlation = 2, has_causation = 4 };
constexpr std::uint8_t known_flags = has_command | has_correlation | has_causation;

error too_large(std::string_view what, std::size_t size, std::size_t limit) {
  return error(errc::too_large, std::string(what) + " has " + std::to_string(size) +
                                    ", the limit is " + std::to_string(limit));
}

std::uint64_t checksum_of(bytes_view record, std::uint64_t position) noexcept {
  // An odd factor makes the map of positions one to one, so a record at a wrong place never passes.
  // A seeded XXH3 would do the same, but rebuilds its 192-byte secret for every record above 240
  // bytes.
  return XXH3_64bits(record.data() + record::covered_at, record.size() - record::covered_at) ^
         (position * 0x9E3779B97F4A7C15ull);
}

std::size_t encoded_bytes(const attributes& metadata) {
  if (metadata.empty()) return 0;
  std::size_t bytes = 2;
  for (const auto& [key, value] : metadata) bytes += 2 + 4 + key.size() + value.size();
  return bytes;
}

void append_attributes(byte_buffer& out, const attributes& metadata) {
  if (metadata.empty()) return;
  out.append_le(static_cast<std::uint16_t>(metadata.size()));
  for (const auto& [key, value] : metadata) {
    out.append_le(static_cast<std::uint16_t>(key.size()));
    out.append_le(static_cast<std::uint32_t>(value.size()));
    out.append(as_bytes_view(key));
    out.append(as_bytes_view(value));
  }
}

/// Calls f(key, value) for each attribute; false if the bytes are not exactly a list of attributes.
template <class F> bool walk_attributes(bytes_view bytes, F&& f) {
  if (bytes.empty()) return true;
  if (bytes.size() < 2) return false;
  const auto count = load_le<std::uint16_t>(bytes.data());
  bytes = bytes.subspan(2);
  for (std::uint16_t i = 0; i < count; ++i) {
    if (bytes.size() < 6) return false;
    const std::size_t key = load_le<std::uint16_t>(bytes.data());
    const std::size_t value = load_le<std::uint32_t>(bytes.data() + 2);
    if (bytes.size() - 6 < key + value) return false;
    f(as_text(bytes.subspan(6, key)), as_text(bytes.subspan(6 + key, value)));
    bytes = bytes.subspan(6 + key + value);
  }
  return bytes.empty();
}

bool frames_fit(bytes_view frames, std::uint32_t events) noexcept {
  const auto* at = frames.data();
  auto left = frames.size();
  for (std::uint32_t i = 0; i < events; ++i) {
    if (left < event_frame_header_bytes) return false;
    const auto bytes = event_frame_header_bytes + load_le<std::uint32_t>(at + 8);
    if (left < bytes) return false;
    at += bytes;
    left -= bytes;
  }
  return left == 0;
}

} // namespace

result<void> begin_commit(byte_buffer& out, const commit_header& header) {
  const auto metadata_bytes = header.metadata != nullptr ? encoded_bytes(*header.metadata) : 0;
  if (header.stream_id.size() > stream_id_bytes_max)
    return too_large("the stream id", header.stream_id.size(), stream_id_bytes_max);
  if (header.caller.size() > caller_bytes_max)
    return too_large("the caller", header.caller.size(), caller_bytes_max);
  if (metadata_bytes > attributes_bytes_max)
    return too_large("the metadata", metadata_bytes, attributes_bytes_max);

  std::uint8_t flags = 0;
  if (header.command_id) flags |= has_command;
  if (header.correlation_id) flags |= has_correlation;
  if (header.causation_id) flags |= has_causation;

  out.clear();
  auto* at = out.extend(record::header_bytes);
  std::memset(at, 0, record::header_bytes);
  store_le(at + record::format_at, record::format);
  store_le(at + record::flags_at, flags);
  store_le(at + record::first_version_at, header.first_version);
  store_le(at + record::aggregate_at, header.aggregate_name);
  store_le(at + record::stream_bytes_at, static_cast<std::uint16_t>(header.stream_id.size()));
  store_le(at + record::caller_bytes_at, static_cast<std::uint16_t>(header.caller.size()));
  store_le(at + record::metadata_bytes_at, static_cast<std::uint32_t>(metadata_bytes));
  for (const auto* id : {&header.command_id, &header.correlation_id, &header.causation_id})
    if (*id) out.append(id->bytes.data(), id->bytes.size());
  out.append(as_bytes_view(header.stream_id));
  out.append(as_bytes_view(header.caller));
  if (metadata_bytes != 0) append_attributes(out, *header.metadata);
  return {};
}

result<void> finish_commit(byte_buffer& out, std::uint32_t events) {
  if (events == 0 || events > commit_events_max)
    return too_large("the commit's number of events", events, commit_events_max);
  if (out.size() > commit_bytes_max)
    return too_large("the commit in bytes", out.size(), commit_bytes_max);
  store_le(out.data() + record::events_at, static_cast<std::uint16_t>(events));
  store_le(out.data() + record::length_at, static_cast<std::uint32_t>(out.size()));
  return {};
}

void seal_commit(std::span<std::byte> record, std::uint64_t position,
                 time_point recorded_at) noexcept {
  store_le(record.data() + record::recorded_at,
           std::int64_t{recorded_at.time_since_epoch().count()});
  store_le(record.data(), checksum_of(record, position));
}

result<commit_view> commit_view::parse(std::uint32_t partition, std::uint64_t position,
                                       bytes_view bytes, checksum check) {
  const auto corrupt = [&](std::string_view what) {
    return error(errc::corrupt_commit, std::string(what),
                 acta::position{partition, position}.to_string());
  };
  if (bytes.size() < record::header_bytes) return corrupt("the record is shorter than its header");
  const auto* at = bytes.data();
  if (const auto format = load_le<std::uint8_t>(at + record::format_at); format != record::format)
    return corrupt("the record has format " + std::to_string(format) + ", this program reads " +
                   std::to_string(record::format));
  if (load_le<std::uint32_t>(at + record::length_at) != bytes.size())
    return corrupt("the record's length differs from the stored one");
  if (check == checksum::verify && load_le<std::uint64_t>(at) != checksum_of(bytes, position))
    return corrupt("checksum differs");

  commit_view view;
  view.record_ = bytes;
  view.position_ = position;
  view.events_ = load_le<std::uint16_t>(at + record::events_at);
  view.recorded_at_ =
      time_point(std::chrono::microseconds(load_le<std::int64_t>(at + record::recorded_at)));
  view.header_.first_version = load_le<std::uint64_t>(at + record::first_version_at);
  view.header_.aggregate_name = load_le<std::uint32_t>(at + record::aggregate_at);
  if (view.events_ == 0 || view.events_ > commit_events_max)
    return corrupt("the number of events is out of range");
  if (view.header_.first_version == 0 || view.header_.first_version > record::number_max)
    return corrupt("the first version is out of range");

  // A right checksum says that the bytes are as written, not that a sane program wrote them:
  // lengths are checked all the same.
  const auto flags = load_le<std::uint8_t>(at + record::flags_at);
  if ((flags & ~known_flags) != 0) return corrupt("unknown flags");
  auto rest = bytes.subspan(record::header_bytes);
  const auto take = [&rest](std::size_t size) -> std::optional<bytes_view> {
    if (rest.size() < size) return std::nullopt;
    const auto front = rest.first(size);
    rest = rest.subspan(size);
    return front;
  };
  const auto take_id = [&](std::uint8_t flag, uuid& id) {
    if ((flags & flag) == 0) return true;
    const auto front = take(id.bytes.size());
    if (front) std::memcpy(id.bytes.data(), front->data(), id.bytes.size());
    return front.has_value();
  };
  if (!take_id(has_command, view.header_.command_id) ||
      !take_id(has_correlation, view.header_.correlation_id) ||
      !take_id(has_causation, view.header_.causation_id))
    return corrupt("the record ends inside its ids");
  const auto stream_id = take(load_le<std::uint16_t>(at + record::stream_bytes_at));
  const auto caller = take(load_le<std::uint16_t>(at + record::caller_bytes_at));
  const auto metadata = take(load_le<std::uint32_t>(at + record::metadata_bytes_at));
  if (!stream_id || !caller || !metadata) return corrupt("the record ends inside its header");
  if (!walk_attributes(*metadata, [](auto, auto) {})) return corrupt("the metadata is malformed");
  if (!frames_fit(rest, view.events_)) return corrupt("the event frames do not fit the record");
  view.header_.stream_id = as_text(*stream_id);
  view.header_.caller = as_text(*caller);
  view.attributes_ = *metadata;
  view.frames_ = rest;
  return view;
}

attributes commit_view::attributes_of() const {
  attributes all;
  walk_attributes(attributes_,
                  [&](std::string_view key, std::string_view value) { all.emplace(key, value); });
  return all;
}

} // namespace acta::persistence
