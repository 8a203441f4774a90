// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Views: how fast they catch up beside raw LMDB, how late they are, what reading them takes, and
// what they cost the commands.
#include "percentile.hpp"
#include "raw_fold.hpp"
#include "scratch_folder.hpp"
#include "view_domain.hpp"

#include <acta/runtime.hpp>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <atomic>
#include <deque>
#include <future>
#include <iostream>
#include <thread>

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

using bench::fold;
using bench::ledger;
using bench::percentile;

struct settings {
  std::filesystem::path folder = "bench-data";
  std::chrono::milliseconds time{3000};
  std::size_t rounds = 3;
  std::uint64_t events = 1'000'000;
  std::vector<std::size_t> streams{10'000, 1};
  std::vector<std::uint32_t> per_commit{1, 10};
  std::size_t event_bytes = 200;
  std::size_t aggregates = 10'000;
  std::size_t outstanding = 2048;
  std::vector<std::string> sections{"catchup", "lag", "query", "effect"};
};

template <class T> T must(acta::result<T> r) {
  if (!r) throw std::runtime_error(r.error().to_string());
  return std::move(r).value();
}
void must(const acta::result<void>& r) {
  if (!r) throw std::runtime_error(r.error().to_string());
}

double median(std::vector<double> all) {
  std::ranges::sort(all);
  return all.empty() ? 0 : all[all.size() / 2];
}
std::string with_range(const std::vector<double>& all) {
  const auto [low, high] = std::ranges::minmax(all);
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", median(all), low, high);
}
double micros(steady::duration d) { return std::chrono::duration<double, std::micro>(d).count(); }

template <class... Views> acta::model model_with() {
  acta::model m;
  m.aggregate<ledger>({.snapshot_every = 1000});
  (m.view<Views>(), ...);
  return m;
}

acta::runtime open(const settings& s, acta::model m, bool anew = true) {
  if (anew) std::filesystem::remove_all(s.folder / "store");
  acta::runtime_options o;
  o.resident_max = 1'000'000;
  return must(acta::runtime::open(s.folder / "store", std::move(m), std::move(o)));
}

void wait_until_shown(acta::runtime& r, std::string_view view, acta::position until) {
  std::promise<acta::result<void>> shown;
  r.when_visible(view, until, steady::now() + 600s,
                 [&](acta::result<void> how) { shown.set_value(std::move(how)); });
  must(shown.get_future().get());
}

/// One client that keeps commands on their way to streams 0 to `aggregates`.
class client {
public:
  client(acta::runtime& r, const settings& s, std::size_t aggregates)
      : runtime_(r), outstanding_(s.outstanding), text_(s.event_bytes, 'x') {
    for (std::size_t i = 0; i < aggregates; ++i) ids_.push_back(std::to_string(i));
  }
  /// To another stream each time.
  const std::string& next_id() {
    next_ = (next_ + 7919) % ids_.size();
    return ids_[next_];
  }
  template <class C> void send(C command) {
    window_.push_back(runtime_.ask<ledger>(next_id(), std::move(command)));
    if (window_.size() >= outstanding_) take_oldest();
  }
  /// For some time, or until told. @returns commands a second.
  double run(std::chrono::milliseconds time, const std::atomic<bool>* stop = nullptr) {
    const auto before = runtime_.figures().commits;
    const auto start = steady::now();
    for (std::size_t sent = 0;
         (sent & 15) != 0 || (steady::now() < start + time && (stop == nullptr || !stop->load()));
         ++sent)
      send(bench::note{text_});
    const auto commits = runtime_.figures().commits - before;
    return static_cast<double>(commits) /
           std::chrono::duration<double>(steady::now() - start).count();
  }
  /// Waits for all answers. @returns where the last one is.
  acta::position finish() {
    while (!window_.empty()) take_oldest();
    return last_;
  }

private:
  void take_oldest() {
    last_ = std::max(last_, must(window_.front().wait()).position);
    window_.pop_front();
  }

  acta::runtime& runtime_;
  std::size_t outstanding_;
  std::string text_;
  std::vector<std::string> ids_;
  std::size_t next_ = 0;
  std::deque<acta::pending> window_;
  acta::position last_{};
};

acta::position fill(acta::runtime& r, const settings& s, std::size_t aggregates,
                    std::uint64_t events, std::uint32_t per_commit) {
  client c(r, s, aggregates);
  const std::string text(s.event_bytes, 'x');
  for (std::uint64_t done = 0; done < events; done += per_commit)
    c.send(bench::note_many{text, per_commit});
  return c.finish();
}

// -- catching up ----------------------------------------------------------------------

struct caught_up {
  std::vector<double> per_second, per_cpu_second;
  std::uint64_t batch = 1;

