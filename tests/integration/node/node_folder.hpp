// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// A folder with a config, and the program run on it.
#pragma once

#include "subprocess.hpp"
#include "temp_folder.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace test {

struct node_folder {
  temp_folder folder;
  std::filesystem::path config = folder / "node.toml";

  explicit node_folder(const std::string& modules = '"' + std::string(GOOD_MODULE) + '"',
                       const std::string& more = {}) {
    std::ofstream(config) << "[node]\nmodules = [" << modules << "]\n"
                          << more << "\n[store]\npath = \"" << (folder / "data").string()
                          << "\"\n[http]\nport = 0\n";
  }
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{ACTA_PROGRAM, "node", "--config", config.string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  [[nodiscard]] std::unique_ptr<subprocess> start(std::vector<std::string> more = {}) const {
    return std::make_unique<subprocess>(command(std::move(more)), folder.path().string());
  }
  /// By a shell, which first does what `before` says: `ulimit -f 100;`; or opens or closes
  /// descriptors as `redirections` say: `2>&-`.
  [[nodiscard]] std::unique_ptr<subprocess>
  start_by_shell(const std::string& before, const std::string& redirections,
                 std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"/bin/sh", "-c", before + " exec \"$0\" \"$@\" " + redirections};
    for (auto& word : command(std::move(more))) all.push_back(std::move(word));
    return std::make_unique<subprocess>(all, folder.path().string());
  }
  /// How the program ends that cannot start, and what it says.
  std::pair<int, std::string> fails(std::vector<std::string> more = {}) const {
    const auto p = start(std::move(more));
    const auto code = p->end();
    CHECK(p->output().empty());
    return {code.value_or(-999), p->errors()};
  }
};

inline std::pair<int, std::string> run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), ACTA_PROGRAM);
  subprocess p(arguments);
  const auto code = p.end();
  return {code.value_or(-999), p.output() + p.errors()};
}

inline std::uint16_t port_of(subprocess& node) {
  const std::string start = "acta: listening on http://127.0.0.1:";
  const auto line = node.line();
  INFO(node.errors());
  REQUIRE(line);
  REQUIRE(line->starts_with(start));
  return static_cast<std::uint16_t>(std::stoul(line->substr(start.size())));
}

inline bool says(const std::string& text, const std::string& part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

} // namespace test
