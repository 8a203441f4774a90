// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The words behind `acta`, read.
#pragma once

#include "commands.hpp"

#include <string>
#include <vector>

namespace acta::node {

/// Exactly one of them is there.
struct command_line {
  action chosen;                     ///< the subcommand with its options
  std::string text;                  ///< what was asked for instead: the help, or the version
  std::vector<std::string> mistakes; ///< all that were found, in words
};

/// `words` are those behind the program's name.
[[nodiscard]] command_line read_command_line(std::vector<std::string> words);

/// What is wrong with the value of an option, in words; empty if nothing is. CLI::Option::check()
/// takes them.
[[nodiscard]] std::string check_filled(const std::string& value);
[[nodiscard]] std::string check_port(const std::string& value);

} // namespace acta::node
