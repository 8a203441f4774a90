// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Durable commands, end to end, beside raw LMDB on the same disk in the same run.
#include "ledger.hpp"
#include "percentile.hpp"
#include "raw_lmdb.hpp"
#include "scratch_folder.hpp"

#include <acta/persistence/commit.hpp>
#include <acta/runtime.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <thread>

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

using bench::bump;
using bench::ledger;
using bench::note;
using bench::noted;
using bench::percentile;

struct settings {
  std::filesystem::path folder = "bench-data";
  std::chrono::milliseconds time{3000};
  std::size_t event_bytes = 200;
  std::chrono::microseconds linger{0};
  std::size_t workers = 0;
  std::uint64_t replay_events = 1'000'000;
  std::size_t resident = 200'000;
  std::vector<std::string> sections{"raw", "load", "replay", "memory"};
  std::vector<std::size_t> aggregates{1, 100, 10'000};
  std::vector<std::size_t> outstanding{1, 64, 2048};
};

acta::runtime open(const settings& s, std::uint64_t snapshot_every = 1000) {
  std::filesystem::remove_all(s.folder / "store");
  acta::model m;
  m.aggregate<ledger>({.snapshot_every = snapshot_every});
  acta::runtime_options o;
  o.journal_linger = s.linger;
  o.worker_threads = s.workers;
  o.resident_max = 1'000'000;
  auto r = acta::runtime::open(s.folder / "store", std::move(m), std::move(o));
  if (!r) throw std::runtime_error(r.error().to_string());
  return std::move(r).value();
}

/// Bytes of one commit record as the journal stores it.
std::size_t record_bytes(const settings& s) {
  acta::byte_buffer record;
  acta::persistence::commit_header header;
  header.stream_id = "12345";
  header.first_version = 1;
  const std::uint32_t ids[] = {1, 2};
  if (!acta::persistence::begin_commit(record, header)) throw std::runtime_error("record");
  acta::event_writer writer(record, ids);
  writer.begin(0, 1);
  if (!acta::encode_binary(noted{std::string(s.event_bytes, 'x')}, record))
    throw std::runtime_error("encode");
  writer.end();
  if (!acta::persistence::finish_commit(record, 1)) throw std::runtime_error("record");
  return record.size();
}

struct load_figures {
  double commands_per_second = 0;
  double mean_batch = 0;
  std::vector<float> latencies_us;
};

/// One client keeps `outstanding` commands on their way to `aggregates` streams.
load_figures load(const settings& s, std::size_t aggregates, std::size_t outstanding) {
  auto runtime = open(s);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < aggregates; ++i) ids.push_back(std::to_string(i));
  const std::string text(s.event_bytes, 'x');
  struct waiting {
    acta::pending reply;
    steady::time_point since;
  };
  std::deque<waiting> window;
  load_figures f;
  f.latencies_us.reserve(4'000'000);
  bool counting = false;
  const auto take_oldest = [&] {
    auto& oldest = window.front();
    const auto receipt = oldest.reply.wait();
    if (!receipt) throw std::runtime_error(receipt.error().to_string());
    if (counting)
      f.latencies_us.push_back(
          std::chrono::duration<float, std::micro>(steady::now() - oldest.since).count());
    window.pop_front();
  };
  std::size_t next = 0;
  std::size_t sent = 0;
  const auto run = [&](steady::time_point until) {
    do {
      window.push_back({runtime.ask<ledger>(ids[next], note{text}), steady::now()});
      next = (next + 7919) % aggregates;
      ++sent;
      if (window.size() >= outstanding) take_oldest();
    } while ((sent & 15) != 0 || steady::now() < until);
  };
  run(steady::now() + s.time / 4); // every aggregate is in memory, files have grown
  counting = true;
  const auto before = runtime.figures();
  const auto start = steady::now();
  run(start + s.time);
  const auto after = runtime.figures();
  const std::chrono::duration<double> spent = steady::now() - start;
  while (!window.empty()) take_oldest();
  const auto commits = static_cast<double>(after.commits - before.commits);
  f.commands_per_second = commits / spent.count();
  f.mean_batch =
      commits / static_cast<double>(std::max<std::uint64_t>(1, after.batches - before.batches));
  std::ranges::sort(f.latencies_us);
  return f;
}

void raw_table(const settings& s, std::size_t bytes) {
  fmt::print("\nraw LMDB, records of {} bytes, one synced transaction a batch\n", bytes);
  fmt::print("{:>10} {:>14} {:>14}\n", "batch", "records/s", "commit us");
  for (const std::size_t batch : {1, 10, 100, 1000}) {
    const auto raw = bench::raw_lmdb(s.folder / "raw", batch, bytes, s.time);
    fmt::print("{:>10} {:>14.0f} {:>14.0f}\n", batch, raw.records_per_second, raw.commit_us);
  }
}

