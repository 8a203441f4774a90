// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "derived_records.hpp"

#include "xxh3.hpp"

namespace acta::persistence {

namespace {

static_assert(8 + type_name_bytes_max + 1 + stream_id_bytes_max + 1 + 16 <= derived_key_bytes_max);

constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t snapshot_header_bytes = 40;

std::uint64_t load_be(const std::byte* from) noexcept {
  return __builtin_bswap64(load_le<std::uint64_t>(from));
}

std::uint32_t short_checksum(bytes_view key, bytes_view value) noexcept {
  return static_cast<std::uint32_t>(derived_checksum(key, value));
}

bool is_whole_snapshot(bytes_view key, bytes_view value) noexcept {
  return value.size() >= snapshot_header_bytes &&
         load_le<std::uint64_t>(value.data()) == derived_checksum(key, value.subspan(8));
}

/// Fills the last 4 bytes.
template <std::size_t N> void seal(bytes_view key, std::array<std::byte, N>& value) noexcept {
  const auto covered = bytes_view(value).first(N - checksum_bytes);
  store_le(value.data() + covered.size(), short_checksum(key, covered));
}

} // namespace

derived_key::derived_key(std::uint64_t hash, std::string_view stream) noexcept {
  hash = __builtin_bswap64(hash);
  append(&hash, sizeof hash);
  append(stream.data(), stream.size());
  constexpr char end = 0;
  append(&end, 1);
  stream_bytes_ = size_;
}

derived_key& derived_key::with(version_number version) noexcept {
  size_ = stream_bytes_;
  version = __builtin_bswap64(version);
  append(&version, sizeof version);
  return *this;
}

derived_key& derived_key::with(const uuid& id) noexcept {
  size_ = stream_bytes_;
  append(id.bytes.data(), id.bytes.size());
  return *this;
}

bool derived_key::begins(bytes_view key) const noexcept {
  return key.size() >= stream_bytes_ && std::memcmp(key.data(), bytes_.data(), stream_bytes_) == 0;
}

void derived_key::append(const void* from, std::size_t count) noexcept {
  ACTA_ASSERT(size_ + count <= bytes_.size());
  std::memcpy(bytes_.data() + size_, from, count);
  size_ += count;
}

std::uint64_t derived_checksum(bytes_view key, bytes_view value) noexcept {
  return XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(key.data(), key.size()));
}

bool is_whole(bytes_view key, bytes_view value) noexcept {
  if (value.size() < checksum_bytes) return false;
  const auto covered = value.first(value.size() - checksum_bytes);
  return load_le<std::uint32_t>(value.data() + covered.size()) == short_checksum(key, covered);
}

std::uint32_t checksum_in(bytes_view value) noexcept {
  return load_le<std::uint32_t>(value.data() + value.size() - checksum_bytes);
}

index_value encode_index(bytes_view key, const index_entry& entry) noexcept {
  index_value value;
  store_le(value.data(), entry.position);
  store_le(value.data() + 8, static_cast<std::uint16_t>(entry.events));
  seal(key, value);
  return value;
}

bool decode_index(const derived_key& stream, bytes_view key, bytes_view value,
                  index_entry& out) noexcept {
  const auto stream_bytes = stream.of_stream().size();
  if (!stream.begins(key) || key.size() != stream_bytes + 8 || value.size() != index_value{}.size())
    return false;
  out = {load_be(key.data() + stream_bytes), load_le<std::uint64_t>(value.data()),
         load_le<std::uint16_t>(value.data() + 8)};
  return out.events != 0;
}

end_value encode_end(bytes_view key, const stream_end& end) noexcept {
  end_value value;
  store_le(value.data(), end.version);
  store_le(value.data() + 8, end.position);
  store_le(value.data() + 16, end.checksum);
  seal(key, value);
  return value;
}

bool decode_end(bytes_view value, stream_end& out) noexcept {
  if (value.size() != end_value{}.size()) return false;
  out = {load_le<std::uint64_t>(value.data()), load_le<std::uint64_t>(value.data() + 8),
         load_le<std::uint64_t>(value.data() + 16)};
  return out.version != 0;
}

dedupe_value encode_dedupe(bytes_view key, const dedupe_record& record) noexcept {
  dedupe_value value;
  store_le(value.data(), record.position);
  store_le(value.data() + 8, record.age);
  seal(key, value);
  return value;
}

