// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "client/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include <istream>
#include <optional>
#include <set>
#include <thread>

namespace session_test {

using namespace shop::tools;
using asio::ip::tcp;

namespace {

/// What a server does with a request, besides the answers it is told to give.
const std::string hang_up = "hang up";
const std::string half_an_answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";

std::string reply(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

/// A node that does with one request after another what the script says, and notes their keys.
class scripted_node {
public:
  explicit scripted_node(std::vector<std::string> script) : script_(std::move(script)) {
    thread_ = std::thread([this] { run(); });
  }
  ~scripted_node() { thread_.join(); }

  [[nodiscard]] address where() const {
    return *parse_address("http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()));
  }
  /// After the script.
  const std::vector<std::string>& keys() {
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return keys_;
  }

private:
  void run() {
    std::optional<tcp::socket> client;
    asio::streambuf buffer;
    for (const auto& step : script_) {
      if (!client) {
        client = acceptor_.accept();
        buffer.consume(buffer.size());
      }
      asio::read_until(*client, buffer, "\r\n\r\n");
      std::istream head(&buffer);
      std::size_t body_bytes = 0;
      for (std::string line; std::getline(head, line) && line != "\r";) {
        if (line.starts_with("Idempotency-Key: ")) keys_.push_back(line.substr(17));
        if (line.starts_with("Content-Length: ")) body_bytes = std::stoul(line.substr(16));
      }
      if (buffer.size() < body_bytes)
        asio::read(*client, buffer, asio::transfer_exactly(body_bytes - buffer.size()));
      buffer.consume(body_bytes);
      if (step != hang_up) asio::write(*client, asio::buffer(step));
      if (step == hang_up || step == half_an_answer) client.reset();
    }
  }

  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
  std::vector<std::string> script_;
  std::vector<std::string> keys_;
  std::thread thread_;
};

constexpr patience quick{.all = std::chrono::seconds{20},
                         .attempt = std::chrono::seconds{10},
                         .pause_min = std::chrono::milliseconds{1},
                         .pause_max = std::chrono::milliseconds{5}};

answer send(const address& to, const request& r, patience limits = quick,
            session::observer seen = {}) {
  asio::io_context context;
  session line(context.get_executor(), to, limits, std::move(seen));
  answer got;
  co_spawn(context, line.send(r), [&](const std::exception_ptr& failed, answer a) {
    if (failed) std::rethrow_exception(failed);
    got = std::move(a);
  });
  context.run();
  return got;
}

} // namespace

TEST_CASE("a command that meets a dying node keeps its key through all attempts") {
  scripted_node node({hang_up, half_an_answer, reply("503 Service Unavailable", "{}"),
                      reply("429 Too Many Requests", "{}"), reply("504 Gateway Timeout", "{}"),
                      reply("200 OK", R"({"position":"0:1"})")});
  std::size_t seen = 0;
  const auto adding = request::command("cart", "1", "add_item");
  const auto got = send(node.where(), adding, quick, [&](const request&, const answer& a) {
    ++seen;
    CHECK(a.attempts == 6);
  });
  CHECK(got.ok());
  CHECK(got.position() == "0:1");
  CHECK(seen == 1);
  CHECK(node.keys().size() == 6);
  CHECK(std::set<std::string>(node.keys().begin(), node.keys().end()).size() == 1);
}

TEST_CASE("what will be the same next time is not asked again") {
  for (const auto* const status :
       {"400 Bad Request", "404 Not Found", "409 Conflict", "500 Internal Server Error"}) {
    scripted_node node({reply(status, R"({"code":"no"})")});
    const auto got = send(node.where(), request::command("cart", "1", "add_item"));
    CHECK(got.attempts == 1);
    CHECK(got.code() == "no");
  }
}

TEST_CASE("a node that does not come back is given up after a bound") {
  asio::io_context context;
  tcp::acceptor nobody(context, {asio::ip::make_address("127.0.0.1"), 0});
  const auto port = nobody.local_endpoint().port();
  nobody.close(); // refuses from now on
  auto limits = quick;
  limits.all = std::chrono::milliseconds{500};
  const auto to = *parse_address("http://127.0.0.1:" + std::to_string(port));
  const auto got = send(to, request::state("cart", "1"), limits);
  CHECK(got.status == 0);
  CHECK(got.attempts > 1);
  CHECK(got.trouble.starts_with("connecting: "));
  CHECK(got.describe().starts_with("no answer after "));
}

TEST_CASE("a node that is silent is asked again on another connection") {
  asio::io_context context;
  tcp::acceptor silent(context, {asio::ip::make_address("127.0.0.1"), 0});
  const auto to =
      *parse_address("http://127.0.0.1:" + std::to_string(silent.local_endpoint().port()));
  auto limits = quick;
  limits.all = std::chrono::milliseconds{1000};
  limits.attempt = std::chrono::milliseconds{30};
  const auto got = send(to, request::state("cart", "1"), limits);
  CHECK(got.status == 0);
  CHECK(got.attempts > 1);
  CHECK_FALSE(got.trouble.empty());
}

} // namespace session_test
