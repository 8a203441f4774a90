// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"
#include "lmdb_tables.hpp"
#include "xxh3.hpp"

#include <acta/persistence/errc.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>

namespace acta::persistence {

namespace {

/// LMDB's limit on Debian; ours are far below it, see docs/storage-format.md.
constexpr std::size_t key_bytes_max = 511;
static_assert(8 + type_name_bytes_max + 1 + stream_id_bytes_max + 16 <= key_bytes_max);

/// A key of the derived tables: the stream's hash (big-endian, so that batches sorted by hash are
/// sorted for LMDB), its text, and what tells its records apart.
class derived_key {
public:
  explicit derived_key(const stream_key& stream) {
    append_be(stream.hash());
    append(stream.text().data(), stream.text().size());
  }
  derived_key(const stream_key& stream, version_number version) : derived_key(stream) {
    append_be(version);
  }
  derived_key(const stream_key& stream, const uuid& id) : derived_key(stream) {
    append(id.bytes.data(), id.bytes.size());
  }
  [[nodiscard]] MDB_val val() noexcept { return {size_, bytes_.data()}; }

  /// Rewrites the last 8 bytes.
  void set_version(version_number version) noexcept {
    size_ -= 8;
    append_be(version);
  }

private:
  void append_be(std::uint64_t value) noexcept {
    value = __builtin_bswap64(value);
    append(&value, sizeof value);
  }
  void append(const void* from, std::size_t count) noexcept {
    ACTA_ASSERT(size_ + count <= bytes_.size());
    std::memcpy(bytes_.data() + size_, from, count);
    size_ += count;
  }
  std::size_t size_ = 0;
  std::array<std::byte, key_bytes_max> bytes_;
};

std::uint64_t load_be(const std::byte* from) noexcept {
  return __builtin_bswap64(load_le<std::uint64_t>(from));
}

// index: position u64, events u16
constexpr std::size_t index_value_bytes = 10;
// dedupe: position u64, recorded_at i64
constexpr std::size_t dedupe_value_bytes = 16;
// snapshot: checksum u64, version u64, position u64, recorded_at i64, fingerprint u64, state
constexpr std::size_t snapshot_header_bytes = 40;
/// Old command ids taken out per batch, besides as many as the batch brought: enough to catch up,
/// too few to be felt.
constexpr std::size_t sweep_min = 1024;

/// The version in an index key of `stream`; 0 if the key is another stream's.
version_number version_in(const MDB_val& key, const stream_key& stream) noexcept {
  const auto bytes = from_val(key);
  const auto& text = stream.text();
  if (bytes.size() != 8 + text.size() + 8 || load_be(bytes.data()) != stream.hash() ||
      std::memcmp(bytes.data() + 8, text.data(), text.size()) != 0)
    return 0;
  return load_be(bytes.data() + 8 + text.size());
}

std::uint64_t snapshot_checksum(const stream_key& stream, bytes_view value) noexcept {
  return XXH3_64bits(value.data() + 8, value.size() - 8) ^ stream.hash();
}

class lmdb_derived final : public derived_store {
public:
  explicit lmdb_derived(std::unique_ptr<lmdb_env> env) : env_(std::move(env)), readers_(*env_) {}

  result<void> open_tables(const store_identity& identity) {
    const bool is_new = env_->is_empty();
    lmdb_write txn;
    if (const int rc = txn.begin(*env_); rc != 0) return env_->failure(rc, "opening the tables of");
    const auto open = [&](const char* name, unsigned flags, MDB_dbi& to) {
      return env_->open_table(txn.get(), name, flags | (is_new ? MDB_CREATE : 0u), to);
    };
    for (const int rc :
         {open("meta", 0, meta_), open("index", 0, index_), open("dedupe", 0, dedupe_),
          open("dedupe_age", MDB_INTEGERKEY, dedupe_age_), open("snapshots", 0, snapshots_)}) {
      if (rc == MDB_NOTFOUND) return env_->failure(MDB_INVALID, "opening the tables of");
      if (rc != 0) return env_->failure(rc, "opening the tables of");
    }
    if (auto same = check_identity(txn.get(), meta_, identity, env_->folder(), is_new); !same)
      return same;
    if (const int rc = txn.commit(); rc != 0) return env_->failure(rc, "opening the tables of");
    return {};
  }

