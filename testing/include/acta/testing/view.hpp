// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Given events, then rows; given events, when a query, then a reply: tests of views and queries
/// without disk, threads or runtime.
///
///   acta::given<balance>(opened{"ada"}, credited{50}).then({.owner = "ada", .cents = 50});
///   acta::given<balance>()
///       .in("account/1").happened(opened{"ada"}).in("account/2").happened(opened{"bob"})
///       .then_rows({{"1", {.owner = "ada"}}, {"2", {.owner = "bob"}}})
///       .then_index("by_owner", acta::key("bob"), {"2"});
///
/// Besides what a test says it expects, every test proves what the runtime relies on:
///
/// - events and rows, requests and replies are the same after the way through the binary and the
///   JSON codec;
/// - rows and index entries are the same whether events are folded one at a time or all at once,
///   again from the first event, and while replaying;
/// - a view takes each event: nothing throws, no key is bad, no unique value is there twice;
/// - an index is made of nothing but what is stored of a row;
/// - answer throws nothing, and gives the same reply to the same request again;
/// - the durable names are sound.
///
/// Cost: all events are folded anew by each happened().
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/time.hpp>
#include <acta/domain/index.hpp>
#include <acta/domain/metadata.hpp>
#include <acta/domain/picture.hpp>
#include <acta/domain/view.hpp>
#include <acta/testing/expectation.hpp>
#include <acta/testing/memory_rows.hpp>
#include <acta/testing/recording.hpp>
#include <acta/testing/round_trip.hpp>
#include <acta/testing/scenario.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace acta::testing {

namespace detail {

/// A view as the kit folds it.
struct tested_view {
  std::shared_ptr<const view_type> type;
  /// Both ways of a row, as it is in memory, through its codecs.
  void (*round_trip)(const void* row, const report& so_far) = nullptr;
  std::shared_ptr<memory_rows> rows;

  template <class V> static tested_view of() {
    return {std::make_shared<const view_type>(make_view_type<V>()),
            [](const void* row, const report& so_far) {
              const auto& typed = *static_cast<const row_of<V>*>(row);
              (void)through_binary(typed, so_far);
              (void)through_json(typed, so_far);
            },
            nullptr};
  }

  void check_names(const report& so_far) const;
  /// Sets the rows from the past, and proves that no other way of folding would make them others.
  void fold(const std::vector<recorded>& past, const report& so_far);
  [[nodiscard]] std::vector<std::string> show_rows() const;
  /// Keys of the rows within, in order; throws `failure` if the scan makes no sense.
  [[nodiscard]] std::vector<std::string> scan(const scan_options& options,
                                              const report& so_far) const;
};

/// The rows of some views in one picture.
class tested_picture final : public acta::detail::row_source {
public:
  tested_picture(std::vector<tested_view> views, std::uint64_t events)
      : views_(std::move(views)), events_(events) {}

  result<void> with_rows(const std::type_info* type, std::string_view view,
                         const use_rows& use) override;
  result<std::vector<position>> positions(std::string_view view) override;
  /// A view that was asked for and is not there; empty if there was none.
  [[nodiscard]] const std::string& missing() const noexcept { return missing_; }

private:
  const tested_view* find(std::string_view view);

  std::vector<tested_view> views_;
  std::uint64_t events_;
  std::string missing_;
};

} // namespace detail

template <class Q, class Scenario> class query_outcome;

/// What some views made of a past, and the surroundings of what happens next: see recording for
/// `in`, `at`, `by` and `happened`. A value: one can be kept and asked several times.
template <class Scenario, class Events>
class [[nodiscard]] view_scenario : public recording<Scenario, Events> {
public:
  /// Lets the query answer over these views. Throws `failure` if anything but the reply itself is
  /// not as it must be.
  template <class Q>
  query_outcome<Q, Scenario> when(const Q& query,
                                  source_place where = source_place::current()) const;

protected:
  explicit view_scenario(std::vector<detail::tested_view> views) : views_(std::move(views)) {
    for (const auto& v : views_) v.check_names(background());
    fold();
  }

