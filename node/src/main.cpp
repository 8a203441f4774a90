// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <acta/core/descriptors.hpp>
#include <acta/core/printable.hpp>

#include <cstdio>

int main(int argc, char** argv) try {
  using namespace acta::node;
  // Before anything is opened. Nobody would see a message about it.
  if (!acta::hold_standard_descriptors()) return static_cast<int>(exit_code::unexpected);
  // A caller may leave out even the program's name.
  const auto given = read_command_line({argv + (argc > 0 ? 1 : 0), argv + argc});
  for (const auto& mistake : given.mistakes)
    std::fprintf(stderr, "acta: %s\n", acta::printable(mistake).c_str());
  if (!given.mistakes.empty()) {
    std::fputs("Run with --help for more information.\n", stderr);
    return static_cast<int>(exit_code::usage);
  }
  std::fputs(given.text.c_str(), stdout);
  return static_cast<int>(given.chosen ? given.chosen() : exit_code::ok);
} catch (const std::exception& e) {
  std::fprintf(stderr, "acta: %s\n", e.what());
  return static_cast<int>(acta::node::exit_code::unexpected);
}
