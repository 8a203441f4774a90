// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Table `rows` holds deliveries, by target and key, and timers, by stream and name; table `indexes`
// holds the timers by due time. Layout: docs/storage-format.md.
#include "outbox.hpp"

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/index.hpp>
#include <acta/persistence/errc.hpp>

#include <algorithm>

namespace acta::detail {

namespace {

constexpr char delivery_row = 'd';
constexpr char timer_row = 't';
constexpr char checkpoint_row = 'c';
constexpr char versions_row = 'v';
/// On disk: rises with every change of the rows.
constexpr std::uint64_t rows_format = 2;

template <class T> void append_big_endian(T value, std::string& out) {
  for (int shift = (sizeof value - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}
template <class T> T read_big_endian(std::string_view from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(from[i]));
  return value;
}

constexpr std::size_t delivery_key_bytes = 4 + 8 + 2 + 1;
/// Position, and the checksum of the commit that holds it.
constexpr std::size_t checkpoint_bytes = 8 + 8;

/// Texts of targets and streams hold no zero byte, so each has a prefix of its own.
std::string prefix_of(char kind, std::string_view stream) {
  std::string out(1, kind);
  out.append(stream).push_back('\0');
  return out;
}

std::string row_of_process(char kind, std::string_view process, std::uint32_t partition) {
  auto out = prefix_of(kind, process);
  append_big_endian(partition, out);
  return out;
}

/// A column of kind time: a sign, then the count.
constexpr std::size_t due_bytes = 1 + 8;
std::optional<time_point> due_of(std::string_view entry) {
  if (entry.size() < due_bytes) return std::nullopt;
  return time_point{std::chrono::microseconds{
      static_cast<std::int64_t>(read_big_endian<std::uint64_t>(entry.substr(1)))}};
}

result<void> put_row(row_writer& to, std::string_view key, const auto& value) {
  byte_buffer bytes;
  if (auto encoded = encode_binary(value, bytes); !encoded) return encoded;
  return to.put(row_table::rows, as_bytes_view(key), bytes);
}

/// The row of the timer that an entry names. Errors: `corrupt_commit`, `decode_failed`, `io`.
result<pending_timer> read_timer(row_reader& from, std::string_view row) {
  bytes_view stored;
  auto there = from.get(row_table::rows, as_bytes_view(row), stored);
  if (!there) return std::move(there).error();
  if (!*there)
    return error(persistence::errc::corrupt_commit, "a timer is in the index, but has no row");
  auto timer = decode_binary<pending_timer>(stored);
  if (timer) timer->key.kind = delivery_kind::timer;
  return timer;
}

persistence::view_identity identity_in(const uuid& store) {
  return {store, "acta.processes", rows_format, rows_format};
}
persistence::view_store_options options_of_outbox() {
  persistence::view_store_options options;
  options.upgrade = true;
  return options;
}

result<bool> seek_after(table_cursor& cursor, std::string_view entry, table_entry& out) {
  auto found = cursor.seek(as_bytes_view(entry), out);
  if (found && *found && as_text(out.key) == entry) found = cursor.next(out);
  return found;
}

} // namespace

bool read_delivery_row(std::string_view row, outbox::stored& out) {
  if (row.size() < 2 + delivery_key_bytes || row[0] != delivery_row) return false;
  const auto key = row.substr(row.size() - delivery_key_bytes);
  if (row[row.size() - delivery_key_bytes - 1] != '\0') return false;
  out.row = row;
  out.target = row.substr(1, row.size() - delivery_key_bytes - 2);
  out.key = {{read_big_endian<std::uint32_t>(key), read_big_endian<std::uint64_t>(key.substr(4))},
             read_big_endian<std::uint16_t>(key.substr(12)),
             static_cast<delivery_kind>(key[14])};
  return true;
}

std::string row_of_delivery(std::string_view target, const delivery_key& key) {
  auto out = prefix_of(delivery_row, target);
  append_big_endian(key.from.partition, out);
  append_big_endian(key.from.number, out);
  append_big_endian(key.index, out);
  append_big_endian(static_cast<std::uint8_t>(key.kind), out);
  return out;
}
std::string row_of_timer(std::string_view stream, std::string_view name) {
  return prefix_of(timer_row, stream).append(name);
}
std::string_view row_of_entry(std::string_view entry) {
  return entry.substr(std::min(entry.size(), due_bytes));
}
std::string rows_of_timers(std::string_view stream) { return prefix_of(timer_row, stream); }
std::string entry_of_timer(time_point due, std::string_view row) {
  std::string out;
  append_column(due, out);
  return out.append(row);
}

result<outbox> outbox::open(const std::filesystem::path& folder, const uuid& store_id,
                            std::size_t map_bytes) {
  auto options = options_of_outbox();
  options.map_bytes = map_bytes;
  auto store = folder.empty()
                   ? persistence::make_scratch_view_store(identity_in(store_id), options)
                   : persistence::open_view_store(folder, identity_in(store_id), options);
  if (!store) return std::move(store).error();
  return adopt(std::move(*store));
}

result<std::optional<outbox>> outbox::copy_of(const persistence::store_look& store) {
  auto copy = store.copy_of("processes", identity_in(store.id()), options_of_outbox());
  if (!copy) return std::move(copy).error();
  if (!*copy) return std::optional<outbox>{};
  auto adopted = adopt(std::move(*copy));
  if (!adopted) return std::move(adopted).error();
  return std::optional(std::move(*adopted));
}

result<outbox> outbox::adopt(std::unique_ptr<persistence::view_store> store) {
  {
    auto reading = store->read();
    if (!reading) return std::move(reading).error();
    auto head = (*reading)->head();
    if (!head) return std::move(head).error();
    if (head->fingerprint != rows_format)
      return error(persistence::errc::wrong_format,
                   store->folder().string() + " has rows of format " +
                       std::to_string(head->fingerprint) + ", this program reads " +
                       std::to_string(rows_format));
  }
  return outbox(std::move(store));
}

result<outbox_writing> outbox::write() {
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  return outbox_writing(std::move(*txn));
}

result<std::optional<persistence::checkpoint>> outbox::checkpoint(std::string_view process,
                                                                  std::uint32_t partition) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  bytes_view value;
  const auto row = row_of_process(checkpoint_row, process, partition);
  auto there = (*reading)->get(row_table::rows, as_bytes_view(row), value);
  if (!there) return std::move(there).error();
  if (!*there) return std::optional<persistence::checkpoint>{};
  if (value.size() != checkpoint_bytes)
    return error(persistence::errc::corrupt_commit,
                 "the checkpoint of process " + std::string(process) + " has " +
                     std::to_string(value.size()) + " bytes, not " +
                     std::to_string(checkpoint_bytes));
  return std::optional(persistence::checkpoint{load_le<std::uint64_t>(value.data()),
                                               load_le<std::uint64_t>(value.data() + 8)});
}

result<std::optional<versions_taken>> outbox::versions(std::string_view process,
                                                       std::uint32_t partition) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  bytes_view value;
  const auto row = row_of_process(versions_row, process, partition);
  auto there = (*reading)->get(row_table::rows, as_bytes_view(row), value);
  if (!there) return std::move(there).error();
  if (!*there) return std::optional<versions_taken>{};
  auto read = decode_binary<versions_taken>(value);
  if (!read) return std::move(read).error();
  return std::optional(std::move(*read));
}

