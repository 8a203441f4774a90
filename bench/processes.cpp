// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Steps of processes beside plain commands in the same run, and timers: set, kept, fired, late.
#include "percentile.hpp"
#include "process_domain.hpp"
#include "scratch_folder.hpp"

#include <acta/domain/process.hpp>
#include <acta/runtime.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <optional>
#include <thread>

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

using bench::percentile;

struct settings {
  std::filesystem::path folder = "bench-data";
  std::chrono::milliseconds time{3000};
  std::size_t wallets = 10'000;
  std::size_t outstanding = 2048;
  std::size_t rounds = 3;
  std::size_t pending = 1'000'000;
  std::size_t timers_a_step = 100;
  std::size_t fired = 100'000;
  std::vector<std::string> sections{"steps", "timers"};
};

/// The system's clock, which can be set forward.
std::atomic<std::int64_t> ahead_us{0};
acta::time_point now() { return acta::system_now() + std::chrono::microseconds{ahead_us.load()}; }

acta::runtime open(const settings& s, bool anew = true) {
  if (anew) std::filesystem::remove_all(s.folder / "store");
  acta::model m;
  m.aggregate<bench::wallet>().process<bench::transfer>().process<bench::alarm_clock>();
  acta::runtime_options o;
  o.clock = now;
  o.resident_max = 20'000;
  auto r = acta::runtime::open(s.folder / "store", std::move(m), std::move(o));
  if (!r) throw std::runtime_error(r.error().to_string());
  return std::move(r).value();
}

