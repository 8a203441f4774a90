// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/hash.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace hash_test {

namespace {

std::string sha256_hex(std::string_view text) {
  std::string out;
  for (const auto byte : acta::sha256(text)) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

} // namespace

TEST_CASE("sha256 gives the digests of the standard, whatever the length") {
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(sha256_hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  // Around the places where the padding needs another block; digests by sha256sum.
  CHECK(sha256_hex(std::string(55, 'a')) ==
        "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  CHECK(sha256_hex(std::string(56, 'a')) ==
        "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  CHECK(sha256_hex(std::string(64, 'a')) ==
        "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST_CASE("secret_hash gives the numbers of SipHash-1-3, and other ones for another secret") {
  const acta::hash_secret secret{0x0706050403020100, 0x0F0E0D0C0B0A0908};
  std::string text;
  // By the reference implementation of its authors, for the bytes 0, 1, 2, ...
  CHECK(acta::secret_hash(secret, text) == 0xABAC0158050FC4DC);
  for (char c = 0; c < 15; ++c) text += c;
  CHECK(acta::secret_hash(secret, text) == 0xD320D86D2A519956);
  CHECK(acta::secret_hash({1, 2}, text) != acta::secret_hash({1, 3}, text));
  CHECK(acta::secret_hash(secret, "cart/42") != acta::secret_hash(secret, "cart/43"));
}

TEST_CASE("a process hashes the same text to the same number, and draws secrets that differ") {
  CHECK(acta::process_hash("cart/42") == acta::process_hash("cart/42"));
  CHECK(acta::process_text_hash{}("cart/42") == acta::process_hash("cart/42"));
  const auto a = acta::hash_secret::random();
  const auto b = acta::hash_secret::random();
  CHECK((a.low != b.low && a.high != b.high));
}

} // namespace hash_test
