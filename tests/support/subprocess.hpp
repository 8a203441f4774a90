// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A program run beside the test, with its output and its end, both with deadlines. It does not
/// outlive the test.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace test {

class subprocess {
public:
  static constexpr std::chrono::seconds patience{60};

  explicit subprocess(std::vector<std::string> command,
                      const std::string& working_directory = ".") {
    if (::pipe2(out_, O_CLOEXEC) != 0 || ::pipe2(err_, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe2");
    std::vector<char*> argv;
    for (auto& word : command) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(out_[1], STDOUT_FILENO);
      ::dup2(err_[1], STDERR_FILENO);
      if (::chdir(working_directory.c_str()) != 0) ::_exit(126);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(out_[1]);
    ::close(err_[1]);
    for (const int end : {out_[0], err_[0]}) ::fcntl(end, F_SETFL, O_NONBLOCK);
  }
  ~subprocess() {
    if (pid_ > 0) {
      signal(SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::close(out_[0]);
    if (err_[0] >= 0) ::close(err_[0]);
  }
  subprocess(const subprocess&) = delete;
  subprocess& operator=(const subprocess&) = delete;

  void signal(int number) const { ::kill(pid_, number); }
  [[nodiscard]] int pid() const noexcept { return pid_; }

  /// The next line of stdout, or nothing if it ends first.
  std::optional<std::string> line() {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      if (const auto end = output_.find('\n'); end != std::string::npos) {
        auto text = output_.substr(0, end);
        output_.erase(0, end + 1);
        return text;
      }
      if (!read_more(deadline)) return std::nullopt;
    }
  }
  /// Waits for `text` on stderr.
  bool logs(const std::string& text) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (errors_.find(text) == std::string::npos)
      if (!read_more(deadline)) return errors_.find(text) != std::string::npos;
    return true;
  }
  /// Nobody reads its stderr from now on: what it writes fills the pipe, and stays there.
  void do_not_read_errors() noexcept { err_open_ = false; }
  /// Nobody ever will: what it writes is refused.
  void close_errors() noexcept {
    err_open_ = false;
    ::close(std::exchange(err_[0], -1));
  }
  /// Whether it has not ended yet.
  [[nodiscard]] bool lives() const {
    siginfo_t state{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           state.si_pid == 0;
  }
  /// Waits for the end: its exit code, or minus the signal that ended it; nothing if it does not
  /// end.
  std::optional<int> end(std::chrono::seconds limit = patience) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (read_more(deadline)) {}
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    int status = 0;
    ::waitpid(pid_, &status, 0); // its output has ended
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] const std::string& output() const noexcept { return output_; }
  [[nodiscard]] const std::string& errors() const noexcept { return errors_; }

private:
  /// False when both streams have ended, or at the deadline.
  bool read_more(std::chrono::steady_clock::time_point deadline) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd ends[] = {{out_open_ ? out_[0] : -1, POLLIN, 0}, {err_open_ ? err_[0] : -1, POLLIN, 0}};
    if (!out_open_ && !err_open_) return false;
    if (::poll(ends, 2, static_cast<int>(left.count())) <= 0) return false;
    if (ends[0].revents != 0) out_open_ = take(out_[0], output_);
    if (ends[1].revents != 0) err_open_ = take(err_[0], errors_);
    return true;
  }
  static bool take(int from, std::string& to) {
    char piece[4096];
    const auto got = ::read(from, piece, sizeof piece);
    if (got > 0) to.append(piece, static_cast<std::size_t>(got));
    return got != 0;
  }

  int out_[2];
  int err_[2];
  bool out_open_ = true;
  bool err_open_ = true;
  pid_t pid_ = -1;
  std::string output_;
  std::string errors_;
};

} // namespace test
