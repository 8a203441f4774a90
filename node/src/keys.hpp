// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The table of all keys a config can have.
#pragma once

#include "config.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace acta::node {

enum class key_type { text, texts, integer, duration, size };

using key_value = std::variant<std::string, std::vector<std::string>, std::int64_t,
                               std::chrono::microseconds, std::uint64_t>;

struct key {
  std::string_view section;
  std::string_view name;
  key_type type;
  /// Lines of the comment in configs/node.toml: what it does, its range and its cost.
  std::string_view doc;
  /// Errors: `config_invalid`, when the value is outside what the key takes.
  result<void> (*set)(node_config& into, const key_value& value);
  /// As TOML.
  std::string (*get)(const node_config& from);

  [[nodiscard]] std::string full_name() const {
    return std::string(section) + '.' + std::string(name);
  }
};

struct section {
  std::string_view name;
  std::string_view doc;
};

/// In the order of configs/node.toml; keys of one section stand together.
[[nodiscard]] std::span<const key> all_keys() noexcept;
[[nodiscard]] std::span<const section> all_sections() noexcept;

/// The candidate with the least edit distance, or empty if none is near.
[[nodiscard]] std::string nearest(std::string_view wanted,
                                  const std::vector<std::string>& candidates);

} // namespace acta::node
