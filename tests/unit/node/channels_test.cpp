// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "channels.hpp"

#include "../channels/servers.hpp"
#include "exit_code.hpp"
#include "report.hpp"

#include <catch2/catch.hpp>

#include <fstream>

namespace channels_test {

using namespace acta::node;
using test::why;

namespace {

/// A folder with a config and the files that it names.
struct config_folder {
  test::temp_folder folder;

  void file(const std::string& name, const std::string& content) const {
    std::ofstream(folder / name, std::ios::binary) << content;
  }
  acta::result<node_channels> channels(const std::string& text) const {
    file("node.toml", text);
    auto outcome = read_config(folder / "node.toml");
    for (const auto& m : outcome.mistakes) FAIL_CHECK(describe(m));
    outcome.config.store_path = folder / "data";
    return make_channels(outcome.config, "node.toml");
  }
  std::string mistake(const std::string& text) const {
    const auto made = channels(text);
    if (made) return "none";
    CHECK(exit_code_of(made.error()) == exit_code::usage);
    return describe(made.error());
  }
};

std::string all(const std::vector<std::string>& notes) {
  std::string text;
  for (const auto& n : notes) text += n + '\n';
  return text;
}

} // namespace

TEST_CASE("without a server mails land in the store's folder, and the log says so") {
  const config_folder here;
  const auto made = here.channels("");
  REQUIRE(made);
  CHECK(all(made->notes) == "no mail.server: mails go into the maildir " +
                                (here.folder / "data/mail").string() +
                                "\nno webhook.secret_file: webhooks are not signed\n");
  CHECK_FALSE(std::filesystem::exists(here.folder / "data")); // a store wants an empty folder
  REQUIRE(made->mail({"ada@example.org", "hello", "text"}, why()));
  auto got = test::read_message(here.folder / "data/mail/new" / why().key.to_string());
  CHECK(got["from"] == "acta@localhost");

  const auto elsewhere =
      here.channels("[mail]\nfrom = \"The Shop <shop@example.org>\"\nmaildir = \"" +
                    (here.folder / "post").string() + "\"\n");
  REQUIRE(elsewhere);
  REQUIRE(elsewhere->mail({"ada@example.org", "hello", "text"}, why()));
  got = test::read_message(here.folder / "post/new" / why().key.to_string());
  CHECK(got["from"] == "The Shop <shop@example.org>");
}

TEST_CASE("passwords and secrets come from files beside the config, and reach servers whole") {
  const config_folder here;
  here.file("password", "s3cret\n");
  here.file("secret", " a secret with spaces around \r\n");
  test::server post({"smtp", "--login"});
  test::server hooks({"http", " a secret with spaces around "});
  const auto made =
      here.channels("[mail]\nserver = \"127.0.0.1\"\nport = " + std::to_string(post.port()) +
                    "\nsecurity = \"none\"\nuser = \"shop\"\n"
                    "password_file = \"password\"\nfrom = \"shop@example.org\"\n"
                    "[webhook]\nsecret_file = \"secret\"\nplain_http = \"loopback\"\n");
  if (!made) FAIL(made.error());
  CHECK(all(made->notes) == "mails go to 127.0.0.1:" + std::to_string(post.port()) +
                                ", from shop@example.org, not encrypted\n");
  REQUIRE(made->mail({"ada@example.org", "hello", "text"}, why()));
  CHECK(post.next()["login"] == "True");
  REQUIRE(made->webhook({"http://127.0.0.1:" + std::to_string(hooks.port()) + "/ok", "{}"}, why()));
  CHECK(hooks.next()["verified"] == "True");
}

TEST_CASE("a secret that cannot be read is told with its key and file, and never shown") {
  const config_folder here;
  const auto in_folder = [&](const std::string& name) { return (here.folder / name).string(); };
  const std::string server = "[mail]\nserver = \"mail.example.org\"\nfrom = \"shop@example.org\"\n";
  const auto with_password = server + "user = \"shop\"\npassword_file = \"password\"\n";
  CHECK(here.mistake(with_password) == "node.toml: 'mail.password_file': " + in_folder("password") +
                                           ": No such file or directory");
  here.file("password", "\n");
  CHECK(here.mistake(with_password) ==
        "node.toml: 'mail.password_file': " + in_folder("password") + ": is empty");
  here.file("password", std::string(5000, 'x'));
  CHECK(here.mistake(with_password) == "node.toml: 'mail.password_file': " + in_folder("password") +
                                           ": is larger than 4096 bytes");
  here.file("password", "two\nlines\n");
  CHECK(here.mistake(with_password) == "node.toml: 'mail': password is not one line of UTF-8");
  std::filesystem::remove(here.folder / "password");
  std::filesystem::create_directory(here.folder / "password");
  CHECK(here.mistake(with_password) ==
        "node.toml: 'mail.password_file': " + in_folder("password") + ": is a directory");
  CHECK(here.mistake("[webhook]\nsecret_file = \"/nowhere/secret\"\n") ==
        "node.toml: 'webhook.secret_file': /nowhere/secret: No such file or directory");
  here.file("secret", "short\n");
  CHECK(here.mistake("[webhook]\nsecret_file = \"secret\"\n") ==
        "node.toml: 'webhook': the secret is shorter than 16 bytes");
}

TEST_CASE("what a channel refuses is a mistake of the config") {
  const config_folder here;
  here.file("password", "s3cret");
  const std::string server = "[mail]\nserver = \"mail.example.org\"\nfrom = \"shop@example.org\"\n";
  CHECK(here.mistake(server) == "none");
  CHECK(here.mistake(server + "user = \"shop\"\n") ==
        "node.toml: 'mail': user and password go together");
  CHECK(here.mistake(server +
                     "security = \"none\"\nuser = \"shop\"\npassword_file = \"password\"\n") ==
        "node.toml: 'mail': security none would send the password to mail.example.org for all to "
        "read");
  CHECK(here.mistake(server + "ca_file = \"ca.pem\"\n") ==
        "node.toml: 'mail': ca_file " + (here.folder / "ca.pem").string() +
            " cannot be read: No such file or directory");
}

} // namespace channels_test