result<persistence::checkpoint> outbox::common_checkpoint(std::uint32_t partition) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  return (*reading)->checkpoint(partition);
}

result<outbox::figures> outbox::count() {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto timers = (*reading)->count(row_table::indexes);
  if (!timers) return std::move(timers).error();
  figures f;
  f.timers = *timers;
  auto cursor = (*reading)->scan(row_table::rows);
  if (!cursor) return std::move(cursor).error();
  for (const char kind : {delivery_row, row_set_aside}) {
    auto& count = kind == delivery_row ? f.deliveries : f.set_aside;
    table_entry entry;
    auto found = (*cursor)->seek(as_bytes_view(std::string_view(&kind, 1)), entry);
    for (; found && *found && as_text(entry.key)[0] == kind; found = (*cursor)->next(entry))
      ++count;
    if (!found) return std::move(found).error();
  }
  return f;
}

result<delivery> outbox::stored::decode() const { return decode_binary<delivery>(value); }

result<delivery> outbox::find(std::string_view row) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  bytes_view value;
  auto there = (*reading)->get(row_table::rows, as_bytes_view(row), value);
  if (!there) return std::move(there).error();
  if (!*there) return error(errc::not_found, "a delivery is not in the outbox any more");
  return decode_binary<delivery>(value);
}

