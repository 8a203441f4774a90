// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// One damaged commit: the store opens, its stream stops alone, and no stream begins again where it
/// has not ended.
#include "damaged_place.hpp"

#include <cstring>

namespace damaged_commit_test {

using namespace acta::contract;
namespace fs = std::filesystem;

TEST_CASE("a damaged commit stops its stream alone, wherever it stands, with and without derived "
          "data") {
  const damaged_place at;
  // a 1..2, b 3..5, c 6, b 7, a 8
  fill(at, {{"a", 2}, {"b", 3}, {"c"}, {"b"}, {"a"}});
  const auto [position, stream, others] =
      GENERATE(std::tuple{1, "a", "b c"}, std::tuple{3, "b", "a c"}, std::tuple{6, "c", "a b"},
               std::tuple{7, "b", "a c"}, std::tuple{8, "a", "b c"});
  const bool rebuild = GENERATE(false, true);
  CAPTURE(position, rebuild);
  test::damage_commit(at.journal(), static_cast<std::uint64_t>(position));
  if (rebuild) at.forget_derived();
  const auto where = "0:" + std::to_string(position);
  std::uint64_t written = 8;
  for (int round = 0; round < 2; ++round) { // the second sees what the first has kept
    CAPTURE(round);
    const auto p = at.open();
    CHECK(p->last_position() == written);
    CHECK(p->recovery().in_doubt == 0);
    CHECK(p->recovery().damaged.empty() == (round == 1 || !rebuild));
    writer w(*p);
    check_corrupt(append_to(*p, w, stream), where);
    CHECK(attach(*p, key_of(stream))->durable_version() == (*stream == 'a'   ? 3u
                                                            : *stream == 'b' ? 4u
                                                                             : 1u));
    for (const auto* other : {"a", "b", "c", "new"})
      if (std::string_view(other) == "new" || std::strchr(others, *other) != nullptr) {
        CAPTURE(other);
        CHECK_FALSE(append_to(*p, w, other));
        ++written;
      }
    CHECK(p->last_position() == written);
    const auto log = p->read_log(1, [](const commit_view&) { return true; });
    CHECK(log.error().where() == where);
    w.wait();
    p->stop();
  }
}

TEST_CASE(
    "a last commit of which no byte is left stops its stream alone, for the index knows whose "
    "it was") {
  const damaged_place at;
  fill(at, {{"a", 2}, {"b", 3}, {"c"}, {"a"}}); // a's last is 7
  test::change_record(at.journal(), 7,
                      [](std::string& bytes) { std::memset(bytes.data(), 0x5A, bytes.size()); });
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    const auto p = at.open();
    CHECK(p->recovery().in_doubt == 0);
    writer w(*p);
    check_corrupt(append_to(*p, w, "a"), "0:7");
    for (const auto* other : {"b", "c", "new"}) CHECK_FALSE(append_to(*p, w, other));
    w.wait();
    p->stop();
  }
}

TEST_CASE("a last commit of which less is left than a checksum is damage, not a read past its end, "
          "and costs no index") {
  const damaged_place at;
  fill(at, {{"a", 2}, {"b", 3}, {"c"}, {"a"}}); // a's last is 7
  const auto left =
      GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{43});
  const bool rebuild = GENERATE(false, true);
  CAPTURE(left, rebuild);
  test::change_record(at.journal(), 7, [&](std::string& bytes) { bytes.resize(left); });
  if (rebuild) at.forget_derived();
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    const auto p = at.open();
    CHECK(p->recovery().index_rebuilt == (rebuild && round == 0));
    CHECK(p->recovery().in_doubt == (rebuild ? 7 : 0));
    writer w(*p);
    check_corrupt(append_to(*p, w, "a"), "0:7");
    if (rebuild)
      check_corrupt(append_to(*p, w, "b"), "0:7");
    else
      for (const auto* other : {"b", "c", "new"}) CHECK_FALSE(append_to(*p, w, other));
    const auto read = p->read_log(7, [](const commit_view&) { return true; });
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == errc::corrupt_commit);
    w.wait();
    p->stop();
  }
}

TEST_CASE(
    "an index of another branch of the past is not believed because the last commit is damaged") {
  const damaged_place at;
  const auto ours = at.root / "ours", theirs = at.root / "theirs";
  fill(at, {{"a"}});
  fs::copy(at.folder, ours, fs::copy_options::recursive);
  fill(at, {{"a"}, {"b"}}); // the same places, other commands
  fs::copy(at.folder / "derived", theirs, fs::copy_options::recursive);
  fs::remove_all(at.folder);
  fs::copy(ours, at.folder, fs::copy_options::recursive);
  fill(at, {{"a"}, {"c"}});
  test::change_record(at.journal(), 3,
                      [](std::string& bytes) { std::memset(bytes.data(), 0x5A, bytes.size()); });
  at.forget_derived();
  fs::copy(theirs, at.folder / "derived", fs::copy_options::recursive);
  CHECK(at.open()->recovery().in_doubt == 3); // it must not say that this was a commit of b
}

