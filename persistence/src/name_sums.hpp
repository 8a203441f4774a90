// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Checksums of a journal's durable names, so that one with a turned bit is not taken for another.
#pragma once

#include <acta/core/bytes.hpp>
#include <acta/core/result.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace acta::persistence {

class name_sums {
public:
  /// The next name.
  void add(std::string_view name);
  /// As they are stored: each name's, and one over those.
  [[nodiscard]] std::vector<std::byte> bytes() const;
  /// Are these the sums that were stored for `names`? False if they are right, but must be stored
  /// again: a name has no sum yet (an older program added it), or a bit turned in the sums alone.
  /// Errors: `damaged_file` (says which name, and what it was if one bit has turned).
  [[nodiscard]] result<bool> check(bytes_view stored, std::span<const std::string> names) const;

private:
  std::vector<std::uint64_t> sums_;
};

} // namespace acta::persistence
