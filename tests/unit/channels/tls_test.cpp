// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "servers.hpp"

#include <acta/channels/http.hpp>
#include <acta/channels/smtp.hpp>

namespace tls_test {

using acta::channel_errc;
using acta::smtp_security;
using test::why;

namespace {

std::vector<std::string> smtp_server(const std::string& how,
                                     const std::vector<std::string>& files) {
  return {"smtp", "--login", how, files[0], files[1]};
}

acta::result<void> mail_over(const test::server& s, smtp_security security, const std::string& ca) {
  auto send = acta::smtp_mail({.host = "localhost",
                               .port = s.port(),
                               .security = security,
                               .user = "shop",
                               .password = "s3cret",
                               .ca_file = ca,
                               .from = "shop@example.org"});
  if (!send) return send.error();
  return (*send)({"ada@example.org", "hello", "text"}, why());
}

acta::result<void> hook_over(const test::server& s, const std::string& ca) {
  auto call = acta::http_webhook({.secret = "0123456789abcdef", .ca_file = ca});
  if (!call) return call.error();
  return (*call)({"https://localhost:" + std::to_string(s.port()) + "/ok", "{}"}, why());
}

void check_not_trusted(const acta::result<void>& sent) {
  REQUIRE_FALSE(sent);
  INFO(sent.error());
  CHECK(sent.error().code() == channel_errc::not_trusted);
  CHECK(sent.error().code() == acta::condition::unavailable);
}

} // namespace

TEST_CASE("mail goes only to a server whose certificate is vouched for") {
  test::authority ours;
  test::authority others;
  const auto good = ours.sign("good", "DNS:localhost,IP:127.0.0.1");
  const auto another_host = ours.sign("another", "DNS:mail.example.org");
  for (const auto& [how, security] :
       {std::pair{"--starttls", smtp_security::starttls}, std::pair{"--tls", smtp_security::tls}}) {
    INFO(how);
    test::server s(smtp_server(how, good));
    const auto sent = mail_over(s, security, ours.certificate("ca"));
    if (!sent) FAIL(sent.error());
    auto got = s.next();
    CHECK(got["encrypted"] == "True");
    CHECK(got["login"] == "True");
    check_not_trusted(mail_over(s, security, others.certificate("ca")));
    check_not_trusted(mail_over(s, security, "")); // the system's authorities
    test::server elsewhere(smtp_server(how, another_host));
    check_not_trusted(mail_over(elsewhere, security, ours.certificate("ca")));
  }
}

TEST_CASE("a server without STARTTLS gets neither password nor mail in plain text") {
  test::server s({"smtp", "--login"});
  check_not_trusted(mail_over(s, smtp_security::starttls, ""));
}

TEST_CASE("a webhook goes only to a server whose certificate is vouched for") {
  test::authority ours;
  test::authority others;
  const auto good = ours.sign("good", "DNS:localhost,IP:127.0.0.1");
  test::server s({"http", "0123456789abcdef", "--tls", good[0], good[1]});
  const auto done = hook_over(s, ours.certificate("ca"));
  if (!done) FAIL(done.error());
  CHECK(s.next()["verified"] == "True");
  check_not_trusted(hook_over(s, others.certificate("ca")));
  check_not_trusted(hook_over(s, ""));
}

} // namespace tls_test
