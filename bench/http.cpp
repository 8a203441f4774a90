// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Durable commands over HTTP: gateway and runtime in this process, clients on loopback beside them,
// on the same cores.
#include "ledger.hpp"
#include "percentile.hpp"
#include "scratch_folder.hpp"

#include <acta/gateway/gateway.hpp>
#include <acta/runtime.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <stdexcept>

using steady = std::chrono::steady_clock;

namespace {

struct settings {
  std::filesystem::path folder = "bench-data";
  std::chrono::milliseconds time{3000};
  std::vector<std::size_t> connections{1, 64, 256};
  std::size_t aggregates = 10'000;
  std::size_t event_bytes = 200;
  std::size_t gateway_threads = 1;
};

void check(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

/// One keep-alive connection with one request on its way.
struct connection {
  int socket = -1;
  std::string answer;
  steady::time_point since;
};

int connect_to(std::uint16_t port) {
  const int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(s >= 0, "socket");
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(connect(s, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0, "connect");
  const int on = 1;
  check(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
  return s;
}

/// Whether `text` holds a whole answer. Throws unless it is a 200 with a length.
bool complete(const std::string& text) {
  const auto head = text.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  if (!text.starts_with("HTTP/1.1 200 ")) throw std::runtime_error("not 200: " + text);
  constexpr std::string_view field = "\r\nContent-Length: ";
  const auto at = text.find(field);
  std::size_t length = 0;
  if (at == std::string::npos ||
      std::from_chars(text.data() + at + field.size(), text.data() + head, length).ec !=
          std::errc{})
    throw std::runtime_error("no length: " + text);
  return text.size() >= head + 4 + length;
}

void measure(const settings& s, std::size_t connections) {
  std::filesystem::remove_all(s.folder / "store");
  acta::model m;
  m.aggregate<bench::ledger>();
  auto runtime = acta::runtime::open(s.folder / "store", std::move(m));
  if (!runtime) throw std::runtime_error(runtime.error().to_string());
  auto gateway = acta::gateway::open(*runtime, {.threads = s.gateway_threads});
  if (!gateway) throw std::runtime_error(gateway.error().to_string());

  const auto body = fmt::format(R"({{"text":"{}"}})", std::string(s.event_bytes, 'x'));
  std::size_t next = 0;
  const auto send_one = [&](connection& c) {
    next = (next + 7919) % s.aggregates;
    const auto request = fmt::format(
        "POST /v1/ledger/{}/note HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n\r\n{}",
        next, body.size(), body);
    c.answer.clear();
    c.since = steady::now();
    check(send(c.socket, request.data(), request.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(request.size()),
          "send");
  };

  const int poll = epoll_create1(EPOLL_CLOEXEC);
  check(poll >= 0, "epoll_create1");
  std::vector<connection> all(connections);
  for (auto& c : all) {
    c.socket = connect_to((*gateway)->port());
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = &c;
    check(epoll_ctl(poll, EPOLL_CTL_ADD, c.socket, &e) == 0, "epoll_ctl");
    send_one(c);
  }
  std::vector<float> latencies;
  latencies.reserve(2'000'000);
  std::vector<epoll_event> ready(connections);
  std::array<char, 16384> bytes;
  const auto start = steady::now() + s.time / 4; // the first quarter warms up
  const auto end = start + s.time;
  while (steady::now() < end) {
    const int count = epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), 1000);
    check(count >= 0, "epoll_wait");
    for (int i = 0; i < count; ++i) {
      auto& c = *static_cast<connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
      const auto got = recv(c.socket, bytes.data(), bytes.size(), 0);
      check(got > 0, "recv");
      c.answer.append(bytes.data(), static_cast<std::size_t>(got));
      if (!complete(c.answer)) continue;
      const auto now = steady::now();
      if (now >= start)
        latencies.push_back(std::chrono::duration<float, std::micro>(now - c.since).count());
      send_one(c);
    }
  }
  for (auto& c : all) close(c.socket);
  close(poll);
  const auto per_second =
      static_cast<double>(latencies.size()) / std::chrono::duration<double>(s.time).count();
  std::ranges::sort(latencies);
  fmt::print("{:>12} {:>12.0f} {:>9.0f} {:>9.0f} {:>9.0f}\n", connections, per_second,
             bench::percentile(latencies, 0.5), bench::percentile(latencies, 0.99),
             bench::percentile(latencies, 0.999));
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  std::size_t milliseconds = 3000;
  CLI::App app(
      "Durable commands over HTTP on loopback; server and clients share this machine's cores");
  app.add_option("--data", s.folder,
                 "folder on the disk to measure; a new one is made in it, and removed")
      ->capture_default_str();
  app.add_option("--time", milliseconds, "milliseconds a measurement")->capture_default_str();
  app.add_option("--connections", s.connections, "numbers of connections")->capture_default_str();
  app.add_option("--aggregates", s.aggregates, "aggregates the commands go to")
      ->capture_default_str();
  app.add_option("--event-bytes", s.event_bytes, "bytes of an event's text")->capture_default_str();
  app.add_option("--gateway-threads", s.gateway_threads, "event loops of the gateway")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  s.time = std::chrono::milliseconds{milliseconds};
  fmt::print("{:>12} {:>12} {:>9} {:>9} {:>9}\n", "connections", "commands/s", "p50 us", "p99 us",
             "p99.9 us");
  try {
    const bench::scratch_folder scratch(s.folder);
    s.folder = scratch.path();
    for (const auto n : s.connections) measure(s, n);
  } catch (const std::exception& e) {
    std::cerr << "bench_http: " << e.what() << '\n';
    return 1;
  }
}
