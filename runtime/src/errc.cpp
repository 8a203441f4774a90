// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/runtime/errc.hpp>

namespace acta {

namespace {

class runtime_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.runtime"; }
  std::string message(int value) const override {
    switch (static_cast<runtime_errc>(value)) {
    case runtime_errc::overloaded:
      return "overloaded";
    case runtime_errc::stopped:
      return "stopped";
    case runtime_errc::quarantined:
      return "quarantined";
    case runtime_errc::version_conflict:
      return "version_conflict";
    case runtime_errc::contract_changed:
      return "contract_changed";
    case runtime_errc::schedule_exists:
      return "schedule_exists";
    case runtime_errc::command_id_reused:
      return "command_id_reused";
    case runtime_errc::other_history:
      return "other_history";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<runtime_errc>(value)) {
    case runtime_errc::overloaded:
    case runtime_errc::stopped:
    case runtime_errc::quarantined:
      return condition::unavailable;
    case runtime_errc::version_conflict:
    case runtime_errc::schedule_exists:
      return condition::conflict;
    case runtime_errc::contract_changed:
    case runtime_errc::command_id_reused:
    case runtime_errc::other_history:
      return condition::invalid;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_code make_error_code(runtime_errc e) noexcept {
  static const runtime_category category;
  return {static_cast<int>(e), category};
}

} // namespace acta