  void add(double events, double seconds, double cpu) {
    per_second.push_back(events / seconds);
    per_cpu_second.push_back(events / cpu);
  }
};

void catch_up(acta::runtime& r, std::string_view view, acta::position last, caught_up& into) {
  auto projection = must(r.projection(view));
  must(projection.reset());
  const auto before = *projection.status().serving;
  const auto cpu = bench::cpu_seconds();
  const auto start = steady::now();
  must(projection.resume());
  wait_until_shown(r, view, last);
  into.add(static_cast<double>(last.number),
           std::chrono::duration<double>(steady::now() - start).count(),
           bench::cpu_seconds() - cpu);
  must(projection.pause());
  const auto after = *projection.status().serving;
  into.batch = (after.events - before.events) / (after.transactions - before.transactions);
}

void catch_up_of(const settings& s, std::size_t streams, std::uint32_t per_commit) {
  constexpr std::string_view views[] = {fold<0, 0>::name, fold<1, 1>::name, fold<2, 3>::name,
                                        bench::general::name};
  constexpr std::size_t moving_entries[] = {0, 1, 2, 0};
  caught_up ours[std::size(views)], raw[std::size(views)];
  acta::position last;
  {
    auto r = open(s, model_with<>());
    last = fill(r, s, streams, s.events, per_commit);
  }
  for (std::size_t round = 0; round < s.rounds; ++round) {
    {
      auto m = model_with<fold<0, 0>, fold<1, 1>, fold<2, 3>, bench::general>();
      std::filesystem::remove_all(s.folder / "store" / "views");
      auto r = open(s, std::move(m), false);
      for (const auto view : views) must(must(r.projection(view)).pause());
      for (std::size_t i = 0; i < std::size(views); ++i) catch_up(r, views[i], last, ours[i]);
    }
    acta::byte_buffer row;
    must(acta::encode_binary(fold<0, 0>{"owner-1"}, row));
    for (std::size_t i = 0; i < std::size(views); ++i) {
      const auto f = bench::raw_fold({.journal = s.folder / "store" / "p000" / "journal",
                                      .folder = s.folder / "raw",
                                      .batch_events = ours[i].batch,
                                      .row_bytes = row.size(),
                                      .moving_entries = moving_entries[i],
                                      .entry_bytes = 10});
      raw[i].add(static_cast<double>(f.events), f.seconds, f.cpu_seconds);
    }
  }
  for (std::size_t i = 0; i < std::size(views); ++i) {
    std::vector<double> ratios, cpu_ratios;
    for (std::size_t k = 0; k < s.rounds; ++k) {
      ratios.push_back(ours[i].per_second[k] / raw[i].per_second[k]);
      cpu_ratios.push_back(ours[i].per_cpu_second[k] / raw[i].per_cpu_second[k]);
    }
    fmt::print("{:>8} {:>8} {:>8} {:>6} {:>9.0f} {:>9.0f} {:>20} {:>12.0f} {:>20}\n", streams,
               per_commit, views[i], ours[i].batch, median(ours[i].per_second),
               median(raw[i].per_second), with_range(ratios), median(ours[i].per_cpu_second),
               with_range(cpu_ratios));
  }
  std::fflush(stdout);
}

void catch_up_table(const settings& s) {
  fmt::print("\ncatching up, {} events of {} bytes; raw LMDB beside it at the same batch; medians "
             "of {}\nfold_a, fold_b, fold_c: folds with 0, 1, 3 indexes\n",
             s.events, s.event_bytes, s.rounds);
  fmt::print("{:>8} {:>8} {:>8} {:>6} {:>9} {:>9} {:>20} {:>12} {:>20}\n", "streams", "a commit",
             "view", "batch", "events/s", "raw/s", "ratio", "events/cpu-s", "ratio of cpu");
  for (const auto streams : s.streams)
    for (const auto per_commit : s.per_commit) catch_up_of(s, streams, per_commit);
}

// -- lag ------------------------------------------------------------------------------

/// Latencies from several threads.
class latencies {
public:
  void add(steady::duration d) {
    const std::lock_guard lock(mutex_);
    all_.push_back(static_cast<float>(micros(d)));
  }
  [[nodiscard]] std::vector<float> sorted() {
    const std::lock_guard lock(mutex_);
    std::ranges::sort(all_);
    return all_;
  }

private:
  std::mutex mutex_;
  std::vector<float> all_;
};

template <class F> void time_into(latencies& to, F&& f) {
  const auto start = steady::now();
  f();
  to.add(steady::now() - start);
}

template <class View> void lag_of(const settings& s) {
  acta::runtime r = open(s, model_with<View>());
  {
    client c(r, s, s.aggregates);
    c.run(s.time / 4);
    latencies lag, receipts;
    std::atomic<std::uint64_t> asked{0}, shown{0};
    const auto sample = [&] {
      ++asked;
      r.ask<ledger>(c.next_id(), bench::bump{1})
          .then([&, since = steady::now()](acta::result<acta::receipt> receipt) {
            const auto committed = steady::now();
            receipts.add(committed - since);
            r.when_visible(View::name, must(std::move(receipt)).position, committed + 60s,
                           [&, committed](const acta::result<void>& how) {
                             must(how);
                             lag.add(steady::now() - committed);
                             ++shown;
                           });
          });
    };
    double rate = 0;
    const auto slices = static_cast<std::size_t>(s.time / 1ms);
    const auto start = steady::now();
    const auto before = r.figures().commits;
    for (std::size_t i = 0; i < slices; ++i) {
      c.run(1ms);
      sample();
    }
    rate = static_cast<double>(r.figures().commits - before) /
           std::chrono::duration<double>(steady::now() - start).count();
    c.finish();
    while (shown < asked) std::this_thread::sleep_for(1ms);
    const auto l = lag.sorted();
    const auto a = receipts.sorted();
    fmt::print("{:>8} {:>12} {:>12.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>9.0f}\n", View::name,
               s.outstanding, rate, percentile(a, 0.5), percentile(a, 0.99), percentile(l, 0.5),
               percentile(l, 0.99));
  }
  latencies ask, both;
  client ids(r, s, s.aggregates);
  const std::string text(s.event_bytes, 'x');
  for (const auto until = steady::now() + s.time; steady::now() < until;) {
    time_into(ask, [&] { must(r.ask<ledger>(ids.next_id(), bench::note{text}).wait()); });
    time_into(both, [&] {
      const auto& id = ids.next_id();
      const auto receipt = must(r.ask<ledger>(id, bench::note{text}).wait());
      must(r.view<View>().get(id, {.at_least = receipt.position}));
    });
  }
  const auto a = ask.sorted();
  const auto b = both.sorted();
  fmt::print("{:>8} {:>12} {:>12.0f} {:>9.0f} {:>9.0f} {:>9.0f} {:>9.0f}\n", View::name, 1,
             static_cast<double>(a.size() + b.size()) /
                 std::chrono::duration<double>(s.time).count(),
             percentile(a, 0.5), percentile(a, 0.99), percentile(b, 0.5), percentile(b, 0.99));
  std::fflush(stdout);
}

void lag_table(const settings& s) {
  fmt::print("\nlag, {} aggregates; one view; us. With 1 outstanding the last two are ask and then "
             "get of its effect,\nelse from the receipt until the view shows it\n",
             s.aggregates);
  fmt::print("{:>8} {:>12} {:>12} {:>9} {:>9} {:>9} {:>9}\n", "view", "outstanding", "commands/s",
             "ask p50", "ask p99", "show p50", "show p99");
  for (std::size_t round = 0; round < s.rounds; ++round) {
    lag_of<fold<0, 0>>(s);
    lag_of<fold<2, 3>>(s);
  }
}

// -- questions ------------------------------------------------------------------------

void query_rows(acta::runtime& r, const settings& s, bool loaded) {
  std::vector<std::pair<std::string_view, std::function<void(std::size_t)>>> reads;
  using view = fold<2, 3>;
  const auto key = [&](std::size_t i) { return std::to_string(i * 7919 % s.aggregates); };
  reads.emplace_back("get", [&](std::size_t i) { must(r.view<view>().get(key(i))); });
  reads.emplace_back("scan 100, key", [&](std::size_t i) {
    must(r.view<view>().scan({.from = acta::key(key(i))}));
  });
  reads.emplace_back("scan 100, index", [&](std::size_t i) {
    must(r.view<view>().scan(
        {.index = "by_owner", .equal = acta::key(fmt::format("owner-{}", i % 10))}));
  });
  reads.emplace_back("query", [&](std::size_t i) {
    must(r.query(bench::top<false>{static_cast<std::int64_t>(i % 64)}));
  });
  reads.emplace_back("query, cached", [&](std::size_t i) {
    must(r.query(bench::top<true>{static_cast<std::int64_t>(i % 64)}));
  });
  reads.emplace_back("picture", [&](std::size_t) { (void)r.picture(); });
  for (const auto& [what, read] : reads) {
    for (std::size_t i = 0; i < 64; ++i) read(i);
    latencies took;
    const auto before = r.figures().projections;
    std::size_t done = 0;
    for (const auto until = steady::now() + s.time / 3; steady::now() < until; ++done)
      time_into(took, [&, read = std::cref(read)] { read(done); });
    const auto after = r.figures().projections;
    const auto l = took.sorted();
    fmt::print(
        "{:>16} {:>8} {:>10.1f} {:>10.1f} {:>10}\n", what, loaded ? "2048" : "none",
        percentile(l, 0.5), percentile(l, 0.99),
        what == "query, cached"
            ? fmt::format("{:.4f}", static_cast<double>(after.cache_hits - before.cache_hits) /
                                        static_cast<double>(after.queries - before.queries))
            : "");
    std::fflush(stdout);
  }
}

void query_table(const settings& s) {
  auto m = model_with<fold<2, 3>>();
  m.query<bench::top<false>>();
  m.query<bench::top<true>>({.cached = true});
  auto r = open(s, std::move(m));
  wait_until_shown(r, fold<2, 3>::name, fill(r, s, s.aggregates, s.aggregates * 10, 1));
  fmt::print("\nreading a view of {} rows with 3 indexes, one reader; us\n", s.aggregates);
  fmt::print("{:>16} {:>8} {:>10} {:>10} {:>10}\n", "what", "load", "p50", "p99", "hit rate");
  query_rows(r, s, false);
  std::atomic<bool> stop{false};
  auto load = std::async(std::launch::async, [&] {
    client c(r, s, s.aggregates);
    const auto rate = c.run(24h, &stop);
    c.finish();
    return rate;
  });
  query_rows(r, s, true);
  stop = true;
  fmt::print("load: {:.0f} commands/s, {} outstanding\n", load.get(), s.outstanding);
}

// -- what views cost the commands -----------------------------------------------------

double throughput(const settings& s, acta::model m) {
  auto r = open(s, std::move(m));
  client c(r, s, s.aggregates);
  c.run(s.time / 4);
  const auto rate = c.run(s.time);
  c.finish();
  return rate;
}

void effect_table(const settings& s) {
  std::vector<double> none, one, four, one_ratio, four_ratio;
  for (std::size_t round = 0; round < s.rounds; ++round) {
    none.push_back(throughput(s, model_with<>()));
    one.push_back(throughput(s, model_with<fold<0, 1>>()));
    four.push_back(throughput(s, model_with<fold<0, 1>, fold<1, 1>, fold<2, 1>, fold<3, 1>>()));
    one_ratio.push_back(one.back() / none.back());
    four_ratio.push_back(four.back() / none.back());
  }
  fmt::print(
      "\ncommands with views of 1 index each, {} aggregates, {} outstanding; medians of {}\n",
      s.aggregates, s.outstanding, s.rounds);
  fmt::print("{:>6} {:>12} {:>20}\n", "views", "commands/s", "ratio");
  const auto row = [](int views, const std::vector<double>& rates,
                      const std::vector<double>& ratios) {
    fmt::print("{:>6} {:>12.0f} {:>20}\n", views, median(rates), with_range(ratios));
  };
  row(0, none, std::vector<double>(s.rounds, 1.0));
  row(1, one, one_ratio);
  row(4, four, four_ratio);
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  std::size_t milliseconds = 3000;
  CLI::App app(
      "Views: catching up beside raw LMDB, lag, queries, and what views cost the commands");
  app.add_option("--data", s.folder,
                 "folder on the disk to measure; a new one is made in it, and removed")
      ->capture_default_str();
  app.add_option("--time", milliseconds, "milliseconds a measurement")->capture_default_str();
  app.add_option("--rounds", s.rounds, "times each; medians are printed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--events", s.events, "events to catch up")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--streams", s.streams, "streams that hold them")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--per-commit", s.per_commit, "events a commit, to catch up")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--event-bytes", s.event_bytes, "bytes of an event's text")->capture_default_str();
  app.add_option("--aggregates", s.aggregates, "streams that commands go to")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--outstanding", s.outstanding, "commands on their way")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--sections", s.sections, "what to measure")
      ->check(CLI::IsMember({"catchup", "lag", "query", "effect"}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  s.time = std::chrono::milliseconds{milliseconds};
  try {
    const bench::scratch_folder scratch(s.folder);
    s.folder = scratch.path();
    const auto wanted = [&](std::string_view section) {
      return std::ranges::find(s.sections, section) != s.sections.end();
    };
    if (wanted("catchup")) catch_up_table(s);
    if (wanted("lag")) lag_table(s);
    if (wanted("query")) query_table(s);
    if (wanted("effect")) effect_table(s);
  } catch (const std::exception& e) {
    std::cerr << "bench_views: " << e.what() << '\n';
    return 1;
  }
}
