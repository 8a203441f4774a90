// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Views under full load, rebuilt and reset all the while, when the process or the power goes: every
// committed event is in every view exactly once.
#include "eventually.hpp"
#include "runtime.hpp"
#include "temp_folder.hpp"
#include "victim.hpp"
#include "view_judge.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <mutex>
#include <random>
#include <utility>

namespace {

using crash::journal;
using std::filesystem::path;

/// What the rounds came across, to be sure that they were not idle.
struct tally {
  std::uint64_t kills = 0;
  std::uint64_t events = 0;
  std::uint64_t generations = 0;
  std::uint64_t behind = 0;        ///< generations that were not at the journal's end
  std::uint64_t between = 0;       ///< views in the midst of a rebuild, reset or swap
  std::uint64_t paused = 0;        ///< views
  std::uint64_t undone = 0;        ///< generations that the loss of a transaction set back
  std::uint64_t undone_events = 0; ///< by this much

  void count(const crash::found_views& found, const journal& j) {
    for (const auto& [view, all] : found) {
      generations += all.size();
      if (all.size() > 1) ++between;
      for (const auto& g : all) {
        if (g.paused) ++paused;
        for (std::size_t p = 0; p < j.partitions.size(); ++p)
          if (g.checkpoints[p] < j.partitions[p].size()) {
            ++behind;
            break;
          }
      }
    }
  }
  void show() const {
    WARN(kills << " kills, " << events << " events, " << generations << " generations judged, "
               << behind << " of them behind, " << between << " views with several, " << paused
               << " paused; " << undone << " set back by " << undone_events << " events");
  }
};

std::vector<std::string> command_of(const path& folder, std::uint64_t seed, int round,
                                    std::uint32_t partitions) {
  return {CRASH_WORKER, folder.string(), std::to_string(seed), std::to_string(round),
          std::to_string(partitions)};
}

std::vector<std::string> names_in(const path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (std::filesystem::directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code))
    names.push_back(at->path().filename().string());
  std::ranges::sort(names);
  return names;
}