  result<derived_head> head() override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    auto key = to_val("head");
    MDB_val value{};
    const int rc = mdb_get((*reader)->txn(), meta_, &key, &value);
    if (rc == MDB_NOTFOUND) return derived_head{};
    if (rc != 0) return env_->failure(rc, "reading");
    const auto bytes = from_val(value);
    if (bytes.size() != 24) return env_->failure(MDB_CORRUPTED, "reading");
    return derived_head{load_le<std::uint64_t>(bytes.data()),
                        load_le<std::uint64_t>(bytes.data() + 8),
                        load_le<std::uint64_t>(bytes.data() + 16)};
  }

  result<void> write(const derived_batch& batch) override {
    lmdb_write txn;
    int rc = txn.begin(*env_);
    if (rc == 0) rc = put_index(txn.get(), batch);
    if (rc == 0) rc = put_commands(txn.get(), batch);
    for (const auto& item : batch.snapshots)
      if (rc == 0) rc = put_snapshot(txn.get(), item);
    if (rc == 0) rc = put_head(txn.get(), batch.head);
    if (rc == 0)
      rc = txn.commit();
    else
      txn.abort();
    if (rc == EIO)
      if (const int missing = env_->missing_room(bytes_of(batch)); missing != 0) rc = missing;
    if (rc != 0) return env_->failure(rc, "writing");
    return {};
  }

  result<std::optional<index_entry>> last_of(const stream_key& stream) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    MDB_cursor* cursor = nullptr;
    int rc = (*reader)->cursor(index_, cursor);
    if (rc != 0) return env_->failure(rc, "reading");
    // No version is so high, so this stops at the first key behind the stream.
    derived_key from(stream, ~version_number{0});
    auto key = from.val();
    MDB_val value{};
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    if (rc == 0)
      rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV);
    else if (rc == MDB_NOTFOUND)
      rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    if (rc == MDB_NOTFOUND) return std::optional<index_entry>{};
    if (rc != 0) return env_->failure(rc, "reading");
    index_entry entry;
    if (!decode(key, value, stream, entry)) return std::optional<index_entry>{};
    return std::optional<index_entry>(entry);
  }

  result<void> scan(const stream_key& stream, version_number from,
                    const index_visitor& visit) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    MDB_cursor* cursor = nullptr;
    int rc = (*reader)->cursor(index_, cursor);
    if (rc != 0) return env_->failure(rc, "reading");
    derived_key start(stream, from);
    auto key = start.val();
    MDB_val value{};
    index_entry entry;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    const bool exact = rc == 0 && decode(key, value, stream, entry) && entry.first_version == from;
    if (!exact && from > 1 && (rc == 0 || rc == MDB_NOTFOUND)) {
      // `from` may be in the middle of the commit before.
      rc = mdb_cursor_get(cursor, &key, &value, rc == 0 ? MDB_PREV : MDB_LAST);
      if (rc == 0 &&
          (!decode(key, value, stream, entry) || entry.first_version + entry.events <= from))
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
      else if (rc == MDB_NOTFOUND) // there was nothing before; start at the first key again
        rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    }
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
      if (!decode(key, value, stream, entry) || !visit(entry)) return {};
    if (rc != MDB_NOTFOUND) return env_->failure(rc, "reading");
    return {};
  }

  result<std::optional<std::uint64_t>> find_command(const stream_key& stream,
                                                    const uuid& command_id) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    derived_key with_id(stream, command_id);
    auto key = with_id.val();
    MDB_val value{};
    const int rc = mdb_get((*reader)->txn(), dedupe_, &key, &value);
    if (rc == MDB_NOTFOUND) return std::optional<std::uint64_t>{};
    if (rc != 0) return env_->failure(rc, "reading");
    const auto bytes = from_val(value);
    if (bytes.size() != dedupe_value_bytes) return env_->failure(MDB_CORRUPTED, "reading");
    return std::optional<std::uint64_t>(load_le<std::uint64_t>(bytes.data()));
  }

  result<std::optional<snapshot>> newest_snapshot(const stream_key& stream) override {
    auto reader = readers_.take();
    if (!reader) return std::move(reader).error();
    derived_key of(stream);
    auto key = of.val();
    MDB_val value{};
    const int rc = mdb_get((*reader)->txn(), snapshots_, &key, &value);
    if (rc == MDB_NOTFOUND) return std::optional<snapshot>{};
    if (rc != 0) return env_->failure(rc, "reading");
    const auto bytes = from_val(value);
    // A damaged snapshot is as good as none: the events are still there.
    if (bytes.size() < snapshot_header_bytes ||
        load_le<std::uint64_t>(bytes.data()) != snapshot_checksum(stream, bytes))
      return std::optional<snapshot>{};
    snapshot found;
    found.version = load_le<std::uint64_t>(bytes.data() + 8);
    found.position = load_le<std::uint64_t>(bytes.data() + 16);
    found.recorded_at =
        time_point(std::chrono::microseconds(load_le<std::int64_t>(bytes.data() + 24)));
    found.fingerprint = load_le<std::uint64_t>(bytes.data() + 32);
    found.state.append(bytes.subspan(snapshot_header_bytes));
    return std::optional<snapshot>(std::move(found));
  }

