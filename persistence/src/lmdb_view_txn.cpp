// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "lmdb_view_txn.hpp"

#include "xxh3.hpp"

#include <algorithm>

namespace acta::persistence {

namespace {

// head: layout fingerprint u64, fingerprint u64, changes u64, flags u8, checksum u64 of these
constexpr std::size_t head_covered_bytes = 25;
constexpr std::uint8_t flag_built = 1;
constexpr std::uint8_t flag_paused = 2;
// checkpoint: position u64, checksum of the commit u64, checksum u64 of these and the partition
constexpr std::size_t checkpoint_covered_bytes = 16;
// Format 1 had neither checksum.
constexpr std::size_t old_checkpoint_bytes = 8;
constexpr std::size_t old_head_bytes = head_covered_bytes;
// dead letter: parked at i64, attempts u32, reason
constexpr std::size_t letter_header_bytes = 12;

void store_be(std::byte* to, std::uint32_t value) noexcept {
  store_le(to, __builtin_bswap32(value));
}
void store_be(std::byte* to, std::uint64_t value) noexcept {
  store_le(to, __builtin_bswap64(value));
}

std::uint64_t seeded_checksum(bytes_view bytes, std::uint64_t of) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), of);
}

bool decode_letter(bytes_view key, bytes_view value, dead_letter& out) {
  if (key.size() != sizeof(letter_key) || value.size() < letter_header_bytes) return false;
  out.where = {__builtin_bswap32(load_le<std::uint32_t>(key.data())),
               __builtin_bswap64(load_le<std::uint64_t>(key.data() + 4))};
  out.at = time_point(std::chrono::microseconds(load_le<std::int64_t>(value.data())));
  out.attempts = load_le<std::uint32_t>(value.data() + 8);
  out.reason = as_text(value.subspan(letter_header_bytes));
  return true;
}

} // namespace

checkpoint_key checkpoint_key_of(std::uint32_t partition) noexcept {
  constexpr std::string_view name = "checkpoint";
  checkpoint_key key;
  static_assert(name.size() + sizeof partition == sizeof key);
  std::memcpy(key.data(), name.data(), name.size());
  store_be(key.data() + name.size(), partition);
  return key;
}

checkpoint_bytes encode_checkpoint(std::uint32_t partition, const checkpoint& c) noexcept {
  checkpoint_bytes bytes;
  store_le(bytes.data(), c.position);
  store_le(bytes.data() + 8, c.checksum);
  const auto covered = bytes_view(bytes).first(checkpoint_covered_bytes);
  store_le(bytes.data() + checkpoint_covered_bytes, seeded_checksum(covered, partition));
  return bytes;
}

letter_key letter_key_of(position where) noexcept {
  letter_key key;
  store_be(key.data(), where.partition);
  store_be(key.data() + 4, where.number);
  return key;
}

byte_buffer encode_letter(const dead_letter& letter) {
  byte_buffer bytes;
  bytes.append_le(std::int64_t{letter.at.time_since_epoch().count()});
  bytes.append_le(letter.attempts);
  bytes.append(as_bytes_view(letter.reason));
  return bytes;
}

head_bytes encode_head(const view_head& head) noexcept {
  head_bytes bytes;
  store_le(bytes.data(), head.layout_fingerprint);
  store_le(bytes.data() + 8, head.fingerprint);
  store_le(bytes.data() + 16, head.changes);
  store_le(bytes.data() + 24, static_cast<std::uint8_t>((head.built ? flag_built : 0) |
                                                        (head.paused ? flag_paused : 0)));
  const auto covered = bytes_view(bytes).first(head_covered_bytes);
  store_le(bytes.data() + head_covered_bytes, seeded_checksum(covered, 0));
  return bytes;
}

/// While a transaction writes, it leaves LMDB's cursor and keeps the key: LMDB's own moving of open
/// cursors goes wrong when an entry is erased under them and others are put around it.
class view_cursor final : public table_cursor {
public:
  view_cursor(view_txn& in, MDB_dbi table) : in_(in), table_(table) {
    in_.cursors_.push_back(this);
  }
  ~view_cursor() override {
    if (ended_) return;
    std::erase(in_.cursors_, this);
    close();
  }
  view_cursor(const view_cursor&) = delete;
  view_cursor& operator=(const view_cursor&) = delete;

