// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What callers may name, and what only the runtime may.
#include "counter.hpp"
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"

#include "request_mark.hpp"

#include <acta/runtime.hpp>

#include <catch2/catch.hpp>

#include <mutex>
#include <unordered_map>
#include <vector>

namespace caller_test {

using namespace std::chrono_literals;
using test::add;
using test::add_many;
using test::counter;
using test::note;

namespace {

acta::model counters() {
  acta::model m;
  m.aggregate<counter>();
  return m;
}

acta::runtime opened(const std::filesystem::path& folder, acta::runtime_options options = {}) {
  return test::must_open(folder, counters(), std::move(options));
}

template <class C>
acta::error refusal(acta::runtime& r, std::string id, C command, acta::command_options o) {
  const auto answer = r.ask<counter>(id, std::move(command), std::move(o)).wait_for(10s);
  REQUIRE_FALSE(answer);
  return answer.error();
}

struct tagged {
  std::unordered_map<std::string, int> tags;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(tags)); }
};

} // namespace

TEST_CASE("a command id that is given to another command does not swallow it as a success") {
  test::temp_folder folder;
  const auto id = acta::uuid::random();
  const auto check_refused = [&](acta::runtime& runtime) {
    for (const auto& e : {refusal(runtime, "a", add{6}, {.command_id = id}),    // other content
                          refusal(runtime, "a", note{"x"}, {.command_id = id}), // another command
                          refusal(runtime, "a", add_many{5, 1}, {.command_id = id})}) {
      CHECK(e.code() == acta::runtime_errc::command_id_reused);
      CHECK(e.code() == acta::condition::invalid);
      CHECK(std::string(e.detail()).find(id.to_string()) != std::string::npos);
    }
    CHECK(runtime.ask<counter>("a", add{5}, {.command_id = id}).wait_for(10s)->version == 1);
    CHECK(runtime.ask_json("counter", "a", "add", R"( { "amount" : 5 } )", {.command_id = id})
              .wait_for(10s)
              ->version == 1);
    CHECK(runtime.state<counter>("a")->count == 1);
  };
  {
    auto runtime = opened(folder / "data");
    REQUIRE(runtime.ask<counter>("a", add{5}, {.command_id = id}).wait_for(10s));
    check_refused(runtime);
    CHECK(
        runtime.ask<counter>("b", add{6}, {.command_id = id}).wait_for(10s)); // ids are per stream
  }
  auto runtime = opened(folder / "data");
  check_refused(runtime);
}

TEST_CASE("of two commands that race with one id, the other one is told so, in flight too") {
  test::temp_folder folder;
  auto runtime = opened(folder / "data");
  for (int round = 0; round < 50; ++round) {
    const auto id = acta::uuid::random();
    std::vector<acta::pending> all;
    for (int i = 0; i < 8; ++i)
      all.push_back(runtime.ask<counter>("a", add{1 + i % 2}, {.command_id = id}));
    int accepted = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto r = all[i].wait_for(10s);
      if (r)
        ++accepted;
      else
        CHECK(r.error().code() == acta::runtime_errc::command_id_reused);
    }
    CHECK(accepted == 4);
  }
  CHECK(runtime.state<counter>("a")->count == 50);
}

TEST_CASE("a mark is the same for equal commands, and no upgrade turns a retry into an error") {
  const acta::uuid store{{1, 2, 3}};
  const auto type = acta::make_aggregate_type<counter>({}, {}).commands[0];
  const auto mark = [&](std::int64_t amount, const acta::uuid& s) {
    const add c{amount};
    return acta::detail::request_mark(type, &c, s);
  };
  using acta::detail::may_be_retry;
  const auto five = mark(5, store);
  CHECK(five.starts_with("add:"));
  CHECK(five.size() == 3 + 1 + 8 + 1 + 16);
  CHECK(five == mark(5, store));
  CHECK(five != mark(5, acta::uuid{{9}})); // nobody outside knows the key
  CHECK(may_be_retry(five, five));
  CHECK_FALSE(may_be_retry(five, mark(6, store)));
  CHECK_FALSE(may_be_retry("note" + five.substr(3), five));
  auto of_other_shape = five;
  for (auto& c : of_other_shape) c = c == ':' ? c : 'f';
  of_other_shape.replace(0, 3, "add");
  CHECK(may_be_retry(of_other_shape, five));
  CHECK(may_be_retry("", five)); // stored before there were marks
}

