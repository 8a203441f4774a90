// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// A bit that turned in what LMDB believes without a look: its two headers, and the keys of its
/// list of free pages.
#include "damaged_place.hpp"

#include <lmdb_check.hpp>
#include <lmdb_pages.hpp>

#include <fstream>

namespace header_damage_test {

using namespace acta::contract;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t page_bytes = 4096, page_size_at = 40, transaction_at = 144;

std::string read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write_all(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc).write(bytes.data(), std::ssize(bytes));
}

/// The file as it is, and after each of four more transactions, whose numbers have all remainders
/// by 4.
std::vector<std::string> some_journals(const damaged_place& at) {
  std::vector<std::string> all;
  for (int i = 0; i < 5; ++i) {
    fill(at, {{"one"}, {"two", 2}});
    all.push_back(read_all(at.journal() / "data.mdb"));
    fill(at, {{"one"}});
    all.push_back(read_all(at.journal() / "data.mdb"));
  }
  return all;
}

acta::result<void> check(const damaged_place& at, std::string_view file) {
  write_all(at.journal() / "data.mdb", file);
  return check_lmdb_file(at.journal());
}

} // namespace

TEST_CASE("a bit that turns in the number of a header undoes no transaction") {
  const damaged_place at;
  for (const auto& good : some_journals(at)) {
    REQUIRE(check(at, good));
    for (const std::size_t page : {0, 1})
      for (const auto field : {transaction_at, page_size_at})
        for (std::size_t bit = 0; bit < (field == transaction_at ? 64u : 32u); ++bit) {
          CAPTURE(page, field, bit);
          auto bad = good;
          auto& byte = bad[page * page_bytes + field + bit / 8];
          byte = static_cast<char>(byte ^ (1 << bit % 8));
          const auto sound = check(at, bad);
          // LMDB refuses what it does not find where a page size says it is.
          if (sound && field == page_size_at && page == 0) continue;
          REQUIRE_FALSE(sound);
          CHECK(sound.error().code() == errc::damaged_file);
        }
  }
}

TEST_CASE("no bit of a journal's headers makes it shorter, and those of derived data cost only "
          "that") {
  const damaged_place at;
  const auto last = fill(at, {{"one"}, {"two", 2}, {"one"}, {"three"}});
  const auto journal = at.journal() / "data.mdb", derived = at.folder / "derived" / "data.mdb";
  const auto good_journal = read_all(journal), good_derived = read_all(derived);
  for (const bool in_journal : {true, false})
    for (const std::size_t page : {0, 1})
      for (std::size_t i = 0; i < 152; i += 1) {
        const auto bit = i * 5 % 8;
        CAPTURE(in_journal, page, i, bit);
        auto bad = in_journal ? good_journal : good_derived;
        auto& byte = bad[page * page_bytes + i];
        byte = static_cast<char>(byte ^ (1 << bit));
        if (in_journal) at.forget_derived();
        write_all(journal, in_journal ? bad : good_journal);
        if (!in_journal) {
          at.forget_derived();
          fs::create_directories(derived.parent_path());
          write_all(derived, bad);
        }
        auto opened = open_partition(at.folder, 0, at.store_id, small_maps());
        if (!opened) {
          CAPTURE(opened.error().to_string());
          CHECK(in_journal);
          CHECK((opened.error().code() == acta::condition::corrupt ||
                 opened.error().code() == errc::wrong_format));
          continue;
        }
        CHECK((*opened)->last_position() == last);
        CHECK(*(*opened)->last_version(key_of("one")) == 2);
        CHECK(*(*opened)->last_version(key_of("two")) == 2);
      }
}

TEST_CASE("free pages of a transaction that cannot be are found before they are given out twice") {
  const damaged_place at;
  int changed = 0;
  for (const auto& good : some_journals(at)) {
    REQUIRE(check(at, good));
    const test::lmdb_pages pages(good);
    for (const auto& place : pages.places()) {
      if (place.table != "free pages" || !place.is_key) continue;
      const auto put = [&](std::uint64_t key) {
        auto bad = good;
        std::memcpy(bad.data() + place.offset, &key, sizeof key);
        ++changed;
        return check(at, bad);
      };
      for (const auto wrong : {std::uint64_t{0}, std::uint64_t{1} << 40, ~std::uint64_t{0}})
        CHECK_FALSE(put(wrong));
    }
  }
  CHECK(changed > 0);
}

} // namespace header_damage_test
