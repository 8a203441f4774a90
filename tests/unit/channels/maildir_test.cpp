// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "servers.hpp"

#include <acta/channels/maildir.hpp>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include <sys/fsuid.h>
#include <sys/stat.h>

namespace maildir_test {

using namespace std::chrono_literals;
using acta::channel_errc;
using test::why;
namespace fs = std::filesystem;

namespace {

acta::mail_channel channel(const fs::path& folder) {
  auto made = acta::maildir_mail(folder, {.from = "The Shop <shop@example.org>"});
  if (!made) FAIL(made.error());
  return *made;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> all;
  for (const auto& entry : fs::directory_iterator(folder)) all.push_back(entry.path());
  return all;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// File access as nobody's: permissions hold for root too. Of this thread alone.
struct without_rights {
  const int before = ::setfsuid(65534);
  ~without_rights() { ::setfsuid(static_cast<uid_t>(before)); }
};

} // namespace

TEST_CASE("a mail lies in the folder as a message that any program reads") {
  test::temp_folder here;
  const auto send = channel(here / "deep/mail");
  const std::string text = "Grüße,\nyour order is on its way.\n.\nFrom here on\n";
  REQUIRE(send({"ada@example.org", "Your order 42 is on its way", text}, why()));
  const auto all = files_in(here / "deep/mail/new");
  REQUIRE(all.size() == 1);
  CHECK(files_in(here / "deep/mail/tmp").empty());
  CHECK(content_of(all[0]).find('\r') == std::string::npos);
  CHECK(content_of(all[0]).find("\nSubject: Your order 42 is on its way\n") != std::string::npos);
  auto got = test::read_message(all[0]);
  CHECK(got["text"] == text);
  CHECK(got["subject"] == "Your order 42 is on its way");
  CHECK(got["from"] == "The Shop <shop@example.org>");
  CHECK(got["to"] == "ada@example.org");
  CHECK(got["message-id"] == "<" + why().key.to_string() + "@acta>");
  CHECK(got["acta-event"] == "0:17");
  CHECK(got["defects"].empty());
}

TEST_CASE("a repetition after a crash does not become a second mail") {
  test::temp_folder here;
  for (const char* text : {"first try\n", "second try\n"})
    REQUIRE(channel(here.path())({"ada@example.org", "hello", text}, why(1)));
  REQUIRE(channel(here.path())({"ada@example.org", "hello", "another\n"}, why(2)));
  REQUIRE(files_in(here / "new").size() == 2);
  CHECK(content_of(here / ("new/" + why(1).key.to_string())).ends_with("\n\nsecond try\n"));
}

TEST_CASE("what a crash left in tmp holds up no mail, and goes when it is old") {
  test::temp_folder here;
  REQUIRE(channel(here.path())({"ada@example.org", "hello", "text"}, why(1)));
  const auto young = here / ("tmp/" + why(2).key.to_string() + ".left");
  const auto old = here / "tmp/old.left";
  std::ofstream(young) << "half a mess";
  std::ofstream(old) << "half a mess";
  fs::last_write_time(old, fs::file_time_type::clock::now() - 40h);
  REQUIRE(channel(here.path())({"ada@example.org", "hello", "text"}, why(2)));
  CHECK(files_in(here / "new").size() == 2);
  CHECK(fs::exists(young));
  CHECK_FALSE(fs::exists(old));
}

TEST_CASE("a folder that takes nothing is trouble of the machine, to be tried again") {
  test::temp_folder here;
  const auto send = channel(here.path());
  ::chmod(here.path().c_str(), 0755);
  for (const char* part : {"tmp", "new"}) {
    INFO(part);
    for (const auto* each : {"tmp", "new"}) ::chmod((here / each).c_str(), 0777);
    ::chmod((here / part).c_str(), 0555);
    acta::result<void> sent;
    {
      const without_rights now;
      sent = send({"ada@example.org", "hello", "text"}, why());
    }
    REQUIRE_FALSE(sent);
    CHECK(sent.error().code() == channel_errc::io);
    CHECK(sent.error().code() == acta::condition::io);
    CHECK(std::string(sent.error().detail()).ends_with("Permission denied"));
    CHECK(files_in(here / "new").empty());
    CHECK(files_in(here / "tmp").empty());
  }
  for (const auto* each : {"tmp", "new"}) ::chmod((here / each).c_str(), 0755);
  CHECK(send({"ada@example.org", "hello", "text"}, why()));
}

TEST_CASE("threads that write at once, some the same mail, leave one whole file of each") {
  test::temp_folder here;
  const auto send = channel(here.path());
  constexpr int threads = 4;
  constexpr int mails = 20;
  const std::string filler(20'000, 'x');
  std::atomic<int> failed = 0;
  std::vector<std::jthread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&] {
      for (int i = 0; i < mails; ++i)
        if (!send({"ada@example.org", std::to_string(i), filler + "\nend\n"},
                  why(static_cast<std::uint8_t>(i))))
          ++failed;
    });
  for (auto& t : all) t.join();
  CHECK(failed == 0);
  const auto files = files_in(here / "new");
  CHECK(files.size() == mails);
  for (const auto& file : files) CHECK(content_of(file).ends_with("\nend\n"));
  CHECK(files_in(here / "tmp").empty());
}

TEST_CASE("what can never be a mail is refused for ever, and leaves nothing behind") {
  test::temp_folder here;
  const auto send = channel(here.path());
  for (const acta::mail& m : {acta::mail{"ada@example.org", "a\nBcc: eve@example.org", ""},
                              acta::mail{"ada@example.org\nBcc: eve@example.org", "a", ""},
                              acta::mail{"../../etc/passwd", "a", ""}}) {
    const auto sent = send(m, why());
    REQUIRE_FALSE(sent);
    CHECK(sent.error().code() == acta::condition::invalid);
  }
  CHECK(files_in(here / "new").empty());
  CHECK(files_in(here / "tmp").empty());
}

TEST_CASE("a maildir that is taken away is there again for the next try") {
  test::temp_folder here;
  const auto send = channel(here / "mail");
  fs::remove_all(here / "mail");
  CHECK(send({"ada@example.org", "hello", "text"}, why()).error().code() == channel_errc::io);
  REQUIRE(send({"ada@example.org", "hello", "text"}, why()));
  CHECK(files_in(here / "mail/new").size() == 1);
}

TEST_CASE("a maildir inside a store waits for the first mail, as a store wants an empty folder") {
  test::temp_folder here;
  const auto made = acta::maildir_mail(here / "data/mail", {.make_at_once = false});
  REQUIRE(made);
  CHECK_FALSE(fs::exists(here / "data"));
  REQUIRE((*made)({"ada@example.org", "hello", "text"}, why()));
  CHECK(files_in(here / "data/mail/new").size() == 1);
}

TEST_CASE("a maildir that cannot be made says why") {
  test::temp_folder here;
  std::ofstream(here / "file") << "in the way";
  const auto made = acta::maildir_mail(here / "file");
  REQUIRE_FALSE(made);
  CHECK(made.error().code() == channel_errc::io);
  CHECK(acta::maildir_mail(here / "mail", {.from = "nobody"}).error().code() ==
        channel_errc::bad_options);
  CHECK(acta::maildir_mail("").error().code() == channel_errc::bad_options);
}

} // namespace maildir_test
