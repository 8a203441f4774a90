// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "files.hpp"
#include "lmdb_view_txn.hpp"

#include <cerrno>
#include <thread>

namespace acta::persistence {

namespace {

/// On disk: rises with every change to a table's layout.
constexpr std::uint32_t format = 2;
/// The checkpoints and the head of format 1 have no checksums; all else is the same.
constexpr std::uint32_t format_without_checksums = 1;
// identity: format u32, store id 16 bytes, view
constexpr std::size_t identity_header_bytes = 20;
/// A put in a place of its own copies one page; what the tree above them takes is small beside it.
constexpr std::size_t bytes_per_put = 4096;

byte_buffer encode_identity(const view_identity& identity) {
  byte_buffer bytes;
  bytes.append_le(format);
  bytes.append(identity.store_id.bytes.data(), identity.store_id.bytes.size());
  bytes.append(as_bytes_view(identity.view));
  return bytes;
}

int put_bytes(MDB_txn* txn, MDB_dbi table, bytes_view key, bytes_view value) {
  auto at = to_val(key);
  auto stored = to_val(value);
  return mdb_put(txn, table, &at, &stored, 0);
}

class lmdb_reading final : public view_reading {
public:
  lmdb_reading(const lmdb_env& env, const view_tables& tables, lmdb_reader_pool::lease lease)
      : tables_(tables), lease_(std::move(lease)), txn_(env, tables) {
    txn_.begin(lease_->txn());
  }

  result<bool> get(row_table table, bytes_view key, bytes_view& value) override {
    return txn_.find(tables_.of(table), key, value);
  }
  result<std::unique_ptr<table_cursor>> scan(row_table table) override {
    return txn_.scan(tables_.of(table));
  }
  result<std::uint64_t> count(row_table table) override { return txn_.count(tables_.of(table)); }
  result<view_head> head() override { return txn_.head(); }
  result<persistence::checkpoint> checkpoint(std::uint32_t partition) override {
    return txn_.checkpoint(partition);
  }
  using view_reading::dead_letters;
  result<std::vector<dead_letter>> dead_letters(std::size_t limit, position from) override {
    return txn_.dead_letters(limit, from);
  }
  result<std::uint64_t> dead_letter_count() override { return txn_.count(tables_.parked); }

private:
  const view_tables& tables_;
  lmdb_reader_pool::lease lease_;
  view_txn txn_; ///< after the lease: its cursors must be closed before that is given back
};

class lmdb_writing final : public view_writing {
public:
  /// Blocks until no other writing is open.
  lmdb_writing(lmdb_env& env, const view_tables& tables, std::mutex& mutex)
      : env_(env), tables_(tables), lock_(mutex), txn_(env, tables) {}
  ~lmdb_writing() override {
    ACTA_ASSERT(!lock_.owns_lock() || on_own_thread());
    close_put_cursor();
  }
  lmdb_writing(const lmdb_writing&) = delete;
  lmdb_writing& operator=(const lmdb_writing&) = delete;

  result<void> begin() {
    if (const int rc = write_.begin(env_); rc != 0) return env_.failure(rc, "starting to write");
    txn_.begin(write_.get());
    auto head = txn_.head();
    if (!head) return std::move(head).error();
    head_ = *head;
    return {};
  }

  result<bool> get(row_table table, bytes_view key, bytes_view& value) override {
    return txn_.find(tables_.of(table), key, value);
  }
  result<std::unique_ptr<table_cursor>> scan(row_table table) override {
    return txn_.scan(tables_.of(table));
  }
  result<std::uint64_t> count(row_table table) override { return txn_.count(tables_.of(table)); }
  result<void> put(row_table table, bytes_view key, bytes_view value) override {
    return put_in(tables_.of(table), key, value);
  }
  result<void> erase(row_table table, bytes_view key) override {
    auto erased = erase_in(tables_.of(table), key);
    if (!erased) return std::move(erased).error();
    return {};
  }

