// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// The e-mails that a node has put into a maildir.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace shop::tools {

struct letter {
  std::string key;   ///< Acta-Key: the same for every repetition of one e-mail
  std::string event; ///< Acta-Event: the position of the event it tells of
  std::string to;
  std::string subject;
  std::string text;
};

class maildir {
public:
  explicit maildir(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// All letters there are now; none if there is no such folder. A file is read once: what arrives
  /// under its name again is the same letter.
  std::vector<letter> read();

private:
  std::filesystem::path folder_;
  std::map<std::string, letter> known_; ///< by the file's name
};

/// An RFC 5322 message with \n line ends. What it does not have is empty.
[[nodiscard]] letter parse_letter(const std::string& message);

} // namespace shop::tools
