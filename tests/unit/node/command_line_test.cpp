// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <catch2/catch.hpp>

namespace command_line_test {

using acta::node::read_command_line;
using mistakes = std::vector<std::string>;

TEST_CASE("a misspelt option is named with the nearest one, also when a required one is missing") {
  CHECK(read_command_line({"node", "--cofnig", "node.toml"}).mistakes ==
        mistakes{"unknown option '--cofnig' of 'acta node'; did you mean '--config'?",
                 "--config is required"});
  CHECK(read_command_line({"node", "--config", "n.toml", "--prot=80", "--dat", "x"}).mistakes ==
        mistakes{"unknown option '--prot' of 'acta node'; did you mean '--port'?",
                 "unknown option '--dat' of 'acta node'; did you mean '--data'?"});
  CHECK(read_command_line({"config", "check", "--without-module", "n.toml"}).mistakes ==
        mistakes{"unknown option '--without-module' of 'acta config check'; did you mean "
                 "'--without-modules'?"});
  CHECK(read_command_line({"--versoin"}).mistakes ==
        mistakes{"unknown option '--versoin' of 'acta'; did you mean '--version'?"});
  CHECK(read_command_line({"node", "--config", "n.toml", "--nothing-like-it"}).mistakes ==
        mistakes{"unknown option '--nothing-like-it' of 'acta node'"});
}

TEST_CASE("a misspelt subcommand is named with the nearest one") {
  CHECK(read_command_line({"nood", "--config", "x"}).mistakes ==
        mistakes{"unknown command 'nood' of 'acta'; did you mean 'node'?"});
  CHECK(read_command_line({"--config", "x", "node"}).mistakes ==
        mistakes{"unknown option '--config' of 'acta'", "--config is required"});
  CHECK(read_command_line({"config", "defualts"}).mistakes ==
        mistakes{"unknown command 'defualts' of 'acta config'; did you mean 'defaults'?"});
  CHECK(read_command_line({"node", "--config", "n.toml", "serve"}).mistakes ==
        mistakes{"unexpected argument 'serve' of 'acta node'"});
  CHECK(read_command_line({}).mistakes == mistakes{"'acta' needs a command: node, config"});
  CHECK(read_command_line({"config"}).mistakes ==
        mistakes{"'acta config' needs a command: check, defaults"});
}

TEST_CASE("a value that no option takes is refused with what it must be") {
  const auto node_with = [](const std::string& option, const std::string& value) {
    return read_command_line({"node", "--config", "n.toml", option, value}).mistakes;
  };
  for (const auto* port : {"80000", "-1", "", "http", "0x50", "80 "})
    CHECK(node_with("--port", port) ==
          mistakes{"--port: '" + std::string(port) + "' is not a port: 0 to 65535"});
  CHECK(node_with("--data", "") == mistakes{"--data: must not be empty"});
  CHECK(read_command_line({"node", "--config", ""}).mistakes ==
        mistakes{"--config: must not be empty"});
  for (const auto& file : {std::vector<std::string>{""}, {"--config", ""}}) {
    std::vector<std::string> words{"config", "check"};
    words.insert(words.end(), file.begin(), file.end());
    CHECK(read_command_line(words).mistakes == mistakes{"--config: must not be empty"});
  }
  CHECK(read_command_line({"config", "check", "n.toml", "--data", ""}).mistakes ==
        mistakes{"--data: must not be empty"});
}

TEST_CASE("a command line without mistakes chooses what to do, or says what was asked") {
  for (const auto* port : {"0", "80", "65535"}) {
    const auto given = read_command_line({"node", "--config", "n.toml", "--port", port});
    CHECK(given.chosen);
    CHECK(given.mistakes.empty());
    CHECK(given.text.empty());
  }
  CHECK(read_command_line({"config", "check", "n.toml"}).chosen);
  CHECK(read_command_line({"config", "check", "--config", "n.toml", "--data", "d"}).chosen);
  const auto help = read_command_line({"--help"});
  CHECK_FALSE(help.chosen);
  CHECK(help.mistakes.empty());
  CHECK(help.text.find("config") != std::string::npos);
  CHECK(read_command_line({"--version"}).text.find("acta-abi-") != std::string::npos);
}

} // namespace command_line_test
