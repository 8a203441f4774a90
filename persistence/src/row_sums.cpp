// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "row_sums.hpp"

#include "lmdb_env.hpp"

#include <algorithm>

namespace acta::persistence {

namespace {

std::uint64_t& sum_in(sums_sheet& sheet, summed_table of, std::size_t portion) noexcept {
  return sheet[portion % sums_sheet_portions][static_cast<std::size_t>(of)];
}

/// The sheet of a portion; all zeros if no row of it was ever written.
int read_sheet(MDB_txn* txn, MDB_dbi table, std::size_t portion, sums_sheet& out) {
  const auto number = static_cast<std::byte>(portion / sums_sheet_portions);
  const bytes_view name(&number, 1);
  auto key = to_val(name);
  MDB_val value{};
  const int rc = mdb_get(txn, table, &key, &value);
  if (rc == MDB_NOTFOUND) {
    out = {};
    return 0;
  }
  if (rc != 0) return rc;
  return decode_sums(name, from_val(value), out) ? 0 : MDB_CORRUPTED;
}

bool is_less(bytes_view a, bytes_view b) noexcept {
  const auto common = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  return common != 0 ? common < 0 : a.size() < b.size();
}

} // namespace

std::size_t portion_of(bytes_view key) noexcept {
  return std::to_integer<std::size_t>(key[0]) << 4 | std::to_integer<std::size_t>(key[1]) >> 4;
}

int row_sums::find(summed_table of, bytes_view key, std::uint64_t*& sum) {
  const auto portion = portion_of(key);
  auto& sheet = sheets_[portion / sums_sheet_portions];
  if (!sheet) {
    auto read = std::make_unique<sums_sheet>();
    if (const int rc = read_sheet(txn_, table_, portion, *read); rc != 0) return rc;
    sheet = std::move(read);
  }
  sum = &sum_in(*sheet, of, portion);
  return 0;
}

int row_sums::add(summed_table of, bytes_view key, bytes_view value) {
  std::uint64_t* sum = nullptr;
  const int rc = find(of, key, sum);
  if (rc == 0) *sum += checksum_in(value);
  return rc;
}

int row_sums::subtract(summed_table of, bytes_view key, bytes_view value) {
  std::uint64_t* sum = nullptr;
  const int rc = find(of, key, sum);
  if (rc == 0) *sum -= checksum_in(value);
  return rc;
}

int row_sums::write() {
  int rc = 0;
  for (std::size_t i = 0; i < sheets_.size() && rc == 0; ++i) {
    if (!sheets_[i]) continue;
    const auto number = static_cast<std::byte>(i);
    const bytes_view name(&number, 1);
    const auto bytes = encode_sums(name, *sheets_[i]);
    auto key = to_val(name);
    auto value = to_val(bytes_view(bytes));
    rc = mdb_put(txn_, table_, &key, &value, 0);
  }
  return rc;
}

int check_portion(MDB_txn* txn, MDB_dbi sums, MDB_cursor* rows, summed_table of,
                  std::size_t portion) {
  sums_sheet sheet;
  if (const int rc = read_sheet(txn, sums, portion, sheet); rc != 0) return rc;
  const std::array<std::byte, 2> begin{static_cast<std::byte>(portion >> 4),
                                       static_cast<std::byte>(portion << 4)};
  auto key = to_val(bytes_view(begin));
  MDB_val value{};
  bytes_view before = begin;
  std::uint64_t sum = 0;
  int rc = mdb_cursor_get(rows, &key, &value, MDB_SET_RANGE);
  for (; rc == 0; rc = mdb_cursor_get(rows, &key, &value, MDB_NEXT)) {
    const auto at = from_val(key);
    if (at.size() < begin.size() || !is_less(before, at)) return MDB_CORRUPTED;
    if (portion_of(at) != portion) break;
    if (!is_whole(at, from_val(value))) return MDB_CORRUPTED;
    sum += checksum_in(from_val(value));
    before = at;
  }
  if (rc != 0 && rc != MDB_NOTFOUND) return rc;
  return sum == sum_in(sheet, of, portion) ? 0 : MDB_CORRUPTED;
}

} // namespace acta::persistence
