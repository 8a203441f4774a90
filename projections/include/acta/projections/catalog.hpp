// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The durable names of one partition, resolved against the model: which type a stored event has.
#pragma once

#include <acta/domain/model.hpp>
#include <acta/persistence/partition.hpp>
#include <acta/projections/recorded_event.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace acta {

/// Immutable. Threads: any.
class catalog {
public:
  /// Shapes of stored events, in shape_form_now, by name and schema.
  using shapes = std::map<std::pair<std::string, std::uint16_t>, std::string, std::less<>>;

  /// Interns the names of the model. Errors: `store_full`, `io`.
  static result<std::shared_ptr<const catalog>> make(const model& m, persistence::partition& p,
                                                     std::shared_ptr<const shapes> stored = {});

  struct known_event {
    std::shared_ptr<const aggregate_type> aggregate;
    event_versions versions;
  };
  /// By name id; null if this program knows no version under that name.
  [[nodiscard]] const known_event* find(std::uint32_t name) const noexcept;
  /// Calls f(name id, known_event) for each name that this program knows.
  template <class F> void for_each(F f) const {
    for (std::uint32_t id = 0; id < events_.size(); ++id)
      if (events_[id].aggregate) f(id, events_[id]);
  }
  /// 0 if the model has no aggregate, or event, of that name.
  [[nodiscard]] std::uint32_t id_of_aggregate(std::string_view name) const noexcept;
  [[nodiscard]] std::uint32_t id_of_event(std::string_view name) const noexcept;

  /// Fills `m` with everything about a commit but version and position; reuses its memory.
  void describe(const persistence::commit_view& commit, metadata& m) const;
  /// An event of a described commit as a value.
  [[nodiscard]] recorded_event record(const persistence::event_view& event,
                                      const metadata& of_commit) const;

  [[nodiscard]] persistence::partition& partition() const noexcept { return partition_; }

private:
  explicit catalog(persistence::partition& p) noexcept : partition_(p) {}

  persistence::partition& partition_;
  std::vector<known_event> events_;      ///< by name id
  std::vector<std::string> aggregates_;  ///< by name id
  std::shared_ptr<const shapes> shapes_; ///< may be null
};

/// Fills `m` with everything about a commit but stream, version and position.
void describe_commit(const persistence::commit_view& commit, metadata& m);

} // namespace acta
