// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The program's subcommands. Each has a file of its own (command_<name>.cpp), which adds it to the
/// command line and sets what is to be done when it is chosen.
#pragma once

#include "exit_code.hpp"

#include <functional>

namespace CLI {
class App;
}

namespace acta::node {

/// What the chosen subcommand does; run by main after the whole command line was read.
using action = std::function<exit_code()>;

void add_node_command(CLI::App& app, action& chosen);
void add_config_command(CLI::App& app, action& chosen);

} // namespace acta::node
