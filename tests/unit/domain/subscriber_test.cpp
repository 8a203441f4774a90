// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/model.hpp>
#include <acta/domain/subscriber.hpp>

#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>
#include <string>

namespace subscriber_test {

namespace {

using namespace std::chrono_literals;

struct paid {
  std::string to;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(to)); }
};
struct shipped {
  static constexpr unsigned schema = 3;
  std::string url;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(url)); }
};
struct lost {
  std::string how;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(how)); }
};
struct found {
  template <class A> void serialize(A&) {}
};
struct pay {
  template <class A> void serialize(A&) {}
};
struct order {
  static constexpr std::string_view name = "order";
  using events = acta::one_of<paid, shipped, lost, found>;
  using commands = acta::one_of<pay>;
  acta::decision<events> decide(const pay&) const { return {}; }
  template <class E> void evolve(const E&) {}
  template <class A> void serialize(A&) {}
};

/// One of each form that a handle may have.
struct notifier {
  static constexpr std::string_view name = "notifier";
  using events = acta::one_of<paid, shipped, lost, found>;
  std::string sender = "shop";

  acta::mail handle(const paid& e) const { return {e.to, "Paid", sender}; }
  std::optional<acta::webhook> handle(const shipped& e, const acta::effect_context& c) const {
    if (e.url.empty()) return std::nullopt;
    return acta::webhook{.url = e.url, .body = std::to_string(c.attempt)};
  }
  acta::result<void> handle(const lost& e) const {
    if (e.how == "thrown") throw std::runtime_error("gone");
    if (e.how == "thrown 8") throw 8;
    if (e.how == "invalid") return acta::error(acta::errc::invalid_argument, "no such parcel");
    if (e.how == "late") return acta::error(acta::errc::timeout, "later");
    return {};
  }
  void handle(const found&) const {}
};

const acta::subscriber_type type = acta::make_subscriber_type<notifier>();

template <class E> acta::result<acta::effect> handle(const E& e, unsigned attempt = 1) {
  acta::byte_buffer payload;
  REQUIRE(acta::encode_binary(e, payload));
  acta::effect_context c;
  c.attempt = attempt;
  return type.events[acta::detail::index_in<E>(notifier::events{})].handle(type.subscriber.get(),
                                                                           payload, c);
}

} // namespace

TEST_CASE("a handle's answer is what is to be done, in whatever form it is returned") {
  CHECK(*handle(paid{"ada@example.org"}) ==
        acta::effect(acta::mail{"ada@example.org", "Paid", "shop"}));
  CHECK(*handle(shipped{"http://localhost"}, 7) ==
        acta::effect(acta::webhook{"http://localhost", "7"}));
  CHECK(*handle(shipped{}) == acta::effect());
  CHECK(*handle(lost{}) == acta::effect());
  CHECK(*handle(found{}) == acta::effect());
}

TEST_CASE("an exception from handle is a failure that is worth another attempt") {
  const auto thrown = handle(lost{"thrown"});
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().code() == acta::domain_errc::handle_threw);
  CHECK(thrown.error().code() == acta::condition::unavailable);
  CHECK(thrown.error().detail() == "gone");
  CHECK_FALSE(handle(lost{"thrown 8"}));
}

TEST_CASE("an error from handle keeps its condition: what is invalid is not tried again") {
  const auto invalid = handle(lost{"invalid"});
  REQUIRE_FALSE(invalid);
  CHECK(invalid.error().code() == acta::condition::invalid);
  const auto late = handle(lost{"late"});
  REQUIRE_FALSE(late);
  CHECK(late.error().code() == acta::condition::timeout);
}

TEST_CASE("an event that cannot be decoded does not reach the subscriber") {
  const auto handled = type.events[0].handle(type.subscriber.get(), acta::as_bytes_view("?"),
                                             acta::effect_context{});
  REQUIRE_FALSE(handled);
  CHECK(handled.error().code() == acta::codec_errc::decode_failed);
}

TEST_CASE("it is known which channels a subscriber needs, before anything has happened") {
  CHECK(type.events[0].mails);
  CHECK_FALSE(type.events[0].calls);
  CHECK_FALSE(type.events[1].mails);
  CHECK(type.events[1].calls);
  for (int own = 2; own < 4; ++own) {
    CHECK_FALSE(type.events[own].mails);
    CHECK_FALSE(type.events[own].calls);
  }
  CHECK(type.events[1].name == "shipped");
  CHECK(type.events[1].schema == 3);
}

TEST_CASE("the subscriber that handles is the one that the host has prepared") {
  const auto own = acta::make_subscriber_type<notifier>({}, notifier{.sender = "Ada's"});
  acta::byte_buffer payload;
  REQUIRE(acta::encode_binary(paid{"bob@example.org"}, payload));
  const auto answer = own.events[0].handle(own.subscriber.get(), payload, acta::effect_context{});
  REQUIRE(answer);
  CHECK(std::get<acta::mail>(*answer).text == "Ada's");
}

TEST_CASE("the key of an effect never changes, or a receiver would take it for another") {
  const auto store = *acta::uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  CHECK(acta::effect_key(store, "customer_mail", {3, 0x123456789ABCDEF0}).to_string() ==
        "12345678-9abc-8def-8003-4d7a5fdf0131");
  CHECK(acta::effect_key({}, "customer_mail", {0, 17}).to_string() ==
        "00000000-0000-8001-8400-e4427d844761");
}

