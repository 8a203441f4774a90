// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// Tells a person what goes on, and keeps count of what was not as it should be.
#pragma once

#include "../client/maildir.hpp"
#include "../client/request.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace shop::demo {

/// Writes to stdout, in colours if that is a terminal.
class narrator {
public:
  /// @param url  of the node, for the commands that are shown.
  explicit narrator(std::string url);

  void chapter(std::string_view title);
  void say(std::string_view text);
  /// The command as a line for a shell.
  void request(const tools::request& r);
  /// What came back: the events of a command, else the JSON itself.
  void answer(const tools::answer& a);
  /// One event, as a page of events or a command's answer has it.
  void event(const tools::json::value& e);
  /// One event of a tree of causes, indented.
  void cause(const tools::json::value& e);
  void letter(const tools::letter& l);
  void line(std::string_view text);
  /// Says whether it is so. Returns `holds`.
  bool expect(bool holds, std::string_view what);

  [[nodiscard]] std::size_t expected() const noexcept { return expected_; }
  [[nodiscard]] std::size_t failed() const noexcept { return failed_; }

private:
  [[nodiscard]] std::string coloured(std::string_view text, std::string_view code) const;

  std::string url_;
  bool colours_;
  std::size_t chapters_ = 0;
  std::size_t expected_ = 0;
  std::size_t failed_ = 0;
};

} // namespace shop::demo