  result<bool> seek(bytes_view key, table_entry& out) override {
    return place(move(key.empty() ? MDB_FIRST : MDB_SET_RANGE, key, out), out);
  }
  result<bool> seek_before(bytes_view key, table_entry& out) override {
    return place(key.empty() ? move(MDB_LAST, {}, out) : move_before(key, out), out);
  }
  result<bool> next(table_entry& out) override {
    if (in_.failure()) return *in_.failure();
    if (!placed_) return false; // LMDB would take the first entry
    if (!left_) return keep(move(MDB_NEXT, {}, out), out);
    auto found = move(MDB_SET_RANGE, as_bytes_view(kept_), out);
    if (found && *found && as_text(out.key) == kept_) found = move(MDB_NEXT, {}, out);
    return keep(std::move(found), out);
  }
  result<bool> previous(table_entry& out) override {
    if (in_.failure()) return *in_.failure();
    if (!placed_) return false; // LMDB would take the last entry
    return keep(left_ ? move_before(as_bytes_view(kept_), out) : move(MDB_PREV, {}, out), out);
  }

  /// The table is about to be written to.
  void leave() {
    if (placed_ && !left_) kept_ = as_text(last_);
    left_ = true;
    close();
  }
  /// The transaction is about to end.
  void end() noexcept {
    ended_ = true;
    close();
  }

private:
  void close() noexcept {
    if (cursor_ != nullptr) mdb_cursor_close(std::exchange(cursor_, nullptr));
  }
  result<bool> move(MDB_cursor_op op, bytes_view to, table_entry& out) {
    if (in_.failure()) return *in_.failure();
    ACTA_ASSERT(!ended_);
    int rc = 0;
    if (cursor_ == nullptr) rc = mdb_cursor_open(in_.txn_, table_, &cursor_);
    auto key = to_val(to);
    MDB_val value{};
    if (rc == 0) rc = mdb_cursor_get(cursor_, &key, &value, op);
    if (rc == MDB_NOTFOUND) return false;
    if (rc != 0) return in_.fail(rc, "reading");
    out = {from_val(key), from_val(value)};
    return true;
  }
  result<bool> move_before(bytes_view key, table_entry& out) {
    auto after = move(MDB_SET_RANGE, key, out);
    if (!after) return after;
    return move(*after ? MDB_PREV : MDB_LAST, {}, out);
  }
  /// Stays at the entry last found if this one was not.
  result<bool> keep(result<bool> found, const table_entry& entry) {
    if (!found || !*found) return found;
    last_ = entry.key;
    left_ = false;
    return found;
  }
  result<bool> place(result<bool> found, const table_entry& entry) {
    placed_ = found && *found;
    return keep(std::move(found), entry);
  }

  view_txn& in_;
  const MDB_dbi table_;
  MDB_cursor* cursor_ = nullptr; ///< opened when it is needed
  bool ended_ = false;
  bool placed_ = false; ///< an entry was found
  bool left_ = false;   ///< LMDB's cursor is not at that entry
  bytes_view last_;     ///< its key, in LMDB's memory
  std::string kept_;    ///< its key, if left
};

void view_txn::before_write() {
  for (auto* cursor : cursors_) cursor->leave();
}

void view_txn::end() noexcept {
  for (auto* cursor : cursors_) cursor->end();
  cursors_.clear();
  txn_ = nullptr;
}

error view_txn::fail(int rc, std::string_view doing) {
  // What mdb_cursor_init meets when it looks up where a table begins, it keeps to itself: the
  // transaction is spoilt, and nothing has failed before. Source: mdb.c of LMDB 0.9,
  // mdb_cursor_init() ignores what mdb_page_search() returns.
  if (!failure_ && rc == MDB_BAD_TXN) rc = MDB_CORRUPTED;
  if (!failure_) failure_ = env_.failure(rc, doing);
  return *failure_;
}

error view_txn::corrupt(std::string_view what) const {
  return error(errc::corrupt_commit, env_.folder().string() + ": " + std::string(what));
}