void load_table(const settings& s, std::size_t bytes) {
  fmt::print("\nruntime, {}-byte events, one client; raw LMDB beside it at the same batch\n",
             s.event_bytes);
  fmt::print("{:>10} {:>12} {:>12} {:>11} {:>12} {:>7} {:>9} {:>9} {:>9}\n", "aggregates",
             "outstanding", "commands/s", "mean batch", "raw LMDB/s", "ratio", "p50 us", "p99 us",
             "p99.9 us");
  for (const auto outstanding : s.outstanding)
    for (const auto aggregates : s.aggregates) {
      auto f = load(s, aggregates, outstanding);
      const auto batch = std::max<std::size_t>(1, static_cast<std::size_t>(f.mean_batch + 0.5));
      const auto raw = bench::raw_lmdb(s.folder / "raw", batch, bytes, s.time / 2);
      fmt::print(
          "{:>10} {:>12} {:>12.0f} {:>11.1f} {:>12.0f} {:>7.2f} {:>9.0f} {:>9.0f} {:>9.0f}\n",
          aggregates, outstanding, f.commands_per_second, f.mean_batch, raw.records_per_second,
          f.commands_per_second / raw.records_per_second, percentile(f.latencies_us, 0.5),
          percentile(f.latencies_us, 0.99), percentile(f.latencies_us, 0.999));
      std::fflush(stdout);
    }
}

void replay_table(const settings& s) {
  fmt::print("\nreplay of one stream into its state, no snapshot, warm page cache\n");
  fmt::print("{:>16} {:>12} {:>14} {:>10}\n", "events a commit", "events", "events/s", "seconds");
  for (const std::uint32_t per_commit : {1u, 10u, 1000u}) {
    auto runtime = open(s, 0);
    std::deque<acta::pending> window;
    for (std::uint64_t done = 0; done < s.replay_events; done += per_commit) {
      window.push_back(runtime.ask<ledger>("long", bump{per_commit}));
      if (window.size() >= 4096) {
        if (auto r = window.front().wait(); !r) throw std::runtime_error(r.error().to_string());
        window.pop_front();
      }
    }
    for (auto& p : window)
      if (auto r = p.wait(); !r) throw std::runtime_error(r.error().to_string());
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const auto start = steady::now();
      if (!runtime.state<ledger>("long")) throw std::runtime_error("replay");
      best = std::min(best, std::chrono::duration<double>(steady::now() - start).count());
    }
    fmt::print("{:>16} {:>12} {:>14.0f} {:>10.3f}\n", per_commit, s.replay_events,
               static_cast<double>(s.replay_events) / best, best);
  }
}

/// Anonymous memory of this process in bytes; pages of the mapped store are the kernel's cache and
/// do not count.
std::size_t anonymous_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      std::size_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  return 0;
}

void memory_table(const settings& s) {
  auto runtime = open(s);
  malloc_trim(0);
  const auto before = anonymous_memory();
  std::deque<acta::pending> window;
  for (std::size_t i = 0; i < s.resident; ++i) {
    window.push_back(runtime.ask<ledger>(std::to_string(i), bump{1}));
    if (window.size() >= 2048) {
      if (auto r = window.front().wait(); !r) throw std::runtime_error(r.error().to_string());
      window.pop_front();
    }
  }
  for (auto& p : window)
    if (auto r = p.wait(); !r) throw std::runtime_error(r.error().to_string());
  window.clear();
  const auto until = steady::now() + 5s; // the index takes over what the lanes hold
  while (steady::now() < until) std::this_thread::yield();
  malloc_trim(0);
  const auto after = anonymous_memory();
  fmt::print("\nmemory of a resident idle aggregate: {:.0f} bytes ({} resident, state of {} bytes "
             "included)\n",
             static_cast<double>(after - before) / static_cast<double>(s.resident),
             runtime.figures().resident, sizeof(ledger));
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  std::size_t milliseconds = 3000;
  std::size_t linger = 0;
  CLI::App app("Durable commands end to end, beside raw LMDB on the same disk in the same run");
  app.add_option("--data", s.folder,
                 "folder on the disk to measure; a new one is made in it, and removed")
      ->capture_default_str();
  app.add_option("--time", milliseconds, "milliseconds a measurement")->capture_default_str();
  app.add_option("--event-bytes", s.event_bytes, "bytes of an event's text")->capture_default_str();
  app.add_option("--linger", linger, "journal linger in microseconds")->capture_default_str();
  app.add_option("--workers", s.workers, "worker threads, 0: one a core")->capture_default_str();
  app.add_option("--replay-events", s.replay_events, "events of the long stream")
      ->capture_default_str();
  app.add_option("--resident", s.resident, "aggregates for the memory figure")
      ->capture_default_str();
  app.add_option("--aggregates", s.aggregates, "numbers of aggregates in the table of commands")
      ->capture_default_str();
  app.add_option("--outstanding", s.outstanding, "numbers of commands on their way")
      ->capture_default_str();
  app.add_option("--sections", s.sections, "what to measure")
      ->check(CLI::IsMember({"raw", "load", "replay", "memory"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  s.time = std::chrono::milliseconds{milliseconds};
  s.linger = std::chrono::microseconds{linger};
  try {
    const bench::scratch_folder scratch(s.folder);
    s.folder = scratch.path();
    const auto bytes = record_bytes(s);
    const auto wanted = [&](std::string_view section) {
      return std::ranges::find(s.sections, section) != s.sections.end();
    };
    if (wanted("raw")) raw_table(s, bytes);
    if (wanted("load")) load_table(s, bytes);
    if (wanted("replay")) replay_table(s);
    if (wanted("memory")) memory_table(s);
  } catch (const std::exception& e) {
    std::cerr << "bench_commands: " << e.what() << '\n';
    return 1;
  }
}
