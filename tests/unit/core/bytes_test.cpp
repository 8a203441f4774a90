// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/bytes.hpp>

#include <catch2/catch.hpp>

namespace bytes_test {

TEST_CASE("a buffer keeps its bytes while it grows") {
  acta::byte_buffer buffer;
  for (std::uint32_t i = 0; i < 100000; ++i) buffer.append_le(i);
  REQUIRE(buffer.size() == 400000);
  bool same = true;
  for (std::uint32_t i = 0; i < 100000; ++i)
    same = same && acta::load_le<std::uint32_t>(buffer.data() + 4 * i) == i;
  CHECK(same);
  buffer.truncate(4);
  CHECK(buffer.view().size() == 4);
}

TEST_CASE("integers are stored little-endian") {
  std::byte raw[4];
  acta::store_le<std::uint32_t>(raw, 0x01020304u);
  CHECK(raw[0] == std::byte{4});
  CHECK(raw[3] == std::byte{1});
}

} // namespace bytes_test
