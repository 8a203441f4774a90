// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The victim with views: under the load of all clients it rebuilds, resets, pauses and reads them
// all at once, and ends itself when what it reads is wrong. It runs until it is killed.
// Usage: crash_view_worker FOLDER SEED ROUND PARTITIONS
#include "client.hpp"
#include "views.hpp"

#include <acta/persistence/errc.hpp>

#include <atomic>
#include <fstream>
#include <random>
#include <span>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// The newest position that was acknowledged, per partition.
class newest {
public:
  explicit newest(std::size_t partitions) : numbers_(partitions) {}
  void take(acta::position at) {
    auto& number = numbers_[at.partition];
    auto known = number.load();
    while (known < at.number && !number.compare_exchange_weak(known, at.number)) {}
  }
  [[nodiscard]] acta::position any(std::mt19937_64& random) const {
    const auto p = static_cast<std::uint32_t>(random() % numbers_.size());
    return {p, numbers_[p].load()};
  }

private:
  std::vector<std::atomic<std::uint64_t>> numbers_;
};

/// What may be answered instead of rows while views are paused and built.
bool may_happen(const acta::error& e) {
  return e.code() == acta::projection_errc::view_late ||
         e.code() == acta::projection_errc::view_building ||
         e.code() == acta::persistence::errc::unknown_position; // it has not happened yet
}
template <class T> bool usable(const acta::result<T>& r, const char* doing) {
  if (!r && !may_happen(r.error())) crash::give_up(doing + (": " + r.error().to_string()));
  return r.has_value();
}

/// In one picture of `totals`, every event up to its positions is counted once.
void check_picture(const acta::runtime& runtime) {
  const auto picture = runtime.picture();
  const auto view = picture.view<test::totals>();
  const auto at = view.positions();
  if (!usable(at, "positions")) return;
  std::uint64_t there = 0;
  for (const auto& p : *at) there += p.number;
  std::uint64_t counted = 0;
  if (!usable(view.each({}, [&](std::string_view, const test::totals& r) { counted += r.version; }),
              "walking"))
    return;
  if (counted != there)
    crash::give_up(std::to_string(counted) + " events counted, there are " + std::to_string(there));
}

/// Asks for what was acknowledged, and checks that it is there.
[[noreturn]] void run_reader(acta::runtime& runtime, const newest& acknowledged,
                             std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (;;) {
    const auto at = acknowledged.any(random);
    const acta::read_options options{.at_least = at, .timeout = 100ms};
    switch (random() % 3) {
    case 0:
      if (at.number == 0) break;
      if (const auto row = runtime.view<test::ledger>().get(std::to_string(at.partition), options);
          usable(row, "get") && (row->last < at.number || row->events != row->last))
        crash::give_up("asked for " + at.to_string() + ", got " + std::to_string(row->last) +
                       " after " + std::to_string(row->events) + " events");
      break;
    case 1:
      usable(runtime.query(test::grand_total{}, options), "query");
      break;
    default:
      check_picture(runtime);
    }
  }
}

void must(const acta::result<void>& done) {
  if (!done && done.error().code() != acta::projection_errc::busy &&
      done.error().code() != acta::projection_errc::not_possible)
    crash::give_up("operating: " + done.error().to_string());
}

acta::projection find(acta::runtime& runtime, std::string_view name) {
  auto view = runtime.projection(name);
  if (!view) crash::give_up(view.error().to_string());
  return *view;
}

/// Does to a paused view what leaves it paused, and begins once that is written down.
[[noreturn]] void run_operator_of_paused(acta::runtime& runtime, const std::string& mark,
                                         std::uint64_t seed) {
  std::mt19937_64 random(seed);
  auto view = find(runtime, crash::paused_view);
  must(view.pause());
  std::ofstream(mark) << crash::paused_view;
  for (;;) {
    switch (random() % 8) {
    case 0:
      must(view.rebuild());
      break;
    case 1:
      must(view.cancel_rebuild());
      break;
    default:
      must(view.reset());
    }
  }
}

/// Operates the views while the load goes on.
[[noreturn]] void run_operator(acta::runtime& runtime, std::span<const std::string_view> views,
                               const newest& acknowledged, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (;;) {
    const std::string name(views[random() % views.size()]);
    auto view = find(runtime, name);
    // Until the view shows an event to come, or for some time: a wait in the midst of the load.
    const auto for_a_while = [&] {
      auto at = acknowledged.any(random);
      at.number += random() % 500;
      const acta::read_options options{.at_least = at,
                                       .timeout = std::chrono::milliseconds{random() % 20}};
      usable(runtime.view_scan_json(name, {.limit = 1}, options), "waiting");
    };
    switch (random() % 8) {
    case 0:
      must(view.reset());
      break;
    case 1:
      must(view.pause());
      for_a_while();
      must(view.resume());
      break;
    case 2:
      must(view.pause());
      must(view.rebuild());
      must(view.resume());
      break;
    case 3:
      must(view.rebuild());
      for_a_while();
      must(view.cancel_rebuild());
      break;
    default:
      must(view.rebuild());
    }
    for_a_while();
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const std::string folder = argv[1];
  const auto seed = std::stoull(argv[2]);
  std::mt19937_64 random(crash::mix(seed) + std::stoull(argv[3]));
  const auto log_path = folder + "/acknowledged";
  const auto last = crash::read_last_acknowledged(log_path);
  const int log = crash::open_log(log_path);
  if (log < 0) crash::give_up("cannot open the log");

  // Many small transactions, or a few large ones.
  acta::view_options views;
  views.batch_events_max = random() % 2 == 0 ? 16 : 4096;
  views.batch_time_max = 2ms;
  acta::runtime_options options;
  options.partitions = static_cast<std::uint32_t>(std::stoul(argv[4]));
  options.resident_max = 32;
  options.index_delay_max = 40ms;
  // So short that views must read the journal, or long enough.
  if (random() % 2 == 0) options.projections.tail_bytes_max = 10'000;
  options.log = [](acta::log_level level, std::string_view line) {
    if (crash::is_alarming(level, line)) crash::give_up(std::string(line));
  };
  auto opened = acta::runtime::open(folder + "/store", crash::view_model(views), options);
  if (!opened) crash::give_up(opened.error().to_string());
  auto& runtime = *opened;

  newest acknowledged(options.partitions);
  const auto send = [&](const crash::step& s, std::uint64_t n) {
    const acta::command_options of{.command_id = s.command_id};
    if (n % 8 == 0)
      return runtime.ask<test::counter>(s.stream_id, test::note{std::to_string(n % 50)}, of);
    return runtime.ask<test::counter>(s.stream_id, test::add_many{s.amount, s.events}, of);
  };
  std::vector<std::thread> threads;
  for (std::uint32_t c = 0; c < crash::clients; ++c)
    threads.emplace_back([&, c] {
      crash::run_client(seed, c, last[c] + 1, log, send,
                        [&](const acta::receipt& r) { acknowledged.take(r.position); });
    });
  std::span<const std::string_view> operated(crash::view_names);
  if (random() % 3 == 0) {
    operated = operated.first(operated.size() - 1); // without crash::paused_view
    threads.emplace_back(
        [&, s = random()] { run_operator_of_paused(runtime, folder + "/paused", s); });
  }
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, s = random()] { run_operator(runtime, operated, acknowledged, s); });
    threads.emplace_back([&, s = random()] { run_reader(runtime, acknowledged, s); });
  }
  for (auto& t : threads) t.join();
}
