// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain.hpp>
#include <acta/domain/kept.hpp>

#include <catch2/catch.hpp>

#include <stdexcept>

namespace kept_test {

namespace {

struct credit_v1 {
  std::int64_t euros = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(euros)); }
};
struct credit_v2 {
  std::int64_t cents = 0;
  static credit_v2 upcast(const credit_v1& old) { return {old.euros * 100}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct credit {
  static constexpr unsigned schema = 3;
  std::int64_t cents = 0;
  std::string currency;
  static credit upcast(const credit_v2& old) {
    if (old.cents == 13) throw std::runtime_error("thirteen");
    return {old.cents, "EUR"};
  }
  friend bool operator==(const credit&, const credit&) = default;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents), CEREAL_NVP(currency)); }
};

/// The version before the second got lost.
struct debit_v3 {
  static constexpr unsigned schema = 3;
  std::int64_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct debit {
  static constexpr unsigned schema = 5;
  std::int64_t mils = 0;
  static debit upcast(const debit_v3& old) { return {old.cents * 10}; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(mils)); }
};

struct moved {
  template <class A> void serialize(A&) {}
};
struct account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<moved>;
  using commands = acta::one_of<credit, debit>;
  acta::decision<events> decide(const credit&) const { return acta::reject("no"); }
  acta::decision<events> decide(const debit&) const { return acta::reject("no"); }
  void evolve(const moved&) {}
  template <class A> void serialize(A&) {}
};

struct listener {
  static constexpr std::string_view name = "listener";
  using inputs = acta::one_of<acta::rejected<credit>>;
  acta::reaction react(const acta::rejected<credit>&) const { return {}; }
  template <class A> void serialize(A&) {}
};

template <class T> std::error_code code_of(std::uint16_t schema, std::string_view json) {
  const auto read = acta::from_kept<T>(schema, json);
  REQUIRE_FALSE(read);
  return read.error().code();
}

} // namespace

TEST_CASE("a name with a version is taken apart, and any other text is a name") {
  const auto parsed = [](std::string_view text) {
    const auto kept = acta::kept_name::parse(text);
    return std::pair(std::string(kept.name), int{kept.schema});
  };
  using is = std::pair<std::string, int>;
  CHECK(parsed("credit") == is("credit", 1));
  CHECK(parsed("credit@1") == is("credit", 1));
  CHECK(parsed("credit@2") == is("credit", 2));
  CHECK(parsed("rejected.credit@65535") == is("rejected.credit", 65535));
  for (const auto* text : {"", "@", "credit@", "credit@0", "credit@02", "credit@-1", "credit@+1",
                           "credit@65536", "credit@2 ", "credit@ 2", "credit@2x", "credit@x"}) {
    CAPTURE(text);
    CHECK(parsed(text) == is(text, 1));
  }
  CHECK(acta::detail::kept_name_of<credit>() == "credit@3");
  CHECK(acta::detail::kept_name_of<credit_v1>() == "credit_v1");
  CHECK(acta::detail::kept_name_of<acta::rejected<credit>>() == "rejected.credit@3");
}

TEST_CASE("what was kept is read through all versions that lie between") {
  CHECK(*acta::from_kept<credit>(1, R"({"euros":2})") == credit{200, "EUR"});
  CHECK(*acta::from_kept<credit>(2, R"({"cents":5})") == credit{5, "EUR"});
  CHECK(*acta::from_kept<credit>(3, R"({"cents":5,"currency":"CHF"})") == credit{5, "CHF"});
  CHECK(code_of<credit>(2, R"({"euros":2})") == acta::codec_errc::json_invalid);
  CHECK(code_of<credit>(3, R"({"cents":5})") == acta::codec_errc::json_invalid);
  CHECK(acta::from_kept<debit>(3, R"({"cents":5})")->mils == 50);
}

