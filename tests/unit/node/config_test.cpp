// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include "keys.hpp"
#include "report.hpp"
#include "temp_folder.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

namespace config_test {

using namespace acta::node;
using namespace std::chrono_literals;

namespace {

std::string first_mistake(const std::string& text) {
  const auto outcome = parse_config(text, "n.toml");
  return outcome.mistakes.empty() ? "" : describe(outcome.mistakes.front());
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("a config sets what it says and leaves the rest at its default") {
  const auto outcome = parse_config(R"(
[node]
modules = ["libshop.so", "libbank.so"]
log_level = "debug"
log_format = "json"
shutdown_deadline = "3s"
[store]
path = "/var/lib/acta"
partitions = 4
dedupe_keep = "30d"
journal_linger = "20us"
[runtime]
resident_max = 1000
[http]
port = 0
body_max = "64KiB"
request_timeout = "250ms"
[mail]
server = "mail.example.org"
port = 465
security = "tls"
user = "shop"
password_file = "password"
from = "The Shop <shop@example.org>"
timeout = "5s"
maildir = "post"
[webhook]
secret_file = "secret"
plain_http = "anywhere"
response_max = "4KiB"
)",
                                    "n.toml");
  for (const auto& m : outcome.mistakes) FAIL_CHECK(describe(m));
  const auto& c = outcome.config;
  CHECK(c.modules == std::vector<std::string>{"libshop.so", "libbank.so"});
  CHECK(c.log_level == acta::log_level::debug);
  CHECK(c.log_format == log_format::json);
  CHECK(c.shutdown_deadline == 3s);
  CHECK(c.store_path == "/var/lib/acta");
  CHECK(c.runtime.partitions == 4);
  CHECK(c.runtime.dedupe_keep == 720h);
  CHECK(c.runtime.journal_linger == 20us);
  CHECK(c.runtime.resident_max == 1000);
  CHECK(c.http.port == 0);
  CHECK(c.http.body_bytes_max == 65536);
  CHECK(c.http.request_timeout == 250ms);
  CHECK(c.mail.smtp.host == "mail.example.org");
  CHECK(c.mail.smtp.port == 465);
  CHECK(c.mail.smtp.security == acta::smtp_security::tls);
  CHECK(c.mail.smtp.user == "shop");
  CHECK(c.mail.password_file == "password");
  CHECK(c.mail.smtp.from == "The Shop <shop@example.org>");
  CHECK(c.mail.smtp.timeout == 5s);
  CHECK(c.mail.maildir == "post");
  CHECK(c.webhook.secret_file == "secret");
  CHECK(c.webhook.http.allow_plain_http == acta::plain_http::anywhere);
  CHECK(c.webhook.http.response_bytes_max == 4096);
  CHECK(c.runtime.inbox_max == acta::runtime_options{}.inbox_max);
  CHECK(parse_config("", "empty.toml").mistakes.empty());
}

TEST_CASE("each mistake in a config is told with its place and the way out") {
  struct row {
    std::string_view text;
    std::string_view told;
  };
  const row rows[] = {
      {"[runtime]\nworker_thread = 4\n",
       "n.toml:2:1: unknown key 'runtime.worker_thread'; did you mean 'runtime.worker_threads'?"},
      {"[http]\nport = 1\nadress = \"127.0.0.1\"\n",
       "n.toml:3:1: unknown key 'http.adress'; did you mean 'http.address'?"},
      {"[node]\nport = 1\n", "n.toml:2:1: unknown key 'node.port'; did you mean 'http.port'?"},
      {"[htpp]\nport = 1\n", "n.toml:1:2: unknown section 'htpp'; did you mean 'http'?"},
      {"port = 1\n", "n.toml:1:1: unknown key 'port'; did you mean 'http.port', below [http]?"},
      {"[http]\nthe_meaning_of_life = 1\n",
       "n.toml:2:1: unknown key 'http.the_meaning_of_life'; `acta config defaults` lists all keys"},
      {"[http]\nport = \"8080\"\n", "n.toml:2:8: 'http.port' must be an integer, not a string"},
      {"[http]\nport = 80.5\n",
       "n.toml:2:8: 'http.port' must be an integer, not a floating-point number"},
      {"[http]\nport = 65536\n", "n.toml:2:8: 'http.port' must be 0..65535"},
      {"[http]\nport = -1\n", "n.toml:2:8: 'http.port' must be 0..65535"},
      {"[http]\nread_timeout = 30\n", "n.toml:2:16: 'http.read_timeout' must be a string with a "
                                      "unit, such as \"500ms\", not an integer"},
      {"[http]\nread_timeout = \"30\"\n",
       "n.toml:2:16: 'http.read_timeout' '30' has no unit; a duration is a whole number and one of "
       "us ms s min h d, such as \"500ms\""},
      {"[http]\nread_timeout = \"30MiB\"\n",
       "n.toml:2:16: 'http.read_timeout' '30MiB' has the unknown unit 'MiB'; a duration is a "
       "whole number and one of us ms s min h d, such as \"500ms\""},
      {"[http]\nread_timeout = \"1us\"\n", "n.toml:2:16: 'http.read_timeout' must be 1ms..1d"},
      {"[http]\nread_timeout = \"1500us\"\n",
       "n.toml:2:16: 'http.read_timeout' must be a whole number of ms"},
      {"[store]\ndedupe_keep = \"90min\"\n",
       "n.toml:2:15: 'store.dedupe_keep' must be a whole number of h"},
      {"[http]\nbody_max = \"1s\"\n",
       "n.toml:2:12: 'http.body_max' '1s' has the unknown unit 's'; a size is a whole number and "
       "one of B KiB MiB GiB TiB, such as \"64MiB\""},
      {"[http]\nbody_max = \"65MiB\"\n", "n.toml:2:12: 'http.body_max' must be 1B..64MiB"},
      {"[node]\nlog_level = \"loud\"\n", "n.toml:2:13: 'node.log_level' is \"loud\", but must be "
                                         "one of \"debug\", \"info\", \"warning\", \"error\""},
      {"[node]\nmodules = \"libshop.so\"\n",
       "n.toml:2:11: 'node.modules' must be an array of strings, not a string"},
      {"[node]\nmodules = [1]\n",
       "n.toml:2:11: 'node.modules' must be an array of strings, not an integer"},
      {"[store]\npath = \"\"\n", "n.toml:2:8: 'store.path' must not be empty"},
      {"http = 1\n", "n.toml:1:8: 'http' is a section: [http]"},
      {"[http]\naddress = \"0.0.0.0\"\n",
       "n.toml: 'http': address: 0.0.0.0 can be reached by others, and there is no authentication "
       "and no TLS yet; use 127.0.0.1 "
       "or ::1 (put a proxy that has both in front)"},
      {"[http]\naddress = \"localhost\"\n",
       "n.toml: 'http': address: 'localhost' is not a numeric IP address"},
      {"[mail]\nfrom = \"shop\"\n", "n.toml:2:8: 'mail.from' is refused: 'shop' is not an address "
                                    "of the form local@domain"},
      {"[mail]\nserver = \"mail.example.org\"\n",
       "n.toml: 'mail.server' needs 'mail.from', the sender that it accepts"},
      {"[mail]\npassword = \"s3cret\"\n",
       "n.toml:2:1: unknown key 'mail.password'; did you mean 'mail.password_file'?"},
      {"[mail]\nsecurity = \"ssl\"\n", "n.toml:2:12: 'mail.security' is \"ssl\", but must be one "
                                       "of \"none\", \"starttls\", \"tls\""},
      {"[webhook]\nplain_http = \"yes\"\n", "n.toml:2:14: 'webhook.plain_http' is \"yes\", but "
                                            "must be one of \"never\", \"loopback\", \"anywhere\""},
      {"[runtime]\nrestart_backoff_min = \"10s\"\n",
       "n.toml: 'runtime.restart_backoff_min' must not exceed 'runtime.restart_backoff_max'"},
  };
  for (const auto& r : rows) CHECK(first_mistake(std::string(r.text)) == r.told);
}

TEST_CASE("what is no TOML is told with its place") {
  const auto told = first_mistake("[http]\nport = \n");
  CHECK(told.starts_with("n.toml:2:"));
  CHECK_FALSE(first_mistake("[http]\nport = 1\nport = 2\n").empty());
  CHECK_FALSE(first_mistake("\xff\xfe").empty());
}

TEST_CASE("all mistakes are told at once, in the order of the file") {
  const auto outcome =
      parse_config("[runtime]\nx = 1\n[http]\nport = \"a\"\nbody_max = 1\n", "n.toml");
  REQUIRE(outcome.mistakes.size() == 3);
  CHECK(outcome.mistakes[0].where() == "n.toml:2:1");
  CHECK(outcome.mistakes[1].where() == "n.toml:4:8");
  CHECK(outcome.mistakes[2].where() == "n.toml:5:12");
  CHECK(exit_code_of(outcome.mistakes[0]) == exit_code::usage);
}

TEST_CASE("a config that is not there, or no file, is told by name") {
  test::temp_folder folder;
  const auto missing = read_config(folder / "none.toml");
  REQUIRE(missing.mistakes.size() == 1);
  CHECK(describe(missing.mistakes[0]) ==
        (folder / "none.toml").string() + ": No such file or directory");
  CHECK(describe(read_config(folder.path()).mistakes.at(0)) ==
        folder.path().string() + ": is a directory");
}

TEST_CASE("the defaults read back as the defaults, so every key's text form is right") {
  const auto outcome = parse_config(default_config_text(), "defaults");
  for (const auto& m : outcome.mistakes) FAIL_CHECK(describe(m));
  const node_config defaults;
  for (const auto& k : all_keys()) {
    INFO(k.full_name());
    CHECK(k.get(outcome.config) == k.get(defaults));
    CHECK_FALSE(k.doc.empty());
  }
}

TEST_CASE("configs/node.toml documents every key: it is what `acta config defaults` prints") {
  CHECK(content_of(ACTA_CONFIGS "/node.toml") == default_config_text());
}

TEST_CASE("every file in configs/ is a good config") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ACTA_CONFIGS)) {
    if (entry.path().extension() != ".toml") continue;
    ++files;
    for (const auto& m : read_config(entry.path()).mistakes) FAIL_CHECK(describe(m));
  }
  CHECK(files >= 2);
}

TEST_CASE("names are near when few letters differ") {
  const std::vector<std::string> known{"http.port", "http.body_max", "store.path"};
  CHECK(nearest("http.prot", known) == "http.port");
  CHECK(nearest("http.bodymax", known) == "http.body_max");
  CHECK(nearest("completely_else", known).empty());
  CHECK(nearest("", known).empty());
}

TEST_CASE("settings are the modules' own, at any depth") {
  const auto outcome = parse_config(R"(
[settings]
plain = "text"
[settings.shop]
payment_deadline = "15min"
lines = 100
strict = true
)",
                                    "n.toml");
  for (const auto& m : outcome.mistakes) FAIL_CHECK(describe(m));
  CHECK(outcome.config.settings ==
        std::map<std::string, std::string>{{"plain", "text"},
                                           {"shop.payment_deadline", "15min"},
                                           {"shop.lines", "100"},
                                           {"shop.strict", "true"}});
  CHECK(first_mistake("[settings.shop]\nprices = [1]\n") ==
        "n.toml:2:10: 'settings.shop.prices' must be a string, an integer or a boolean, not an "
        "array");
}

} // namespace config_test
