// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The stores that six releases of the bank have left, opened by the sixth: README.md.
#include "opened_bank.hpp"

#include <acta/domain/errc.hpp>

#include <map>
#include <optional>

namespace golden_test {

namespace {

constexpr int today = bank::releases;

std::string numbered(std::string_view what, int n) {
  return std::string(what) + "-" + std::to_string(n);
}
/// Nothing waits that cannot go on.
void check_health(opened_bank& bank) {
  INFO(bank.told().all());
  for (const auto& q : bank.runtime().quarantined()) FAIL_CHECK(q.stream << ": " << q.reason);
  for (const auto& s : bank.runtime().stuck())
    FAIL_CHECK(s.target << ": " << s.command << ": " << s.reason);
  const auto aside = bank.runtime().set_aside();
  REQUIRE(aside);
  CHECK(aside->empty());
  for (const auto& v : bank.runtime().views()) {
    INFO(v.view);
    REQUIRE(v.serving);
    CHECK(v.serving->state == acta::view_state::running);
  }
}
acta::view_status view_of(opened_bank& bank, std::string_view name) {
  for (auto& v : bank.runtime().views())
    if (v.view == name) return v;
  FAIL("no view " << name);
  return {};
}
std::uint32_t generation_in(const std::filesystem::path& store, const std::string& view) {
  std::uint32_t newest = 0;
  for (const auto& at : std::filesystem::directory_iterator(store / "views")) {
    const auto name = at.path().filename().string();
    if (name.starts_with(view + '@'))
      newest =
          std::max(newest, static_cast<std::uint32_t>(std::stoul(name.substr(view.size() + 1))));
  }
  return newest;
}

void check_promise(opened_bank& bank, const std::string& id, const std::string& state,
                   const std::string& note) {
  const auto json = bank.state("promise", id);
  INFO(id << ": " << json);
  CHECK(json.find(R"({"state":")" + state + R"(","note":")" + note + "\"}") != std::string::npos);
}
/// The types of today that an event is, with their data.
std::vector<std::string> present(const acta::recorded_event& e) {
  std::vector<std::string> all;
  auto read = e.for_each_present([&](const acta::event_type& type, acta::bytes_view payload) {
    auto& text = all.emplace_back(type.name + ' ');
    REQUIRE(type.append_json(payload, text));
  });
  if (!read) FAIL(read.error());
  return all;
}

using unreadable = std::optional<acta::domain_errc>;
/// By the release before, number n, in the store of release n + 1: events of a later schema, or
/// of a name that it never had.
const unreadable why_ada_is_unreadable[]{{},
                                         acta::domain_errc::newer_schema,
                                         {},
                                         acta::domain_errc::newer_schema,
                                         acta::domain_errc::newer_schema,
                                         acta::domain_errc::newer_schema};
const unreadable why_bob_is_unreadable[]{{},
                                         acta::domain_errc::newer_schema,
                                         acta::domain_errc::newer_schema,
                                         acta::domain_errc::newer_schema,
                                         {},
                                         acta::domain_errc::newer_schema};
void check_older(opened_bank& older, const std::string& account, const unreadable& why) {
  const auto state = older.runtime().state_json("account", account);
  INFO(account);
  if (!why) {
    CHECK(state);
    return;
  }
  REQUIRE_FALSE(state);
  INFO(state.error());
  CHECK(state.error().code() == *why);
}

} // namespace