result<bool> view_txn::find(MDB_dbi table, bytes_view key, bytes_view& value) {
  if (failure_) return *failure_;
  ACTA_ASSERT(txn_ != nullptr);
  // There cannot be such a key, but LMDB would call it an error.
  if (key.empty() || key.size() > table_key_bytes_max) return false;
  auto at = to_val(key);
  MDB_val stored{};
  const int rc = mdb_get(txn_, table, &at, &stored);
  if (rc == MDB_NOTFOUND) return false;
  if (rc != 0) return fail(rc, "reading");
  value = from_val(stored);
  return true;
}

result<std::unique_ptr<table_cursor>> view_txn::scan(MDB_dbi table) {
  if (failure_) return *failure_;
  ACTA_ASSERT(txn_ != nullptr);
  return std::unique_ptr<table_cursor>(std::make_unique<view_cursor>(*this, table));
}

result<std::uint64_t> view_txn::count(MDB_dbi table) {
  if (failure_) return *failure_;
  ACTA_ASSERT(txn_ != nullptr);
  MDB_stat stat;
  if (const int rc = mdb_stat(txn_, table, &stat); rc != 0) return fail(rc, "reading");
  return stat.ms_entries;
}

result<view_head> view_txn::head() {
  bytes_view bytes;
  auto found = find(tables_.meta, as_bytes_view(view_head_key), bytes);
  if (!found) return std::move(found).error();
  if (!*found) return corrupt("table meta has no head");
  if (bytes.size() != sizeof(head_bytes) && !(bytes.size() == old_head_bytes && tables_.takes_old))
    return corrupt("the head has another size");
  if (bytes.size() == sizeof(head_bytes) &&
      load_le<std::uint64_t>(bytes.data() + head_covered_bytes) !=
          seeded_checksum(bytes.first(head_covered_bytes), 0))
    return corrupt("the head's checksum differs");
  view_head head;
  head.layout_fingerprint = load_le<std::uint64_t>(bytes.data());
  head.fingerprint = load_le<std::uint64_t>(bytes.data() + 8);
  head.changes = load_le<std::uint64_t>(bytes.data() + 16);
  const auto flags = load_le<std::uint8_t>(bytes.data() + 24);
  head.built = (flags & flag_built) != 0;
  head.paused = (flags & flag_paused) != 0;
  return head;
}

result<checkpoint> view_txn::checkpoint(std::uint32_t partition) {
  const auto damaged = [&](std::string_view how) {
    return corrupt("the checkpoint of partition " + std::to_string(partition) + std::string(how));
  };
  const auto key = checkpoint_key_of(partition);
  bytes_view bytes;
  auto found = find(tables_.meta, key, bytes);
  if (!found) return std::move(found).error();
  if (!*found) return persistence::checkpoint{};
  if (bytes.size() == old_checkpoint_bytes && tables_.takes_old)
    return persistence::checkpoint{load_le<std::uint64_t>(bytes.data()), 0};
  if (bytes.size() != sizeof(checkpoint_bytes)) return damaged(" has another size");
  if (load_le<std::uint64_t>(bytes.data() + checkpoint_covered_bytes) !=
      seeded_checksum(bytes.first(checkpoint_covered_bytes), partition))
    return damaged(": its checksum differs");
  return persistence::checkpoint{load_le<std::uint64_t>(bytes.data()),
                                 load_le<std::uint64_t>(bytes.data() + 8)};
}

result<std::optional<dead_letter>> view_txn::find_dead_letter(position where) {
  const auto key = letter_key_of(where);
  bytes_view bytes;
  auto found = find(tables_.parked, key, bytes);
  if (!found) return std::move(found).error();
  if (!*found) return std::optional<dead_letter>{};
  dead_letter letter;
  if (!decode_letter(key, bytes, letter))
    return corrupt("the dead letter at " + where.to_string() + " has another size");
  return std::optional<dead_letter>(std::move(letter));
}

result<std::vector<dead_letter>> view_txn::dead_letters(std::size_t limit, position from) {
  std::vector<dead_letter> letters;
  auto cursor = scan(tables_.parked);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  auto found = (*cursor)->seek(letter_key_of(from), entry);
  for (; found && *found && letters.size() < limit; found = (*cursor)->next(entry))
    if (!decode_letter(entry.key, entry.value, letters.emplace_back()))
      return corrupt("a dead letter has another size");
  if (!found) return std::move(found).error();
  return letters;
}

} // namespace acta::persistence