  result<void> set_checkpoint(std::uint32_t partition, const persistence::checkpoint& to) override {
    return put_in(tables_.meta, checkpoint_key_of(partition), encode_checkpoint(partition, to));
  }
  result<persistence::checkpoint> checkpoint(std::uint32_t partition) override {
    return txn_.checkpoint(partition);
  }
  result<void> set_built() override { return change_flag(head_.built, true); }
  result<void> set_paused(bool paused) override { return change_flag(head_.paused, paused); }
  result<void> park(const dead_letter& letter) override {
    return put_in(tables_.parked, letter_key_of(letter.where), encode_letter(letter));
  }
  result<bool> unpark(position where) override {
    return erase_in(tables_.parked, letter_key_of(where));
  }
  result<std::optional<dead_letter>> find_dead_letter(position where) override {
    return txn_.find_dead_letter(where);
  }

  result<void> commit(bool rows_changed) override {
    if (rows_changed) ++head_.changes;
    if (rows_changed || head_changed_) {
      const auto written = put_in(tables_.meta, as_bytes_view(view_head_key), encode_head(head_));
      if (!written) return written;
    }
    if (txn_.failure()) return *txn_.failure();
    ACTA_ASSERT(write_.get() != nullptr && on_own_thread());
    txn_.end();
    close_put_cursor();
    if (const int rc = write_.commit(); rc != 0) return give_up(rc);
    lock_.unlock();
    return {};
  }

private:
  [[nodiscard]] bool on_own_thread() const noexcept {
    return thread_ == std::this_thread::get_id();
  }

  result<void> change_flag(bool& flag, bool to) {
    if (txn_.failure()) return *txn_.failure();
    head_changed_ = head_changed_ || flag != to;
    flag = to;
    return {};
  }
  result<void> put_in(MDB_dbi table, bytes_view key, bytes_view value) {
    ACTA_ASSERT(!key.empty() && key.size() <= table_key_bytes_max);
    if (txn_.failure()) return *txn_.failure();
    ACTA_ASSERT(write_.get() != nullptr);
    txn_.before_write();
    bytes_ += bytes_per_put + value.size();
    // The key may be that of an entry just found: LMDB would move it away while it still reads it.
    std::array<std::byte, table_key_bytes_max> copy;
    std::memcpy(copy.data(), key.data(), key.size());
    auto at = to_val(bytes_view(copy).first(key.size()));
    auto stored = to_val(value);
    int rc = put_cursor_ != nullptr && put_table_ == table ? 0 : open_put_cursor(table);
    if (rc == 0) rc = mdb_cursor_put(put_cursor_, &at, &stored, 0);
    if (rc != 0) return give_up(rc);
    return {};
  }
  /// False if there was nothing.
  result<bool> erase_in(MDB_dbi table, bytes_view key) {
    if (txn_.failure()) return *txn_.failure();
    ACTA_ASSERT(write_.get() != nullptr);
    if (key.empty() || key.size() > table_key_bytes_max) return false;
    txn_.before_write();
    close_put_cursor();
    bytes_ += bytes_per_put;
    auto at = to_val(key);
    const int rc = mdb_del(write_.get(), table, &at, nullptr);
    if (rc != 0 && rc != MDB_NOTFOUND) return give_up(rc);
    return rc == 0;
  }

  /// Puts come in the order of keys: from where the last one went, the next one is not far.
  int open_put_cursor(MDB_dbi table) {
    close_put_cursor();
    put_table_ = table;
    return mdb_cursor_open(write_.get(), table, &put_cursor_);
  }
  void close_put_cursor() noexcept {
    if (put_cursor_ != nullptr) mdb_cursor_close(std::exchange(put_cursor_, nullptr));
  }

  /// A write that failed has spoilt the whole transaction, so it ends here.
  error give_up(int rc) {
    txn_.end();
    close_put_cursor();
    write_.abort();
    if (rc == EIO)
      if (const int missing = env_.missing_room(bytes_ + (std::size_t{1} << 20)); missing != 0)
        rc = missing;
    lock_.unlock();
    return txn_.fail(rc, "writing");
  }

