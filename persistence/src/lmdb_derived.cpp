// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "derived_records.hpp"
#include "files.hpp"
#include "lmdb_tables.hpp"
#include "row_sums.hpp"

#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <atomic>
#include <cerrno>

namespace acta::persistence {

namespace {

/// Old command ids taken out per batch, besides as many as the batch brought: enough to catch up,
/// too few to be felt.
constexpr std::size_t sweep_min = 1024;
constexpr auto condemned_name = "unusable.txt";

/// Greater than all versions.
constexpr version_number after_all = ~version_number{0};

/// LMDB's order.
int compare(bytes_view a, bytes_view b) noexcept {
  const auto common = std::memcmp(a.data(), b.data(), std::min(a.size(), b.size()));
  if (common != 0) return common;
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

/// Where a key stands, or would stand.
struct spot {
  bool is_there = false;
  bytes_view value;
  bool has_before = false;
  bytes_view key_before, value_before;
};

/// Looks for a key. That it is not there is believed only between two neighbours that are what was
/// written and stand in order: a turned bit in the key itself, or in one that leads to it, shows
/// there. Anything else is MDB_CORRUPTED.
int look(MDB_cursor* cursor, bytes_view wanted, spot& out) {
  out = {};
  auto key = to_val(wanted);
  MDB_val value{};
  int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
  if (rc == 0) {
    const auto order = compare(from_val(key), wanted);
    if (order < 0 || !is_whole(from_val(key), from_val(value))) return MDB_CORRUPTED;
    if (order == 0) {
      out.is_there = true;
      out.value = from_val(value);
      return 0;
    }
    rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV);
  } else if (rc == MDB_NOTFOUND) {
    rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
  }
  if (rc == MDB_NOTFOUND) return 0;
  if (rc != 0) return rc;
  if (compare(from_val(key), wanted) >= 0 || !is_whole(from_val(key), from_val(value)))
    return MDB_CORRUPTED;
  out.has_before = true;
  out.key_before = from_val(key);
  out.value_before = from_val(value);
  return 0;
}

/// The items of one stream in a batch.
struct stream_items {
  std::uint64_t hash;
  std::span<const index_item> items;

  [[nodiscard]] const stream_key& stream() const noexcept { return *items.front().stream; }
  [[nodiscard]] derived_key key() const noexcept { return {hash, stream().text()}; }
};

class lmdb_derived final : public derived_store {
public:
  explicit lmdb_derived(std::unique_ptr<lmdb_env> env) : env_(std::move(env)), readers_(*env_) {}

  result<void> open_tables(const store_identity& identity) {
    const bool is_new = env_->is_empty();
    lmdb_write txn;
    if (const int rc = txn.begin(*env_); rc != 0) return failure(rc, "opening the tables of");
    const auto open = [&](const char* name, unsigned flags, MDB_dbi& to) {
      return env_->open_table(txn.get(), name, flags | (is_new ? MDB_CREATE : 0u), to);
    };
    if (const int rc = open("meta", 0, meta_); rc != 0)
      return failure(rc == MDB_NOTFOUND ? MDB_INVALID : rc, "opening the tables of");
    // First: another format has other tables.
    if (auto same =
            check_identity(txn.get(), meta_, identity, derived_format, env_->folder(), is_new);
        !same)
      return same;
    for (const int rc : {open("index", 0, index_), open("ends", 0, ends_),
                         open("dedupe", 0, dedupe_), open("dedupe_age", MDB_INTEGERKEY, age_),
                         open("snapshots", 0, snapshots_), open("sums", 0, sums_)})
      if (rc != 0) return failure(rc == MDB_NOTFOUND ? MDB_INVALID : rc, "opening the tables of");
    if (auto known = load_secret(txn.get(), is_new); !known) return known;
    if (const int rc = txn.commit(); rc != 0) return failure(rc, "opening the tables of");
    return {};
  }

