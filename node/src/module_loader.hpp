// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Modules: shared objects that bring domains into a node.
#pragma once

#include "config.hpp"

#include <acta/core/result.hpp>
#include <acta/domain/model.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace acta::node {

/// Folders in which a relative name is looked for, in this order; then the system's loader is
/// asked.
using module_folders = std::vector<std::filesystem::path>;

/// The config's folder, and ../lib from this program.
[[nodiscard]] module_folders folders_for(const std::filesystem::path& config_folder);

/// Loads a module, lets it fill `into`, and returns the file. It stays loaded until the process
/// ends: the model's tables point into it.
///
/// Errors: `module_not_found` (names where it was looked for), `module_invalid` (the loader's own
/// words, a missing symbol, or an exception), `module_stamp` (both stamps), `bad_model`. Threads:
/// one at a time. Blocking: reads files, and runs the module's static initialisers.
result<std::filesystem::path> load_module(const std::string& name, const module_folders& folders,
                                          acta::model& into);

/// Gives the model the config's settings, loads the config's modules, and returns their files.
///
/// Errors: load_module's; `config_invalid`, naming file and line: a setting whose value is not what
/// its module asks for.
result<std::vector<std::filesystem::path>> load_modules(const node_config& config,
                                                        acta::model& into);

/// Settings that no module has asked for, all of them, each with its place and the nearest that one
/// has. Pre: the modules are loaded.
std::vector<error> unknown_settings(const node_config& config, const acta::model& loaded);

} // namespace acta::node