TEST_CASE("whose a commit with a damaged header was shows in what its stream lacks") {
  const damaged_place at;
  fill(at, {{"a", 2}, {"b", 3}, {"c"}, {"b"}, {"a"}});
  test::change_record(at.journal(), 3, garble);
  at.forget_derived();
  const auto p = at.open();
  CHECK(p->recovery().in_doubt == 0);
  CHECK(p->recovery().damaged == std::vector<std::uint64_t>{3});
  writer w(*p);
  check_corrupt(append_to(*p, w, "b"), "0:3");
  CHECK(attach(*p, key_of("b"))->durable_version() == 4);
  for (const auto* other : {"a", "c", "new"}) CHECK_FALSE(append_to(*p, w, other));
}

TEST_CASE("a stream that may have ended with a commit of which nothing is known does not go on as "
          "if it had not") {
  const damaged_place at;
  // b may have had more events, or a stream that nobody knows any more its first.
  const auto commits_max = GENERATE(std::size_t{65'536}, std::size_t{1});
  CAPTURE(commits_max);
  fill(at, {{"a", 2}, {"b", 3}, {"b"}, {"c"}, {"a"}}); // b's last is 6
  test::change_record(at.journal(), 6, garble);
  at.forget_derived();
  for (int round = 0; round < 2; ++round) {
    CAPTURE(round);
    const auto p = at.open(small_maps(commits_max));
    CHECK(p->recovery().in_doubt == 6);
    // A reader that never attaches must not take what is left for all there was.
    check_corrupt(read_of(*p, "b"), "0:6");
    check_corrupt(read_of(*p, "new"), "0:6");
    for (const auto* sure : {"a", "c"}) CHECK_FALSE(read_of(*p, sure));
    writer w(*p);
    check_corrupt(append_to(*p, w, "b"), "0:6");
    check_corrupt(append_to(*p, w, "new"), "0:6");
    // What has written since is sure of itself.
    for (const auto* sure : {"a", "c"}) CHECK_FALSE(append_to(*p, w, sure));
    w.wait();
    p->stop();
  }
}

TEST_CASE("no position is given out twice after a last commit of unknown length") {
  const damaged_place at;
  const auto last = fill(at, {{"a", 2}, {"b", 3}});
  const bool rebuild = GENERATE(false, true);
  CAPTURE(rebuild);
  test::change_record(at.journal(), 3, garble);
  if (rebuild) at.forget_derived();
  std::uint64_t end = 0;
  {
    const auto p = at.open();
    end = p->last_position();
    CHECK(end >= last);
    CHECK((rebuild || end == last));
    CHECK(p->next_commit(3).value() == end + 1);
    CHECK(p->read_log(end + 1, [](const commit_view&) { return true; })); // nothing
    writer w(*p);
    if (rebuild) {
      check_corrupt(append_to(*p, w, "a"), "0:3");
    } else {
      CHECK_FALSE(append_to(*p, w, "a"));
      check_corrupt(append_to(*p, w, "b"), "0:3");
      CHECK(p->next_commit(3).value() == end + 1);
    }
    w.wait();
    p->stop();
  }
  CHECK(at.open()->last_position() >= end);
}

TEST_CASE("whichever byte of the last commit is damaged, its stream does not begin again and the "
          "store opens") {
  const damaged_place at;
  fill(at, {{"a", 2}, {"stream-b", 1}, {"a", 1}, {"stream-b", 2}}); // 5..6
  std::size_t size = 0;
  test::change_record(at.journal(), 5, [&](std::string& bytes) { size = bytes.size(); });
  const bool rebuild = GENERATE(false, true);
  const auto kept = at.root.path() / "kept";
  fs::copy(at.folder, kept, fs::copy_options::recursive);
  for (std::size_t byte = 0; byte < size; ++byte) {
    CAPTURE(byte, rebuild);
    fs::remove_all(at.folder);
    fs::copy(kept, at.folder, fs::copy_options::recursive);
    test::change_record(at.journal(), 5, [&](std::string& bytes) { bytes[byte] ^= 0x41; });
    if (rebuild) at.forget_derived();
    const auto p = at.open();
    writer w(*p);
    const auto no = append_to(*p, w, "stream-b");
    REQUIRE(no);
    REQUIRE(no->code() == errc::corrupt_commit);
    if (!rebuild) REQUIRE_FALSE(append_to(*p, w, "a"));
  }
}

} // namespace damaged_commit_test
