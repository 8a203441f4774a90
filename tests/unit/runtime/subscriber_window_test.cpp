// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_window.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace subscriber_window_test {

using namespace std::chrono_literals;
using acta::detail::backoff_limit;
using acta::detail::subscriber_window;

namespace {

constexpr subscriber_window::clock::time_point noon{std::chrono::hours{12}};

acta::recorded_event event(const std::string& stream, acta::position where) {
  acta::recorded_event e;
  e.metadata.stream = stream;
  e.metadata.position = where;
  const std::byte payload[10]{};
  e.payload.append(payload, sizeof payload);
  return e;
}

} // namespace

TEST_CASE("only the front of a stream is handed out, and streams take turns") {
  subscriber_window w({0});
  for (std::uint64_t n = 1; n <= 4; ++n) w.add(event(n == 3 ? "b" : "a", {0, n}), 0);
  w.set_scanned({0, 5});
  auto* first = w.take();
  auto* second = w.take();
  REQUIRE(first != nullptr);
  REQUIRE(second != nullptr);
  CHECK(first->where().number == 1);
  CHECK(second->where().number == 3);
  CHECK(w.take() == nullptr);
  CHECK(w.taken() == 2);
  w.finish(*second);
  CHECK(w.take() == nullptr);
  w.finish(*first);
  CHECK(w.take()->where().number == 2);
  CHECK(w.events() == 2);
  CHECK(w.bytes() == 20);
}

TEST_CASE("everything is done up to the first event that is not, and then as far as was looked") {
  subscriber_window w({7, 0});
  CHECK(w.done_up_to(0) == 7);
  for (const std::uint64_t n : {9, 12, 15}) w.add(event(std::to_string(n), {0, n}), 0);
  w.set_scanned({0, 20});
  CHECK(w.done_up_to(0) == 8);
  CHECK(w.done_up_to(1) == 0);
  auto *nine = w.take(), *twelve = w.take(), *fifteen = w.take();
  w.finish(*twelve);
  CHECK(w.done_up_to(0) == 8);
  w.finish(*nine);
  CHECK(w.done_up_to(0) == 14);
  w.finish(*fifteen);
  CHECK(w.done_up_to(0) == 20);
  CHECK(w.events() == 0);
  CHECK(w.bytes() == 0);
}

TEST_CASE("what has failed waits for its time, and its stream with it") {
  subscriber_window w({0});
  w.add(event("a", {0, 1}), 2);
  w.add(event("a", {0, 2}), 0);
  w.add(event("b", {0, 3}), 0);
  auto* one = w.take();
  CHECK(one->attempts == 2);
  w.retry_at(*one, noon);
  CHECK(w.waiting() == 1);
  CHECK(w.next_wake() == noon);
  auto* three = w.take();
  CHECK(three->where().number == 3);
  w.retry_at(*three, noon + 1s);
  w.wake(noon - 1ns);
  CHECK(w.take() == nullptr);
  w.wake(noon);
  CHECK(w.take() == one);
  CHECK(w.next_wake() == noon + 1s);
  w.finish(*one);
  CHECK(w.take()->where().number == 2);
}

TEST_CASE("a dead letter comes behind the event of its stream that is under way, and counts for no "
          "position") {
  subscriber_window w({10});
  w.claim_letter({0, 3});
  w.add_letter(event("a", {0, 3}), 5);
  w.add(event("a", {0, 11}), 0);
  w.claim_letter({0, 4});
  w.add_letter(event("a", {0, 4}), 5);
  w.set_scanned({0, 11});
  CHECK(w.has_letter({0, 3}));
  CHECK(w.letters() == 2);
  CHECK(w.done_up_to(0) == 10);
  std::vector<std::uint64_t> order;
  while (auto* next = w.take()) {
    order.push_back(next->where().number);
    w.finish(*next);
  }
  CHECK(order == std::vector<std::uint64_t>{3, 4, 11});
  CHECK(w.done_up_to(0) == 11);
}

TEST_CASE("dead letters of one stream are handed out in its order, before the events behind them") {
  subscriber_window w({10});
  w.add(event("a", {0, 11}), 0);
  w.add(event("a", {0, 12}), 0);
  auto* front = w.take();
  for (const std::uint64_t n : {3, 7, 5, 8, 1}) w.add_letter(event("a", {0, n}), 5);
  std::vector<std::uint64_t> order;
  for (; front != nullptr; front = w.take()) {
    order.push_back(front->where().number);
    w.finish(*front);
  }
  CHECK(order == std::vector<std::uint64_t>{11, 1, 3, 5, 7, 8, 12});
}

TEST_CASE("a dead letter stays claimed when it is done, until it is released") {
  subscriber_window w({10});
  w.claim_letter({0, 3});
  w.add_letter(event("a", {0, 3}), 5);
  w.finish(*w.take());
  CHECK(w.has_letter({0, 3}));
  CHECK(w.letters() == 1);
  w.release_letter({0, 3});
  CHECK_FALSE(w.has_letter({0, 3}));
  CHECK(w.letters() == 0);
}

TEST_CASE("the pause doubles up to its maximum and does not overflow") {
  CHECK(backoff_limit(1s, 10min, 1) == 1s);
  CHECK(backoff_limit(1s, 10min, 2) == 2s);
  CHECK(backoff_limit(1s, 10min, 5) == 16s);
  CHECK(backoff_limit(1s, 10min, 10) == 512s);
  CHECK(backoff_limit(1s, 10min, 11) == 10min);
  CHECK(backoff_limit(1s, 10min, 4'000'000'000) == 10min);
  CHECK(backoff_limit(1s, std::chrono::milliseconds::max(), 200) ==
        std::chrono::milliseconds::max());
  CHECK(backoff_limit(3s, 3s, 9) == 3s);
}

TEST_CASE(
    "whatever succeeds and fails in whatever order, streams keep theirs and nothing is lost") {
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::minstd_rand random(seed);
  for (int round = 0; round < 50; ++round) {
    subscriber_window w({0});
    std::map<std::string, std::uint64_t> last;
    std::vector<subscriber_window::item*> under_way;
    std::uint64_t added = 0, done = 0;
    auto now = noon;
    while (done < 300) {
      const auto what = random() % 4;
      if (what == 0 && added < 300) {
        ++added;
        w.add(event(std::to_string(random() % 5), {0, added}), 0);
        w.set_scanned({0, added});
      } else if (what == 1) {
        if (auto* i = w.take()) under_way.push_back(i);
      } else if (what == 2 && !under_way.empty()) {
        std::swap(under_way[random() % under_way.size()], under_way.back());
        auto& i = *under_way.back();
        under_way.pop_back();
        if (random() % 3 == 0) {
          w.retry_at(i, now + std::chrono::milliseconds(random() % 10));
        } else {
          auto& before = last[i.event.metadata.stream];
          CHECK(before < i.where().number);
          before = i.where().number;
          w.finish(i);
          ++done;
        }
      } else {
        w.wake(now += 1ms);
      }
      REQUIRE(w.events() == added - done);
      REQUIRE(w.taken() == under_way.size());
      REQUIRE(w.taken() + w.ready() + w.waiting() <= 5);
    }
    CHECK(w.done_up_to(0) == 300);
  }
}

} // namespace subscriber_window_test