  result<derived_head> head() override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    auto key = to_val("head");
    MDB_val value{};
    const int rc = mdb_get((*reader)->txn(), meta_, &key, &value);
    if (rc == MDB_NOTFOUND) return derived_head{};
    if (rc != 0) return failure(rc, "reading");
    derived_head head;
    MDB_stat ends;
    if (!decode_head(from_val(value), head)) return failure(MDB_CORRUPTED, "reading the head of");
    if (const int counted = mdb_stat((*reader)->txn(), ends_, &ends); counted != 0)
      return failure(counted, "reading");
    if (ends.ms_entries != head.streams)
      return error(errc::damaged_index,
                   env_->folder().string() + " names " + std::to_string(ends.ms_entries) +
                       " streams, its head says " + std::to_string(head.streams));
    return head;
  }

  result<derived_head> write(const derived_batch& batch) override {
    auto head = batch.head;
    std::optional<error> damage;
    const auto streams = by_hash(batch.items);
    lmdb_write txn;
    int rc = txn.begin(*env_);
    row_sums sums(txn.get(), sums_);
    if (rc == 0) rc = put_index(txn.get(), streams, damage);
    if (rc == 0) rc = put_ends(txn.get(), streams, sums, damage);
    if (rc == 0) rc = put_commands(txn.get(), streams, batch.forget_before, sums, head);
    if (rc == 0) rc = sums.write();
    for (const auto& item : batch.snapshots)
      if (rc == 0) rc = put_snapshot(txn.get(), item);
    if (rc == 0) rc = put_head(txn.get(), head);
    if (rc == 0)
      rc = txn.commit();
    else
      txn.abort();
    if (damage) return std::move(*damage);
    if (rc == EIO)
      if (const int missing = env_->missing_room(bytes_of(batch)); missing != 0) rc = missing;
    if (rc != 0) return failure(rc, "writing");
    return head;
  }

  result<std::optional<stream_end>> last_of(const stream_key& stream) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    auto key = key_of(stream);
    auto end = end_of(**reader, stream, key);
    if (!end) return end;
    MDB_cursor* cursor = nullptr;
    int rc = (*reader)->cursor(index_, cursor);
    if (rc != 0) return failure(rc, "reading");
    if (!*end) {
      if (auto none = check_absent(cursor, stream, key); !none) return std::move(none).error();
      return end;
    }
    auto at = to_val(key.with(after_all).bytes());
    MDB_val value{};
    rc = mdb_cursor_get(cursor, &at, &value, MDB_SET_RANGE);
    if (rc == 0 || rc == MDB_NOTFOUND)
      rc = mdb_cursor_get(cursor, &at, &value, rc == 0 ? MDB_PREV : MDB_LAST);
    index_entry entry;
    if (rc != 0 && rc != MDB_NOTFOUND) return failure(rc, "reading");
    if (rc == MDB_NOTFOUND || !decode(key, at, value, entry))
      return damaged(stream, "the index does not hold version " + std::to_string((*end)->version) +
                                 ", the last");
    if (entry.first_version + entry.events - 1 != (*end)->version ||
        entry.position != (*end)->position)
      return damaged(stream, "the index ends with version " +
                                 std::to_string(entry.first_version + entry.events - 1) +
                                 ", the stream with " + std::to_string((*end)->version));
    return end;
  }

  result<void> scan(const stream_key& stream, version_number from,
                    const index_visitor& visit) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    auto key = key_of(stream);
    auto end = end_of(**reader, stream, key);
    if (!end) return std::move(end).error();
    MDB_cursor* cursor = nullptr;
    int rc = (*reader)->cursor(index_, cursor);
    if (rc != 0) return failure(rc, "reading");
    if (!*end) return check_absent(cursor, stream, key);

