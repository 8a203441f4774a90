// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include "keys.hpp"

#include <acta/domain/module.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <sstream>

namespace acta::node {

namespace {

/// The subcommand that was reached.
const CLI::App& last_of(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : last_of(*chosen.front());
}

/// `acta config check`
std::string name_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : name_of(*app.get_parent()) + ' ' + app.get_name();
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back(name);
  return names;
}

std::vector<std::string> subcommands_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  return names;
}

std::string unknown_word(const CLI::App& app, const std::string& word) {
  const auto dashes = std::min(word.find_first_not_of('-'), word.size());
  const auto is_command = dashes == 0 && !subcommands_of(app).empty();
  const auto name = word.substr(0, dashes == 0 ? word.npos : word.find('='));
  const auto* kind = dashes != 0  ? "unknown option '"
                     : is_command ? "unknown command '"
                                  : "unexpected argument '";
  const auto near = dashes == 0 ? nearest(name, subcommands_of(app))
                                : nearest(name.substr(dashes), options_of(app));
  return kind + name + "' of '" + name_of(app) + '\'' +
         (near.empty() ? "" : "; did you mean '" + (dashes == 0 ? near : "--" + near) + "'?");
}

bool is_option(const std::string& word) { return word.starts_with('-') && word != "--"; }

/// All unknown options; without any, the first word that has no place. What stands behind an
/// unknown option may be its value, and options behind an unknown command are that one's.
void find_unknown(const CLI::App& app, std::vector<std::string>& mistakes) {
  const auto chosen = app.get_subcommands();
  const auto words = app.remaining();
  if (chosen.empty() && app.get_require_subcommand_min() != 0 && !words.empty() &&
      !is_option(words.front()))
    return mistakes.push_back(unknown_word(app, words.front()));
  const auto before = mistakes.size();
  for (const auto& word : words)
    if (is_option(word)) mistakes.push_back(unknown_word(app, word));
  if (mistakes.size() == before && !words.empty())
    mistakes.push_back(unknown_word(app, words.front()));
  if (!chosen.empty()) find_unknown(*chosen.front(), mistakes);
}

std::vector<std::string> mistakes_of(const CLI::App& app, const CLI::ParseError& first) {
  // The parser stops at the first mistake, and a missing option comes before an unknown one, which
  // most often is the missing one misspelt.
  const auto& last = last_of(app);
  std::vector<std::string> mistakes;
  find_unknown(app, mistakes);
  const auto is_missing = dynamic_cast<const CLI::RequiredError*>(&first) != nullptr;
  const auto is_unknown = dynamic_cast<const CLI::ExtrasError*>(&first) != nullptr;
  const auto needs_subcommand = last.get_require_subcommand_min() != 0;
  if (mistakes.empty() && is_missing && needs_subcommand) {
    std::string all;
    for (const auto& name : subcommands_of(last)) all.append(all.empty() ? "" : ", ").append(name);
    return {"'" + name_of(last) + "' needs a command: " + all};
  }
  if (mistakes.empty() || (!is_unknown && !(is_missing && needs_subcommand)))
    mistakes.emplace_back(first.what());
  return mistakes;
}

} // namespace

command_line read_command_line(std::vector<std::string> words) {
  CLI::App app{"Acta: event-sourced aggregates as durable actors", "acta"};
  app.set_version_flag("--version", std::string("acta " ACTA_VERSION " ") + acta::abi_stamp());
  app.require_subcommand(1);
  app.footer("Ends with 0 ok, 1 unexpected failure, 2 command line or config, 3 store, 4 module, 5 "
             "address, 6 stopped late.");
  command_line outcome;
  add_node_command(app, outcome.chosen);
  add_config_command(app, outcome.chosen);
  std::ranges::reverse(words); // as the parser takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& e) {
    std::ostringstream text;
    app.exit(e, text, text);
    outcome.text = text.str();
  } catch (const CLI::ParseError& e) { outcome.mistakes = mistakes_of(app, e); }
  return outcome;
}

std::string check_filled(const std::string& value) {
  return value.empty() ? "must not be empty" : "";
}

std::string check_port(const std::string& value) {
  std::uint16_t port = 0;
  const auto* end = value.data() + value.size();
  const auto [read, failed] = std::from_chars(value.data(), end, port);
  return failed == std::errc{} && read == end ? "" : "'" + value + "' is not a port: 0 to 65535";
}

} // namespace acta::node
