// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Views of a model in memory, for tests: events go in, queries and rows come out.
#pragma once

#include <acta/domain.hpp>
#include <acta/testing.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

namespace test {

/// The value, or an exception that says what went wrong.
template <class T> T must(acta::result<T> r) {
  if (!r) throw std::runtime_error(r.error().to_string());
  if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

class memory_cursor final : public acta::table_cursor {
  using table = std::map<std::string, std::string>;

public:
  explicit memory_cursor(const table& entries) : entries_(entries) {}

  acta::result<bool> seek(acta::bytes_view key, acta::table_entry& out) override {
    return at(entries_.lower_bound(std::string(acta::as_text(key))), out);
  }
  acta::result<bool> seek_before(acta::bytes_view key, acta::table_entry& out) override {
    at_ = key.empty() ? entries_.end() : entries_.lower_bound(std::string(acta::as_text(key)));
    return previous(out);
  }
  acta::result<bool> next(acta::table_entry& out) override { return at(std::next(at_), out); }
  acta::result<bool> previous(acta::table_entry& out) override {
    return at(at_ == entries_.begin() ? entries_.end() : std::prev(at_), out);
  }

private:
  acta::result<bool> at(table::const_iterator to, acta::table_entry& out) {
    at_ = to;
    if (at_ == entries_.end()) return false;
    out = {acta::as_bytes_view(at_->first), acta::as_bytes_view(at_->second)};
    return true;
  }

  const table& entries_;
  table::const_iterator at_;
};

/// The two tables of one view. A copy is a frozen one.
class memory_tables final : public acta::row_writer {
public:
  acta::result<bool> get(acta::row_table t, acta::bytes_view key,
                         acta::bytes_view& value) override {
    const auto found = of(t).find(std::string(acta::as_text(key)));
    if (found == of(t).end()) return false;
    value = acta::as_bytes_view(found->second);
    return true;
  }
  acta::result<std::unique_ptr<acta::table_cursor>> scan(acta::row_table t) override {
    return std::unique_ptr<acta::table_cursor>(std::make_unique<memory_cursor>(of(t)));
  }
  acta::result<std::uint64_t> count(acta::row_table t) override { return of(t).size(); }
  acta::result<void> put(acta::row_table t, acta::bytes_view key, acta::bytes_view value) override {
    of(t)[std::string(acta::as_text(key))] = acta::as_text(value);
    return {};
  }
  acta::result<void> erase(acta::row_table t, acta::bytes_view key) override {
    of(t).erase(std::string(acta::as_text(key)));
    return {};
  }
  friend bool operator==(const memory_tables& a, const memory_tables& b) {
    return a.rows_ == b.rows_ && a.indexes_ == b.indexes_;
  }

private:
  std::map<std::string, std::string>& of(acta::row_table t) {
    return t == acta::row_table::rows ? rows_ : indexes_;
  }
  std::map<std::string, std::string> rows_, indexes_;
};

/// An event as it is stored.
struct stored_event {
  const std::type_info* type;
  std::vector<std::byte> payload;
  acta::metadata about;
};

template <class E>
stored_event stored(std::string stream, const E& event,
                    acta::time_point at = acta::testing::default_time) {
  acta::byte_buffer payload;
  must(acta::encode_binary(event, payload));
  acta::metadata about;
  about.stream = std::move(stream);
  about.recorded_at = at;
  const auto bytes = payload.view();
  return {&typeid(E), {bytes.begin(), bytes.end()}, std::move(about)};
}

/// All views of a model, each with its rows.
class read_side {
  struct kept {
    std::shared_ptr<const acta::view_type> type;
    memory_tables tables;
  };
  class frozen final : public acta::detail::row_source {
  public:
    explicit frozen(std::map<std::string, kept> views) : views_(std::move(views)) {}
    acta::result<void> with_rows(const std::type_info*, std::string_view view,
                                 const use_rows& use) override {
      const auto found = views_.find(std::string(view));
      if (found == views_.end())
        return acta::error(acta::domain_errc::unknown_view, std::string(view));
      return use(*found->second.type, found->second.tables);
    }
    acta::result<std::vector<acta::position>> positions(std::string_view) override {
      return std::vector<acta::position>{};
    }

  private:
    std::map<std::string, kept> views_;
  };

public:
  explicit read_side(const acta::model& model) {
    must(model.check());
    for (const auto& view : model.views()) views_[view->name] = {view, {}};
  }

  /// Folds the events into every view that takes them, as one batch.
  void take(const std::vector<stored_event>& batch) {
    for (auto& [name, view] : views_) {
      acta::row_session session(*view.type, view.tables);
      for (const auto& event : batch)
        for (const auto& taken : view.type->events)
          if (*taken.type == *event.type)
            must(taken.apply(event.payload, {event.about, false}, session));
      must(session.flush());
    }
  }
  /// One event after the other of one stream.
  template <class... Es> void take(const std::string& stream, const Es&... events) {
    (take(std::vector{stored(stream, events)}), ...);
  }

  [[nodiscard]] acta::picture picture() const {
    return acta::picture(std::make_shared<frozen>(views_));
  }
  template <class Q> [[nodiscard]] acta::result<typename Q::reply> ask(const Q& query) const {
    return query.answer(picture());
  }
  template <class V> [[nodiscard]] acta::result<acta::row_of<V>> row(std::string_view key) const {
    return picture().view<V>().get(key);
  }
  /// The keys of the rows in a range.
  template <class V>
  [[nodiscard]] std::vector<std::string> keys(const acta::scan_options& options = {}) const {
    std::vector<std::string> all;
    must(picture().view<V>().each(
        options, [&](std::string_view key, const auto&) { all.emplace_back(key); }));
    return all;
  }
  /// Entries in all indexes of a view.
  template <class V> [[nodiscard]] std::uint64_t index_entries() const {
    auto tables = views_.at(std::string(V::name)).tables;
    return must(tables.count(acta::row_table::indexes));
  }
  /// Whether a view has the same rows and index entries in both.
  template <class V> [[nodiscard]] bool same(const read_side& other) const {
    const std::string name(V::name);
    return views_.at(name).tables == other.views_.at(name).tables;
  }

private:
  std::map<std::string, kept> views_;
};

/// Live aggregates of one type: commands go in, what they decide comes out as it would be stored.
template <class A> class write_side {
public:
  /// @returns what was decided; nothing if the command was rejected, too.
  template <class C>
  std::vector<stored_event> decide(const std::string& id, const C& command, acta::time_point now) {
    auto& aggregate = all_[id];
    const auto decision = [&] {
      if constexpr (requires { aggregate.decide(command); })
        return aggregate.decide(command);
      else
        return aggregate.decide(command, acta::context(id, 0, now));
    }();
    std::vector<stored_event> decided;
    decision.for_each([&](const auto& event) {
      aggregate.evolve(event);
      decided.push_back(stored(std::string(A::name) + '/' + id, event, now));
    });
    return decided;
  }
  [[nodiscard]] const std::map<std::string, A>& all() const { return all_; }

private:
  std::map<std::string, A> all_;
};

} // namespace test
