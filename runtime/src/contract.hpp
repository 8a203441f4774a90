// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// contract.txt: the names, versions and shapes that a store holds, and whether a program reads
/// them. Its lines: docs/storage-format.md.
#pragma once

#include <acta/core/ids.hpp>
#include <acta/core/result.hpp>
#include <acta/domain/model.hpp>
#include <acta/projections/catalog.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace acta::detail {

/// Events of one name and schema in a store's journals.
struct stored_events {
  std::uint64_t count = 0;
  position first; ///< of the first that was found
};
/// Counts them by reading the journals. Errors: `io`, `corrupt_commit`.
using event_census =
    std::function<result<stored_events>(std::string_view name, std::uint16_t schema)>;

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
  result<void> take(const model& program, const event_census& census);
  [[nodiscard]] const std::vector<std::string>& notes() const noexcept { return notes_; }

  /// Of all events that the store may hold.
  [[nodiscard]] catalog::shapes event_shapes() const;

  /// `process NAME 1` and others, by kind, name and schema.
  std::map<std::string, std::string> lines;

private:
  result<void> take_types(const model& program, bool is_older_release);
  /// Whether a later release than this one has used the store.
  bool note_release(const model& program);
  /// One line of the store that no type of the program stands for.
  result<bool> still_stands(const event_versions* known, const std::string& name,
                            std::uint16_t schema, const std::string& shape, bool is_older_release,
                            const event_census& census);

  std::vector<std::string> notes_;
};

} // namespace acta::detail