void live_until_random_moment(crash::victim& worker, const path& folder, std::mt19937_64& random) {
  const auto some = [&](std::uint64_t most) { return std::chrono::microseconds{random() % most}; };
  switch (random() % 8) {
  case 0: // it opens its environments
    return worker.live_for(some(60'000));
  case 1:
  case 2:
  case 3: // a generation comes or goes
    worker.live_until_acknowledged();
    worker.live_for(some(50'000));
    worker.live_until([&, before = names_in(folder / "store/views")] {
      return names_in(folder / "store/views") != before;
    });
    return worker.live_for(some(3'000));
  default:
    worker.live_until_acknowledged();
    return worker.live_for(some(250'000));
  }
}

/// Judges the views as they lie there, in a copy: what a runtime finds next must be untouched.
crash::found_views judge_copy(const path& store, const journal& j) {
  const test::temp_folder copy;
  if (!std::filesystem::exists(store / "views")) return {};
  std::filesystem::copy(store / "views", copy / "views", std::filesystem::copy_options::recursive);
  return crash::judge_views(copy / "views", j);
}

/// Opens a runtime, waits until every view has every event, and judges the files once more.
void settle(const path& store, const journal& j) {
  std::mutex mutex;
  std::string lines;
  {
    acta::runtime_options options;
    options.log = [&](acta::log_level level, std::string_view line) {
      const std::lock_guard lock(mutex);
      if (crash::is_alarming(level, line)) (lines += line) += '\n';
    };
    auto runtime = test::must_find(store, crash::view_model(), options);
    for (const auto name : crash::view_names) {
      auto view = runtime.projection(name);
      REQUIRE(view);
      REQUIRE(view->resume());
    }
    const auto is_settled = [&](const acta::view_status& s) {
      return s.serving && !s.building && s.serving->behind == 0;
    };
    const bool settled = test::eventually(
        [&] {
          const auto all = runtime.views();
          return std::ranges::all_of(all, is_settled) &&
                 names_in(store / "views").size() == all.size();
        },
        std::chrono::seconds{60});
    for (const auto& s : runtime.views()) {
      CAPTURE(s.view, names_in(store / "views"));
      REQUIRE(is_settled(s));
      CHECK(s.serving->state == acta::view_state::running);
      CHECK_FALSE(s.serving->trouble);
      CHECK(s.serving->failures == 0);
      CHECK(s.serving->dead_letters == 0);
      for (const auto& at : s.serving->scanned)
        CHECK(at.number == j.partitions.at(at.partition).size());
    }
    REQUIRE(settled); // no other generation's folder is left
    REQUIRE(runtime.stop());
  }
  CAPTURE(lines);
  CHECK(lines.empty());
  const auto found = judge_copy(store, j);
  REQUIRE(found.size() == crash::view_names.size());
  for (const auto& [view, all] : found) {
    CAPTURE(view);
    REQUIRE(all.size() == 1);
    CHECK(all[0].built);
    for (std::size_t p = 0; p < j.partitions.size(); ++p)
      REQUIRE(all[0].checkpoints[p] == j.partitions[p].size());
  }
}

/// What an operator has paused stays so, whatever was done to it since and whenever that ended.
void judge_pause(const crash::found_views& found) {
  const auto at = found.find(crash::paused_view);
  REQUIRE(at != found.end());
  const crash::found_generation* serving = nullptr; // the newest one that is built, else the newest
  for (const auto& g : at->second)
    if (serving == nullptr ||
        std::pair(g.built, g.number) > std::pair(serving->built, serving->number))
      serving = &g;
  CAPTURE(at->second.size(), serving->number, serving->built);
  REQUIRE(serving->paused);
}

std::uint64_t events_of(const journal& j) {
  std::uint64_t events = 0;
  for (const auto& p : j.partitions) events += p.size();
  return events;
}

constexpr int rounds_a_store = 4; // the whole journal is read each time
std::uint32_t partitions_of(int round) { return round / rounds_a_store % 2 == 0 ? 1 : 3; }

} // namespace

TEST_CASE("every committed event is in every view exactly once after SIGKILL under load") {
  const int rounds = crash::choose_rounds(6);
  const auto seed = crash::choose_seed();
  std::mt19937_64 random(seed);
  tally found;
  for (int round = 0; round < rounds;) {
    const test::temp_folder folder;
    const auto store = folder / "store";
    const auto partitions = partitions_of(round);
    journal j;
    for (int i = 0; i < rounds_a_store && round < rounds; ++i, ++round) {
      CAPTURE(round, partitions);
      // Sometimes the process that opens after a kill is killed too, before the views have settled.
      for (auto kills = 1 + random() % 2; kills > 0; --kills) {
        {
          crash::victim worker(command_of(folder.path(), seed, round, partitions), folder.path());
          live_until_random_moment(worker, folder.path(), random);
          worker.kill();
        }
        ++found.kills;
        auto found_journal = journal::find(store);
        if (!found_journal) continue; // a very early kill leaves no store
        j = std::move(*found_journal);
        const auto views = judge_copy(store, j);
        found.count(views, j);
        if (std::filesystem::exists(folder / "paused")) judge_pause(views);
      }
      if (!j.partitions.empty()) settle(store, j);
      std::filesystem::remove(folder / "paused");
    }
    found.events += events_of(j);
  }
  found.show();
  CHECK(found.events > 0);
  CHECK(found.behind > 0);
  if (rounds >= 20) CHECK(found.between > 0);
}

namespace {

/// Takes the last transaction from an LMDB environment, as a power loss may. LMDB writes the state
/// of transaction N to meta page N modulo 2, over that of N-2, after the pages it points to; with
/// MDB_NOMETASYNC the meta page itself is synced only by the next transaction. So what may be
/// missing after a power loss is one meta page: the file then holds that of N-1, and the page of N
/// still says N-2. Nothing that N-1 points to has been overwritten, because a transaction uses
/// only pages that were free in the one before it.
/// Source: LMDB 0.9, lmdb.h on MDB_NOMETASYNC; mdb.c, MDB_meta, mdb_env_write_meta,
/// mdb_env_pick_meta.
bool lose_last_transaction(const path& data) {
  // A meta page: page header (16 bytes), magic u32, version u32, address u64, map size u64, two
  // tables of 48 bytes (the first begins with the page size as u32), last page u64, transaction
  // u64.
  constexpr std::size_t header_bytes = 16, magic_at = 16, page_size_at = 40, transaction_at = 144;
  std::fstream file(data, std::ios::binary | std::ios::in | std::ios::out);
  std::array<char, 152> first{};
  if (!file.read(first.data(), first.size())) return false; // nothing was ever committed
  const auto number_at = [](const auto& page, std::size_t at) {
    std::uint64_t n = 0;
    std::memcpy(&n, page.data() + at, sizeof n);
    return n;
  };
  std::uint32_t magic = 0, page_size = 0;
  std::memcpy(&magic, first.data() + magic_at, sizeof magic);
  std::memcpy(&page_size, first.data() + page_size_at, sizeof page_size);
  REQUIRE(magic == 0xBEEFC0DE);
  REQUIRE(page_size >= 512);
  std::array<std::vector<char>, 2> pages;
  for (auto& page : pages) page.resize(page_size);
  file.seekg(0);
  for (auto& page : pages) REQUIRE(file.read(page.data(), page_size));
  const auto transaction_of = [&](int page) { return number_at(pages[page], transaction_at); };
  const int newer = transaction_of(0) < transaction_of(1) ? 1 : 0;
  // Of the first transactions there is nothing before.
  if (transaction_of(newer) < 3 || transaction_of(newer) != transaction_of(1 - newer) + 1)
    return false;
  // What the state of N-2 said is gone, but is never looked at: the other is newer.
  const auto older = transaction_of(newer) - 2;
  std::copy(pages[1 - newer].begin() + header_bytes, pages[1 - newer].end(),
            pages[newer].begin() + header_bytes);
  std::memcpy(pages[newer].data() + transaction_at, &older, sizeof older);
  file.seekp(static_cast<std::streamoff>(newer) * page_size);
  REQUIRE(file.write(pages[newer].data(), page_size));
  return true;
}

} // namespace

TEST_CASE(
    "a power loss that undoes the last transaction of views costs no event and doubles none") {
  const int rounds = std::max(crash::choose_rounds(6) / 2, 1);
  const auto seed = crash::choose_seed();
  std::mt19937_64 random(seed);
  tally found;
  for (int round = 0; round < rounds;) {
    const test::temp_folder folder;
    const auto partitions = partitions_of(round);
    crash::victim worker(command_of(folder.path(), seed, round, partitions), folder.path());
    worker.live_until_acknowledged();
    for (int i = 0; i < rounds_a_store && round < rounds; ++i, ++round) {
      CAPTURE(round, partitions);
      worker.live_for(std::chrono::microseconds{random() % 150'000});
      // While it stands still the files are what the disk would hold at best.
      const test::temp_folder copy;
      const auto store = copy / "store";
      worker.stop();
      std::filesystem::copy(folder / "store", store, std::filesystem::copy_options::recursive);
      worker.go_on();

      const auto here = journal::find(store);
      REQUIRE(here);
      const auto& j = *here;
      const auto before = judge_copy(store, j);
      for (const auto& name : names_in(store / "views"))
        if (random() % 4 != 0)
          if (const auto data = store / "views" / name / "data.mdb"; std::filesystem::exists(data))
            lose_last_transaction(data);
      const auto after = judge_copy(store, j);
      found.count(after, j);
      for (const auto& [view, all] : before)
        for (const auto& g : all) {
          const auto& now = after.at(view);
          const auto same =
              std::ranges::find_if(now, [&](const auto& a) { return a.number == g.number; });
          REQUIRE(same != now.end());
          std::uint64_t lost = 0;
          for (std::size_t p = 0; p < g.checkpoints.size(); ++p) {
            REQUIRE(same->checkpoints[p] <= g.checkpoints[p]);
            lost += g.checkpoints[p] - same->checkpoints[p];
          }
          found.undone += lost > 0 ? 1 : 0;
          found.undone_events += lost;
        }
      settle(store, j);
      found.events = std::max(found.events, events_of(j));
    }
    worker.kill();
    ++found.kills;
  }
  found.show();
  CHECK(found.undone > 0);
}
