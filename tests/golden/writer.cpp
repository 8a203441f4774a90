// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Lets one release of the bank live in a store, and ends it in the middle of its work.
// Usage: golden_writer STORE RELEASE
// STORE is a copy of what the release before left, or does not exist for the first.
#include "bank/life.hpp"
#include "bank/releases.hpp"
#include "engine.hpp"
#include "eventually.hpp"

#include <acta/runtime.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <string>

using namespace std::chrono_literals;

namespace {

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "golden_writer: " << why << std::endl;
  _exit(1);
}

std::atomic<acta::time_point> now{};

acta::runtime_options options_of(int release) {
  now = bank::begin_of_life(release);
  acta::runtime_options o;
  o.worker_threads = 2;
  o.clock = [] { return now.load(); };
  o.restart_backoff_min = 1ms;
  o.restart_backoff_max = 2ms;
  o.log = [](acta::log_level level, std::string_view line) {
    if (level >= acta::log_level::warning) std::cerr << line << '\n';
  };
  return o;
}

/// Somebody who asks a release for things, a minute apart.
template <class Ask> struct customer {
  int release;
  Ask ask;

  void operator()(std::string_view to, const std::string& id, std::string_view what,
                  const std::string& json, acta::command_options options = {}) const {
    now = now.load() + 1min;
    options.caller = "teller";
    const auto receipt = ask(to, id, what, json, std::move(options)).wait_for(60s);
    if (!receipt) give_up(std::string(what) + " for " + id + ": " + receipt.error().to_string());
  }
};
template <class Ask> customer(int, Ask) -> customer<Ask>;

/// Everything that comes to an end in the life of the release.
void live(const std::string& store, int n) {
  using namespace bank;
  const auto book = std::make_shared<notes>();
  auto opened = acta::runtime::open(store, model_of(n, book), options_of(n));
  if (!opened) give_up(opened.error().to_string());
  auto& r = *opened;
  const customer ask{n, [&](auto to, auto id, auto what, auto json, auto options) {
                       return r.ask_json(to, id, what, json, std::move(options));
                     }};
  if (auto clerk = r.subscriber("clerk"); !clerk || !clerk->resume()) give_up("no clerk");
  // The release before has left things to be done.
  if (!r.settle(60s)) give_up("it does not go on");
  now = begin_of_life(n) + 1min;
  const auto number = std::to_string(n);
  const auto bob = "bob-" + number;
  if (n == 1) {
    ask("account", "ada", "open_account", json::open_account(n, "Ada", "giro"));
    ask("account", "ada", "deposit", json::deposit(n, at_first));
    ask("account", "unlucky", "open_account", json::open_account(n, "Tim", "savings"));
  }
  ask("account", bob, "open_account", json::open_account(n, "Bob", n < 2 ? "savings" : "business"));
  ask("account", bob, "set_limit", json::set_limit(n, 10 * n));
  ask("account", bob, "lock", "{}");
  ask("account", "ada", "set_limit", json::set_limit(n, 100 * n));
  ask("account", "ada", "deposit", json::deposit(n, 1000 * n));
  ask("account", "ada", "withdraw", json::cents(n));
  ask("account", "ada", "pay_by_card", R"({"cents":)" + json::number(10 * n) + R"(,"fee":1})");
  ask("account", "ada", "pay_interest", json::cents(n));
  if (n < 5) ask("account", "ada", "send_leaflet", R"({"title":"Shares"})");
  ask("account", "ada", "deposit", json::deposit(n, 17), {.command_id = once(n)});
  ask("transfer", "done-" + number, "request_transfer", json::transfer(n, "ada", bob, 5));
  ask("transfer", "back-" + number, "request_transfer", json::transfer(n, "ada", "nobody", 7));
  ask("transfer", "refused-" + number, "request_transfer", json::transfer(n, bob, "ada", 1));
  ask("transfer", "stuck-" + number, "request_transfer", json::transfer(n, "ada", "unlucky", 3));
  ask("promise", "due-" + number, "promise_money", json::promise(11, due_after));
  ask("promise", "far-" + number, "promise_money", json::promise(1, std::chrono::years{50}));
  for (const auto& [id, due] : {std::pair{"payday-" + number, now.load() + due_after},
                                std::pair{"distant-" + number, now.load() + 24h * 365 * 50}})
    if (auto set = r.schedule_json("account", "ada", "deposit", json::deposit(n, 13), acta::at(due),
                                   {.id = id});
        !set)
      give_up(set.error().to_string());
  if (!r.settle(60s)) give_up("it does not come to rest");
  if (auto clerk = r.subscriber("clerk"); !clerk->pause()) give_up("the clerk does not pause");
  ask("account", "ada", "deposit", json::deposit(n, 19));
  if (!r.stop(60s)) give_up("it does not stop");
}

std::atomic<bool> is_armed{false}, is_blocked{false};

void stand_still(acta::detail::crash_point p) {
  if (p != acta::detail::crash_point::after_send || !is_armed) return;
  is_blocked = true;
  for (;;) ::pause();
}

/// Two transfers under way: of one, the money is taken and nobody has looked at that yet; the other
/// has been asked for.
[[noreturn]] void leave(const std::string& folder, int n) {
  using namespace bank;
  auto store = acta::persistence::store::open(folder, {});
  if (!store) give_up(store.error().to_string());
  auto options = options_of(n);
  now = begin_of_life(n) + 2h;
  // What is stuck is tried once.
  options.restart_backoff_min = options.restart_backoff_max = 24h;
  acta::detail::engine engine(model_of(n, std::make_shared<notes>()), options, std::move(*store),
                              acta::actors::make_caf_host);
  engine.on_crash_point = stand_still;
  if (auto started = engine.start(); !started) give_up(started.error().to_string());
  if (!test::eventually([&] {
        const auto figures = engine.figures().processes;
        return figures.waiting == 0 || figures.failures > 0;
      }))
    give_up("what is stuck is not tried");
  const customer ask{n, [&](auto to, auto id, auto what, auto json, auto command) {
                       return engine.submit_json(to, id, what, json, std::move(command));
                     }};
  const auto number = std::to_string(n), bob = "bob-" + number;
  is_armed = true;
  ask("transfer", "mid-" + number, "request_transfer", json::transfer(n, "ada", bob, 23));
  if (!test::eventually([] { return is_blocked.load(); })) give_up("nothing is sent");
  ask("account", "ada", "deposit", json::deposit(n, 29)); // behind it
  ask("transfer", "asked-" + number, "request_transfer", json::transfer(n, "ada", bob, 31));
  _exit(0);
}

/// In a process of its own.
template <class F> void run(F f) {
  const auto pid = ::fork();
  if (pid == 0) {
    f();
    _exit(0);
  }
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid || status != 0) std::exit(1);
}

} // namespace

int main(int argc, char** argv) {
  const int release = argc == 3 ? std::atoi(argv[2]) : 0;
  if (release < 1 || release > bank::releases) give_up("usage: golden_writer STORE RELEASE");
  run([&] { live(argv[1], release); });
  run([&] { leave(argv[1], release); });
}
