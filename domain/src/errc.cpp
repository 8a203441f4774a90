// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/domain/errc.hpp>

#include <exception>

namespace acta {

namespace {

class domain_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.domain"; }
  std::string message(int value) const override {
    switch (static_cast<domain_errc>(value)) {
    case domain_errc::bad_model:
      return "bad_model";
    case domain_errc::unknown_aggregate:
      return "unknown_aggregate";
    case domain_errc::unknown_command:
      return "unknown_command";
    case domain_errc::unknown_event:
      return "unknown_event";
    case domain_errc::decide_threw:
      return "decide_threw";
    case domain_errc::evolve_threw:
      return "evolve_threw";
    case domain_errc::unknown_view:
      return "unknown_view";
    case domain_errc::unknown_index:
      return "unknown_index";
    case domain_errc::unknown_query:
      return "unknown_query";
    case domain_errc::unknown_event_type:
      return "unknown_event_type";
    case domain_errc::query_threw:
      return "query_threw";
    case domain_errc::unique_violation:
      return "unique_violation";
    case domain_errc::damaged_view:
      return "damaged_view";
    case domain_errc::unknown_subscriber:
      return "unknown_subscriber";
    case domain_errc::handle_threw:
      return "handle_threw";
    case domain_errc::upcast_threw:
      return "upcast_threw";
    case domain_errc::newer_schema:
      return "newer_schema";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<domain_errc>(value)) {
    case domain_errc::bad_model:
    case domain_errc::unknown_aggregate:
    case domain_errc::unknown_command:
    case domain_errc::decide_threw:
    case domain_errc::unknown_view:
    case domain_errc::unknown_index:
    case domain_errc::unknown_query:
    case domain_errc::unknown_event_type:
    case domain_errc::query_threw:
    case domain_errc::unknown_subscriber:
      return condition::invalid;
    case domain_errc::handle_threw:
      return condition::unavailable;
    case domain_errc::unknown_event:
    case domain_errc::evolve_threw:
    case domain_errc::upcast_threw:
    case domain_errc::newer_schema:
    case domain_errc::unique_violation:
    case domain_errc::damaged_view:
      return condition::corrupt;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_code make_error_code(domain_errc e) noexcept {
  static const domain_category category;
  return {static_cast<int>(e), category};
}

std::string detail::describe_exception() noexcept {
  try {
    throw;
  } catch (const std::exception& e) { return e.what(); } catch (...) {
    return "an exception that is not a std::exception";
  }
}

} // namespace acta
