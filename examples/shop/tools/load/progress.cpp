// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include "../client/session.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <cstdio>

namespace shop::load {

using steady = std::chrono::steady_clock;

progress::progress(const figures& counted, std::size_t customers)
    : counted_(counted), customers_(customers), terminal_(::isatty(STDERR_FILENO) == 1) {}

std::string progress::line() {
  const auto now = steady::now();
  const auto seconds = std::chrono::duration<double>(now - last_).count();
  const auto rate =
      seconds > 0 ? static_cast<double>(counted_.requests() - requests_then_) / seconds : 0.0;
  requests_then_ = counted_.requests();
  last_ = now;
  auto text = fmt::format("{:6.1f} s  customers {}/{}  {:.0f} requests/s",
                          std::chrono::duration<double>(now - begin_).count(), counted_.customers(),
                          customers_, rate);
  for (std::size_t i = 0; i < outcome_names.size(); ++i)
    if (const auto count = counted_.count(static_cast<outcome>(i)); count != 0)
      text += fmt::format("  {} {}", outcome_names[i], count);
  if (counted_.repeated() != 0) text += fmt::format("  repeated {}", counted_.repeated());
  return text;
}

boost::asio::awaitable<void> progress::show() {
  const std::chrono::milliseconds every{terminal_ ? 200 : 1000};
  for (;;) {
    co_await tools::pause_for(every);
    if (finished_) co_return;
    if (terminal_)
      fmt::print(stderr, "\r{}\x1b[K", line());
    else
      fmt::print(stderr, "{}\n", line());
    std::fflush(stderr);
  }
}

void progress::finish() {
  finished_ = true;
  fmt::print(stderr, "{}{}\n", terminal_ ? "\r\x1b[K" : "", line());
}

} // namespace shop::load
