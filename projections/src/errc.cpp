// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/projections/errc.hpp>

namespace acta {

namespace {

class projection_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.projections"; }
  std::string message(int value) const override {
    switch (static_cast<projection_errc>(value)) {
    case projection_errc::view_late:
      return "view_late";
    case projection_errc::view_building:
      return "view_building";
    case projection_errc::picture_expired:
      return "picture_expired";
    case projection_errc::busy:
      return "busy";
    case projection_errc::not_possible:
      return "not_possible";
    case projection_errc::stopped:
      return "stopped";
    case projection_errc::view_stopped:
      return "view_stopped";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<projection_errc>(value)) {
    case projection_errc::view_late:
      return condition::timeout;
    case projection_errc::view_building:
    case projection_errc::picture_expired:
    case projection_errc::stopped:
    case projection_errc::view_stopped:
      return condition::unavailable;
    case projection_errc::busy:
      return condition::conflict;
    case projection_errc::not_possible:
      return condition::invalid;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_code make_error_code(projection_errc e) noexcept {
  static const projection_category category;
  return {static_cast<int>(e), category};
}

} // namespace acta
