// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "log_writer.hpp"

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace acta::node {

namespace {

constexpr std::chrono::milliseconds patience_at_end{1000};

/// Returns why the descriptor did not take the text; 0 if it did.
int write_all(int to, std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::write(to, text.data(), text.size());
    if (wrote >= 0) {
      text.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EAGAIN) { // its flags are those of whoever else has it open
      pollfd writable{to, POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

} // namespace

struct log_writer::inside {
  int to = -1;
  formatter format;
  mutable std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable written;
  std::deque<log_line> queue;
  std::size_t bytes = 0; ///< of the queue's texts
  std::uint64_t pushed = 0;
  std::uint64_t done = 0; ///< written or lost, of those pushed
  std::uint64_t lost = 0;
  std::uint64_t lost_told = 0;
  std::string lost_why;
  bool stopping = false;

  /// Pre: the mutex is held.
  void lose(std::uint64_t lines, const char* why) noexcept {
    lost += lines;
    try {
      lost_why = why;
    } catch (...) {} // memory: an older reason stays
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      std::string text;
      const auto untold = lost - lost_told;
      if (untold != 0) append_loss(untold, text);
      const auto line = std::move(queue.front());
      queue.pop_front();
      bytes -= line.text.size();
      lock.unlock();
      append(line, text);
      const int failed = write_all(to, text);
      lock.lock();
      if (failed != 0)
        lose(1, std::strerror(failed));
      else
        lost_told += untold;
      ++done;
      written.notify_all();
    }
  }
  /// What cannot be formatted is worth less than the thread.
  void append(const log_line& line, std::string& text) const noexcept {
    try {
      format(line, text);
    } catch (...) {}
  }
  void append_loss(std::uint64_t lines, std::string& text) const noexcept {
    try {
      append({log_level::warning, std::chrono::system_clock::now(),
              std::to_string(lines) + " lines of this log were lost: " + lost_why},
             text);
    } catch (...) {} // as above
  }
};

log_writer::log_writer(int to, formatter format) : inside_(std::make_shared<inside>()) {
  inside_->to = to;
  inside_->format = std::move(format);
  std::thread([shared = inside_] { shared->run(); }).detach();
}

log_writer::~log_writer() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->stopping = true;
    inside_->wake.notify_one();
  }
  flush(patience_at_end);
}

void log_writer::push(log_level level, std::string_view text) {
  log_line line{level, std::chrono::system_clock::now(),
                std::string(text.substr(0, log_line_bytes_max))};
  if (text.size() > log_line_bytes_max) line.text += "... (cut)";
  auto& in = *inside_;
  const std::lock_guard lock(in.mutex);
  in.queue.push_back(std::move(line));
  in.bytes += in.queue.back().text.size();
  ++in.pushed;
  while (in.queue.size() > log_lines_max || in.bytes > log_bytes_max) {
    in.bytes -= in.queue.front().text.size();
    in.queue.pop_front();
    ++in.done;
    in.lose(1, "stderr did not keep up");
  }
  in.wake.notify_one();
}

bool log_writer::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(inside_->mutex);
  return inside_->written.wait_for(
      lock, limit, [this, until = inside_->pushed] { return inside_->done >= until; });
}

std::uint64_t log_writer::lost() const {
  const std::lock_guard lock(inside_->mutex);
  return inside_->lost;
}

} // namespace acta::node
