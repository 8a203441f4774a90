// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "log_writer.hpp"

#include "eventually.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace log_writer_test {

using namespace std::chrono_literals;
using acta::log_level;
using acta::node::log_line;
using acta::node::log_writer;

namespace {

struct pipe_ends {
  int read_end;
  int write_end;
  pipe_ends() {
    std::signal(SIGPIPE, SIG_IGN); // as in the program
    int both[2];
    if (::pipe2(both, O_CLOEXEC) != 0) FAIL("pipe2");
    read_end = both[0];
    write_end = both[1];
    ::fcntl(read_end, F_SETFL, O_NONBLOCK);
  }
  ~pipe_ends() {
    ::close(read_end);
    // Not the other end: a writer that was left behind may still have it.
  }
  /// What is there now.
  [[nodiscard]] std::string read() const {
    std::string all;
    char piece[65536];
    for (ssize_t got; (got = ::read(read_end, piece, sizeof piece)) > 0;)
      all.append(piece, static_cast<std::size_t>(got));
    return all;
  }
};

void append(const log_line& line, std::string& to) { to.append(line.text).append("\n"); }

} // namespace

TEST_CASE("lines are written in order, all of them, before the log ends") {
  const pipe_ends p;
  std::string expected;
  {
    log_writer log(p.write_end, append);
    for (int i = 0; i < 1'000; ++i) {
      log.push(log_level::info, std::to_string(i));
      expected += std::to_string(i) + '\n';
    }
  }
  CHECK(p.read() == expected);
}

TEST_CASE("a log nobody reads holds nobody up, and tells later how many lines were lost") {
  const pipe_ends p;
  std::string all;
  {
    log_writer log(p.write_end, append);
    const std::string line(1'000, 'x');
    for (int i = 0; i < 30'000; ++i) log.push(log_level::info, line);
    CHECK_FALSE(log.flush(50ms));
    CHECK(log.lost() >= 30'000 - acta::node::log_lines_max - 100);
    CHECK(test::eventually([&] { // until the writer has caught up
      all += p.read();
      return log.flush(0ms);
    }));
    log.push(log_level::info, "the last one");
  }
  all += p.read();
  INFO(all.size());
  CHECK(all.find(" lines of this log were lost: stderr did not keep up\n") != std::string::npos);
  CHECK(all.ends_with("the last one\n"));
}

TEST_CASE("a log that is full for ever does not keep its owner") {
  const auto p = std::make_unique<pipe_ends>();
  const auto before = std::chrono::steady_clock::now();
  {
    log_writer log(p->write_end, append);
    for (int i = 0; i < 1'000; ++i) log.push(log_level::info, std::string(1'000, 'x'));
  }
  CHECK(std::chrono::steady_clock::now() - before < 8s);
}

TEST_CASE("lines that the descriptor refuses are lost and counted") {
  std::signal(SIGPIPE, SIG_IGN);
  int both[2];
  REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
  ::close(both[0]);
  log_writer log(both[1], append);
  for (int i = 0; i < 10; ++i) log.push(log_level::info, "x");
  CHECK(log.flush(10s));
  CHECK(log.lost() == 10);
}

TEST_CASE("lines longer than a page of text are cut, and few long ones are as many short ones") {
  const pipe_ends p;
  log_writer log(p.write_end, append);
  for (int i = 0; i < 1'000; ++i) log.push(log_level::info, std::string(200'000, 'x'));
  CHECK(log.lost() >= 1'000 - acta::node::log_bytes_max / acta::node::log_line_bytes_max - 2);
  std::string all;
  CHECK(test::eventually([&] {
    all += p.read();
    return log.flush(0ms);
  }));
  CHECK(all.find("x... (cut)\n") != std::string::npos);
}

} // namespace log_writer_test
