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

row_session::held* row_session::find_held(std::string_view key) {
  if (last_ != nullptr && last_->first == key) return &last_->second;
  const auto at = rows_.find(key);
  if (at == rows_.end()) return nullptr;
  last_ = &*at;
  return &at->second;
}

result<row_session::held*> row_session::load(std::string_view key) {
  if (auto* known = find_held(key)) return known;
  if (auto ok = check_stream_id(key); !ok)
    return error(errc::invalid_argument,
                 "view '" + type_.name + "': row key: " + std::string(ok.error().detail()));
  last_ = &*rows_.try_emplace(std::string(key)).first;
  auto& h = last_->second;
  auto found = to_.get(row_table::rows, as_bytes_view(key), h.stored_bytes);
  if (!found) return std::move(found).error();
  h.stored = h.present = *found;
  bytes_ += held_bytes + key.size() + h.stored_bytes.size();
  h.row = type_.create();
  if (!*found) return &h;
  if (auto decoded = type_.decode(h.stored_bytes, h.row.get()); !decoded)
    return std::move(decoded).error();
  for (std::size_t i = 0; i < type_.indexes.size(); ++i) {
    bool in_it = false;
    auto entry = entry_of(i, h.row.get(), key, in_it);
    if (!entry) return std::move(entry).error();
    if (!in_it) continue;
    if (type_.indexes[i].unique) {
      h.unique.resize(type_.indexes.size());
      h.unique[i] = *entry;
    }
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

result<void> row_session::append_entries(const void* row, std::string_view key,
                                         std::vector<std::string>& out) const {
  for (std::size_t i = 0; i < type_.indexes.size(); ++i) {
    bool present = false;
    auto entry = entry_of(i, row, key, present);
    if (!entry) return std::move(entry).error();
    if (present) out.push_back(std::move(*entry));
  }
  return {};
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
  auto* h = find_held(key);
  ACTA_ASSERT(h != nullptr);
  h->present = h->dirty = true;
  return claim_unique(key, *h);
}

result<bool> row_session::remove(std::string_view key) {
  auto loaded = load(key);
  if (!loaded) return std::move(loaded).error();
  auto& h = **loaded;
  for (auto& entry : h.unique)
    if (!entry.empty()) owners_[entry].clear();
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
    h.unique.resize(type_.indexes.size());
    auto& held_now = h.unique[i];
    if (!held_now.empty()) {
      if (present && held_now == *entry) continue;
      owners_[held_now].clear();
      held_now.clear();
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
    held_now = std::move(*entry);
  }
  return {};
}

result<void> row_session::flush() {
  std::vector<std::pair<std::string_view, held*>> dirty;
  dirty.reserve(rows_.size());
  for (auto& [key, h] : rows_)
    if (h.dirty && (h.stored || h.present)) dirty.emplace_back(key, &h);
  std::ranges::sort(dirty, {}, [](const auto& one) { return one.first; });

  struct change {
    std::string_view key;
    std::size_t offset, size; ///< in `encoded`
  };
  byte_buffer encoded;
  std::vector<change> puts;
  puts.reserve(dirty.size());
  std::vector<std::string_view> gone;
  std::vector<std::pair<std::string, std::string_view>> new_entries;
  std::vector<std::string> old_entries;
  std::vector<std::string> entries;
  // Nothing is written before all rows were compared with what is stored.
  for (auto& [key, h] : dirty) {
    entries.clear();
    if (h->present) {
      const auto offset = encoded.size();
      if (auto made = type_.encode(h->row.get(), encoded); !made) return made;
      const auto row = encoded.view().subspan(offset);
      if (h->stored && std::ranges::equal(row, h->stored_bytes)) {
        encoded.truncate(offset);
        continue;
      }
      if (auto made = append_entries(h->row.get(), key, entries); !made) return made;
      puts.push_back({key, offset, row.size()});
    } else {
      gone.push_back(key);
    }
    ++rows_changed_;
    for (auto& entry : h->stored_keys)
      if (std::ranges::find(entries, entry) == entries.end())
        old_entries.push_back(std::move(entry));
    for (auto& entry : entries)
      if (std::ranges::find(h->stored_keys, entry) == h->stored_keys.end())
        new_entries.emplace_back(std::move(entry), key);
  }
  for (const auto key : gone)
    if (auto erased = to_.erase(row_table::rows, as_bytes_view(key)); !erased) return erased;
  // Erased first: within one session a unique value may pass from one row to another.
  std::ranges::sort(old_entries);
  for (const auto& entry : old_entries)
    if (auto erased = to_.erase(row_table::indexes, as_bytes_view(entry)); !erased) return erased;
  std::ranges::sort(new_entries);
  for (const auto& [entry, key] : new_entries)
    if (auto put = to_.put(row_table::indexes, as_bytes_view(entry), as_bytes_view(key)); !put)
      return put;
  for (const auto& one : puts)
    if (auto put = to_.put(row_table::rows, as_bytes_view(one.key),
                           encoded.view().subspan(one.offset, one.size));
        !put)
      return put;
  last_ = nullptr;
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
