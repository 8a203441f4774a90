// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The victim with processes: asks for transfers, as many as go, until it is killed.
// Usage: crash_process_worker FOLDER SEED ROUND
#include "client.hpp"
#include "transfers.hpp"

#include <random>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 4) crash::give_up("usage: crash_process_worker FOLDER SEED ROUND");
  const std::string folder = argv[1];
  const std::string round = argv[3];
  auto runtime = acta::runtime::open(folder + "/store", crash::money());
  if (!runtime) crash::give_up(runtime.error().to_string());
  for (int i = 0; i < crash::accounts; ++i) {
    const auto id = std::to_string(i);
    // Under the same id in every life: opened once, funded once.
    acta::uuid once;
    once.bytes[0] = static_cast<std::uint8_t>(i + 1);
    auto opened = runtime->ask<test::account>(id, test::open_account{id}, {.command_id = once});
    once.bytes[1] = 1;
    auto funded =
        runtime->ask<test::account>(id, test::credit{crash::opening_cents}, {.command_id = once});
    if (!opened.wait_for(60s) || !funded.wait_for(60s))
      crash::give_up("an account cannot be opened");
  }
  const int log = crash::open_log(folder + "/acknowledged");
  std::mt19937_64 random(std::stoull(argv[2]));
  std::deque<acta::pending> on_their_way;
  for (std::uint64_t n = 0;; ++n) {
    // To account `accounts` nobody can pay: it is not open, so the money goes back.
    const auto from = std::to_string(random() % crash::accounts);
    const auto to = std::to_string(random() % (crash::accounts + 1));
    on_their_way.push_back(runtime->ask<test::transfer>(
        round + '-' + std::to_string(n),
        test::request_transfer{from, to, static_cast<std::int64_t>(random() % 200)}));
    if (on_their_way.size() < crash::window) continue;
    auto receipt = on_their_way.front().wait_for(60s);
    on_their_way.pop_front();
    if (!receipt) crash::give_up(receipt.error().to_string());
    const crash::acknowledgement a{0, 0, n, receipt->version, receipt->position.number};
    if (write(log, &a, sizeof a) != sizeof a) crash::give_up("the log cannot be written");
  }
}
