// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A model: everything a store's program knows of its domain.
#pragma once

#include <acta/domain/aggregate.hpp>
#include <acta/domain/process.hpp>
#include <acta/domain/query.hpp>
#include <acta/domain/subscriber.hpp>
#include <acta/domain/view.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acta {

/// Filled before a runtime opens; several modules may fill the same one. Mistakes (two aggregates
/// of one name, a name outside the alphabet) are kept and reported by check(), which opening a
/// runtime calls.
///
/// Threads: none while it is filled; the tables are immutable afterwards.
class model {
public:
  /// @param fresh  what an instance is before its first event. Members that `serialize` does not
  ///   name are the host's to set in it, a price list or a deadline: every instance has them, and
  ///   nothing stores them. What `evolve` reads must not be among them, or replay would differ.
  template <class A> model& aggregate(const aggregate_options& options, A fresh) {
    return add(make_aggregate_type<A>(options, std::move(fresh)));
  }
  template <class A> model& aggregate(const aggregate_options& options = {}) {
    return add(make_aggregate_type<A>(options));
  }
  template <class P> model& process(const aggregate_options& options, P fresh) {
    return add(make_process_type<P>(options, std::move(fresh)));
  }
  template <class P> model& process(const aggregate_options& options = {}) {
    return add(make_process_type<P>(options));
  }
  template <class V> model& view(const view_options& options = {}) {
    return add(make_view_type<V>(options));
  }
  template <class Q> model& query(const query_options& options = {}) {
    return add(make_query_type<Q>(options));
  }
  /// @param subscriber  the one that handles, with whatever the host has put into it
  template <class S> model& subscriber(const subscriber_options& options = {}, S subscriber = {}) {
    return add(make_subscriber_type<S>(options, std::move(subscriber)));
  }

  /// What a deployment tells its modules: `shop.payment_deadline` = `15min`. To be given before the
  /// modules fill the model.
  model& settings(std::map<std::string, std::string> all);
  /// A setting, or `otherwise` if the deployment does not say. One that is no such value is a
  /// mistake, which check() names.
  [[nodiscard]] std::string setting(std::string_view name, std::string_view otherwise);
  [[nodiscard]] std::chrono::microseconds setting(std::string_view name,
                                                  std::chrono::microseconds otherwise);
  [[nodiscard]] std::int64_t setting(std::string_view name, std::int64_t otherwise);
  /// Names that nobody has asked for: mistakes of whoever wrote them.
  [[nodiscard]] std::vector<std::string> unknown_settings() const;
  /// Names that were asked for, whether or not they were given.
  [[nodiscard]] const std::set<std::string, std::less<>>& known_settings() const noexcept {
    return known_settings_;
  }

  /// What the members above do, for tables made elsewhere.
  model& add(aggregate_type type);
  model& add(process_type type);
  model& add(view_type type);
  model& add(query_type type);
  model& add(subscriber_type type);

  /// Errors: `bad_model`, naming the first mistake: names that clash, an event of a view or a
  /// subscriber that no aggregate has.
  [[nodiscard]] result<void> check() const;
  [[nodiscard]] std::span<const std::shared_ptr<const aggregate_type>> aggregates() const noexcept {
    return aggregates_;
  }
  /// Each is among the aggregates too, as it is stored.
  [[nodiscard]] std::span<const std::shared_ptr<const process_type>> processes() const noexcept {
    return processes_;
  }
  [[nodiscard]] std::span<const std::shared_ptr<const view_type>> views() const noexcept {
    return views_;
  }
  [[nodiscard]] std::span<const std::shared_ptr<const query_type>> queries() const noexcept {
    return queries_;
  }
  [[nodiscard]] std::span<const std::shared_ptr<const subscriber_type>>
  subscribers() const noexcept {
    return subscribers_;
  }
  /// Null if there is none of that name.
  [[nodiscard]] std::shared_ptr<const aggregate_type> find(std::string_view name) const noexcept;
  [[nodiscard]] std::shared_ptr<const process_type>
  find_process(std::string_view name) const noexcept;
  [[nodiscard]] std::shared_ptr<const view_type> find_view(std::string_view name) const noexcept;
  [[nodiscard]] std::shared_ptr<const query_type> find_query(std::string_view name) const noexcept;
  [[nodiscard]] std::shared_ptr<const subscriber_type>
  find_subscriber(std::string_view name) const noexcept;
  /// The durable types and their shapes, one a line, sorted: what contract.txt holds
  /// (docs/storage-format.md).
  [[nodiscard]] std::string contract(shape_form form = shape_form_now) const;

private:
  void note(std::string mistake);
  /// Null if it was not given.
  const std::string* ask_setting(std::string_view name);

  std::vector<std::shared_ptr<const aggregate_type>> aggregates_;
  std::vector<std::shared_ptr<const process_type>> processes_;
  std::vector<std::shared_ptr<const view_type>> views_;
  std::vector<std::shared_ptr<const query_type>> queries_;
  std::vector<std::shared_ptr<const subscriber_type>> subscribers_;
  std::map<std::string, std::string, std::less<>> settings_;
  std::set<std::string, std::less<>> known_settings_;
  std::string first_mistake_;
};

} // namespace acta
