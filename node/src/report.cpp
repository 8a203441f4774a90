// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include "errc.hpp"

#include <acta/core/printable.hpp>
#include <acta/domain/errc.hpp>
#include <acta/gateway/errc.hpp>
#include <acta/persistence/errc.hpp>
#include <acta/runtime/errc.hpp>

#include <cstdio>

namespace acta::node {

std::string describe(const error& e) {
  // The form editors and people know for places in files; the code would only be in the way.
  if (e.code() == errc::config_invalid || e.code() == errc::config_unreadable)
    return (e.where().empty() ? "" : std::string(e.where()) + ": ") + std::string(e.detail());
  return e.to_string();
}

exit_code exit_code_of(const error& e) noexcept {
  const auto code = e.code();
  if (code == errc::config_invalid || code == errc::config_unreadable ||
      code == acta::errc::invalid_argument || code == gateway_errc::bad_options ||
      code == gateway_errc::address_not_allowed)
    return exit_code::usage;
  if (code == errc::module_not_found || code == errc::module_invalid ||
      code == errc::module_stamp || code == domain_errc::bad_model)
    return exit_code::module;
  if (code == gateway_errc::address_in_use || code == gateway_errc::io) return exit_code::address;
  if (code == runtime_errc::contract_changed || code == runtime_errc::other_history ||
      code == condition::io || code == condition::corrupt ||
      code.category() == make_error_code(persistence::errc::io).category())
    return exit_code::store;
  return exit_code::unexpected;
}

exit_code report(const error& e) {
  std::fprintf(stderr, "acta: %s\n", printable(describe(e)).c_str());
  return exit_code_of(e);
}

exit_code report(const std::vector<error>& all) {
  auto code = exit_code::ok;
  for (const auto& e : all) code = report(e);
  return code;
}

} // namespace acta::node
