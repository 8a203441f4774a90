// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// Table `rows` holds deliveries, by key, and timers, by stream and name; table `indexes` holds the
// timers by due time. Layout: docs/storage-format.md.
#include "outbox.hpp"

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/index.hpp>

#include <limits>

namespace acta::detail {

namespace {

constexpr char delivery_row = 'd';
constexpr char timer_row = 't';
/// On disk: rises with every change of the rows.
constexpr std::uint64_t rows_format = 1;

template <class T> void append_big_endian(T value, std::string& out) {
  for (int shift = (sizeof value - 1) * 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(value >> shift));
}
template <class T> T read_big_endian(bytes_view from) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<T>(value << 8 | std::to_integer<T>(from[i]));
  return value;
}

constexpr std::size_t delivery_key_bytes = 1 + 4 + 8 + 2 + 1;

std::string row_of_delivery(const delivery_key& key) {
  std::string out(1, delivery_row);
  append_big_endian(key.from.partition, out);
  append_big_endian(key.from.number, out);
  append_big_endian(key.index, out);
  append_big_endian(static_cast<std::uint8_t>(key.kind), out);
  return out;
}

std::optional<delivery_key> read_delivery_key(bytes_view row) {
  if (row.size() != delivery_key_bytes || std::to_integer<char>(row[0]) != delivery_row)
    return std::nullopt;
  return delivery_key{
      {read_big_endian<std::uint32_t>(row.subspan(1, 4)),
       read_big_endian<std::uint64_t>(row.subspan(5, 8))},
      read_big_endian<std::uint16_t>(row.subspan(13, 2)),
      static_cast<delivery_kind>(read_big_endian<std::uint8_t>(row.subspan(15, 1)))};
}

/// A stream's text holds no zero byte, so all timers of one stream have a prefix of their own.
std::string row_of_timers(std::string_view stream) {
  std::string out(1, timer_row);
  out.append(stream).push_back('\0');
  return out;
}
std::string row_of_timer(std::string_view stream, std::string_view name) {
  return row_of_timers(stream).append(name);
}
std::string entry_of_timer(time_point due, std::string_view row) {
  std::string out;
  append_column(due, out);
  return out.append(row);
}

template <class T> result<T> decode_row(bytes_view from) { return decode_binary<T>(from); }

template <class T> result<void> put_row(row_writer& to, const std::string& key, const T& value) {
  byte_buffer bytes;
  if (auto encoded = encode_binary(value, bytes); !encoded) return encoded;
  return to.put(row_table::rows, as_bytes_view(key), bytes);
}

} // namespace

result<outbox> outbox::open(const std::filesystem::path& folder, const uuid& store_id,
                            std::size_t map_bytes) {
  const persistence::view_identity identity{store_id, "acta.processes", rows_format, rows_format};
  persistence::view_store_options options;
  options.map_bytes = map_bytes;
  auto store = folder.empty() ? persistence::make_scratch_view_store(identity, options)
                              : persistence::open_view_store(folder, identity, options);
  if (!store) return std::move(store).error();
  return outbox(std::move(*store));
}

result<outbox_writing> outbox::write() {
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  return outbox_writing(std::move(*txn));
}

result<std::uint64_t> outbox::checkpoint(std::uint32_t partition) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  return (*reading)->checkpoint(partition);
}

result<void> outbox::visit(const std::function<void(const delivery_key&, delivery)>& f) {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto cursor = (*reading)->scan(row_table::rows);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  const std::string first(1, delivery_row);
  auto found = (*cursor)->seek(as_bytes_view(first), entry);
  for (; found && *found; found = (*cursor)->next(entry)) {
    const auto key = read_delivery_key(entry.key);
    if (!key) break;
    auto d = decode_row<delivery>(entry.value);
    if (!d) return std::move(d).error();
    f(*key, std::move(*d));
  }
  if (!found) return std::move(found).error();
  return {};
}

