// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/decision.hpp>

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace decision_test {

namespace {

struct opened {
  std::string owner;
};
struct debited {
  int cents = 0;
};
struct overdrawn {};
struct stranger {};

using decision = acta::decision<acta::one_of<opened, debited, overdrawn>>;

/// What for_each shows, as text.
struct lister {
  std::vector<std::string>& seen;
  void operator()(const opened& e) const { seen.push_back("opened " + e.owner); }
  void operator()(const debited& e) const { seen.push_back("debited " + std::to_string(e.cents)); }
  void operator()(const overdrawn&) const { seen.push_back("overdrawn"); }
};
std::vector<std::string> listed(const decision& d) {
  std::vector<std::string> seen;
  d.for_each(lister{seen});
  CHECK(seen.size() == d.size());
  return seen;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("a decide may return one event, several, none, or a rejection") {
  const auto one = []() -> decision { return opened{"ada"}; };
  const auto several = []() -> decision { return {debited{5}, overdrawn{}, debited{6}}; };
  const auto none = []() -> decision { return {}; };
  const auto no = []() -> decision { return acta::reject("not_open", "open it first"); };

  CHECK(listed(one()) == texts{"opened ada"});
  CHECK(listed(several()) == texts{"debited 5", "overdrawn", "debited 6"});
  CHECK(listed(none()).empty());
  CHECK(none().rejected() == nullptr);
  CHECK(listed(no()).empty());
  REQUIRE(no().rejected() != nullptr);
  CHECK(*no().rejected() == acta::rejection{"not_open", "open it first"});
  CHECK(one().rejected() == nullptr);
}

TEST_CASE("a single event in braces is that event") {
  const auto braced = []() -> decision { return {debited{7}}; };
  CHECK(listed(braced()) == texts{"debited 7"});
}

TEST_CASE("a decision grows event by event and keeps their order") {
  decision d;
  CHECK(d.size() == 0);
  for (int i = 1; i <= 5; ++i) d.add(debited{i});
  d.add(overdrawn{}).add(opened{"bob"});
  CHECK(listed(d) == texts{"debited 1", "debited 2", "debited 3", "debited 4", "debited 5",
                           "overdrawn", "opened bob"});
}

TEST_CASE("an event that is also kept elsewhere is copied, not taken away") {
  const opened kept{std::string(100, 'x')};
  opened also = kept;
  const decision by_const = kept;
  const decision by_reference = also;
  decision added;
  added.add(also);
  CHECK(also.owner == kept.owner);
  CHECK(listed(by_const) == listed(by_reference));
  CHECK(listed(added) == listed(by_const));
}

TEST_CASE("a rule that was broken elsewhere becomes the decision as it is") {
  const auto check = [](int cents) -> std::optional<acta::rejection> {
    if (cents <= 0) return acta::reject("bad_amount");
    return std::nullopt;
  };
  const auto decide = [&](int cents) -> decision {
    if (const auto no = check(cents)) return *no;
    return debited{cents};
  };
  CHECK(decide(0).rejected()->code == "bad_amount");
  CHECK(listed(decide(1)) == texts{"debited 1"});
}

TEST_CASE("what is not an event of the aggregate is no decision") {
  STATIC_REQUIRE(std::is_convertible_v<opened, decision>);
  STATIC_REQUIRE(std::is_convertible_v<acta::rejection, decision>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<stranger, decision>);
  STATIC_REQUIRE_FALSE(std::is_convertible_v<std::string, decision>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<decision, opened, stranger>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<decision, acta::rejection, opened>);
}

} // namespace decision_test