/// A figure of /proc/self/status in bytes.
std::size_t memory(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == name) {
      std::size_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  return 0;
}
double mib(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
double processor_seconds() {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

template <class F> void wait_until(F&& condition, std::string_view what) {
  const auto deadline = steady::now() + 600s;
  while (!condition()) {
    if (steady::now() > deadline) throw std::runtime_error("no end of " + std::string(what));
    std::this_thread::sleep_for(200us);
  }
}

/// Asks for one thing after another, `window` on their way.
class asking {
public:
  explicit asking(std::size_t window) : window_(window) {}
  ~asking() {
    for (auto& p : on_their_way_) (void)p.wait().has_value();
  }
  void add(acta::pending p) {
    on_their_way_.push_back(std::move(p));
    if (on_their_way_.size() >= window_) take();
  }
  void finish() {
    while (!on_their_way_.empty()) take();
  }

private:
  void take() {
    auto receipt = on_their_way_.front().wait();
    on_their_way_.pop_front();
    if (!receipt) throw std::runtime_error(receipt.error().to_string());
  }
  std::size_t window_;
  std::deque<acta::pending> on_their_way_;
};

struct speed {
  double a_second = 0;
  double a_processor_second = 0;
};

/// Plain commands to wallets.
speed commands(const settings& s, acta::runtime& runtime, std::chrono::milliseconds time) {
  asking ask(s.outstanding);
  std::uint64_t count = 0;
  const auto start = steady::now();
  const auto cpu = processor_seconds();
  while ((count & 63) != 0 || steady::now() < start + time)
    ask.add(
        runtime.ask<bench::wallet>(std::to_string(count++ * 7919 % s.wallets), bench::pay_in{1}));
  ask.finish();
  const auto done = static_cast<double>(count);
  return {done / std::chrono::duration<double>(steady::now() - start).count(),
          done / (processor_seconds() - cpu)};
}

/// Transfers, as many on their way as commands of a plain client; the figure is steps.
speed transfers(const settings& s, acta::runtime& runtime, std::chrono::milliseconds time,
                std::uint64_t& next) {
  asking ask(s.outstanding);
  const auto before = runtime.figures().commits;
  std::uint64_t count = 0;
  std::uint64_t done = 0;
  const auto start = steady::now();
  const auto cpu = processor_seconds();
  const auto look = [&] { done = runtime.figures().commits - before; };
  while (steady::now() < start + time) {
    for (int i = 0; i < 64; ++i, ++count) {
      const auto n = next++;
      ask.add(runtime.ask<bench::transfer>(
          std::to_string(n), bench::request{std::to_string(n * 7919 % s.wallets),
                                            std::to_string((n * 7919 + 1) % s.wallets), 1}));
    }
    // Of each transfer on its way, about half of the commits are done.
    for (look();
         count * bench::transfer::commits - done > s.outstanding * bench::transfer::commits / 2;
         look())
      std::this_thread::sleep_for(50us);
  }
  ask.finish();
  wait_until(
      [&] {
        look();
        return done == count * bench::transfer::commits;
      },
      "transfers");
  const auto steps = static_cast<double>(count * bench::transfer::steps);
  return {steps / std::chrono::duration<double>(steady::now() - start).count(),
          steps / (processor_seconds() - cpu)};
}

void steps_table(const settings& s) {
  auto runtime = open(s);
  std::uint64_t next = 0;
  (void)commands(s, runtime, s.time / 4);
  (void)transfers(s, runtime, s.time / 4, next);
  fmt::print("\ntransfers of {} steps and {} commits; plain commands before each; {} wallets, {} "
             "outstanding\n",
             bench::transfer::steps, bench::transfer::commits, s.wallets, s.outstanding);
  fmt::print("{:>12} {:>12} {:>16} {:>7} {:>18} {:>18} {:>7}\n", "commands/s", "steps/s",
             "their commits/s", "ratio", "commands/cpu-s", "their commits/cpu-s", "ratio");
  for (std::size_t i = 0; i < s.rounds; ++i) {
    const auto plain = commands(s, runtime, s.time);
    const auto steps = transfers(s, runtime, s.time, next);
    constexpr auto factor =
        static_cast<double>(bench::transfer::commits) / static_cast<double>(bench::transfer::steps);
    fmt::print("{:>12.0f} {:>12.0f} {:>16.0f} {:>7.2f} {:>18.0f} {:>18.0f} {:>7.2f}\n",
               plain.a_second, steps.a_second, steps.a_second * factor,
               steps.a_second * factor / plain.a_second, plain.a_processor_second,
               steps.a_processor_second * factor,
               steps.a_processor_second * factor / plain.a_processor_second);
    std::fflush(stdout);
  }
}

/// @returns until all are in the store.
std::chrono::duration<double> set_timers(const settings& s, acta::runtime& runtime,
                                         std::string_view names, std::size_t count,
                                         std::chrono::microseconds first) {
  const auto before = runtime.figures().processes.timers;
  asking ask(s.outstanding);
  const auto start = steady::now();
  std::size_t set = 0;
  for (; set < count; set += s.timers_a_step)
    ask.add(runtime.ask<bench::alarm_clock>(
        std::string(names) + std::to_string(set),
        bench::set_alarms{static_cast<std::int64_t>(s.timers_a_step), first.count(), 1}));
  ask.finish();
  wait_until([&] { return runtime.figures().processes.timers == before + set; }, "setting timers");
  return steady::now() - start;
}

/// A timer every 2 ms, due 50 to 250 ms later: how long after it is due its input is stored.
std::vector<float> delays(const settings& s, acta::runtime& runtime) {
  auto events = runtime.subscribe({.filter = {.types = {"alarm_clock.stepped"}}});
  if (!events) throw std::runtime_error(events.error().to_string());
  static int runs = 0;
  const auto run = std::to_string(++runs);
  const auto fired = runtime.figures().processes.timers_fired;
  std::size_t set = 0;
  asking ask(s.outstanding);
  for (const auto start = steady::now(); steady::now() < start + s.time; ++set) {
    ask.add(runtime.ask<bench::alarm_clock>(
        "late" + run + '-' + std::to_string(set),
        bench::set_alarms{1, 50'000 + static_cast<std::int64_t>(set * 7919 % 200'000), 0}));
    std::this_thread::sleep_for(2ms);
  }
  ask.finish();
  wait_until([&] { return runtime.figures().processes.timers_fired == fired + set; }, "firing");
  std::vector<float> late;
  while (late.size() < set) {
    auto page = events->next(10'000, 60s);
    if (!page) throw std::runtime_error(page.error().to_string());
    for (const auto& e : page->events) {
      if (!e.metadata.stream.starts_with("alarm_clock/late" + run)) continue;
      const auto step = e.get<acta::process_step>();
      if (!step || step->fired.empty()) continue;
      const auto rung = acta::from_json<bench::ring>(step->json);
      if (!rung) throw std::runtime_error(rung.error().to_string());
      if (e.metadata.recorded_at < rung->due) throw std::runtime_error("a timer was early");
      late.push_back(
          std::chrono::duration<float, std::micro>(e.metadata.recorded_at - rung->due).count());
    }
  }
  std::ranges::sort(late);
  return late;
}

void print_delays(const settings& s, acta::runtime& runtime) {
  const auto late = delays(s, runtime);
  fmt::print("{:>12} pending: input stored after due, of {} timers: p50 {:.0f} us, p99 {:.0f} us, "
             "max {:.0f} us\n",
             runtime.figures().processes.timers, late.size(), percentile(late, 0.5),
             percentile(late, 0.99), late.empty() ? 0.0f : late.back());
  std::fflush(stdout);
}

void print_memory(acta::runtime& runtime, std::string_view when) {
  malloc_trim(0);
  fmt::print("{:>12} pending: anonymous memory {:.0f} MiB, of files {:.0f} MiB, {} processes "
             "resident ({})\n",
             runtime.figures().processes.timers, mib(memory("RssAnon:")), mib(memory("RssFile:")),
             runtime.figures().resident, when);
  std::fflush(stdout);
}

void timers_table(const settings& s) {
  std::optional<acta::runtime> held = open(s);
  fmt::print("\ntimers, {} a step when many are set\n", s.timers_a_step);
  print_memory(*held, "at the start");
  print_delays(s, *held);
  const auto took = set_timers(s, *held, "far", s.pending, 24h * 365);
  fmt::print("{:>12} set in {:.2f} s: {:.0f}/s\n", s.pending, took.count(),
             static_cast<double>(s.pending) / took.count());
  const auto until = steady::now() + 3s; // the index takes over what the lanes hold
  while (steady::now() < until) std::this_thread::yield();
  print_memory(*held, "those that have set them are in memory");
  held.reset();
  // In a program of its own: this one's heap has grown.
  const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
  const auto command = self + " --sections kept --data '" + s.folder.string() + "'";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("no second program");
  held = open(s, false);
  auto& runtime = *held;
  print_delays(s, runtime);
  for (std::size_t i = 0; i < s.rounds; ++i) {
    settings one = s;
    one.timers_a_step = 1;
    const auto single = set_timers(one, runtime, "soon" + std::to_string(i) + '-', s.fired, 1h);
    const auto before = runtime.figures().processes;
    const auto start = steady::now();
    ahead_us += std::chrono::microseconds(2h).count();
    const auto stored = [&] {
      return runtime.figures().processes.delivered >= before.delivered + s.fired;
    };
    wait_until(stored, "firing");
    const std::chrono::duration<double> spent = steady::now() - start;
    fmt::print("{:>12} set, one a step: {:.0f}/s; all due at once, fired and stored: {:.0f}/s\n",
               s.fired, static_cast<double>(s.fired) / single.count(),
               static_cast<double>(s.fired) / spent.count());
    std::fflush(stdout);
  }
}

void kept_table(const settings& s) {
  auto runtime = open(s, false);
  print_memory(runtime, "after a restart");
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  std::size_t milliseconds = 3000;
  CLI::App app("Steps of processes beside plain commands, and timers");
  app.add_option("--data", s.folder,
                 "folder on the disk to measure; a new one is made in it, and removed")
      ->capture_default_str();
  app.add_option("--time", milliseconds, "milliseconds a measurement")->capture_default_str();
  app.add_option("--rounds", s.rounds, "rounds of what is measured in turns")
      ->capture_default_str();
  app.add_option("--wallets", s.wallets, "aggregates that commands go to")->capture_default_str();
  app.add_option("--outstanding", s.outstanding, "commands, or transfers, on their way")
      ->capture_default_str();
  app.add_option("--pending", s.pending, "timers far in the future")->capture_default_str();
  app.add_option("--timers-a-step", s.timers_a_step, "of those, set by one step, at most 1024")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--fired", s.fired, "timers that are due at once")->capture_default_str();
  app.add_option("--sections", s.sections, "what to measure")
      ->check(CLI::IsMember({"steps", "timers", "kept"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  s.time = std::chrono::milliseconds{milliseconds};
  try {
    const auto wanted = [&](std::string_view section) {
      return std::ranges::find(s.sections, section) != s.sections.end();
    };
    if (wanted("kept")) { // by the run that has started this one
      kept_table(s);
      return 0;
    }
    const bench::scratch_folder scratch(s.folder);
    s.folder = scratch.path();
    if (wanted("steps")) steps_table(s);
    if (wanted("timers")) timers_table(s);
  } catch (const std::exception& e) {
    std::cerr << "bench_processes: " << e.what() << '\n';
    return 1;
  }
}