    auto at = to_val(key.with(from).bytes());
    MDB_val value{};
    index_entry entry;
    rc = mdb_cursor_get(cursor, &at, &value, MDB_SET_RANGE);
    // `from` may be in the middle of the commit before.
    if (rc == MDB_NOTFOUND || (rc == 0 && compare(from_val(at), key.bytes()) != 0))
      rc = mdb_cursor_get(cursor, &at, &value, rc == 0 ? MDB_PREV : MDB_LAST);
    for (auto next = from; next <= (*end)->version;
         rc = mdb_cursor_get(cursor, &at, &value, MDB_NEXT)) {
      if (rc != 0 && rc != MDB_NOTFOUND) return failure(rc, "reading");
      const bool holds =
          rc == 0 && decode(key, at, value, entry) &&
          (next == from ? entry.first_version <= next : entry.first_version == next) &&
          entry.first_version + entry.events > next;
      if (!holds)
        return damaged(stream, "the index does not hold version " + std::to_string(next) +
                                   ", the stream ends with " + std::to_string((*end)->version));
      next = entry.first_version + entry.events;
      if (next > (*end)->version &&
          (next != (*end)->version + 1 || entry.position != (*end)->position))
        return damaged(stream, "the index ends with version " + std::to_string(next - 1) +
                                   ", the stream with " + std::to_string((*end)->version));
      if (!visit(entry)) return {};
    }
    return {};
  }

  result<std::optional<std::uint64_t>> find_command(const stream_key& stream,
                                                    const uuid& command_id) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    MDB_cursor* cursor = nullptr;
    int rc = (*reader)->cursor(dedupe_, cursor);
    auto key = key_of(stream);
    spot found;
    if (rc == 0) rc = look(cursor, key.with(command_id).bytes(), found);
    if (rc == 0 && !found.is_there) rc = prove(**reader, cursor, summed_table::dedupe, key);
    dedupe_record record;
    if (rc == MDB_CORRUPTED || (rc == 0 && found.is_there && !decode_dedupe(found.value, record)))
      return damaged(stream,
                     "a command id beside " + command_id.to_string() + " is not what was written");
    if (rc != 0) return failure(rc, "reading");
    if (!found.is_there) return std::optional<std::uint64_t>{};
    return std::optional<std::uint64_t>(record.position);
  }

  result<std::optional<snapshot>> newest_snapshot(const stream_key& stream) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    const auto of = key_of(stream);
    auto key = to_val(of.bytes());
    MDB_val value{};
    const int rc = mdb_get((*reader)->txn(), snapshots_, &key, &value);
    if (rc == MDB_NOTFOUND) return std::optional<snapshot>{};
    if (rc != 0) return failure(rc, "reading");
    // A damaged snapshot is as good as none: the events are still there.
    return decode_snapshot(of.bytes(), from_val(value));
  }

  void condemn(const error& why) noexcept override {
    if (condemned_.exchange(true)) return;
    try {
      (void)write_file_atomically(env_->folder() / condemned_name,
                                  why.to_string() + "\nThe next open makes this folder anew.\n");
    } catch (...) { // memory: what is damaged will be found again
    }
  }

  result<void> begin_unfinished() override {
    return write_file_atomically(
        env_->folder() / condemned_name,
        "This folder is being made, and whose the damaged commits are is not known yet. The next "
        "open makes it anew.\n");
  }
  result<void> end_unfinished() override {
    if (condemned_) return {};
    std::error_code code;
    std::filesystem::remove(env_->folder() / condemned_name, code);
    if (code) return error(errc::io, "ending " + env_->folder().string() + ": " + code.message());
    return sync_folder(env_->folder());
  }

