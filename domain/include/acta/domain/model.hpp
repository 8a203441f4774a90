// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A model: everything a store's program knows of its domain.
#pragma once

#include <acta/domain/aggregate.hpp>
#include <acta/domain/process.hpp>
#include <acta/domain/query.hpp>
#include <acta/domain/view.hpp>

#include <memory>
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
  template <class A> model& aggregate(const aggregate_options& options = {}) {
    return add(make_aggregate_type<A>(options));
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

  /// What the members above do, for tables made elsewhere.
  model& add(aggregate_type type);
  model& add(process_type type);
  model& add(view_type type);
  model& add(query_type type);

  /// Errors: `bad_model`, naming the first mistake: names that clash, an event of a view that no
  /// aggregate has.
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
  /// Null if there is none of that name.
  [[nodiscard]] std::shared_ptr<const aggregate_type> find(std::string_view name) const noexcept;
  [[nodiscard]] std::shared_ptr<const process_type>
  find_process(std::string_view name) const noexcept;
  [[nodiscard]] std::shared_ptr<const view_type> find_view(std::string_view name) const noexcept;
  [[nodiscard]] std::shared_ptr<const query_type> find_query(std::string_view name) const noexcept;
  /// The durable types and their shapes, one a line, sorted: what contract.txt holds
  /// (docs/storage-format.md).
  [[nodiscard]] std::string contract() const;

private:
  void note(std::string mistake);

  std::vector<std::shared_ptr<const aggregate_type>> aggregates_;
  std::vector<std::shared_ptr<const process_type>> processes_;
  std::vector<std::shared_ptr<const view_type>> views_;
  std::vector<std::shared_ptr<const query_type>> queries_;
  std::string first_mistake_;
};

} // namespace acta
