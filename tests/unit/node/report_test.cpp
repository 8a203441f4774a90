// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <acta/domain/errc.hpp>
#include <acta/gateway/errc.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <catch2/catch.hpp>

namespace report_test {

using acta::node::exit_code;

TEST_CASE("a script can tell a store that is refused from a program that has failed") {
  using store = acta::persistence::errc;
  struct row {
    std::error_code code;
    exit_code expected;
  };
  const row rows[] = {
      {store::store_locked, exit_code::store},
      {store::wrong_format, exit_code::store},
      {store::damaged_file, exit_code::store},
      {store::corrupt_commit, exit_code::store},
      {store::store_full, exit_code::store},
      {store::io, exit_code::store},
      {acta::errc::io, exit_code::store},
      {acta::runtime_errc::contract_changed, exit_code::store},
      {acta::runtime_errc::other_history, exit_code::store},
      // Of the options, which the config has set.
      {acta::errc::invalid_argument, exit_code::usage},
      {acta::domain_errc::bad_model, exit_code::module},
      {acta::gateway_errc::address_in_use, exit_code::address},
      {acta::errc::timeout, exit_code::unexpected},
  };
  for (const auto& r : rows) {
    CAPTURE(r.code.category().name(), r.code.message());
    CHECK(acta::node::exit_code_of(acta::error(r.code, "why")) == r.expected);
  }
}

} // namespace report_test
