// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// contract.txt: the names, versions and shapes that a store holds, and whether a program reads
/// them. Its lines: docs/storage-format.md.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/contract_text.hpp>
#include <acta/domain/model.hpp>
#include <acta/projections/catalog.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace acta::detail {

/// Events of one name and schema in a store's journals.
struct stored_events {
  std::uint64_t count = 0;
  position first;          ///< of the first that was found
  bool has_damage = false; ///< a commit could not be read, and may hold more
};
/// Counts them by reading the journals. Errors: `io`, `corrupt_commit`.
using event_census =
    std::function<result<stored_events>(std::string_view name, std::uint16_t schema)>;

/// What a store holds under one version of an input of a process.
struct stored_inputs {
  std::uint64_t steps = 0;      ///< that took it
  std::uint64_t timers = 0;     ///< that are set
  std::uint64_t deliveries = 0; ///< that wait
  position first;               ///< of the first step, or else of what the first one comes from
  bool has_damage = false;      ///< as that of stored_events

  [[nodiscard]] bool none() const noexcept { return steps + timers + deliveries == 0; }
};
struct input_version {
  std::string_view process;
  std::string_view input; ///< without the process's name
  std::uint16_t schema = 1;
  bool also_bare = false; ///< a name without a version may mean it: an older program wrote none
};
/// Counts them by reading the journals and the outbox. Errors: `io`, `corrupt_commit`, and those of
/// opening the outbox.
using input_census = std::function<result<stored_inputs>(const input_version&)>;

struct store_census {
  event_census events;
  input_census inputs;
};

/// A value.
class contract {
public:
  /// Takes apart what the store with this id holds. Errors: `wrong_format` (a later form),
  /// `damaged_file` (another store's).
  static result<contract> read(std::string_view text, const uuid& store);
  [[nodiscard]] std::string text() const;

  /// Adds the program's types. What a later release wrote, and this one does not know, stays as it
  /// is and is told in `notes()`. Errors: `contract_changed`: the program cannot read what the
  /// store holds; it names the type and the difference, and what to write. `census` is asked only
  /// then.
  result<void> take(const model& program, const store_census& census);
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

  /// Versions that the program has no type for, of whatever aggregate: `account.credited 2`.
  /// Sorted.
  [[nodiscard]] std::vector<std::string> unreadable_events(const model& program) const;
  /// Of all events that the store may hold.
  [[nodiscard]] catalog::shapes event_shapes() const;

  /// `process NAME 1` and others, by kind, name and schema.
  std::map<std::string, std::string> lines;

private:
  result<void> take_types(const model& program, const std::set<std::string>& older);
  /// Aggregates and processes of which a later release than the program's has used the store.
  std::set<std::string> note_releases(const model& program);
  result<void> take_events(const model& program, const std::set<std::string>& older,
                           const event_census& census);
  result<void> take_inputs(const model& program, const std::set<std::string>& older,
                           const input_census& census);
  /// Tells that a line stays although nothing of it was found. True.
  bool note_damage(const std::string& line);
  /// One line of the store that no type of the program stands for.
  result<bool> still_stands(const model& program, const contract_text::event_reading& has,
                            const std::string& line, const std::string& shape,
                            bool is_older_release, const event_census& census);
  result<bool> still_stands(const model& program, const contract_text::input_reading& has,
                            const std::string& line, const std::string& shape,
                            bool is_older_release, const input_census& census);

  std::vector<std::string> notes_;
};

} // namespace acta::detail
