// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A victim as its judge sees it: a process that must live until it is killed.
#pragma once

#include "eventually.hpp"
#include "plan.hpp"
#include "subprocess.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace crash {

/// ACTA_SEED, or a new one; shown, so that the run can be repeated.
inline std::uint64_t choose_seed() {
  const auto* given = std::getenv("ACTA_SEED");
  const auto seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  WARN("seed " << seed << " (repeat with ACTA_SEED=" << seed << ")");
  return seed;
}
/// ACTA_CRASH_ROUNDS, or `few`.
inline int choose_rounds(int few) {
  const auto* wanted = std::getenv("ACTA_CRASH_ROUNDS");
  return wanted != nullptr ? std::atoi(wanted) : few;
}

class victim {
public:
  /// @param folder  where it writes `acknowledged`.
  victim(std::vector<std::string> command, const std::filesystem::path& folder)
      : log_(folder / "acknowledged"), known_(log_bytes()), process_(std::move(command)) {}

  /// Waits, and sees to it that the victim lives.
  template <class F> void live_until(F&& condition) {
    const auto is_met = [&] {
      if (condition()) return true;
      must_live();
      return false;
    };
    if (!test::eventually(is_met, std::chrono::seconds{60}))
      FAIL("the victim does not come so far");
  }
  void live_for(std::chrono::microseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    live_until([&] { return std::chrono::steady_clock::now() >= end; });
  }
  /// Until it has acknowledged more than its predecessors.
  void live_until_acknowledged() {
    live_until([&] { return log_bytes() > known_; });
  }
  void kill() {
    must_live();
    process_.signal(SIGKILL);
    REQUIRE(process_.end() == -SIGKILL);
  }
  /// Holds it where it is, until go_on().
  void stop() {
    must_live();
    process_.signal(SIGSTOP);
    siginfo_t ignored;
    REQUIRE(waitid(P_PID, id(), &ignored, WSTOPPED) == 0);
  }
  void go_on() { process_.signal(SIGCONT); }

private:
  [[nodiscard]] id_t id() const { return static_cast<id_t>(process_.pid()); }
  [[nodiscard]] std::uintmax_t log_bytes() const {
    std::error_code code;
    const auto size = std::filesystem::file_size(log_, code);
    return code ? 0 : size;
  }
  /// It must not end by itself.
  void must_live() {
    if (process_.lives()) return;
    const auto end = process_.end();
    FAIL("the victim ended by itself (" << end.value_or(0) << "): " << process_.errors());
  }

  std::filesystem::path log_;
  std::uintmax_t known_;
  test::subprocess process_;
};

} // namespace crash
