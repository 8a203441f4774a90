// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "subscriber_record.hpp"

#include "temp_folder.hpp"

#include <catch2/catch.hpp>

#include <vector>

namespace subscriber_record_test {

using acta::position;
using acta::detail::subscriber_note;
using acta::detail::subscriber_record;
using kind = subscriber_note::kind;

namespace {

const acta::uuid store = *acta::uuid::parse("00112233-4455-6677-8899-aabbccddeeff");

subscriber_record must_open(const std::filesystem::path& folder,
                            acta::detail::journal_proof proof = {}) {
  auto opened =
      subscriber_record::open(folder, store, "mail", std::size_t{1} << 26, std::move(proof));
  if (!opened) FAIL(opened.error());
  return std::move(*opened);
}

using numbers = std::vector<std::uint64_t>;
/// @param forgot  whether it must have
numbers begin(subscriber_record& r, std::vector<position> start, std::vector<position> last,
              bool forgot = false) {
  const auto begun = r.begin(start, last);
  if (!begun) FAIL(begun.error());
  CHECK(begun->forgot == forgot);
  return begun->done_up_to;
}
void write(subscriber_record& r, std::vector<subscriber_note> notes,
           std::vector<position> done_up_to = {}) {
  const auto written = r.write(notes, done_up_to);
  if (!written) FAIL(written.error());
}
subscriber_note note(kind what, position where, unsigned attempts = 0) {
  return {what, where, attempts, attempts > 0 ? "why" : "", acta::time_point{}};
}
/// `+` done, `1` so many attempts, `-` nothing.
std::string past_of(const subscriber_record& r, std::vector<position> events) {
  const auto found = r.look_up(events);
  REQUIRE(found);
  std::string text;
  for (const auto& one : *found)
    text += one.done ? "+" : one.failed_attempts > 0 ? std::to_string(one.failed_attempts) : "-";
  return text;
}
/// Of a journal whose commits have one event each.
acta::detail::journal_proof proof_of(const std::vector<std::uint64_t>& checksums) {
  return {[&](position at) {
            return acta::persistence::checkpoint{at.number,
                                                 at.number == 0 ? 0 : checksums.at(at.number - 1)};
          },
          [&](std::uint32_t, const acta::persistence::checkpoint& at) -> acta::result<bool> {
            return at.position <= checksums.size() && (at.position == 0 || at.checksum == 0 ||
                                                       checksums[at.position - 1] == at.checksum);
          }};
}
std::size_t letters(const subscriber_record& r) { return r.dead_letter_count().value(); }

} // namespace

TEST_CASE("where a subscriber began is fixed by its first start, and not by a later one") {
  const test::temp_folder folder;
  {
    auto r = must_open(folder.path());
    CHECK(begin(r, {{0, 7}, {1, 3}}, {{0, 7}, {1, 3}}) == numbers{7, 3});
  }
  auto r = must_open(folder.path());
  CHECK(begin(r, {{0, 90}, {1, 90}}, {{0, 90}, {1, 90}}) == numbers{7, 3});
}

TEST_CASE("what is done beyond the checkpoint is known, and cleared away when it has passed") {
  const test::temp_folder folder;
  {
    auto r = must_open(folder.path());
    begin(r, {{0, 0}}, {{0, 0}});
    write(r, {note(kind::done, {0, 2}), note(kind::failed, {0, 1}, 1), note(kind::done, {0, 4}),
              note(kind::failed, {0, 1}, 2)});
  }
  auto r = must_open(folder.path());
  CHECK(begin(r, {{0, 9}}, {{0, 9}}) == numbers{0});
  CHECK(past_of(r, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}}) == "2+-+-");
  write(r, {note(kind::done, {0, 1}, 2)}, {{0, 2}});
  CHECK(past_of(r, {{0, 1}, {0, 2}, {0, 3}, {0, 4}}) == "---+"); // nobody asks below it
  CHECK(begin(r, {{0, 9}}, {{0, 9}}) == numbers{2});
}

TEST_CASE("events done in order leave nothing but a checkpoint") {
  const test::temp_folder folder;
  auto r = must_open(folder.path());
  begin(r, {{0, 0}}, {{0, 0}});
  write(r, {note(kind::done, {0, 1}), note(kind::done, {0, 2})}, {{0, 2}});
  CHECK(past_of(r, {{0, 1}, {0, 2}}) == "--");
  CHECK(begin(r, {{0, 9}}, {{0, 9}}) == numbers{2});
}

