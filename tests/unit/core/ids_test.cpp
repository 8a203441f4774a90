// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/ids.hpp>

#include <catch2/catch.hpp>

#include <set>

namespace ids_test {

TEST_CASE("a position is written partition:number and reads back") {
  const acta::position p{3, 1700};
  CHECK(p.to_string() == "3:1700");
  CHECK(*acta::position::parse("3:1700") == p);
  for (const auto* bad : {"", ":", "3", "3:", ":4", "-1:4", "3:4 ", " 3:4", "3:4:5", "03:4",
                          "3:18446744073709551616", "x:1"}) {
    CAPTURE(bad);
    CHECK_FALSE(acta::position::parse(bad));
  }
}

TEST_CASE("a uuid survives text in both forms and refuses everything else") {
  const auto id = acta::uuid::random();
  CHECK(*acta::uuid::parse(id.to_string()) == id);
  CHECK(*acta::uuid::parse("00112233445566778899AABBCCDDEEFF") ==
        *acta::uuid::parse("00112233-4455-6677-8899-aabbccddeeff"));
  for (const auto* bad :
       {"", "0011", "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeefg",
        "00112233x4455-6677-8899-aabbccddeeff"}) {
    CAPTURE(bad);
    CHECK_FALSE(acta::uuid::parse(bad));
  }
}

TEST_CASE("random uuids do not repeat and carry version 7") {
  std::set<acta::uuid> seen;
  for (int i = 0; i < 10000; ++i) seen.insert(acta::uuid::random());
  CHECK(seen.size() == 10000);
  CHECK(seen.begin()->to_string()[14] == '7');
  CHECK(acta::uuid{}.is_nil());
  CHECK_FALSE(acta::uuid::random().is_nil());
}

TEST_CASE("stream ids that would break keys, URLs or logs are refused by name of the fault") {
  CHECK(acta::check_stream_id("42"));
  CHECK(acta::check_stream_id("bücher/été 1"));
  CHECK(acta::check_stream_id(std::string(256, 'x')));
  const auto too_long = acta::check_stream_id(std::string(257, 'x'));
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().detail().find("257") != std::string_view::npos);
  CHECK_FALSE(acta::check_stream_id(""));
  CHECK_FALSE(acta::check_stream_id("a\nb"));
  CHECK_FALSE(acta::check_stream_id("\xC3"));
  CHECK_FALSE(acta::check_stream_id("\xED\xA0\x80"));
  CHECK_FALSE(acta::check_stream_id("\xC0\x80"));
  CHECK_FALSE(acta::check_stream_id("\xF4\x90\x80\x80"));
  for (const auto* id : {".", ".."}) {
    CHECK(acta::check_stream_id(id)); // there may be such streams, made before
    CHECK_FALSE(acta::check_new_stream_id(id));
  }
  CHECK(acta::check_new_stream_id("..."));
  CHECK_FALSE(acta::check_new_stream_id(""));
}

TEST_CASE("durable type names keep to a small alphabet") {
  CHECK(acta::check_type_name("account.credited"));
  CHECK_FALSE(acta::check_type_name(""));
  CHECK_FALSE(acta::check_type_name("1abc"));
  CHECK_FALSE(acta::check_type_name("a/b"));
  CHECK_FALSE(acta::check_type_name(std::string(65, 'a')));
}

} // namespace ids_test
