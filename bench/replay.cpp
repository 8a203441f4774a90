// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Replay of events that an earlier release wrote, through two upcasts, beside the same events of
// the present version, and beside a program that has no upcasts.
#include "replay_domain.hpp"
#include "scratch_folder.hpp"

#include <acta/runtime.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <deque>
#include <future>
#include <iostream>

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

using bench::paid;
using bench::paid_alone;
using bench::paid_v1;
using bench::takings;
using bench::till;

struct settings {
  std::filesystem::path folder = "bench-data";
  std::uint64_t events = 1'000'000;
  std::size_t rounds = 5;
  std::size_t streams = 10'000;
  std::vector<std::uint32_t> per_commit{1, 10, 1000};
  std::vector<std::string> sections{"state", "view"};
};

template <class T> T must(acta::result<T> r) {
  if (!r) throw std::runtime_error(r.error().to_string());
  return std::move(r).value();
}
void must(const acta::result<void>& r) {
  if (!r) throw std::runtime_error(r.error().to_string());
}

double seconds_of(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// What was measured, round by round.
struct speeds {
  std::vector<double> per_second, per_processor_second;
};
speeds operator/(const speeds& a, const speeds& b) {
  speeds all;
  for (std::size_t i = 0; i < a.per_second.size(); ++i) {
    all.per_second.push_back(a.per_second[i] / b.per_second[i]);
    all.per_processor_second.push_back(a.per_processor_second[i] / b.per_processor_second[i]);
  }
  return all;
}
/// @param processor  the clock that counts the time of those who work
template <class F> void measure(speeds& into, double events, clockid_t processor, F&& work) {
  const auto cpu = seconds_of(processor);
  const auto start = steady::now();
  work();
  into.per_second.push_back(events / std::chrono::duration<double>(steady::now() - start).count());
  into.per_processor_second.push_back(events / (seconds_of(processor) - cpu));
}

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}
std::string with_range(const std::vector<double>& all) {
  const auto [low, high] = std::ranges::minmax(all);
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", median(all), low, high);
}

template <class Paid>
acta::runtime open(const std::filesystem::path& store, bool with_view = false) {
  acta::model m;
  m.aggregate<till<Paid>>({.snapshot_every = 0});
  if (with_view) m.view<takings<Paid>>();
  acta::runtime_options o;
  o.resident_max = 1'000'000;
  return must(acta::runtime::open(store, std::move(m), std::move(o)));
}

/// @returns where the last one is.
template <class Paid>
acta::position fill(const std::filesystem::path& store, const settings& s, std::size_t streams,
                    std::uint32_t per_commit) {
  std::filesystem::remove_all(store);
  acta::runtime r = open<Paid>(store);
  std::deque<acta::pending> window;
  acta::position last;
  const auto take_oldest = [&] {
    last = std::max(last, must(window.front().wait()).position);
    window.pop_front();
  };
  std::size_t next = 0;
  for (std::uint64_t done = 0; done < s.events; done += per_commit) {
    window.push_back(r.ask<till<Paid>>(std::to_string(next), bench::pay{per_commit}));
    next = (next + 7919) % streams;
    if (window.size() >= 2048) take_oldest();
  }
  while (!window.empty()) take_oldest();
  return last;
}

/// Three ways to read the same million; each round takes them one after another, and begins with
/// another one.
enum way : std::size_t { old_ones, present_ones, without_upcasts, ways };
constexpr std::array<std::string_view, ways> way_names{
    "first version, two upcasts", "present version", "present version, no upcasts"};

template <class F> void in_turns(const settings& s, F&& one) {
  for (std::size_t round = 0; round < s.rounds; ++round)
    for (std::size_t i = 0; i < ways; ++i) one(static_cast<way>((round + i) % ways));
}

void print(std::string_view what, std::uint32_t per_commit, const std::array<speeds, ways>& all) {
  for (std::size_t i = 0; i < ways; ++i) {
    const auto beside = all[i] / all[without_upcasts];
    fmt::print("{:>6} {:>9} {:>28} {:>12.0f} {:>20} {:>14.0f} {:>20}\n", what, per_commit,
               way_names[i], median(all[i].per_second), with_range(beside.per_second),
               median(all[i].per_processor_second), with_range(beside.per_processor_second));
  }
  std::fflush(stdout);
}

