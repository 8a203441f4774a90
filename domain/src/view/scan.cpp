// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/scan.hpp>

#include "columns.hpp"

#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>

namespace acta {

namespace {

/// @param where  the option, as a JSON pointer.
error bad_scan(std::string what, std::string where) {
  return error(errc::invalid_argument, std::move(what), std::move(where));
}

/// The first string after all that begin with `prefix`; empty if there is none.
std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

class bounds {
public:
  bounds(const view_type& view, const index_type* index) : view_(view), index_(index) {}

  /// The encoded leading columns. @param open  the last one is only a beginning.
  result<std::string> encode(std::string_view bound, const index_key& key, bool open) const {
    const auto columns = index_ == nullptr ? 1 : index_->columns.size();
    const auto say = [&](const std::string& what) {
      return bad_scan(std::string(bound) + " of " + name() + ": " + what, '/' + std::string(bound));
    };
    const auto& values = key.values();
    if (values.empty() || values.size() > columns)
      return say("it has " + std::to_string(values.size()) + " values, expected 1 to " +
                 std::to_string(columns));
    const auto kind = [&](std::size_t i) {
      return index_ == nullptr ? column_kind::text : index_->columns[i];
    };
    std::string out;
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto value = convert_column(values[i], kind(i));
      if (!value)
        return say("value " + std::to_string(i + 1) + ": " + std::string(value.error().detail()));
      // No row's key is longer, so what follows cannot matter; a table's key could not hold it.
      if (index_ == nullptr) return std::get<std::string>(*value).substr(0, row_key_bytes_max + 1);
      append_column(*value, out);
    }
    if (open) {
      if (kind(values.size() - 1) != column_kind::text)
        return say("only text can be looked for by its beginning");
      out.resize(out.size() - 2); // the end of the text
    }
    return out;
  }

  /// The first string after all entries that agree with an encoded key.
  [[nodiscard]] std::string after(std::string encoded) const {
    if (index_ != nullptr) return after_prefix(std::move(encoded));
    return encoded += '\0'; // a whole key
  }

  [[nodiscard]] std::string name() const {
    return index_ == nullptr ? "the keys of view '" + view_.name + "'"
                             : "index '" + index_->name + "'";
  }

private:
  const view_type& view_;
  const index_type* index_;
};

constexpr char hex_digits[] = "0123456789abcdef";

/// Of which scans a cursor is.
std::uint64_t mark_of(const scan_plan& plan) {
  auto text = plan.view->name + '\0';
  if (plan.index != nullptr) text += plan.index->name;
  text += '\0';
  text += plan.reverse ? '-' : '+';
  return fingerprint_of(text);
}

/// The mark and the last key, in hexadecimal: opaque to callers and safe in a URL.
std::string write_cursor(const scan_plan& plan, std::string_view last) {
  std::byte mark[sizeof(std::uint64_t)];
  store_le(mark, mark_of(plan));
  std::string raw(as_text(mark));
  raw += last;
  std::string text;
  text.reserve(raw.size() * 2);
  for (const unsigned char c : raw) {
    text += hex_digits[c >> 4];
    text += hex_digits[c & 15];
  }
  return text;
}

result<std::string> read_cursor(const scan_plan& plan, std::string_view text) {
  const auto refused = [] {
    return bad_scan(
        "the cursor is not one of a scan of this view, by this index, in this direction",
        "/cursor");
  };
  constexpr auto mark_bytes = sizeof(std::uint64_t);
  if (text.size() % 2 != 0 || text.size() / 2 <= mark_bytes ||
      text.size() / 2 > mark_bytes + table_key_bytes_max)
    return refused();
  std::string raw;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = std::string_view(hex_digits).find(text[i]);
    const auto low = std::string_view(hex_digits).find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return refused();
    raw += static_cast<char>(high << 4 | low);
  }
  if (load_le<std::uint64_t>(as_bytes_view(raw).data()) != mark_of(plan)) return refused();
  return raw.substr(mark_bytes);
}

row_table table_of(const scan_plan& plan) {
  return plan.index != nullptr ? row_table::indexes : row_table::rows;
}

/// Steps through the entries of a plan.
class steps {
public:
  steps(table_cursor& cursor, const scan_plan& plan) : cursor_(cursor), plan_(plan) {}

  result<bool> first(table_entry& entry) {
    auto found = plan_.reverse ? cursor_.seek_before(as_bytes_view(plan_.high), entry)
                               : cursor_.seek(as_bytes_view(plan_.low), entry);
    return within(std::move(found), entry);
  }
  result<bool> next(table_entry& entry) {
    return within(plan_.reverse ? cursor_.previous(entry) : cursor_.next(entry), entry);
  }

private:
  result<bool> within(result<bool> found, const table_entry& entry) const {
    if (!found || !*found) return found;
    const auto key = as_text(entry.key);
    if (plan_.reverse) return key >= plan_.low;
    return plan_.high.empty() || key < plan_.high;
  }

  table_cursor& cursor_;
  const scan_plan& plan_;
};

/// Whether the columns of a row, in full, are within bounds that no entry could hold.
class whole_bounds {
public:
  explicit whole_bounds(const scan_plan& plan) : plan_(plan), row_(plan.view->create()) {}

