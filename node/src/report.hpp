// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// How the program tells a person what is wrong, and a script how it ends.
#pragma once

#include "exit_code.hpp"

#include <acta/core/error.hpp>

#include <string>
#include <vector>

namespace acta::node {

/// `shop.toml:3:1: unknown key …`, or `store_locked: …`
[[nodiscard]] std::string describe(const error& e);
[[nodiscard]] exit_code exit_code_of(const error& e) noexcept;

/// Writes `acta: ` and the description to stderr.
exit_code report(const error& e);
exit_code report(const std::vector<error>& all);

} // namespace acta::node
