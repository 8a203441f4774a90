// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "call.hpp"

#include <acta/gateway/errc.hpp>

#include <catch2/catch.hpp>

namespace hosts_test {

using namespace acta::http;

namespace {

const known_hosts plain("127.0.0.5", {});
const known_hosts behind_proxy("127.0.0.1", {"Shop.example.org", "10.0.0.7:8080", "[fd00::7]"});

unsigned status_of(std::string_view host, const known_hosts& known = plain,
                   std::string target = "/health/live", method how = method::get,
                   std::string_view origin = {}) {
  request r;
  r.how = how;
  r.target = std::move(target);
  if (!host.empty()) r.host.set(host);
  if (!origin.empty()) r.origin.set(origin);
  acta::http::target t;
  call c;
  const auto wrong = understand(r, t, c, {}, known);
  return wrong ? wrong->status : 200;
}

unsigned from_page(std::string_view origin, std::string_view host = "localhost:8080",
                   const known_hosts& known = plain) {
  return status_of(host, known, "/v1/cart/42/add", method::post, origin);
}

} // namespace

TEST_CASE("a page whose name was pointed at this machine is not served") {
  for (const auto* known :
       {"localhost", "LocalHost:8080", "localhost.", "127.0.0.1", "127.0.0.1:1", "[::1]:8080",
        "[::1]", "[0:0:0:0:0:0:0:1]", "127.0.0.5:80", "localhost:"}) {
    INFO(known);
    CHECK(status_of(known) == 200);
  }
  for (const auto* other : {"evil.example", "evil.example:8080", "localhost.evil.example",
                            "evil-localhost", "127.0.0.1.evil.example", "127.0.0.6", "[::2]",
                            "[::ffff:127.0.0.1]", "shop.example.org", "0x7f.0.0.1"}) {
    INFO(other);
    CHECK(status_of(other) == 421);
  }
}

TEST_CASE("a host that is none is a bad request") {
  for (const auto* bad :
       {" ", "local host", "localhost:port", "localhost:70000", "user@localhost", "localhost/",
        "[::1", "::1", "[localhost]", "localhost,evil.example", "local%68ost",
        "b\xC3\xBC"
        "cher.example",
        "\xE2\x80\xAElocalhost"}) {
    INFO(bad);
    CHECK(status_of(bad) == 400);
  }
  CHECK(status_of(std::string(300, 'a')) == 400);
}

TEST_CASE("names of the config are known too, with the port where one is named") {
  CHECK(status_of("shop.example.org", behind_proxy) == 200);
  CHECK(status_of("SHOP.example.org:8443", behind_proxy) == 200);
  CHECK(status_of("10.0.0.7:8080", behind_proxy) == 200);
  CHECK(status_of("10.0.0.7", behind_proxy) == 421);
  CHECK(status_of("[fd00:0::7]:1", behind_proxy) == 200);
  CHECK(status_of("localhost", behind_proxy) == 200);
  CHECK(status_of("127.0.0.5", behind_proxy) == 421);
}

TEST_CASE("the host of an absolute target counts, whatever the header says") {
  CHECK(status_of("evil.example", plain, "http://localhost:8080/health/live") == 200);
  CHECK(status_of("localhost", plain, "http://evil.example/health/live") == 421);
  CHECK(status_of("localhost", plain, "http://user@localhost/health/live") == 400);
  CHECK(status_of("localhost", plain, "http:///health/live") == 400);
}

TEST_CASE("HTTP/1.0 has no Host, and no browser speaks it") {
  request r;
  r.how = method::get;
  r.target = "/health/live";
  r.version = 10;
  acta::http::target t;
  call c;
  CHECK_FALSE(understand(r, t, c, {}, plain));
  r.host.set("evil.example");
  CHECK(understand(r, t, c, {}, plain)->status == 421);
}

TEST_CASE("a page of another origin sends no commands") {
  CHECK(from_page("http://localhost:8080") == 200);
  CHECK(from_page("https://LOCALHOST:8080") == 200); // TLS may end at a proxy
  for (const auto* other :
       {"http://evil.example", "null", "localhost:8080", "http://localhost:3000",
        "http://localhost", "http://evil.example:8080", "", "http://",
        "chrome-extension://localhost:8080", "file://localhost:8080"}) {
    INFO(other);
    if (*other != '\0') CHECK(from_page(other) == 403);
  }
  // Rebinding: the page's own name is asked for.
  CHECK(from_page("http://evil.example:8080", "evil.example:8080") == 421);
  // A proxy may ask for this address in the name of the site it serves.
  CHECK(from_page("https://shop.example.org", "127.0.0.1:8080", behind_proxy) == 200);
  CHECK(from_page("https://evil.example", "127.0.0.1:8080", behind_proxy) == 403);
  CHECK(status_of("localhost", plain, "/v1/queries/sums", method::post, "http://evil.example") ==
        403);
  CHECK(status_of("localhost", plain, "/health/live", method::get, "http://evil.example") == 200);
}

TEST_CASE("an allowed host that could match nothing, or everything, is refused by name") {
  for (const auto* bad : {"", "*", "*.example.org", "http://shop.example.org", "shop.example.org/",
                          "shop:99999", "a b"}) {
    const auto refused = known_hosts::check_entry(bad);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == acta::gateway_errc::bad_options);
    CHECK(std::string(refused.error().detail()).find("allowed_hosts") != std::string::npos);
  }
  CHECK(known_hosts::check_entry("shop.example.org:8080"));
}

} // namespace hosts_test