  lmdb_env& env_;
  const view_tables& tables_;
  const std::thread::id thread_ = std::this_thread::get_id();
  // LMDB has its own writers' lock, but lets go of it before missing_room() may look.
  std::unique_lock<std::mutex> lock_;
  lmdb_write write_;
  view_txn txn_; ///< after `write_`: its cursors must be closed before that ends
  view_head head_;
  bool head_changed_ = false;
  MDB_cursor* put_cursor_ = nullptr; ///< at the last put; closed by an erasure
  MDB_dbi put_table_ = 0;
  std::size_t bytes_ = 0;
};

class lmdb_views final : public view_store {
public:
  explicit lmdb_views(std::unique_ptr<lmdb_env> env) : env_(std::move(env)), readers_(*env_) {}

  result<void> open_tables(const view_identity& identity, const view_store_options& options) {
    const bool is_new = env_->is_empty();
    const bool upgrade = options.upgrade;
    tables_.takes_old = upgrade;
    if (is_new && !options.create) return refused("is empty: its making did not come to its end");
    lmdb_write txn;
    if (const int rc = txn.begin(*env_); rc != 0) return env_->failure(rc, "opening the tables of");
    const auto open = [&](const char* name, MDB_dbi& to) -> result<void> {
      const int rc = env_->open_table(txn.get(), name, is_new ? MDB_CREATE : 0u, to);
      if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE)
        return refused("is an LMDB environment, but not one of a view");
      if (rc != 0) return env_->failure(rc, "opening the tables of");
      return {};
    };
    if (auto opened = open("meta", tables_.meta); !opened) return opened;
    // First the format: another one may have other tables.
    if (!is_new)
      if (auto known = check_format(txn.get(), upgrade); !known) return known;
    if (auto opened = open("rows", tables_.rows); !opened) return opened;
    if (auto opened = open("indexes", tables_.indexes); !opened) return opened;
    if (auto opened = open("parked", tables_.parked); !opened) return opened;
    if (auto same =
            is_new ? introduce(txn.get(), identity, options) : check_owner(txn.get(), identity);
        !same)
      return same;
    if (!is_new && upgrade)
      if (auto raised = raise_format(txn.get(), identity); !raised) return raised;
    int rc = txn.commit();
    if (rc == EIO)
      if (const int missing = env_->missing_room(std::size_t{1} << 20); missing != 0) rc = missing;
    if (rc != 0) return env_->failure(rc, "opening the tables of");
    return {};
  }

  result<std::unique_ptr<view_reading>> read() override {
    auto lease = readers_.take();
    if (!lease) return std::move(lease).error();
    return std::unique_ptr<view_reading>(
        std::make_unique<lmdb_reading>(*env_, tables_, std::move(*lease)));
  }
  result<std::unique_ptr<view_writing>> write() override {
    auto writing = std::make_unique<lmdb_writing>(*env_, tables_, write_mutex_);
    if (auto begun = writing->begin(); !begun) return std::move(begun).error();
    return std::unique_ptr<view_writing>(std::move(writing));
  }
  result<void> sync() override {
    if (const int rc = env_->sync(); rc != 0) return env_->failure(rc, "syncing");
    return {};
  }
  std::uint64_t file_bytes() const override { return env_->file_bytes(); }
  const std::filesystem::path& folder() const noexcept override { return env_->folder(); }

private:
  [[nodiscard]] error refused(const std::string& what) const {
    return error(errc::wrong_format, folder().string() + ' ' + what);
  }

