// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"

#include <acta/core/descriptors.hpp>
#include <acta/domain/module.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>

int main(int argc, char** argv) try {
  using namespace acta::node;
  // Before anything is opened. Nobody would see a message about it.
  if (!acta::hold_standard_descriptors()) return static_cast<int>(exit_code::unexpected);
  CLI::App app{"Acta: event-sourced aggregates as durable actors", "acta"};
  app.set_version_flag("--version", std::string("acta " ACTA_VERSION " ") + acta::abi_stamp());
  app.require_subcommand(1);
  app.footer("Ends with 0 ok, 1 unexpected failure, 2 command line or config, 3 store, 4 module, 5 "
             "address, 6 stopped late.");
  action chosen;
  add_node_command(app, chosen);
  add_config_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(exit_code::usage);
  }
  return static_cast<int>(chosen());
} catch (const std::exception& e) {
  std::fprintf(stderr, "acta: %s\n", e.what());
  return static_cast<int>(acta::node::exit_code::unexpected);
}
