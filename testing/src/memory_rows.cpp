// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/testing/memory_rows.hpp>

#include <acta/core/assert.hpp>

#include <iterator>

namespace acta::testing {

namespace {

using table = memory_rows::table;

/// Finds its place by key each time, so that no write invalidates it.
class cursor final : public table_cursor {
public:
  explicit cursor(const table& entries) : entries_(entries) {}

  result<bool> seek(bytes_view key, table_entry& out) override {
    return show(entries_.lower_bound(as_text(key)), out);
  }
  result<bool> seek_before(bytes_view key, table_entry& out) override {
    return show_before(key.empty() ? entries_.end() : entries_.lower_bound(as_text(key)), out);
  }
  result<bool> next(table_entry& out) override { return show(entries_.upper_bound(at_), out); }
  result<bool> previous(table_entry& out) override {
    return show_before(entries_.lower_bound(at_), out);
  }

private:
  bool show(table::const_iterator at, table_entry& out) {
    if (at == entries_.end()) return false;
    at_ = at->first;
    out = {as_bytes_view(at->first), as_bytes_view(at->second)};
    return true;
  }
  bool show_before(table::const_iterator at, table_entry& out) {
    return at != entries_.begin() && show(std::prev(at), out);
  }

  const table& entries_;
  std::string at_;
};

void check_key(bytes_view key) { ACTA_ASSERT(!key.empty() && key.size() <= table_key_bytes_max); }

} // namespace

result<bool> memory_rows::get(row_table t, bytes_view key, bytes_view& value) {
  const auto& all = entries(t);
  const auto at = all.find(as_text(key));
  if (at == all.end()) return false;
  value = as_bytes_view(at->second);
  return true;
}

result<std::unique_ptr<table_cursor>> memory_rows::scan(row_table t) {
  return std::unique_ptr<table_cursor>(std::make_unique<cursor>(entries(t)));
}

result<std::uint64_t> memory_rows::count(row_table t) { return entries(t).size(); }

result<void> memory_rows::put(row_table t, bytes_view key, bytes_view value) {
  check_key(key);
  writable(t).insert_or_assign(std::string(as_text(key)), std::string(as_text(value)));
  return {};
}

result<void> memory_rows::erase(row_table t, bytes_view key) {
  check_key(key);
  auto& all = writable(t);
  if (const auto at = all.find(as_text(key)); at != all.end()) all.erase(at);
  return {};
}

} // namespace acta::testing