bool decode_dedupe(bytes_view value, dedupe_record& out) noexcept {
  if (value.size() != dedupe_value{}.size()) return false;
  out = {load_le<std::uint64_t>(value.data()), load_le<std::uint64_t>(value.data() + 8)};
  return true;
}

age_value::age_value(bytes_view age, bytes_view dedupe_key) noexcept
    : size_(dedupe_key.size() + checksum_bytes) {
  ACTA_ASSERT(size_ <= bytes_.size());
  std::memcpy(bytes_.data(), dedupe_key.data(), dedupe_key.size());
  store_le(bytes_.data() + dedupe_key.size(), short_checksum(age, dedupe_key));
}

bytes_view decode_age(bytes_view value) noexcept {
  return value.first(value.size() - checksum_bytes);
}

sums_value encode_sums(bytes_view key, const sums_sheet& sheet) noexcept {
  sums_value value;
  auto* at = value.data();
  for (const auto& portion : sheet)
    for (const auto sum : portion) {
      store_le(at, sum);
      at += sizeof sum;
    }
  seal(key, value);
  return value;
}

bool decode_sums(bytes_view key, bytes_view value, sums_sheet& out) noexcept {
  if (value.size() != sums_value{}.size() || !is_whole(key, value)) return false;
  const auto* at = value.data();
  for (auto& portion : out)
    for (auto& sum : portion) {
      sum = load_le<std::uint64_t>(at);
      at += sizeof sum;
    }
  return true;
}

byte_buffer encode_snapshot(bytes_view key, const snapshot& saved) {
  byte_buffer value;
  value.append_le(std::uint64_t{0});
  value.append_le(saved.version);
  value.append_le(saved.position);
  value.append_le(std::int64_t{saved.recorded_at.time_since_epoch().count()});
  value.append_le(saved.fingerprint);
  value.append(saved.state.view());
  store_le(value.data(), derived_checksum(key, value.view().subspan(8)));
  return value;
}

std::optional<snapshot> decode_snapshot(bytes_view key, bytes_view value) {
  if (!is_whole_snapshot(key, value)) return std::nullopt;
  snapshot found;
  found.version = load_le<std::uint64_t>(value.data() + 8);
  found.position = load_le<std::uint64_t>(value.data() + 16);
  found.recorded_at =
      time_point(std::chrono::microseconds(load_le<std::int64_t>(value.data() + 24)));
  found.fingerprint = load_le<std::uint64_t>(value.data() + 32);
  found.state.append(value.subspan(snapshot_header_bytes));
  return found;
}

version_number version_of_snapshot(bytes_view key, bytes_view value) noexcept {
  return is_whole_snapshot(key, value) ? load_le<std::uint64_t>(value.data() + 8) : 0;
}

head_value encode_head(const derived_head& head) noexcept {
  head_value value;
  store_le(value.data(), head.indexed_up_to);
  store_le(value.data() + 8, head.checksum);
  store_le(value.data() + 16, head.streams);
  store_le(value.data() + 24, head.age);
  store_le(value.data() + 32, head.forgotten_up_to);
  seal(as_bytes_view("head"), value);
  return value;
}

bool decode_head(bytes_view value, derived_head& out) noexcept {
  if (value.size() != head_value{}.size() || !is_whole(as_bytes_view("head"), value)) return false;
  out.indexed_up_to = load_le<std::uint64_t>(value.data());
  out.checksum = load_le<std::uint64_t>(value.data() + 8);
  out.streams = load_le<std::uint64_t>(value.data() + 16);
  out.age = load_le<std::uint64_t>(value.data() + 24);
  out.forgotten_up_to = load_le<std::uint64_t>(value.data() + 32);
  return true;
}

secret_value encode_secret(const hash_secret& secret) noexcept {
  secret_value value;
  store_le(value.data(), secret.low);
  store_le(value.data() + 8, secret.high);
  seal(as_bytes_view("secret"), value);
  return value;
}

bool decode_secret(bytes_view value, hash_secret& out) noexcept {
  if (value.size() != secret_value{}.size() || !is_whole(as_bytes_view("secret"), value))
    return false;
  out = {load_le<std::uint64_t>(value.data()), load_le<std::uint64_t>(value.data() + 8)};
  return true;
}

} // namespace acta::persistence