result<bool> outbox::visit(std::string_view from, const std::function<bool(const stored&)>& f) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto cursor = (*reading)->scan(row_table::rows);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  const std::string first(1, delivery_row);
  auto found = (*cursor)->seek(as_bytes_view(from.empty() ? first : from), entry);
  for (; found && *found; found = (*cursor)->next(entry)) {
    stored s;
    if (!read_delivery_row(as_text(entry.key), s)) return true;
    s.value = entry.value;
    if (!f(s)) return false;
  }
  if (!found) return std::move(found).error();
  return true;
}

result<std::optional<time_point>>
outbox::visit_due(std::string& after, time_point now,
                  const std::function<bool(std::string_view, result<pending_timer>)>& f) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto cursor = (*reading)->scan(row_table::indexes);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  auto found = seek_after(**cursor, after, entry);
  for (; found && *found; found = (*cursor)->next(entry)) {
    const auto key = as_text(entry.key);
    const auto due = due_of(key);
    if (due && *due > now) return due;
    auto timer = read_timer(**reading, as_text(entry.value));
    if (timer && entry_of_timer(timer->due, as_text(entry.value)) != key)
      timer = error(persistence::errc::corrupt_commit, "the index names another time for a timer");
    if (!timer && timer.error().code() == condition::io) return std::move(timer).error();
    const bool go_on = f(key, std::move(timer));
    if (!go_on) return due;
    after = key;
  }
  if (!found) return std::move(found).error();
  return std::optional<time_point>{};
}

result<std::vector<std::string>>
outbox::streams_with_timers(std::string_view prefix, std::string_view after, std::size_t limit) {
  std::vector<std::string> streams;
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto cursor = (*reading)->scan(row_table::rows);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  const auto from = std::string(1, timer_row).append(std::max(prefix, after));
  auto found = (*cursor)->seek(as_bytes_view(from), entry);
  for (; found && *found; found = (*cursor)->next(entry)) {
    const auto row = as_text(entry.key);
    if (row[0] != timer_row || !row.substr(1).starts_with(prefix)) break;
    const auto stream = row.substr(1, row.find('\0') - 1);
    if (stream == after || (!streams.empty() && streams.back() == stream)) continue;
    if (streams.size() == limit) break;
    streams.emplace_back(stream);
  }
  if (!found) return std::move(found).error();
  return streams;
}

result<std::optional<time_point>> outbox_writing::next_due(std::string_view after) {
  auto cursor = txn_->scan(row_table::indexes);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  auto found = seek_after(**cursor, after, entry);
  if (!found) return std::move(found).error();
  return *found ? due_of(as_text(entry.key)) : std::nullopt;
}