TEST_CASE("keys of other events, partitions, subscribers and stores are other keys") {
  const auto store = *acta::uuid::parse("00112233-4455-6677-8899-aabbccddeeff");
  std::set<acta::uuid> keys;
  for (const auto& of : {store, acta::uuid{}})
    for (const auto* name : {"customer_mail", "customer_mails"})
      for (const std::uint32_t partition : {0u, 1u, 255u, 256u, 1023u})
        for (const std::uint64_t number : {1u, 15u, 16u, 4095u, 4096u, 65536u})
          keys.insert(acta::effect_key(of, name, {partition, number}));
  CHECK(keys.size() == std::size_t{2} * 2 * 5 * 6);
  for (const auto& key : keys) {
    CHECK(key.bytes[6] >> 4 == 8);
    CHECK(key.bytes[8] >> 6 == 2);
  }
}

TEST_CASE("a mail that would smuggle a header, or has no address, is not handed to a channel") {
  const auto refused = [](const acta::effect& e) {
    const auto checked = acta::check_effect(e);
    if (checked) return std::string();
    CHECK(checked.error().code() == acta::condition::invalid);
    return std::string(checked.error().detail());
  };
  CHECK(refused(acta::mail{"ada@example.org", "Grüße", "Two\nlines\n"}).empty());
  CHECK(refused(acta::effect()).empty());
  CHECK(refused(acta::webhook{"https://example.org/hook?x=1", "anything \x01"}).empty());
  for (const auto* to : {"", "ada", "@example.org", "ada@", "ada@example.org\r\nBcc: eve@x.org",
                         "ada@example.org,eve@x.org", "Ada <ada@example.org>", "ada@\xFFx.org"}) {
    CAPTURE(to);
    CHECK_FALSE(refused(acta::mail{to, "s", "t"}).empty());
  }
  CHECK_FALSE(refused(acta::mail{"ada@example.org", "s\nBcc: eve@x.org", "t"}).empty());
  CHECK_FALSE(refused(acta::mail{"ada@example.org", "s", "\xFF"}).empty());
  for (const auto* url :
       {"", "example.org", "file:///etc/passwd", "http://x\r\nHost: y", "http:// x"}) {
    CAPTURE(url);
    CHECK_FALSE(refused(acta::webhook{url, ""}).empty());
  }
  CHECK_FALSE(refused(acta::webhook{"http://x", "", "text/plain\r\nX: y"}).empty());
}

namespace {

struct second_notifier : notifier {};
struct elsewhere {
  template <class A> void serialize(A&) {}
};
template <class... Events> struct quiet {
  using events = acta::one_of<Events...>;
  template <class E> void handle(const E&) const {}
};
struct of_nobody : quiet<paid, elsewhere> {
  static constexpr std::string_view name = "of_nobody";
};
struct twice : quiet<paid, paid> {
  static constexpr std::string_view name = "twice";
};
struct badly_named : quiet<paid> {
  static constexpr std::string_view name = "../mail";
};
struct plain : quiet<paid> {
  static constexpr std::string_view name = "plain";
};

template <class S> std::string mistake(const acta::subscriber_options& options = {}) {
  acta::model model;
  const auto checked =
      model.aggregate<order>().subscriber<notifier>().subscriber<S>(options).check();
  if (checked) return {};
  CHECK(checked.error().code() == acta::domain_errc::bad_model);
  return std::string(checked.error().detail());
}
bool contains(const std::string& text, std::string_view part) {
  UNSCOPED_INFO(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a sound model finds its subscribers by name") {
  acta::model model;
  model.subscriber<notifier>({.attempts = 3}).aggregate<order>();
  CHECK(model.check());
  REQUIRE(model.find_subscriber("notifier"));
  CHECK(model.find_subscriber("notifier")->options.attempts == 3);
  CHECK(*model.find_subscriber("notifier")->type == typeid(notifier));
  CHECK_FALSE(model.find_subscriber("order"));
  CHECK(model.subscribers().size() == 1);
}

TEST_CASE("subscribers that clash, or whose name is no folder's, are refused") {
  CHECK(contains(mistake<second_notifier>(), "two subscribers are named 'notifier'"));
  CHECK(contains(mistake<badly_named>(), "subscriber: bad name '../mail'"));
  CHECK(mistake<plain>().empty());
}

TEST_CASE("a subscriber to an event that nobody decides is refused: it would wait for ever") {
  CHECK(contains(mistake<of_nobody>(),
                 "subscriber 'of_nobody' takes the event 'elsewhere', which no "
                 "aggregate of the model has"));
  CHECK(contains(mistake<twice>(), "it lists the event 'paid' twice"));
}

TEST_CASE("options of a subscriber that make no sense are refused") {
  CHECK(contains(mistake<plain>({.concurrency = 0}), "1 to 64 events"));
  CHECK(contains(mistake<plain>({.concurrency = 65}), "1 to 64 events"));
  CHECK(contains(mistake<plain>({.attempts = 0}), "at least once"));
  CHECK(contains(mistake<plain>({.backoff_min = 0ms}), "pauses"));
  CHECK(contains(mistake<plain>({.backoff_min = 2s, .backoff_max = 1s}), "pauses"));
  CHECK(mistake<plain>({.concurrency = 64, .attempts = 1, .backoff_min = 1s, .backoff_max = 1s})
            .empty());
}

} // namespace subscriber_test
