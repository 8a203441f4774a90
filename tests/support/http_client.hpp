// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A client that can also misbehave: it sends whatever bytes it is given, and reads answers with a
/// deadline.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace test {

struct http_answer {
  unsigned status = 0;                        ///< 0: the connection ended before a whole answer
  std::map<std::string, std::string> headers; ///< names in lower case
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto at = headers.find(name);
    return at == headers.end() ? std::string() : at->second;
  }
  [[nodiscard]] bool has(std::string_view text) const {
    return body.find(text) != std::string::npos;
  }
};

class http_client {
public:
  explicit http_client(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      const std::string why = std::strerror(errno);
      ::close(socket_);
      throw std::runtime_error("connect: " + why);
    }
  }
  ~http_client() { ::close(socket_); }
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// False if the other side has hung up.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_of_sending() { ::shutdown(socket_, SHUT_WR); }

  /// The next answer. `to_head`: an answer without a body, whatever its Content-Length.
  http_answer receive(bool to_head = false) {
    http_answer answer;
    std::size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!fill()) return answer;
    std::string_view head(buffer_.data(), end + 2);
    const auto status = static_cast<unsigned>(std::stoul(std::string(head.substr(9, 3))));
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const auto line = head.substr(0, head.find("\r\n"));
      head.remove_prefix(line.size() + 2);
      const auto colon = line.find(':');
      std::string name(line.substr(0, colon));
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
      answer.headers[name] = line.substr(line.find_first_not_of(' ', colon + 1));
    }
    buffer_.erase(0, end + 4);
    const auto length = answer.header("content-length");
    const auto bytes = length.empty() || to_head ? 0 : std::stoul(length);
    while (buffer_.size() < bytes)
      if (!fill()) return answer;
    answer.body = buffer_.substr(0, bytes);
    buffer_.erase(0, bytes);
    answer.status = status;
    return answer;
  }
  /// Bytes as they come, of an answer without an end; empty if there are no more.
  std::string receive_some() {
    if (buffer_.empty() && !fill()) return {};
    return std::exchange(buffer_, {});
  }
  /// Whether the other side closes, in place of any further byte.
  bool closed() { return buffer_.empty() && !fill() && errno != EAGAIN; }

  http_answer get(const std::string& target, const std::string& headers = {}) {
    send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    return receive();
  }
  static std::string post_text(const std::string& target, std::string_view body,
                               const std::string& headers = {}) {
    return ("POST " + target +
            " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n" + headers + "\r\n")
        .append(body);
  }
  http_answer post(const std::string& target, std::string_view body,
                   const std::string& headers = {}) {
    send(post_text(target, body, headers));
    return receive();
  }

private:
  bool fill() {
    char piece[16384];
    errno = 0;
    const auto got = ::recv(socket_, piece, sizeof piece, 0);
    if (got <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  std::string buffer_;
};

} // namespace test
