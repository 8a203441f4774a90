// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "caught.hpp"
#include "releases.hpp"
#include "temp_folder.hpp"

#include <acta/testing.hpp>

#include <catch2/catch.hpp>

#include <fstream>

namespace examples_test {

using namespace releases;
using acta::testing::caught;
using acta::testing::check_examples;
using acta::testing::promise;
using acta::testing::says;

// [examples]
TEST_CASE("what an account has stored in any release is read as it was") {
  check_examples<account>(RELEASES "/account.txt", deposited_v1{100}, deposited{5, "CHF"},
                          moved{30, 10}, paid_in{1, "USD", "eve"}, withdrawn{20});
}
// [examples end]

namespace {

/// The second release.
struct earlier_account {
  static constexpr std::string_view name = "account";
  using events = acta::one_of<deposited, moved>;
  using commands = acta::one_of<pay_in>;
  std::int64_t cents = 0;
  acta::decision<events> decide(const pay_in&) const { return {}; }
  void evolve(const deposited& e) { cents += e.cents; }
  void evolve(const moved& e) { cents += e.in - e.out; }
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};

struct examples_file {
  test::temp_folder folder;
  std::filesystem::path path = folder / "account.txt";

  template <class Account, class... Events> void update(const Events&... wanted) const {
    ::setenv("ACTA_UPDATE", "1", 1);
    try {
      check_examples<Account>(path, wanted...);
    } catch (...) {
      ::unsetenv("ACTA_UPDATE");
      throw;
    }
    ::unsetenv("ACTA_UPDATE");
  }
  template <class Account, class... Events>
  acta::testing::failure fails(const Events&... wanted) const {
    auto f = caught([&] { check_examples<Account>(path, wanted...); });
    CHECK(f.broken() == promise::released_holds);
    return f;
  }
  [[nodiscard]] std::string text() const {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(std::string_view text) const { std::ofstream(path) << text; }
};

constexpr std::string_view of_second_release =
    R"(# By the second release.
event deposited 1
bytes 6400000000000000
json {"cents":100}
today deposited 2 {"cents":100,"currency":"EUR"}

event deposited 2
bytes 050000000000000003434846
json {"cents":5,"currency":"CHF"}
today deposited 2 {"cents":5,"currency":"CHF"}

event moved 1
bytes 1e000000000000000a00000000000000
json {"out":30,"in":10}
today moved 1 {"out":30,"in":10}
)";

} // namespace

TEST_CASE("a version without an example is told with the lines to add, which are added on demand") {
  const examples_file file;
  const auto f = file.fails<earlier_account>(deposited{5, "CHF"});
  CHECK(says(f, "the file has no example of what the program writes"));
  CHECK(says(
      f,
      "event deposited 2\nbytes 050000000000000003434846\njson {\"cents\":5,\"currency\":\"CHF\"}\n"
      "today deposited 2 {\"cents\":5,\"currency\":\"CHF\"}\n"));
  CHECK(says(
      f, "event deposited 1\nbytes 0000000000000000\njson {\"cents\":0}\n")); // the default value
  CHECK(says(f, "event moved 1\n"));
  CHECK(says(f, "ACTA_UPDATE=1"));
  CHECK_FALSE(std::filesystem::exists(file.path));
  file.update<earlier_account>(deposited{5, "CHF"});
  check_examples<earlier_account>(file.path, deposited{5, "CHF"});
  const auto before = file.text();
  file.update<earlier_account>(deposited{5, "CHF"});
  CHECK(file.text() == before);
}

TEST_CASE(
    "a new release adds its versions, says anew what the old are today, and changes nothing else") {
  const examples_file file;
  file.write(of_second_release);
  check_examples<earlier_account>(file.path);
  const auto f = file.fails<account>();
  CHECK(says(
      f,
      R"(deposited 1 6400000000000000: today it is paid_in 1 {"cents":100,"currency":"EUR","by":""})"));
  CHECK(says(f, "event paid_in 1\n"));
  file.update<account>();
  check_examples<account>(file.path);
  const auto text = file.text();
  CHECK(text.starts_with("# By the second release.\nevent deposited 1\nbytes 6400000000000000\n"
                         "json {\"cents\":100}\n"
                         "today paid_in 1 {\"cents\":100,\"currency\":\"EUR\",\"by\":\"\"}\n\n"
                         "event deposited 2\nbytes 050000000000000003434846\n"));
  CHECK(text.find("today withdrawn 1 {\"cents\":30}\n"
                  "today paid_in 1 {\"cents\":10,\"currency\":\"EUR\",\"by\":\"\"}\n") !=
        std::string::npos);
}

TEST_CASE("an example that is not read as it was is told, and no update writes over it") {
  const examples_file file;
  const auto spoilt = [&](std::string_view right, std::string_view wrong) {
    auto text = std::string(of_second_release);
    text.replace(text.find(right), right.size(), wrong);
    file.write(text);
    auto f = file.fails<earlier_account>();
    CHECK(caught([&] { file.update<earlier_account>(); }).broken() == promise::released_holds);
    CHECK(file.text() == text);
    return f;
  };
  CHECK(says(spoilt("bytes 64", "bytes 65"),
             "deposited 1 6500000000000000: its bytes were {\"cents\":100}, and are read as "
             "{\"cents\":101}"));
  CHECK(says(spoilt("bytes 1e000000000000000a", "bytes 1e"), "its bytes cannot be read"));
  CHECK(says(spoilt("bytes 1e", "bytes 001e"), "its bytes cannot be read"));
  CHECK(says(spoilt("event moved 1", "event moved 2"), "the program cannot read it any more"));
  CHECK(says(spoilt(R"(today deposited 2 {"cents":100,)", R"(today deposited 2 {"cents":99,)"),
             R"(its upcasts led to deposited 2 {"cents":99,"currency":"EUR"}, and lead to)"));
}

TEST_CASE("a retired event's examples stay in the file, and a line that is none is told") {
  const examples_file file;
  file.write("event gift_given 1\nbytes \njson {}\ntoday gift_given 1 {}\n");
  file.update<account>();
  CHECK(file.text().starts_with("event gift_given 1\nbytes \njson {}\ntoday gift_given 1 {}\n"));
  check_examples<account>(file.path);
  file.write("event gift_given one\n");
  const auto f = caught([&] { check_examples<account>(file.path); });
  CHECK(f.broken() == promise::valid_test);
  CHECK(says(f, "1: event gift_given one"));
}

} // namespace examples_test