TEST_CASE("a version that the program does not have is older or newer, and never read as another") {
  CHECK(code_of<credit>(4, R"({"cents":5,"currency":"CHF"})") == acta::domain_errc::newer_schema);
  CHECK(code_of<debit>(6, R"({"mils":5})") == acta::domain_errc::newer_schema);
  CHECK(code_of<debit>(4, R"({"mils":5})") == acta::domain_errc::unknown_event);
  CHECK(code_of<debit>(2, R"({"mils":5})") == acta::domain_errc::unknown_event);
  CHECK(code_of<credit_v1>(2, R"({"euros":5})") == acta::domain_errc::newer_schema);
}

TEST_CASE("an upcast that throws is told with its words") {
  const auto read = acta::from_kept<credit>(2, R"({"cents":13})");
  REQUIRE_FALSE(read);
  CHECK(read.error().code() == acta::domain_errc::upcast_threw);
  CHECK(read.error().detail().find("thirteen") != std::string_view::npos);
}

TEST_CASE("a name that an older program wrote without a version may be of each") {
  CHECK(*acta::from_kept<credit>(1, R"({"cents":5,"currency":"CHF"})") == credit{5, "CHF"});
  CHECK(*acta::from_kept<credit>(1, R"({"cents":5})") == credit{5, "EUR"});
  CHECK(acta::from_kept<debit>(1, R"({"cents":5})")->mils == 50);
  CHECK(code_of<credit>(1, R"({"cent":5})") == acta::codec_errc::json_invalid);
}

TEST_CASE("the no to a command has the versions of the command") {
  using no = acta::rejected<credit>;
  const auto one = acta::from_kept<no>(1, R"({"code":"c","message":"m","command":{"euros":2}})");
  REQUIRE(one);
  CHECK(*one == no{"c", "m", {200, "EUR"}});
  const auto two = acta::from_kept<no>(2, R"({"code":"c","message":"m","command":{"cents":5}})");
  REQUIRE(two);
  CHECK(two->command == credit{5, "EUR"});
  CHECK(code_of<no>(4, "{}") == acta::domain_errc::newer_schema);
  CHECK(acta::from_kept<acta::rejected<debit>>(
            3, R"({"code":"c","message":"m","command":{"cents":5}})")
            ->command.mils == 50);
}

TEST_CASE("a program knows which versions of a command it reads") {
  const auto type = acta::make_aggregate_type<account>();
  const auto* c = type.find_command("credit@7");
  REQUIRE(c != nullptr);
  for (const int schema : {1, 2, 3}) CHECK(c->reads(static_cast<std::uint16_t>(schema)));
  CHECK_FALSE(c->reads(4));
  const auto* d = type.find_command("debit");
  REQUIRE(d != nullptr);
  CHECK(d->reads(5));
  CHECK(d->reads(3));
  for (const int schema : {1, 2, 4, 6}) CHECK_FALSE(d->reads(static_cast<std::uint16_t>(schema)));
  CHECK(type.find_command("credit_v1") == nullptr);
}

namespace {
struct undecided {
  static constexpr std::string_view name = "undecided";
  using inputs = acta::one_of<moved>;
  using earlier = acta::one_of<acta::retired<"moved">>;
  acta::reaction react(const moved&) const { return {}; }
  template <class A> void serialize(A&) {}
};
} // namespace

TEST_CASE("an input that is retired and of today at once is a mistake") {
  acta::model m;
  m.process<undecided>();
  const auto checked = m.check();
  REQUIRE_FALSE(checked);
  CHECK(checked.error().detail() ==
        "input 'moved' of process 'undecided' is retired, and one of today");
}

TEST_CASE("a contract has a line for each version of an input") {
  acta::model m;
  m.aggregate<account>().process<listener>();
  const auto text = m.contract();
  for (const auto* line :
       {"input listener.rejected.credit 1 {code:string,message:string,command:{euros:i64}}\n",
        "input listener.rejected.credit 2 {code:string,message:string,command:{cents:i64}}\n",
        "input listener.rejected.credit 3 {"}) {
    CAPTURE(line, text);
    CHECK(text.find(line) != std::string::npos);
  }
}

} // namespace kept_test