result<void> outbox_writing::apply(const outbox_changes& c) {
  for (const auto& row : c.answered)
    if (auto gone = txn_->erase(row_table::rows, as_bytes_view(row)); !gone) return gone;
  for (const auto& row : c.unreadable)
    if (auto moved = set_aside(row); !moved) return moved;
  for (const auto& entry : c.unreadable_timers) {
    if (auto gone = txn_->erase(row_table::indexes, as_bytes_view(entry)); !gone) return gone;
    const auto row = row_of_entry(entry);
    if (row.empty() || read_timer(*txn_, row)) continue; // the row is good: of a later timer
    if (auto moved = set_aside(row); !moved) return moved;
  }
  for (const auto& [row, d] : c.set_aside)
    if (auto put = put_row(*txn_, row_set_aside + row, d); !put) return put;
  if (auto changed = change_timers(c); !changed) return changed;
  for (const auto& of : c.looked_through) {
    byte_buffer value;
    value.append_le(of.at.position);
    value.append_le(of.at.checksum);
    const auto row = row_of_process(checkpoint_row, of.process, of.partition);
    if (auto put = txn_->put(row_table::rows, as_bytes_view(row), value); !put) return put;
  }
  for (const auto& of : c.versions)
    if (auto put =
            put_row(*txn_, row_of_process(versions_row, of.process, of.partition), of.versions);
        !put)
      return put;
  return {};
}

result<void> outbox_writing::change_timers(const outbox_changes& c) {
  if (auto ended = end_timers(c.ended); !ended) return ended;
  for (const auto& [row, change] : c.timers)
    if (auto gone = cancel(row, change.only); !gone) return gone;
  // Erased first, put then, table by table and in the order of keys: a put begins where the last
  // one ended.
  for (const auto& [row, d] : c.added)
    if (auto put = put_row(*txn_, row, *d); !put) return put;
  std::vector<std::pair<std::string, std::string_view>> entries;
  for (const auto& [row, change] : c.timers) {
    if (!change.set) continue;
    if (auto put = put_row(*txn_, row, *change.set); !put) return put;
    entries.emplace_back(entry_of_timer(change.set->due, row), row);
  }
  std::ranges::sort(entries);
  for (const auto& [entry, row] : entries)
    if (auto put = txn_->put(row_table::indexes, as_bytes_view(entry), as_bytes_view(row)); !put)
      return put;
  return {};
}

result<void> outbox_writing::end_timers(const std::set<std::string>& streams) {
  std::vector<std::string> rows;
  {
    auto cursor = txn_->scan(row_table::rows);
    if (!cursor) return std::move(cursor).error();
    for (const auto& stream : streams) {
      const auto prefix = rows_of_timers(stream);
      table_entry entry;
      auto found = (*cursor)->seek(as_bytes_view(prefix), entry);
      for (; found && *found && as_text(entry.key).starts_with(prefix);
           found = (*cursor)->next(entry))
        rows.emplace_back(as_text(entry.key));
      if (!found) return std::move(found).error();
    }
  }
  for (const auto& row : rows)
    if (auto gone = cancel(row, 0); !gone) return gone;
  return {};
}

result<void> outbox_writing::cancel(std::string_view row, version_number only) {
  bytes_view stored;
  auto there = txn_->get(row_table::rows, as_bytes_view(row), stored);
  if (!there) return std::move(there).error();
  if (!*there) return {};
  auto timer = decode_binary<pending_timer>(stored);
  if (!timer) return set_aside(row); // its entry is found when it is due
  if (only != 0 && timer->version != only) return {};
  if (auto gone = txn_->erase(row_table::indexes, as_bytes_view(entry_of_timer(timer->due, row)));
      !gone)
    return gone;
  return txn_->erase(row_table::rows, as_bytes_view(row));
}

result<void> outbox_writing::set_aside(std::string_view row) {
  bytes_view stored;
  auto there = txn_->get(row_table::rows, as_bytes_view(row), stored);
  if (!there) return std::move(there).error();
  if (!*there) return {};
  byte_buffer kept;
  kept.append(stored);
  const auto key = std::string(row); // may lie in the transaction's memory
  if (auto gone = txn_->erase(row_table::rows, as_bytes_view(key)); !gone) return gone;
  return txn_->put(row_table::rows, as_bytes_view(row_set_aside + key), kept);
}

} // namespace acta::detail
