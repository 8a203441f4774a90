// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/mail_address.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace mail_address_test {

using acta::mistake_in_mail_address;

TEST_CASE("an address that mail can go to has nothing wrong with it") {
  for (const auto& good : {std::string("a@b"), std::string("ada.l+shop_1@mail.example-1.org"),
                           std::string("!#$%&'*+-/=?^_`{|}~@x"), std::string("a@xn--bcher-kva.de"),
                           std::string(64, 'l') + '@' + std::string(63, 'h')}) {
    CAPTURE(good);
    CHECK(mistake_in_mail_address(good).empty());
  }
}

TEST_CASE("what is wrong with an address is told: at the door, not by a dead letter") {
  const auto says = [](const std::string& address, std::string_view what) {
    CAPTURE(address);
    CHECK(mistake_in_mail_address(address).find(what) != std::string_view::npos);
  };
  says("", "is empty");
  says(std::string(250, 'a') + "@b.de", "longer than 254");
  says("ada", "local@domain");
  for (const auto* local : {"", "a..b", ".ada", "ada.", "a b", "\"ada\"", "a@b", "\xC3\xA4"})
    says(std::string(local) + "@example.org", "before its @");
  says(std::string(65, 'l') + "@example.org", "before its @");
  for (const auto* domain : {"", "example..org", ".org", "org.", "-a.org", "a-.org", "a.-b", "a_b"})
    says("ada@" + std::string(domain), "behind its @");
  says("ada@" + std::string(70, 'h') + ".org", "behind its @");
  says("ada@b\xC3\xBC"
       "cher.de",
       "xn--");
}

} // namespace mail_address_test
