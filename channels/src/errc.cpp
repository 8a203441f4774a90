// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/channels/errc.hpp>

namespace acta {

namespace {

class channel_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.channels"; }
  std::string message(int value) const override {
    switch (static_cast<channel_errc>(value)) {
    case channel_errc::bad_options:
      return "bad_options";
    case channel_errc::bad_content:
      return "bad_content";
    case channel_errc::refused:
      return "refused";
    case channel_errc::try_later:
      return "try_later";
    case channel_errc::unreachable:
      return "unreachable";
    case channel_errc::not_trusted:
      return "not_trusted";
    case channel_errc::login_refused:
      return "login_refused";
    case channel_errc::timeout:
      return "timeout";
    case channel_errc::io:
      return "io";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<channel_errc>(value)) {
    case channel_errc::bad_options:
    case channel_errc::bad_content:
    case channel_errc::refused:
      return condition::invalid;
    case channel_errc::try_later:
    case channel_errc::unreachable:
    case channel_errc::not_trusted:
    case channel_errc::login_refused:
      return condition::unavailable;
    case channel_errc::timeout:
      return condition::timeout;
    case channel_errc::io:
      return condition::io;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_code make_error_code(channel_errc e) noexcept {
  static const channel_category category;
  return {static_cast<int>(e), category};
}

} // namespace acta