TEST_CASE("of attempts that are not written yet the last one counts, and the end of them all") {
  std::vector<subscriber_note> notes;
  for (unsigned n = 1; n <= 1'000; ++n)
    for (const std::uint64_t number : {1, 2, 3, 4})
      acta::detail::add_note(notes, note(kind::failed, {0, number}, n));
  acta::detail::add_note(notes, note(kind::done, {0, 5}));
  acta::detail::add_note(notes, note(kind::done, {0, 2}, 1'000));
  acta::detail::add_note(notes, note(kind::parked, {0, 3}, 1'001));
  CHECK(notes.size() == 5);
  const test::temp_folder folder;
  auto r = must_open(folder.path());
  begin(r, {{0, 0}}, {{0, 0}});
  write(r, {note(kind::failed, {0, 2}, 7)});
  write(r, notes);
  CHECK(begin(r, {{0, 9}}, {{0, 9}}) == numbers{0});
  CHECK(past_of(r, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}}) == "1000++1000+");
  CHECK(r.find_dead_letter({0, 3}).value()->attempts == 1'001);
}

TEST_CASE("a dead letter goes with its success, keeps its failures, and stays away once dropped") {
  const test::temp_folder folder;
  auto r = must_open(folder.path());
  begin(r, {{0, 0}}, {{0, 0}});
  write(
      r,
      {note(kind::parked, {0, 1}, 3), note(kind::parked, {0, 2}, 1), note(kind::parked, {0, 3}, 1)},
      {{0, 3}});
  REQUIRE(letters(r) == 3);
  write(r, {note(kind::letter_failed, {0, 1}, 4)});
  CHECK((**r.find_dead_letter({0, 1})).attempts == 4);
  write(r, {note(kind::letter_done, {0, 1}, 4)});
  CHECK_FALSE(r.find_dead_letter({0, 1})->has_value());
  CHECK(r.drop({0, 2}).value());
  CHECK_FALSE(r.drop({0, 2}).value());
  write(r, {note(kind::letter_failed, {0, 2}, 2)}); // it was under way
  CHECK(letters(r) == 1);
}

TEST_CASE("a record that is ahead of its journal forgets what the journal does not have") {
  const test::temp_folder folder;
  auto r = must_open(folder.path());
  begin(r, {{0, 0}, {1, 0}}, {{0, 0}, {1, 0}});
  write(r,
        {note(kind::done, {0, 30}), note(kind::failed, {0, 31}, 1), note(kind::parked, {0, 32}, 1),
         note(kind::parked, {0, 5}, 1), note(kind::parked, {1, 40}, 1)},
        {{0, 20}, {1, 40}});
  SECTION("it is not") {
    CHECK(begin(r, {{0, 0}, {1, 0}}, {{0, 32}, {1, 40}}) == numbers{20, 40});
    CHECK(letters(r) == 3);
  }
  SECTION("by what lies beyond the checkpoint") {
    CHECK(begin(r, {{0, 0}, {1, 0}}, {{0, 25}, {1, 40}}, true) == numbers{20, 40});
    CHECK(past_of(r, {{0, 30}, {0, 31}, {0, 32}}) == "---");
    CHECK(letters(r) == 2);
  }
  SECTION("by its checkpoint") {
    CHECK(begin(r, {{0, 0}, {1, 0}}, {{0, 10}, {1, 0}}, true) == numbers{10, 0});
    CHECK(letters(r) == 1);
    CHECK(begin(r, {{0, 0}, {1, 0}}, {{0, 99}, {1, 99}}) == numbers{10, 0});
  }
}

TEST_CASE("what was done beyond the checkpoint is not taken for done in another history") {
  const test::temp_folder folder;
  numbers journal{101, 102, 103, 104, 105, 106, 107};
  const auto was_failed = GENERATE(2u, 5u);
  {
    auto r = must_open(folder.path(), proof_of(journal));
    // The journal is of other events than the record's start knew.
    begin(r, {{0, 0}}, {{0, 0}});
    std::vector<subscriber_note> notes{note(kind::failed, {0, was_failed}, 3)};
    for (std::uint64_t n = 2; n <= 7; ++n)
      if (n != was_failed) notes.push_back(note(n == 6 ? kind::parked : kind::done, {0, n}, 0));
    write(r, notes, {{0, 1}});
  }
  SECTION("it is the same") {
    journal.push_back(108);
    auto r = must_open(folder.path(), proof_of(journal));
    CHECK(begin(r, {{0, 0}}, {{0, 8}}) == numbers{1});
    CHECK(letters(r) == 1);
  }
  SECTION("the journal was put back to 4 and has grown beyond what is noted") {
    journal = {101, 102, 103, 104, 205, 206, 207, 208};
    auto r = must_open(folder.path(), proof_of(journal));
    CHECK(begin(r, {{0, 0}}, {{0, 8}}, true) == numbers{1});
    CHECK(past_of(r, {{0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}, {0, 7}}) ==
          (was_failed == 2 ? "3++---" : "+++---"));
    CHECK(letters(r) == 0);
    CHECK(r.is_paused().value());
    CHECK(r.other_history().value() == "0:7");
    CHECK(begin(r, {{0, 0}}, {{0, 8}}) == numbers{1}); // it is known already
  }
}

TEST_CASE("rows of an older program, without a proof, are compared by their positions") {
  const test::temp_folder folder;
  {
    auto r = must_open(folder.path());
    begin(r, {{0, 0}}, {{0, 0}});
    write(r, {note(kind::failed, {0, 1}, 1), note(kind::done, {0, 2}), note(kind::done, {0, 5})});
  }
  const numbers journal{201, 202, 203, 204, 205};
  auto r = must_open(folder.path(), proof_of(journal));
  CHECK(begin(r, {{0, 0}}, {{0, 5}}) == numbers{0});
  CHECK(past_of(r, {{0, 1}, {0, 2}, {0, 5}}) == "1++");
  CHECK(begin(r, {{0, 0}}, {{0, 4}}, true) == numbers{0});
  CHECK(past_of(r, {{0, 1}, {0, 2}, {0, 5}}) == "1+-");
}

TEST_CASE("a record of another subscriber or store is refused") {
  const test::temp_folder folder;
  must_open(folder.path());
  CHECK_FALSE(subscriber_record::open(folder.path(), store, "hook", std::size_t{1} << 26));
  CHECK_FALSE(subscriber_record::open(folder.path(), {}, "mail", std::size_t{1} << 26));
}

} // namespace subscriber_record_test