private:
  static error damaged(const stream_key& stream, const std::string& what) {
    return error(errc::damaged_index, what + "; the next open makes derived data anew",
                 stream.text());
  }
  /// Damage found by LMDB is as good as damage found by us.
  [[nodiscard]] error failure(int rc, std::string_view doing) const {
    auto why = env_->failure(rc, doing);
    if (why.code() == errc::corrupt_commit)
      return error(errc::damaged_index, std::string(why.detail()));
    return why;
  }

  [[nodiscard]] derived_key key_of(const stream_key& stream) const noexcept {
    return {secret_hash(secret_, stream.text()), stream.text()};
  }

  result<void> load_secret(MDB_txn* txn, bool is_new) {
    auto key = to_val("secret");
    MDB_val value{};
    if (is_new) {
      secret_ = hash_secret::random();
      const auto bytes = encode_secret(secret_);
      value = to_val(bytes_view(bytes));
      if (const int rc = mdb_put(txn, meta_, &key, &value, 0); rc != 0)
        return failure(rc, "writing the secret of");
      return {};
    }
    const int rc = mdb_get(txn, meta_, &key, &value);
    if (rc != 0 && rc != MDB_NOTFOUND) return failure(rc, "reading");
    // Without it every stream would look like a new one.
    if (rc == MDB_NOTFOUND || !decode_secret(from_val(value), secret_))
      return failure(MDB_CORRUPTED, "reading the secret of");
    return {};
  }

  /// True if the cursor stands at an entry of the stream.
  static bool decode(const derived_key& stream, const MDB_val& key, const MDB_val& value,
                     index_entry& out) noexcept {
    return is_whole(from_val(key), from_val(value)) &&
           decode_index(stream, from_val(key), from_val(value), out);
  }

  result<std::optional<stream_end>> end_of(lmdb_reader& reader, const stream_key& stream,
                                           const derived_key& key) const {
    MDB_cursor* cursor = nullptr;
    int rc = reader.cursor(ends_, cursor);
    spot found;
    if (rc == 0) rc = prove(reader, cursor, summed_table::ends, key);
    if (rc == 0) rc = look(cursor, key.of_stream(), found);
    stream_end end;
    if (rc == MDB_CORRUPTED || (rc == 0 && found.is_there && !decode_end(found.value, end)))
      return damaged(stream, "its end is not what was written");
    if (rc != 0) return failure(rc, "reading");
    if (!found.is_there) return std::optional<stream_end>{};
    return std::optional(end);
  }

  /// All rows of the key's portion are there, as they were when the environment was opened; once
  /// that is known, it is not asked again. @returns MDB_CORRUPTED if not.
  int prove(lmdb_reader& reader, MDB_cursor* rows, summed_table of, const derived_key& key) const {
    auto& known = known_[static_cast<std::size_t>(of)];
    const auto portion = portion_of(key.bytes());
    if (known.holds(portion)) return 0;
    const int rc = check_portion(reader.txn(), sums_, rows, of, portion);
    if (rc == 0) known.add(portion);
    return rc;
  }

  /// A stream without an end must have no entries.
  result<void> check_absent(MDB_cursor* cursor, const stream_key& stream, derived_key& key) const {
    spot found;
    const int rc = look(cursor, key.with(after_all).bytes(), found);
    if (rc == MDB_CORRUPTED || found.is_there ||
        (rc == 0 && found.has_before && key.begins(found.key_before)))
      return damaged(stream, "the index holds what the list of streams does not");
    if (rc != 0) return failure(rc, "reading");
    return {};
  }

  static std::size_t bytes_of(const derived_batch& batch) noexcept {
    std::size_t bytes = (std::size_t{1} << 20) + batch.items.size() * 1024;
    for (const auto& item : batch.snapshots) bytes += item.saved.state.size() + 8192;
    return bytes;
  }

  /// In the order of the keys, so that a batch goes through the pages once.
  [[nodiscard]] std::vector<stream_items> by_hash(std::span<const index_item> items) const {
    std::vector<stream_items> streams;
    while (!items.empty()) {
      const auto* stream = items.front().stream;
      std::size_t count = 1;
      while (count < items.size() && items[count].stream == stream) ++count;
      streams.push_back({secret_hash(secret_, stream->text()), items.first(count)});
      items = items.subspan(count);
    }
    std::ranges::sort(streams, [](const stream_items& a, const stream_items& b) {
      return a.hash != b.hash ? a.hash < b.hash : a.stream().text() < b.stream().text();
    });
    return streams;
  }

  int put_index(MDB_txn* txn, std::span<const stream_items> streams,
                std::optional<error>& damage) const {
    MDB_cursor* cursor = nullptr;
    int rc = mdb_cursor_open(txn, index_, &cursor);
    for (auto stream = streams.begin(); rc == 0 && stream != streams.end(); ++stream) {
      auto key = stream->key();
      for (const auto& item : stream->items) {
        auto at = to_val(key.with(item.entry.first_version).bytes());
        const auto bytes = encode_index(key.bytes(), item.entry);
        auto value = to_val(bytes_view(bytes));
        rc = mdb_cursor_put(cursor, &at, &value, MDB_NOOVERWRITE);
        if (rc == MDB_KEYEXIST)
          damage = damaged(stream->stream(), "version " + std::to_string(item.entry.first_version) +
                                                 " is in the index before it is written");
        if (rc != 0) break;
      }
    }
    return rc;
  }

  int put_ends(MDB_txn* txn, std::span<const stream_items> streams, row_sums& sums,
               std::optional<error>& damage) const {
    MDB_cursor* cursor = nullptr;
    int rc = mdb_cursor_open(txn, ends_, &cursor);
    for (auto stream = streams.begin(); rc == 0 && stream != streams.end(); ++stream) {
      const auto of = stream->key();
      auto key = to_val(of.bytes());
      MDB_val value{};
      stream_end before;
      rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_KEY);
      const bool is_there = rc == 0;
      if (rc != 0 && rc != MDB_NOTFOUND) return rc;
      const auto first = stream->items.front().entry.first_version;
      if ((is_there &&
           (!is_whole(from_val(key), from_val(value)) || !decode_end(from_val(value), before))) ||
          before.version + 1 != first) {
        damage = damaged(stream->stream(), "version " + std::to_string(first) +
                                               " does not go on from version " +
                                               std::to_string(before.version));
        return MDB_CORRUPTED;
      }
      if (is_there) rc = sums.subtract(summed_table::ends, of.bytes(), from_val(value));
      if (is_there && rc != 0) return rc;
      const auto& last = stream->items.back();
      const auto bytes = encode_end(of.bytes(), {last.entry.first_version + last.entry.events - 1,
                                                 last.entry.position, last.checksum});
      key = to_val(of.bytes());
      value = to_val(bytes_view(bytes));
      rc = mdb_cursor_put(cursor, &key, &value, is_there ? MDB_CURRENT : MDB_NOOVERWRITE);
      if (rc == 0) rc = sums.add(summed_table::ends, of.bytes(), bytes);
    }
    return rc;
  }

  int put_commands(MDB_txn* txn, std::span<const stream_items> streams, std::uint64_t forget_before,
                   row_sums& sums, derived_head& head) {
    struct aged {
      std::uint64_t age;
      const stream_items* of;
      const index_item* item;
    };
    std::vector<aged> with_id;
    MDB_cursor* cursor = nullptr;
    MDB_cursor* age = nullptr;
    int rc = mdb_cursor_open(txn, dedupe_, &cursor);
    if (rc == 0) rc = mdb_cursor_open(txn, age_, &age);
    for (auto stream = streams.begin(); rc == 0 && stream != streams.end(); ++stream) {
      auto key = stream->key();
      for (auto item = stream->items.begin(); rc == 0 && item != stream->items.end(); ++item) {
        if (!item->command_id) continue;
        if (item->age < forget_before) {
          head.forgotten_up_to = std::max(head.forgotten_up_to, item->entry.position);
          continue;
        }
        with_id.push_back({item->age, &*stream, &*item});
        rc = put_command(cursor, key.with(item->command_id).bytes(),
                         {item->entry.position, item->age}, sums);
      }
    }
    // Ages are unique, and in order they are appended page by page.
    std::ranges::sort(with_id, {}, &aged::age);
    for (auto one = with_id.begin(); rc == 0 && one != with_id.end(); ++one) {
      auto key = one->of->key();
      MDB_val at{sizeof one->age, &one->age};
      const age_value bytes(from_val(at), key.with(one->item->command_id).bytes());
      auto value = to_val(bytes.bytes());
      rc = mdb_cursor_put(age, &at, &value, 0);
    }
    if (rc == 0) rc = sweep(txn, age, forget_before, with_id.size() + sweep_min, sums, head);
    return rc;
  }

  static int put_command(MDB_cursor* cursor, bytes_view key, const dedupe_record& record,
                         row_sums& sums) {
    const auto bytes = encode_dedupe(key, record);
    auto at = to_val(key);
    auto value = to_val(bytes_view(bytes));
    int rc = mdb_cursor_put(cursor, &at, &value, MDB_NOOVERWRITE);
    if (rc == MDB_KEYEXIST) { // used again after its time
      if (!is_whole(key, from_val(value))) return MDB_CORRUPTED;
      rc = sums.subtract(summed_table::dedupe, key, from_val(value));
      value = to_val(bytes_view(bytes));
      if (rc == 0) rc = mdb_cursor_put(cursor, &at, &value, 0);
    }
    return rc == 0 ? sums.add(summed_table::dedupe, key, bytes) : rc;
  }

  int sweep(MDB_txn* txn, MDB_cursor* ages, std::uint64_t forget_before, std::size_t records_max,
            row_sums& sums, derived_head& head) {
    for (std::size_t i = 0; i < records_max; ++i) {
      MDB_val at{};
      MDB_val key{};
      int rc = mdb_cursor_get(ages, &at, &key, MDB_FIRST);
      if (rc == MDB_NOTFOUND) return 0;
      if (rc != 0) return rc;
      std::uint64_t age = 0;
      if (at.mv_size != sizeof age || !is_whole(from_val(at), from_val(key))) {
        // Ids are kept longer than they must be: no reason to keep the rest from being written.
        condemn(failure(MDB_CORRUPTED, "reading the age of a command id in"));
        return 0;
      }
      std::memcpy(&age, at.mv_data, sizeof age);
      if (age >= forget_before) return 0;
      key = to_val(decode_age(from_val(key)));
      MDB_val value{};
      dedupe_record record;
      rc = mdb_get(txn, dedupe_, &key, &value);
      // The id may have been used again after its time; then the newer record stays. So does one
      // that is damaged: its reader has to be told.
      if (rc == 0 && is_whole(from_val(key), from_val(value)) &&
          decode_dedupe(from_val(value), record) && record.age == age) {
        head.forgotten_up_to = std::max(head.forgotten_up_to, record.position);
        rc = sums.subtract(summed_table::dedupe, from_val(key), from_val(value));
        if (rc == 0) rc = mdb_del(txn, dedupe_, &key, nullptr);
      }
      if (rc != 0 && rc != MDB_NOTFOUND) return rc;
      if (rc = mdb_cursor_del(ages, 0); rc != 0) return rc;
    }
    return 0;
  }

  int put_snapshot(MDB_txn* txn, const snapshot_item& item) const {
    const auto of = key_of(item.stream);
    auto key = to_val(of.bytes());
    MDB_val stored{};
    const int rc = mdb_get(txn, snapshots_, &key, &stored);
    if (rc != 0 && rc != MDB_NOTFOUND) return rc;
    if (rc == 0 && version_of_snapshot(of.bytes(), from_val(stored)) > item.saved.version) return 0;
    const auto bytes = encode_snapshot(of.bytes(), item.saved);
    auto value = to_val(bytes.view());
    return mdb_put(txn, snapshots_, &key, &value, 0);
  }

  int put_head(MDB_txn* txn, const derived_head& head) const {
    const auto bytes = encode_head(head);
    auto key = to_val("head");
    auto value = to_val(bytes_view(bytes));
    return mdb_put(txn, meta_, &key, &value, 0);
  }

  std::unique_ptr<lmdb_env> env_;
  mutable lmdb_reader_pool readers_;
  hash_secret secret_;
  std::atomic<bool> condemned_{false};
  MDB_dbi meta_ = 0;
  MDB_dbi index_ = 0;
  MDB_dbi ends_ = 0;
  MDB_dbi dedupe_ = 0;
  MDB_dbi age_ = 0;
  MDB_dbi snapshots_ = 0;
  MDB_dbi sums_ = 0;
  mutable std::array<known_portions, summed_tables> known_;
};

} // namespace

result<std::unique_ptr<derived_store>> open_lmdb_derived(const std::filesystem::path& folder,
                                                         const store_identity& identity,
                                                         const partition_options& options) {
  if (file_exists(folder / condemned_name))
    return error(errc::damaged_index, folder.string() + " was found to be damaged");
  return open_lmdb<derived_store, lmdb_derived>(folder, options.derived_map_bytes,
                                                "derived_map_bytes", after_panic::reopen, identity);
}

result<void> remove_lmdb_derived(const std::filesystem::path& folder) {
  const auto remove = [&](const char* name) -> result<void> {
    std::error_code code;
    std::filesystem::remove(folder / name, code);
    if (!code) return {};
    return error(errc::io,
                 "removing unusable derived data in " + folder.string() + ": " + code.message());
  };
  for (const auto* name : {"data.mdb", "lock.mdb"})
    if (auto removed = remove(name); !removed) return removed;
  if (!file_exists(folder / condemned_name)) return {};
  // What says that the rest cannot be believed goes last.
  if (auto synced = sync_folder(folder); !synced) return synced;
  return remove(condemned_name);
}

} // namespace acta::persistence
