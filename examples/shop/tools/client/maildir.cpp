// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "maildir.hpp"

#include <fstream>
#include <sstream>
#include <string_view>

namespace shop::tools {

namespace {

/// What follows `name: ` at the beginning of a line of the head.
std::string field(std::string_view head, const std::string& name) {
  const auto start = "\n" + name + ": ";
  const auto at = head.find(start);
  if (at == std::string_view::npos) return {};
  head.remove_prefix(at + start.size());
  return std::string(head.substr(0, head.find('\n')));
}

} // namespace

letter parse_letter(const std::string& message) {
  const auto end = message.find("\n\n");
  const auto head = "\n" + message.substr(0, end);
  return {.key = field(head, "Acta-Key"),
          .event = field(head, "Acta-Event"),
          .to = field(head, "To"),
          .subject = field(head, "Subject"),
          .text = end == std::string::npos ? std::string() : message.substr(end + 2)};
}

std::vector<letter> maildir::read() {
  std::vector<letter> all;
  for (const auto* part : {"new", "cur"}) { // moved to the second by a reader of mail
    std::error_code none;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / part, none)) {
      const auto name = file.path().filename().string();
      auto at = known_.find(name);
      if (at == known_.end()) {
        std::ostringstream message;
        message << std::ifstream(file.path(), std::ios::binary).rdbuf();
        at = known_.emplace(name, parse_letter(message.str())).first;
      }
      all.push_back(at->second);
    }
  }
  return all;
}

} // namespace shop::tools