TEST_CASE("what any of six releases left is read, goes on and comes to its end in the sixth") {
  const int n = GENERATE(range(1, bank::releases + 1));
  CAPTURE(n);
  const unpacked_store store(n);
  opened_bank bank(store.path(), today, bank::end_of_life(n));
  REQUIRE(bank.runtime().settle(60s));
  check_health(bank);

  const auto cents = bank::cents_at_end_of_life(n) + bank::earned_later;
  CHECK(bank.cents("ada") == cents);
  CHECK(bank.cents("unlucky") == 3 * n); // waited for the mistake to be mended
  const auto bob = bank.state("account", numbered("bob", n));
  CHECK(bob == R"({"is_open":true,"holder":"Bob","kind":")" +
                   std::string(n < 2 ? "savings" : "business") + R"(","cents":59,"limit":)" +
                   std::to_string(1000 * n) +
                   R"(,"currencies":["EUR"],"fees":0,"is_frozen":true})");
  for (int k = 1; k <= n; ++k) {
    CAPTURE(k);
    const auto is = [&](std::string_view which, std::string_view state) {
      const auto json = bank.state("transfer", numbered(which, k));
      INFO(which << ": " << json);
      CHECK(json.find(R"("state":")" + std::string(state) + '"') != std::string::npos);
      CHECK(json.find(std::string(R"("reference":")") + (k < 4 ? "none" : "rent") + '"') !=
            std::string::npos);
    };
    is("done", "done");
    is("back", "returned");
    is("refused", "refused: locked");
    is("stuck", "done");
    is("mid", "done");
    is("asked", "done");
    check_promise(bank, numbered("far", k), "promised", "");
    if (k == n)
      check_promise(bank, numbered("due", k), "promised", "");
    else // the fourth release has paid what the third had set
      check_promise(bank, numbered("due", k), "kept", k < 4 ? "old" : "new");
  }
  CHECK(bank.row("balances", "ada") == R"({"holder":"Ada","cents":)" + std::to_string(cents) + '}');
  CHECK(bank.row("withdrawals", "ada") ==
        R"({"count":)" + std::to_string(bank::withdrawals_in_all(n)) + R"(,"cents":)" +
            std::to_string(bank::withdrawn_in_all(n)) + '}');

  // A month later what was promised is paid, as the release of today pays it.
  bank.set_clock(bank::begin_of_life(n) + std::chrono::hours{24 * 25});
  check_health(bank);
  CHECK(bank.cents("ada") == cents + bank::earned_when_due);
  check_promise(bank, numbered("due", n), "kept", n < 4 ? "old" : "new");
  const auto payday = bank.runtime().find_schedule(numbered("payday", n));
  REQUIRE(payday);
  CHECK(payday->state == acta::schedule_state::ended);
  CHECK(payday->fired == 1);
  CHECK(payday->refused == 0);
  // What is far away is still set, and is as good.
  CHECK(bank.runtime().figures().processes.timers == 2U * static_cast<unsigned>(n));
  bank.set_clock(bank::begin_of_life(n) + std::chrono::hours{24 * 365 * 60});
  check_health(bank);
  CHECK(bank.cents("ada") == cents + bank::earned_when_due + n * (1 + 13));
}

TEST_CASE("states in the past are those of then, in the form of today") {
  const int n = GENERATE(range(1, bank::releases + 1));
  CAPTURE(n);
  const unpacked_store store(n);
  opened_bank bank(store.path(), today, bank::end_of_life(n));
  CHECK(bank.state("account", "ada", acta::at_version{1}) ==
        R"({"is_open":true,"holder":"Ada","kind":"giro","cents":0,"limit":0,"currencies":[],)"
        R"("fees":0,"is_frozen":false})");
  CHECK(bank.state("account", "ada", acta::at_version{2}) ==
        R"({"is_open":true,"holder":"Ada","kind":"giro","cents":100000,"limit":0,)"
        R"("currencies":["EUR"],"fees":0,"is_frozen":false})");
  for (int k = 1; k <= n; ++k) {
    CAPTURE(k);
    // The release that comes after it begins a month later.
    CHECK(bank.cents("ada", acta::at_time{bank::end_of_life(k)}) == bank::cents_at_end_of_life(k));
  }
}

TEST_CASE("events are shown as they were stored, and as what they are today") {
  const int n = GENERATE(range(1, bank::releases + 1));
  CAPTURE(n);
  const unpacked_store store(n);
  opened_bank bank(store.path(), today, bank::end_of_life(n));
  const auto events = bank.runtime().events("account", "ada", {.limit = 10'000});
  REQUIRE(events);
  std::map<std::string, int> stored;
  std::map<std::string, const acta::recorded_event*> first;
  for (const auto& e : *events) {
    const auto name = e.type + ' ' + std::to_string(e.schema);
    ++stored[name];
    first.try_emplace(name, &e);
  }
  const auto is = [&](const std::string& name, const std::string& json,
                      const std::vector<std::string>& now) {
    INFO(name);
    REQUIRE(first.contains(name));
    CHECK(*first.at(name)->to_json() == json);
    CHECK(present(*first.at(name)) == now);
  };
  is("account.opened 1", R"({"owner":"Ada","kind":"giro"})",
     {R"(account.opened {"holder":"Ada","kind":"giro","limit":0})"});
  is("account.limit_set 1", R"({"euros":100})", {R"(account.limit_changed {"cents":10000})"});
  is("account.deposited 1", R"({"cents":100000})",
     {R"(account.credited {"cents":100000,"currency":"EUR","reason":"deposit"})"});
  is("account.interest_paid 1", R"({"cents":1})",
     {R"(account.credited {"cents":1,"currency":"EUR","reason":"interest"})"});
  is("account.paid_by_card 1", R"({"cents":10,"fee":1})",
     {R"(account.withdrawn {"cents":10})", R"(account.fee_charged {"cents":1})"});
  is("account.leaflet_sent 1", R"({"title":"Shares"})", {});
  if (n >= 2 && n < 6)
    is("account.deposited 2", R"({"cents":11,"currency":"EUR"})",
       {R"(account.credited {"cents":11,"currency":"EUR","reason":"deposit"})"});
  if (n >= 4)
    is("account.limit_set 2", R"({"cents":40000})", {R"(account.limit_changed {"cents":40000})"});
  if (n == 6)
    is("account.limit_changed 1", R"({"cents":60000})",
       {R"(account.limit_changed {"cents":60000})"});
  CHECK(stored["account.leaflet_sent 1"] == std::min(n, 4));
  CHECK(stored["account.paid_by_card 1"] == std::min(n, 4));
  CHECK(stored["account.fee_charged 1"] == std::max(n - 4, 0));
}

TEST_CASE("who asks again under an old command id gets the first receipt, with events of today") {
  const int n = GENERATE(range(1, bank::releases + 1));
  CAPTURE(n);
  const unpacked_store store(n);
  opened_bank bank(store.path(), today, bank::end_of_life(n));
  REQUIRE(bank.runtime().settle(60s));
  const auto before = bank.runtime().state_json("account", "ada")->version;
  for (int k = 1; k <= n; ++k) {
    CAPTURE(k);
    const auto receipt = bank.ask("account", "ada", k == 1 ? "deposit@1" : "deposit@2",
                                  bank::json::deposit(k, 17), {.command_id = bank::once(k)});
    CHECK(receipt.version <= before);
    REQUIRE(receipt.events);
    const auto all = receipt.events->list();
    REQUIRE(all.size() == 1);
    CHECK(all.front().type->name == "account.credited");
  }
  CHECK(bank.runtime().state_json("account", "ada")->version == before);
}

TEST_CASE("why an event happened is told over the releases") {
  const int n = GENERATE(range(1, bank::releases + 1));
  CAPTURE(n);
  const unpacked_store store(n);
  opened_bank bank(store.path(), today, bank::end_of_life(n));
  REQUIRE(bank.runtime().settle(60s));
  // Its money was taken by release n, and arrives by that of today.
  const auto steps = bank.runtime().events("transfer", numbered("mid", n));
  REQUIRE(steps);
  REQUIRE(steps->size() == 3);
  const auto why = bank.runtime().why(steps->back().metadata.position);
  REQUIRE(why);
  std::vector<std::string> chain;
  for (const auto& c : why->chain) chain.push_back(c.event.metadata.stream + ' ' + c.event.type);
  const auto transfer = numbered("transfer/mid", n) + " transfer.stepped";
  CHECK(chain == std::vector<std::string>{transfer,
                                          numbered("account/bob", n) + " account.credited",
                                          transfer, "account/ada account.withdrawn", transfer});
  CHECK_FALSE(why->truncated);
  CHECK(why->damaged.empty());
}

TEST_CASE("a subscriber goes on where it was, with events of today") {
  const int n = GENERATE(range(1, bank::releases + 1));
  CAPTURE(n);
  const unpacked_store store(n);
  opened_bank bank(store.path(), today, bank::end_of_life(n));
  REQUIRE(bank.runtime().settle(60s));
  CHECK(bank.book().empty()); // it was paused
  auto clerk = bank.runtime().subscriber("clerk");
  REQUIRE(clerk);
  REQUIRE(clerk->resume());
  REQUIRE(bank.runtime().settle(60s));
  std::vector<std::string> expected{n < 2 ? "+19 EUR deposit" : "+19 CHF deposit",
                                    "-23",
                                    n < 2 ? "+29 EUR deposit" : "+29 CHF deposit",
                                    "-31",
                                    "+23 EUR deposit",
                                    "+31 EUR deposit"};
  if (n < 6) expected.insert(expected.end(), static_cast<std::size_t>(n), "+3 EUR deposit");
  auto got = bank.book();
  std::ranges::sort(expected);
  std::ranges::sort(got);
  CHECK(got == expected);
  CHECK(clerk->status().dead_letters == 0);
}

TEST_CASE("a view is built anew only by a release for which old events are others") {
  const int n = GENERATE(range(1, bank::releases));
  CAPTURE(n);
  const unpacked_store store(n);
  const auto before = generation_in(store.path(), "withdrawals");
  opened_bank bank(store.path(), n + 1, bank::end_of_life(n));
  REQUIRE(bank.runtime().settle(60s));
  const auto view = view_of(bank, "withdrawals");
  REQUIRE(view.serving);
  // To the fifth, payments by card are withdrawals.
  CHECK((view.serving->number == before) == (n + 1 != 5));
  // Nothing is new to the view of the release itself.
  CHECK(view_of(bank, "balances").serving->number == generation_in(store.path(), "balances"));
}

TEST_CASE("each release takes over from the one before") {
  const int n = GENERATE(range(1, bank::releases));
  CAPTURE(n);
  const unpacked_store store(n);
  opened_bank bank(store.path(), n + 1, bank::end_of_life(n));
  REQUIRE(bank.runtime().settle(60s));
  const auto cents = bank::cents_at_end_of_life(n) + bank::earned_later;
  CHECK(bank.cents("ada") == cents);
  CHECK(bank.cents(numbered("bob", n)) == 59);
  CHECK(bank::json::number(bank.number_in(bank.row("balances", "ada"), "cents")) ==
        bank::json::number(cents));
  CHECK(bank.runtime().stuck().size() == (n + 1 < today ? 1 : 0)); // unlucky
  CHECK(bank.runtime().quarantined().empty());
  bank.set_clock(bank::begin_of_life(n + 1));
  CHECK(bank.cents("ada") == cents + bank::earned_when_due);
}

TEST_CASE("a release before the last leaves alone what it cannot read, and does no harm") {
  const int n = GENERATE(range(1, bank::releases));
  CAPTURE(n);
  const unpacked_store store(n + 1);
  {
    opened_bank older(store.path(), n, bank::end_of_life(n + 1));
    INFO(older.told().all());
    CHECK(older.told().hold("a later release of the program has stored events account."));
    // What is new there is told, and nothing else is the worse for it.
    older.ask("account", "carl", "open_account", bank::json::open_account(n, "Carl", "giro"));
    older.ask("account", "carl", "deposit", bank::json::deposit(n, 50));
    CHECK(older.cents("carl") == 50);
    check_older(older, "ada", why_ada_is_unreadable[n]);
    check_older(older, numbered("bob", n + 1), why_bob_is_unreadable[n]);
    REQUIRE(older.runtime().events("account", "ada"));
  }
  opened_bank bank(store.path(), n + 1, bank::end_of_life(n + 1));
  REQUIRE(bank.runtime().settle(60s));
  CHECK(bank.runtime().quarantined().empty());
  CHECK(bank.cents("carl") == 50);
  CHECK(bank.cents("ada") == bank::cents_at_end_of_life(n + 1) + bank::earned_later);
  CHECK(bank.cents(numbered("bob", n + 1)) == 59);
}

} // namespace golden_test
