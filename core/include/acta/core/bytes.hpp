// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Raw bytes: views, a growing buffer that does not clear what it is about to overwrite, and
/// little-endian access.
#pragma once

#include <acta/core/assert.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

namespace acta {

using bytes_view = std::span<const std::byte>;

inline bytes_view as_bytes_view(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Writes an integer little-endian to unaligned memory.
template <std::integral T> void store_le(std::byte* to, T value) noexcept {
  static_assert(std::endian::native == std::endian::little,
                "big-endian hosts need byte swaps here");
  std::memcpy(to, &value, sizeof value);
}
/// Reads a little-endian integer from unaligned memory.
template <std::integral T> [[nodiscard]] T load_le(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Contiguous bytes that grow by doubling; growth leaves new bytes uninitialised. Threads: as a
/// value type.
class byte_buffer {
public:
  byte_buffer() = default;
  explicit byte_buffer(bytes_view from) { append(from); }

  [[nodiscard]] const std::byte* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::byte* data() noexcept { return data_.get(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bytes_view view() const noexcept { return {data_.get(), size_}; }
  operator bytes_view() const noexcept { return view(); }

  void clear() noexcept { size_ = 0; }
  /// Shrinks to `size`. Pre: size <= this->size().
  void truncate(std::size_t size) noexcept {
    ACTA_ASSERT(size <= size_);
    size_ = size;
  }
  /// Room for `count` more bytes, uninitialised; valid until the next growth.
  std::byte* extend(std::size_t count) {
    if (count > capacity_ - size_) grow(count);
    auto* at = data_.get() + size_;
    size_ += count;
    return at;
  }
  void append(const void* from, std::size_t count) {
    if (count != 0) std::memcpy(extend(count), from, count);
  }
  void append(bytes_view from) { append(from.data(), from.size()); }
  template <std::integral T> void append_le(T value) { store_le(extend(sizeof value), value); }

private:
  void grow(std::size_t count);

  struct free_deleter {
    void operator()(std::byte* p) const noexcept;
  };
  std::unique_ptr<std::byte[], free_deleter> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

} // namespace acta
