// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// `acta config check F` and `acta config defaults`.
#include "channels.hpp"
#include "command_line.hpp"
#include "config.hpp"
#include "module_loader.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>

namespace acta::node {

namespace {

struct check_arguments {
  std::string file;
  bool without_modules = false;
};

exit_code check(const check_arguments& given) {
  const auto outcome = read_config(given.file);
  if (!outcome.mistakes.empty()) return report(outcome.mistakes);
  if (const auto made = make_channels(outcome.config, given.file); !made)
    return report(made.error());
  if (!given.without_modules) {
    acta::model model;
    if (const auto loaded = load_modules(outcome.config, model); !loaded)
      return report(loaded.error());
    if (const auto unknown = unknown_settings(outcome.config, model); !unknown.empty())
      return report(unknown);
  }
  std::printf("%s: ok\n", given.file.c_str());
  return exit_code::ok;
}

} // namespace

void add_config_command(CLI::App& app, action& chosen) {
  auto* config = app.add_subcommand("config", "Look at configs");
  config->require_subcommand(1);

  auto given = std::make_shared<check_arguments>();
  auto* checking = config->add_subcommand(
      "check", "Say all that is wrong with a config, and whether its modules load");
  checking->add_option("file", given->file, "The config")
      ->required()
      ->check(check_filled)
      ->type_name("FILE");
  checking->add_flag("--without-modules", given->without_modules, "Do not load the modules");
  checking->callback([given, &chosen] { chosen = [given] { return check(*given); }; });

  auto* defaults =
      config->add_subcommand("defaults", "Print every key with its default and what it does");
  defaults->callback([&chosen] {
    chosen = [] {
      std::fputs(default_config_text().c_str(), stdout);
      return exit_code::ok;
    };
  });
}

} // namespace acta::node
