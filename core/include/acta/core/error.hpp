// SPDX-FileCopyrightText: The Acta authors
// SPDX-License-Identifier: Apache-2.0
/// @file
/// What can go wrong, as a value.
///
/// Each component has one `errc` with its own category; every code maps to one `condition`, which
/// is what a caller can act on. A `rejection` is the domain's "no"; an `error` carries it, so that
/// one result type answers a command, but nothing in Acta treats it as a failure.
#pragma once

#if !defined(__cpp_exceptions) || !defined(__cpp_rtti)
#error "Acta needs exceptions and RTTI: compile without -fno-exceptions and -fno-rtti"
#endif

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace acta {

/// What a caller can do about an error. Compare: `error.code() == acta::condition::timeout`.
enum class condition {
  rejected = 1, ///< The domain said no. Do not retry unchanged.
  conflict,     ///< Somebody else was first (version, owner). Read again, decide again.
  timeout, ///< No answer in time; a command may still have been stored. Retry with the same command
           ///< id.
  unavailable, ///< Overloaded, full, quarantined or stopping; nothing was stored. Retry later.
  corrupt,     ///< Stored data is damaged or unreadable by this program. Needs an operator.
  io,          ///< The operating system refused; a command's outcome is unknown until restart.
  invalid,     ///< The request itself is malformed. Mend the request.
};

std::error_condition make_error_condition(condition c) noexcept;

/// Codes of the core: what every component can need.
enum class errc {
  rejected = 1,
  timeout,
  cancelled,
  invalid_argument,
  not_found,
  io,
};

std::error_code make_error_code(errc e) noexcept;

/// The domain's "no": a stable code for programs and an optional sentence for people.
struct rejection {
  std::string code;
  std::string message;
  friend bool operator==(const rejection&, const rejection&) = default;
};

/// A code, a sentence that says what happened, and where (a JSON pointer, file:line, a position).
///
/// A cheap value (32 bytes, reference-counted text). Threads: as a value type.
class error {
public:
  error(std::error_code code, std::string detail = {}, std::string where = {});
  template <class Code>
  requires std::is_error_code_enum_v<Code> error(Code code, std::string detail = {},
                                                 std::string where = {})
      : error(make_error_code(code), std::move(detail), std::move(where)) {}
  error(acta::rejection r);

  [[nodiscard]] std::error_code code() const noexcept { return code_; }
  [[nodiscard]] std::string_view detail() const noexcept;
  [[nodiscard]] std::string_view where() const noexcept;
  /// The domain's answer when `code() == errc::rejected`, else null. Valid as long as this error or
  /// a copy lives.
  [[nodiscard]] const acta::rejection* rejection() const noexcept;
  /// For `version_conflict`: the stream's version; else 0.
  [[nodiscard]] std::uint64_t actual_version() const noexcept;
  [[nodiscard]] error with_actual_version(std::uint64_t version) const;
  /// How long the one who refused asks to be left alone before the next try; 0: nothing was asked.
  [[nodiscard]] std::chrono::milliseconds retry_after() const noexcept;
  [[nodiscard]] error with_retry_after(std::chrono::milliseconds pause) const;

  /// One line: `rejected: insufficient_funds: balance is 50` or `corrupt_commit: checksum differs
  /// (at 0:17)`.
  [[nodiscard]] std::string to_string() const;

private:
  struct payload;
  std::error_code code_;
  std::shared_ptr<const payload> payload_;
};

std::ostream& operator<<(std::ostream& out, const error& e);

} // namespace acta

template <> struct std::is_error_condition_enum<acta::condition> : std::true_type {};
template <> struct std::is_error_code_enum<acta::errc> : std::true_type {};