TEST_CASE("the order of an unordered container does not make a retry another command") {
  tagged a;
  tagged b;
  for (int i = 0; i < 100; ++i) {
    a.tags[std::to_string(i)] = i;
    b.tags[std::to_string(99 - i)] = 99 - i;
  }
  b.tags.rehash(1000);
  acta::byte_buffer of_a;
  acta::byte_buffer of_b;
  REQUIRE(acta::encode_canonical(a, of_a));
  REQUIRE(acta::encode_canonical(b, of_b));
  CHECK(acta::as_text(of_a) == acta::as_text(of_b));
  CHECK(acta::decode_binary<tagged>(of_a)->tags == a.tags);
}

TEST_CASE("a command is decided only at the versions its caller can live with") {
  test::temp_folder folder;
  auto runtime = opened(folder / "data");
  const auto conflict = [&](acta::command_options o) {
    const auto e = refusal(runtime, "a", add{1}, std::move(o));
    CHECK(e.code() == acta::runtime_errc::version_conflict);
    return e.actual_version();
  };
  CHECK(conflict({.expected_to_exist = true}) == 0);
  CHECK(conflict({.expected_versions = {1, 2}}) == 0);
  REQUIRE(runtime.ask<counter>("a", add{1}, {.expected_versions = {1, 0}}).wait_for(10s));
  CHECK(conflict({.expected_version = 1, .expected_versions = {2}}) == 1);
  CHECK(runtime.ask<counter>("a", add{1}, {.expected_to_exist = true}).wait_for(10s));
  CHECK(runtime.state<counter>("a")->total == 2);
}

TEST_CASE("a caller cannot write the runtime's own notes about a command") {
  test::temp_folder folder;
  auto runtime = opened(folder / "data");
  for (const auto* name : {"acta.process", "acta.due", "acta.timer", "acta.request", "acta."}) {
    INFO(name);
    const auto e = refusal(runtime, "a", add{1}, {.metadata = {{name, "x"}}});
    CHECK(e.code() == acta::errc::invalid_argument);
  }
  CHECK(runtime.ask<counter>("a", add{1}, {.metadata = {{"acta", "1"}, {"actor", "x"}}})
            .wait_for(10s));
}

TEST_CASE("no stream begins that no URL could address") {
  test::temp_folder folder;
  auto runtime = opened(folder / "data");
  for (const auto* id : {".", ".."})
    CHECK(refusal(runtime, id, add{1}, {}).code() == acta::errc::invalid_argument);
  CHECK(runtime.ask<counter>("...", add{1}).wait_for(10s));
  CHECK(runtime.state<counter>(".").error().code() == acta::errc::not_found); // reading is free
}

TEST_CASE("ids are bytes: two spellings of one text are two streams") {
  test::temp_folder folder;
  auto runtime = opened(folder / "data");
  REQUIRE(runtime.ask<counter>("\xC3\xA9", add{1}).wait_for(10s));  // é as one code point
  REQUIRE(runtime.ask<counter>("e\xCC\x81", add{2}).wait_for(10s)); // and as two
  CHECK(runtime.state<counter>("\xC3\xA9")->total == 1);
  CHECK(runtime.state<counter>("e\xCC\x81")->total == 2);
}

TEST_CASE("an id in the log shows what it holds and does nothing else") {
  test::temp_folder folder;
  std::mutex mutex;
  std::string log;
  acta::runtime_options options;
  options.log = [&](acta::log_level, std::string_view line) {
    const std::lock_guard lock(mutex);
    log.append(line) += '\n';
  };
  {
    auto runtime = opened(folder / "data", std::move(options));
    // C1's CSI, a line separator, and a right-to-left override
    const std::string id = "x\xC2\x9B\xE2\x80\xA8\xE2\x80\xAEy";
    REQUIRE_FALSE(runtime.ask<counter>(id, test::throw_up{}).wait_for(10s));
    REQUIRE(test::eventually([&] {
      const std::lock_guard lock(mutex);
      return log.find("decide had enough") != std::string::npos;
    }));
  }
  CHECK(log.find("counter/x\\u009B\\u2028\\u202Ey") != std::string::npos);
  CHECK(log.find("\xE2\x80\xA8") == std::string::npos);
}

} // namespace caller_test
