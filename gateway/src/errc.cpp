// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/gateway/errc.hpp>

namespace acta {

namespace {

class gateway_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.gateway"; }
  std::string message(int value) const override {
    switch (static_cast<gateway_errc>(value)) {
    case gateway_errc::bad_options:
      return "bad_options";
    case gateway_errc::address_not_allowed:
      return "address_not_allowed";
    case gateway_errc::address_in_use:
      return "address_in_use";
    case gateway_errc::io:
      return "io";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<gateway_errc>(value)) {
    case gateway_errc::bad_options:
    case gateway_errc::address_not_allowed:
      return condition::invalid;
    case gateway_errc::address_in_use:
      return condition::conflict;
    case gateway_errc::io:
      return condition::io;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_code make_error_code(gateway_errc e) noexcept {
  static const gateway_category category;
  return {static_cast<int>(e), category};
}

} // namespace acta
