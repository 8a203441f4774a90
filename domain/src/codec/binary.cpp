// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/binary.hpp>

namespace acta {

using codec_detail::failure;

void codec_detail::count_zero_byte(std::size_t& elements) {
  if (++elements > zero_byte_elements_max)
    throw failure("more than " + std::to_string(zero_byte_elements_max) +
                  " elements that take no byte");
}

std::size_t binary_reader::take_long_size(std::size_t low) {
  std::size_t size = low;
  for (unsigned shift = 7; shift <= 28; shift += 7) {
    const auto byte = std::to_integer<std::size_t>(*take(1));
    size |= (byte & 0x7F) << shift;
    if (byte >= 0x80) continue;
    if (byte == 0) throw failure("a size that is not in its shortest form");
    if (size > std::numeric_limits<std::uint32_t>::max()) break;
    return size;
  }
  throw failure("a size of 2^32 or more");
}

void binary_reader::fail_truncated(std::size_t count) const {
  throw failure("truncated: at least " + std::to_string(count) + " bytes expected, " +
                std::to_string(remaining()) + " left");
}

void binary_reader::fail_trailing() const {
  throw failure(std::to_string(remaining()) + " bytes left over");
}

void binary_reader::fail_bool(unsigned byte) const {
  throw failure("a flag must be 0 or 1, not " + std::to_string(byte));
}

void binary_reader::fail_index(std::size_t index, std::size_t alternatives) const {
  throw failure("alternative " + std::to_string(index) + " of a variant with " +
                std::to_string(alternatives));
}

void binary_reader::fail_duplicate() const { throw failure("the same key twice"); }

} // namespace acta