  /// What every report starts with.
  [[nodiscard]] report background() const {
    report text;
    for (const auto& v : views_) text.line("view", v.type->name);
    return text.list("given", this->show_past());
  }

  std::vector<detail::tested_view> views_;

private:
  friend class recording<Scenario, Events>;
  void fold() {
    const auto so_far = background();
    for (auto& v : views_) v.fold(this->past_, so_far);
  }
};

/// One view. Each `then` throws `failure` if it is not so; they can be chained.
template <class V>
class [[nodiscard]] scenario<V, tested::view>
    : public view_scenario<scenario<V>, typename V::events> {
  static_assert(acta::detail::view_must_be_well_formed<V>::ok);
  using base = view_scenario<scenario<V>, typename V::events>;

public:
  using row = row_of<V>;
  using where_t = source_place;

  /// @param past  events of the stream `stream/1`, or ranges of them; in this order.
  template <class... Past> static scenario given(Past&&... past) {
    return scenario().happened(std::forward<Past>(past)...);
  }

  /// @param stored  what the aggregates `As` have stored in any release. See acta::given_stored.
  template <class... As> static scenario given_stored(const std::vector<stored_event>& stored) {
    return scenario().template happened_stored<As...>(stored);
  }

  /// There is one row, whatever its key, and it is `expected`: a row; or a function that takes the
  /// row, and checks it with the means of the test framework or returns whether it is as it must
  /// be.
  const scenario& then(const row& expected, where_t where = where_t::current()) const {
    return only_row_is(expected, where);
  }
  template <detail::looks_at<row> F>
  const scenario& then(const F& expected, where_t where = where_t::current()) const {
    return only_row_is(expected, where);
  }
  /// The row under `key` is as with then(); there may be others.
  const scenario& then_row(std::string_view key, const row& expected,
                           where_t where = where_t::current()) const {
    return row_is(key, expected, where);
  }
  template <detail::looks_at<row> F>
  const scenario& then_row(std::string_view key, const F& expected,
                           where_t where = where_t::current()) const {
    return row_is(key, expected, where);
  }
  const scenario& then_no_row(std::string_view key, where_t where = where_t::current()) const;
  /// Exactly these rows, in any order.
  const scenario& then_rows(const std::vector<keyed_row<row>>& expected,
                            where_t where = where_t::current()) const;
  /// No rows at all.
  const scenario& then_nothing(where_t where = where_t::current()) const {
    return then_rows({}, where);
  }
  /// A scan of `index` for what equals `columns`, or begins with them if they are fewer than the
  /// index has, gives the rows under these keys, in this order.
  const scenario& then_index(std::string_view index, const index_key& columns,
                             const std::vector<std::string>& keys,
                             where_t where = where_t::current()) const;

private:
  scenario() : base({detail::tested_view::of<V>()}) {}

  template <class Expected> const scenario& only_row_is(const Expected&, where_t) const;
  template <class Expected>
  const scenario& row_is(std::string_view, const Expected&, where_t) const;
  [[nodiscard]] const detail::tested_view& view() const { return this->views_.front(); }
  /// Pre: there is one.
  [[nodiscard]] row decode(std::string_view stored, const report& so_far) const;
};

/// Several views, for the queries over them: see acta::given_views.
template <acta::detail::is_view... Vs>
class [[nodiscard]] scenario_of_views
    : public view_scenario<scenario_of_views<Vs...>, detail::all_of<typename Vs::events...>> {
  static_assert((acta::detail::view_must_be_well_formed<Vs>::ok && ...));
  using base = view_scenario<scenario_of_views<Vs...>, detail::all_of<typename Vs::events...>>;

public:
  /// As scenario::given, with events of any of the views.
  template <class... Past> static scenario_of_views given(Past&&... past) {
    return scenario_of_views().happened(std::forward<Past>(past)...);
  }

private:
  scenario_of_views() : base({detail::tested_view::of<Vs>()...}) {}
};

// What follows only does what stands above.

