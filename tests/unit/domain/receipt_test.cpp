// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/aggregate.hpp>
#include <acta/domain/receipt.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace receipt_test {

namespace {

struct opened {
  std::string owner;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(owner)); }
};
struct credited {
  std::int32_t cents = 0;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(cents)); }
};
struct closed {
  template <class A> void serialize(A&) {}
};

std::atomic<int> decodings{0};

template <class E> acta::event_type type_of(const char* name) {
  return {.name = name, .type = &typeid(E), .decode = [](acta::bytes_view payload) {
            ++decodings;
            return acta::detail::decode_shared<E>(payload);
          }};
}
const acta::event_type opened_type = type_of<opened>("account.opened");
const acta::event_type credited_type = type_of<credited>("account.credited");

/// The events of one commit, as the engine would keep them.
class stored_events final : public acta::receipt_events {
public:
  template <class E> stored_events& add(const acta::event_type* type, const E& event) {
    payloads_.emplace_back();
    REQUIRE(acta::encode_binary(event, payloads_.back()));
    types_.push_back(type);
    return *this;
  }
  stored_events& damage() {
    payloads_.back().truncate(1);
    return *this;
  }
  std::vector<acta::receipt_event> list() const override {
    std::vector<acta::receipt_event> all;
    for (std::size_t i = 0; i < types_.size(); ++i)
      all.push_back({types_[i], i + 1, i + 1, payloads_[i]});
    return all;
  }

private:
  std::vector<acta::byte_buffer> payloads_;
  std::vector<const acta::event_type*> types_;
};

acta::receipt three_events() {
  auto events = std::make_shared<stored_events>();
  events->add(&opened_type, opened{"ada"})
      .add(&credited_type, credited{50})
      .add(&credited_type, credited{60});
  acta::receipt r;
  r.events = std::move(events);
  return r;
}

} // namespace

TEST_CASE("a receipt gives its events by type and number") {
  const auto r = three_events();
  REQUIRE(r.get<opened>() != nullptr);
  CHECK(r.get<opened>()->owner == "ada");
  CHECK(r.get<opened>(1) == nullptr);
  CHECK(r.get<credited>(0)->cents == 50);
  CHECK(r.get<credited>(1)->cents == 60);
  CHECK(r.get<credited>(2) == nullptr);
  CHECK(r.get<closed>() == nullptr);
}

TEST_CASE("a receipt of a command without events has none to give") {
  const acta::receipt r;
  CHECK(r.get<opened>() == nullptr);
}

TEST_CASE("an event is decoded once, when it is asked for, for all copies of a receipt") {
  const auto r = three_events();
  const auto copy = r;
  decodings = 0;
  const auto* first = r.get<credited>(1);
  CHECK(decodings == 1);
  CHECK(copy.get<credited>(1) == first);
  CHECK(decodings == 1);
}

TEST_CASE("an event that cannot be decoded, or that this program does not know, is null") {
  auto events = std::make_shared<stored_events>();
  events->add(nullptr, opened{"ada"}).add(&opened_type, opened{"bob"}).damage();
  acta::receipt r;
  r.events = events;
  CHECK(r.get<opened>() == nullptr);
}

TEST_CASE("threads that ask one receipt at the same time get the same event") {
  const auto r = three_events();
  std::vector<const credited*> found(8);
  std::vector<std::thread> threads;
  for (auto& f : found) threads.emplace_back([&] { f = r.get<credited>(1); });
  for (auto& t : threads) t.join();
  CHECK(std::set<const credited*>(found.begin(), found.end()).size() == 1);
  CHECK(found.front()->cents == 60);
}

} // namespace receipt_test
