// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/row_session.hpp>

#include "columns.hpp"

#include <acta/core/assert.hpp>
#include <acta/domain/errc.hpp>

#include <algorithm>

namespace acta {

namespace {

/// What a held row costs besides its bytes, about.
constexpr std::size_t held_bytes = 256;

} // namespace

result<bool> append_columns(const view_type& view, const index_type& index, const void* row,
                            std::string& out) {
  try {
    return index.append_key(row, out);
  } catch (...) {
    return error(domain_errc::evolve_threw, "view '" + view.name + "': index '" + index.name +
                                                "': " + detail::describe_exception());
  }
}

result<row_session::held*> row_session::load(std::string_view key) {
  if (const auto at = rows_.find(std::string(key)); at != rows_.end()) return &at->second;
  if (auto ok = check_stream_id(key); !ok)
    return error(errc::invalid_argument,
                 "view '" + type_.name + "': row key: " + std::string(ok.error().detail()));
  auto& h = rows_[std::string(key)];
  bytes_view stored;
  auto found = to_.get(row_table::rows, as_bytes_view(key), stored);
  if (!found) return std::move(found).error();
  h.stored = h.present = *found;
  bytes_ += held_bytes + key.size() + 2 * stored.size();
  h.row = type_.create();
  if (!*found) return &h;
  h.stored_bytes.append(stored);
  if (auto decoded = type_.decode(h.stored_bytes, h.row.get()); !decoded)
    return std::move(decoded).error();
  for (std::size_t i = 0; i < type_.indexes.size(); ++i) {
    bool in_it = false;
    auto entry = entry_of(i, h.row.get(), key, in_it);
    if (!entry) return std::move(entry).error();
    if (!in_it) continue;
    if (type_.indexes[i].unique) h.unique[i] = *entry;
    h.stored_keys.push_back(std::move(*entry));
  }
  return &h;
}

result<std::string> row_session::entry_of(std::size_t index, const void* row, std::string_view key,
                                          bool& present) const {
  const auto& type = type_.indexes[index];
  std::string columns;
  auto appended = append_columns(type_, type, row, columns);
  if (!appended) return std::move(appended).error();
  present = *appended;
  close_index_key(columns);
  std::string entry(1, static_cast<char>(index));
  entry += columns;
  if (!type.unique) entry += key;
  return entry;
}

result<std::vector<std::string>> row_session::entries_of(const void* row,
                                                         std::string_view key) const {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < type_.indexes.size(); ++i) {
    bool present = false;
    auto entry = entry_of(i, row, key, present);
    if (!entry) return std::move(entry).error();
    if (present) all.push_back(std::move(*entry));
  }
  return all;
}

result<const void*> row_session::find(std::string_view key) {
  auto h = load(key);
  if (!h) return std::move(h).error();
  return static_cast<const void*>((*h)->present ? (*h)->row.get() : nullptr);
}

result<void*> row_session::open(std::string_view key) {
  auto h = load(key);
  if (!h) return std::move(h).error();
  return (*h)->row.get();
}

result<void> row_session::changed(std::string_view key) {
  const auto at = rows_.find(std::string(key));
  ACTA_ASSERT(at != rows_.end());
  auto& h = at->second;
  h.present = h.dirty = true;
  return claim_unique(key, h);
}

result<bool> row_session::remove(std::string_view key) {
  auto loaded = load(key);
  if (!loaded) return std::move(loaded).error();
  auto& h = **loaded;
  for (const auto& [index, entry] : h.unique) owners_[entry].clear();
  h.unique.clear();
  h.row = type_.create(); // an event that comes after begins anew
  h.dirty = true;
  return std::exchange(h.present, false);
}

result<void> row_session::claim_unique(std::string_view key, held& h) {
  for (std::size_t i = 0; i < type_.indexes.size(); ++i) {
    if (!type_.indexes[i].unique) continue;
    bool present = false;
    auto entry = entry_of(i, h.row.get(), key, present);
    if (!entry) return std::move(entry).error();
    const auto held_now = h.unique.find(i);
    if (held_now != h.unique.end()) {
      if (present && held_now->second == *entry) continue;
      owners_[held_now->second].clear();
      h.unique.erase(held_now);
    }
    if (!present) continue;
    auto owner = owners_.find(*entry);
    if (owner == owners_.end()) {
      bytes_view stored;
      auto found = to_.get(row_table::indexes, as_bytes_view(*entry), stored);
      if (!found) return std::move(found).error();
      owner = owners_.emplace(*entry, *found ? std::string(as_text(stored)) : std::string()).first;
    }
    if (!owner->second.empty() && owner->second != key)
      return error(domain_errc::unique_violation,
                   "view '" + type_.name + "': index '" + type_.indexes[i].name +
                       "' is unique, and row '" + owner->second + "' has the value that row '" +
                       std::string(key) + "' is to get");
    owner->second = key;
    h.unique[i] = std::move(*entry);
  }
  return {};
}

result<void> row_session::flush() {
  std::vector<std::pair<std::string_view, held*>> dirty;
  for (auto& [key, h] : rows_)
    if (h.dirty && (h.stored || h.present)) dirty.emplace_back(key, &h);
  std::ranges::sort(dirty, {}, [](const auto& one) { return one.first; });

  struct change {
    std::string_view key;
    byte_buffer row;
  };
  std::vector<change> puts;
  std::vector<std::pair<std::string, std::string_view>> new_entries;
  std::vector<std::string> old_entries;
  for (auto& [key, h] : dirty) {
    byte_buffer row;
    std::vector<std::string> entries;
    if (h->present) {
      if (auto encoded = type_.encode(h->row.get(), row); !encoded) return encoded;
      if (h->stored && std::ranges::equal(row.view(), h->stored_bytes.view())) continue;
      auto made = entries_of(h->row.get(), key);
      if (!made) return std::move(made).error();
      entries = std::move(*made);
    }
    ++rows_changed_;
    for (auto& entry : entries)
      if (std::ranges::find(h->stored_keys, entry) == h->stored_keys.end())
        new_entries.emplace_back(entry, key);
    for (auto& entry : h->stored_keys)
      if (std::ranges::find(entries, entry) == entries.end())
        old_entries.push_back(std::move(entry));
    if (h->present)
      puts.push_back({key, std::move(row)});
    else if (auto erased = to_.erase(row_table::rows, as_bytes_view(key)); !erased)
      return erased;
  }
  // Erased first: within one session a unique value may pass from one row to another.
  std::ranges::sort(old_entries);
  for (const auto& entry : old_entries)
    if (auto erased = to_.erase(row_table::indexes, as_bytes_view(entry)); !erased) return erased;
  std::ranges::sort(new_entries);
  for (const auto& [entry, key] : new_entries)
    if (auto put = to_.put(row_table::indexes, as_bytes_view(entry), as_bytes_view(key)); !put)
      return put;
  for (const auto& one : puts)
    if (auto put = to_.put(row_table::rows, as_bytes_view(one.key), one.row); !put) return put;
  rows_.clear();
  owners_.clear();
  bytes_ = 0;
  return {};
}

result<row_reader*> row_session::flushed() {
  if (auto written = flush(); !written) return std::move(written).error();
  return static_cast<row_reader*>(&to_);
}

} // namespace acta
