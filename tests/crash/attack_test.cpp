// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Something happens to the files of a store, or to the clock, between two lives of a process that
// is killed at random: bits turn, files shrink, go, or come back from an older day. What is derived
// never decides what is true; what is true is never made anew; every answer is right or an error.
#include "eventually.hpp"
#include "journal_judge.hpp"
#include "lmdb_pages.hpp"
#include "temp_folder.hpp"
#include "victim.hpp"
#include "view_judge.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <random>

namespace {

using std::filesystem::path;

/// A store, what was acknowledged of it, and copies of both from earlier rounds.
class stage {
public:
  explicit stage(std::mt19937_64& random) : random_(random) {}

  [[nodiscard]] path folder() const { return folder_.path(); }
  [[nodiscard]] path store() const { return folder_ / "store"; }
  [[nodiscard]] path journal_file() const { return store() / "p000/journal/data.mdb"; }

  /// Notes the store as it lies there, for a later put_back().
  void keep() {
    const auto to = copies_ / std::to_string(kept_++);
    copy(folder(), to);
    if (kept_ > kept_max)
      std::filesystem::remove_all(copies_ / std::to_string(kept_ - 1 - kept_max));
  }
  /// Puts `what` (a file or folder of the store) back as it was in a copy. @returns false if the
  /// copy does not have it.
  bool put_back(const path& what, std::size_t copy_number) {
    const auto from = copies_ / std::to_string(copy_number) / what;
    if (!std::filesystem::exists(from)) return false;
    std::filesystem::remove_all(folder() / what);
    copy(from, folder() / what);
    return true;
  }
  [[nodiscard]] std::size_t newest() const { return kept_ - 1; }
  [[nodiscard]] std::size_t any_older() {
    const auto oldest = kept_ > kept_max ? kept_ - kept_max : 0;
    return oldest + random_() % (kept_ - oldest);
  }

  /// A file below `where` with data in it, or nothing.
  path any_data(const path& where) {
    std::vector<path> all;
    if (std::filesystem::exists(where))
      for (const auto& at : std::filesystem::recursive_directory_iterator(where))
        if (at.path().filename() == "data.mdb" && at.file_size() > 0) all.push_back(at.path());
    std::ranges::sort(all);
    return all.empty() ? path{} : all[random_() % all.size()];
  }

