// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "logging.hpp"

#include <catch2/catch.hpp>

TEST_CASE("an entry of the log is one line, whatever others have put into it") {
  using acta::node::one_line;
  CHECK(one_line("").empty());
  CHECK(one_line("Łódź, 100 %") == "Łódź, 100 %");
  CHECK(one_line("a\n2026-01-01 error forged\r\x1b[2J\x7f") ==
        "a\\n2026-01-01 error forged\\x0d\\x1b[2J\\x7f");
}