  result<bytes_view> stored_identity(MDB_txn* txn) const {
    auto key = to_val("identity");
    MDB_val stored{};
    const int rc = mdb_get(txn, tables_.meta, &key, &stored);
    if (rc == MDB_NOTFOUND) return refused("is an LMDB environment, but not one of Acta's");
    if (rc != 0) return env_->failure(rc, "reading");
    return from_val(stored);
  }
  result<void> check_format(MDB_txn* txn, bool upgrade) const {
    auto bytes = stored_identity(txn);
    if (!bytes) return std::move(bytes).error();
    if (bytes->size() < sizeof format) return refused("has an identity of another size");
    const auto found = load_le<std::uint32_t>(bytes->data());
    if (found != format && !(upgrade && found == format_without_checksums))
      return refused("has format " + std::to_string(found) + ", this program reads " +
                     std::to_string(format));
    return {};
  }
  result<void> check_owner(MDB_txn* txn, const view_identity& identity) const {
    auto bytes = stored_identity(txn);
    if (!bytes) return std::move(bytes).error();
    if (bytes->size() < identity_header_bytes) return refused("has an identity of another size");
    uuid store_id;
    std::memcpy(store_id.bytes.data(), bytes->data() + sizeof format, store_id.bytes.size());
    if (store_id != identity.store_id)
      return refused("belongs to store " + store_id.to_string() + ", expected " +
                     identity.store_id.to_string());
    if (const auto view = as_text(bytes->subspan(identity_header_bytes)); view != identity.view)
      return refused("holds view '" + std::string(view) + "', expected '" + identity.view + "'");
    return {};
  }
  /// Else an older program would find checkpoints that it cannot read.
  result<void> raise_format(MDB_txn* txn, const view_identity& identity) const {
    auto bytes = stored_identity(txn);
    if (!bytes) return std::move(bytes).error();
    if (load_le<std::uint32_t>(bytes->data()) == format) return {};
    if (const int rc =
            put_bytes(txn, tables_.meta, as_bytes_view("identity"), encode_identity(identity));
        rc != 0)
      return env_->failure(rc, "writing");
    return {};
  }
  result<void> introduce(MDB_txn* txn, const view_identity& identity,
                         const view_store_options& options) const {
    view_head head;
    head.layout_fingerprint = identity.layout_fingerprint;
    head.fingerprint = identity.fingerprint;
    int rc = put_bytes(txn, tables_.meta, as_bytes_view("identity"), encode_identity(identity));
    if (rc == 0) rc = put_bytes(txn, tables_.meta, as_bytes_view(view_head_key), encode_head(head));
    for (const auto& [partition, at] : options.start)
      if (rc == 0)
        rc = put_bytes(txn, tables_.meta, checkpoint_key_of(partition),
                       encode_checkpoint(partition, at));
    if (rc != 0) return env_->failure(rc, "writing");
    return {};
  }

  std::unique_ptr<lmdb_env> env_;
  lmdb_reader_pool readers_;
  view_tables tables_;
  std::mutex write_mutex_;
};

result<std::unique_ptr<view_store>> open_in(const std::filesystem::path& folder,
                                            const view_identity& identity,
                                            const view_store_options& options, after_panic panic) {
  auto env = lmdb_env::open(folder, options.map_bytes, "map_bytes",
                            options.sync == view_sync::none ? MDB_NOSYNC : MDB_NOMETASYNC, panic);
  if (!env) return std::move(env).error();
  auto store = std::make_unique<lmdb_views>(std::move(*env));
  if (auto opened = store->open_tables(identity, options); !opened)
    return std::move(opened).error();
  return std::unique_ptr<view_store>(std::move(store));
}

} // namespace

result<std::unique_ptr<view_store>> open_view_store(const std::filesystem::path& folder,
                                                    const view_identity& identity,
                                                    const view_store_options& options) {
  if (auto made = make_folders(folder); !made) return std::move(made).error();
  auto store = open_in(folder, identity, options, after_panic::reopen);
  if (!store) return store;
  // The directory entries of LMDB's files must be as durable as what is written into them.
  if (auto synced = sync_folder(folder); !synced) return std::move(synced).error();
  return store;
}

result<std::unique_ptr<view_store>> make_scratch_view_store(const view_identity& identity,
                                                            view_store_options options) {
  options.sync = view_sync::none;
  auto folder = temporary_folder::make("acta-view-");
  if (!folder) return std::move(folder).error();
  auto store = open_in(folder->path(), identity, options, after_panic::stay);
  // What is open keeps its files alive, without their names.
  if (auto removed = folder->remove(); !removed && store) return std::move(removed).error();
  return store;
}

} // namespace acta::persistence
