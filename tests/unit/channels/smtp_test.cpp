// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "servers.hpp"

#include "eventually.hpp"

#include <acta/channels/smtp.hpp>

#include <mutex>
#include <set>
#include <thread>

namespace smtp_test {

using namespace std::chrono_literals;
using acta::channel_errc;
using test::why;

namespace {

acta::smtp_options plain(const test::server& s) {
  return {.host = "127.0.0.1",
          .port = s.port(),
          .security = acta::smtp_security::none,
          .from = "Łódź Shop <shop@example.org>"};
}

acta::mail_channel channel(acta::smtp_options options) {
  auto made = acta::smtp_mail(std::move(options));
  if (!made) FAIL(made.error());
  return *made;
}

acta::error refused(const acta::result<void>& sent) {
  REQUIRE_FALSE(sent);
  return sent.error();
}

} // namespace

TEST_CASE("a mail arrives as it was written: any language, long lines, dots at their beginning") {
  test::server s({"smtp"});
  auto options = plain(s);
  options.clock = [] { return *acta::parse_rfc3339("2026-11-24T10:00:00.5Z"); };
  const auto send = channel(options);
  const std::string texts[] = {
      "Grüße,\nwie geht es?\n",
      ".\n..\n.leading dots\nand a line that is nothing but one:\n.\nend\n",
      std::string(5000, 'x') + "\n" + std::string(3000, 'y') + "\n",
      "Здравствуйте! Ваш заказ 42 принят и скоро будет у вас.\n完了しました\n",
      "ends of lines \nthat a relay might cut\t\n=3D is no escape\nFrom here on\n",
      "",
      "\n\n\n",
      "a lone\rreturn stays\n",
  };
  for (const auto& text : texts) {
    INFO(text);
    const auto sent = send({"ada@example.org", "Your order 42 is confirmed", text}, why());
    if (!sent) FAIL(sent.error());
    auto got = s.next();
    CHECK(got["text"] == text);
    CHECK(got["defects"].empty());
    CHECK(got["ascii"] == "True");
    CHECK(std::stoul(got["longest"]) <= 78);
    CHECK(got["envelope-from"] == "shop@example.org");
    CHECK(got["envelope-to"] == "ada@example.org");
    CHECK(got["from"] == "Łódź Shop <shop@example.org>");
    CHECK(got["to"] == "ada@example.org");
    CHECK(got["subject"] == "Your order 42 is confirmed");
    CHECK(got["date"] == "Tue, 24 Nov 2026 10:00:00 +0000");
    CHECK(got["message-id"] == "<abababab-abab-abab-abab-ababababab01@acta>");
    CHECK(got["acta-key"] == "abababab-abab-abab-abab-ababababab01");
    CHECK(got["acta-event"] == "0:17");
  }
}

TEST_CASE("a subject arrives whatever it is made of") {
  test::server s({"smtp"});
  const auto send = channel(plain(s));
  const std::string subjects[] = {
      "Grüße aus Łódź, und noch viel mehr Text, damit es nicht in eine Zeile passt: ÄÖÜäöüß",
      "an ASCII subject that is much longer than a line of mail should be so that it has to be "
      "folded at its spaces",
      std::string(300, 'x'),
      "=?UTF-8?B?bm90IGVuY29kZWQ=?=",
      "完了しました、ありがとうございます。またのご利用をお待ちしております。",
      "",
  };
  for (const auto& subject : subjects) {
    REQUIRE(send({"ada@example.org", subject, "text\n"}, why()));
    auto got = s.next();
    CHECK(got["subject"] == subject);
    CHECK(got["defects"].empty());
    CHECK(std::stoul(got["longest"]) <= 78);
  }
}

TEST_CASE("a line break in a receiver or a subject does not become a header or a command") {
  test::server s({"smtp"});
  const auto send = channel(plain(s));
  const acta::mail injections[] = {
      {"ada@example.org", "hello\r\nBcc: eve@example.org", "text"},
      {"ada@example.org", "hello\nBcc: eve@example.org", "text"},
      {"ada@example.org", "hello\rBcc: eve@example.org", "text"},
      {"ada@example.org", std::string("hello\0there", 11), "text"},
      {"ada@example.org>\r\nRCPT TO:<eve@example.org", "hello", "text"},
      {"ada@example.org\nBcc: eve@example.org", "hello", "text"},
      {"ada@example.org, eve@example.org", "hello", "text"},
      {"<ada@example.org>", "hello", "text"},
      {"Ada <ada@example.org>", "hello", "text"},
      {"ada", "hello", "text"},
      {"@example.org", "hello", "text"},
      {"ada@", "hello", "text"},
      {"", "hello", "text"},
      {"ada..b@example.org", "hello", "text"},
      {"ada@-example.org", "hello", "text"},
      {"ada@exämple.org", "hello", "text"},
      {std::string(65, 'a') + "@example.org", "hello", "text"},
      {"ada@example.org", "no \xff UTF-8", "text"},
      {"ada@example.org", "hello", "no \xff UTF-8"},
      {"ada@example.org", std::string(2001, 'x'), "text"},
      {"ada@example.org", "hello", std::string((4 << 20) + 1, 'x')},
  };
  for (const auto& m : injections) {
    INFO(m.to << " | " << m.subject.substr(0, 80));
    const auto e = refused(send(m, why()));
    CHECK(e.code() == channel_errc::bad_content);
    CHECK(e.code() == acta::condition::invalid);
  }
  REQUIRE(send({"bob@example.org", "the only one", "text"}, why()));
  CHECK(s.next()["subject"] == "the only one");
}

TEST_CASE("a mail that is refused for ever is told from one to try again") {
  test::server s({"smtp"});
  const auto send = channel(plain(s));
  const auto gone = refused(send({"gone@example.org", "hello", "text"}, why()));
  CHECK(gone.code() == channel_errc::refused);
  CHECK(gone.code() == acta::condition::invalid);
  CHECK(gone.detail() == "550 5.1.1 no such mailbox");
  const auto spam = refused(send({"spam@example.org", "hello", "text"}, why()));
  CHECK(spam.code() == channel_errc::refused);
  CHECK(spam.detail() == "554 5.7.1 spam");
  const auto full = refused(send({"full@example.org", "hello", "text"}, why()));
  CHECK(full.code() == channel_errc::try_later);
  CHECK(full.code() == acta::condition::unavailable);
  CHECK(full.detail() == "452 4.3.1 disk full");
  const auto grey = refused(send({"grey@example.org", "hello", "text"}, why()));
  CHECK(grey.code() == channel_errc::try_later);
  CHECK(grey.code() == acta::condition::unavailable);
  REQUIRE(send({"grey@example.org", "hello again", "text"}, why()));
  CHECK(s.next()["subject"] == "hello again");
}

TEST_CASE("a server that says nothing does not hold a subscriber for ever") {
  test::server s({"silent"});
  auto options = plain(s);
  options.timeout = 200ms;
  const auto e = refused(channel(options)({"ada@example.org", "hello", "text"}, why()));
  CHECK(e.code() == channel_errc::timeout);
  CHECK(e.code() == acta::condition::timeout);
}

TEST_CASE("the late answer to a mail is not taken for that to the next one") {
  test::server s({"smtp"});
  auto options = plain(s);
  options.timeout = 2s;
  const auto send = channel(options);
  const auto send_in_time = [&](const acta::mail& m, const acta::effect_context& c) {
    return test::eventually([&] { // a loaded machine may need more than one try
      const auto sent = send(m, c);
      if (!sent && sent.error().code() != channel_errc::timeout) FAIL(sent.error());
      return sent.has_value();
    });
  };
  REQUIRE(send_in_time({"ada@example.org", "first", "text"}, why(1)));
  const auto stalled = refused(send({"stall@example.org", "stalled", "text"}, why(2)));
  CHECK(stalled.code() == channel_errc::timeout);
  REQUIRE(send_in_time({"bob@example.org", "next", "its own text"}, why(3)));
  auto got = s.next();
  while (got["subject"] == "first") got = s.next();
  CHECK(got["subject"] == "next");
  CHECK(got["text"] == "its own text\n");
  CHECK(got["envelope-to"] == "bob@example.org");
}

TEST_CASE("a server that does not answer the farewell does not hold up the end of a channel") {
  test::server s({"smtp"});
  auto options = plain(s);
  options.timeout = 1h; // the test's own limit is less
  const auto send = channel(options);
  REQUIRE(send({"last-words@example.org", "hello", "text"}, why()));
}

TEST_CASE("a server that refuses and then falls silent does not hold up the refusal") {
  test::server s({"smtp"});
  auto options = plain(s);
  options.timeout = 1s; // libcurl's own patience with a farewell is two minutes
  const auto send = channel(options);
  REQUIRE(test::eventually([&] { // a loaded machine may not come as far as the refusal in time
    return refused(send({"gone-silently@example.org", "hello", "text"}, why())).code() ==
           channel_errc::refused;
  }));
}

TEST_CASE("a server that is not there is tried again") {
  std::uint16_t port = 0;
  { port = test::server({"silent"}).port(); }
  const auto send = channel({.host = "127.0.0.1",
                             .port = port,
                             .security = acta::smtp_security::none,
                             .from = "shop@example.org"});
  const auto e = refused(send({"ada@example.org", "hello", "text"}, why()));
  CHECK(e.code() == channel_errc::unreachable);
  CHECK(e.code() == acta::condition::unavailable);
}

TEST_CASE("the login is made, and a wrong one is tried again, not given up") {
  test::server s({"smtp", "--login"});
  auto options = plain(s);
  options.user = "shop";
  options.password = "s3cret";
  REQUIRE(channel(options)({"ada@example.org", "hello", "text"}, why()));
  CHECK(s.next()["login"] == "True");

  options.password = "wrong";
  const auto wrong = refused(channel(options)({"ada@example.org", "hello", "text"}, why()));
  CHECK(wrong.code() == channel_errc::login_refused);
  CHECK(wrong.code() == acta::condition::unavailable);

  options.user = options.password = "";
  const auto none = refused(channel(options)({"ada@example.org", "hello", "text"}, why()));
  CHECK(none.code() == channel_errc::login_refused);
  CHECK(none.code() == acta::condition::unavailable);
}

TEST_CASE("a connection is used for many mails, by many threads at once, and none is mixed up") {
  test::server s({"smtp"});
  auto options = plain(s);
  options.connections_kept = 2;
  const auto send = channel(options);
  constexpr int threads = 4;
  constexpr int each = 25;
  std::vector<std::jthread> all;
  std::mutex lock;
  std::vector<std::string> failures;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const auto id = std::to_string(t * each + i);
        const auto sent = send({"c" + id + "@example.org", "order " + id, "text of " + id + "\n"},
                               why(static_cast<std::uint8_t>(t * each + i)));
        const std::lock_guard guard(lock);
        if (!sent) failures.push_back(sent.error().to_string());
      }
    });
  std::set<std::string> subjects;
  std::set<std::string> connections;
  for (int i = 0; i < threads * each; ++i) { // meanwhile: the server's pipe does not hold them all
    auto got = s.next();
    const auto id = got["subject"].substr(6);
    CHECK(got["envelope-to"] == "c" + id + "@example.org");
    CHECK(got["text"] == "text of " + id + "\n");
    subjects.insert(got["subject"]);
    connections.insert(got["connection"]);
  }
  for (auto& t : all) t.join();
  CHECK(failures == std::vector<std::string>{});
  CHECK(subjects.size() == threads * each);
  CHECK(connections.size() < threads * each);
}

