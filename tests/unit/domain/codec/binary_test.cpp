// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/codec/binary.hpp>

#include "samples.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace binary_test {

using namespace acta;
using sample::everything;

namespace {

byte_buffer bytes_of(const auto& value) {
  byte_buffer out;
  const auto encoded = encode_binary(value, out);
  REQUIRE(encoded);
  return out;
}

std::string hex(bytes_view bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

byte_buffer unhex(std::string_view text) {
  byte_buffer out;
  for (std::size_t i = 0; i < text.size(); i += 2)
    out.append_le(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

template <class T> std::string refusal(std::string_view hex_bytes) {
  const auto bytes = unhex(hex_bytes);
  const auto decoded = decode_binary<T>(bytes);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code() == codec_errc::decode_failed);
  CHECK(decoded.error().code() == condition::corrupt);
  return std::string(decoded.error().where()) + ": " + std::string(decoded.error().detail());
}

/// Counts what a hostile size makes a container take.
std::size_t bytes_allocated = 0;
template <class T> struct counting_allocator {
  using value_type = T;
  counting_allocator() = default;
  template <class U> counting_allocator(const counting_allocator<U>&) {}
  T* allocate(std::size_t n) {
    bytes_allocated += n * sizeof(T);
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) { std::allocator<T>().deallocate(p, n); }
  bool operator==(const counting_allocator&) const = default;
};

struct throws_on_write {
  template <class A> void save(A& ar) const {
    ar(std::uint64_t{1});
    throw std::runtime_error("no");
  }
  template <class A> void load(A&) { throw 7; }
};

} // namespace

TEST_CASE("the binary form never drifts: old events stay readable") {
  CHECK(hex(bytes_of(true)) == "01");
  CHECK(hex(bytes_of(std::int32_t{-2})) == "feffffff");
  CHECK(hex(bytes_of(std::uint64_t{0x0102030405060708})) == "0807060504030201");
  CHECK(hex(bytes_of(1.5)) == "000000000000f83f");
  CHECK(hex(bytes_of(sample::color::blue)) == "fdff");
  CHECK(hex(bytes_of(sample::size::large)) == "014c");
  CHECK(hex(bytes_of(std::string("héllo"))) == "0668c3a96c6c6f");
  CHECK(hex(bytes_of(std::vector<std::uint16_t>{1, 2})) == "0201000200");
  CHECK(hex(bytes_of(std::vector<bool>{true, false})) == "020100");
  CHECK(hex(bytes_of(std::map<std::string, bool>{{"a", true}})) == "01016101");
  CHECK(hex(bytes_of(std::array<std::uint8_t, 2>{1, 2})) == "0102");
  CHECK(hex(bytes_of(std::tuple<bool, std::string>{true, "x"})) == "010178");
  CHECK(hex(bytes_of(std::optional<std::uint8_t>{})) == "00");
  CHECK(hex(bytes_of(std::optional<std::uint8_t>{7})) == "0107");
  CHECK(hex(bytes_of(std::variant<bool, std::uint8_t>{std::uint8_t{9}})) == "0109");
  CHECK(hex(bytes_of(std::monostate{})).empty());
  CHECK(hex(bytes_of(std::chrono::seconds{1})) == "0100000000000000");
  CHECK(hex(bytes_of(position{3, 17})) == "030000001100000000000000");
  CHECK(hex(bytes_of(*uuid::parse("00112233445566778899aabbccddeeff"))) ==
        "00112233445566778899aabbccddeeff");
  CHECK(hex(bytes_of(sample::money{5, "EUR"})) == "050000000000000003455552");
  CHECK(hex(bytes_of(std::string(128, 'x')).view().first(3)) == "800178");
  CHECK(hex(bytes_of(std::string(16'384, 'x')).view().first(4)) == "80800178");
}

TEST_CASE("the binary form of every kind of field together never drifts") {
  CHECK(hex(bytes_of(sample::fixed())) ==
        "01ffc8feff3412fdffffff78563412fcfffffffffffffff0debc9a785634120000c03f9a9999999999b9"
        "bf5afdff0101014c0668c3a96c6c6f020100ffff03010001020100020001780105000000000000000345"
        "5552010002000300016101620700000000000000010800000001016c0201700171020100000001000000"
        "010900000001036b2f7e01000000000000000355534401ffffffff010102000200000001010100000001"
        "025331010000000105000000060000000100112233445566778899aabbccddeeff010000000101000000"
        "020000000300000002016d01000000016d020000000101750100000001000000036f6e65020000000300"
        "000000000000034348460101037965730004fa000000010400000001060000000000000003474250010a"
        "000000dc05000000000000000000000000d03f0188518ada600600082b0000000000004d000000000000"
        "000190a1b2c3d47e5f8a9b0c1d2e3f4a5b030000001100000000000000e8030000cdcccccccc4c424000"
        "00e03f034142430c0000002a00000009000000000000000353454b0100000001020100000002000000");
}

TEST_CASE("what is encoded in binary comes back equal, whatever it holds") {
  CAPTURE(sample::test_seed());
  sample::generator make(sample::test_seed());
  for (int i = 0; i < 500; ++i) {
    const auto value = make.all();
    const auto bytes = bytes_of(value);
    const auto back = decode_binary<everything>(bytes);
    REQUIRE(back);
    REQUIRE(*back == value);
  }
}

TEST_CASE("decoding into a used value leaves nothing of the old one") {
  const everything fresh;
  const auto bytes = bytes_of(fresh);
  auto used = sample::fixed();
  REQUIRE(decode_binary(bytes, used));
  CHECK(used == fresh);
}

TEST_CASE("encoding appends and leaves what stands before") {
  byte_buffer out(as_bytes_view("head"));
  REQUIRE(encode_binary(std::uint8_t{1}, out));
  CHECK(hex(out) == "6865616401");
}

TEST_CASE("a value that cannot be written leaves the buffer as it was") {
  byte_buffer out(as_bytes_view("head"));
  const auto encoded = encode_binary(throws_on_write{}, out);
  REQUIRE_FALSE(encoded);
  CHECK(encoded.error().code() == codec_errc::encode_failed);
  CHECK(encoded.error().code() == condition::invalid);
  CHECK(encoded.error().detail() == "no");
  CHECK(as_text(out) == "head");
}

TEST_CASE("what a load throws becomes an error, even if it is no exception class") {
  throws_on_write value;
  const auto decoded = decode_binary(bytes_view{}, value);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code() == codec_errc::decode_failed);
  CHECK(refusal<sample::sku>("00") == "byte 1: a sku is not empty");
}

TEST_CASE("an event cut off at any byte is refused") {
  const auto bytes = bytes_of(sample::fixed());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    // An allocation of its own, so that the sanitizer sees a read beyond it.
    const byte_buffer part(bytes.view().first(size));
    INFO("cut to " << size);
    const auto decoded = decode_binary<everything>(part);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code() == codec_errc::decode_failed);
  }
}

TEST_CASE("bytes after the value are refused") {
  CHECK(refusal<std::uint8_t>("0102") == "byte 1: 1 bytes left over");
  CHECK(refusal<sample::nothing>("00") == "byte 0: 1 bytes left over");
}

TEST_CASE("damaged bytes are never more than an error") {
  CAPTURE(sample::test_seed());
  sample::generator make(sample::test_seed() + 1);
  const auto bytes = bytes_of(sample::fixed());
  const auto attempt = [](const byte_buffer& damaged) {
    const auto decoded = decode_binary<everything>(damaged);
    if (!decoded) return;
    byte_buffer again;
    REQUIRE(encode_binary(*decoded, again));
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned value :
         {0x00U, 0x01U, 0x7FU, 0x80U, 0xFFU, std::to_integer<unsigned>(bytes.data()[i]) ^ 0x10U}) {
      byte_buffer damaged(bytes.view());
      damaged.data()[i] = static_cast<std::byte>(value);
      attempt(damaged);
    }
  }
  for (int round = 0; round < 5000; ++round) {
    byte_buffer damaged(bytes.view());
    for (auto n = 1 + make.below(8); n > 0; --n)
      damaged.data()[make.below(damaged.size())] = static_cast<std::byte>(make.below(256));
    damaged.truncate(damaged.size() - make.below(2) * make.below(damaged.size()));
    attempt(damaged);
  }
}

TEST_CASE("a bool that is neither is refused") {
  CHECK(refusal<bool>("02") == "byte 1: a flag must be 0 or 1, not 2");
  CHECK(refusal<std::vector<bool>>("0102") == "byte 2: a flag must be 0 or 1, not 2");
  CHECK(refusal<sample::flag>("02") == "byte 1: a flag must be 0 or 1, not 2");
  CHECK(refusal<std::optional<int>>("0201000000") == "byte 1: a flag must be 0 or 1, not 2");
}

TEST_CASE("an alternative that a variant does not have is refused") {
  CHECK(refusal<std::variant<bool, int>>("0200") == "byte 1: alternative 2 of a variant with 2");
}

TEST_CASE("a size has one form, so equal values have equal bytes") {
  CHECK(refusal<std::string>("810061") == "byte 2: a size that is not in its shortest form");
  CHECK(refusal<std::string>("ffffffff1f") == "byte 5: a size of 2^32 or more");
  CHECK(refusal<std::string>("ffffffffff01") == "byte 5: a size of 2^32 or more");
}

TEST_CASE("a key that stands twice is refused instead of lost") {
  CHECK(refusal<std::set<bool>>("020101") == "byte 3: the same key twice");
  CHECK(refusal<std::unordered_set<std::uint8_t>>("020101") == "byte 3: the same key twice");
  CHECK(refusal<std::map<bool, bool>>("0201000101") == "byte 5: the same key twice");
  CHECK(decode_binary<std::multiset<bool>>(unhex("020101")));
}

TEST_CASE("a size that the input does not hold allocates nothing of it") {
  bytes_allocated = 0;
  // 2^32 - 1 elements, five bytes behind it.
  const auto claim = unhex("ffffffff0f0102030405");
  std::vector<std::uint64_t, counting_allocator<std::uint64_t>> numbers;
  CHECK_FALSE(decode_binary(claim, numbers));
  std::vector<std::string, counting_allocator<std::string>> strings;
  CHECK_FALSE(decode_binary(claim, strings));
  std::basic_string<char, std::char_traits<char>, counting_allocator<char>> text;
  CHECK_FALSE(decode_binary(claim, text));
  CHECK_FALSE(decode_binary<sample::bag>(claim));
  CHECK(bytes_allocated == 0);

  // 65'536 elements are not refused by their number alone, but made one by one.
  const auto modest = unhex("8080040102030405");
  CHECK_FALSE(decode_binary(modest, strings));
  CHECK(bytes_allocated < 1024);
}

TEST_CASE("elements that take no byte cannot be claimed without limit") {
  using empties = std::vector<sample::nothing>;
  CHECK(decode_binary<empties>(unhex("03"))->size() == 3);
  CHECK_FALSE(decode_binary<empties>(unhex("808008")));
  CHECK_FALSE(decode_binary<std::vector<empties>>(unhex("02808004808004")));
  byte_buffer out;
  CHECK(encode_binary(empties(zero_byte_elements_max), out));
  CHECK(decode_binary<empties>(out)->size() == zero_byte_elements_max);
  CHECK_FALSE(encode_binary(empties(zero_byte_elements_max + 1), out));
}

TEST_CASE("a value nested without end is refused before the stack ends") {
  // tree: value, no children, next: 1, and so on.
  byte_buffer bytes;
  for (int i = 0; i < 100'000; ++i) bytes.append(unhex("000000000001"));
  sample::tree into;
  const auto decoded = decode_binary(bytes, into);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().detail() == "nested deeper than 64 classes");
}

TEST_CASE("what can be written is not too deep to be read") {
  const auto nested = [](std::size_t levels) {
    sample::tree root;
    auto* at = &root;
    for (std::size_t i = 1; i < levels; ++i) {
      at->next = std::make_unique<sample::tree>();
      at = at->next.get();
    }
    return root;
  };
  byte_buffer out;
  REQUIRE(encode_binary(nested(codec_depth_max), out));
  CHECK(decode_binary<sample::tree>(out));
  CHECK_FALSE(encode_binary(nested(codec_depth_max + 1), out));
}

} // namespace binary_test
