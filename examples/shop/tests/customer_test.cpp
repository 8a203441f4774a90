// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/customer.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace customer_test {

using namespace shop;

namespace {

customer_registered ada() { return {"Ada Lovelace", "ada@example.org"}; }

} // namespace

TEST_CASE("a customer registers with a name and an address") {
  acta::given<customer>()
      .with_id("ada")
      .when(register_customer{"Ada Lovelace", "ada@example.org"})
      .then(ada())
      .then_state([](const customer& c) {
        CHECK(c.person == "Ada Lovelace");
        CHECK(c.email == "ada@example.org");
        CHECK(c.orders == 0);
        return c.is_registered;
      });
}

TEST_CASE("the command is called register, as it is sent over HTTP") {
  CHECK(acta::type_name<register_customer>() == "register");
  register_customer command;
  REQUIRE(acta::from_json(R"({"name":"Ada Lovelace","email":"ada@example.org"})", command));
  acta::given<customer>().when(command).then(ada());
}

TEST_CASE("a customer registers once") {
  acta::given<customer>(ada())
      .when(register_customer{"Eve", "eve@example.org"})
      .then_rejected("already_registered");
}

TEST_CASE("the id of a customer is one that a cart can name") {
  const register_customer command{"Ada Lovelace", "ada@example.org"};
  acta::given<customer>().with_id(std::string(64, 'i')).when(command).then(ada());
  acta::given<customer>()
      .with_id(std::string(65, 'i'))
      .when(command)
      .then_rejected("customer_id_invalid");
}

TEST_CASE("a name that would be two lines of a letter is refused") {
  for (const auto& bad : {std::string(), std::string(201, 'n'), std::string("Ada\nBcc: eve"),
                          std::string("Ada\x7F"), std::string("A\0da", 4)}) {
    CAPTURE(bad);
    acta::given<customer>()
        .when(register_customer{bad, "ada@example.org"})
        .then_rejected("name_invalid");
  }
  CHECK(is_line(std::string(200, 'n')));
  CHECK(is_line("Zo\xC3\xAB"));
}

TEST_CASE("an address at which nobody, or somebody else too, would be reached is refused") {
  const std::string local(64, 'l'), label(63, 'h');
  const auto host = label + '.' + label + '.' + label.substr(3);
  REQUIRE((local + '@' + host).size() == 254 - 1);
  for (const auto& good :
       std::vector<std::string>{"a@b", "ada.l+shop_1@mail.example-1.org", local + '@' + host + 'h',
                                "ada@xn--bcher-kva.example"}) {
    CAPTURE(good);
    CHECK(is_email(good));
  }
  for (const auto& bad : std::vector<std::string>{
           "", "@", "ada", "ada@", "@example.org", "a@b@c", "ada @example.org", "ada@exam ple.org",
           " ada@example.org", "ada@example.org\n", "ada@example.org\r\nBcc: eve@example.org",
           std::string("ada\0@example.org", 16), "ada@example.org,eve@example.org",
           "<ada@example.org>", "\"ada\"@example.org", "ada@.org", "ada@org.", "ada@a..b",
           "ada@exam_ple.org", "ad\xC3\xA4@example.org", 'l' + local + "@b",
           local + '@' + host + ".h",
           // What the mail channels would not send to.
           "a..b@example.org", ".ada@example.org", "ada.@example.org",
           "ada@" + std::string(70, 'h') + ".org", "ada@-example.org", "ada@example-.org",
           "ada@b\xC3\xBC"
           "cher.example"}) {
    CAPTURE(bad);
    acta::given<customer>().when(register_customer{"Ada", bad}).then_rejected("email_invalid");
    acta::given<customer>(ada()).when(change_email{bad}).then_rejected("email_invalid");
  }
}

TEST_CASE("a refused address says what is wrong, and how a domain of other scripts is written") {
  acta::given<customer>()
      .when(register_customer{"Ada", "ada@b\xC3\xBC"
                                     "cher.example"})
      .then_rejected("email_invalid", "the address has a domain in letters beyond ASCII; write its "
                                      "ASCII form, which begins with xn--");
  acta::given<customer>()
      .when(register_customer{"Ada", "ada"})
      .then_rejected("email_invalid", "the address is not an address of the form local@domain");
}

TEST_CASE("an address changes, and the same address again changes nothing") {
  acta::given<customer>(ada())
      .when(change_email{"ada@example.net"})
      .then(email_changed{"ada@example.net"})
      .when(change_email{"ada@example.net"})
      .then_nothing()
      .when(note_order{"42"})
      .then(order_noted{"42", "Ada Lovelace", "ada@example.net"});
}

TEST_CASE("an order of nobody is refused, and so is an address of nobody") {
  acta::given<customer>().when(note_order{"42"}).then_rejected("unknown_customer");
  acta::given<customer>().when(change_email{"a@b"}).then_rejected("unknown_customer");
}

TEST_CASE("an order is noted with name and address, once") {
  acta::given<customer>(ada())
      .when(note_order{"42"})
      .then(order_noted{"42", "Ada Lovelace", "ada@example.org"})
      .when(note_order{"43"})
      .then(order_noted{"43", "Ada Lovelace", "ada@example.org"})
      .then_state([](const customer& c) { return c.orders == 2; })
      .when(note_order{"42"})
      .then_rejected("already_noted");
}

TEST_CASE("an id that no order can have is not noted") {
  for (const auto& bad : {std::string(), std::string(65, 'o'), std::string("4\n2")})
    acta::given<customer>(ada()).when(note_order{bad}).then_rejected("order_invalid");
}

TEST_CASE("a customer of thousands of orders still fits in memory") {
  customer faithful;
  faithful.evolve(ada());
  for (int i = 1; i <= 5000; ++i) faithful.evolve(order_noted{std::to_string(i), "", ""});
  CHECK(faithful.orders == 5000);
  CHECK(faithful.remembered.size() == customer::orders_remembered_max);
  CHECK(faithful.remembered.back() == "5000");
  CHECK(faithful.decide(note_order{"5000"}).rejected() != nullptr);
  CHECK(faithful.decide(note_order{"5001"}).rejected() == nullptr);
}

TEST_CASE("a customer's state is what people see over HTTP") {
  acta::given<customer>(ada(), order_noted{"42", "Ada Lovelace", "ada@example.org"})
      .then_state([](const customer& c) {
        CHECK(*acta::to_json(c) == R"({"name":"Ada Lovelace","email":"ada@example.org",)"
                                   R"("registered":true,"orders":1,"newest_orders":["42"]})");
      });
}

} // namespace customer_test
