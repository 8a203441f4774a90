// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The victim: opens the store, sends commands from many clients, and writes down each receipt it
// gets. It runs until it is killed. Usage: crash_worker FOLDER SEED
#include "counter.hpp"
#include "plan.hpp"

#include <acta/runtime.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <fstream>
#include <iostream>
#include <thread>

namespace {

/// The last command each client has a receipt for.
std::array<std::uint64_t, crash::clients> read_acknowledged(const std::string& log) {
  std::array<std::uint64_t, crash::clients> last{};
  std::ifstream in(log, std::ios::binary);
  for (crash::acknowledgement a; in.read(reinterpret_cast<char*>(&a), sizeof a);)
    last.at(a.client) = a.n;
  return last;
}

void run_client(acta::runtime& runtime, std::uint64_t seed, std::uint32_t client,
                std::uint64_t next, int log) {
  std::deque<std::pair<std::uint64_t, acta::pending>> window;
  for (;;) {
    const auto s = crash::plan(seed, client, next);
    window.emplace_back(next,
                        runtime.ask<test::counter>(s.stream_id, test::add_many{s.amount, s.events},
                                                   {.command_id = s.command_id}));
    ++next;
    if (window.size() < crash::window) continue;
    auto& [n, reply] = window.front();
    const auto receipt = reply.wait();
    if (!receipt) {
      std::cerr << "crash_worker: " << receipt.error() << '\n';
      _exit(1);
    }
    const crash::acknowledgement a{client, 0, n, receipt->version, receipt->position.number};
    if (write(log, &a, sizeof a) != sizeof a) _exit(1);
    window.pop_front();
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string folder = argv[1];
  const auto seed = std::stoull(argv[2]);
  const auto log_path = folder + "/acknowledged";
  const auto last = read_acknowledged(log_path);
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  acta::model m;
  m.aggregate<test::counter>(
      {.snapshot_every = 20, .passivate_after = std::chrono::milliseconds{15}});
  auto runtime =
      acta::runtime::open(folder + "/store", std::move(m),
                          {.resident_max = 32, .index_delay_max = std::chrono::milliseconds{40}});
  if (!runtime || log < 0) {
    if (!runtime) std::cerr << "crash_worker: " << runtime.error() << '\n';
    return 1;
  }
  std::vector<std::thread> clients;
  for (std::uint32_t c = 0; c < crash::clients; ++c)
    clients.emplace_back([&, c] { run_client(*runtime, seed, c, last[c] + 1, log); });
  for (auto& c : clients) c.join();
}
