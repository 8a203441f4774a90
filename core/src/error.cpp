// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
#include <acta/core/error.hpp>

#include <ostream>
#include <utility>

namespace acta {

namespace {

class condition_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.condition"; }
  std::string message(int value) const override {
    switch (static_cast<condition>(value)) {
    case condition::rejected:
      return "rejected";
    case condition::conflict:
      return "conflict";
    case condition::timeout:
      return "timeout";
    case condition::unavailable:
      return "unavailable";
    case condition::corrupt:
      return "corrupt";
    case condition::io:
      return "io";
    case condition::invalid:
      return "invalid";
    }
    return "unknown";
  }
};

class core_category final : public std::error_category {
public:
  const char* name() const noexcept override { return "acta.core"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
    case errc::rejected:
      return "rejected";
    case errc::timeout:
      return "timeout";
    case errc::cancelled:
      return "cancelled";
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::not_found:
      return "not_found";
    case errc::io:
      return "io";
    }
    return "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<errc>(value)) {
    case errc::rejected:
      return condition::rejected;
    case errc::timeout:
      return condition::timeout;
    case errc::cancelled:
      return condition::unavailable;
    case errc::invalid_argument:
    case errc::not_found:
      return condition::invalid;
    case errc::io:
      return condition::io;
    }
    return std::error_condition(value, *this);
  }
};

} // namespace

std::error_condition make_error_condition(condition c) noexcept {
  static const condition_category category;
  return {static_cast<int>(c), category};
}

std::error_code make_error_code(errc e) noexcept {
  static const core_category category;
  return {static_cast<int>(e), category};
}

struct error::payload {
  std::string detail;
  std::string where;
  acta::rejection rejection;
  std::uint64_t actual_version = 0;
  std::chrono::milliseconds retry_after{};
};

error::error(std::error_code code, std::string detail, std::string where) : code_(code) {
  if (!detail.empty() || !where.empty())
    payload_ = std::make_shared<payload>(payload{std::move(detail), std::move(where), {}, 0, {}});
}

error::error(acta::rejection r) : code_(errc::rejected) {
  auto p = std::make_shared<payload>();
  p->detail = r.message.empty() ? r.code : r.code + ": " + r.message;
  p->rejection = std::move(r);
  payload_ = std::move(p);
}

std::string_view error::detail() const noexcept {
  return payload_ ? payload_->detail : std::string_view{};
}
std::string_view error::where() const noexcept {
  return payload_ ? payload_->where : std::string_view{};
}
const rejection* error::rejection() const noexcept {
  return code_ == errc::rejected && payload_ ? &payload_->rejection : nullptr;
}
std::uint64_t error::actual_version() const noexcept {
  return payload_ ? payload_->actual_version : 0;
}

error error::with_actual_version(std::uint64_t version) const {
  auto p = payload_ ? std::make_shared<payload>(*payload_) : std::make_shared<payload>();
  p->actual_version = version;
  auto copy = *this;
  copy.payload_ = std::move(p);
  return copy;
}

std::chrono::milliseconds error::retry_after() const noexcept {
  return payload_ ? payload_->retry_after : std::chrono::milliseconds{};
}

error error::with_retry_after(std::chrono::milliseconds pause) const {
  auto p = payload_ ? std::make_shared<payload>(*payload_) : std::make_shared<payload>();
  p->retry_after = pause;
  auto copy = *this;
  copy.payload_ = std::move(p);
  return copy;
}

std::string error::to_string() const {
  auto text = code_.message();
  if (!detail().empty()) text.append(": ").append(detail());
  if (!where().empty()) text.append(" (at ").append(where()).append(")");
  return text;
}

std::ostream& operator<<(std::ostream& out, const error& e) { return out << e.to_string(); }

} // namespace acta
