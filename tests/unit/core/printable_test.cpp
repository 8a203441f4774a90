// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/printable.hpp>

#include <catch2/catch.hpp>

#include <vector>

namespace printable_test {

using acta::is_printable;
using acta::printable;

TEST_CASE("a name that a client has chosen cannot command the terminal that shows the log") {
  struct row {
    std::string_view text;
    std::string_view shown;
  };
  for (const auto& [text, shown] : {
           row{"a\n2026-01-01 error forged\r\x1b[2J\x7f",
               "a\\n2026-01-01 error forged\\r\\u001B[2J\\u007F"},
           row{"\xC2\x9B"
               "2J\xC2\x85next",
               "\\u009B2J\\u0085next"},                           // CSI and NEL of C1
           row{"a\xE2\x80\xA8z\xE2\x80\xA9", "a\\u2028z\\u2029"}, // line, paragraph separator
           row{"invoice\xE2\x80\xAE"
               "fdp.exe",
               "invoice\\u202Efdp.exe"}, // right-to-left override
           row{"\xE2\x81\xA6x\xE2\x81\xA9\xD8\x9C\xE2\x80\x8F", "\\u2066x\\u2069\\u061C\\u200F"},
           row{"\xEF\xBB\xBF{}", "\\uFEFF{}"},
           row{"\xFF\xC3(\xE2\x80", "\\xFF\\xC3(\\xE2\\x80"},
           row{"tab\t", "tab\\t"},
       }) {
    INFO(shown);
    CHECK(printable(text) == shown);
    CHECK_FALSE(is_printable(text));
    CHECK(is_printable(shown));
  }
}

TEST_CASE("letters of all scripts stay as they are") {
  for (const std::string_view text : {"", "Łódź, 100 %", "bücher/été", "שלום", "日本語",
                                      "👩‍👩‍👧", "a\\nb", "e\xCC\x81"}) {
    CHECK(printable(text) == text);
    CHECK(is_printable(text));
  }
}

TEST_CASE("a sink is handed printable lines, whatever is logged") {
  std::vector<std::string> lines;
  const auto sink = acta::printable_lines(
      [&](acta::log_level, std::string_view line) { lines.emplace_back(line); });
  sink(acta::log_level::info, "plain");
  sink(acta::log_level::info, "cart/\xC2\x9B\n");
  CHECK(lines == std::vector<std::string>{"plain", "cart/\\u009B\\n"});
  CHECK_FALSE(acta::printable_lines({}));
}

} // namespace printable_test
