// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Processes at work, killed at one crash point of their runner, the nth time that it is passed; or
// never, if the point is "none".
// Usage: crash_point_worker FOLDER POINT N
#include "client.hpp"
#include "engine.hpp"
#include "eventually.hpp"
#include "points.hpp"

#include <csignal>
#include <cstdlib>

using namespace std::chrono_literals;

namespace {

std::string point_wanted;
std::atomic<int> passings_left{0};

void pass(acta::detail::crash_point p) {
  if (acta::detail::crash_points[static_cast<std::size_t>(p)].name != point_wanted) return;
  if (passings_left.fetch_sub(1) == 1) {
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause(); // the signal may come to another thread
  }
}

acta::uuid once(int n) {
  acta::uuid id;
  id.bytes = {0xC0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)};
  return id;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) crash::give_up("usage: crash_point_worker FOLDER POINT N");
  point_wanted = argv[2];
  passings_left = std::atoi(argv[3]);
  auto store = acta::persistence::store::open(std::string(argv[1]) + "/store", {});
  if (!store) crash::give_up(store.error().to_string());
  acta::runtime_options options;
  options.worker_threads = 2;
  acta::detail::engine engine(crash::points_model(), options, std::move(*store),
                              acta::actors::make_caf_host);
  engine.on_crash_point = pass;
  if (auto started = engine.start(); !started) crash::give_up(started.error().to_string());
  int n = 0;
  const auto ask = [&](std::string_view to, std::string_view id, std::string_view command,
                       const auto& fields) {
    return engine.submit_json(to, id, command, *acta::to_json(fields), {.command_id = once(++n)});
  };
  const auto must = [](acta::pending p) {
    if (auto r = p.wait_for(60s); !r) crash::give_up(r.error().to_string());
  };
  for (const auto* id : {"ada", "bob"}) {
    must(ask("account", id, "open_account", test::open_account{id}));
    must(ask("account", id, "credit", test::credit{crash::opening_cents}));
  }
  for (int i = 0; i < std::max(crash::transfers, crash::reminders); ++i) {
    if (i < crash::transfers)
      must(ask("transfer", crash::transfer_id(i), "request_transfer", crash::transfer_of(i)));
    if (i < crash::reminders)
      must(ask("reminder", crash::reminder_id(i), "remind", test::remind{5 * i}));
  }
  const auto is_done = [&] { return engine.settle(60s) && engine.figures().processes.timers == 0; };
  if (!test::eventually(is_done, 60s)) crash::give_up("it does not come to an end");
}