TEST_CASE("a server that has hung up on a kept connection costs no attempt") {
  test::server s({"smtp", "--one-mail"});
  const auto send = channel(plain(s));
  for (std::uint8_t i = 0; i < 3; ++i) {
    const auto sent = send({"ada@example.org", "hello", "text"}, why(i));
    if (!sent) FAIL(sent.error());
    s.next();
  }
}

TEST_CASE("a channel that would leak a password or can never work is not made") {
  const auto bad = [](auto&& change) -> std::string {
    acta::smtp_options o{.host = "mail.example.org", .from = "shop@example.org"};
    change(o);
    const auto made = acta::smtp_mail(o);
    if (made) return "made";
    if (made.error().code() != channel_errc::bad_options) return made.error().to_string();
    return std::string(made.error().detail());
  };
  CHECK(bad([](auto&) {}) == "made");
  CHECK(bad([](auto& o) { o.user = o.password = "x"; }) == "made");
  CHECK(bad([](auto& o) {
          o.user = o.password = "x";
          o.security = acta::smtp_security::none;
        }) == "security none would send the password to mail.example.org for all to read");
  for (const char* near : {"localhost", "127.0.0.1", "127.1.2.3", "::1"})
    CHECK(bad([&](auto& o) {
            o.user = o.password = "x";
            o.security = acta::smtp_security::none;
            o.host = near;
          }) == "made");
  CHECK(bad([](auto& o) {
          o.user = o.password = "x";
          o.security = acta::smtp_security::none;
          o.host = "localhost.example.org";
        }) != "made");
  CHECK(bad([](auto& o) { o.password = "x"; }) == "user and password go together");
  CHECK(bad([](auto& o) { o.host = ""; }) == "host '' is neither a name nor a numeric address");
  CHECK(bad([](auto& o) { o.host = "a/b"; }) ==
        "host 'a/b' is neither a name nor a numeric address");
  CHECK(bad([](auto& o) { o.port = 0; }) == "port must not be 0");
  CHECK(bad([](auto& o) { o.from = ""; }) == "from: the address is empty");
  CHECK(bad([](auto& o) { o.from = "shop"; }) ==
        "from: 'shop' is not an address of the form local@domain");
  CHECK(bad([](auto& o) { o.from = "A\nB <shop@example.org>"; }) ==
        "from: the name is not one line");
  CHECK(bad([](auto& o) { o.timeout = 0ms; }) == "timeout and connect_timeout must be 1ms..1h");
  CHECK(bad([](auto& o) { o.connections_kept = 65; }) == "at most 64 connections are kept");
  CHECK(bad([](auto& o) { o.ca_file = "/nowhere/ca.pem"; }) ==
        "ca_file /nowhere/ca.pem cannot be read: No such file or directory");
}

} // namespace smtp_test
