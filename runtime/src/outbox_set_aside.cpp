// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
// The rows of the outbox that are set aside, as an operator sees them.
#include "outbox.hpp"

#include "process_limits.hpp"

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/process.hpp>

namespace acta::detail {

namespace {

std::string id_of_row(std::string_view row) {
  std::string id;
  for (const char c : row) {
    id.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
    id.push_back("0123456789abcdef"[static_cast<unsigned char>(c) & 15]);
  }
  return id;
}

/// With the mark of rows that are set aside before it.
result<std::string> row_of_id(std::string_view id) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  if (id.empty() || id.size() % 2 != 0 || id.size() > 2 * row_bytes_max ||
      id.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return error(errc::invalid_argument, "no record has the id '" + std::string(id) + "'");
  std::string row(1, row_set_aside);
  for (std::size_t i = 0; i < id.size(); i += 2)
    row.push_back(static_cast<char>(digit(id[i]) * 16 + digit(id[i + 1])));
  return row;
}

std::string_view kind_of(const delivery_key& key, std::string_view command) {
  switch (key.kind) {
  case delivery_kind::command:
    return "command";
  case delivery_kind::rejection:
    return "rejection";
  case delivery_kind::timer:
    return "timer";
  case delivery_kind::event:
    return command == damaged_commit ? "damaged_commit" : "step";
  default:
    return "event";
  }
}

/// @param row  without the mark
set_aside_record record_of(std::string_view row, bytes_view value) {
  set_aside_record r;
  r.id = id_of_row(row);
  outbox::stored stored;
  stored.value = value;
  if (!read_delivery_row(row, stored)) { // else of a timer: stream, 0, name
    r.kind = "timer";
    r.target = r.process = row.substr(1, row.find('\0') - 1);
    r.reason = "it cannot be read";
    return r;
  }
  r.from = stored.key.from;
  r.target = r.process = stored.target;
  const auto d = stored.decode();
  if (!d) {
    r.kind = kind_of(stored.key, {});
    r.reason = "it cannot be read: " + d.error().to_string();
    return r;
  }
  r.kind = kind_of(stored.key, d->command);
  r.command = d->command;
  const auto text_of = [&](std::string_view name) {
    const auto found = d->attributes.find(std::string(name));
    return found == d->attributes.end() ? std::string() : found->second;
  };
  r.reason = text_of(set_aside_attribute);
  if (auto sender = text_of(process_attribute); !sender.empty()) r.process = std::move(sender);
  return r;
}

} // namespace

result<std::vector<set_aside_record>> outbox::set_aside(std::size_t limit,
                                                        std::string_view after) const {
  std::string from(1, row_set_aside);
  if (!after.empty()) {
    auto row = row_of_id(after);
    if (!row) return std::move(row).error();
    from = std::move(*row);
  }
  auto reading = store_->read();
  if (!reading) return std::move(reading).error();
  auto cursor = (*reading)->scan(row_table::rows);
  if (!cursor) return std::move(cursor).error();
  std::vector<set_aside_record> all;
  table_entry entry;
  auto found = (*cursor)->seek(as_bytes_view(from), entry);
  for (; found && *found && all.size() < limit; found = (*cursor)->next(entry)) {
    const auto row = as_text(entry.key);
    if (row[0] != row_set_aside) break;
    if (row.size() > 1 && row != from) all.push_back(record_of(row.substr(1), entry.value));
  }
  if (!found) return std::move(found).error();
  return all;
}

result<bool> outbox::drop_set_aside(std::string_view id) {
  auto row = row_of_id(id);
  if (!row) return std::move(row).error();
  auto txn = store_->write();
  if (!txn) return std::move(txn).error();
  bytes_view value;
  auto there = (*txn)->get(row_table::rows, as_bytes_view(*row), value);
  if (!there || !*there) return there;
  if (auto gone = (*txn)->erase(row_table::rows, as_bytes_view(*row)); !gone)
    return std::move(gone).error();
  if (auto done = (*txn)->commit(false); !done) return std::move(done).error();
  return true;
}

} // namespace acta::detail