template <class V>
row_of<V> scenario<V, tested::view>::decode(std::string_view stored, const report& so_far) const {
  row found{};
  if (auto decoded = decode_binary(as_bytes_view(stored), found); !decoded)
    report(so_far)
        .line("error", decoded.error().to_string())
        .fail(promise::binary_round_trip, "a row cannot be read again");
  return found;
}

template <class V>
template <class Expected>
const scenario<V, tested::view>& scenario<V, tested::view>::only_row_is(const Expected& expected,
                                                                        where_t where) const {
  const auto& rows = view().rows->entries(row_table::rows);
  if (rows.size() != 1)
    this->background()
        .list("rows", view().show_rows())
        .at(where)
        .fail(promise::expected_rows,
              "one row was expected, there are " + std::to_string(rows.size()));
  return row_is(rows.begin()->first, expected, where);
}

template <class V>
template <class Expected>
const scenario<V, tested::view>& scenario<V, tested::view>::row_is(std::string_view key,
                                                                   const Expected& expected,
                                                                   where_t where) const {
  const auto so_far = this->background().line("row", key).at(where);
  const auto& rows = view().rows->entries(row_table::rows);
  const auto at = rows.find(key);
  if (at == rows.end())
    report(so_far)
        .list("rows", view().show_rows())
        .fail(promise::expected_rows, "no row under the key where one was expected");
  detail::must_be(expected, decode(at->second, so_far), so_far, promise::expected_rows, "row");
  return *this;
}

template <class V>
const scenario<V, tested::view>& scenario<V, tested::view>::then_no_row(std::string_view key,
                                                                        where_t where) const {
  if (view().rows->entries(row_table::rows).contains(key))
    this->background()
        .line("row", key)
        .list("rows", view().show_rows())
        .at(where)
        .fail(promise::expected_rows, "a row under the key where none was expected");
  return *this;
}

template <class V>
const scenario<V, tested::view>&
scenario<V, tested::view>::then_rows(const std::vector<keyed_row<row>>& expected,
                                     where_t where) const {
  const auto& rows = view().rows->entries(row_table::rows);
  std::vector<std::string> shown, differences;
  std::map<std::string_view, const row*> wanted;
  for (const auto& one : expected) {
    shown.push_back(one.key + ' ' + show(one.row));
    if (!wanted.emplace(one.key, &one.row).second)
      this->background()
          .line("row", one.key)
          .at(where)
          .fail(promise::valid_test, "then_rows: one key twice");
    const auto at = rows.find(one.key);
    if (at == rows.end())
      differences.push_back("no row " + one.key);
    else if (const auto found = difference(one.row, decode(at->second, this->background())))
      differences.push_back("row " + one.key + ": " + *found);
  }
  for (const auto& [key, stored] : rows)
    if (!wanted.contains(key)) differences.push_back("row " + key + " is one too many");
  if (!differences.empty())
    this->background()
        .list("expected", shown)
        .list("actual", view().show_rows())
        .list("differs", differences)
        .at(where)
        .fail(promise::expected_rows, "other rows than expected");
  return *this;
}

template <class V>
const scenario<V, tested::view>&
scenario<V, tested::view>::then_index(std::string_view index, const index_key& columns,
                                      const std::vector<std::string>& keys, where_t where) const {
  const auto so_far = this->background().line("index", index).at(where);
  const auto found =
      view().scan({.index = std::string(index), .equal = columns, .limit = scan_limit_max}, so_far);
  if (found != keys)
    report(so_far)
        .list("expected", keys)
        .list("actual", found)
        .list("rows", view().show_rows())
        .fail(promise::expected_rows, "the index gives other rows than expected");
  return *this;
}

} // namespace acta::testing

namespace acta {

/// Starts a test of queries over several views, of which each takes those of the events that it
/// lists. given<V> is enough for one view.
///
///   acta::given_views<balance, owners>()
///       .in("account/1").happened(opened{"ada"}, credited{50})
///       .when(money_of{"ada"})
///       .then({.cents = 50});
template <class... Vs, class... Past>
testing::scenario_of_views<Vs...> given_views(Past&&... past) {
  return testing::scenario_of_views<Vs...>::given(std::forward<Past>(past)...);
}

} // namespace acta
