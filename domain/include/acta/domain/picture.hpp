// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A picture: all views, frozen at one moment, and the typed way to their rows.
///
///   acta::result<page> answer(const acta::picture& p) const {
///     auto row = p.view<carts>().get(cart);
///     if (!row) return row.error();
///     …
///   }
#pragma once

#include <acta/core/ids.hpp>
#include <acta/domain/scan.hpp>
#include <acta/domain/view.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace acta {

/// One row with its key. Can be part of a query's reply, as a page can.
template <class Row> struct keyed_row {
  std::string key;
  Row row;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(key), CEREAL_NVP(row)); }
};

template <class Row> struct page {
  std::vector<keyed_row<Row>> rows;
  /// For scan_options::cursor; empty if there is nothing more.
  std::string next;
  template <class A> void serialize(A& ar) { ar(CEREAL_NVP(rows), CEREAL_NVP(next)); }
};

namespace detail {

/// Where a picture gets its rows from: a runtime's projections, or a test's memory.
class row_source {
public:
  virtual ~row_source() = default;
  using use_rows = std::function<result<void>(const view_type&, row_reader&)>;
  /// Calls `use` with the frozen rows of a view. @param type  null: whatever the name says.
  /// Errors: `unknown_view`, and those of the source.
  virtual result<void> with_rows(const std::type_info* type, std::string_view view,
                                 const use_rows& use) = 0;
  /// How far a view is in each partition, as frozen.
  virtual result<std::vector<position>> positions(std::string_view view) = 0;
};

error row_not_found(std::string_view view, std::string_view key);

template <class Row> result<Row> decode_row(const view_type& type, bytes_view bytes) {
  Row row{};
  if (auto decoded = type.decode(bytes, &row); !decoded) return std::move(decoded).error();
  return row;
}

} // namespace detail

/// The rows of one view in one picture. Valid as long as the picture. Threads: one at a time.
/// Errors of all members: `unknown_view`, `picture_expired`, `decode_failed`, `io`.
template <class V> class view_rows {
public:
  using row = row_of<V>;

  explicit view_rows(detail::row_source& source) noexcept : source_(&source) {}

  /// Errors: `not_found`.
  [[nodiscard]] result<row> get(std::string_view key) const {
    auto found = find(key);
    if (!found) return std::move(found).error();
    if (!*found) return detail::row_not_found(V::name, key);
    return std::move(**found);
  }
  /// The same, where no row is an answer too.
  [[nodiscard]] result<std::optional<row>> find(std::string_view key) const {
    result<std::optional<row>> found;
    auto used = use([&](const view_type& type, row_reader& rows) -> result<void> {
      // No row has such a key, and not every table could look for it.
      if (key.empty() || key.size() > row_key_bytes_max) return {};
      bytes_view bytes;
      auto there = rows.get(row_table::rows, as_bytes_view(key), bytes);
      if (!there) return std::move(there).error();
      if (!*there) return {};
      auto decoded = detail::decode_row<row>(type, bytes);
      if (!decoded) return std::move(decoded).error();
      found->emplace(std::move(*decoded));
      return {};
    });
    if (!used) return std::move(used).error();
    return found;
  }

  /// One page of a range. Errors: `unknown_index`, `invalid_argument`.
  [[nodiscard]] result<page<row>> scan(const scan_options& options = {}) const {
    page<row> found;
    auto next = walk(options, options.limit, [&](std::string_view key, row&& r) {
      found.rows.push_back({std::string(key), std::move(r)});
      return true;
    });
    if (!next) return std::move(next).error();
    found.next = std::move(*next);
    return found;
  }

  /// All rows of a range, in order, without pages: `f(key, row)`, which may return false to end it.
  template <class F> result<void> each(const scan_options& options, F&& f) const {
    auto next =
        walk(options, std::numeric_limits<std::size_t>::max(), [&](std::string_view key, row&& r) {
          if constexpr (std::convertible_to<std::invoke_result_t<F&, std::string_view, row>,
                                            bool>) {
            return bool(f(key, std::move(r)));
          } else {
            f(key, std::move(r));
            return true;
          }
        });
    if (!next) return std::move(next).error();
    return {};
  }

  /// Rows in a range; all of them without bounds, at no cost.
  [[nodiscard]] result<std::uint64_t> count(const scan_options& options = {}) const {
    std::uint64_t count = 0;
    auto used = use([&](const view_type& type, row_reader& rows) -> result<void> {
      auto plan = plan_scan(type, options);
      if (!plan) return std::move(plan).error();
      auto counted = count_rows(rows, *plan);
      if (!counted) return std::move(counted).error();
      count = *counted;
      return {};
    });
    if (!used) return std::move(used).error();
    return count;
  }

  /// How far the view is in each partition.
  [[nodiscard]] result<std::vector<position>> positions() const {
    return source_->positions(V::name);
  }

private:
  result<void> use(const detail::row_source::use_rows& f) const {
    return source_->with_rows(&typeid(V), V::name, f);
  }
  template <class F>
  result<std::string> walk(const scan_options& options, std::size_t limit, F f) const {
    std::string next;
    std::optional<error> failed;
    auto used = use([&](const view_type& type, row_reader& rows) -> result<void> {
      auto plan = plan_scan(type, options);
      if (!plan) return std::move(plan).error();
      auto scanned = scan_rows(rows, *plan, limit, [&](std::string_view key, bytes_view bytes) {
        auto r = detail::decode_row<row>(type, bytes);
        if (!r) {
          failed = std::move(r).error();
          return false;
        }
        return f(key, std::move(*r));
      });
      if (!scanned) return std::move(scanned).error();
      next = std::move(*scanned);
      return {};
    });
    if (!used) return std::move(used).error();
    if (failed) return std::move(*failed);
    return next;
  }

  detail::row_source* source_;
};

/// All views at one moment. Reads through it never block a writer, and always see the same rows.
/// It holds back the reuse of disk space, so it has an age limit (runtime_options), after which its
/// members answer `picture_expired`. Threads: one at a time.
class picture {
public:
  explicit picture(std::shared_ptr<detail::row_source> source) noexcept
      : source_(std::move(source)) {}

  template <class V> [[nodiscard]] view_rows<V> view() const {
    static_assert(detail::view_must_be_well_formed<V>::ok);
    return view_rows<V>(*source_);
  }
  [[nodiscard]] detail::row_source& source() const noexcept { return *source_; }

private:
  std::shared_ptr<detail::row_source> source_;
};

} // namespace acta
