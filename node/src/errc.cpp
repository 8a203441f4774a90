// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include "errc.hpp"

namespace acta::node {

namespace {

class node_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.node"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
    case errc::config_unreadable:
      return "config_unreadable";
    case errc::config_invalid:
      return "config_invalid";
    case errc::module_not_found:
      return "module_not_found";
    case errc::module_invalid:
      return "module_invalid";
    case errc::module_stamp:
      return "module_stamp";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int) const noexcept override {
    return condition::invalid;
  }
};

} // namespace

std::error_code make_error_code(errc e) noexcept {
  static const node_category category;
  return {static_cast<int>(e), category};
}

} // namespace acta::node
