// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// From a plain struct that folds events into rows to the engine's table.
///
/// A view has `static constexpr std::string_view name`, `using events = acta::one_of<...>`, and is
/// of one of two forms:
///
/// - *a fold*: the struct is its own row, with `void evolve(const E&)` per event. There is one row
///   per stream, under the stream's id, unless `static … key(const E&, const acta::metadata&)`
///   regroups; an empty optional from it leaves the event out. `evolve` may take
///   `const acta::metadata&` as well, and may return acta::row_fate to remove the row.
/// - *in general*: `using row = …` and, per event,
///   `void project(const E&, const acta::event_context&, acta::rows<row>&) const`, which may read
///   and write any rows.
///
/// Optional: `static auto indexes()` (index.hpp), `static constexpr unsigned schema`.
#pragma once

#include <acta/domain/codec/binary.hpp>
#include <acta/domain/codec/json.hpp>
#include <acta/domain/codec/shape.hpp>
#include <acta/domain/errc.hpp>
#include <acta/domain/one_of.hpp>
#include <acta/domain/row_session.hpp>
#include <acta/domain/scan.hpp>
#include <acta/domain/type_name.hpp>

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace acta {

/// What becomes of a row after an event.
enum class row_fate : std::uint8_t { keep, remove };

namespace detail {

template <class V> struct row_of_view { using type = V; };
template <class V>
requires requires { typename V::row; }
struct row_of_view<V> {
  using type = typename V::row;
};

} // namespace detail

/// The rows of view `V`: the view itself, or its `row`.
template <class V> using row_of = typename detail::row_of_view<V>::type;

/// The rows of a view while it projects an event. What goes wrong inside (a full disk, a bad key)
/// is kept, and fails the event when `project` returns; so does an exception that leaves a function
/// given to a member, even if `project` catches it. Threads: one, during the call.
template <class Row> class rows {
public:
  explicit rows(row_session& session) noexcept : session_(session) {}
  rows(const rows&) = delete;
  rows& operator=(const rows&) = delete;

  /// The row under `key`, or null. Valid until this object is used again.
  [[nodiscard]] const Row* find(std::string_view key) {
    if (failure_) return nullptr;
    auto found = session_.find(key);
    return keep(found) ? static_cast<const Row*>(*found) : nullptr;
  }
  /// Writes a row, a new one or over the old one.
  void put(std::string_view key, Row row) {
    change(key, [&](Row& to) { to = std::move(row); });
  }
  /// Changes a row in place, a fresh one if there is none: `f(Row&)`, which may return row_fate to
  /// remove it. Within it only find() may be called; anything else fails the event.
  template <class F> void change(std::string_view key, F&& f) {
    if (!may("change or put a row", inside_ != place::project)) return;
    auto opened = session_.open(key);
    if (!keep(opened)) return;
    auto& row = *static_cast<Row*>(*opened);
    auto fate = row_fate::keep;
    const bool done = inside(place::change, [&] {
      if constexpr (std::same_as<std::invoke_result_t<F&, Row&>, row_fate>)
        fate = f(row);
      else
        f(row);
    });
    if (!done) return;
    if (fate == row_fate::remove) {
      remove(key);
      return;
    }
    auto changed = session_.changed(key);
    keep(changed);
  }
  /// True if there was one.
  bool remove(std::string_view key) {
    if (!may("remove a row", inside_ != place::project)) return false;
    auto removed = session_.remove(key);
    return keep(removed) && *removed;
  }
  /// Rows in a range, in order: `f(key, row)`. Within it rows may be read, not changed: that fails
  /// the event. Cost: writes out what this batch has changed so far.
  template <class F> void each(const scan_options& options, F&& f) {
    if (!may("scan rows", inside_ == place::change)) return;
    auto plan = plan_scan(session_.type(), options);
    if (!keep(plan)) return;
    auto reader = session_.flushed();
    if (!keep(reader)) return;
    auto scanned = scan_rows(**reader, *plan, std::numeric_limits<std::size_t>::max(),
                             [&](std::string_view key, bytes_view bytes) {
                               Row row{};
                               auto decoded = session_.type().decode(bytes, &row);
                               return keep(decoded) &&
                                      inside(place::each, [&] { f(key, std::as_const(row)); });
                             });
    keep(scanned);
  }

  /// What went wrong, if anything.
  [[nodiscard]] std::optional<error>& failure() noexcept { return failure_; }

private:
  template <class T> bool keep(const result<T>& r) {
    if (!r && !failure_) failure_ = r.error();
    return r.has_value();
  }
  /// The function of which member is running.
  enum class place : std::uint8_t { project, change, each };

  /// A row that is being changed does not survive a scan, nor a scan a change.
  bool may(const char* what, bool refused) {
    if (!failure_ && refused)
      failure_ = error(domain_errc::evolve_threw,
                       "view '" + session_.type().name + "' tried to " + what + " from within " +
                           (inside_ == place::change ? "change()" : "each()"));
    return !failure_;
  }
  template <class F> bool inside(place where, F&& f) {
    const auto outside = std::exchange(inside_, where);
    try {
      f();
    } catch (...) {
      failure_ = error(domain_errc::evolve_threw, detail::describe_exception());
      throw;
    }
    inside_ = outside;
    return !failure_;
  }

  row_session& session_;
  std::optional<error> failure_;
  place inside_ = place::project;
};

namespace detail {

template <class V, class E>
concept projects = requires(const V& view, const E& e, const event_context& c, rows<row_of<V>>& r) {
  view.project(e, c, r);
};
template <class V, class E>
concept folds_plain = requires(V& row, const E& e) {
  row.evolve(e);
};
template <class V, class E>
concept folds_with_metadata = requires(V& row, const E& e, const metadata& m) {
  row.evolve(e, m);
};
template <class V, class E>
concept folds = std::same_as<row_of<V>, V> &&(folds_plain<V, E> || folds_with_metadata<V, E>);
template <class V, class E>
concept has_key = requires(const E& e, const metadata& m) {
  { V::key(e, m) } -> std::convertible_to<std::optional<std::string>>;
};
/// Something that is called as `key` should be, but is not it: it must not be passed over in
/// silence.
template <class V, class E>
concept has_other_key =
    !has_key<V, E> && (
                          requires(const E& e, const metadata& m, V& v) { v.key(e, m); } ||
                          requires(const E& e, V& v) { v.key(e); });

template <class V>
concept is_view = requires {
  requires is_one_of<typename V::events>;
}
&&!requires { typename V::commands; }
&&!requires { typename V::inputs; };

/// As for aggregates: types of their own, so that the message names view and event.
template <class View, class Event>
concept can_fold = (projects<View, Event> || folds<View, Event>)&&(
    projects<View, Event> || !has_other_key<View, Event>)&&std::default_initializable<Event>;
template <class View, class Event> struct view_must_fold {
  static_assert(
      projects<View, Event> || folds<View, Event>,
      "acta: the view has no `void evolve(const Event&)` (or `evolve(const Event&, const "
      "acta::metadata&)`), and no `void project(const Event&, const acta::event_context&, "
      "acta::rows<row>&) const` for this Event; both types are named in "
      "view_must_fold<View, Event>. An evolve does not count in a view that has a `row` "
      "besides itself.");
  static_assert(projects<View, Event> || !has_other_key<View, Event>,
                "acta: the view's key for the Event of view_must_fold<View, Event> must be `static "
                "std::optional<std::string> key(const Event&, const acta::metadata&)`, or give a "
                "std::string.");
  static_assert(std::default_initializable<Event>,
                "acta: the Event of view_must_fold<View, Event> must be default-constructible: "
                "stored ones are read into a fresh one.");
  static constexpr bool ok = true;
};
template <class View>
concept well_formed_view =
    has_own_name<View> && is_view<View> && std::default_initializable<View> &&
    std::default_initializable<row_of<View>> && std::copyable<row_of<View>>;
template <class View> struct view_must_be_well_formed {
  static_assert(has_own_name<View>,
                "acta: a view needs `static constexpr std::string_view name`: it names the folder "
                "of its rows, and must not follow a renaming of the C++ type.");
  static_assert(is_view<View>,
                "acta: a view needs `using events = acta::one_of<...>`, and has no commands.");
  static_assert(std::default_initializable<View> && std::default_initializable<row_of<View>> &&
                    std::copyable<row_of<View>>,
                "acta: a view and its row must be default-constructible, and rows copyable.");
  static constexpr bool ok = true;
};

/// As is_whole_aggregate.
template <class V> constexpr bool is_whole_view() {
  if constexpr (well_formed_view<V>)
    return
        []<class... Ts>(one_of<Ts...>) { return (can_fold<V, Ts> && ...); }(typename V::events{});
  return false;
}
template <class V> void tell_missing_of_view() {
  (void)sizeof(view_must_be_well_formed<V>);
  if constexpr (well_formed_view<V>) {
    []<class... Ts>(one_of<Ts...>) {
      ((void)sizeof(view_must_fold<V, Ts>), ...);
    }(typename V::events{});
  }
}

template <class V, class E>
result<void> fold_event(const E& event, const event_context& c, row_session& session) {
  std::optional<std::string> regrouped;
  auto key = c.id();
  if constexpr (has_key<V, E>) {
    regrouped = V::key(event, c.metadata());
    if (!regrouped) return {};
    key = *regrouped;
  }
  auto opened = session.open(key);
  if (!opened) return std::move(opened).error();
  auto& row = *static_cast<V*>(*opened);
  const auto evolve = [&] {
    if constexpr (folds_with_metadata<V, E>)
      return row.evolve(event, c.metadata());
    else
      return row.evolve(event);
  };
  if constexpr (std::same_as<decltype(evolve()), row_fate>) {
    if (evolve() == row_fate::remove) {
      auto removed = session.remove(key);
      if (!removed) return std::move(removed).error();
      return {};
    }
  } else {
    evolve();
  }
  return session.changed(key);
}

template <class V, class E>
result<void> take_in_view(const void* event, const event_context& c, row_session& session) {
  const auto& taken = *static_cast<const E*>(event);
  try {
    if constexpr (projects<V, E>) {
      rows<row_of<V>> all(session);
      const V view{};
      view.project(taken, c, all);
      if (all.failure()) return std::move(*all.failure());
      return {};
    } else {
      return fold_event<V>(taken, c, session);
    }
  } catch (...) { return error(domain_errc::evolve_threw, describe_exception()); }
}

template <class V, class E>
result<void> apply_to_view(bytes_view payload, const event_context& c, row_session& session) {
  try {
    E event{};
    if (auto decoded = decode_binary(payload, event); !decoded) return decoded;
    return take_in_view<V, E>(&event, c, session);
  } catch (...) { return error(domain_errc::evolve_threw, describe_exception()); }
}

template <class V, class E> view_event make_view_event() {
  return {.type = &typeid(E),
          .name = std::string(type_name<E>()),
          .schema = static_cast<std::uint16_t>(schema_version<E>()),
          .apply = apply_to_view<V, E>,
          .take = take_in_view<V, E>};
}

/// Fills in what follows from the rest: fingerprints.
void finish_view_type(view_type& t);

} // namespace detail

/// Builds the table of `V`. Compile errors name what is missing: view_must_fold<V, E>.
template <class V> view_type make_view_type(const view_options& options = {}) {
  view_type t;
  t.options = options;
  if constexpr (detail::is_whole_view<V>()) {
    using row = row_of<V>;
    t.name = V::name;
    t.schema = detail::schema_version<V>();
    [&]<class... Es>(one_of<Es...>) {
      (t.events.push_back(detail::make_view_event<V, Es>()), ...);
    }(typename V::events{});
    t.indexes = detail::make_index_types<V, row>();
    t.row_shape = shape_of<row>();
    t.row_layout = shape_of<row>(shape_form::first);
    t.type = &typeid(V);
    t.row_type = &typeid(row);
    t.create = [] { return erased_row(new row{}, [](void* p) { delete static_cast<row*>(p); }); };
    t.assign = [](void* to, const void* from) {
      *static_cast<row*>(to) = *static_cast<const row*>(from);
    };
    t.encode = [](const void* r, byte_buffer& out) {
      return encode_binary(*static_cast<const row*>(r), out);
    };
    t.decode = [](bytes_view from, void* r) { return decode_binary(from, *static_cast<row*>(r)); };
    t.append_json = [](const void* r, std::string& out) {
      return append_json(*static_cast<const row*>(r), out);
    };
    detail::finish_view_type(t);
  } else {
    detail::tell_missing_of_view<V>();
  }
  return t;
}

} // namespace acta
