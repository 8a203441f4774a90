// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A model: everything a store's program knows of its domain.
#pragma once

#include <acta/domain/aggregate.hpp>

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

  /// What `aggregate<A>` does, for tables made elsewhere.
  model& add(aggregate_type type);

  /// Errors: `bad_model`, naming the first mistake.
  [[nodiscard]] result<void> check() const;
  [[nodiscard]] std::span<const std::shared_ptr<const aggregate_type>> aggregates() const noexcept {
    return aggregates_;
  }
  /// Null if there is none of that name.
  [[nodiscard]] std::shared_ptr<const aggregate_type> find(std::string_view name) const noexcept;
  /// The durable types and their shapes, one a line, sorted: what contract.txt holds
  /// (docs/storage-format.md).
  [[nodiscard]] std::string contract() const;

private:
  std::vector<std::shared_ptr<const aggregate_type>> aggregates_;
  std::string first_mistake_;
};

} // namespace acta
