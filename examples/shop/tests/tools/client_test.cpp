// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "client/address.hpp"
#include "client/maildir.hpp"
#include "client/request.hpp"

#include "temp_folder.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <fstream>

namespace client_test {

using namespace shop::tools;

TEST_CASE("no host but this one is ever talked to") {
  for (const auto* const url : {"http://127.0.0.1:8080", "http://127.9.9.9:1/", "http://[::1]:80",
                                "http://localhost:65535"})
    CHECK(parse_address(url));
  CHECK(parse_address("http://localhost:8080/")->url == "http://localhost:8080");
  CHECK(parse_address("http://localhost:8080")->endpoint.port() == 8080);
  for (const auto* const url :
       {"http://10.0.0.1:8080", "http://example.org:80", "http://0.0.0.0:8080", "http://[::]:80",
        "http://localhost.example.org:80", "http://127.0.0.1@example.org:80", "https://127.0.0.1:1",
        "127.0.0.1:8080", "http://127.0.0.1", "http://127.0.0.1:", "http://127.0.0.1:0",
        "http://127.0.0.1:65536", "http://127.0.0.1:80/v1", "http://127.0.0.1:8x", ""}) {
    INFO(url);
    CHECK_FALSE(parse_address(url));
  }
}

TEST_CASE("an id with a slash or a space stays one segment of the path") {
  CHECK(request::command("cart", "a/b c", "add_item").target() == "/v1/cart/a%2Fb%20c/add_item");
  CHECK(request::row("sales_by_day", "2026-11-24 EUR").target() ==
        "/v1/views/sales_by_day/2026-11-24%20EUR");
  CHECK(request::rows("orders", {{"prefix", "r&1"}, {"limit", "5"}}).target() ==
        "/v1/views/orders?prefix=r%261&limit=5");
  CHECK(request::query("items_in_cart").target() == "/v1/queries/items_in_cart");
}

TEST_CASE("two commands never share a key, and what is read has none") {
  const auto first = request::command("cart", "1", "check_out");
  const auto second = request::command("cart", "1", "check_out");
  CHECK(first.key() != second.key());
  CHECK(first.is_command());
  CHECK_FALSE(request::state("cart", "1").is_command());
}

TEST_CASE("an answer tells the domain's no from the node's") {
  answer a;
  a.status = 409;
  a.body = boost::json::parse(
      R"({"code":"rejected","rejection":{"code":"cart_empty","message":"there is nothing"}})");
  CHECK(a.code() == "cart_empty");
  a.status = 503;
  a.body = boost::json::parse(R"({"code":"store_full"})");
  CHECK(a.code() == "store_full");
  a.status = 200;
  a.body = boost::json::parse(
      R"({"position":"0:9","events":[{"type":"a.b","data":{"n":1}},{"type":"a.c","data":{}}]})");
  CHECK(a.code().empty());
  CHECK(a.position() == "0:9");
  REQUIRE(a.event("a.b") != nullptr);
  CHECK(number_at(*a.event("a.b"), "/n") == 1);
  CHECK(a.event("a.d") == nullptr);
  CHECK(number_at(a.body, "/position") == std::nullopt);
  CHECK(text_at(a.body, "/nothing").empty());
}

TEST_CASE("a letter is read once, wherever its reader has put it") {
  const test::temp_folder folder;
  maildir mail(folder.path());
  CHECK(mail.read().empty());
  std::filesystem::create_directories(folder / "new");
  std::filesystem::create_directories(folder / "cur");
  std::ofstream(folder / "new" / "1.one.acta")
      << "Message-ID: <one@acta>\nActa-Event: 0:17\nActa-Key: one\nFrom: shop@localhost\n"
         "To: ada@example.org\nSubject: Your order 1 is confirmed\n\nDear Ada,\n\nSubject: none\n";
  auto all = mail.read();
  REQUIRE(all.size() == 1);
  CHECK(all[0].key == "one");
  CHECK(all[0].event == "0:17");
  CHECK(all[0].to == "ada@example.org");
  CHECK(all[0].subject == "Your order 1 is confirmed");
  CHECK(all[0].text == "Dear Ada,\n\nSubject: none\n");
  std::filesystem::rename(folder / "new" / "1.one.acta", folder / "cur" / "1.one.acta");
  CHECK(mail.read().size() == 1);
  CHECK(parse_letter("").subject.empty());
}

} // namespace client_test
