// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The victim with a subscriber: adds, as much as goes, until it is killed.
// Usage: crash_subscriber_worker FOLDER SEED
#include "client.hpp"
#include "eventually.hpp"
#include "witness.hpp"

#include <random>
#include <thread>

using namespace std::chrono_literals;

int main(int argc, char** argv) {
  if (argc != 3) crash::give_up("usage: crash_subscriber_worker FOLDER SEED");
  const std::string folder = argv[1];
  auto runtime =
      acta::runtime::open(folder + "/store", crash::witnessed(folder), {.partitions = 2});
  if (!runtime) crash::give_up(runtime.error().to_string());
  const int log = crash::open_log(folder + "/acknowledged");
  std::mt19937_64 random(std::stoull(argv[2]));
  std::deque<acta::pending> on_their_way;
  for (std::uint64_t n = 0;; ++n) {
    // No faster than the subscriber, or what the judge has to wait for would grow with every life.
    if (!test::eventually([&] { return runtime->figures().subscribers.behind_max <= 3'000; }, 60s))
      crash::give_up("the subscriber does not come near");
    on_their_way.push_back(
        runtime->ask<test::counter>(std::to_string(random() % crash::streams),
                                    test::add_many{static_cast<std::int64_t>(random() % 1'000'000),
                                                   static_cast<std::uint32_t>(1 + random() % 3)}));
    if (on_their_way.size() < crash::window) continue;
    auto receipt = on_their_way.front().wait_for(60s);
    on_their_way.pop_front();
    if (!receipt) crash::give_up(receipt.error().to_string());
    const crash::acknowledgement a{0, 0, n, receipt->version, receipt->position.number};
    if (write(log, &a, sizeof a) != sizeof a) crash::give_up("the log cannot be written");
  }
}