// -- states ---------------------------------------------------------------------------

template <class Paid>
void replay(const std::filesystem::path& store, const settings& s, speeds& into) {
  acta::runtime r = open<Paid>(store);
  speeds here;
  for (int i = 0; i < 5; ++i)
    measure(here, static_cast<double>(s.events), CLOCK_THREAD_CPUTIME_ID, [&] {
      if (must(r.state<till<Paid>>("0")).count < s.events)
        throw std::runtime_error("events are missing");
    });
  // What others on the machine take away is not ours.
  into.per_second.push_back(std::ranges::max(here.per_second));
  into.per_processor_second.push_back(std::ranges::max(here.per_processor_second));
}

void state_table(const settings& s) {
  const auto old_store = s.folder / "old", new_store = s.folder / "new";
  for (const auto per_commit : s.per_commit) {
    fill<paid_v1>(old_store, s, 1, per_commit);
    fill<paid>(new_store, s, 1, per_commit);
    std::array<speeds, ways> all;
    in_turns(s, [&](way w) {
      if (w == old_ones) replay<paid>(old_store, s, all[w]);
      if (w == present_ones) replay<paid>(new_store, s, all[w]);
      if (w == without_upcasts) replay<paid_alone>(new_store, s, all[w]);
    });
    print("state", per_commit, all);
  }
}

// -- views ----------------------------------------------------------------------------

template <class Paid>
void catch_up(const std::filesystem::path& store, acta::position last, speeds& into) {
  std::filesystem::remove_all(store / "views");
  acta::runtime r = open<Paid>(store, true);
  const auto view = takings<Paid>::name;
  auto projection = must(r.projection(view));
  must(projection.pause());
  must(projection.reset());
  measure(into, static_cast<double>(last.number), CLOCK_PROCESS_CPUTIME_ID, [&] {
    must(projection.resume());
    std::promise<acta::result<void>> shown;
    r.when_visible(view, last, steady::now() + 600s,
                   [&](acta::result<void> how) { shown.set_value(std::move(how)); });
    must(shown.get_future().get());
  });
}

void view_table(const settings& s) {
  const auto old_store = s.folder / "old", new_store = s.folder / "new";
  for (const auto per_commit : s.per_commit) {
    const auto old_last = fill<paid_v1>(old_store, s, s.streams, per_commit);
    const auto new_last = fill<paid>(new_store, s, s.streams, per_commit);
    std::array<speeds, ways> all;
    in_turns(s, [&](way w) {
      if (w == old_ones) catch_up<paid>(old_store, old_last, all[w]);
      if (w == present_ones) catch_up<paid>(new_store, new_last, all[w]);
      if (w == without_upcasts) catch_up<paid_alone>(new_store, new_last, all[w]);
    });
    print("view", per_commit, all);
  }
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  CLI::App app("Replay of events of an earlier release, beside the same of the present version");
  app.add_option("--data", s.folder,
                 "folder on the disk to measure; a new one is made in it, and removed")
      ->capture_default_str();
  app.add_option("--events", s.events, "events to replay")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--rounds", s.rounds, "times each; medians are printed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--streams", s.streams, "streams that hold the events of the view")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--per-commit", s.per_commit, "events a commit")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--sections", s.sections, "what to measure")
      ->check(CLI::IsMember({"state", "view"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    const bench::scratch_folder scratch(s.folder);
    s.folder = scratch.path();
    fmt::print("{} events; medians of {}, beside the program without upcasts\n", s.events,
               s.rounds);
    fmt::print("{:>6} {:>9} {:>28} {:>12} {:>20} {:>14} {:>20}\n", "what", "a commit", "events",
               "events/s", "ratio", "events/cpu-s", "ratio of cpu");
    const auto wanted = [&](std::string_view section) {
      return std::ranges::find(s.sections, section) != s.sections.end();
    };
    if (wanted("state")) state_table(s);
    if (wanted("view")) view_table(s);
  } catch (const std::exception& e) {
    std::cerr << "bench_replay: " << e.what() << '\n';
    return 1;
  }
}