private:
  static bool decode(const MDB_val& key, const MDB_val& value, const stream_key& stream,
                     index_entry& out) noexcept {
    const auto version = version_in(key, stream);
    if (version == 0 || value.mv_size != index_value_bytes) return false;
    const auto* bytes = static_cast<const std::byte*>(value.mv_data);
    out = {version, load_le<std::uint64_t>(bytes), load_le<std::uint16_t>(bytes + 8)};
    return true;
  }

  static std::size_t bytes_of(const derived_batch& batch) noexcept {
    std::size_t bytes = (std::size_t{1} << 20) + batch.items.size() * 512;
    for (const auto& item : batch.snapshots) bytes += item.saved.state.size() + 8192;
    return bytes;
  }

  int put_index(MDB_txn* txn, const derived_batch& batch) const {
    MDB_cursor* cursor = nullptr;
    int rc = mdb_cursor_open(txn, index_, &cursor);
    std::optional<derived_key> key;
    const stream_key* stream = nullptr;
    for (auto item = batch.items.begin(); rc == 0 && item != batch.items.end(); ++item) {
      if (item->stream != stream)
        key.emplace(*item->stream, item->entry.first_version);
      else
        key->set_version(item->entry.first_version);
      stream = item->stream;
      std::array<std::byte, index_value_bytes> bytes;
      store_le(bytes.data(), item->entry.position);
      store_le(bytes.data() + 8, static_cast<std::uint16_t>(item->entry.events));
      auto at = key->val();
      auto value = to_val(bytes_view(bytes));
      rc = mdb_cursor_put(cursor, &at, &value, 0);
    }
    return rc;
  }

  int put_commands(MDB_txn* txn, const derived_batch& batch) const {
    std::vector<const index_item*> with_id;
    for (const auto& item : batch.items)
      if (item.command_id && item.recorded_at >= batch.forget_before) with_id.push_back(&item);
    MDB_cursor* cursor = nullptr;
    MDB_cursor* age = nullptr;
    int rc = mdb_cursor_open(txn, dedupe_, &cursor);
    if (rc == 0) rc = mdb_cursor_open(txn, dedupe_age_, &age);
    const auto put = [&](const index_item& item, bool by_age) {
      derived_key with_key(*item.stream, item.command_id);
      const auto recorded_at = std::int64_t{item.recorded_at.time_since_epoch().count()};
      auto key = with_key.val();
      if (by_age) {
        auto moment = static_cast<std::uint64_t>(recorded_at);
        MDB_val age_key{sizeof moment, &moment};
        return mdb_cursor_put(age, &age_key, &key, 0);
      }
      std::array<std::byte, dedupe_value_bytes> bytes;
      store_le(bytes.data(), item.entry.position);
      store_le(bytes.data() + 8, recorded_at);
      auto value = to_val(bytes_view(bytes));
      return mdb_cursor_put(cursor, &key, &value, 0);
    };
    for (auto item = with_id.begin(); rc == 0 && item != with_id.end(); ++item)
      rc = put(**item, false);
    // Times are unique, and in order they are appended page by page.
    std::ranges::sort(with_id, {}, [](const index_item* item) { return item->recorded_at; });
    for (auto item = with_id.begin(); rc == 0 && item != with_id.end(); ++item)
      rc = put(**item, true);
    if (rc == 0) rc = sweep(txn, age, batch.forget_before, with_id.size() + sweep_min);
    return rc;
  }

  int sweep(MDB_txn* txn, MDB_cursor* age, time_point forget_before,
            std::size_t records_max) const {
    for (std::size_t i = 0; i < records_max; ++i) {
      MDB_val moment{};
      MDB_val dedupe_key{};
      int rc = mdb_cursor_get(age, &moment, &dedupe_key, MDB_FIRST);
      if (rc == MDB_NOTFOUND) return 0;
      if (rc != 0) return rc;
      std::int64_t recorded_at = 0;
      if (moment.mv_size != sizeof recorded_at) return MDB_CORRUPTED;
      std::memcpy(&recorded_at, moment.mv_data, sizeof recorded_at);
      if (recorded_at >= forget_before.time_since_epoch().count()) return 0;
      MDB_val value{};
      rc = mdb_get(txn, dedupe_, &dedupe_key, &value);
      // The id may have been used again after its time; then the newer record stays.
      if (rc == 0 && value.mv_size == dedupe_value_bytes &&
          load_le<std::int64_t>(static_cast<const std::byte*>(value.mv_data) + 8) == recorded_at)
        rc = mdb_del(txn, dedupe_, &dedupe_key, nullptr);
      if (rc != 0 && rc != MDB_NOTFOUND) return rc;
      if (rc = mdb_cursor_del(age, 0); rc != 0) return rc;
    }
    return 0;
  }

  int put_snapshot(MDB_txn* txn, const snapshot_item& item) const {
    derived_key of(item.stream);
    auto key = of.val();
    MDB_val stored{};
    const int rc = mdb_get(txn, snapshots_, &key, &stored);
    if (rc != 0 && rc != MDB_NOTFOUND) return rc;
    if (rc == 0 && stored.mv_size >= snapshot_header_bytes &&
        load_le<std::uint64_t>(static_cast<const std::byte*>(stored.mv_data) + 8) >
            item.saved.version)
      return 0;
    byte_buffer bytes;
    bytes.append_le(std::uint64_t{0});
    bytes.append_le(item.saved.version);
    bytes.append_le(item.saved.position);
    bytes.append_le(std::int64_t{item.saved.recorded_at.time_since_epoch().count()});
    bytes.append_le(item.saved.fingerprint);
    bytes.append(item.saved.state.view());
    store_le(bytes.data(), snapshot_checksum(item.stream, bytes));
    auto value = to_val(bytes.view());
    return mdb_put(txn, snapshots_, &key, &value, 0);
  }

  int put_head(MDB_txn* txn, const derived_head& head) const {
    std::array<std::byte, 24> bytes;
    store_le(bytes.data(), head.indexed_up_to);
    store_le(bytes.data() + 8, head.checksum);
    store_le(bytes.data() + 16, head.streams);
    auto key = to_val("head");
    auto value = to_val(bytes_view(bytes));
    return mdb_put(txn, meta_, &key, &value, 0);
  }

  std::unique_ptr<lmdb_env> env_;
  mutable lmdb_reader_pool readers_;
  MDB_dbi meta_ = 0;
  MDB_dbi index_ = 0;
  MDB_dbi dedupe_ = 0;
  MDB_dbi dedupe_age_ = 0;
  MDB_dbi snapshots_ = 0;
};

} // namespace

result<std::unique_ptr<derived_store>> open_lmdb_derived(const std::filesystem::path& folder,
                                                         const store_identity& identity,
                                                         const partition_options& options) {
  return open_lmdb<derived_store, lmdb_derived>(folder, options.derived_map_bytes,
                                                "derived_map_bytes", after_panic::reopen, identity);
}

} // namespace acta::persistence
