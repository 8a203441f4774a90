// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The victim: opens the store, sends commands from many clients, and writes down each receipt it
// gets. It runs until it is killed. Usage: crash_worker FOLDER SEED
#include "client.hpp"
#include "counter.hpp"

#include <thread>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string folder = argv[1];
  const auto seed = std::stoull(argv[2]);
  const auto log_path = folder + "/acknowledged";
  const auto last = crash::read_last_acknowledged(log_path);
  const int log = crash::open_log(log_path);
  acta::model m;
  m.aggregate<test::counter>(
      {.snapshot_every = 20, .passivate_after = std::chrono::milliseconds{15}});
  auto runtime =
      acta::runtime::open(folder + "/store", std::move(m),
                          {.resident_max = 32, .index_delay_max = std::chrono::milliseconds{40}});
  if (!runtime) crash::give_up(runtime.error().to_string());
  if (log < 0) crash::give_up("cannot open the log");
  const auto send = [&](const crash::step& s, std::uint64_t) {
    return runtime->ask<test::counter>(s.stream_id, test::add_many{s.amount, s.events},
                                       {.command_id = s.command_id});
  };
  std::vector<std::thread> clients;
  for (std::uint32_t c = 0; c < crash::clients; ++c)
    clients.emplace_back([&, c] {
      crash::run_client(seed, c, last[c] + 1, log, send, [](const acta::receipt&) {});
    });
  for (auto& c : clients) c.join();
}
