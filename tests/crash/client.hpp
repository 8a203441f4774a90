// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The clients inside a victim: they send what the plan says, and write down each receipt.
#pragma once

#include "plan.hpp"

#include <acta/runtime.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

namespace crash {

/// The last command each client has a receipt for.
inline std::array<std::uint64_t, clients> read_last_acknowledged(const std::string& log) {
  std::array<std::uint64_t, clients> last{};
  std::ifstream in(log, std::ios::binary);
  for (acknowledgement a; in.read(reinterpret_cast<char*>(&a), sizeof a);) last.at(a.client) = a.n;
  return last;
}

inline int open_log(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

/// Ends the victim where it should not have ended: the judge sees it, and shows what it wrote.
[[noreturn]] inline void give_up(const std::string& why) {
  std::cerr << "victim: " << why << std::endl;
  _exit(1);
}

/// @param next  the first command to send. @param send  `pending(const step&, n)`.
/// @param took  told of each receipt once it is in the log.
template <class Send, class Took>
[[noreturn]] void run_client(std::uint64_t seed, std::uint32_t client, std::uint64_t next, int log,
                             Send send, Took took) {
  std::deque<std::pair<std::uint64_t, acta::pending>> on_their_way;
  for (;;) {
    on_their_way.emplace_back(next, send(plan(seed, client, next), next));
    ++next;
    if (on_their_way.size() < window) continue;
    auto& [n, reply] = on_their_way.front();
    const auto receipt = reply.wait();
    if (!receipt) give_up(receipt.error().to_string());
    const acknowledgement a{client, 0, n, receipt->version, receipt->position.number};
    if (write(log, &a, sizeof a) != sizeof a) give_up("cannot write the log");
    took(*receipt);
    on_their_way.pop_front();
  }
}

} // namespace crash
