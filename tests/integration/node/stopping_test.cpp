// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// A node that is told to end ends, whoever it waits for.
#include "eventually.hpp"
#include "http_client.hpp"
#include "node_folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <iterator>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace std::chrono_literals;
using test::http_client;
using test::node_folder;
using test::port_of;
using test::says;

namespace {

const std::string slow_module = '"' + std::string(SLOW_MODULE) + '"';

/// Takes connections, and never says a word.
class silent_server {
public:
  silent_server() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket_, 16) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~silent_server() { ::close(socket_); }
  silent_server(const silent_server&) = delete;
  silent_server& operator=(const silent_server&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// Whether somebody has called.
  [[nodiscard]] bool called() const {
    pollfd waiting{socket_, POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }

private:
  int socket_;
  std::uint16_t port_ = 0;
};

/// How long until the end, and the code.
std::pair<std::chrono::milliseconds, int> end_of(test::subprocess& node) {
  const auto before = std::chrono::steady_clock::now();
  const auto code = node.end();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                before),
          code.value_or(-999)};
}

std::size_t threads_of(int pid) {
  std::error_code failed;
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/task", failed);
  return failed ? 0 : static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace

TEST_CASE("a silent mail server does not keep a node beyond its deadline") {
  const silent_server smtp;
  const node_folder here(slow_module, "shutdown_deadline = \"100ms\"\n[mail]\nserver = "
                                      "\"127.0.0.1\"\nsecurity = \"none\"\nfrom = "
                                      "\"shop@example.org\"\ntimeout = \"5min\"\nport = " +
                                          std::to_string(smtp.port()));
  const auto node = here.start();
  http_client c(port_of(*node));
  REQUIRE(c.post("/v1/snail/1/note", "{}").status == 200);
  REQUIRE(test::eventually([&] { return smtp.called(); }));
  node->signal(SIGTERM);
  const auto [took, code] = end_of(*node);
  CHECK(code == 6);
  CHECK(took < 8s);
  says(node->errors(), "node.shutdown_deadline");
}

TEST_CASE("a decide that does not return does not keep a node beyond its deadline") {
  const node_folder here(slow_module, "shutdown_deadline = \"100ms\"");
  const auto node = here.start();
  const auto port = port_of(*node);
  http_client c(port);
  c.send(http_client::post_text("/v1/snail/1/think", R"({"seconds":300})"));
  http_client other(port);
  REQUIRE(test::eventually([&] { return other.get("/health/ready").has("\"outstanding\":1"); }));
  node->signal(SIGTERM);
  const auto [took, code] = end_of(*node);
  CHECK(code == 6);
  CHECK(took < 8s);
}

TEST_CASE("a signal while a node starts is not forgotten, and a second one ends it at once") {
  const node_folder here(slow_module, "[settings.snail]\nstart_seconds = 300");
  const auto node = here.start();
  // Its signals are blocked from the first moment on; the log's thread is there when this is.
  REQUIRE(test::eventually([&] { return threads_of(node->pid()) >= 3; }));
  node->signal(SIGTERM);
  REQUIRE(node->logs("SIGTERM: stopping; once more ends at once"));
  CHECK(node->lives());
  node->signal(SIGTERM);
  const auto [took, code] = end_of(*node);
  CHECK(code == 128 + SIGTERM);
  CHECK(took < 5s);
}

TEST_CASE(
    "a terminal that closes does not kill a node that is stopping, however often it says so") {
  const node_folder here(slow_module, "[settings.snail]\nstart_seconds = 300");
  const auto node = here.start();
  REQUIRE(test::eventually([&] { return threads_of(node->pid()) >= 3; }));
  node->signal(SIGHUP);
  REQUIRE(node->logs("SIGHUP: stopping"));
  // The shell tells its jobs, and the system tells them again. Of two that wait, the node takes
  // SIGHUP first.
  node->signal(SIGHUP);
  node->signal(SIGTERM);
  const auto [took, code] = end_of(*node);
  CHECK(code == 128 + SIGTERM);
  CHECK(took < 5s);
}

TEST_CASE("a node that is told to end while it starts, and cannot, ends at the deadline") {
  const node_folder here(slow_module,
                         "shutdown_deadline = \"100ms\"\n[settings.snail]\nstart_seconds = 300");
  const auto node = here.start();
  REQUIRE(test::eventually([&] { return threads_of(node->pid()) >= 3; }));
  node->signal(SIGINT);
  const auto [took, code] = end_of(*node);
  CHECK(code == 6);
  CHECK(took < 8s);
  says(node->errors(), "something did not end within node.shutdown_deadline");
}

TEST_CASE("a node that is told to end while it starts does so when it has started") {
  const node_folder here(slow_module, "[settings.snail]\nstart_seconds = 1");
  const auto node = here.start();
  REQUIRE(test::eventually([&] { return threads_of(node->pid()) >= 3; }));
  node->signal(SIGTERM);
  CHECK(node->end() == 0);
  CHECK(node->output().empty()); // nobody was told that it listens
}