result<std::optional<time_point>> outbox::next_due() {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto cursor = (*reading)->scan(row_table::indexes);
  if (!cursor) return std::move(cursor).error();
  table_entry entry;
  auto found = (*cursor)->seek({}, entry);
  if (!found) return std::move(found).error();
  if (!*found) return std::optional<time_point>{};
  bytes_view row;
  auto there = (*reading)->get(row_table::rows, entry.value, row);
  if (!there) return std::move(there).error();
  auto timer = decode_row<pending_timer>(row);
  if (!timer) return std::move(timer).error();
  return std::optional(timer->due);
}

result<std::uint64_t> outbox::timers() const {
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  return (*reading)->count(row_table::indexes);
}

result<void> outbox_writing::put(const delivery_key& key, const delivery& d) {
  return put_row(*txn_, row_of_delivery(key), d);
}

result<void> outbox_writing::erase(const delivery_key& key) {
  return txn_->erase(row_table::rows, as_bytes_view(row_of_delivery(key)));
}

result<void> outbox_writing::set_timer(const pending_timer& t) {
  const auto row = row_of_timer(t.stream, t.name);
  if (auto cancelled = cancel_key(row); !cancelled) return cancelled;
  if (auto put = put_row(*txn_, row, t); !put) return put;
  return txn_->put(row_table::indexes, as_bytes_view(entry_of_timer(t.due, row)),
                   as_bytes_view(row));
}

result<void> outbox_writing::cancel_key(std::string_view row) {
  bytes_view stored;
  auto there = txn_->get(row_table::rows, as_bytes_view(row), stored);
  if (!there) return std::move(there).error();
  if (!*there) return {};
  auto timer = decode_row<pending_timer>(stored);
  if (!timer) return std::move(timer).error();
  if (auto gone = txn_->erase(row_table::indexes, as_bytes_view(entry_of_timer(timer->due, row)));
      !gone)
    return gone;
  return txn_->erase(row_table::rows, as_bytes_view(row));
}

result<void> outbox_writing::cancel_timer(std::string_view stream, std::string_view name) {
  return cancel_key(row_of_timer(stream, name));
}

result<void> outbox_writing::cancel_timers(std::string_view stream) {
  const auto prefix = row_of_timers(stream);
  for (;;) {
    std::string row;
    {
      auto cursor = txn_->scan(row_table::rows);
      if (!cursor) return std::move(cursor).error();
      table_entry entry;
      auto found = (*cursor)->seek(as_bytes_view(prefix), entry);
      if (!found) return std::move(found).error();
      if (!*found || !as_text(entry.key).starts_with(prefix)) return {};
      row = as_text(entry.key);
    }
    if (auto cancelled = cancel_key(row); !cancelled) return cancelled;
  }
}

result<void> outbox_writing::take_due(time_point now, std::size_t limit,
                                      const std::function<result<void>(const pending_timer&)>& f) {
  for (std::size_t i = 0; i < limit; ++i) {
    std::string row;
    {
      auto cursor = txn_->scan(row_table::indexes);
      if (!cursor) return std::move(cursor).error();
      table_entry entry;
      auto found = (*cursor)->seek({}, entry);
      if (!found) return std::move(found).error();
      if (!*found) return {};
      row = as_text(entry.value);
    }
    bytes_view stored;
    auto there = txn_->get(row_table::rows, as_bytes_view(row), stored);
    if (!there) return std::move(there).error();
    auto timer = decode_row<pending_timer>(stored);
    if (!timer) return std::move(timer).error();
    timer->key.kind = delivery_kind::timer;
    if (timer->due > now) return {};
    if (auto cancelled = cancel_key(row); !cancelled) return cancelled;
    if (auto taken = f(*timer); !taken) return taken;
  }
  return {};
}

result<void> outbox_writing::set_checkpoint(position scanned) {
  return txn_->set_checkpoint(scanned.partition, scanned.number);
}

} // namespace acta::detail
