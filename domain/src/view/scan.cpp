// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/scan.hpp>

#include <acta/domain/errc.hpp>

#include <algorithm>

namespace acta {

namespace {

error bad_scan(std::string what) { return error(errc::invalid_argument, std::move(what)); }

/// The first string after all that begin with `prefix`; empty if there is none.
std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

/// Cut as close_index_key() cuts entries, so that a long bound still finds what it names.
std::string cut(std::string encoded) {
  constexpr auto kept = index_bytes_max - sizeof(std::uint64_t);
  if (encoded.size() > index_bytes_max) encoded.resize(kept);
  return encoded;
}

class bounds {
public:
  bounds(const view_type& view, const index_type* index) : view_(view), index_(index) {}

  /// The encoded leading columns. @param open  the last one is only a beginning.
  result<std::string> encode(std::string_view bound, const index_key& key, bool open) const {
    const auto columns = index_ == nullptr ? 1 : index_->columns.size();
    const auto say = [&](const std::string& what) {
      return bad_scan(std::string(bound) + " of " + name() + ": " + what);
    };
    const auto& values = key.values();
    if (values.empty() || values.size() > columns)
      return say("it has " + std::to_string(values.size()) + " values, expected 1 to " +
                 std::to_string(columns));
    std::string out;
    if (index_ == nullptr) {
      const auto* text = std::get_if<std::string>(&values[0]);
      if (text == nullptr) return say("a row's key is text");
      return *text;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto value = convert_column(values[i], index_->columns[i]);
      if (!value)
        return say("value " + std::to_string(i + 1) + ": " + std::string(value.error().detail()));
      append_column(*value, out);
    }
    if (open) {
      if (index_->columns[values.size() - 1] != column_kind::text)
        return say("only text can be looked for by its beginning");
      out.resize(out.size() - 2); // the end of the text
    }
    return cut(std::move(out));
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

/// `index name, 0, direction, last key`, in hexadecimal: opaque to callers and safe in a URL.
std::string write_cursor(const scan_plan& plan, std::string_view last) {
  std::string raw = plan.index != nullptr ? plan.index->name : std::string();
  raw += '\0';
  raw += plan.reverse ? '-' : '+';
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
    return bad_scan("the cursor is not one of a scan with this index and direction");
  };
  if (text.size() % 2 != 0) return refused();
  std::string raw;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = std::string_view(hex_digits).find(text[i]);
    const auto low = std::string_view(hex_digits).find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos || high > 15 || low > 15)
      return refused();
    raw += static_cast<char>(high << 4 | low);
  }
  std::string head = plan.index != nullptr ? plan.index->name : std::string();
  head += '\0';
  head += plan.reverse ? '-' : '+';
  if (!raw.starts_with(head) || raw.size() == head.size()) return refused();
  return raw.substr(head.size());
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

} // namespace

const index_type* view_type::find_index(std::string_view index) const noexcept {
  const auto at = std::ranges::find(indexes, index, &index_type::name);
  return at == indexes.end() ? nullptr : &*at;
}

std::string_view event_context::id() const noexcept {
  const std::string_view stream = metadata_.stream;
  return stream.substr(stream.find('/') + 1);
}

result<scan_plan> plan_scan(const view_type& type, const scan_options& options) {
  scan_plan plan;
  plan.reverse = options.reverse;
  std::string base;
  if (!options.index.empty()) {
    plan.index = type.find_index(options.index);
    if (plan.index == nullptr)
      return error(domain_errc::unknown_index,
                   "view '" + type.name + "' has no index '" + options.index + "'");
    base.assign(1, static_cast<char>(plan.index - type.indexes.data()));
    plan.skip = base.size();
  }
  if (options.limit == 0 || options.limit > scan_limit_max)
    return bad_scan("limit is " + std::to_string(options.limit) + ", expected 1 to " +
                    std::to_string(scan_limit_max));
  if ((options.equal && (options.from || options.to || options.prefix)) ||
      (options.prefix && (options.from || options.to)))
    return bad_scan("give either equal, or prefix, or from and to");

  const bounds b(type, plan.index);
  plan.low = base;
  plan.high = after_prefix(base);
  const auto set = [&](std::string_view name, const std::optional<index_key>& key, bool open,
                       bool is_low, bool is_high) -> result<void> {
    if (!key) return {};
    auto encoded = b.encode(name, *key, open);
    if (!encoded) return std::move(encoded).error();
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
      return bad_scan("the cursor lies outside of the range");
    if (plan.reverse)
      plan.high = std::move(*last);
    else
      (plan.low = std::move(*last)) += '\0';
  }
  return plan;
}

result<std::string> scan_rows(row_reader& rows, const scan_plan& plan, std::size_t limit,
                              const row_visitor& visit) {
  auto cursor = rows.scan(table_of(plan));
  if (!cursor) return std::move(cursor).error();
  steps step(**cursor, plan);
  table_entry entry;
  std::string last;
  auto found = step.first(entry);
  for (std::size_t count = 0; found && *found; ++count, found = step.next(entry)) {
    if (count == limit) return write_cursor(plan, last);
    last = as_text(entry.key);
    auto row = entry.value;
    std::string_view key = last;
    std::string row_key;
    if (plan.index != nullptr) {
      key = row_key = as_text(entry.value);
      auto there = rows.get(row_table::rows, entry.value, row);
      if (!there) return std::move(there).error();
      if (!*there)
        return error(domain_errc::damaged_view, "index '" + plan.index->name + "' names row '" +
                                                    row_key + "', which is not there");
    }
    if (!visit(key, row)) return std::string();
  }
  if (!found) return std::move(found).error();
  return std::string();
}

result<std::uint64_t> count_rows(row_reader& rows, const scan_plan& plan) {
  if (plan.index == nullptr && plan.low.empty() && plan.high.empty())
    return rows.count(row_table::rows);
  auto cursor = rows.scan(table_of(plan));
  if (!cursor) return std::move(cursor).error();
  steps step(**cursor, plan);
  table_entry entry;
  std::uint64_t count = 0;
  auto found = step.first(entry);
  for (; found && *found; found = step.next(entry)) ++count;
  if (!found) return std::move(found).error();
  return count;
}

} // namespace acta
