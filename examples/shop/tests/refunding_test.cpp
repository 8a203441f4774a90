// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <shop/refunding.hpp>

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <string>

namespace refunding_test {

using acta::send;
using namespace shop;

namespace {

const unexpected_payment_received late{"psp-1", {3548, "EUR"}, "late"};

std::string id_for(const std::string& payment, const std::string& reference) {
  acta::metadata about;
  about.stream = "payment/" + payment;
  return refunding::key({reference, {}, ""}, about).value();
}

} // namespace

TEST_CASE("money that nobody waited for goes back") {
  acta::given<refunding>()
      .with_id("42.psp-1")
      .when(late)
      .then(send<payment>("42", refund{"psp-1"}))
      .when(payment_refunded{})
      .then(acta::finish())
      .then_finished();
}

TEST_CASE("money that was returned by hand is not returned again") {
  acta::given<refunding>(late)
      .with_id("42.psp-1")
      .when(acta::rejected<refund>{"already_refunded", "", {"psp-1"}})
      .then(acta::finish());
}

TEST_CASE("each payment made has a process of its own, or one would not be returned") {
  CHECK(id_for("42", "psp-1") == "42.psp-1");
  CHECK(id_for("42", "psp-2") != id_for("42", "psp-1"));
  CHECK(id_for("42.a", "b") != id_for("42", "b"));
  // The last dot is where the reference begins, and a reference has none.
  CHECK_FALSE(is_reference("a.b"));
  acta::given<refunding>()
      .with_id(id_for("4.2", "psp-1"))
      .when(late)
      .then(send<payment>("4.2", refund{"psp-1"}));
  const std::string longest(id_bytes_max, 'i'), reference(reference_bytes_max, 'r');
  CHECK(acta::check_stream_id(id_for(longest, reference)));
}

} // namespace refunding_test
