// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The victim with schedules: makes as many as go, due at once or soon, until it is killed. One is a
// rhythm that all its lives ask for.
// Usage: crash_schedule_worker FOLDER SEED ROUND
#include "client.hpp"
#include "counter.hpp"

#include <random>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 4) crash::give_up("usage: crash_schedule_worker FOLDER SEED ROUND");
  const std::string folder = argv[1];
  const auto round = static_cast<std::uint32_t>(std::stoul(argv[3]));
  acta::model model;
  model.aggregate<test::counter>();
  auto runtime = acta::runtime::open(folder + "/store", std::move(model));
  if (!runtime) crash::give_up(runtime.error().to_string());
  if (auto beat = runtime->schedule<test::counter>("beat", test::add{1}, acta::every(1s),
                                                   {.id = "beat", .timeout = 60s});
      !beat)
    crash::give_up(beat.error().to_string());
  const int log = crash::open_log(folder + "/acknowledged");
  std::vector<std::thread> all;
  for (std::uint32_t client = 0; client < crash::clients; ++client)
    all.emplace_back([&, client] {
      std::mt19937_64 random(std::stoull(argv[2]) + client);
      for (std::uint64_t n = 1;; ++n) {
        const auto id =
            std::to_string(round) + '-' + std::to_string(client) + '-' + std::to_string(n);
        const auto stored = runtime->schedule<test::counter>(
            "c" + std::to_string(n % 8), test::add{1},
            acta::after(std::chrono::milliseconds{random() % 300}), {.id = id, .timeout = 60s});
        if (!stored) crash::give_up(stored.error().to_string());
        const crash::acknowledgement a{client, round, n, 0, 0};
        if (write(log, &a, sizeof a) != sizeof a) crash::give_up("the log cannot be written");
      }
    });
  for (auto& t : all) t.join();
}
