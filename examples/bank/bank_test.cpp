// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// [test]
#include "bank.hpp"
#include "bank_transfer.hpp"

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

using namespace bank;

TEST_CASE("money comes and goes") {
  acta::given<account>()
      .when(open_account{"ada"})
      .then(opened{"ada"})
      .when(credit{50})
      .then(credited{50})
      .when(debit{20})
      .then(debited{20})
      .then_state([](const account& a) { return a.cents == 30; });
}

// [brief]
TEST_CASE("an account cannot be overdrawn") {
  acta::given<account>(opened{"ada"}, credited{50})
      .when(debit{80})
      .then_rejected("insufficient_funds");
}
// [test end]

TEST_CASE("money that cannot be delivered goes back") {
  acta::given<transfer>(request_transfer{"ada", "bob", 30}, debited{30})
      .when(acta::rejected<credit>{.code = "not_open"})
      .then(acta::send<account>("ada", credit{30}));
}
// [brief end]

TEST_CASE("a balance is what came and did not go, and is found by its owner") {
  acta::given<balance>(opened{"ada"}, credited{50}, debited{20})
      .then({.owner = "ada", .cents = 30})
      .in("account/2")
      .happened(opened{"ada"})
      .then_index("by_owner", acta::key("ada"), {"1", "2"});
}

TEST_CASE("the last cent can be taken, and not one more") {
  const auto with_50 = acta::given<account>(opened{"ada"}, credited{50});
  with_50.when(debit{50}).then(debited{50}).then_state(account{.is_open = true, .cents = 0});
  with_50.when(debit{51}).then_rejected("insufficient_funds", "balance is 50");
}

TEST_CASE("an account is opened once, before anything else") {
  acta::given<account>(opened{"ada"}).when(open_account{"bob"}).then_rejected("already_open");
  acta::given<account>().when(credit{1}).then_rejected("not_open");
  acta::given<account>().when(debit{1}).then_rejected("not_open");
}

TEST_CASE("amounts are positive") {
  const auto open = acta::given<account>(opened{"ada"}, credited{50});
  open.when(credit{0}).then_rejected("bad_amount");
  open.when(credit{-1}).then_rejected("bad_amount");
  open.when(debit{0}).then_rejected("bad_amount");
  open.when(debit{std::numeric_limits<std::int64_t>::min()}).then_rejected("bad_amount");
}

TEST_CASE("a balance does not overflow") {
  const auto max = std::numeric_limits<std::int64_t>::max();
  const auto nearly_full = acta::given<account>(opened{"ada"}, credited{max - 1});
  nearly_full.when(credit{1}).then(credited{1}).when(credit{1}).then_rejected("overflow");
  nearly_full.when(credit{2}).then_rejected("overflow");
}

TEST_CASE("a transfer that is asked for twice takes the money once") {
  const auto asked = acta::given<transfer>().when(request_transfer{"ada", "bob", 30});
  asked.then(acta::send<account>("ada", debit{30}), acta::after(std::chrono::hours{24}, expired{}))
      .when(request_transfer{"ada", "eve", 7})
      .then_nothing();
}

TEST_CASE("a transfer ends when the money is there, or cannot be taken") {
  acta::given<transfer>(request_transfer{"ada", "bob", 30}, debited{30})
      .when(credited{30})
      .then(acta::finish())
      .then_finished();
  acta::given<transfer>(request_transfer{"ada", "bob", 30})
      .when(acta::rejected<debit>{.code = "insufficient_funds"})
      .then(acta::finish())
      .then_finished();
}

TEST_CASE("a transfer that is still under way after a day is late, and goes on") {
  const auto late = acta::given<transfer>(request_transfer{"ada", "bob", 30}, debited{30})
                        .when(expired{})
                        .then_nothing();
  late.then_state([](const transfer& t) { return t.is_late; });
}

// [contract]
TEST_CASE("what is stored for ever changes by new versions only") {
  acta::model model;
  model.aggregate<account>().process<transfer>();
  acta::testing::check_contract(model, BANK_FOLDER "/contract.txt");
}

TEST_CASE("what was released is read as it was") {
  acta::testing::check_examples<account>(BANK_FOLDER "/released/account.txt", opened{"Ada"},
                                         credited{50}, debited{20});
}
// [contract end]
