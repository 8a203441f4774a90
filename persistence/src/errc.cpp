// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/persistence/errc.hpp>

namespace acta::persistence {

namespace {

class persistence_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.persistence"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
    case errc::version_conflict:
      return "version_conflict";
    case errc::store_full:
      return "store_full";
    case errc::io:
      return "io";
    case errc::corrupt_commit:
      return "corrupt_commit";
    case errc::store_locked:
      return "store_locked";
    case errc::wrong_format:
      return "wrong_format";
    case errc::overloaded:
      return "overloaded";
    case errc::stopped:
      return "stopped";
    case errc::too_large:
      return "too_large";
    case errc::unknown_position:
      return "unknown_position";
    case errc::damaged_file:
      return "damaged_file";
    case errc::no_store:
      return "no_store";
    case errc::damaged_index:
      return "damaged_index";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
    case errc::version_conflict:
    case errc::store_locked:
      return condition::conflict;
    case errc::store_full:
    case errc::overloaded:
    case errc::stopped:
      return condition::unavailable;
    case errc::io:
      return condition::io;
    case errc::corrupt_commit:
    case errc::damaged_file:
    case errc::damaged_index:
      return condition::corrupt;
    case errc::no_store:
    case errc::wrong_format:
    case errc::too_large:
    case errc::unknown_position:
      return condition::invalid;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_code make_error_code(errc e) noexcept {
  static const persistence_category category;
  return {static_cast<int>(e), category};
}

} // namespace acta::persistence
