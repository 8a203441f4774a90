// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// What a node does with the descriptors, limits and signals that it was started with.
#include "eventually.hpp"
#include "http_client.hpp"
#include "node_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace std::chrono_literals;
using test::http_client;
using test::node_folder;
using test::port_of;
using test::says;

namespace {

/// Of a port that was free a moment ago, for a node that cannot say which one it took.
std::uint16_t free_port() {
  const int s = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(s, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(s, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(s);
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  try {
    return http_client(port).get("/health/live").status == 200;
  } catch (const std::exception&) { return false; }
}

} // namespace

TEST_CASE("a node whose standard descriptors are closed writes no log into its journal") {
  for (const std::string closed : {"<&- >&- 2>&-", "2>&-", "<&- 2>&-", ">&- 2>&-", "<&-"}) {
    INFO(closed);
    const node_folder here('"' + std::string(GOOD_MODULE) + '"', "log_level = \"debug\"");
    const auto port = free_port();
    {
      const auto node = here.start_by_shell("", closed, {"--port", std::to_string(port)});
      REQUIRE(test::eventually([&] { return answers(port); }));
      http_client c(port);
      for (int i = 0; i < 5; ++i)
        CHECK(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
      const auto proc = std::filesystem::path("/proc") / std::to_string(node->pid()) / "fd";
      for (const auto* standard : {"0", "1", "2"})
        CHECK(std::filesystem::read_symlink(proc / standard).string().find("data") ==
              std::string::npos);
      // Something to log: a command whose decide throws.
      CHECK(c.post("/v1/counter/42/throw_up", "{}").status == 500);
      node->signal(SIGTERM);
      CHECK(node->end() == 0);
    }
    const auto node = here.start();
    http_client c(port_of(*node));
    CHECK(c.get("/v1/counter/42").has(R"("version":5)"));
  }
}

TEST_CASE("a node lives on when the reader of its log is gone") {
  const node_folder here('"' + std::string(GOOD_MODULE) + '"', "log_level = \"debug\"");
  const auto node = here.start();
  http_client c(port_of(*node));
  node->close_errors();
  for (int i = 0; i < 20; ++i) CHECK(c.post("/v1/counter/42/throw_up", "{}").status == 500);
  CHECK(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
  CHECK(node->lives());
  node->signal(SIGTERM);
  CHECK(node->end() == 0);
}

TEST_CASE("a node whose log nobody reads serves, and ends when it is told to") {
  const node_folder here('"' + std::string(GOOD_MODULE) + '"', "log_level = \"debug\"");
  const auto node = here.start();
  node->do_not_read_errors();
  http_client c(port_of(*node));
  for (int i = 0; i < 2'000; ++i) REQUIRE(c.post("/v1/counter/42/throw_up", "{}").status == 500);
  CHECK(c.post("/v1/counter/42/add", R"({"amount":1})").status == 200);
  node->signal(SIGTERM);
  CHECK(test::eventually([&] { return !node->lives(); }, 10s));
  CHECK(node->end() == 0);
}

TEST_CASE("a node whose stdout nobody reads serves, and ends when it is told to") {
  const node_folder here;
  const auto full = (here.folder / "stdout").string();
  REQUIRE(::mkfifo(full.c_str(), 0600) == 0);
  const int pipe = ::open(full.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(pipe >= 0);
  while (::write(pipe, "x", 1) == 1) {}
  const auto port = free_port();
  const auto node = here.start_by_shell("", ">'" + full + "'", {"--port", std::to_string(port)});
  REQUIRE(node->logs("listening on http://"));
  CHECK(answers(port));
  node->signal(SIGTERM);
  CHECK(test::eventually([&] { return !node->lives(); }, 10s));
  CHECK(node->end() == 0);
  says(node->errors(), "stdout does not take");
  ::close(pipe);
}

TEST_CASE("a file that may not grow is an error of its write, and the node says which") {
  // In blocks of 512 bytes: the journal is full soon, and so are index and snapshots.
  const node_folder here('"' + std::string(GOOD_MODULE) + '"',
                         "[settings.counter]\nsnapshot_every = 1");
  const auto node = here.start_by_shell("ulimit -f 2000;", "");
  http_client c(port_of(*node));
  const auto body = R"({"text":")" + std::string(50'000, 'x') + R"("})";
  int refused = 0;
  for (int i = 0; i < 100 && refused < 5; ++i)
    if (c.post("/v1/counter/42/note", body).status != 200) ++refused;
  CHECK(refused == 5);
  CHECK(node->lives());
  const auto ready = c.get("/health/ready");
  CHECK(ready.status == 503);
  CHECK(ready.has("store_full"));
  CHECK(node->logs("store_full"));
  CHECK(c.get("/v1/counter/42").status == 200);
  node->signal(SIGTERM);
  CHECK(node->end() == 0);
}
