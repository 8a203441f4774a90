// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// `acta config check` and `acta config defaults`.
#include "channels.hpp"
#include "command_line.hpp"
#include "config.hpp"
#include "module_loader.hpp"
#include "report.hpp"

#include <acta/core/printable.hpp>
#include <acta/runtime/check_store.hpp>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

namespace acta::node {

namespace {

struct check_arguments {
  std::string file;
  bool without_modules = false;
  std::string data; ///< a store to test the modules against; empty: none
};

/// Whether a node with these modules would open the store.
exit_code check_data(const check_arguments& given, acta::model model) {
  const auto checked = check_store(given.data, std::move(model));
  if (!checked) return report(checked.error());
  for (const auto& note : checked->notes)
    std::printf("%s: note: %s\n", printable(given.data).c_str(), printable(note).c_str());
  std::printf("%s: ok\n", printable(given.data).c_str());
  return exit_code::ok;
}

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
    if (!given.data.empty())
      if (const auto code = check_data(given, std::move(model)); code != exit_code::ok) return code;
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
      "check",
      "Say all that is wrong with a config, whether its modules load, and whether they can "
      "read what a store holds");
  checking->add_option("file,--config", given->file, "The config")
      ->required()
      ->check(check_filled)
      ->type_name("FILE");
  auto* without =
      checking->add_flag("--without-modules", given->without_modules, "Do not load the modules");
  checking
      ->add_option(
          "--data", given->data,
          "Also test the modules' types against the store in this folder, in which nothing "
          "is written, and which a node may have open. Ends with 3 if a node with these "
          "modules would not open it")
      ->check(check_filled)
      ->excludes(without)
      ->type_name("DIR");
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