  void turn_bits(const path& file, int bits) {
    const auto size = std::filesystem::file_size(file);
    for (int i = 0; i < bits; ++i) turn_bit_at(file, random_() % size);
  }
  /// Of both headers (meta pages) of an LMDB file: there one bit has to be enough.
  void turn_bit_of_header(const path& file) {
    constexpr std::uint64_t header_bytes = 152;
    turn_bit_at(file, random_() % 2 * page_bytes + random_() % header_bytes);
  }
  /// @returns false if no name has been written yet.
  bool turn_bits_of_names(int bits) {
    std::ifstream in(journal_file(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::vector<std::size_t> at;
    const test::lmdb_pages pages(bytes);
    for (const auto& place : pages.places())
      if (place.table == "names" && !place.is_key)
        for (std::size_t i = 0; i < place.size; ++i) at.push_back(place.offset + i);
    for (int i = 0; i < bits && !at.empty(); ++i)
      turn_bit_at(journal_file(), at[random_() % at.size()]);
    return !at.empty();
  }
  void overwrite_page(const path& file) {
    std::fstream data(file, std::ios::binary | std::ios::in | std::ios::out);
    const auto pages = std::filesystem::file_size(file) / page_bytes;
    std::vector<char> page(page_bytes);
    if (random_() % 2 == 0)
      for (auto& byte : page) byte = static_cast<char>(random_());
    data.seekp(
        static_cast<std::streamoff>(random_() % std::max<std::uint64_t>(pages, 1) * page_bytes));
    data.write(page.data(), page_bytes);
    REQUIRE(data);
  }
  void shorten(const path& file) {
    const auto size = std::filesystem::file_size(file);
    std::filesystem::resize_file(file, random_() % 3 == 0 ? 0 : random_() % size);
  }

private:
  static constexpr std::size_t kept_max = 4;
  static constexpr std::uint64_t page_bytes = 4096;

  void turn_bit_at(const path& file, std::uint64_t offset) {
    std::fstream data(file, std::ios::binary | std::ios::in | std::ios::out);
    const auto at = static_cast<std::streamoff>(offset);
    data.seekg(at);
    const auto byte = static_cast<char>(data.get());
    data.seekp(at);
    data.put(static_cast<char>(byte ^ static_cast<char>(1u << (random_() % 8))));
    REQUIRE(data);
  }
  static void copy(const path& from, const path& to) {
    std::filesystem::create_directories(to.parent_path());
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }

  std::mt19937_64& random_;
  test::temp_folder folder_;
  test::temp_folder copies_;
  std::size_t kept_ = 0;
};

/// What may follow a mischief.
enum class outcome : std::uint8_t {
  goes_on,    ///< opens; nothing acknowledged is lost
  refuses,    ///< must be refused; undone after that
  either,     ///< opens and answers rightly, or is refused; undone after that
  whole,      ///< opens, and nothing acknowledged is lost, or is refused; undone after that
  other_past, ///< opens, with the past of an older journal
};

struct mischief {
  std::string name;
  outcome after;
  /// False if there is nothing here to do it to.
  std::function<bool(stage&)> act;
  std::chrono::seconds clock{0};
};

std::vector<mischief> all_mischiefs(std::mt19937_64& random) {
  const auto to_data = [](const path& below, auto what) {
    return [below, what](stage& s) {
      const auto file = s.any_data(s.store() / below);
      if (file.empty()) return false;
      what(s, file);
      return true;
    };
  };
  const auto remove = [](const path& below) {
    return [below](stage& s) { return std::filesystem::remove_all(s.store() / below) > 0; };
  };
  const auto put_back = [](const path& below) {
    return [below](stage& s) { return s.put_back("store" / below, s.any_older()); };
  };
  const auto turn = [&](stage& s, const path& file) {
    s.turn_bits(file, 1 + static_cast<int>(random() % 4));
  };
  const auto page = [](stage& s, const path& file) { s.overwrite_page(file); };
  const auto shorten = [](stage& s, const path& file) { s.shorten(file); };
  const auto header = [](stage& s, const path& file) { s.turn_bit_of_header(file); };
  constexpr auto day = std::chrono::seconds{24 * 3600};
  const auto nothing = [](stage&) { return true; };
  return {
      {"nothing", outcome::goes_on, nothing},
      {"clock 8 days ahead", outcome::goes_on, nothing, 8 * day},
      {"clock 40 days ahead", outcome::goes_on, nothing, 40 * day},
      {"clock 2 days behind", outcome::goes_on, nothing, -2 * day},
      {"no derived", outcome::goes_on, remove("p000/derived")},
      {"no index file", outcome::goes_on, remove("p000/derived/data.mdb")},
      {"older derived", outcome::goes_on, put_back("p000/derived")},
      {"bits of derived", outcome::goes_on, to_data("p000/derived", turn)},
      {"page of derived", outcome::goes_on, to_data("p000/derived", page)},
      {"derived shortened", outcome::goes_on, to_data("p000/derived", shorten)},
      {"header of derived", outcome::goes_on, to_data("p000/derived", header)},
      {"header of a view", outcome::goes_on, to_data("views", header)},
      {"no views", outcome::goes_on, remove("views")},
      {"older views", outcome::goes_on, put_back("views")},
      {"a view shortened", outcome::goes_on, to_data("views", shorten)},
      {"older derived and views", outcome::goes_on,
       [=](stage& s) { return put_back("p000/derived")(s) && put_back("views")(s); }},
      {"older journal", outcome::other_past, put_back("p000/journal")},
      {"older partition", outcome::other_past, put_back("p000")},
      {"bits of the journal", outcome::either, to_data("p000/journal", turn)},
      {"page of the journal", outcome::either, to_data("p000/journal", page)},
      {"journal shortened", outcome::either, to_data("p000/journal", shorten)},
      {"header of the journal", outcome::whole, to_data("p000/journal", header)},
      {"bits of the names", outcome::whole,
       [&](stage& s) { return s.turn_bits_of_names(1 + static_cast<int>(random() % 4)); }},
      {"bits of store.toml", outcome::whole,
       [&](stage& s) {
         s.turn_bits(s.store() / "store.toml", 1 + static_cast<int>(random() % 4));
         return true;
       }},
      {"no journal folder", outcome::refuses, remove("p000/journal")},
      {"no journal file", outcome::refuses, remove("p000/journal/data.mdb")},
      {"journal emptied", outcome::refuses,
       [](stage& s) {
         std::filesystem::resize_file(s.journal_file(), 0);
         return true;
       }},
      {"no partition", outcome::refuses, remove("p000")},
      {"no contract", outcome::refuses, remove("contract.txt")},
      {"no store.toml", outcome::refuses, remove("store.toml")},
  };
}

struct ending {
  int code = 0;
  std::string errors;
};
std::ostream& operator<<(std::ostream& out, const ending& e) {
  return out << "exit " << e.code << ": " << e.errors;
}

/// What the rounds came across.
struct tally {
  std::map<std::string, std::map<std::string, int>> seen; ///< by mischief: endings
  void count(const mischief& m, const std::string& end) { ++seen[m.name][end]; }
  void show() const {
    for (const auto& [name, ends] : seen) {
      std::string line = name + ":";
      for (const auto& [end, times] : ends) line += " " + end + " " + std::to_string(times) + ",";
      WARN(line);
    }
  }
};

class attack {
public:
  attack(std::uint64_t seed, std::mt19937_64& random)
      : seed_(seed), random_(random), stage_(random) {}

  void prepare() {
    REQUIRE(live({"first life", outcome::goes_on, {}}).code == -SIGKILL);
    must_be_sound();
    stage_.keep();
  }

  void round(const mischief& m, tally& found) {
    CAPTURE(m.name);
    if (!m.act(stage_)) return;
    if (m.after == outcome::other_past) forget_what_is_gone();
    const auto end = live(m);
    CAPTURE(end);
    found.count(m, describe(end));
    switch (m.after) {
    case outcome::goes_on:
    case outcome::other_past:
      // LMDB itself may fall over a garbled page; what is derived can then be deleted, and all is
      // well.
      if (end.code != -SIGKILL) {
        REQUIRE((m.name.starts_with("bits of") || m.name.starts_with("page of")));
        REQUIRE(end.code < 0);
        std::filesystem::remove_all(stage_.store() / "p000/derived");
      }
      must_be_sound(m.name.ends_with("of derived"));
      return stage_.keep();
    case outcome::refuses:
      REQUIRE(end.code == 3);
      break;
    case outcome::whole:
      if (end.code == -SIGKILL) {
        must_be_sound();
        return stage_.keep();
      }
      REQUIRE(end.code == 3);
      break;
    case outcome::either:
      REQUIRE((end.code == -SIGKILL || end.code == 3 || end.code < 0));
      if (end.code == -SIGKILL) must_not_have_forked();
      break;
    }
    REQUIRE(stage_.put_back("store", stage_.newest()));
    REQUIRE(stage_.put_back("acknowledged", stage_.newest()));
    must_be_sound();
  }

private:
  static std::string describe(const ending& e) {
    if (e.code == -SIGKILL) return "served";
    if (e.code == 3) return "refused";
    return "exit " + std::to_string(e.code);
  }

  /// Runs the worker for a random time.
  ending live(const mischief& m) {
    test::subprocess worker({CRASH_WORKER, "load", stage_.folder().string(), std::to_string(seed_),
                             std::to_string(m.clock.count())});
    const auto before = acknowledged_bytes();
    const auto errors = errors_bytes();
    const auto has_begun = [&] {
      return !worker.lives() || acknowledged_bytes() != before || errors_bytes() > errors + 5;
    };
    if (!test::eventually(has_begun, std::chrono::seconds{60})) FAIL("the victim does nothing");
    // Until a random moment, or its own end.
    test::eventually([&] { return !worker.lives(); }, std::chrono::milliseconds{random_() % 300});
    worker.signal(SIGKILL);
    const auto code = worker.end();
    REQUIRE(code);
    const ending end_of_life{*code, worker.errors()};
    CAPTURE(end_of_life);
    REQUIRE(*code != 1); // a wrong answer
    return end_of_life;
  }
  [[nodiscard]] std::uintmax_t acknowledged_bytes() const { return bytes_of("acknowledged"); }
  [[nodiscard]] std::uintmax_t errors_bytes() const { return bytes_of("errors"); }
  [[nodiscard]] std::uintmax_t bytes_of(const char* file) const {
    std::error_code code;
    const auto size = std::filesystem::file_size(stage_.folder() / file, code);
    return code ? 0 : size;
  }

  ending run(std::vector<std::string> words) const {
    words.insert(words.begin(), CRASH_WORKER);
    test::subprocess process(std::move(words));
    const auto code = process.end(std::chrono::seconds{90});
    if (!code) FAIL("no end in 90 s");
    return {*code, process.errors()};
  }
  /// The store opens, has all that was acknowledged, and its views come to the right rows.
  /// @param may_find_damage  damage of derived data may come to light only now; the error says that
  /// the next open makes it anew, and so it must.
  void must_be_sound(bool may_find_damage = false) const {
    const auto settled = run({"settle", stage_.folder().string()});
    CAPTURE(settled);
    REQUIRE(settled.code == 0);
    auto judged = run({"judge", stage_.folder().string(), std::to_string(seed_)});
    if (may_find_damage && judged.code == 3 &&
        judged.errors.find("damaged_index") != std::string::npos)
      judged = run({"judge", stage_.folder().string(), std::to_string(seed_)});
    CAPTURE(judged);
    REQUIRE(judged.code == 0);
    const auto journal = crash::journal::find(stage_.store());
    REQUIRE(journal);
    crash::judge_views(stage_.store() / "views", *journal);
  }

  /// An older journal has lost what came after it, and may come from another branch of the past, in
  /// which the same command was stored at another place: neither is to be found any more.
  void forget_what_is_gone() const {
    std::map<acta::uuid, std::pair<std::uint64_t, acta::version_number>> places;
    {
      acta::persistence::store_options existing;
      existing.create = false;
      auto store = acta::persistence::store::open(stage_.store(), existing);
      REQUIRE(store);
      REQUIRE((*store)->partitions()[0]->read_log(1, [&](const acta::persistence::commit_view& c) {
        places.emplace(c.header().command_id, std::pair(c.last_position(), c.last_version()));
        return true;
      }));
    }
    const auto all = crash::read_acknowledged(stage_.folder());
    std::ofstream out(stage_.folder() / "acknowledged", std::ios::binary | std::ios::trunc);
    for (const auto& a : all) {
      const auto at = places.find(crash::plan(seed_, a.client, a.n).command_id);
      if (at != places.end() && at->second == std::pair(a.position, a.version))
        out.write(reinterpret_cast<const char*>(&a), sizeof a);
    }
    REQUIRE(out.flush());
  }

  /// No version of a stream was acknowledged to two commands.
  void must_not_have_forked() const {
    std::map<std::pair<std::string, std::uint64_t>, acta::uuid> owner;
    for (const auto& a : crash::read_acknowledged(stage_.folder())) {
      const auto planned = crash::plan(seed_, a.client, a.n);
      for (auto i = planned.events; i > 0; --i) {
        const auto [at, is_new] =
            owner.try_emplace({planned.stream_id, a.version - i + 1}, planned.command_id);
        CAPTURE(planned.stream_id, a.version, a.position);
        REQUIRE((is_new || at->second == planned.command_id));
      }
    }
  }

  std::uint64_t seed_;
  std::mt19937_64& random_;
  stage stage_;
};

} // namespace

TEST_CASE(
    "whatever happens to its files and its clock, a store loses nothing and answers rightly") {
  const int rounds = crash::choose_rounds(15);
  const auto seed = crash::choose_seed();
  std::mt19937_64 random(seed);
  const auto mischiefs = all_mischiefs(random);
  const auto* only = std::getenv("ACTA_MISCHIEF");
  tally found;
  constexpr int rounds_a_store = 10; // the whole journal is read each time
  for (int done = 0; done < rounds;) {
    attack one(seed, random);
    one.prepare();
    for (int i = 0; i < rounds_a_store && done < rounds; ++i, ++done) {
      CAPTURE(done);
      auto m = mischiefs[random() % mischiefs.size()];
      while (only != nullptr && m.name != only) m = mischiefs[random() % mischiefs.size()];
      one.round(m, found);
    }
  }
  found.show();
}
