// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// Several damaged commits at once, with derived data gone or behind: the store opens, and nothing
/// but the streams that may have lost a commit stops.
#include "damaged_place.hpp"

#include <map>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

namespace lost_neighbours_test {

using namespace acta::contract;
using acta::version_number;
namespace fs = std::filesystem;

namespace {

using damage = void (*)(std::string&);

// Offsets of docs/storage-format.md: first version 24, command id 44, stream id 60.
void turn_version(std::string& bytes) { bytes[24] ^= 1; }
void turn_stream(std::string& bytes) { bytes[60] ^= 2; } // `a` becomes `c`
void turn_command(std::string& bytes) { bytes[50] ^= 4; }
void spoil_version(std::string& bytes) { bytes[24] ^= 3, bytes.back() ^= 1; }
void spoil_stream(std::string& bytes) { bytes[60] ^= 2, bytes.back() ^= 1; }
void spoil_last_byte(std::string& bytes) { bytes.back() ^= 1; }

constexpr damage all_damages[] = {turn_version, turn_stream,     turn_command, spoil_version,
                                  spoil_stream, spoil_last_byte, garble};

/// The streams named answer with the damage at `where`, the others go on.
void check_stops(const damaged_place& at, const std::map<std::string, std::string>& where,
                 std::initializer_list<const char*> others) {
  for (int round = 0; round < 2; ++round) { // the second sees what the first has kept
    CAPTURE(round);
    const auto p = at.open();
    writer w(*p);
    for (const auto& [stream, position] : where) {
      CAPTURE(stream);
      check_corrupt(read_of(*p, stream), position);
      check_corrupt(append_to(*p, w, stream), position);
    }
    for (const auto* other : others) {
      CAPTURE(other);
      CHECK_FALSE(append_to(*p, w, other));
    }
    w.wait();
    p->stop();
  }
}

} // namespace

TEST_CASE("two damaged neighbours of one stream stop it alone, however each is damaged") {
  const damaged_place at;
  fill(at, {{"a"}, {"b"}, {"a"}, {"a"}, {"a"}, {"c"}});
  const auto kept = at.root.path() / "kept";
  fs::copy(at.folder, kept, fs::copy_options::recursive);
  for (std::size_t first = 0; first < std::size(all_damages); ++first)
    for (std::size_t second = 0; second < std::size(all_damages); ++second) {
      CAPTURE(first, second);
      fs::remove_all(at.folder);
      fs::copy(kept, at.folder, fs::copy_options::recursive);
      test::change_record(at.journal(), 3, all_damages[first]);
      test::change_record(at.journal(), 4, all_damages[second]);
      at.forget_derived();
      CHECK(at.open()->recovery().in_doubt == 0);
      check_stops(at, {{"a", "0:3"}}, {"b", "c", "new"});
      CHECK(at.open()->recovery().damaged.empty()); // the index has them
    }
}

TEST_CASE("three damaged neighbours of one stream stop it alone, also if the index is older than "
          "they are") {
  const damaged_place at;
  const auto how = GENERATE(as<damage>{}, turn_version, spoil_stream, spoil_last_byte, garble);
  const bool is_behind = GENERATE(false, true);
  fill(at, {{"a"}, {"b", 3}});
  const auto older = at.root.path() / "older";
  fs::copy(at.folder / "derived", older, fs::copy_options::recursive);
  fill(at, {{"a", 2}, {"a"}, {"a", 3}, {"a"}, {"c"}}); // 5..6, 7, 8..10, 11
  for (const std::uint64_t position : {5, 7, 8}) test::change_record(at.journal(), position, how);
  at.forget_derived();
  if (is_behind) fs::copy(older, at.folder / "derived", fs::copy_options::recursive);
  CHECK(at.open()->recovery().in_doubt == 0);
  check_stops(at, {{"a", "0:5"}}, {"b", "c", "new"});
}

TEST_CASE("two damaged neighbours of two streams stop these two, for as much was lost as is "
          "missing") {
  const damaged_place at;
  const auto how = GENERATE(as<damage>{}, turn_version, spoil_version, spoil_last_byte, garble);
  fill(at, {{"a"}, {"b"}, {"a"}, {"b"}, {"a"}, {"b"}, {"c"}});
  test::change_record(at.journal(), 3, how);
  test::change_record(at.journal(), 4, how);
  at.forget_derived();
  CHECK(at.open()->recovery().in_doubt == 0);
  check_stops(at, {{"a", "0:3"}, {"b", "0:4"}}, {"c", "new"});
}

TEST_CASE("a stream that may have ended with one of two damaged neighbours does not go on, "
          "whichever of them the other stream lacks") {
  const damaged_place at;
  const bool ended_first = GENERATE(false, true);
  CAPTURE(ended_first);
  if (ended_first) // b's last is 3
    fill(at, {{"a"}, {"b"}, {"b"}, {"a"}, {"a"}, {"c"}});
  else
    fill(at, {{"a"}, {"b"}, {"a"}, {"b"}, {"a"}, {"c"}});
  test::change_record(at.journal(), 3, garble);
  test::change_record(at.journal(), 4, garble);
  at.forget_derived();
  CHECK(at.open()->recovery().in_doubt == 4);
  check_stops(at, {{"a", "0:3"}, {"b", "0:4"}, {"new", "0:4"}}, {"c"});
}

TEST_CASE("of lost commits of several lengths each goes to the stream that lacks as much") {
  const damaged_place at;
  // a 1, b 2, c 3; lost: b 4..6 (3 events), a 7..8 (2), c 9 (1)
  fill(at, {{"a"}, {"b"}, {"c"}, {"b", 3}, {"a", 2}, {"c"}, {"a"}, {"b"}});
  for (const std::uint64_t position : {4, 7, 9})
    test::change_record(at.journal(), position, garble);
  at.forget_derived();
  // What is left when a has 7, and so b 4, may be anybody's.
  CHECK(at.open()->recovery().in_doubt == 9);
  check_stops(at, {{"a", "0:7"}, {"c", "0:9"}, {"new", "0:9"}, {"b", "0:4"}}, {});
}

TEST_CASE("two damaged commits at the journal's end: their headers are believed, or what may have "
          "ended with them stops") {
  const damaged_place at;
  const auto last = fill(at, {{"a"}, {"b"}, {"a", 2}, {"a"}}); // 3..4, 5
  const bool is_garbled = GENERATE(false, true);
  CAPTURE(is_garbled);
  for (const std::uint64_t position : {3, 5})
    test::change_record(at.journal(), position, is_garbled ? garble : spoil_last_byte);
  at.forget_derived();
  CHECK(at.open()->last_position() >= last);
  if (is_garbled)
    check_stops(at, {{"a", "0:5"}, {"b", "0:5"}, {"new", "0:5"}}, {});
  else
    check_stops(at, {{"a", "0:3"}}, {"b", "new"});
}

TEST_CASE("a damaged header that names another stream where that one goes on is not believed once "
          "it has gone on") {
  const damaged_place at;
  // L, a's second, says that it is c's second.
  fill(at, {{"c"}, {"a"}, {"a"}, {"b"}, {"c"}, {"a"}});
  test::change_record(at.journal(), 3, spoil_stream);
  at.forget_derived();
  const auto commits_max = GENERATE(std::size_t{65'536}, std::size_t{1});
  CAPTURE(commits_max);
  const auto p = at.open(small_maps(commits_max));
  check_corrupt(read_of(*p, "a"), "0:3");
  CHECK(versions_of(*p, key_of("c")) == std::vector<version_number>{1, 2});
  CHECK(p->recovery().in_doubt == 0);
  writer w(*p);
  for (const auto* other : {"b", "c"}) CHECK_FALSE(append_to(*p, w, other));
}

TEST_CASE(
    "an index that was killed before it was known whose the damaged commits are is made anew") {
  const damaged_place at;
  // b's last and a's second are lost; a goes on where the index has long been written.
  fill(at, {{"a"}, {"b"}, {"b"}, {"a"}, {"c"}, {"d"}, {"a"}, {"c"}});
  for (const std::uint64_t position : {3, 4}) test::change_record(at.journal(), position, garble);
  at.forget_derived();
  for (int chunks = 1; chunks <= 8; ++chunks) {
    CAPTURE(chunks);
    const auto child = ::fork();
    if (child == 0) {
      int left = chunks;
      const auto p =
          open_partition(at.folder, 0, at.store_id, small_maps(1), [&](std::string_view, double) {
            if (--left == 0) ::_exit(0);
          });
      ::_exit(p ? 1 : 2);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == (chunks <= 6 ? 0 : 1));
  }
  CHECK_FALSE(fs::exists(at.folder / "derived" / "unusable.txt"));
  check_stops(at, {{"a", "0:3"}, {"b", "0:4"}, {"new", "0:4"}}, {"c", "d"});
}

TEST_CASE("a damaged header that names a stream which never was does not make another stream the "
          "loser of what a third has lost") {
  const damaged_place at;
  // a's first says that it is c's first; b's last is lost where only a lacks something.
  fill(at, {{"a"}, {"b"}, {"b"}, {"a"}, {"d"}, {"c"}});
  test::change_record(at.journal(), 1, spoil_stream);
  test::change_record(at.journal(), 3, garble);
  at.forget_derived();
  CHECK(at.open()->recovery().in_doubt == 3);
  check_stops(at, {{"a", "0:3"}, {"b", "0:3"}, {"new", "0:3"}}, {"c", "d"});
}

TEST_CASE("one turned bit in the first commit of a stream does not give it to a stream that never "
          "was") {
  const damaged_place at;
  fill(at, {{"other"}, {"cart-42"}});
  test::change_record(at.journal(), 2, turn_stream);
  at.forget_derived();
  CHECK(at.open()->recovery().in_doubt == 0);
  check_stops(at, {{"cart-42", "0:2"}}, {"aart-42", "other", "new"});
}

TEST_CASE("a stream that lacks more than was lost is a wrong history: the store does not open") {
  const damaged_place at;
  fill(at, {{"a"}, {"b"}, {"a"}, {"c"}});
  const auto later = GENERATE(1u, 2u); // versions that a lacks
  const bool is_one_lost = GENERATE(false, true);
  CAPTURE(later, is_one_lost);
  if (is_one_lost) test::change_record(at.journal(), 2, garble);
  test::change_record(at.journal(), 3, [&](std::string& bytes) {
    bytes[24] = static_cast<char>(bytes[24] + later);
    std::vector<std::byte> record(bytes.size());
    std::memcpy(record.data(), bytes.data(), bytes.size());
    std::int64_t time = 0;
    std::memcpy(&time, bytes.data() + 16, sizeof time);
    seal_commit(record, 3, acta::time_point(std::chrono::microseconds(time)));
    std::memcpy(bytes.data(), record.data(), bytes.size());
  });
  at.forget_derived();
  const auto p = open_partition(at.folder, 0, at.store_id, small_maps());
  REQUIRE(p.has_value() == (is_one_lost && later == 1)); // b's one may have been a's
  if (p) return check_corrupt(read_of(**p, "a"), "0:2");
  CHECK(p.error().code() == errc::corrupt_commit);
  CHECK(p.error().where() == "0:3");
}

namespace {

/// What was written, and what has been damaged of it.
struct written {
  std::string stream;
  version_number first = 0;
  std::uint32_t events = 0;
  std::uint64_t position = 0;
  bool is_damaged = false;
};

class random_damage {
public:
  explicit random_damage(unsigned seed) : random_(seed) {
    const auto commits = number(6, 24);
    const auto older = number(0, commits);
    std::vector<commit_of> all;
    std::uint64_t position = 1;
    for (unsigned i = 0; i < commits; ++i) {
      const auto& stream = streams[number(0, 2)];
      const auto events = number(0, 2) == 0 ? number(2, 4) : 1u;
      journal_.push_back({stream, totals_[stream] + 1, events, position});
      all.push_back({stream, events});
      totals_[stream] += events;
      position += events;
    }
    const auto copy = at_.root.path() / "older";
    if (older > 0) {
      fill(at_, std::span(all).first(older));
      fs::copy(at_.folder / "derived", copy, fs::copy_options::recursive);
    }
    fill(at_, std::span(all).subspan(older));
    for (auto left = number(1, 4); left > 0; --left) spoil(journal_[number(0, commits - 1)]);
    derived_ = number(0, 2);
    if (derived_ != as_it_was) at_.forget_derived();
    if (derived_ == put_back && older > 0)
      fs::copy(copy, at_.folder / "derived", fs::copy_options::recursive);
    chunk_ = std::array<std::size_t, 3>{1, 3, 65'536}[number(0, 2)];
  }

  void check() {
    std::string story;
    for (const auto& w : journal_)
      story += std::to_string(w.position) + " " + w.stream + " " + std::to_string(w.first) + "+" +
               std::to_string(w.events) + (w.is_damaged ? " damaged\n" : "\n");
    CAPTURE(story, damages_, derived_, chunk_);
    for (int round = 0; round < 3; ++round) {
      CAPTURE(round);
      const auto p = at_.open(small_maps(chunk_));
      const auto in_doubt = p->recovery().in_doubt;
      CAPTURE(in_doubt);
      if (all_have_gone_on()) CHECK(in_doubt == 0);
      check_log(*p);
      writer w(*p);
      for (const auto& stream : streams) check_stream(*p, w, stream, in_doubt);
      if (in_doubt == 0) CHECK(p->last_version(key_of("nobody")).value() == 0);
      w.wait();
      p->stop();
    }
  }

private:
  enum derived_data : unsigned { gone, put_back, as_it_was };

  unsigned number(unsigned from, unsigned to) {
    return std::uniform_int_distribution<unsigned>(from, to)(random_);
  }

  void spoil(written& commit) {
    if (std::exchange(commit.is_damaged, true)) return;
    const auto how = number(0, 4);
    damages_ += std::to_string(commit.position) + ": " + std::to_string(how) + "; ";
    test::change_record(at_.journal(), commit.position, [&](std::string& bytes) {
      const auto last = static_cast<unsigned>(bytes.size() - 1);
      if (how == 0) bytes[number(0, last)] ^= static_cast<char>(1u << number(0, 7));
      if (how == 1) bytes[last] ^= 1;
      if (how == 2) garble(bytes);
      if (how == 3) std::memset(bytes.data(), 0, bytes.size());
      if (how == 4)
        for (auto at = number(0, last), end = number(at, last); at <= end; ++at)
          bytes[at] ^= static_cast<char>(number(1, 255));
    });
  }

  [[nodiscard]] bool is_damaged(const std::string& stream) const {
    return std::ranges::any_of(
        journal_, [&](const written& w) { return w.stream == stream && w.is_damaged; });
  }
  /// Each damaged stream has a commit behind its last damaged one.
  [[nodiscard]] bool all_have_gone_on() const {
    std::map<std::string, bool> ends_damaged;
    for (const auto& w : journal_) ends_damaged[w.stream] = w.is_damaged;
    return std::ranges::none_of(ends_damaged, [](const auto& one) { return one.second; });
  }
  [[nodiscard]] std::uint64_t last_position_of(const std::string& stream) const {
    std::uint64_t last = 0;
    for (const auto& w : journal_)
      if (w.stream == stream) last = w.position;
    return last;
  }

  /// A reader who passes over what is damaged is shown all the rest.
  void check_log(partition& p) const {
    std::vector<std::uint64_t> seen;
    for (std::uint64_t from = 1; from <= p.last_position();) {
      const auto read = p.read_log(from, [&](const commit_view& c) {
        seen.push_back(c.position());
        from = c.last_position() + 1;
        return true;
      });
      if (read) break;
      REQUIRE(read.error().code() == errc::corrupt_commit);
      REQUIRE(read.error().where() == "0:" + std::to_string(from));
      from = p.next_commit(from).value();
    }
    std::vector<std::uint64_t> readable;
    for (const auto& w : journal_)
      if (!w.is_damaged) readable.push_back(w.position);
    CHECK(seen == readable);
  }

  /// Right, or an error; an error only where something is or may be lost.
  void check_stream(partition& p, writer& w, const std::string& stream, std::uint64_t in_doubt) {
    CAPTURE(stream);
    const bool may_fail = is_damaged(stream) || in_doubt > last_position_of(stream);
    version_number seen = 0;
    auto read = p.read_stream(key_of(stream), 1, [&](const commit_view& c) {
      CHECK(c.first_version() == seen + 1);
      seen = c.last_version();
      return true;
    });
    if (read) CHECK(seen == totals_[stream]);
    if (is_damaged(stream)) CHECK_FALSE(read);
    if (!may_fail) CHECK(read);
    if (!read) CHECK(read.error().code() == errc::corrupt_commit);
    if (auto last = p.last_version(key_of(stream)))
      CHECK(*last == totals_[stream]);
    else
      CHECK(may_fail);
    if (const auto no = append_to(p, w, stream)) {
      CHECK(no->code() == errc::corrupt_commit);
      CHECK(may_fail);
      return;
    }
    REQUIRE_FALSE(is_damaged(stream));
    journal_.push_back({stream, ++totals_[stream], 1, p.last_position()});
  }

  const std::array<std::string, 3> streams{"stream-a", "stream-b", "stream-c"};
  std::mt19937 random_;
  damaged_place at_;
  std::vector<written> journal_;
  std::map<std::string, version_number> totals_;
  std::string damages_;
  unsigned derived_ = gone;
  std::size_t chunk_ = 0;
};

} // namespace

TEST_CASE("whatever commits are damaged, the store opens, and no stream is shorter than it was or "
          "gives a version out twice") {
  const auto seed = std::random_device{}();
  constexpr unsigned rounds = 60;
  for (unsigned round = 0; round < rounds; ++round) {
    CAPTURE(seed, round);
    random_damage(seed + round).check();
  }
}

} // namespace lost_neighbours_test