  result<bool> hold(bytes_view row) {
    if (auto decoded = plan_.view->decode(row, row_.get()); !decoded)
      return std::move(decoded).error();
    std::string columns;
    auto present = append_columns(*plan_.view, *plan_.index, row_.get(), columns);
    if (!present) return std::move(present).error();
    return columns >= plan_.whole_low && (plan_.whole_high.empty() || columns < plan_.whole_high);
  }

private:
  const scan_plan& plan_;
  erased_row row_;
};

/// Walks the entries of a plan with their rows: `f(entry, row)`, false ends. Rows are read if
/// `with_rows` or if they must be looked at to know.
template <class F>
result<void> walk(row_reader& rows, const scan_plan& plan, bool with_rows, F&& f) {
  auto cursor = rows.scan(table_of(plan));
  if (!cursor) return std::move(cursor).error();
  steps step(**cursor, plan);
  std::optional<whole_bounds> whole;
  if (plan.compare_whole) whole.emplace(plan);
  table_entry entry;
  auto found = step.first(entry);
  for (; found && *found; found = step.next(entry)) {
    auto row = entry.value;
    if (plan.index != nullptr && (with_rows || whole)) {
      auto there = rows.get(row_table::rows, entry.value, row);
      if (!there) return std::move(there).error();
      if (!*there)
        return error(domain_errc::damaged_view, "view '" + plan.view->name + "': index '" +
                                                    plan.index->name + "' names row '" +
                                                    std::string(as_text(entry.value)) +
                                                    "', which is not there");
    }
    if (whole) {
      auto within = whole->hold(row);
      if (!within) return std::move(within).error();
      if (!*within) continue;
    }
    if (!f(entry, row)) return {};
  }
  if (!found) return std::move(found).error();
  return {};
}

} // namespace

result<scan_plan> plan_scan(const view_type& type, const scan_options& options) {
  scan_plan plan;
  plan.view = &type;
  plan.reverse = options.reverse;
  std::string base;
  if (!options.index.empty()) {
    plan.index = type.find_index(options.index);
    if (plan.index == nullptr)
      return error(domain_errc::unknown_index,
                   "view '" + type.name + "' has no index '" + options.index + "'");
    base.assign(1, static_cast<char>(plan.index - type.indexes.data()));
  }
  if (options.limit == 0 || options.limit > scan_limit_max)
    return bad_scan("limit is " + std::to_string(options.limit) + ", expected 1 to " +
                        std::to_string(scan_limit_max),
                    "/limit");
  if ((options.equal && (options.from || options.to || options.prefix)) ||
      (options.prefix && (options.from || options.to)))
    return bad_scan("give either equal, or prefix, or from and to",
                    options.equal ? "/equal" : "/prefix");

  const bounds b(type, plan.index);
  plan.low = base;
  plan.high = after_prefix(base);
  const auto set = [&](std::string_view name, const std::optional<index_key>& key, bool open,
                       bool is_low, bool is_high) -> result<void> {
    if (!key) return {};
    auto encoded = b.encode(name, *key, open);
    if (!encoded) return std::move(encoded).error();
    if (plan.index != nullptr && encoded->size() > index_exact_bytes) {
      plan.compare_whole = true;
      if (is_high) plan.whole_high = b.after(*encoded);
      if (is_low) plan.whole_low = *encoded;
      encoded->resize(index_exact_bytes);
    }
    auto bound = base + *encoded;
    if (is_high) plan.high = open ? after_prefix(bound) : b.after(bound);
    if (is_low) plan.low = std::move(bound);
    return {};
  };
  if (auto ok = set("equal", options.equal, false, true, true); !ok) return std::move(ok).error();
  if (auto ok = set("prefix", options.prefix, true, true, true); !ok) return std::move(ok).error();
  if (auto ok = set("from", options.from, false, true, false); !ok) return std::move(ok).error();
  if (auto ok = set("to", options.to, false, false, true); !ok) return std::move(ok).error();

  if (!options.cursor.empty()) {
    auto last = read_cursor(plan, options.cursor);
    if (!last) return std::move(last).error();
    if (*last < plan.low || (!plan.high.empty() && *last >= plan.high))
      return bad_scan("the cursor lies outside of the range", "/cursor");
    if (plan.reverse)
      plan.high = std::move(*last);
    else
      (plan.low = std::move(*last)) += '\0';
  }
  return plan;
}

result<std::string> scan_rows(row_reader& rows, const scan_plan& plan, std::size_t limit,
                              const row_visitor& visit) {
  std::string last, next;
  std::size_t count = 0;
  auto walked = walk(rows, plan, true, [&](const table_entry& entry, bytes_view row) {
    if (count++ == limit) {
      next = write_cursor(plan, last);
      return false;
    }
    last = as_text(entry.key);
    if (visit(as_text(plan.index != nullptr ? entry.value : entry.key), row)) return true;
    next = write_cursor(plan, last);
    return false;
  });
  if (!walked) return std::move(walked).error();
  return next;
}

result<std::uint64_t> count_rows(row_reader& rows, const scan_plan& plan) {
  if (plan.index == nullptr && plan.low.empty() && plan.high.empty())
    return rows.count(row_table::rows);
  std::uint64_t count = 0;
  auto walked = walk(rows, plan, false, [&](const table_entry&, bytes_view) {
    ++count;
    return true;
  });
  if (!walked) return std::move(walked).error();
  return count;
}

} // namespace acta
